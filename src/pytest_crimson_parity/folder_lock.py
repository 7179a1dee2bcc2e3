"""A lock for a file that is another one each time it is written: that of its folder."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from crimson.dbg.atomic import make_folder
from crimson.dbg.errors import ParityError
from crimson.dbg.locks import locked


@contextmanager
def locked_folder(folder: Path, purpose: str) -> Generator[None]:
    """Keep other runs from what is in a folder, which is made if need be; `purpose` is for a `ParityError`."""
    make_folder(folder)
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(folder))
        except OSError as problem:
            raise ParityError(folder, f"cannot be locked {purpose}: {problem.strerror}") from None
        yield
