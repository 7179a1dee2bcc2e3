//! The trace schema: what every producer says of a tick, as the rows of the 20 tables of a chunk.
//!
//! `docs/cdt-trace-format.md` gives each field's meaning and source; a test compares this file with the Python schema,
//! field by field. A field's type is its wire type. `stored` says how a field is stored where that is not `diff 1`.

pub const ticks_per_chunk = 256;
pub const setup_tick: i32 = -1;
pub const unknown_caller: u32 = 0;

/// What predicts a column's word from the rows stored before it.
pub const Prediction = enum { difference, travel, rng_before, rng_after, rng_value };

/// How a field, and everything in it, is stored.
pub const Storage = struct {
    prediction: Prediction = .difference,
    /// How often differences are taken.
    order: u2 = 1,
    /// The field of the same row that holds the velocity, for `travel`.
    along: []const u8 = "",
    /// The field names the row within its tick: a pool's slot, or a position in a list.
    key: bool = false,
};

const key: Storage = .{ .key = true };
/// The word itself: no row says anything of the next.
const plain: Storage = .{ .order = 0 };
/// On a straight line, and on a smooth curve, over the ticks.
const linear: Storage = .{ .order = 2 };
const curve: Storage = .{ .order = 3 };
const travel: Storage = .{ .prediction = .travel, .order = 1, .along = "vel" };
const rng_before: Storage = .{ .prediction = .rng_before };
const rng_after: Storage = .{ .prediction = .rng_after };
const rng_value: Storage = .{ .prediction = .rng_value };

pub const Text = []const u8;

/// World units, or world units per tick for velocities of creatures.
pub const Vec2 = struct { x: f32, y: f32 };

pub const Rgba = struct { r: f32, g: f32, b: f32, a: f32 };

// checkpoint

pub const Checkpoint = struct {
    rng_state: u32,
    elapsed_ms: i32,
    score_xp: i32,
    kills: i32,
    creature_count: i32,
    perk_pending: i32,
    hit_count: i32,
    pickup_count: i32,

    pub const stored = .{ .elapsed_ms = linear };
};

pub const PlayerVitals = struct {
    index: u16,
    pos: Vec2,
    health: f32,
    weapon_id: i32,
    ammo: f32,
    experience: i32,
    level: i32,

    pub const stored = .{ .index = key, .pos = curve };
};

pub const PerkCount = struct {
    index: u16,
    count: i32,

    pub const stored = .{ .index = key };
};

pub const CreatureDeath = struct {
    creature: i32,
    type_id: i32,
    reward_value: f32,
    xp_awarded: i32,
};

pub const TutorialStage = struct {
    stage_index: i32,
    stage_timer_ms: i32,
    stage_transition_timer_ms: i32,
    hint_index: i32,
    hint_alpha: i32,
    hint_carrier_killed: bool,
    repeat_spawn_count: i32,
    hint_bonus_creature: i32,

    pub const stored = .{ .stage_timer_ms = linear, .stage_transition_timer_ms = linear, .hint_alpha = linear };
};

pub const TypoProgress = struct {
    input_text: Text,
    submit_count: i32,
    match_count: i32,
    spawn_cooldown_ms: i32,
    highscore_names_loaded: bool,
    target: Vec2,

    pub const stored = .{ .spawn_cooldown_ms = linear };
};

pub const TypoName = struct {
    index: u16,
    name: Text,

    pub const stored = .{ .index = key };
};

// rng_stream

pub const RngDraw = struct {
    value: u16,
    state_before: u32,
    state_after: u32,
    caller: u32,

    pub const stored = .{
        .value = rng_value,
        .state_before = rng_before,
        .state_after = rng_after,
        .caller = plain,
    };
};

// sim_state

pub const BonusTimers = struct {
    weapon_power_up: f32,
    reflex_boost: f32,
    energizer: f32,
    double_experience: f32,
    freeze: f32,

    pub const stored = .{
        .weapon_power_up = linear,
        .reflex_boost = linear,
        .energizer = linear,
        .double_experience = linear,
        .freeze = linear,
    };
};

