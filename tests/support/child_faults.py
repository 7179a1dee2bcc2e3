"""Faults in the recorder processes of a pytest run: a `sitecustomize` that these processes find first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_HEAD = """
import sys

if any("recorder_child" in word for word in sys.orig_argv):
    import ctypes, os, resource, signal, threading
    from crimson.replay.driver.playback_driver import PlaybackDriver

    step = PlaybackDriver.step_tick

    def step_tick(driver, tick):
        fault(len(driver.replay.ticks), tick)
        return step(driver, tick)

    PlaybackDriver.step_tick = step_tick

    def fault(ticks, tick):
"""


def plant(pytester: pytest.Pytester, code: str) -> None:
    """Make recorders run this before each tick; it knows the replay's length as `ticks`, and `tick`."""
    write_site(pytester, _HEAD + _indented(code, 8))


def plant_at_start(pytester: pytest.Pytester, code: str) -> None:
    """Make recorders run this when they start."""
    write_site(
        pytester, 'import sys\n\nif any("recorder_child" in word for word in sys.orig_argv):\n' + _indented(code, 4)
    )


def write_site(pytester: pytest.Pytester, code: str) -> None:
    folder = pytester.path / "site"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(code)
    others = os.environ.get("PYTHONPATH")
    pytester._monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *([others] if others else [])]))


def _indented(code: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in code.strip("\n").splitlines())


def whole_entries(cache: Path) -> list[Path]:
    """The entries of a cache; each is read to its end."""
    from crimson.dbg.trace import TraceReader

    entries = sorted(cache.glob("traces/*.cdt"))
    for entry in entries:
        with TraceReader(entry) as reader:
            for chunk in (reader.setup_entry, *reader.tick_entries):
                reader.raw(chunk)
    return entries
