"""The Zig simulation of typ-o is the Python runtime's, to the last bit of every raw byte of a trace."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from crimson.game_modes import GameMode
from crimson.sim.run_spec import RunSpec
from crimson.typo.state import TypoCarry
from zig_kit import crimson_zig
from zig_records import assert_both_record_the_same, assert_capture_is_equalled, saved

from crimson.dbg.errors import RecordRefused
from crimson.dbg.fuzz_plans import Monkey, fuzz_plan
from crimson.dbg.record import record_replay
from crimson.dbg.replay_bots import Bot, Typist
from crimson.dbg.replay_plans import ReplayPlan, make_replay
from crimson.dbg.replays import load_replay

CAPTURE = Path(__file__).parents[1] / "captures" / "typo.cdt"
LONG = "CRIMSON_LONG_TESTS"


def test_the_capture_is_equalled(tmp_path: Path) -> None:
    assert assert_capture_is_equalled(CAPTURE, tmp_path) == 3600


@pytest.mark.parametrize("run", range(3))
def test_runs_of_any_settings_are_equal(run: int, tmp_path: Path) -> None:
    assert_both_record_the_same(make_replay(fuzz_plan(1, run, ["typo"], 700)), tmp_path)


def _plan(bot: Callable[[], Bot], ticks: int, carry: TypoCarry | None = None) -> ReplayPlan:
    spec = RunSpec(game_mode_id=GameMode.TYPO, seed=9, typo_carry=carry or TypoCarry())
    return ReplayPlan(name="typo", spec=spec, bot=bot, max_ticks=ticks)


def test_any_keys_may_be_hit_at_once(tmp_path: Path) -> None:
    assert assert_both_record_the_same(make_replay(_plan(lambda: Monkey(3), 120)), tmp_path) == 120


def test_a_count_that_no_trace_holds_is_refused(tmp_path: Path) -> None:
    full = TypoCarry(submit_count=2**31 - 1)
    path = saved(make_replay(_plan(lambda: Typist(key_ticks=2), 60, full)), tmp_path)
    with pytest.raises(RecordRefused, match=r"checkpoint\.typo\.submit_count") as refusal:
        record_replay(load_replay(path), tmp_path / "out.cdt")
    outcome = crimson_zig("record", path, "--out", tmp_path / "out.cdt")
    assert (outcome.code, f"tick {refusal.value.tick}: a count" in outcome.message) == (2, True)


@pytest.mark.skipif(LONG not in os.environ, reason=f"takes a minute: {LONG} is not set")
@pytest.mark.parametrize("own_words", [(), ("ash", "oak tree", "pine", "elm", "yew", "fir")], ids=["stock", "own"])
def test_words_grow_until_the_score_table_gives_them(own_words: tuple[str, ...], tmp_path: Path) -> None:
    plan = _plan(lambda: Typist(key_ticks=1), 14000)
    spec = RunSpec(
        game_mode_id=GameMode.TYPO, seed=9, typo_dictionary_words=own_words, typo_highscore_names=("Zoe", "R.K")
    )
    game = make_replay(replace(plan, spec=spec))
    assert game.result.players[0].experience > 120
    assert_both_record_the_same(game, tmp_path)