pub const PerkChoices = struct {
    choice_0: i32,
    choice_1: i32,
    choice_2: i32,
    choice_3: i32,
    choice_4: i32,
    choice_5: i32,
    choice_6: i32,
};

pub const PerkGlobals = struct {
    pending_count: i32,
    choices: PerkChoices,
    choices_dirty: bool,
    man_bomb_interval: f32,
    fire_cough_interval: f32,
    hot_tempered_interval: f32,
    lean_mean_exp_timer: f32,
    jinxed_timer: f32,
    plaguebearer_infection_count: i32,
    doctor_target: i32,

    pub const stored = .{ .lean_mean_exp_timer = linear, .jinxed_timer = linear };
};

pub const SurvivalRewards = struct {
    guard_weapon_id: i32,
    shrinkifier_enabled: bool,
    fire_seen: bool,
    damage_seen: bool,
    kill_count: i32,
    kill_pos_0: Vec2,
    kill_pos_1: Vec2,
    kill_pos_2: Vec2,
};

pub const CameraShake = struct {
    offset: Vec2,
    timer: f32,
    pulses: i32,

    pub const stored = .{ .timer = linear };
};

pub const Unlocks = struct {
    quest_unlock_index: i32,
    quest_unlock_index_hardcore: i32,
};

pub const Gameplay = struct {
    mode_id: i32,
    quest_stage_major: i32,
    quest_stage_minor: i32,
    run_active: bool,
    time_scale_active: bool,
    bonus_timers: BonusTimers,
    perks: PerkGlobals,
    alt_weapon_swap_cooldown_ms: i32,
    shock_chain_links_left: i32,
    shock_chain_projectile: i32,
    scripted_burst_active: bool,
    game_tune_started: bool,
    survival_rewards: SurvivalRewards,
    camera_shake: CameraShake,
    shots_fired: i32,
    shots_hit: i32,
    highscore_xp: i32,
    spread_damping_scalar: f32,
    spread_damping_gate: f32,
    quest_fail_retry_count: i32,
    creatures_spawned: i32,
    creature_update_count: u32,
    effect_detail_skips: u32,
    unlocks: Unlocks,

    pub const stored = .{ .alt_weapon_swap_cooldown_ms = linear, .creature_update_count = linear };
};

pub const SimState = struct {
    gameplay: Gameplay,
};

pub const Weapon = struct {
    weapon_id: i32,
    clip_size: i32,
    ammo: f32,
    reload_active: bool,
    reload_timer: f32,
    reload_timer_max: f32,
    shot_cooldown: f32,

    pub const stored = .{ .reload_timer = linear, .shot_cooldown = linear };
};

pub const Player = struct {
    index: u16,
    pos: Vec2,
    health: f32,
    size: f32,
    speed_multiplier: f32,
    move_speed: f32,
    move_phase: f32,
    heading: f32,
    turn_speed: f32,
    death_timer: f32,
    low_health_timer: f32,
    aim: Vec2,
    aim_heading: f32,
    evil_eyes_target: i32,
    auto_target: i32,
    weapon: Weapon,
    alt_weapon: Weapon,
    weapon_reset_latch: i32,
    spread_heat: f32,
    muzzle_flash_alpha: f32,
    experience: i32,
    level: i32,
    plaguebearer_active: bool,
    hot_tempered_timer: f32,
    man_bomb_timer: f32,
    living_fortress_timer: f32,
    fire_cough_timer: f32,
    speed_bonus_timer: f32,
    shield_timer: f32,
    fire_bullets_timer: f32,
    bonus_hover_index: i32,
    bonus_hover_timer_ms: f32,

    pub const stored = .{
        .index = key,
        .pos = curve,
        .move_speed = linear,
        .move_phase = linear,
        .heading = curve,
        .turn_speed = linear,
        .death_timer = linear,
        .low_health_timer = linear,
        .aim = linear,
        .aim_heading = linear,
        .spread_heat = linear,
        .muzzle_flash_alpha = linear,
        .hot_tempered_timer = linear,
        .man_bomb_timer = linear,
        .living_fortress_timer = linear,
        .fire_cough_timer = linear,
        .speed_bonus_timer = linear,
        .shield_timer = linear,
        .fire_bullets_timer = linear,
        .bonus_hover_timer_ms = linear,
    };
};

