"""Faults of what is there: born late, early or elsewhere, missing, gone early or late, a run that ends early."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import crimson.gameplay as gameplay
import crimson.sim.world_state as world_state
import crimson.weapon_runtime.fire as fire
from crimson.bonuses.pool import BonusEntry, BonusPool
from crimson.creatures.runtime import CreaturePool, CreatureState
from crimson.projectiles.runtime import secondary_pool
from crimson.projectiles.runtime.projectile_pool import ProjectilePool
from crimson.projectiles.types import ProjectileTemplateId
from crimson.replay.driver.playback_driver import PlaybackDriver, PlaybackWalkObserver, PlaybackWalkResult
from crimson.sim.gameplay_state import GameplayState
from crimson.sim.input import PlayerInput
from crimson.sim.state_types import PlayerState
from crimson.sim.world_state import WorldStepRuntime
from crimson.weapon_runtime.fire import WeaponFireGate
from fault_kit import Catalogue, Clock, Run, Truth, around, replaced, replaced_method
from grim.geom import Vec2

SURVIVAL = Run("survival", 400)
TWO_PLAYERS = Run("survival-2p-friendly-fire", 260)
ROCKETS = Run("arsenal-seeker-rockets", 260)
RUSH = Run("rush", 120)

catalogue = Catalogue()


@catalogue.add(
    "projectile-late",
    "a shot waits until its cooldown is below zero, not until it is zero: it comes a tick late, with its draws",
    SURVIVAL,
    184,
    # The draws and the cooldown are late with it.
    Truth("presence", "projectiles born late", "entity_samples.projectiles[0]"),
)
def _projectile_late(clock: Clock) -> Generator[None]:
    original = gameplay._fire_weapon

    def later(
        *,
        player: PlayerState,
        input_state: PlayerInput,
        dt: float,
        step_runtime: WorldStepRuntime,
        fire_gate: WeaponFireGate,
    ) -> None:
        if not clock.now:
            original(player=player, input_state=input_state, dt=dt, step_runtime=step_runtime, fire_gate=fire_gate)

    with replaced(gameplay, "_fire_weapon", original, later):
        yield


def _spawning(clock: Clock, copies: int) -> Generator[None]:
    """A player's shot spawns so many projectiles at the fault's tick."""
    original = fire.projectile_spawn

    def spawn(
        state: GameplayState,
        *,
        players: Sequence[PlayerState],
        pos: Vec2,
        angle: float,
        type_id: ProjectileTemplateId,
        owner_id: int,
        owner_player_index: int,
    ) -> int:
        slot = 0
        for _ in range(copies if clock.now else 1):
            slot = original(
                state,
                players=players,
                pos=pos,
                angle=angle,
                type_id=type_id,
                owner_id=owner_id,
                owner_player_index=owner_player_index,
            )
        return slot

    with replaced(fire, "projectile_spawn", original, spawn):
        yield


@catalogue.add(
    "projectile-missing",
    "a shot makes its draws and its noise, but its projectile finds no slot",
    SURVIVAL,
    227,
    Truth("presence", "projectiles missing", "entity_samples.projectiles[0]"),
)
def _projectile_missing(clock: Clock) -> Generator[None]:
    yield from _spawning(clock, 0)


@catalogue.add(
    "projectile-extra",
    "a shot spawns its projectile twice",
    SURVIVAL,
    227,
    Truth("presence", "projectiles extra", "entity_samples.projectiles[1]"),
)
def _projectile_extra(clock: Clock) -> Generator[None]:
    yield from _spawning(clock, 2)


@catalogue.add(
    "projectile-gone-early",
    "a projectile is taken for spent four ticks before its time",
    SURVIVAL,
    259,
    Truth("presence", "projectiles gone early", "entity_samples.projectiles[0]"),
)
def _projectile_gone_early(clock: Clock) -> Generator[None]:
    def end() -> None:
        if clock.now:
            clock.world.state.projectiles.entries[0].active = False

    with around(ProjectilePool, "step", ProjectilePool.step, after=end):
        yield


@catalogue.add(
    "corpse-late",
    "a corpse stays until its timer is below -12 instead of -10",
    SURVIVAL,
    206,
    Truth("presence", "creatures gone late", "entity_samples.creatures[0]"),
)
def _corpse_late(clock: Clock) -> Generator[None]:
    original = CreaturePool.finalize_post_render_lifecycle

    def keep(pool: CreaturePool) -> None:
        kept = [slot for slot in pool.entries if slot.active and clock.since and -12.0 <= slot.death_timer < -10.0]
        for slot in kept:
            slot.active = False
        original(pool)
        for slot in kept:
            slot.active = True

    with replaced_method(CreaturePool, "finalize_post_render_lifecycle", original, keep):
        yield


@catalogue.add(
    "projectile-owner",
    "player two's shots belong to player one",
    TWO_PLAYERS,
    184,
    Truth("drift", "projectiles.owner_id", "entity_samples.projectiles[1].owner_id"),
)
def _projectile_owner(clock: Clock) -> Generator[None]:
    original = fire.player_projectile_owner_id

    def first(*, friendly_fire: bool, player_index: int) -> int:
        return original(friendly_fire=friendly_fire, player_index=0 if clock.since else player_index)

    with replaced(fire, "player_projectile_owner_id", original, first):
        yield


@catalogue.add(
    "old-muzzle",
    "a shot starts from where its player was before moving",
    TWO_PLAYERS,
    172,
    # `origin` differs as well: a spawn copies it from `pos`.
    Truth("drift", "projectiles.pos", "entity_samples.projectiles[0].pos"),
)
def _old_muzzle(clock: Clock) -> Generator[None]:
    original, muzzle_of = world_state.player_update, fire.native_fire_muzzle_pos
    places: dict[int, Vec2] = {}

    def remember() -> None:
        places.update((index, player.pos) for index, player in enumerate(clock.world.players))

    def old(player_pos: Vec2, aim_heading: float) -> Vec2:
        moved = next(player.index for player in clock.world.players if player.pos is player_pos)
        return muzzle_of(places[moved] if clock.since else player_pos, aim_heading)

    with (
        around(world_state, "player_update", original, before=remember),
        replaced(fire, "native_fire_muzzle_pos", muzzle_of, old),
    ):
        yield


@catalogue.add(
    "rocket-target",
    "a rocket seeks the creature nearest to its player instead of the one nearest to the aim",
    ROCKETS,
    217,
    Truth("drift", "secondary_projectiles.target_id", "entity_samples.secondary_projectiles"),
)
def _rocket_target(clock: Clock) -> Generator[None]:
    original = secondary_pool.creature_find_nearest_alive

    def nearest(*, creatures: Sequence[CreatureState], origin: Vec2, preserve_bugs: bool, rules: int) -> int:
        if clock.since:
            origin = clock.world.players[0].pos
        return original(creatures=creatures, origin=origin, preserve_bugs=preserve_bugs, rules=rules)

    with replaced(secondary_pool, "creature_find_nearest_alive", original, nearest):
        yield


@catalogue.add(
    "last-tick",
    "the run's last tick is not simulated",
    Run("survival", 120),
    119,
    Truth("end", "actual ends early"),
)
def _last_tick(clock: Clock) -> Generator[None]:
    original = PlaybackDriver.walk_ticks

    def shorter(
        driver: PlaybackDriver,
        *,
        start_tick: int = 0,
        stop_tick: int | None = None,
        observer: PlaybackWalkObserver | None = None,
    ) -> PlaybackWalkResult:
        last = driver.tick_limit if stop_tick is None else stop_tick
        return original(driver, start_tick=start_tick, stop_tick=min(last, clock.fault_tick), observer=observer)

    with replaced_method(PlaybackDriver, "walk_ticks", original, shorter):
        yield


@catalogue.add(
    "bonus-missing",
    "a kill makes its draws for a drop, but nothing drops",
    SURVIVAL,
    375,
    Truth("presence", "bonuses missing", "entity_samples.bonuses[0]"),
)
def _bonus_missing(clock: Clock) -> Generator[None]:
    original = BonusPool.try_spawn_on_kill

    def nothing(
        pool: BonusPool, pos: Vec2, *, state: GameplayState, players: list[PlayerState], detail_preset: int = 5
    ) -> BonusEntry | None:
        entry = original(pool, pos, state=state, players=players, detail_preset=detail_preset)
        if clock.since and entry is not None:
            pool._clear_entry(entry)
            return None
        return entry

    with replaced_method(BonusPool, "try_spawn_on_kill", original, nothing):
        yield


@catalogue.add(
    "creature-missing",
    "rush's spider is drawn for and set up, but its slot is not taken",
    RUSH,
    46,
    Truth("presence", "creatures missing", "entity_samples.creatures[7]"),
)
def _creature_missing(clock: Clock) -> Generator[None]:
    original = world_state.rush_mode_update

    def free() -> None:
        if clock.now:
            clock.world.creatures.entries[7].active = False

    with around(world_state, "rush_mode_update", original, after=free):
        yield


@catalogue.add(
    "creature-in-another-slot",
    "rush's spider takes the slot after the first free one",
    RUSH,
    46,
    Truth("presence", "creatures in another slot", "entity_samples.creatures[7]"),
)
def _creature_in_another_slot(clock: Clock) -> Generator[None]:
    original = world_state.rush_mode_update

    def move() -> None:
        if clock.now:
            entries = clock.world.creatures.entries
            entries[7], entries[8] = entries[8], entries[7]

    with around(world_state, "rush_mode_update", original, after=move):
        yield
