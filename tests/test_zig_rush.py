"""The Zig simulation of rush is the Python runtime's, to the last bit of every raw byte of a trace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from crimson.aim_schemes import AimScheme
from crimson.game_modes import GameMode
from crimson.movement_controls import MovementControlType
from crimson.replay import ReplayTick, pack_tick
from crimson.sim.commands import GameCommand, PerkMenuOpenCommand, PerkPickCommand
from crimson.sim.input import PlayerInput
from crimson.sim.run_spec import RunSpec, RunStatus
from grim.geom import Vec2
from rush_replays import LONG_RUNS, LongRun, planned_input, random_replay, rush_replay
from zig_kit import crimson_zig
from zig_records import (
    assert_both_record_the_same,
    assert_both_refuse_at,
    assert_capture_is_equalled,
    assert_same_bytes,
    saved,
)

from crimson.dbg.errors import RecordRefused
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay

# Python takes a quarter of a minute for each: all of them are played by `just test-long`.
LONG = "CRIMSON_LONG_TESTS"
FEWER_LONG_RUNS = (LONG_RUNS[0], LONG_RUNS[-1])
CAPTURES = Path(__file__).parents[1] / "captures"


@pytest.mark.parametrize("name", ["rush", "rush-4p"])
def test_the_captures_are_equalled(name: str, tmp_path: Path) -> None:
    assert_capture_is_equalled(CAPTURES / f"{name}.cdt", tmp_path)


@pytest.mark.parametrize("run", LONG_RUNS if os.environ.get(LONG) else FEWER_LONG_RUNS, ids=lambda run: run.name)
def test_long_runs_are_equal(run: LongRun, tmp_path: Path) -> None:
    assert assert_both_record_the_same(run.replay(), tmp_path) >= 3000


@pytest.mark.parametrize("number", range(8))
def test_runs_of_any_settings_and_schemes_are_equal(number: int, tmp_path: Path) -> None:
    assert assert_both_record_the_same(random_replay(number, 240), tmp_path) == 240


def _idle_ticks(count: int, players: int = 1) -> list[ReplayTick]:
    return [pack_tick([planned_input((), cheats=False)] * players)] * count


def _spec(players: int = 1, *, preserve_bugs: bool = False, mode: GameMode = GameMode.RUSH) -> RunSpec:
    return RunSpec(
        game_mode_id=mode,
        seed=5,
        quest_level=None,
        player_count=players,
        preserve_bugs=preserve_bugs,
        status=RunStatus(),
    )


# The build that recorded tells whether the reload key was the first player's alone.
@pytest.mark.parametrize(
    "version", ["0.17.3", "0.18.0", "0.18.0+build.64a9589f5fbefdc036f0559b", "0.19.0", "0.100.0-x"]
)
def test_rules_1_co_op_reloads_as_its_build_did(version: str, tmp_path: Path) -> None:
    reloading = PlayerInput(
        move_mode=MovementControlType.STATIC,
        aim_scheme=AimScheme.COMPUTER,
        reload_down=True,
        move_forward_down=False,
        move_backward_down=False,
        turn_left_down=False,
        turn_right_down=False,
    )
    replay = rush_replay(_spec(2), [pack_tick([reloading] * 2)] * 100, rules=1, game_version=version)
    assert assert_both_record_the_same(replay, tmp_path) == 100


@pytest.mark.parametrize("version", ["0.18.0+local", "0.18.1", "dev", "0.18", "0.19.0\n"])
def test_rules_1_co_op_of_an_unknown_build_is_refused(version: str, tmp_path: Path) -> None:
    path = saved(rush_replay(_spec(2), _idle_ticks(3, players=2), rules=1, game_version=version), tmp_path)
    with pytest.raises(RecordRefused, match="provenance"):
        record_replay(load_replay(path), tmp_path / "out.cdt")
    outcome = crimson_zig("record", path, "--out", tmp_path / "out.cdt")
    assert outcome.code == 2
    assert "provenance" in outcome.message


@pytest.mark.parametrize(
    "command",
    [PerkMenuOpenCommand(player_index=0), PerkPickCommand(player_index=0, choice_index=0)],
    ids=["open", "pick"],
)
def test_commands_are_refused(command: GameCommand, tmp_path: Path) -> None:
    ticks = [*_idle_ticks(7), pack_tick([planned_input((), cheats=False)], (command,)), *_idle_ticks(3)]
    assert_both_refuse_at(rush_replay(_spec(), ticks), 7, tmp_path)


@pytest.mark.parametrize(("extra", "refused"), [(32, False), (33, True)])
def test_a_run_may_wind_down_for_half_a_second(extra: int, refused: bool, tmp_path: Path) -> None:
    """The run of an idle player ends at the same tick for everyone; then there are 500 ms."""
    ended = _end_of_idle_run(tmp_path)
    replay = rush_replay(_spec(), _idle_ticks(ended + extra))
    if refused:
        assert "wound down" in assert_both_refuse_at(replay, ended + 31, tmp_path)
    else:
        assert_both_record_the_same(replay, tmp_path)


def _end_of_idle_run(folder: Path) -> int:
    """The tick that ends the run, as Zig tells it."""
    path = saved(rush_replay(_spec(), _idle_ticks(6000)), folder)
    outcome = crimson_zig("record", path, "--out", folder / "never.cdt")
    return int(outcome.message.split(" at tick ")[1].split()[0])


@pytest.mark.parametrize(
    ("move_mode", "aim_scheme", "refused"),
    [
        (MovementControlType.DUAL_ACTION_PAD, AimScheme.KEYBOARD, True),
        (MovementControlType.MOUSE_POINT_CLICK, AimScheme.KEYBOARD, True),
        (MovementControlType.STATIC, AimScheme.MOUSE, True),
        (MovementControlType.STATIC, AimScheme.DUAL_ACTION_PAD, True),
        (MovementControlType.RELATIVE, AimScheme.MOUSE_RELATIVE, False),
    ],
)
@pytest.mark.parametrize("reach", [1e18, 1e20, 3e38])
def test_inputs_from_far_away(
    move_mode: MovementControlType, aim_scheme: AimScheme, refused: bool, reach: float, tmp_path: Path
) -> None:
    """A distance whose square no float holds ends the runtime, wherever it is first measured."""
    far = PlayerInput(
        move_mode=move_mode,
        aim_scheme=aim_scheme,
        move=Vec2(reach, -reach),
        aim=Vec2(-reach, reach),
        fire_down=True,
        move_forward_down=False,
        move_backward_down=False,
        turn_left_down=False,
        turn_right_down=False,
    )
    replay = rush_replay(_spec(), [*_idle_ticks(60), *[pack_tick([far])] * 60])
    if refused and reach > 1e19:
        # The pistol that a run begins with is not ready before tick 64, and a shot measures the aim.
        first = 64 if move_mode == MovementControlType.STATIC else 60
        assert "too large" in assert_both_refuse_at(replay, first, tmp_path)
    else:
        assert_both_record_the_same(replay, tmp_path)


def test_the_computer_cannot_aim_from_the_end_of_the_world(tmp_path: Path) -> None:
    looking = PlayerInput(
        move_mode=MovementControlType.STATIC,
        aim_scheme=AimScheme.MOUSE,
        aim=Vec2(1e25, 1e25),
        move_forward_down=False,
        move_backward_down=False,
        turn_left_down=False,
        turn_right_down=False,
    )
    replay = rush_replay(_spec(), [pack_tick([looking])] * 10 + _idle_ticks(10))
    assert_both_refuse_at(replay, 10, tmp_path)


def test_a_recording_stops_where_it_is_told(tmp_path: Path) -> None:
    path = saved(random_replay(2, 300), tmp_path)
    python, zig = tmp_path / "python.cdt", tmp_path / "zig.cdt"
    record_replay(load_replay(path), python, until=260)
    outcome = crimson_zig("record", path, "--out", zig, "--until", "260")
    assert (outcome.code, outcome.out) == (0, f"recorded 261 ticks to {zig}\n")
    assert assert_same_bytes(python, zig) == 261