pub const WeaponTime = struct {
    index: u16,
    time_ms: u32,

    pub const stored = .{ .index = key, .time_ms = linear };
};

pub const SurvivalSpawner = struct {
    stage: i32,
    spawn_cooldown_ms: f32,

    pub const stored = .{ .spawn_cooldown_ms = linear };
};

pub const RushSpawner = struct {
    spawn_cooldown_ms: f32,

    pub const stored = .{ .spawn_cooldown_ms = linear };
};

pub const QuestTimeline = struct {
    total_creatures: i32,
    spawn_timeline_ms: f32,
    no_creatures_timer_ms: f32,
    creatures_none_active: bool,
    completion_transition_ms: f32,
    stage_banner_timer_ms: f32,
    completed: bool,

    pub const stored = .{
        .spawn_timeline_ms = linear,
        .no_creatures_timer_ms = linear,
        .completion_transition_ms = linear,
        .stage_banner_timer_ms = linear,
    };
};

// entity_samples

pub const Creature = struct {
    index: u16,
    generation: u32,
    type_id: i32,
    pos: Vec2,
    vel: Vec2,
    heading: f32,
    target_heading: f32,
    force_target: i32,
    target: Vec2,
    target_player: i32,
    ai_mode: i32,
    flags: u32,
    link_index: i32,
    target_offset: Vec2,
    orbit_angle: f32,
    orbit_radius: f32,
    phase_seed: i32,
    hp: f32,
    max_hp: f32,
    move_speed: f32,
    contact_damage: f32,
    attack_cooldown: f32,
    reward_value: f32,
    plague_infected: bool,
    dot_tick_timer: f32,
    death_timer: f32,
    size: f32,
    anim_phase: f32,
    hit_flash_timer: f32,
    tint: Rgba,

    pub const stored = .{
        .index = key,
        .pos = travel,
        .vel = curve,
        .heading = curve,
        .target_heading = linear,
        .target = linear,
        .link_index = linear,
        .attack_cooldown = linear,
        .dot_tick_timer = linear,
        .death_timer = linear,
        .anim_phase = linear,
        .hit_flash_timer = linear,
    };
};

pub const Projectile = struct {
    index: u16,
    generation: u32,
    type_id: i32,
    angle: f32,
    pos: Vec2,
    origin: Vec2,
    vel: Vec2,
    life_timer: f32,
    reserved: f32,
    speed_scale: f32,
    damage_pool: f32,
    hit_radius: f32,
    travel_budget: f32,
    owner_id: i32,

    pub const stored = .{ .index = key, .pos = curve, .life_timer = linear, .travel_budget = linear };
};

pub const SecondaryProjectile = struct {
    index: u16,
    generation: u32,
    type_id: i32,
    angle: f32,
    life_timer: f32,
    pos: Vec2,
    vel: Vec2,
    trail_distance: f32,
    target_id: i32,

    pub const stored = .{
        .index = key,
        .angle = linear,
        .life_timer = linear,
        .pos = curve,
        .vel = linear,
        .trail_distance = linear,
    };
};

pub const Bonus = struct {
    index: u16,
    generation: u32,
    bonus_id: i32,
    picked: bool,
    time_left: f32,
    time_max: f32,
    pos: Vec2,
    amount: i32,

    pub const stored = .{ .index = key, .time_left = linear };
};

// timing_samples

