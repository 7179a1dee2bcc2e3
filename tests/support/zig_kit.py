"""Running crimson-zig, which is built once into the user's cache."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from command import Outcome

from crimson.dbg.zig_build import cache_folder
from crimson.dbg.zig_program import zig_program

PROJECT = Path(__file__).parents[2] / "crimson-zig"
CROSS_TARGETS: tuple[str, ...] = tuple(
    re.findall(r'^    "([\w-]+)",$', (PROJECT / "build.zig").read_text(), re.MULTILINE)
)


def crimson_zig(*arguments: str | Path) -> Outcome:
    """What `crimson-zig` prints and returns."""
    return run_zig(zig_program(), *arguments)


def run_zig(program: Path, *arguments: str | Path) -> Outcome:
    """What a build of it prints and returns."""
    found = subprocess.run([program, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    return Outcome(found.returncode, found.stdout, found.stderr)


def refused_by_zig(*arguments: str | Path) -> str:
    """The one line of a refusal, which names a file."""
    outcome = crimson_zig(*arguments)
    assert (outcome.code, outcome.out) == (2, ""), outcome
    assert outcome.message.startswith("error: "), outcome
    return outcome.message.removeprefix("error: ")


def said_by(folder: Path, words: Sequence[str | Path]) -> str:
    """What a command says, whose first word may be `python`; the compiler's work is kept where the package keeps it."""
    found = subprocess.run(
        [sys.executable, *words[1:]] if words[0] == "python" else words,
        cwd=folder,
        env={**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(cache_folder() / "zig")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert found.returncode == 0, found.stdout
    return found.stdout
