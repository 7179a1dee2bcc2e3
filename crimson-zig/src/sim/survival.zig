//! Survival: hidden weapons, milestones of the level, and waves that come faster with time.

const float = @import("float.zig");
const templates = @import("spawn_templates.zig");
const wave = @import("wave.zig");
const weapons = @import("weapons.zig");
const Caller = @import("rng.zig").Caller;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;
const arena_size = @import("world.zig").arena_size;

/// A group that comes once, when player one's level goes above the gate's.
const Milestone = struct {
    level: i32,
    parts: []const Part,
};

/// Creatures of one template in a line.
const Part = struct {
    template: templates.Id,
    first: Vec2,
    count: u8 = 1,
    step: Vec2 = .{ .x = 0.0, .y = 0.0 },
};

const outside_left = -64.0;
const outside_right = arena_size + 64.0;
const middle = arena_size / 2.0;
/// The distance between the four of a line, and where it begins.
const line_step = 64.0;
const line_first = 384.0;

fn column(template: templates.Id, x: f32) Part {
    return .{
        .template = template,
        .first = .{ .x = x, .y = line_first },
        .count = 4,
        .step = .{ .x = 0.0, .y = line_step },
    };
}

fn row(template: templates.Id, y: f32) Part {
    return .{
        .template = template,
        .first = .{ .x = line_first, .y = y },
        .count = 4,
        .step = .{ .x = line_step, .y = 0.0 },
    };
}

fn one(template: templates.Id, x: f32, y: f32) Part {
    return .{ .template = template, .first = .{ .x = x, .y = y } };
}

const milestones = [_]Milestone{
    .{ .level = 4, .parts = &.{
        one(.formation_ring_alien_8_12, -164.0, middle),
        one(.formation_ring_alien_8_12, arena_size + 164.0, middle),
    } },
    .{ .level = 8, .parts = &.{one(.alien_const_red_boss_2c, outside_right, middle)} },
    .{ .level = 10, .parts = &.{.{
        .template = .spider_sp2_random_35,
        .first = .{ .x = outside_right, .y = 256.0 },
        .count = 12,
        .step = .{ .x = 0.0, .y = 42.666668 },
    }} },
    .{ .level = 12, .parts = &.{column(.alien_deadly_fast_2b, outside_right)} },
    .{ .level = 14, .parts = &.{
        column(.spider_sp1_stop_and_go_38, outside_right),
        column(.spider_sp1_stop_and_go_38, outside_left),
    } },
    .{ .level = 16, .parts = &.{one(.spider_boss_3a, outside_right, middle)} },
    .{ .level = 18, .parts = &.{one(.spider_sp2_splitter_01, 640.0, middle)} },
    .{ .level = 20, .parts = &.{
        one(.spider_sp2_splitter_01, 384.0, 256.0),
        one(.spider_sp2_splitter_01, 640.0, 768.0),
    } },
    .{ .level = 25, .parts = &.{
        column(.spider_plasma_shooter_3c, outside_right),
        column(.spider_plasma_shooter_3c, outside_left),
    } },
    .{ .level = 31, .parts = &.{
        one(.spider_boss_3a, outside_right, middle),
        one(.spider_boss_3a, outside_left, middle),
        row(.spider_plasma_shooter_3c, outside_left),
        row(.spider_plasma_shooter_3c, outside_right),
    } },
};

/// The draws of a place outside of the arena: the side, and where on it.
const Edge = struct {
    side: Caller,
    top: Caller,
    bottom: Caller,
    left: Caller,
    right: Caller,

    const margin = 40.0;

    fn draw(edge: *const Edge, world: *World) Vec2 {
        const rng = &world.rng;
        return switch (@as(u2, @truncate(rng.draw(edge.side)))) {
            0 => .{ .x = along(rng.draw(edge.top)), .y = -margin },
            1 => .{ .x = along(rng.draw(edge.bottom)), .y = arena_size + margin },
            2 => .{ .x = -margin, .y = along(rng.draw(edge.left)) },
            3 => .{ .x = arena_size + margin, .y = along(rng.draw(edge.right)) },
        };
    }

    fn along(value: u15) f32 {
        return float.from_int(value % 1024);
    }
};

