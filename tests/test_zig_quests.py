"""The Zig simulation of quests is the Python runtime's, to the last bit of every raw byte of a trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from crimson.game_modes import GameMode
from crimson.quests.level import QUESTS_PER_STAGE, QuestLevel
from crimson.replay import pack_tick
from crimson.replay.codec import dump_replay_file
from crimson.sim.mode_updates import QuestSpawnState
from crimson.sim.run_init import initialize_run
from crimson.sim.run_spec import RunSpec
from rush_replays import planned_input, rush_replay
from zig_records import assert_same_bytes, recorded_by_zig

from crimson.dbg.diff import diff_traces
from crimson.dbg.runtime_hidden import HiddenSampler
from crimson.dbg.trace import TraceReader

CAPTURES = Path(__file__).parents[1] / "captures"


@pytest.mark.parametrize("capture", sorted(CAPTURES.glob("quest*.crd")), ids=lambda path: path.stem)
def test_the_captures_are_equalled(capture: Path, tmp_path: Path) -> None:
    trace = recorded_by_zig(capture, tmp_path / "zig.cdt")
    assert_same_bytes(capture.with_suffix(".cdt"), trace)
    assert diff_traces(capture.with_suffix(".cdt"), trace, strict=True).verdict == "equal"


@pytest.mark.parametrize("major", range(1, 6))
def test_every_quest_begins_equal(major: int, tmp_path: Path) -> None:
    """Its table, its draws, and what is available in it, at both difficulties."""
    for minor in range(1, QUESTS_PER_STAGE + 1):
        for hardcore in (False, True):
            players = 1 + (minor + 2 * hardcore) % 4
            spec = RunSpec(
                game_mode_id=GameMode.QUESTS,
                seed=1000 * major + minor,
                quest_level=QuestLevel(major, minor),
                hardcore=hardcore,
                player_count=players,
            )
            assert_equal_beginning(spec, tmp_path)


def assert_equal_beginning(spec: RunSpec, folder: Path) -> None:
    session = initialize_run(spec).session
    path, trace = folder / "beginning.crd", folder / "beginning.cdt"
    idle = pack_tick([planned_input((), cheats=False)] * spec.player_count)
    dump_replay_file(path, rush_replay(spec, [idle]))
    recorded_by_zig(path, trace)
    with TraceReader(trace) as reader:
        tables = reader.tables(reader.setup_entry)
    begun = {name: [int(column[0]) for column in tables[name].columns] for name in ("checkpoint", "hidden_state")}
    assert begun["hidden_state"] == list(HiddenSampler(session).sample()), spec
    assert begun["checkpoint"][0] == session.world.state.rng.state, spec
    assert isinstance(session.mode_state, QuestSpawnState)
    assert tables["sim_state.quest"].columns[0].tolist() == [session.mode_state.total_creatures], spec
