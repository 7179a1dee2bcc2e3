"""The Zig simulation of survival is the Python runtime's, to the last bit of every raw byte of a trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from late_hours import Orders, grown_old, late_program, late_replay
from staged_runs import Setting, assert_both_play_the_same
from zig_records import assert_both_record_the_same, assert_capture_is_equalled

from crimson.dbg.fuzz_plans import fuzz_plan
from crimson.dbg.replay_plans import make_replay

CAPTURES = Path(__file__).parents[1] / "captures"


@pytest.mark.parametrize("capture", sorted(CAPTURES.glob("survival*.cdt")), ids=lambda path: path.stem)
def test_the_captures_are_equalled(capture: Path, tmp_path: Path) -> None:
    assert_capture_is_equalled(capture, tmp_path)


@pytest.mark.parametrize("run", range(4))
def test_runs_of_any_settings_are_equal(run: int, tmp_path: Path) -> None:
    replay = make_replay(fuzz_plan(1, run, ["survival"], 1500))
    assert_both_record_the_same(replay, tmp_path)


@pytest.mark.parametrize(
    ("minutes", "level", "players"),
    [(0, 5, 1), (2, 13, 2), (14, 40, 2), (15, 32, 1)],
)
def test_the_late_hours_are_equal(minutes: int, level: int, players: int, tmp_path: Path) -> None:
    """Every milestone, and the creatures that come in excess from the fifteenth minute on."""
    orders = Orders(minutes, level, varied=players)
    setting = Setting(players=players, ticks=120, preserve_bugs=players == 2)
    assert_both_play_the_same(late_replay(orders, setting), grown_old(orders), late_program(), tmp_path)
