"""Survival in which the seed says who comes, in the Python runtime and in a build of crimson-zig for tests.

Replays of survival meet most creatures after hours or never. So both runtimes get the same change of survival:
creatures of one template and of a wave of any experience come again and again, perks and bonuses come with them, and
nobody dies.
Its counterpart in Zig is menagerie.zig.
"""

from __future__ import annotations

import random
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crimson.aim_schemes import AimScheme
from crimson.creatures.runtime import CREATURE_POOL_SIZE, PHANTOM_CREATURE_INDEX
from crimson.creatures.spawn import (
    RANDOM_HEADING_SENTINEL,
    CreatureFlags,
    SpawnId,
    creature_spawn_template,
    survival_spawn_creature,
)
from crimson.game_modes import GameMode
from crimson.movement_controls import MovementControlType
from crimson.perks import PerkId
from crimson.replay import Replay
from crimson.rng_caller_static import RngCallerStatic
from crimson.sim.input import PlayerInput
from crimson.sim.mode_updates import SurvivalSpawnState
from crimson.sim.world_state import WorldState
from grim.geom import Vec2
from staged_runs import Setting, keep_alive, played_by, staged_program, staged_replay

_OF_CONTACT = (PerkId.EVIL_EYES, PerkId.RADIOACTIVE, PerkId.MR_MELEE)
_OF_KILLS = (PerkId.BLOODY_MESS_QUICK_LEARNER, PerkId.URANIUM_FILLED_BULLETS)
_PERIOD = 120


@dataclass(frozen=True)
class Orders:
    """What a seed says; the bits are menagerie.zig's. `experience` is in thousands."""

    template: SpawnId
    full: bool = False
    plague: bool = False
    poison: int = 0
    perks_of_contact: bool = False
    perks_of_kills: bool = False
    energizer: bool = False
    freeze: bool = False
    reflex_boost: bool = False
    experience: int = 0
    varied: int = 0

    @property
    def seed(self) -> int:
        fields = (
            (self.template, 7),
            (self.full, 1),
            (self.plague, 1),
            (self.poison, 2),
            (self.perks_of_contact, 1),
            (self.perks_of_kills, 1),
            (self.energizer, 1),
            (self.freeze, 1),
            (self.reflex_boost, 1),
            (self.experience, 8),
            (self.varied, 8),
        )
        seed = at = 0
        for value, width in fields:
            seed |= value << at
            at += width
        return seed

    def update(self, world: WorldState, spawn: SurvivalSpawnState) -> None:
        bonuses = world.state.bonuses
        if spawn.stage == 0:
            self._prepare(world)
        turn = spawn.stage % _PERIOD
        if turn == 0:
            self._bring(world, spawn.stage)
        if self.energizer and turn == 60:
            bonuses.energizer = 0.5
        if self.freeze and turn == 90:
            bonuses.freeze = 0.25
        if self.reflex_boost and turn == 30:
            bonuses.reflex_boost = 0.5
        keep_alive(world)
        spawn.stage += 1

    def _prepare(self, world: WorldState) -> None:
        perks = list(_OF_KILLS if self.perks_of_kills else ())
        if self.plague:
            perks.append(PerkId.PLAGUEBEARER)
            world.players[0].plaguebearer_active = True
        if self.perks_of_contact:
            perks += _OF_CONTACT
            perks.append(PerkId.TOXIC_AVENGER if self.varied & 1 else PerkId.VEINS_OF_POISON)
        for perk in perks:
            world.state.perks[perk] = 1
        if not self.full:
            return
        for slot in range(CREATURE_POOL_SIZE - 6):
            statue = world.creatures.entries[slot]
            statue.active = True
            statue.hp = statue.max_hp = 1_000_000.0
            statue.move_speed = 0.0
            statue.pos = Vec2(900.0, float(slot))

    def _bring(self, world: WorldState, tick: int) -> None:
        state, pool = world.state, world.creatures
        x = float(state.rng.rand_tagged(RngCallerStatic.SURVIVAL_UPDATE_MAIN_SPAWN_TOP_X) % 1152) - 64.0
        y = float(state.rng.rand_tagged(RngCallerStatic.SURVIVAL_UPDATE_MAIN_SPAWN_LEFT_Y) % 1152) - 64.0
        survival_spawn_creature(pool, Vec2(x, 1064.0), state.rng, player_experience=self.experience * 1000 + tick)
        slot = creature_spawn_template(
            pool, self.template, Vec2(x, y), RANDOM_HEADING_SENTINEL, state=state, detail_preset=state.detail_preset
        )
        if slot == PHANTOM_CREATURE_INDEX:
            return
        creature = pool.entries[slot]
        creature.flags |= CreatureFlags(self.poison)
        if self.plague:
            creature.plague_infected = True


def let_in(orders: Orders) -> AbstractContextManager[None]:
    """The Python runtime's survival is the menagerie's."""

    def update(world: WorldState, spawn: SurvivalSpawnState, *, elapsed_ms: float, dt_ms: float) -> None:
        _ = elapsed_ms, dt_ms
        orders.update(world, spawn)

    return played_by("survival_update", update)


def menagerie_replay(orders: Orders, setting: Setting) -> Replay:
    return staged_replay(GameMode.SURVIVAL, orders.seed, setting, _input)


def _input(draws: random.Random) -> PlayerInput:
    """Someone who mostly lets the computer do it."""
    return PlayerInput(
        move_mode=draws.choice((MovementControlType.STATIC, MovementControlType.COMPUTER)),
        aim_scheme=AimScheme.COMPUTER if draws.random() < 0.8 else AimScheme.KEYBOARD,
        fire_down=draws.random() < 0.7,
        move_forward_down=draws.random() < 0.3,
        move_backward_down=draws.random() < 0.3,
        turn_left_down=draws.random() < 0.3,
        turn_right_down=draws.random() < 0.3,
    )


@cache
def menagerie_program() -> Path:
    """crimson-zig with the menagerie's survival, kept in the user's cache."""
    return staged_program("menagerie", "survival")
