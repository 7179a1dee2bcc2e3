"""Running crimson-zig, which is built once into the user's cache."""

from __future__ import annotations

import subprocess
from pathlib import Path

from command import Outcome

from crimson.dbg.zig_program import zig_program


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
