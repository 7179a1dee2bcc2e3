"""The trace schema: what every producer (Frida finalize, the Python recorder, the Zig recorder) says of a tick.

A field is here only if the original keeps it in memory; `docs/cdt-trace-format.md` gives each one's source.
The order of channels, of fields in a row and of tables in a chunk is the declaration order of this module.

Floats are the game's f32 values. Integers carry the width they have in the trace, not in the original.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from crimson.dbg.floats import from_bits
from crimson.dbg.wire import Column

SETUP_TICK = -1
UNKNOWN_CALLER = 0
# f32(1/60): the step of every replay's ticks before the game scales it, in seconds.
REPLAY_STEP = from_bits(0x3C888889)

# `Column(wire type, ...)` says how a field is stored; see `columns` for the predictors.
U32 = Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF), Column("u4")]
U64 = Annotated[int, msgspec.Meta(ge=0), Column("u8")]
I32 = Annotated[int, msgspec.Meta(ge=-(1 << 31), le=(1 << 31) - 1), Column("i4")]
# A counter or clock that usually moves by the same amount every tick.
I32Clock = Annotated[int, msgspec.Meta(ge=-(1 << 31), le=(1 << 31) - 1), Column("i4", order=2)]
U32Clock = Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF), Column("u4", order=2)]
Bool = Annotated[bool, Column("b1")]
F32 = Annotated[float, Column("f4")]
# Values on a straight line, and on a smooth curve, over the ticks.
F32Linear = Annotated[float, Column("f4", order=2)]
F32Curve = Annotated[float, Column("f4", order=3)]
# The pool slot or list position that names a row within its tick; rows ascend by it.
Index = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF), Column("u2", key=True)]
Text = Annotated[str, Column("text")]
RngBefore = Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF), Column("u4", predictor="rng_before")]
RngAfter = Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF), Column("u4", predictor="rng_after")]
RngValue = Annotated[int, msgspec.Meta(ge=0, le=0x7FFF), Column("u2", predictor="rng_value")]
Caller = Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF), Column("u4", order=0)]
TravelX = Annotated[float, Column("f4", predictor="travel", along="vel.x")]
TravelY = Annotated[float, Column("f4", predictor="travel", along="vel.y")]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A typed row; every struct of a trace is one."""


class Vec2(Row, frozen=True, forbid_unknown_fields=True):
    """World units (pixels), or world units per tick for creature velocities."""

    x: F32
    y: F32


class LinearVec2(Row, frozen=True, forbid_unknown_fields=True):
    """A `Vec2` whose parts usually change by the same amount every tick."""

    x: F32Linear
    y: F32Linear


class CurveVec2(Row, frozen=True, forbid_unknown_fields=True):
    """A `Vec2` that moves on a smooth curve."""

    x: F32Curve
    y: F32Curve


class TravelVec2(Row, frozen=True, forbid_unknown_fields=True):
    """A position that is usually the last position plus this row's `vel`, in f32."""

    x: TravelX
    y: TravelY


class Rgba(Row, frozen=True, forbid_unknown_fields=True):
    r: F32
    g: F32
    b: F32
    a: F32


# checkpoint


class PlayerVitals(Row, frozen=True, forbid_unknown_fields=True):
    index: Index
    pos: CurveVec2
    health: F32
    weapon_id: I32
    ammo: F32
    experience: I32
    level: I32


class PerkCount(Row, frozen=True, forbid_unknown_fields=True):
    """A perk that was picked; the table is player one's in the original, and counts for every player."""

    index: Index
    count: I32


class CreatureDeath(Row, frozen=True, forbid_unknown_fields=True):
    """One call of `creature_handle_death`, in call order; 0x0041e910."""

    creature: I32
    type_id: I32
    reward_value: F32
    xp_awarded: I32


class TutorialStage(Row, frozen=True, forbid_unknown_fields=True):
    stage_index: I32
    stage_timer_ms: I32Clock
    stage_transition_timer_ms: I32Clock
    hint_index: I32
    hint_alpha: I32Clock
    hint_carrier_killed: Bool
    repeat_spawn_count: I32
    # The slot of the creature that carries the hint's bonus; -1 when there is none.
    hint_bonus_creature: I32


