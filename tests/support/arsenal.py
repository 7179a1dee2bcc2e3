"""Rush in which the seed says what everyone has, in the Python runtime and in a build of crimson-zig for tests.

Replays of real modes reach most weapons only by luck. So both runtimes get the same change of rush: the weapon stays
what was handed out at the start, perks come with it, and nobody dies. Its counterpart in Zig is arsenal.zig.
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
from crimson.perks import PerkId
from crimson.projectiles.types import ProjectileTemplateId
from crimson.replay import Replay
from crimson.sim.input import PlayerInput
from crimson.sim.mode_updates import RushSpawnState, rush_mode_update
from crimson.sim.world_state import WorldState
from crimson.weapon_runtime import weapon_assign_player
from crimson.weapons import WeaponId
from staged_runs import Setting, keep_alive, played_by, staged_program, staged_replay

# Perks that change shots, the weapons that fire them, and what they do to whom they hit.
_OF_SHOTS = (
    PerkId.SHARPSHOOTER,
    PerkId.FASTSHOT,
    PerkId.URANIUM_FILLED_BULLETS,
    PerkId.PYROMANIAC,
    PerkId.ION_GUN_MASTER,
)
_OF_WEAPONS = (
    PerkId.FASTLOADER,
    PerkId.ALTERNATE_WEAPON,
    PerkId.AMMO_MANIAC,
    PerkId.BARREL_GREASER,
    PerkId.MY_FAVOURITE_WEAPON,
)
_OF_HITS = (PerkId.BLOODY_MESS_QUICK_LEARNER, PerkId.POISON_BULLETS, PerkId.DOCTOR, PerkId.LIVING_FORTRESS)


@dataclass(frozen=True)
class Orders:
    """What a seed says; the bits are arsenal.zig's."""

    weapon: WeaponId
    perks_of_shots: bool = False
    perks_of_weapons: bool = False
    perks_of_hits: bool = False
    ammunition_within: bool = False
    regression_bullets: bool = False
    fire_bullets: bool = False
    shock_chain: bool = False
    freeze: bool = False
    varied: int = 0

    @property
    def seed(self) -> int:
        flags = (
            self.perks_of_shots,
            self.perks_of_weapons,
            self.perks_of_hits,
            self.ammunition_within,
            self.regression_bullets,
            self.fire_bullets,
            self.shock_chain,
            self.freeze,
        )
        return self.weapon | sum(flag << bit for bit, flag in enumerate(flags, start=6)) | self.varied << 14

    def equip(self, world: WorldState) -> None:
        state = world.state
        state.survival_reward_weapon_guard_id = self.weapon
        perks = [
            *(_OF_SHOTS if self.perks_of_shots else ()),
            *(_OF_WEAPONS if self.perks_of_weapons else ()),
            *(_OF_HITS if self.perks_of_hits else ()),
            *([PerkId.AMMUNITION_WITHIN] if self.ammunition_within else ()),
            *([PerkId.REGRESSION_BULLETS] if self.regression_bullets else ()),
        ]
        for perk in perks:
            state.perks[perk] = 1
        for player in world.players:
            weapon_assign_player(player, self.weapon, state=state)

    def update(self, world: WorldState, spawn: RushSpawnState, elapsed_ms: float, dt_ms: float) -> None:
        if elapsed_ms == 0:
            self.equip(world)
        turn = int(elapsed_ms) // 16 % 200
        if self.fire_bullets and turn == 50:
            for player in world.players:
                player.fire_bullets_timer = 1.0
        if self.freeze and turn == 100:
            world.state.bonuses.freeze = 1.0
        if self.shock_chain:
            _chain(world)
        keep_alive(world)
        kept = [(player.weapon.weapon_id, player.weapon.ammo) for player in world.players]
        rush_mode_update(world, spawn, elapsed_ms=elapsed_ms, dt_ms=dt_ms)
        for player, (weapon, ammo) in zip(world.players, kept, strict=True):
            player.weapon.weapon_id, player.weapon.ammo = weapon, ammo


def _chain(world: WorldState) -> None:
    """Make the first ion in flight the head of a Shock Chain."""
    state = world.state
    if state.shock_chain_projectile_id >= 0:
        return
    for slot, entry in enumerate(state.projectiles.entries):
        if entry.active and entry.type_id == ProjectileTemplateId.ION_RIFLE and entry.life_timer >= 0.4:
            state.shock_chain_projectile_id = slot
            state.shock_chain_links_left = 32
            return


def handed_out(orders: Orders) -> AbstractContextManager[None]:
    """The Python runtime's rush is the arsenal's."""

    def update(world: WorldState, spawn: RushSpawnState, *, elapsed_ms: float, dt_ms: float) -> None:
        orders.update(world, spawn, elapsed_ms, dt_ms)

    return played_by("rush_mode_update", update)


def arsenal_replay(orders: Orders, setting: Setting) -> Replay:
    return staged_replay(GameMode.RUSH, orders.seed, setting, _input)


def _input(draws: random.Random) -> PlayerInput:
    """Someone who fires nearly always, and mostly lets the computer aim."""
    schemes = (MovementControlType.STATIC, MovementControlType.COMPUTER, MovementControlType.RELATIVE)
    return PlayerInput(
        move_mode=draws.choice(schemes),
        aim_scheme=AimScheme.COMPUTER if draws.random() < 0.9 else AimScheme.KEYBOARD,
        fire_down=draws.random() < 0.95,
        reload_down=draws.random() < 0.03,
        move_forward_down=draws.random() < 0.3,
        move_backward_down=draws.random() < 0.3,
        turn_left_down=draws.random() < 0.3,
        turn_right_down=draws.random() < 0.3,
    )


@cache
def arsenal_program() -> Path:
    """crimson-zig with the arsenal's rush, kept in the user's cache."""
    return staged_program("arsenal", "rush")