const main_edge: Edge = .{
    .side = .survival_update_main_spawn_edge,
    .top = .survival_update_main_spawn_top_x,
    .bottom = .survival_update_main_spawn_bottom_x,
    .left = .survival_update_main_spawn_left_y,
    .right = .survival_update_main_spawn_right_y,
};

const extra_edge: Edge = .{
    .side = .survival_update_extra_spawn_edge,
    .top = .survival_update_extra_spawn_top_x,
    .bottom = .survival_update_extra_spawn_bottom_x,
    .left = .survival_update_extra_spawn_left_y,
    .right = .survival_update_extra_spawn_right_y,
};

pub const Spawner = struct {
    /// How many milestones have come.
    stage: i32 = 0,
    spawn_cooldown_ms: f32 = 0.0,

    /// `survival_update`, 0x00407cd0.
    pub fn update(spawner: *Spawner, world: *World) void {
        if (world.settings.player_count == 1) hand_out_weapons(world);
        const level = world.players[0].level;
        for (milestones[@intCast(spawner.stage)..]) |*milestone| {
            if (level <= milestone.level) break;
            spawner.stage += 1;
            for (milestone.parts) |*part| spawn_line(world, part);
        }
        spawner.spawn_waves(world);
    }

    /// One creature in an interval that shrinks with time. From 15 minutes on it is below zero, and every two
    /// milliseconds of that bring another creature.
    fn spawn_waves(spawner: *Spawner, world: *World) void {
        const experience = world.players[0].experience;
        const players = float.from_int(world.settings.player_count);
        var cooldown = spawner.spawn_cooldown_ms - players * float.from_int(world.dt_ms);
        while (cooldown < 0.0) {
            var interval = 500 - @divTrunc(world.elapsed_ms, 1800);
            while (interval < 0) : (interval += 2) {
                const pos = extra_edge.draw(world);
                _ = wave.spawn(&world.creatures, &world.rng, pos, experience);
            }
            cooldown += float.from_int(@max(interval, 1));
            const pos = main_edge.draw(world);
            _ = wave.spawn(&world.creatures, &world.rng, pos, experience);
        }
        spawner.spawn_cooldown_ms = cooldown;
    }
};

fn spawn_line(world: *World, part: *const Part) void {
    for (0..part.count) |number| {
        const step = float.scale(part.step, float.from_int(number));
        _ = templates.spawn(world, part.template, float.add(part.first, step), float.pi);
    }
}

/// Who neither shoots nor is hurt for 64 seconds gets the Shrinkifier; who makes the first three kills around
/// themselves, almost dead, gets the Blade Gun.
fn hand_out_weapons(world: *World) void {
    const rewards = &world.rewards;
    const player = &world.players[0];
    const patience_ms = 64000;
    if (!rewards.damage_seen and !rewards.fire_seen and world.elapsed_ms > patience_ms and rewards.shrinkifier_enabled) {
        if (player.weapon.id == .pistol) {
            weapons.assign(world, player, .shrinkifier_5k);
            rewards.guard_weapon = .shrinkifier_5k;
        }
        rewards.shrinkifier_enabled = false;
        rewards.damage_seen = true;
        rewards.fire_seen = true;
    }
    if (rewards.kill_count != rewards.kill_pos.len or rewards.fire_seen) return;
    const sum = float.add(float.add(rewards.kill_pos[0], rewards.kill_pos[1]), rewards.kill_pos[2]);
    const centre = float.scale(sum, 0.33333334);
    if (!(float.distance(player.pos, centre) < 16.0 and player.health < 15.0)) return;
    weapons.assign(world, player, .blade_gun);
    rewards.guard_weapon = .blade_gun;
    rewards.fire_seen = true;
    rewards.shrinkifier_enabled = false;
}
