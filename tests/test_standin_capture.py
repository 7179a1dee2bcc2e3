"""The closed loop under real Frida: what comes out of the stand-in is what the Python runtime records, to the byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from crimson.game_modes import GameMode
from crimson.movement_controls import MovementControlType
from crimson.quests.level import QuestLevel
from crimson.sim.run_spec import RunSpec, RunStatus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from short_replays import replay_of
from standin_loop import captured, finalized, raw_chunks, raw_text, recorded, save

from capture_replays import PLANS
from crimson.dbg.replay_bots import Autopilot, Bot, Fighter, Hands, PerkPicker, Pupil, Typist
from crimson.dbg.replay_plans import ReplayPlan, make_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.trace import TraceReader

# Rush, survival with perks, a quest, the tutorial and four players, each a thousand ticks at least.
LOOPS = {
    "rush": 1100,
    "survival": 1500,
    "quest-3-5-hardcore": 1200,
    "tutorial": 1300,
    "survival-4p-friendly-fire": 1000,
    "typo": 600,
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_capture_equals_the_recording(name: str, tmp_path: Path) -> None:
    plan = next(plan for plan in PLANS if plan.name == name)
    replay = make_replay(replace(plan, max_ticks=LOOPS[name], run_down=0))
    report = captured(replay, tmp_path)
    assert report.note == ""
    assert [run.ticks for run in report.runs] == [len(replay.ticks)]
    if name != "survival-4p-friendly-fire":
        assert len(replay.ticks) == LOOPS[name]
    trace = finalized(tmp_path)
    # of the replay as given, and of the one that the capture gave
    given_ = recorded(save(replay, tmp_path / "given.crd"), tmp_path / "given.cdt")
    assert raw_chunks(trace) == raw_chunks(given_)
    assert raw_chunks(trace) == raw_chunks(recorded(trace.with_suffix(".crd"), tmp_path / "again.cdt"))
    with TraceReader(trace) as reader:
        assert reader.meta.capture is not None
        assert reader.meta.capture.method == "stand-in"
        assert reader.meta.capture.tolerated == []
        assert reader.meta.capture.interventions == [
            "step pinned to f32(1/60)",
            "pools cleaned at run set-up",
            "draws of frames without a tick undone",
        ]


@pytest.mark.parametrize("name", ["survival-2p-arms", "tutorial", "typo"])
def test_the_replay_that_a_capture_gives_has_the_same_commands_and_result(name: str, tmp_path: Path) -> None:
    replay = replay_of(name, 500)
    captured(replay, tmp_path)
    again = load_replay(finalized(tmp_path).with_suffix(".crd")).replay
    assert [tick.commands for tick in again.ticks] == [tick.commands for tick in replay.ticks]
    assert again.result == replay.result
    assert again.run == replay.run


def test_the_agent_without_native_code_captures_the_same_text(tmp_path: Path) -> None:
    replay = replay_of("survival-2p-arms", 200)
    for native in (True, False):
        (tmp_path / str(native)).mkdir()
        captured(replay, tmp_path / str(native), native=native)
    assert raw_text(tmp_path / "True" / "run.jsonl.zst") == raw_text(tmp_path / "False" / "run.jsonl.zst")


_HANDS = st.builds(
    Hands,
    move=st.sampled_from([mode for mode in MovementControlType if mode != MovementControlType.UNKNOWN]),
    burst=st.integers(1, 90),
    rest=st.integers(1, 20),
    reload_every=st.sampled_from([0, 97, 420]),
    spare=st.integers(0, 12),
)


@st.composite
def plans(draw: st.DrawFn) -> ReplayPlan:
    """A run that nobody has played: mode, players, settings, hands and seed."""
    mode = draw(st.sampled_from([mode for mode in GameMode if mode != GameMode.DEMO]))
    alone = mode in (GameMode.TYPO, GameMode.TUTORIAL)
    players = 1 if alone else draw(st.integers(1, 4))
    quest = QuestLevel(draw(st.integers(1, 5)), draw(st.integers(1, 10))) if mode == GameMode.QUESTS else None
    unlocked = draw(st.integers(0, 50))
    spec = RunSpec(
        game_mode_id=mode,
        seed=draw(st.integers(0, 2**32 - 1)),
        quest_level=quest,
        player_count=players,
        hardcore=draw(st.booleans()),
        preserve_bugs=True,
        quest_fail_retry_count=draw(st.integers(0, 5)),
        detail_preset=draw(st.integers(1, 5)),
        violence_disabled=draw(st.integers(0, 1)),
        friendly_fire=draw(st.booleans()),
        status=RunStatus(quest_unlock_index=unlocked, quest_unlock_index_hardcore=unlocked),
    )
    hands = [draw(_HANDS) for _ in range(players)]
    stride = draw(st.integers(1, 6))
    autopilot = draw(st.booleans())

    def bot() -> Bot:
        if mode == GameMode.TYPO:
            return Typist(key_ticks=4)
        if mode == GameMode.TUTORIAL:
            return Pupil()
        perks = None if mode == GameMode.RUSH else PerkPicker(stride=stride)
        return Autopilot(perks=perks) if autopilot else Fighter(*hands, perks=perks)

    return ReplayPlan("fresh", spec, bot, max_ticks=draw(st.integers(60, 400)))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=plans())
def test_a_run_that_nobody_tuned_to_is_captured_as_recorded(
    plan: ReplayPlan, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("fresh")
    replay = make_replay(plan)
    captured(replay, folder)
    trace = finalized(folder)
    given_ = recorded(save(replay, folder / "given.crd"), folder / "given.cdt")
    assert raw_chunks(trace) == raw_chunks(given_)
    assert raw_chunks(trace) == raw_chunks(recorded(trace.with_suffix(".crd"), folder / "again.cdt"))
