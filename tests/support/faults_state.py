"""Faults of state: a value that drifts, a rate, a timer, an order, a wrong name."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import crimson.gameplay as gameplay
import crimson.perks.selection as perk_selection
import crimson.sim.mode_updates as mode_updates
import crimson.sim.world_state as world_state
import crimson.weapon_runtime.fire as fire
from crimson.aim_schemes import AimScheme
from crimson.bonuses.ids import BonusId
from crimson.bonuses.pool import BonusEntry, BonusPool
from crimson.creatures import runtime as creature_runtime
from crimson.creatures.runtime import CreaturePool, CreatureState
from crimson.game_modes import GameMode
from crimson.math_parity import f32, x87_pc24_mul, x87_pc24_sub
from crimson.movement_controls import MovementControlType
from crimson.perks import PerkId
from crimson.sim.gameplay_state import GameplayState
from crimson.sim.input import PlayerInput
from crimson.sim.mode_updates import QuestSpawnState
from crimson.sim.sessions import DeterministicSession
from crimson.sim.state_types import PerkCounts, PlayerState
from crimson.sim.timing import FrameTiming
from crimson.sim.world_state import WorldState
from crimson.weapon_runtime.fire import WeaponFireGate
from fault_kit import Catalogue, Clock, Run, Truth, around, replaced, replaced_method
from grim.geom import Vec2
from grim.rand import CrandLike
from msgspec.structs import replace

from crimson.dbg.floats import bits_of, from_bits

SURVIVAL = Run("survival", 400)
LONG_SURVIVAL = Run("survival", 720)
TWO_PLAYERS = Run("survival-2p-friendly-fire", 260)
QUEST_3_5 = Run("quest-3-5-hardcore", 260)
LONG_QUEST_3_5 = Run("quest-3-5-hardcore", 1070)
QUEST_5_6 = Run("quest-5-6-death", 260)

LONG_QUEST_5_6 = Run("quest-5-6-death", 850)

catalogue = Catalogue()


def next_up(value: float) -> float:
    """The f32 after a positive one."""
    return from_bits(bits_of(value) + 1)


@catalogue.add(
    "creature-x-ulp",
    "one creature's step along x rounds the other way in one tick",
    LONG_SURVIVAL,
    700,
    Truth("drift", "creatures.pos", "entity_samples.creatures[7].pos.x"),
)
def _creature_x_ulp(clock: Clock) -> Generator[None]:
    def round_up() -> None:
        if clock.now:
            creature = clock.world.creatures.entries[7]
            creature.pos = Vec2(next_up(creature.pos.x), creature.pos.y)

    with around(CreaturePool, "update", CreaturePool.update, after=round_up):
        yield


@catalogue.add(
    "heading-drift",
    "every living creature turns one ulp further in each tick, which takes hundreds of ticks to show in play",
    LONG_SURVIVAL,
    150,
    Truth("drift", "creatures.heading", "entity_samples.creatures"),
)
def _heading_drift(clock: Clock) -> Generator[None]:
    def turn() -> None:
        for creature in clock.world.creatures.entries if clock.since else ():
            if creature.active and creature.hp > 0.0:
                creature.heading = next_up(creature.heading)

    with around(CreaturePool, "update", CreaturePool.update, after=turn):
        yield


@catalogue.add(
    "creature-heading",
    "survival's spawner counts a creature's heading roll from one, not from zero",
    SURVIVAL,
    187,
    Truth("drift", "creatures.heading", "entity_samples.creatures[6].heading"),
)
def _creature_heading(clock: Clock) -> Generator[None]:
    original = mode_updates.survival_spawn_creature

    def turned(
        pool: CreaturePool,
        pos: Vec2,
        rng: CrandLike,
        *,
        player_experience: int,
        start_index: int = 0,
        skip_overflow: bool = False,
    ) -> int:
        slot = original(
            pool,
            pos,
            rng,
            player_experience=player_experience,
            start_index=start_index,
            skip_overflow=skip_overflow,
        )
        if clock.since:
            creature = pool.creature(slot)
            creature.heading = f32(creature.heading + f32(0.01))
        return slot

    with replaced(mode_updates, "survival_spawn_creature", original, turned):
        yield


@catalogue.add(
    "creature-health",
    "survival's spawner adds 53 to a creature's health instead of 52",
    SURVIVAL,
    218,
    # `max_hp` differs as well: the spawner copies it from `hp`.
    Truth("drift", "creatures.hp", "entity_samples.creatures[0].hp"),
)
def _creature_health(clock: Clock) -> Generator[None]:
    original = mode_updates.survival_spawn_creature

    def tougher(
        pool: CreaturePool,
        pos: Vec2,
        rng: CrandLike,
        *,
        player_experience: int,
        start_index: int = 0,
        skip_overflow: bool = False,
    ) -> int:
        slot = original(
            pool,
            pos,
            rng,
            player_experience=player_experience,
            start_index=start_index,
            skip_overflow=skip_overflow,
        )
        if clock.since:
            creature = pool.creature(slot)
            creature.hp = creature.max_hp = f32(creature.hp + 1.0)
        return slot

    with replaced(mode_updates, "survival_spawn_creature", original, tougher):
        yield


@catalogue.add(
    "creature-target",
    "a creature chases the player who is farther away",
    TWO_PLAYERS,
    121,
    # Its target, headings and step follow from whom it chases.
    Truth("drift", "creatures.target_player", "entity_samples.creatures[4].target_player"),
)
def _creature_target(clock: Clock) -> Generator[None]:
    original = CreaturePool._resolve_target_player

    def farther(
        pool: CreaturePool, creature: CreatureState, players: list[PlayerState], player_count: int
    ) -> creature_runtime._TargetPlayerResolution:
        found = original(pool, creature, players, player_count)
        if not clock.since or creature is not pool.entries[4]:
            return found
        creature.target_player = 1 - found.target_player
        return replace(found, target_player=creature.target_player, auto_target_player=creature.target_player)

    with replaced_method(CreaturePool, "_resolve_target_player", original, farther):
        yield


@catalogue.add(
    "blip",
    "a player's aim heading is rounded the other way in one tick; the next tick computes it anew",
    SURVIVAL,
    200,
    Truth("drift", "players.aim_heading", "sim_state.players[0].aim_heading"),
    heals_after=1,
)
def _blip(clock: Clock) -> Generator[None]:
    original = world_state.player_update

    def rounded() -> None:
        if clock.now:
            player = clock.world.players[0]
            player.aim_heading = next_up(player.aim_heading)

    with around(world_state, "player_update", original, after=rounded):
        yield


@catalogue.add(
    "late-aim",
    "player one aims where the input of the tick before pointed",
    TWO_PLAYERS,
    150,
    # The aim's heading follows from the aim.
    Truth("drift", "players.aim", "sim_state.players[0].aim"),
)
def _late_aim(clock: Clock) -> Generator[None]:
    original = gameplay._player_update_aim_by_scheme
    last: dict[int, PlayerInput] = {}

    def late(
        *,
        player: PlayerState,
        input_state: PlayerInput,
        dt: float,
        movement_mode: MovementControlType,
        aim_scheme: AimScheme,
        creatures: Sequence[CreatureState],
    ) -> bool:
        before = last.get(player.index, input_state)
        last[player.index] = input_state
        if clock.since and player.index == 0:
            input_state = replace(input_state, aim=before.aim)
        return original(
            player=player,
            input_state=input_state,
            dt=dt,
            movement_mode=movement_mode,
            aim_scheme=aim_scheme,
            creatures=creatures,
        )

    with replaced(gameplay, "_player_update_aim_by_scheme", original, late):
        yield


@catalogue.add(
    "spread-rate",
    "a weapon's spread cools by 0.5 a second instead of 0.4",
    SURVIVAL,
    230,
    Truth("drift", "players.spread_heat", "sim_state.players[0].spread_heat"),
)
def _spread_rate(clock: Clock) -> Generator[None]:
    original = gameplay._capture_fire_gate

    def cooler(player: PlayerState, perks: PerkCounts) -> WeaponFireGate:
        if clock.since:
            further = x87_pc24_mul(f32(1 / 60), f32(0.1))
            player.spread_heat = max(f32(0.01), x87_pc24_sub(player.spread_heat, further))
        return original(player, perks)

    with replaced(gameplay, "_capture_fire_gate", original, cooler):
        yield


@catalogue.add(
    "reload-time",
    "a pistol takes a tenth of a second longer to reload",
    LONG_SURVIVAL,
    420,
    # `reload_timer_max` differs as well: it is set from `reload_timer`.
    Truth("drift", "players.weapon.reload_timer", "sim_state.players[0].weapon.reload_timer"),
)
def _reload_time(clock: Clock) -> Generator[None]:
    original = gameplay._player_start_reload

    def slower(player: PlayerState, state: GameplayState) -> None:
        original(player, state)
        if clock.since:
            player.weapon.reload_timer = player.weapon.reload_timer_max = f32(player.weapon.reload_timer + 0.1)

    with (
        replaced(gameplay, "_player_start_reload", original, slower),
        replaced(fire, "player_start_reload", original, slower),
    ):
        yield


@catalogue.add(
    "reload-timer-step",
    "the reload timer misses a step",
    LONG_SURVIVAL,
    430,
    Truth("drift", "players.weapon.reload_timer", "sim_state.players[0].weapon.reload_timer"),
)
def _reload_timer_step(clock: Clock) -> Generator[None]:
    original = world_state.player_update
    timers: list[float] = []

    def remember() -> None:
        timers[:] = [clock.world.players[0].weapon.reload_timer]

    def restore() -> None:
        if clock.now:
            clock.world.players[0].weapon.reload_timer = timers[0]

    with around(world_state, "player_update", original, before=remember, after=restore):
        yield


@catalogue.add(
    "bonus-timer-step",
    "Double Experience loses a step twice in one tick",
    LONG_QUEST_3_5,
    1040,
    Truth("drift", "gameplay.bonus_timers.double_experience", "sim_state.gameplay.bonus_timers.double_experience"),
)
def _bonus_timer_step(clock: Clock) -> Generator[None]:
    def again() -> None:
        if clock.now:
            bonuses = clock.world.state.bonuses
            bonuses.double_experience = f32(bonuses.double_experience - f32(1 / 60))

    with around(WorldState, "step", WorldState.step, after=again):
        yield


@catalogue.add(
    "perk-order",
    "the menu offers the second and the third perk in each other's place",
    QUEST_3_5,
    204,
    Truth("drift", "gameplay.perks.choices", "sim_state.gameplay.perks.choices"),
)
def _perk_order(clock: Clock) -> Generator[None]:
    original = perk_selection.perk_generate_choices

    def swapped(state: GameplayState, players: list[PlayerState], *, game_mode: GameMode) -> list[PerkId]:
        choices = original(state, players, game_mode=game_mode)
        if clock.since:
            choices[1], choices[2] = choices[2], choices[1]
        return choices

    with replaced(perk_selection, "perk_generate_choices", original, swapped):
        yield


@catalogue.add(
    "quest-clock",
    "the quest's timeline counts 17 ms a tick instead of 16",
    QUEST_5_6,
    120,
    # It is the quest's elapsed time as well, which the checkpoint shows.
    Truth("drift", "quest.spawn_timeline_ms", "sim_state.quest.spawn_timeline_ms"),
)
def _quest_clock(clock: Clock) -> Generator[None]:
    original = world_state.quest_mode_update

    def faster(world: WorldState, spawn: QuestSpawnState, *, dt_ms: float) -> None:
        original(world, spawn, dt_ms=dt_ms)
        if clock.since:
            spawn.spawn_timeline_ms = f32(spawn.spawn_timeline_ms + 1.0)

    with replaced(world_state, "quest_mode_update", original, faster):
        yield


@catalogue.add(
    "experience",
    "a kill's reward is rounded up instead of cut",
    SURVIVAL,
    246,
    # The checkpoint and the high score copy it.
    Truth("drift", "players.experience", "sim_state.players[0].experience"),
)
def _experience(clock: Clock) -> Generator[None]:
    original = creature_runtime.experience_plus_reward

    def rounded(experience: int, reward_value: float) -> int:
        return original(experience, reward_value) + clock.since

    with replaced(creature_runtime, "experience_plus_reward", original, rounded):
        yield


@catalogue.add(
    "bonus-kind",
    "a kill drops an energizer where it should drop a weapon",
    SURVIVAL,
    375,
    Truth("drift", "bonuses.bonus_id", "entity_samples.bonuses[0].bonus_id"),
)
def _bonus_kind(clock: Clock) -> Generator[None]:
    original = BonusPool.try_spawn_on_kill

    def other(
        pool: BonusPool, pos: Vec2, *, state: GameplayState, players: list[PlayerState], detail_preset: int = 5
    ) -> BonusEntry | None:
        entry = original(pool, pos, state=state, players=players, detail_preset=detail_preset)
        if clock.since and entry is not None:
            entry.bonus_id = BonusId.ENERGIZER
        return entry

    with replaced_method(BonusPool, "try_spawn_on_kill", original, other):
        yield


@catalogue.add(
    "kills-twice",
    "a death is counted twice among the kills",
    SURVIVAL,
    177,
    Truth("summary", "checkpoint.kills", "checkpoint.kills"),
)
def _kills_twice(clock: Clock) -> Generator[None]:
    original = CreaturePool.update
    kills: list[int] = []

    def remember() -> None:
        kills[:] = [clock.world.creatures.kill_count]

    def count_again() -> None:
        pool = clock.world.creatures
        if clock.since:
            pool.kill_count += pool.kill_count - kills[0]

    with around(CreaturePool, "update", original, before=remember, after=count_again):
        yield


@catalogue.add(
    "frame-step",
    "the frame step is 17 ms for eight ticks, as a frame clock of whole milliseconds gives it",
    SURVIVAL,
    210,
    Truth("timing", "timing.frame_dt", "timing_samples"),
)
def _frame_step(clock: Clock) -> Generator[None]:
    original = DeterministicSession.timing_for_dt

    def longer(session: DeterministicSession, dt: float) -> FrameTiming:
        return original(session, f32(0.017) if 210 <= clock.tick < 218 else dt)

    with replaced_method(DeterministicSession, "timing_for_dt", original, longer):
        yield


@catalogue.add(
    "ammo-cost",
    "a pistol's shot takes two rounds",
    SURVIVAL,
    313,
    # The checkpoint shows a player's ammo too.
    Truth("drift", "players.weapon.ammo", "sim_state.players[0].weapon.ammo"),
)
def _ammo_cost(clock: Clock) -> Generator[None]:
    original = gameplay._fire_weapon
    ammo: list[float] = []

    def remember() -> None:
        ammo[:] = [clock.world.players[0].weapon.ammo]

    def take_another() -> None:
        weapon = clock.world.players[0].weapon
        if clock.since and weapon.ammo == ammo[0] - 1.0:
            weapon.ammo -= 1.0

    with around(gameplay, "_fire_weapon", original, before=remember, after=take_another):
        yield


@catalogue.add(
    "player-damage",
    "a creature's shot takes an eleventh point of health",
    LONG_QUEST_5_6,
    836,
    # The checkpoint shows a player's health too; how long the bleeding lasts follows from the health.
    Truth("drift", "players.health", "sim_state.players[0].health"),
)
def _player_damage(clock: Clock) -> Generator[None]:
    original = world_state.player_take_projectile_damage

    def harder(state: GameplayState, player: PlayerState, damage: float) -> None:
        original(state, player, f32(damage + 1.0) if clock.since else damage)

    with replaced(world_state, "player_take_projectile_damage", original, harder):
        yield


@catalogue.add(
    "bonus-amount",
    "a weapon that drops is the next one in the list",
    SURVIVAL,
    375,
    Truth("drift", "bonuses.amount", "entity_samples.bonuses[0].amount"),
)
def _bonus_amount(clock: Clock) -> Generator[None]:
    original = BonusPool.try_spawn_on_kill

    def other(
        pool: BonusPool, pos: Vec2, *, state: GameplayState, players: list[PlayerState], detail_preset: int = 5
    ) -> BonusEntry | None:
        entry = original(pool, pos, state=state, players=players, detail_preset=detail_preset)
        if clock.since and entry is not None:
            entry.amount += 1
        return entry

    with replaced_method(BonusPool, "try_spawn_on_kill", original, other):
        yield


@catalogue.add(
    "projectile-velocity",
    "a shot's velocity is 1.4 long instead of 1.5",
    SURVIVAL,
    313,
    Truth("drift", "projectiles.vel", "entity_samples.projectiles[0].vel"),
)
def _projectile_velocity(clock: Clock) -> Generator[None]:
    def shorten() -> None:
        for projectile in clock.world.state.projectiles.entries if clock.since else ():
            if projectile.active and projectile.life_timer == f32(0.4):
                scale = f32(1.4) / f32(1.5)
                projectile.vel = Vec2(f32(projectile.vel.x * scale), f32(projectile.vel.y * scale))

    with around(gameplay, "_fire_weapon", gameplay._fire_weapon, after=shorten):
        yield
