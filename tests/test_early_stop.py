"""A recording that is compared while it is made ends when its divergence has been shown, and never before."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
import synthetic
from capture_kit import column
from synthetic import changing

from crimson.dbg.diff import diff_traces
from crimson.dbg.early_stop import FOCUS_TICKS, LiveComparison
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.trace import TraceReader

TICKS = 1000
KILLS = column("checkpoint", "kills")
HIDDEN = column("hidden_state", "creatures")


def wanted(tmp_path: Path, *changes: range, strict: bool = False, what: tuple = KILLS, ticks: int = TICKS) -> list:
    """What the comparison answers to each chunk of a recording that differs in these ticks."""
    original = synthetic.write_trace(tmp_path / "original.cdt", ticks, kind="original")
    changed = [tick for span in changes for tick in span]
    actual = synthetic.write_trace(tmp_path / "actual.cdt", TICKS, change=changing(*what, changed))
    with TraceReader(original) as expected, TraceReader(actual) as reader:
        live = LiveComparison(expected, sustain=3, strict=strict)
        return [
            live.chunk(entry.first, entry.last, reader.raw(entry))
            for entry in (reader.setup_entry, *reader.tick_entries)
        ]


def test_equal_recordings_go_on(tmp_path: Path) -> None:
    assert wanted(tmp_path) == [None] * 5


@pytest.mark.parametrize("onset", [0, 100, 253, 254, 255, 256])
def test_a_sustained_divergence_is_seen_at_the_end_of_its_chunk(tmp_path: Path, onset: int) -> None:
    chunks = 2 if onset + 2 < 256 else 3
    found = wanted(tmp_path, range(onset, TICKS))
    assert found[:chunks] == [None] * (chunks - 1) + [onset + FOCUS_TICKS]


def test_a_difference_at_setup_counts_at_once(tmp_path: Path) -> None:
    assert wanted(tmp_path, range(-1, 0))[0] == -1 + FOCUS_TICKS


def test_blips_go_on_unless_strict(tmp_path: Path) -> None:
    blips = (range(10, 12), range(255, 257))
    assert wanted(tmp_path, *blips) == [None] * 5
    assert wanted(tmp_path, *blips, strict=True)[1] == 10 + FOCUS_TICKS


def test_hidden_differences_go_on_unless_strict(tmp_path: Path) -> None:
    assert wanted(tmp_path, range(10, TICKS), what=HIDDEN) == [None] * 5
    assert wanted(tmp_path, range(10, TICKS), what=HIDDEN, strict=True)[1] == 10 + FOCUS_TICKS


def test_ticks_behind_the_originals_end_are_no_reason_to_stop(tmp_path: Path) -> None:
    assert wanted(tmp_path, ticks=300) == [None] * 5


@dataclass
class Watching:
    """Answers to the chunk that begins at a tick."""

    at: int
    last: int
    ticks: list[int] = field(default_factory=list)

    def tick(self, tick: int) -> None:
        self.ticks.append(tick)

    def chunk(self, first: int, last: int, raw: bytes) -> int | None:
        assert raw
        return self.last if first == self.at else None


@pytest.mark.parametrize(
    ("at", "last", "ticks"), [(-1, 20, 21), (-1, -1, 0), (-1, 1 << 20, 150), (0, 20, 150)], ids=str
)
def test_a_watched_recording_is_a_whole_shorter_trace(
    short_replay: Path, tmp_path: Path, at: int, last: int, ticks: int
) -> None:
    loaded, whole, part = load_replay(short_replay), tmp_path / "whole.cdt", tmp_path / "part.cdt"
    record_replay(loaded, whole)
    watcher = Watching(at, last)
    report = record_replay(loaded, part, watcher=watcher)
    assert (report.ticks, report.complete) == (ticks, ticks == 150)
    assert watcher.ticks == list(range(ticks))
    if ticks:
        found = diff_traces(whole, part, ticks=(0, ticks - 1), strict=True)
        assert (found.verdict, found.ticks_compared, found.actual.ticks) == ("equal", ticks, ticks)