class TypoProgress(Row, frozen=True, forbid_unknown_fields=True):
    input_text: Text
    submit_count: I32
    match_count: I32
    spawn_cooldown_ms: I32Clock
    # Whether the score table's names are loaded; the first word taken from them loads it, and draws for each row.
    highscore_names_loaded: Bool
    target: Vec2


class TypoName(Row, frozen=True, forbid_unknown_fields=True):
    """The word of a live creature, by its slot."""

    index: Index
    name: Text


class Checkpoint(Row, frozen=True, forbid_unknown_fields=True):
    """The summary of a tick, sampled when the gameplay update has returned."""

    rng_state: U32
    elapsed_ms: I32Clock
    # Experience over all players.
    score_xp: I32
    kills: I32
    # Active slots with health left.
    creature_count: I32
    perk_pending: I32
    # Projectile hits on creatures, and bonuses applied, during the tick.
    hit_count: I32
    pickup_count: I32
    players: list[PlayerVitals]
    perks: list[PerkCount]
    deaths: list[CreatureDeath]
    tutorial: TutorialStage | None
    typo: TypoProgress | None
    typo_names: list[TypoName]


# rng_stream


class RngDraw(Row, frozen=True, forbid_unknown_fields=True):
    """One call of the CRT's `rand`, 0x00461746: s' = s * 214013 + 2531011, value = bits 16..30 of s'."""

    value: RngValue
    state_before: RngBefore
    state_after: RngAfter
    # The return address in the original; 0 when the producer does not know it.
    caller: Caller


# sim_state


class Weapon(Row, frozen=True, forbid_unknown_fields=True):
    """A weapon slot; all zero when the player has no such weapon."""

    weapon_id: I32
    clip_size: I32
    ammo: F32
    reload_active: Bool
    reload_timer: F32Linear
    reload_timer_max: F32
    shot_cooldown: F32Linear


class Player(Row, frozen=True, forbid_unknown_fields=True):
    """A player, from `player_state_table` 0x004908c0 and the globals that belong to players."""

    index: Index
    pos: CurveVec2
    health: F32
    size: F32
    speed_multiplier: F32
    move_speed: F32Linear
    move_phase: F32Linear
    heading: F32Curve
    turn_speed: F32Linear
    death_timer: F32Linear
    low_health_timer: F32Linear
    aim: LinearVec2
    aim_heading: F32Linear
    evil_eyes_target: I32
    auto_target: I32
    weapon: Weapon
    alt_weapon: Weapon
    weapon_reset_latch: I32
    spread_heat: F32Linear
    muzzle_flash_alpha: F32Linear
    experience: I32
    level: I32
    plaguebearer_active: Bool
    hot_tempered_timer: F32Linear
    man_bomb_timer: F32Linear
    living_fortress_timer: F32Linear
    fire_cough_timer: F32Linear
    speed_bonus_timer: F32Linear
    shield_timer: F32Linear
    fire_bullets_timer: F32Linear
    # The bonus under the aim (Telekinetic), and how long it has been there.
    bonus_hover_index: I32
    bonus_hover_timer_ms: F32Linear


class BonusTimers(Row, frozen=True, forbid_unknown_fields=True):
    """Seconds left of the global bonuses; 0x00487014..0x00487024."""

    weapon_power_up: F32Linear
    reflex_boost: F32Linear
    energizer: F32Linear
    double_experience: F32Linear
    freeze: F32Linear


class PerkChoices(Row, frozen=True, forbid_unknown_fields=True):
    """`perk_choice_ids` 0x004807e8: seven perk ids as the menu offers them, zero where none."""

    choice_0: I32
    choice_1: I32
    choice_2: I32
    choice_3: I32
    choice_4: I32
    choice_5: I32
    choice_6: I32


class PerkGlobals(Row, frozen=True, forbid_unknown_fields=True):
    pending_count: I32
    choices: PerkChoices
    choices_dirty: Bool
    man_bomb_interval: F32
    fire_cough_interval: F32
    hot_tempered_interval: F32
    lean_mean_exp_timer: F32Linear
    jinxed_timer: F32Linear
    plaguebearer_infection_count: I32
    # The creature slot under player one's aim, for Doctor; -1 when there is none.
    doctor_target: I32


