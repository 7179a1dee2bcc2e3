"""The line that a capture keeps up to date on a terminal."""

from __future__ import annotations

import io
import sys

import pytest

from crimson.dbg import capture_commands
from crimson.dbg.original.capture_host import CaptureProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(capture_commands.time, "monotonic", lambda: now[0])
    return now


def test_it_tells_mode_tick_rate_size_and_backlog(monkeypatch: pytest.MonkeyPatch, seconds: list[float]) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with capture_commands.status_line() as show:
        assert show is not None
        seconds[0] += 1.0
        show(CaptureProgress(mode_id=0, tick=0, ticks=0, text_bytes=0, waiting=0))
        seconds[0] += 0.1
        show(CaptureProgress(mode_id=1, tick=3, ticks=3, text_bytes=10, waiting=0))
        seconds[0] += 0.9
        show(CaptureProgress(mode_id=1, tick=59, ticks=60, text_bytes=1_234_567, waiting=2))
    shown = [line.removeprefix("\x1b[K") for line in terminal.getvalue().split("\r") if line]
    # seldom enough to be read, and gone at the end
    assert shown == [
        "waiting for a run · 0 ticks/s · 0.0 MB · backlog 0",
        "survival tick 59 · 60 ticks/s · 1.2 MB · backlog 2",
        "",
    ]


def test_nobody_looks_at_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with capture_commands.status_line() as show:
        assert show is None
