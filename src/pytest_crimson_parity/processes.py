"""Processes that candidates run in: what they inherit, what they print, and how they end."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import threading
from contextlib import suppress
from typing import IO

# What would make a candidate report to this pytest run or to its coverage measurement.
_NOT_INHERITED = ("PYTEST_", "COVERAGE_", "COV_CORE_")
_KEPT_BYTES = 8192
_KEPT_LINES = 30
# How long an ended process's output may take to arrive, and a killed one to be gone.
_GRACE_SECONDS = 10


def inherited_environment() -> dict[str, str]:
    """This process's environment without what is meant for it alone."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}


class OutputTail:
    """Reads a pipe to its end, so that its writer never waits, and keeps the last of it.

    What comes before the last `mark` is forgotten.
    """

    __slots__ = ("_hash", "_kept", "_mark", "_pipe", "_thread", "_total")

    def __init__(self, pipe: IO[bytes], mark: bytes = b"") -> None:
        self._pipe = pipe
        self._mark = mark
        self._kept = b""
        self._hash = hashlib.sha256()
        self._total = 0
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        # Past the pipe's buffer, which would wait until it is full.
        while chunk := os.read(self._pipe.fileno(), 1 << 16):
            self._total += len(chunk)
            self._hash.update(chunk)
            kept = self._kept + chunk
            if self._mark and self._mark in kept:
                kept = kept.rpartition(self._mark)[2]
                self._total = len(kept)
            self._kept = kept[-_KEPT_BYTES:]

    def finish(self) -> None:
        """Wait for the end of the output, after its writers were ended."""
        self._thread.join(_GRACE_SECONDS)
        if not self._thread.is_alive():
            self._pipe.close()

    @property
    def blank(self) -> bool:
        return not self._kept.strip()

    @property
    def digest(self) -> str:
        """SHA-256 of all that came."""
        return self._hash.hexdigest()

    @property
    def last_line(self) -> str:
        """The last line that says something; empty when there is none."""
        return next((line for line in reversed(self._kept.decode(errors="replace").splitlines()) if line.strip()), "")

    def text(self) -> str:
        """The last lines, indented and headed; says so when there were none."""
        kept = self._kept
        lines = kept.decode(errors="replace").splitlines()
        shown = ["".join(sign if sign.isprintable() or sign == "\t" else "?" for sign in line) for line in lines]
        cut = self._total > len(kept) or len(shown) > _KEPT_LINES
        shown = shown[-_KEPT_LINES:]
        if not shown:
            return "it printed nothing"
        head = f"the end of the {self._total} bytes that it printed:" if cut else "it printed:"
        return "\n".join([head, *(f"    {line}" for line in shown)])


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that was started in a session of its own, and whatever it started there."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def exit_words(code: int) -> str:
    """How a process ended, as `subprocess` tells it."""
    if code >= 0:
        return f"exit code {code}"
    names = {item.value: item.name for item in signal.Signals}
    return f"signal {-code}, {names[-code]}" if -code in names else f"signal {-code}"
