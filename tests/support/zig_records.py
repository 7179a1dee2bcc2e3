"""Replays recorded by the Python runtime and by crimson-zig, and compared byte by byte."""

from __future__ import annotations

from pathlib import Path

import forge
import pytest
from crimson.replay import Replay
from crimson.replay.codec import dump_replay_file
from zig_kit import crimson_zig

from crimson.dbg.diff import diff_traces
from crimson.dbg.errors import RecordRefused
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.trace import TraceReader
from crimson.dbg.verify import verify_trace


def recorded_by_zig(replay: Path, out: Path) -> Path:
    outcome = crimson_zig("record", replay, "--out", out)
    assert (outcome.code, outcome.err) == (0, ""), outcome
    return out


def assert_same_bytes(expected: Path, actual: Path) -> int:
    """Compare what the chunks hold, and what the indexes say of it; returns the ticks."""
    for chunk, again in zip(forge.chunks_of(expected), forge.chunks_of(actual), strict=True):
        if chunk.kind in ("INIT", "TICK"):
            assert (chunk.kind, chunk.first, chunk.last) == (again.kind, again.first, again.last)
            assert chunk.raw == again.raw, f"ticks {chunk.first}..{chunk.last}"
    with TraceReader(expected) as one, TraceReader(actual) as other:
        assert one.setup_entry.digest == other.setup_entry.digest
        assert [entry.digest for entry in one.tick_entries] == [entry.digest for entry in other.tick_entries]
    return max(chunk.last for chunk in forge.chunks_of(expected)) + 1


def assert_capture_is_equalled(capture: Path, folder: Path) -> int:
    """Record the `.crd` beside a capture, and compare with it, hidden state too; returns the ticks."""
    trace = recorded_by_zig(capture.with_suffix(".crd"), folder / "zig.cdt")
    assert diff_traces(capture, trace, strict=True).verdict == "equal"
    return assert_same_bytes(capture, trace)


def saved(replay: Replay, folder: Path) -> Path:
    path = folder / "replay.crd"
    dump_replay_file(path, replay)
    return path


def assert_both_record_the_same(replay: Replay, folder: Path) -> int:
    path = saved(replay, folder)
    python, zig = folder / "python.cdt", folder / "zig.cdt"
    record_replay(load_replay(path), python)
    ticks = assert_same_bytes(python, recorded_by_zig(path, zig))
    assert diff_traces(python, zig, strict=True).verdict == "equal"
    assert verify_trace(zig, path).ok
    return ticks


def assert_both_refuse_at(replay: Replay, tick: int, folder: Path) -> str:
    """Neither leaves a trace; returns what Zig says."""
    path = saved(replay, folder)
    out = folder / "out.cdt"
    with pytest.raises(RecordRefused) as refusal:
        record_replay(load_replay(path), out)
    assert refusal.value.tick == tick
    outcome = crimson_zig("record", path, "--out", out)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.message.startswith(f"error: {path}: tick {tick}: ")
    assert not out.exists()
    return outcome.message