class SurvivalRewards(Row, frozen=True, forbid_unknown_fields=True):
    """Survival's hidden weapon hand-outs."""

    guard_weapon_id: I32
    shrinkifier_enabled: Bool
    fire_seen: Bool
    damage_seen: Bool
    kill_count: I32
    kill_pos_0: Vec2
    kill_pos_1: Vec2
    kill_pos_2: Vec2


class CameraShake(Row, frozen=True, forbid_unknown_fields=True):
    """It draws random numbers, so it steers."""

    offset: Vec2
    timer: F32Linear
    pulses: I32


class Unlocks(Row, frozen=True, forbid_unknown_fields=True):
    quest_unlock_index: I32
    quest_unlock_index_hardcore: I32


class Gameplay(Row, frozen=True, forbid_unknown_fields=True):
    mode_id: I32
    quest_stage_major: I32
    quest_stage_minor: I32
    # 1 while the run goes on, 0 in the run-down after its end.
    run_active: Bool
    time_scale_active: Bool
    bonus_timers: BonusTimers
    perks: PerkGlobals
    alt_weapon_swap_cooldown_ms: I32Clock
    shock_chain_links_left: I32
    shock_chain_projectile: I32
    scripted_burst_active: Bool
    game_tune_started: Bool
    survival_rewards: SurvivalRewards
    camera_shake: CameraShake
    shots_fired: I32
    shots_hit: I32
    highscore_xp: I32
    spread_damping_scalar: F32
    spread_damping_gate: F32
    quest_fail_retry_count: I32
    creatures_spawned: I32
    creature_update_count: U32Clock
    effect_detail_skips: U32
    unlocks: Unlocks


class WeaponTime(Row, frozen=True, forbid_unknown_fields=True):
    """Milliseconds a weapon was carried by player one, where not zero; the score table's most used weapon."""

    index: Index
    time_ms: U32Clock


class SurvivalSpawner(Row, frozen=True, forbid_unknown_fields=True):
    stage: I32
    spawn_cooldown_ms: F32Linear


class RushSpawner(Row, frozen=True, forbid_unknown_fields=True):
    spawn_cooldown_ms: F32Linear


class QuestTimeline(Row, frozen=True, forbid_unknown_fields=True):
    total_creatures: I32
    spawn_timeline_ms: F32Linear
    no_creatures_timer_ms: F32Linear
    creatures_none_active: Bool
    completion_transition_ms: F32Linear
    stage_banner_timer_ms: F32Linear
    completed: Bool


class SimState(Row, frozen=True, forbid_unknown_fields=True):
    gameplay: Gameplay
    players: list[Player]
    weapon_times: list[WeaponTime]
    survival: SurvivalSpawner | None
    rush: RushSpawner | None
    quest: QuestTimeline | None


# entity_samples


class Creature(Row, frozen=True, forbid_unknown_fields=True):
    """An active slot of `creature_pool`, 0x0049bf38, 384 of 0x98 bytes; corpses stay active until they fade."""

    index: Index
    # How often the slot was handed out since the run began; (index, generation) names a creature.
    generation: U32
    type_id: I32
    pos: TravelVec2
    vel: CurveVec2
    heading: F32Curve
    target_heading: F32Linear
    force_target: I32
    target: LinearVec2
    target_player: I32
    ai_mode: I32
    flags: U32
    link_index: I32Clock
    target_offset: Vec2
    orbit_angle: F32
    # A float radius, or the bits of a projectile type for creatures that shoot (flag 0x100).
    orbit_radius: F32
    phase_seed: I32
    hp: F32
    max_hp: F32
    move_speed: F32
    contact_damage: F32
    attack_cooldown: F32Linear
    reward_value: F32
    plague_infected: Bool
    dot_tick_timer: F32Linear
    # 16 while alive; then it runs down through the death slide and the corpse's fade.
    death_timer: F32Linear
    size: F32
    anim_phase: F32Linear
    hit_flash_timer: F32Linear
    tint: Rgba


class Projectile(Row, frozen=True, forbid_unknown_fields=True):
    """An active slot of `projectile_pool`, 0x004926b8, 96 of 0x40 bytes."""

    index: Index
    generation: U32
    type_id: I32
    angle: F32
    pos: CurveVec2
    origin: Vec2
    vel: Vec2
    life_timer: F32Linear
    reserved: F32
    speed_scale: F32
    damage_pool: F32
    hit_radius: F32
    travel_budget: F32Linear
    # A creature's slot, -1 - player, or -100: the local player with friendly fire off.
    owner_id: I32


