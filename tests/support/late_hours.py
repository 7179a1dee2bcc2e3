"""Survival that is already old, in the Python runtime and in a build of crimson-zig for tests.

The last milestone is above level 31, and extra creatures come from the fifteenth minute on: no short replay gets there.
So both runtimes get the same change of survival: it takes the run for older than it is, and player one for better.
Its counterpart in Zig is late_hours.zig.
"""

from __future__ import annotations

import random
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crimson.aim_schemes import AimScheme
from crimson.game_modes import GameMode
from crimson.movement_controls import MovementControlType
from crimson.replay import Replay
from crimson.sim.input import PlayerInput
from crimson.sim.mode_updates import SurvivalSpawnState, survival_update
from crimson.sim.world_state import WorldState
from staged_runs import Setting, keep_alive, played_by, staged_program, staged_replay


@dataclass(frozen=True)
class Orders:
    """What a seed says; the bits are late_hours.zig's."""

    minutes: int
    level: int
    varied: int = 0

    @property
    def seed(self) -> int:
        return self.minutes | self.level << 6 | self.varied << 12


def grown_old(orders: Orders) -> AbstractContextManager[None]:
    """The Python runtime's survival is as old as the orders say."""

    def update(world: WorldState, spawn: SurvivalSpawnState, *, elapsed_ms: float, dt_ms: float) -> None:
        keep_alive(world)
        world.players[0].level = max(world.players[0].level, orders.level)
        survival_update(world, spawn, elapsed_ms=elapsed_ms + orders.minutes * 60000, dt_ms=dt_ms)

    return played_by("survival_update", update)


def late_replay(orders: Orders, setting: Setting) -> Replay:
    return staged_replay(GameMode.SURVIVAL, orders.seed, setting, _input)


def _input(draws: random.Random) -> PlayerInput:
    return PlayerInput(
        move_mode=draws.choice((MovementControlType.STATIC, MovementControlType.COMPUTER)),
        aim_scheme=AimScheme.COMPUTER,
        fire_down=draws.random() < 0.8,
        move_forward_down=draws.random() < 0.4,
        move_backward_down=False,
        turn_left_down=draws.random() < 0.4,
        turn_right_down=False,
    )


@cache
def late_program() -> Path:
    """crimson-zig with the late hours' survival, kept in the user's cache."""
    return staged_program("late_hours", "survival")
