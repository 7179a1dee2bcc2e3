"""Opening what the user names: regular files only, since a pipe or a device may never end."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import BinaryIO

from crimson.dbg.errors import ParityError


def open_input(path: Path, kind: type[ParityError] = ParityError, hint: str = "") -> BinaryIO:
    """The file, open for reading; an error of this kind says why it cannot be."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return path.open("rb")
    except OSError as problem:
        raise kind(path, f"cannot be read: {problem.strerror}", hint) from None
    what = "a directory" if stat.S_ISDIR(mode) else "no regular file"
    raise kind(path, f"cannot be read: it is {what}", hint)
