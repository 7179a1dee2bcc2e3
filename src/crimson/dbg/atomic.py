"""Files that are either whole or absent: written beside their target, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from crimson.dbg.errors import ParityError
from crimson.dbg.locks import claimed


@contextmanager
def atomic_file(target: Path) -> Generator[BinaryIO]:
    """A binary file that becomes `target` when the block ends well, and leaves nothing behind when it does not.

    An `OSError` of the block, which should do no other input or output, becomes a `ParityError` about `target`.
    """
    if target.exists() and not target.is_file():
        what = "a directory" if target.is_dir() else "no regular file"
        raise ParityError(target, f"cannot be written: it is {what}")
    make_folder(target.parent)
    with _part_of(target) as (descriptor, part):
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes private files; a trace is as readable as its neighbours.
            part.chmod(0o666 & ~_umask())
            part.replace(target)
        except OSError as problem:
            raise _cannot_write(target, problem) from None


@contextmanager
def _part_of(target: Path) -> Generator[tuple[int, Path]]:
    """A new file beside `target`, open and claimed; it is removed if it is still there in the end."""
    while True:
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        except OSError as problem:
            raise _cannot_write(target, problem) from None
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


def _cannot_write(target: Path, problem: OSError) -> ParityError:
    return ParityError(target, f"cannot be written: {problem.strerror or problem}", "nothing was left there")


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ParityError(folder, "cannot be written to: it, or a part of its path, is a file") from None
    except OSError as problem:
        raise ParityError(folder, f"cannot be made: {problem.strerror}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
