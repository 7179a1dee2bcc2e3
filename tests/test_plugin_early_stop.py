"""Recordings that end behind their divergence, and those that a window asks for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from capture_kit import Captures, diverge, make_capture
from child_faults import whole_entries

from crimson.dbg.trace import TraceReader

TICKS = 400


@pytest.fixture(scope="module")
def long_capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of more than a chunk, and a folder for what the candidate makes of it."""
    folder = tmp_path_factory.mktemp("long")
    (folder / "captures").mkdir()
    make_capture("rush", TICKS, folder / "captures", to="long")
    return folder


@pytest.fixture
def long(pytester: pytest.Pytester, long_capture: Path) -> Captures:
    shutil.copytree(long_capture / "captures", pytester.path / "captures")
    return Captures(pytester, pytester.path / "own-cache")


def ticks_of(entry: Path) -> int:
    with TraceReader(entry) as reader:
        return reader.tick_count


def test_a_recording_ends_behind_its_divergence(long: Captures) -> None:
    diverge(long, "long", range(100, TICKS))
    first = long.run("-m", "parity")
    first.assert_outcomes(failed=1, deselected=2)
    first.stdout.fnmatch_lines(
        [
            "diverged at tick 100, *",
            "recording was stopped at tick 255, behind the divergence; --parity-full records on",
        ]
    )
    (entry,) = whole_entries(long.cache)
    assert ticks_of(entry) == 256
    assert re.fullmatch(r"python-[0-9a-f]{16}-[0-9a-f]{32}\.stopped-[0-9a-f]{32}\.cdt", entry.name)
    again = long.run("-m", "parity")
    again.stdout.fnmatch_lines(["diverged at tick 100, *", "recording was stopped at tick 255, *", "*cached"])
    full = long.run("-m", "parity", "--parity-full")
    full.stdout.fnmatch_lines(["diverged at tick 100, *", "actual *400 ticks)"])
    full.stdout.no_fnmatch_line("*stopped*")
    # and the whole run is there for whoever asks then
    assert sorted(map(ticks_of, whole_entries(long.cache))) == [256, TICKS]
    later = long.run("-m", "parity")
    later.stdout.fnmatch_lines(["diverged at tick 100, *", "*cached"])
    later.stdout.no_fnmatch_line("*stopped*")


def test_a_divergence_at_the_end_of_a_chunk_is_recorded_to_its_window(long: Captures) -> None:
    diverge(long, "long", range(250, TICKS))
    result = long.run("-m", "parity")
    result.stdout.fnmatch_lines(
        ["diverged at tick 250, *", "actual *283 ticks)", "recording was stopped at tick 282, *"]
    )


def test_a_divergence_that_is_seen_at_the_end_makes_a_whole_run(long: Captures) -> None:
    diverge(long, "long", range(360, TICKS))
    result = long.run("-m", "parity")
    result.stdout.fnmatch_lines(["diverged at tick 360, *"])
    assert list(map(ticks_of, whole_entries(long.cache))) == [TICKS]
    result.stdout.no_fnmatch_line("*stopped*")


def test_strict_stops_at_a_blip_and_plain_does_not(long: Captures) -> None:
    diverge(long, "long", range(100, 102))
    strict = long.run("-m", "parity", "--parity-strict")
    strict.assert_outcomes(failed=1, deselected=2)
    strict.stdout.fnmatch_lines(["diverged at tick 100, *", "recording was stopped at tick 255, *"])
    plain = long.run("-m", "parity")
    plain.assert_outcomes(passed=1, deselected=3)  # a window is known now
    plain.stdout.no_fnmatch_line("*stopped*")
    assert len(whole_entries(long.cache)) == 2


def test_a_window_records_no_further_than_its_end(long: Captures) -> None:
    long.run("-m", "tick_window", "--tick-window=240:263").assert_outcomes(passed=1, deselected=3)
    (entry,) = whole_entries(long.cache)
    assert entry.name.endswith(".until-263.cdt")
    # which serves an earlier window as well
    long.run("-m", "tick_window", "--tick-window=0:23").assert_outcomes(passed=1, deselected=3)
    assert whole_entries(long.cache) == [entry]
    # it never passes for the run
    long.run("-m", "parity").assert_outcomes(passed=1, deselected=2)
    assert len(whole_entries(long.cache)) == 2


def test_a_window_answers_for_its_own_ticks_whatever_was_recorded_before(long: Captures) -> None:
    diverge(long, "long", range(300, TICKS))
    window = ["-m", "tick_window", "--tick-window=10:20"]
    before = long.run(*window)
    before.assert_outcomes(passed=1, deselected=3)
    long.run("-m", "parity").assert_outcomes(failed=1, deselected=2)
    after = long.run(*window)
    after.assert_outcomes(passed=1, deselected=3)
    after.stdout.fnmatch_lines(["captures/long.cdt *python 10:20 *none *"])
    # and of a recording that was stopped
    change = ["--parity-cache=another", "-m"]
    diverge(long, "long", range(100, 300))
    long.run(*change, "parity").stdout.fnmatch_lines(["recording was stopped at tick 255, *"])
    long.run(*change, "tick_window", "--tick-window=10:20").stdout.fnmatch_lines(
        ["captures/long.cdt *python 10:20 *none *cached"]
    )
    long.run(*change, "tick_window", "--tick-window=90:110").stdout.fnmatch_lines(
        ["diverged at tick 100, *", "captures/long.cdt *python 90:110 *100 *cached"]
    )
