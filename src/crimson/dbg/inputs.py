"""Opening what the user names: regular files only, since a pipe or a device may never end."""

from __future__ import annotations

import io
import stat
from collections.abc import Buffer, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from crimson.dbg.errors import ParityError


def open_input(path: Path, kind: type[ParityError] = ParityError, hint: str = "") -> BinaryIO:
    """The file, open for reading; an error of this kind says why it, or some of it, cannot be read."""
    with _explained(path, kind, hint):
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return io.BufferedReader(_Input(path, kind, hint))
    what = "a directory" if stat.S_ISDIR(mode) else "no regular file"
    raise kind(path, f"cannot be read: it is {what}", hint)


class _Input(io.FileIO):
    """A file that says which it is when a disk or a server fails."""

    def __init__(self, path: Path, kind: type[ParityError], hint: str) -> None:
        super().__init__(path)
        self._about = path, kind, hint

    def readinto(self, buffer: Buffer, /) -> int:
        with _explained(*self._about):
            return super().readinto(buffer)

    def readall(self) -> bytes:
        with _explained(*self._about):
            return super().readall()


@contextmanager
def _explained(path: Path, kind: type[ParityError], hint: str) -> Generator[None]:
    try:
        yield
    except OSError as problem:
        raise kind(path, f"cannot be read: {problem.strerror or problem}", hint) from None
