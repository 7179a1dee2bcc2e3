//! A run: its whole state, and one tick of it.

const std = @import("std");
const bonuses = @import("bonuses.zig");
const camera = @import("camera.zig");
const creature_death = @import("creature_death.zig");
const creature_update = @import("creature_update.zig");
const creatures = @import("creatures.zig");
const effects = @import("effects.zig");
const experience = @import("experience.zig");
const float = @import("float.zig");
const layout = @import("../layout.zig");
const particles = @import("particles.zig");
const perk_effects = @import("perk_effects.zig");
const perk_picks = @import("perk_picks.zig");
const perks = @import("perks.zig");
const player_perks = @import("player_perks.zig");
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
const Plays = @import("quests/quest.zig").Plays;
const Player = players.Player;
const Rng = @import("rng.zig").Rng;
const SpawnSlots = @import("spawn_slots.zig").Slots;
const Settings = @import("settings.zig").Settings;
const TimingSample = @import("../schema.zig").TimingSample;
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

pub const Outcome = enum { death, quest_completed };

/// What happened in a tick, for the trace.
pub const Events = struct {
    hit_count: i32 = 0,
    pickup_count: i32 = 0,
    death_count: u32 = 0,
    deaths: [deaths_max]CreatureDeath = undefined,
    /// Whether there were more deaths than fit.
    full: bool = false,

    /// As many as a chunk of a trace holds: who is gone can be killed again and again.
    const deaths_max = layout.log_rows_max;

    pub fn add_death(events: *Events, death: CreatureDeath) void {
        if (events.death_count == deaths_max) {
            @branchHint(.cold);
            events.full = true;
            return;
        }
        events.deaths[events.death_count] = death;
        events.death_count += 1;
    }

    fn clear(events: *Events) void {
        events.hit_count = 0;
        events.pickup_count = 0;
        events.death_count = 0;
        events.full = false;
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

/// Large: keep it where it needs no copying. It points at constants and at the replay only, so a copy of its bytes is the
/// same run.
pub const World = struct {
    settings: Settings,
    rng: Rng,
    /// Seconds of this frame, and its milliseconds: less than a tick's while something slows time. The players' turns
    /// change the seconds by a bit of rounding.
    dt: f32,
    dt_ms: i32,
    /// The frame's whole milliseconds, a Reflex Boost left out.
    frame_ms: i32,
    /// How long the frame was meant to be.
    timing: TimingSample,
    /// Whether the next frame is slowed by a Reflex Boost.
    time_scale_active: bool,
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
    quest_plays: Plays,
    bonus_pool: bonuses.Pool,
    bonuses: BonusTimers,
    perks: perks.Counts,
    perk_menu: perks.Menu,
    /// The original's, for all players.
    intervals: player_perks.Intervals,
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
    /// Why the run is void from here on, such as for a distance that no float holds; empty while it is not.
    void_reason: []const u8,

    /// Starts a run. The draws of set-up are in `rng` until the first tick.
    pub fn start(world: *World, settings: *const Settings) void {
        assert(settings.player_count >= 1 and settings.player_count <= players_max);
        assert(settings.rules == 1 or settings.rules == 2);
        assert((settings.quest != .none) == (settings.mode == .quests));
        setup.run(world, settings);
    }

    /// The length of a vector that comes from a replay's inputs, which may be anywhere. One that no float holds counts
    /// as nothing for the rest of the tick, so that no other value goes wild.
    pub fn measure(world: *World, vector: Vec2) f32 {
        const length = float.length(vector);
        if (std.math.isFinite(length)) return length;
        world.give_up("a distance is too large for a float");
        return 0.0;
    }

    /// Says that the run is void, and why; the tick is played to its end.
    pub fn give_up(world: *World, why: []const u8) void {
        @branchHint(.cold);
        if (world.void_reason.len == 0) world.void_reason = why;
    }

    /// The players of the run.
    pub fn seats(world: *World) []Player {
        return world.players[0..world.settings.player_count];
    }

    /// The players that creatures know: two at least.
    pub fn table(world: *World) []Player {
        return world.players[0..@max(world.settings.player_count, 2)];
    }

    /// Begins a tick: its draws are in `rng` and its events in `events` until the next one.
    pub fn begin(world: *World) void {
        world.rng.clear_draws();
        world.events.clear();
    }

    /// Picks a perk from the menu that opened in the last tick, as the tick begins; returns whether it was there.
    pub fn pick_perk(world: *World, index: usize) bool {
        const menu = &world.perk_menu;
        assert(menu.pending_count > 0);
        menu.prepare(world);
        const perk = menu.chosen(world, index) orelse return false;
        perk_picks.apply(world, perk, world.measure_frame().frame_dt);
        menu.pending_count -= 1;
        menu.stale = true;
        return true;
    }

    /// Plays the rest of a tick that `begin` began.
    pub fn step(world: *World, inputs: []const Input, asks_for_menu: bool) void {
        assert(inputs.len == world.settings.player_count);
        world.timing = world.measure_frame();
        world.frame_ms = if (world.settings.mode == .typo) frame_dt_ms else float.milliseconds(world.whole_frame());
        world.dt = world.timing.frame_dt;
        world.dt_ms = world.timing.frame_dt_ms;

        perk_effects.tick(world);
        creature_update.update(world);
        projectiles.update(world);
        secondaries.update(world);
        world.sprites.update(world.dt);
        particles.update(world);
        const any_reload_key = for (inputs) |*input| {
            if (players.reload_key(input)) break true;
        } else false;
        for (world.seats(), inputs) |*player, *input| world.mode.take_turn(world, player, input, any_reload_key);
        world.mode.update(world);

        world.highscore_xp = world.players[0].experience;
        world.weapon_times[@intCast(@backingInt(world.players[0].weapon.id))] +%= @intCast(world.dt_ms);
        world.time_scale_active = world.bonuses.reflex_boost > 0.0;
        bonuses.tick_timers(world);
        weapons.enforce_guards(world);
        camera.shake(world);
        creature_death.cull(world);
        bonuses.pick_from_afar(world);
        world.mode.update_drawn(world, inputs);
        if (world.over() and world.settings.mode.has_run_down()) {
            world.run_active = false;
            world.game_tune_started = false;
        }
        experience.level_up(world);
        world.perk_menu.open = asks_for_menu and world.perk_menu.pending_count > 0 and world.anyone_alive();
        if (world.perk_menu.open) world.perk_menu.prepare(world);
        if (world.run_active) bonuses.update(world);
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

    /// The run's time as it is scored: a quest's clock, or the time played.
    pub fn scored_ms(world: *const World) i32 {
        return switch (world.mode) {
            .quests => |*timeline| @intFromFloat(timeline.spawn_timeline_ms),
            else => world.elapsed_ms,
        };
    }

    /// How the run has ended, if it has; a death counts more than a victory.
    pub fn outcome(world: *const World) ?Outcome {
        if (world.over()) return .death;
        return switch (world.mode) {
            .quests => |*timeline| if (timeline.completed) .quest_completed else null,
            else => null,
        };
    }

    pub fn anyone_alive(world: *const World) bool {
        for (world.players[0..world.settings.player_count]) |*player| {
            if (player.health > 0.0) return true;
        }
        return false;
    }

    /// How long the frame is without a Reflex Boost: Reflex Boosted shortens it during the run.
    fn whole_frame(world: *const World) f32 {
        const boosted = world.run_active and world.perks.has(.reflex_boosted);
        return if (boosted) frame_dt * 0.9 else frame_dt;
    }

    /// How long the frame is: a Reflex Boost slows it down.
    fn measure_frame(world: *const World) TimingSample {
        const whole = world.whole_frame();
        const factor = world.time_scale_factor();
        const dt = if (world.time_scale_active) whole * factor else whole;
        return .{
            .frame_dt = dt,
            .frame_dt_ms = float.milliseconds(dt),
            .time_scale_active = world.time_scale_active,
            .time_scale_factor = factor,
            .reflex_boost_timer = world.bonuses.reflex_boost,
        };
    }

    /// A Reflex Boost wears off in its last second.
    pub fn time_scale_factor(world: *const World) f32 {
        if (world.settings.mode == .typo) return 0.3;
        if (!world.time_scale_active) return 1.0;
        const left = world.bonuses.reflex_boost;
        return if (left >= 1.0) 0.3 else (1.0 - left) * 0.7 + 0.3;
    }
};

test "deaths that no chunk can hold are not forgotten" {
    const events = try std.testing.allocator.create(Events);
    defer std.testing.allocator.destroy(events);
    events.* = .{};
    const death: CreatureDeath = .{ .creature = 383, .kind = .zombie, .reward_value = 1.0, .xp_awarded = 0 };
    for (0..Events.deaths_max) |_| events.add_death(death);
    try std.testing.expect(!events.full);
    events.add_death(death);
    try std.testing.expect(events.full);
    try std.testing.expectEqual(Events.deaths_max, events.death_count);
    events.clear();
    try std.testing.expect(!events.full);
}
