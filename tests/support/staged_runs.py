"""Runs of a mode that is changed alike in the Python runtime and in a build of crimson-zig for tests."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import crimson.sim.world_state as world_state
import pytest
from crimson.game_modes import GameMode
from crimson.replay import Replay, pack_tick
from crimson.replay.codec import dump_replay_file
from crimson.sim.input import PlayerInput
from crimson.sim.run_spec import RunSpec, RunStatus
from crimson.sim.world_state import WorldState
from rush_replays import rush_replay
from zig_kit import run_zig
from zig_records import assert_same_bytes

from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.zig_build import built_program, sources_of
from crimson.dbg.zig_program import CRIMSON_ZIG

_HEALTH_LEAST = 30.0
_EVERYTHING = RunStatus(quest_unlock_index=50, quest_unlock_index_hardcore=50)


@dataclass(frozen=True)
class Setting:
    """The run around what is staged."""

    players: int = 1
    rules: int = 2
    preserve_bugs: bool = False
    hardcore: bool = False
    quest_fail_retry_count: int = 0
    friendly_fire: bool = False
    detail_preset: int = 5
    violence_disabled: int = 0
    ticks: int = 300


def staged_replay(
    mode: GameMode, seed: int, setting: Setting, drawn_input: Callable[[random.Random], PlayerInput]
) -> Replay:
    """A run in which everyone does something else now and then, as the seed has it."""
    spec = RunSpec(
        game_mode_id=mode,
        seed=seed,
        quest_level=None,
        player_count=setting.players,
        preserve_bugs=setting.preserve_bugs,
        hardcore=setting.hardcore,
        quest_fail_retry_count=setting.quest_fail_retry_count,
        friendly_fire=setting.friendly_fire,
        detail_preset=setting.detail_preset,
        violence_disabled=setting.violence_disabled,
        status=_EVERYTHING,
    )
    draws = random.Random(seed)
    held = [drawn_input(draws) for _ in range(setting.players)]
    ticks = []
    for _ in range(setting.ticks):
        held = [drawn_input(draws) if draws.random() < 0.04 else each for each in held]
        ticks.append(pack_tick(held))
    if setting.rules == 1:
        return rush_replay(spec, ticks, rules=1, game_version="0.17.3")
    return rush_replay(spec, ticks)


@contextmanager
def played_by(mode: str, update: Callable[..., None]) -> Generator[None]:
    """The Python runtime's update of a mode, by its name in the runtime, is another one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world_state, mode, update)
        yield


def keep_alive(world: WorldState) -> None:
    """Nobody dies in a staged run."""
    for player in world.players:
        if player.health < _HEALTH_LEAST:
            player.health = 100.0


def staged_program(name: str, mode: str) -> Path:
    """crimson-zig with `NAME.zig` of this folder in place of a mode's file, which becomes `true_MODE.zig`."""
    program = replace(CRIMSON_ZIG, name=name, title=f"the {name}")
    changed = {
        f"sim/true_{mode}.zig": sources_of(program)[f"sim/{mode}.zig"],
        f"sim/{mode}.zig": Path(__file__).with_name(f"{name}.zig").read_bytes(),
    }
    return built_program(program, changed)


def assert_both_play_the_same(
    replay: Replay, staged: AbstractContextManager[None], program: Path, folder: Path
) -> None:
    """By the Python runtime as `staged` changes it, and by the program: every byte of every tick."""
    path, python, zig = folder / "staged.crd", folder / "python.cdt", folder / "zig.cdt"
    dump_replay_file(path, replay)
    with staged:
        record_replay(load_replay(path), python)
    outcome = run_zig(program, "record", path, "--out", zig)
    assert (outcome.code, outcome.err) == (0, ""), outcome
    assert assert_same_bytes(python, zig) == len(replay.ticks)
