//! A run: its whole state, and one tick of it.

const std = @import("std");
const camera = @import("camera.zig");
const creatures = @import("creatures.zig");
const effects = @import("effects.zig");
const float = @import("float.zig");
const particles = @import("particles.zig");
const perks = @import("perks.zig");
const players = @import("players.zig");
const projectiles = @import("projectiles.zig");
const secondaries = @import("secondaries.zig");
const setup = @import("setup.zig");
const tables = @import("tables.zig");
const weapons = @import("weapons.zig");
const BonusTimers = @import("../schema.zig").BonusTimers;
const CameraShake = @import("../schema.zig").CameraShake;
const Input = @import("settings.zig").Input;
const ModeState = @import("modes.zig").ModeState;
const Player = players.Player;
const Rng = @import("rng.zig").Rng;
const SpawnSlots = @import("spawn_slots.zig").Slots;
const Settings = @import("settings.zig").Settings;
const players_max = @import("settings.zig").players_max;
const Vec2 = float.Vec2;
const assert = std.debug.assert;

/// Seconds and milliseconds of a tick: replays have 60 ticks a second, and the original truncates the milliseconds.
pub const frame_dt: f32 = 1.0 / 60.0;
pub const frame_dt_ms = 16;

pub const arena_size = 1024.0;
/// Times of weapons are kept for more ids than there are weapons.
pub const weapon_time_slots = 64;

pub const CreatureDeath = struct {
    creature: u16,
    kind: tables.CreatureType,
    reward_value: f32,
    xp_awarded: i32,
};

/// What happened in a tick, for the trace.
pub const Events = struct {
    hit_count: i32 = 0,
    pickup_count: i32 = 0,
    death_count: u32 = 0,
    deaths: [deaths_max]CreatureDeath = undefined,

    /// Who is gone can be killed once more, and its slot be handed out and die again.
    const deaths_max = 4 * creatures.capacity;

    /// Returns whether there was room for it.
    pub fn add_death(events: *Events, death: CreatureDeath) bool {
        if (events.death_count == deaths_max) return false;
        events.deaths[events.death_count] = death;
        events.death_count += 1;
        return true;
    }

    fn clear(events: *Events) void {
        events.hit_count = 0;
        events.pickup_count = 0;
        events.death_count = 0;
    }
};

/// The hidden weapon hand-outs of survival; their bookkeeping goes on in every mode.
pub const SurvivalRewards = struct {
    guard_weapon: tables.WeaponId = .pistol,
    shrinkifier_enabled: bool = true,
    fire_seen: bool = false,
    damage_seen: bool = false,
    kill_count: i32 = 0,
    kill_pos: [3]Vec2 = @splat(float.origin),

    const kills_watched = 6;

    pub fn record_kill(rewards: *SurvivalRewards, pos: Vec2) void {
        if (rewards.kill_count >= kills_watched) return;
        if (rewards.kill_count < rewards.kill_pos.len) rewards.kill_pos[@intCast(rewards.kill_count)] = pos;
        rewards.kill_count += 1;
        if (rewards.kill_count == rewards.kill_pos.len) {
            rewards.fire_seen = false;
            rewards.shrinkifier_enabled = false;
        }
    }
};

/// What is available in the run: fixed when it starts.
pub const Availability = struct {
    bonuses: [tables.bonus_count]bool,
    perks: [tables.perk_count]bool,
    weapons: [tables.weapon_available_count]bool,
};

