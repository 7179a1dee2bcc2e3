"""Files that are either whole or absent: written beside their target, then renamed."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Buffer, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from crimson.dbg.errors import ParityError
from crimson.dbg.locks import claimed


@contextmanager
def atomic_file(target: Path) -> Generator[BinaryIO]:
    """A binary file that becomes `target` when the block ends well, and leaves nothing behind when it does not.

    What keeps it from being written is a `ParityError` about `target`; any other error of the block stays what it is.
    """
    prepare(target)
    with _part_of(target) as (descriptor, part):
        with io.BufferedWriter(_Output(descriptor, target)) as file:
            yield file
            file.flush()
            with telling_of(target):
                os.fsync(descriptor)
        with telling_of(target):
            # mkstemp makes private files; a trace is as readable as its neighbours.
            part.chmod(0o666 & ~_umask())
            part.replace(target)


def prepare(target: Path) -> None:
    """Make the folder of a file that is to be written; raise `ParityError` for what no file can replace."""
    if target.exists() and not target.is_file():
        what = "a directory" if target.is_dir() else "no regular file"
        raise ParityError(target, f"cannot be written: it is {what}")
    make_folder(target.parent)


class _Output(io.FileIO):
    """A file that is written for `target`, and says so when that fails."""

    def __init__(self, descriptor: int, target: Path) -> None:
        super().__init__(descriptor, "wb")
        self._target = target

    def write(self, data: Buffer, /) -> int:
        with telling_of(self._target):
            return super().write(data)


@contextmanager
def _part_of(target: Path) -> Generator[tuple[int, Path]]:
    """A new file beside `target`, open and claimed; it is removed if it is still there in the end."""
    while True:
        with telling_of(target):
            descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        part = Path(name)
        with claimed(part) as mine:
            if mine:
                try:
                    yield descriptor, part
                finally:
                    part.unlink(missing_ok=True)
                return
        # Whoever cleans up came first, and took it for a dead one's.
        os.close(descriptor)


@contextmanager
def telling_of(target: Path) -> Generator[None]:
    """Make an `OSError` of the block a `ParityError`: `target` cannot be written."""
    try:
        yield
    except OSError as problem:
        raise ParityError(
            target, f"cannot be written: {problem.strerror or problem}", "nothing was left there"
        ) from None


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ParityError(folder, "cannot be written to: it, or a part of its path, is a file") from None
    except OSError as problem:
        raise ParityError(folder, f"cannot be made: {problem.strerror}") from None


@contextmanager
def made_folder(folder: Path) -> Generator[None]:
    """Make a folder as `make_folder` does; of those that were made, none stays empty when the block fails."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    make_folder(folder)
    try:
        yield
    except BaseException:
        for each in made:
            with suppress(OSError):
                each.rmdir()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
