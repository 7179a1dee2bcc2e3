//! The start of a run, with every draw that it takes.

const std = @import("std");
const bonuses = @import("bonuses.zig");
const creatures = @import("creatures.zig");
const effects = @import("effects.zig");
const particles = @import("particles.zig");
const players = @import("players.zig");
const projectiles = @import("projectiles.zig");
const secondaries = @import("secondaries.zig");
const stock = @import("quests/stock.zig");
const tables = @import("tables.zig");
const weapons = @import("weapons.zig");
const Availability = @import("world.zig").Availability;
const BonusTimers = @import("../schema.zig").BonusTimers;
const CameraShake = @import("../schema.zig").CameraShake;
const Caller = @import("rng.zig").Caller;
const Rng = @import("rng.zig").Rng;
const Settings = @import("settings.zig").Settings;
const Timeline = @import("quests/timeline.zig").Timeline;
const World = @import("world.zig").World;
const frame_dt = @import("world.zig").frame_dt;
const frame_dt_ms = @import("world.zig").frame_dt_ms;

pub fn run(world: *World, settings: *const Settings) void {
    world.settings = settings.*;
    // Hardcore and the save's retry counter are for quests, but the original applies them everywhere.
    if (settings.mode != .quests and !settings.preserve_bugs) {
        world.settings.hardcore = false;
        world.settings.quest_fail_retry_count = 0;
    }
    world.rng.state = settings.seed;
    world.rng.clear_draws();
    world.dt = frame_dt;
    world.dt_ms = frame_dt_ms;
    world.time_scale_active = false;
    world.mode = .start(settings);
    world.events = .{};
    world.players = @splat(.dormant);
    for (world.seats(), 0..) |*player, index| player.reset(@intCast(index));
    world.creatures = creatures.Pool.empty;
    world.spawn_slots = .empty;
    world.plague_kills = 0;
    world.projectiles = projectiles.Pool.empty;
    world.secondaries = secondaries.Pool.empty;
    world.particles = particles.Pool.empty;
    world.sprites = effects.Sprites.empty;
    world.effect_detail_skips = 0;
    world.elapsed_ms = 0;
    world.run_active = true;
    world.quest_plays = .none;
    world.bonus_pool = bonuses.Pool.empty;
    world.bonuses = std.mem.zeroes(BonusTimers);
    world.perks = .none;
    world.perk_menu = .{};
    world.intervals = .{};
    world.lean_mean_exp_timer = 0.0;
    world.jinxed_timer = 0.0;
    // The original never sets it before a run, so that slot 0 counts as the Shock Chain's until one ends.
    world.shock_chain_projectile = if (settings.preserve_bugs) 0 else -1;
    world.shock_chain_links_left = 0;
    world.scripted_burst = false;
    world.game_tune_started = false;
    world.camera_shake = std.mem.zeroes(CameraShake);
    world.alt_weapon_swap_cooldown_ms = 0;
    world.rewards = .{};
    world.shots_fired = 0;
    world.shots_hit = 0;
    world.highscore_xp = 0;
    world.weapon_times = @splat(0);
    world.availability = available(settings);
    world.void_reason = "";

    for (world.creatures.target_player[0..creatures.capacity], 0..) |*target, index| {
        target.* = @intCast(index % settings.player_count);
    }
    reset_gameplay(world);
    generate_terrain(&world.rng, settings.quest_unlock_index);
    switch (world.mode) {
        .quests => |*timeline| start_quest(world, timeline),
        .tutorial => weapons.assign(world, &world.players[0], .pistol),
        else => {},
    }
    // Set-up lies within a frame, which ends as every frame does.
    world.rng.skip(.game_frame_update_discarded);
}

/// `quest_start_selected`: its terrain lies on the one before, whose draws stay.
fn start_quest(world: *World, timeline: *Timeline) void {
    world.rng.skip(.quest_start_selected_highscore_random_tag);
    stamp(&world.rng, &quest_layers);
    const weapon = switch (world.settings.quest) {
        .none => unreachable,
        .stock => |level| blk: {
            const quest = stock.quest_of(level);
            quest.write(&timeline.table, &world.rng, world.settings.player_count, world.settings.hardcore);
            world.quest_plays.count_begun(level);
            break :blk quest.weapon;
        },
        .custom => |custom| blk: {
            timeline.table = custom.table;
            break :blk custom.weapon;
        },
    };
    timeline.total_creatures = timeline.table.total();
    for (world.seats()) |*player| weapons.assign(world, player, weapon);
}