/// Large: keep it where it needs no copying. It points at constants only, so a copy of its bytes is the same run.
pub const World = struct {
    settings: Settings,
    rng: Rng,
    /// Seconds of this frame, and its milliseconds: less than a tick's while something slows time.
    dt: f32,
    dt_ms: i32,
    mode: ModeState,
    events: Events,
    /// The original always has two players; in a run of one the second is dormant, but creatures can turn on it.
    players: [players_max]Player,
    creatures: creatures.Pool,
    spawn_slots: SpawnSlots,
    /// How many creatures the plague has killed.
    plague_kills: i32,
    projectiles: projectiles.Pool,
    secondaries: secondaries.Pool,
    particles: particles.Pool,
    sprites: effects.Sprites,
    /// How many effects were asked for under a low detail preset.
    effect_detail_skips: u32,
    elapsed_ms: i32,
    run_active: bool,
    /// Whether Reflex Boost slows time, as of the end of the last frame.
    time_scale_active: bool,
    bonuses: BonusTimers,
    perks: perks.Counts,
    lean_mean_exp_timer: f32,
    jinxed_timer: f32,
    alt_weapon_swap_cooldown_ms: i32,
    shock_chain_projectile: i32,
    shock_chain_links_left: i32,
    /// Whether what is spawned and killed counts for nobody.
    scripted_burst: bool,
    game_tune_started: bool,
    camera_shake: CameraShake,
    rewards: SurvivalRewards,
    shots_fired: i32,
    shots_hit: i32,
    highscore_xp: i32,
    weapon_times: [weapon_time_slots]u32,
    availability: Availability,
    /// An input has led to a distance that no float holds: the run is void from here on.
    overflowed: bool,
    /// What the simulation would have needed and does not have yet; the first thing that was missing.
    lacking: []const u8,

    /// Starts a run. The draws of set-up are in `rng` until the first tick.
    pub fn start(world: *World, settings: *const Settings) void {
        assert(settings.player_count >= 1 and settings.player_count <= players_max);
        assert(settings.rules == 1 or settings.rules == 2);
        assert(settings.mode.implemented());
        setup.run(world, settings);
    }

    /// The length of a vector that comes from a replay's inputs, which may be anywhere. One that no float holds counts
    /// as nothing for the rest of the tick, so that no other value goes wild.
    pub fn measure(world: *World, vector: Vec2) f32 {
        const length = float.length(vector);
        if (std.math.isFinite(length)) return length;
        world.overflowed = true;
        return 0.0;
    }

    /// Says that the run is void from this tick on, since the simulation is not complete.
    pub fn lack(world: *World, what: []const u8) void {
        if (world.lacking.len == 0) world.lacking = what;
    }

    /// The players of the run.
    pub fn seats(world: *World) []Player {
        return world.players[0..world.settings.player_count];
    }

    /// The players that creatures know: two at least.
    pub fn table(world: *World) []Player {
        return world.players[0..@max(world.settings.player_count, 2)];
    }

    /// Plays one tick; its draws are in `rng` and its events in `events` until the next one.
    pub fn step(world: *World, inputs: []const Input) void {
        assert(inputs.len == world.settings.player_count);
        world.rng.clear_draws();
        world.events.clear();

        world.tick_timers();
        creatures.update(world);
        projectiles.update(world);
        secondaries.update(world);
        world.sprites.update(world.dt);
        particles.update(world);
        const any_reload_key = for (inputs) |*input| {
            if (players.reload_key(input)) break true;
        } else false;
        for (world.seats(), inputs) |*player, *input| players.update(world, player, input, any_reload_key);
        world.mode.update(world);

        world.highscore_xp = world.players[0].experience;
        world.weapon_times[@intCast(@backingInt(world.players[0].weapon.id))] +%= @intCast(world.dt_ms);
        weapons.enforce_guards(world);
        camera.shake(world);
        creatures.cull(world);
        if (world.over()) world.run_active = false;
        if (world.settings.mode != .rush and world.players[0].experience > 1000) world.lack("levels");
        world.elapsed_ms +%= world.dt_ms;
        world.rng.skip(.game_frame_update_discarded);
    }

    /// Whether everyone is dead and has fallen: the tick that makes it so ends the run.
    pub fn over(world: *const World) bool {
        for (world.players[0..world.settings.player_count]) |*player| {
            if (player.health > 0.0 or !(player.death_timer < 0.0)) return false;
        }
        return true;
    }

    /// `perks_update_effects`, 0x00406b40, as far as it goes without perks.
    fn tick_timers(world: *World) void {
        world.lean_mean_exp_timer -= world.dt;
        if (world.lean_mean_exp_timer < 0.0) world.lean_mean_exp_timer = 0.25;
        for (world.seats()) |*player| {
            player.fire_bullets_timer = if (player.fire_bullets_timer > 0.0)
                player.fire_bullets_timer - world.dt
            else
                0.0;
        }
        if (world.jinxed_timer >= 0.0) world.jinxed_timer -= world.dt;
    }
};
