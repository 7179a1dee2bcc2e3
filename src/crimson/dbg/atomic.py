"""Files that are either whole or absent: written beside their target, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from crimson.dbg.errors import ParityError


@contextmanager
def atomic_file(target: Path) -> Generator[BinaryIO]:
    """A binary file that becomes `target` when the block ends well, and leaves nothing behind when it does not.

    An `OSError` of the block, which should do no other input or output, becomes a `ParityError` about `target`.
    """
    if target.exists() and not target.is_file():
        what = "a directory" if target.is_dir() else "no regular file"
        raise ParityError(target, f"cannot be written: it is {what}")
    make_folder(target.parent)
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    except OSError as problem:
        raise _cannot_write(target, problem) from None
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; a trace is as readable as its neighbours.
        part.chmod(0o666 & ~_umask())
        part.replace(target)
    except OSError as problem:
        part.unlink(missing_ok=True)
        raise _cannot_write(target, problem) from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise


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