class SecondaryProjectile(Row, frozen=True, forbid_unknown_fields=True):
    """An active slot of `secondary_projectile_pool`, 0x00495ad8, 64 of 0x2c bytes. The original keeps no owner.

    A detonation (type 3) holds its progress and scale in `vel`.
    """

    index: Index
    generation: U32
    type_id: I32
    angle: F32Linear
    life_timer: F32Linear
    pos: CurveVec2
    vel: LinearVec2
    trail_distance: F32Linear
    target_id: I32


class Bonus(Row, frozen=True, forbid_unknown_fields=True):
    """A used slot of `bonus_pool`, 0x00482948, 16 of 0x1c bytes."""

    index: Index
    generation: U32
    bonus_id: I32
    picked: Bool
    time_left: F32Linear
    time_max: F32
    pos: Vec2
    amount: I32


class EntitySamples(Row, frozen=True, forbid_unknown_fields=True):
    creatures: list[Creature]
    projectiles: list[Projectile]
    secondary_projectiles: list[SecondaryProjectile]
    bonuses: list[Bonus]


# timing_samples


class TimingSample(Row, frozen=True, forbid_unknown_fields=True):
    """Sampled at the entry of `gameplay_update_and_render`, 0x0040aab0."""

    # `frame_dt` 0x00480840 in seconds and `frame_dt_ms` 0x00480844, already scaled.
    frame_dt: F32
    frame_dt_ms: I32
    time_scale_active: Bool
    time_scale_factor: F32
    reflex_boost_timer: F32Linear


# hidden_state


class HiddenState(Row, frozen=True, forbid_unknown_fields=True):
    """Digests of what steers the simulation but is not sampled; `hidden` says what each one covers."""

    creatures: U64
    projectiles: U64
    secondary_projectiles: U64
    bonuses: U64
    particles: U64
    sprite_effects: U64
    spawn_slots: U64
    quest_spawns: U64
    availability: U64
    dormant_player: U64


class TickRecord(Row, frozen=True, forbid_unknown_fields=True):
    """One tick of a run, or its state after set-up (`tick` -1, whose draws are the set-up's)."""

    tick: int
    checkpoint: Checkpoint
    rng_stream: list[RngDraw]
    sim_state: SimState
    entity_samples: EntitySamples
    timing_samples: list[TimingSample]
    hidden_state: HiddenState


CHANNELS: tuple[str, ...] = (
    "checkpoint",
    "rng_stream",
    "sim_state",
    "entity_samples",
    "timing_samples",
    "hidden_state",
)


# metadata


class Producer(Row, frozen=True, forbid_unknown_fields=True):
    # "original" or "candidate".
    kind: str
    # The program whose state the rows are, such as "crimsonland.exe" or "crimsonland".
    implementation: str
    version: str
    # "<os>-<cpu>"; libm's last bit can depend on it.
    platform: str
    # What identifies the build beyond its version, such as a source digest.
    build: str


class RunSettings(Row, frozen=True, forbid_unknown_fields=True):
    mode_id: int
    seed: int
    player_count: int
    rules: int
    preserve_bugs: bool
    hardcore: bool
    friendly_fire: bool
    # "major.minor" of a stock quest, "custom" for a custom one, else empty.
    quest: str


class TraceSource(Row, frozen=True, forbid_unknown_fields=True):
    """The run: both traces of a comparison must agree on it."""

    # SHA-256 of the replay's inflated payload, which `crimson.replay` calls the run id.
    replay_sha256: str
    # The game build the replay names.
    game_version: str
    run: RunSettings


class CaptureOrigin(Row, frozen=True, forbid_unknown_fields=True):
    """How an original was captured; only originals have it."""

    # "frida" for a capture by the agent, else what stood in for it.
    method: str
    session_id: str
    # SHA-256 of the raw capture as finalized.
    raw_sha256: str
    # What the agent changed in the target so that a replay can express the run.
    interventions: list[str]
    # Damage that finalize tolerated, empty when there was none.
    tolerated: list[str]


class TraceMeta(Row, frozen=True, forbid_unknown_fields=True):
    producer: Producer
    source: TraceSource
    capture: CaptureOrigin | None
