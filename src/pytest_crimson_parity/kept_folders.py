"""Folders that are whole or absent: filled beside their target, then renamed."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from crimson.dbg.atomic import make_folder
from crimson.dbg.errors import ParityError
from crimson.dbg.locks import claimed
from pytest_crimson_parity.leftovers import remove_leftovers

_TAKEN = (errno.ENOTEMPTY, errno.EEXIST)


@contextmanager
def new_folder(target: Path) -> Generator[Path]:
    """A folder to fill that takes the place of `target` when the block ends well; `ParityError` when it cannot."""
    try:
        with _beside(target) as temporary:
            fresh = temporary / "new"
            fresh.mkdir()
            yield fresh
            while True:
                try:
                    fresh.rename(target)
                    return
                except OSError as problem:
                    if problem.errno not in _TAKEN:
                        raise
                _move_aside(target, temporary)
    except OSError as problem:
        raise ParityError(target, f"cannot be written: {problem.strerror or problem}") from None


def remove_folder(target: Path) -> None:
    """Remove a folder and its parent if it was the last there; at no time is half of it there."""
    if not target.exists():
        return
    try:
        with _beside(target) as temporary:
            _move_aside(target, temporary)
        with suppress(OSError):
            target.parent.rmdir()
    except OSError as problem:
        raise ParityError(target, f"cannot be removed: {problem.strerror or problem}") from None


@contextmanager
def _beside(target: Path) -> Generator[Path]:
    remove_leftovers(target)
    while True:
        make_folder(target.parent)
        try:
            temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
        except FileNotFoundError:  # another process removed the folder above, which was empty
            continue
        with claimed(temporary) as mine:
            if mine:
                try:
                    yield temporary
                finally:
                    shutil.rmtree(temporary, ignore_errors=True)
                return


def _move_aside(target: Path, temporary: Path) -> None:
    with suppress(FileNotFoundError):  # another process did
        target.rename(Path(tempfile.mkdtemp(dir=temporary)) / "old")
