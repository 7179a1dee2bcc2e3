"""Ticks are counted on a terminal while a candidate is recorded, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from capture_kit import SIZES, Captures

pty = pytest.importorskip("pty")

SHOWN = f"recording python {SIZES['survival']}/{SIZES['survival']} ticks"
WIPED = "\x1b8\x1b[K"


def on_a_terminal(captures: Captures, *given: str) -> str:
    """What a run writes to its terminal."""
    captures.keep("survival")
    captures.cache = captures.pytester.path / "own-cache"
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "pytest", *captures.arguments(*given)]
    with subprocess.Popen(
        command,
        cwd=captures.pytester.path,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "COLUMNS": "100", "TERM": "xterm"},
    ) as running:
        os.close(terminal)
        written = b""
        while chunk := _read(controller):
            written += chunk
    os.close(controller)
    assert running.returncode == 0, written.decode()
    return written.decode()


def _read(controller: int) -> bytes:
    try:
        return os.read(controller, 4096)
    except OSError:  # Linux says it so when the other side is closed
        return b""


@pytest.mark.parametrize("given", [[], ["-v"], ["-s"]], ids=["plain", "verbose", "uncaptured"])
def test_progress_comes_and_goes(captures: Captures, given: list[str]) -> None:
    written = on_a_terminal(captures, "-p", "no:xdist", *given)
    before, shown, after = written.partition(SHOWN)
    assert shown
    assert before.endswith("\x1b7 ")
    assert after.partition(WIPED)[1], "it is wiped"


def test_no_progress_in_quiet_runs_and_workers(captures: Captures) -> None:
    assert "ticks\x1b" not in on_a_terminal(captures, "-q", "-n1")


def test_no_progress_in_a_file(captures: Captures) -> None:
    captures.keep("rush")
    captures.cache = captures.pytester.path / "own-cache"
    captures.run_apart().stdout.no_fnmatch_line("*recording*")