/// `gameplay_reset_state`: its draws give the score tag, the animation phases, and the score tag again.
fn reset_gameplay(world: *World) void {
    world.rng.skip(.gameplay_reset_state_random_tag);
    for (world.creatures.anim_phase[0..creatures.capacity]) |*phase| {
        phase.* = @floatFromInt(world.rng.draw(.gameplay_reset_state_creature_anim_phase) % 31);
    }
    world.rng.skip(.gameplay_reset_state_highscore_random_tag);
}

/// The draws of a layer of terrain stamps: rotation, then y, then x.
const Layer = struct {
    density: u32,
    rotation: Caller,
    y: Caller,
    x: Caller,

    fn stamps(layer: *const Layer) u32 {
        return 1024 * 1024 * layer.density / 0x80000;
    }
};

const random_layers = [_]Layer{
    .{
        .density = 800,
        .rotation = .terrain_generate_random_base_rotation,
        .y = .terrain_generate_random_base_y,
        .x = .terrain_generate_random_base_x,
    },
    .{
        .density = 35,
        .rotation = .terrain_generate_random_overlay_rotation,
        .y = .terrain_generate_random_overlay_y,
        .x = .terrain_generate_random_overlay_x,
    },
    .{
        .density = 15,
        .rotation = .terrain_generate_random_detail_rotation,
        .y = .terrain_generate_random_detail_y,
        .x = .terrain_generate_random_detail_x,
    },
};

const quest_layers = [_]Layer{
    .{
        .density = 800,
        .rotation = .terrain_generate_base_rotation,
        .y = .terrain_generate_base_y,
        .x = .terrain_generate_base_x,
    },
    .{
        .density = 35,
        .rotation = .terrain_generate_overlay_rotation,
        .y = .terrain_generate_overlay_y,
        .x = .terrain_generate_overlay_x,
    },
    .{
        .density = 15,
        .rotation = .terrain_generate_detail_rotation,
        .y = .terrain_generate_detail_y,
        .x = .terrain_generate_detail_x,
    },
};

/// The quests whose terrain a run may get once they are reached: 4.2, 3.2, 2.2.
const unlocked_terrains = [_]struct { unlock_index: i32, caller: Caller }{
    .{ .unlock_index = 40, .caller = .unlock_terrain_q4 },
    .{ .unlock_index = 30, .caller = .unlock_terrain_q3 },
    .{ .unlock_index = 20, .caller = .unlock_terrain_q2 },
};

/// `terrain_generate_random`: where the stamps lie is of no consequence, that they are drawn is.
fn generate_terrain(rng: *Rng, unlock_index: i32) void {
    rng.skip(.terrain_generate_random_prelude_1);
    rng.skip(.terrain_generate_random_prelude_2);
    rng.skip(.terrain_generate_random_prelude_3);
    for (unlocked_terrains) |terrain| {
        if (unlock_index >= terrain.unlock_index and rng.draw(terrain.caller) & 7 == 3) {
            return stamp(rng, &quest_layers);
        }
    }
    stamp(rng, &random_layers);
}

fn stamp(rng: *Rng, layers: []const Layer) void {
    for (layers) |*layer| {
        for (0..layer.stamps()) |_| {
            rng.skip(layer.rotation);
            rng.skip(layer.y);
            rng.skip(layer.x);
        }
    }
}

fn available(settings: *const Settings) Availability {
    var all: Availability = .{ .bonuses = @splat(true), .perks = @splat(false), .weapons = @splat(false) };
    all.bonuses[0] = false;
    for (&all.perks, 0..) |*perk, id| perk.* = tables.perk_always_available(id);
    all.weapons[@backingInt(tables.WeaponId.pistol)] = true;
    const won: usize = @intCast(@max(settings.quest_unlock_index, 0));
    for (tables.unlocks[0..@min(won, tables.unlocks.len)]) |unlock| {
        switch (unlock) {
            .nothing => {},
            .weapon => |id| all.weapons[@intCast(@backingInt(id))] = true,
            .perk => |id| all.perks[id] = true,
        }
    }
    if (settings.mode == .survival) {
        for ([_]tables.WeaponId{ .assault_rifle, .shotgun, .submachine_gun }) |id| {
            all.weapons[@intCast(@backingInt(id))] = true;
        }
    }
    if (settings.has_splitter_gun()) {
        all.weapons[@backingInt(tables.WeaponId.splitter_gun)] = true;
    }
    switch (settings.quest) {
        .none, .stock => {},
        .custom => |custom| {
            withhold(&all.bonuses, &custom.no_bonuses);
            withhold(&all.perks, &custom.no_perks);
            withhold(&all.weapons, &custom.no_weapons);
        },
    }
    return all;
}

fn withhold(all: []bool, ids: anytype) void {
    var withheld = ids.iterator(.{});
    while (withheld.next()) |id| all[id] = false;
}
