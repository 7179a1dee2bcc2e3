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
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
