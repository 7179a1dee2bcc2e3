"""Replays that once told the two candidates apart, or brought one of them down."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from crimson.replay import Replay
from zig_kit import crimson_zig
from zig_records import assert_both_record_the_same, saved

from crimson.dbg.errors import RecordRefused
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay

FOUND = sorted((Path(__file__).parent / "replays").glob("*.crd"))


def replay_of(path: Path) -> Replay:
    return load_replay(path).replay


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_both_record_the_same(path: Path, tmp_path: Path) -> None:
    replay = replay_of(path)
    assert assert_both_record_the_same(replay, tmp_path) == len(replay.ticks)


def test_a_recording_does_not_overwrite_its_replay(tmp_path: Path) -> None:
    path = saved(replay_of(FOUND[1]), tmp_path)
    before = path.read_bytes()
    outcome = crimson_zig("record", path, "--out", path.parent / "." / path.name)
    assert (outcome.code, outcome.message.endswith("a recording does not overwrite its replay")) == (2, True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("rules", [3, 300, 1 << 40])
def test_rules_of_a_later_game_are_refused_by_both(rules: int, tmp_path: Path) -> None:
    path = saved(msgspec.structs.replace(replay_of(FOUND[1]), rules=rules), tmp_path)
    out = tmp_path / "never.cdt"
    with pytest.raises(RecordRefused, match=f"rules {rules}; this build plays rules 1 and 2"):
        record_replay(load_replay(path), out)
    outcome = crimson_zig("record", path, "--out", out)
    assert outcome.code == 2
    assert f"rules {rules}; this build plays rules 1 and 2" in outcome.message
    assert not out.exists()
