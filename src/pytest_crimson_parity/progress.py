"""Ticks recorded so far, shown at the end of the terminal's current line and wiped afterwards."""

from __future__ import annotations

import os
import sys

import pytest
from _pytest.capture import CaptureManager

# Save the cursor, and go back to it: pytest's own line goes on as if nothing had been there.
_SAVE, _RESTORE, _WIPE = "\x1b7", "\x1b8", "\x1b[K"


class TickProgress:
    """Called by a recorder with the ticks done and in all."""

    __slots__ = ("_capture", "_label", "_reporter")

    def __init__(self, reporter: pytest.TerminalReporter, capture: CaptureManager | None, label: str) -> None:
        self._reporter = reporter
        self._capture = capture
        self._label = label

    def __call__(self, done: int, total: int) -> None:
        text = f" {self._label} {done}/{total} ticks"
        terminal = self._reporter.config.get_terminal_writer()
        # A text that wraps could not be wiped.
        if len(text) < terminal.fullwidth - terminal.width_of_current_line:
            self._write(f"{_SAVE}{text}{_WIPE}{_RESTORE}")

    def wipe(self) -> None:
        self._write(_WIPE)

    def _write(self, text: str) -> None:
        # Past pytest's writer, which counts columns: these come and go.
        if self._capture is None:
            _write_out(text)
        else:
            with self._capture.global_and_fixture_disabled():
                _write_out(text)


def _write_out(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def tick_progress(config: pytest.Config, label: str) -> TickProgress | None:
    """Progress for a recording, where a person can see it: on a terminal and not in a worker."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if not isinstance(reporter, pytest.TerminalReporter) or not reporter.isatty or reporter.verbosity < 0:
        return None
    if os.environ.get("TERM") == "dumb":  # it would print the cursor's commands
        return None
    capture = config.pluginmanager.getplugin("capturemanager")
    return TickProgress(reporter, capture if isinstance(capture, CaptureManager) else None, label)
