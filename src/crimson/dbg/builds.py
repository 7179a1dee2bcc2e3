"""Which build of the runtime is installed, found out without importing it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import crimson


@cache
def build_identity() -> str:
    """SHA-256 over the files that decide what a recording holds: the game's, and the sources of this package."""
    digest = hashlib.sha256()
    root, own = Path(crimson.__file__).parent, Path(__file__).parent
    # The game reads more than sources, such as its quests, and may bring compiled modules.
    for package, folder, pattern in (("crimson", root, "*"), ("grim", root.parent / "grim", "*"), ("dbg", own, "*.py")):
        for file in sorted(folder.rglob(pattern)):
            name = file.relative_to(folder)
            # From a wheel this package lies within the game's.
            if "__pycache__" in name.parts or (folder == root and name.parts[0] == "dbg") or not file.is_file():
                continue
            digest.update(f"{package}/{name.as_posix()}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
