"""Which build of the runtime is installed, found out without importing it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import crimson


@cache
def build_identity() -> str:
    """SHA-256 over the sources that decide what a recording holds: the game's and this package's."""
    digest = hashlib.sha256()
    root, own = Path(crimson.__file__).parent, Path(__file__).parent
    for package, folder in (("crimson", root), ("grim", root.parent / "grim"), ("dbg", own)):
        for source in sorted(folder.rglob("*.py")):
            # From a wheel this package lies within the game's.
            if folder == root and source.is_relative_to(root / "dbg"):
                continue
            digest.update(f"{package}/{source.relative_to(folder).as_posix()}\0".encode())
            digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()