pub const TimingSample = struct {
    frame_dt: f32,
    frame_dt_ms: i32,
    time_scale_active: bool,
    time_scale_factor: f32,
    reflex_boost_timer: f32,

    pub const stored = .{ .reflex_boost_timer = linear };
};

// hidden_state

pub const HiddenState = struct {
    creatures: u64,
    projectiles: u64,
    secondary_projectiles: u64,
    bonuses: u64,
    particles: u64,
    sprite_effects: u64,
    spawn_slots: u64,
    quest_spawns: u64,
    availability: u64,
    dormant_player: u64,
};

/// How many rows of a table a tick has.
pub const Cardinality = enum { one, optional, many };

/// The channels of a tick, in the order of their tables.
pub const Channel = enum { checkpoint, rng_stream, sim_state, entity_samples, timing_samples, hidden_state };

/// The tables of a chunk in payload order: `channel`, or `channel_part` for what the format calls `channel.part`.
pub const TableId = enum(u8) {
    checkpoint,
    checkpoint_players,
    checkpoint_perks,
    checkpoint_deaths,
    checkpoint_tutorial,
    checkpoint_typo,
    checkpoint_typo_names,
    rng_stream,
    sim_state,
    sim_state_players,
    sim_state_weapon_times,
    sim_state_survival,
    sim_state_rush,
    sim_state_quest,
    entity_samples_creatures,
    entity_samples_projectiles,
    entity_samples_secondary_projectiles,
    entity_samples_bonuses,
    timing_samples,
    hidden_state,

    pub fn Row(comptime id: TableId) type {
        return specification(id).row;
    }
};

pub const Specification = struct { channel: Channel, cardinality: Cardinality, row: type };

pub fn specification(comptime id: TableId) Specification {
    return switch (id) {
        .checkpoint => .{ .channel = .checkpoint, .cardinality = .one, .row = Checkpoint },
        .checkpoint_players => .{ .channel = .checkpoint, .cardinality = .many, .row = PlayerVitals },
        .checkpoint_perks => .{ .channel = .checkpoint, .cardinality = .many, .row = PerkCount },
        .checkpoint_deaths => .{ .channel = .checkpoint, .cardinality = .many, .row = CreatureDeath },
        .checkpoint_tutorial => .{ .channel = .checkpoint, .cardinality = .optional, .row = TutorialStage },
        .checkpoint_typo => .{ .channel = .checkpoint, .cardinality = .optional, .row = TypoProgress },
        .checkpoint_typo_names => .{ .channel = .checkpoint, .cardinality = .many, .row = TypoName },
        .rng_stream => .{ .channel = .rng_stream, .cardinality = .many, .row = RngDraw },
        .sim_state => .{ .channel = .sim_state, .cardinality = .one, .row = SimState },
        .sim_state_players => .{ .channel = .sim_state, .cardinality = .many, .row = Player },
        .sim_state_weapon_times => .{ .channel = .sim_state, .cardinality = .many, .row = WeaponTime },
        .sim_state_survival => .{ .channel = .sim_state, .cardinality = .optional, .row = SurvivalSpawner },
        .sim_state_rush => .{ .channel = .sim_state, .cardinality = .optional, .row = RushSpawner },
        .sim_state_quest => .{ .channel = .sim_state, .cardinality = .optional, .row = QuestTimeline },
        .entity_samples_creatures => .{ .channel = .entity_samples, .cardinality = .many, .row = Creature },
        .entity_samples_projectiles => .{ .channel = .entity_samples, .cardinality = .many, .row = Projectile },
        .entity_samples_secondary_projectiles => .{
            .channel = .entity_samples,
            .cardinality = .many,
            .row = SecondaryProjectile,
        },
        .entity_samples_bonuses => .{ .channel = .entity_samples, .cardinality = .many, .row = Bonus },
        .timing_samples => .{ .channel = .timing_samples, .cardinality = .many, .row = TimingSample },
        .hidden_state => .{ .channel = .hidden_state, .cardinality = .one, .row = HiddenState },
    };
}
