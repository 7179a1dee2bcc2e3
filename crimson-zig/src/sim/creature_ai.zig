//! Whom a creature hunts, and where to it goes.

const creatures = @import("creatures.zig");
const float = @import("float.zig");
const Vec2 = float.Vec2;
const World = @import("world.zig").World;

/// Targets are looked at anew in every tick but the multiples of this.
const keep_target_period = 70;

pub const TargetChoice = struct {
    /// Whom the creature hunts.
    target: usize,
    /// Whom it hunted before it turned away from a dead player.
    auto_target: usize,
    /// The distance that the original compares auto targets with, where it measured one.
    distance: ?f32 = null,
};

/// With two players or one, creatures change to the nearer player, and turn away from a dead one, alive or not.
pub fn choose_target_player(world: *World, slot: usize) TargetChoice {
    const pool = &world.creatures;
    const count = world.settings.player_count;
    const looks = pool.update_count % keep_target_period != 0;
    var target: usize = @intCast(pool.target_player[slot]);
    if (count > 2) {
        if (looks or world.players[target].health <= 0.0) target = nearest_living(world, slot) orelse target;
        pool.target_player[slot] = @intCast(target);
        return .{ .target = target, .auto_target = target };
    }
    var distance: ?f32 = null;
    const pos = pool.pos[slot];
    if (looks and count == 1) {
        distance = float.distance(world.players[0].pos, pos);
    } else if (looks) {
        const other = 1 - target;
        if (world.players[other].health > 0.0) {
            const to_other = float.distance(world.players[other].pos, pos);
            const to_target = float.distance(world.players[target].pos, pos);
            distance = to_other;
            if (to_other < to_target) target = other;
        }
    }
    const auto_target = target;
    if (world.players[target].health <= 0.0) target = 1 - target;
    pool.target_player[slot] = @intCast(target);
    return .{ .target = target, .auto_target = auto_target, .distance = distance };
}

/// Three and four players are the rewrite's; it measures in f64.
fn nearest_living(world: *World, slot: usize) ?usize {
    const pos = world.creatures.pos[slot];
    var nearest: ?usize = null;
    var nearest_square: f64 = 0.0;
    for (world.seats(), 0..) |*player, index| {
        if (player.health <= 0.0) continue;
        const dx = @as(f64, player.pos.x) - pos.x;
        const dy = @as(f64, player.pos.y) - pos.y;
        const square = dx * dx + dy * dy;
        if (nearest != null and !(square < nearest_square)) continue;
        nearest = index;
        nearest_square = square;
    }
    return nearest;
}

/// The player's own target becomes this creature if it is nearer than the present one, dead or alive.
pub fn feed_auto_target(world: *World, slot: usize, choice: TargetChoice) void {
    const pool = &world.creatures;
    if (pool.update_count % keep_target_period == 0) return;
    const as_original = world.settings.preserve_bugs or world.settings.player_count == 1;
    const player = &world.players[if (as_original) choice.auto_target else choice.target];
    if (player.auto_target < 0 or player.auto_target >= creatures.capacity) {
        player.auto_target = @intCast(slot);
        return;
    }
    const measured = if (as_original) choice.distance else null;
    const new = measured orelse float.distance(player.pos, pool.pos[slot]);
    // The original measures the present one from player one, whoever asks.
    const from = if (as_original) world.players[0].pos else player.pos;
    const present = float.distance(from, pool.pos[@intCast(player.auto_target)]);
    if (new < present) player.auto_target = @intCast(slot);
}

/// How a creature goes on from here.
pub const Pursuit = struct {
    /// A part of its speed.
    pace: f32 = 1.0,
    /// Whom it followed to the death is dead.
    link_died: bool = false,
};

/// From here on creatures that flank a player come straight.
const flank_distance_max = 800.0;

/// Sets the point and the heading that the creature makes for. The distance is measured to the player hunted before.
pub fn update_target(
    pool: *creatures.Pool,
    slot: usize,
    player_pos: Vec2,
    measured_pos: Vec2,
    dt: f32,
) Pursuit {
    const pos = pool.pos[slot];
    const target = &pool.target[slot];
    const distance = float.distance(pos, measured_pos);
    var pursuit: Pursuit = .{};
    switch (pool.ai_mode[slot]) {
        .flank_player => target.* = flank(pool, slot, player_pos, distance, 0.85),
        .flank_player_tight => target.* = flank(pool, slot, player_pos, distance, 0.55),
        .flank_player_wide => target.* = flank_point(pool, slot, player_pos, distance, 0.9),
        .chase_player => {},
        .follow_link => if (living_link(pool, slot)) |link| {
            target.* = float.add(pool.pos[link], pool.target_offset[slot]);
        } else {
            pool.ai_mode[slot] = .flank_player;
        },
        .follow_link_tethered => if (living_link(pool, slot)) |link| {
            target.* = float.add(pool.pos[link], pool.target_offset[slot]);
            const near = float.distance(pos, target.*);
            if (near <= 64.0) pursuit.pace = near * 0.015625;
        } else {
            pool.ai_mode[slot] = .flank_player;
            pursuit.link_died = true;
        },
        .flank_player_linked => if (living_link(pool, slot) != null) {
            target.* = flank(pool, slot, player_pos, distance, 0.85);
        } else {
            pool.ai_mode[slot] = .flank_player;
            pursuit.link_died = true;
        },
        .hold_timer => hold(pool, slot, dt),
        .orbit_link => if (living_link(pool, slot)) |link| {
            const angle = pool.orbit_angle[slot] + pool.heading[slot];
            target.* = float.add(float.direction(angle, pool.orbit_radius[slot]), pool.pos[link]);
        } else {
            pool.ai_mode[slot] = .flank_player;
        },
    }
    const to_target = float.distance(pos, target.*);
    const straight = to_target < 40.0 or to_target > 400.0;
    pool.force_target[slot] = @intFromBool(straight);
    if (straight or pool.ai_mode[slot] == .chase_player) target.* = player_pos;
    pool.target_heading[slot] = float.angle_add(float.subtract(target.*, pos), float.half_pi);
    return pursuit;
}

/// Stays where it is: who stops and goes, until it goes; others until their time is up.
fn hold(pool: *creatures.Pool, slot: usize, dt: f32) void {
    if (pool.flags[slot].stop_and_go) {
        if (pool.link_index[slot] > 0) {
            pool.target[slot] = pool.pos[slot];
            return;
        }
    } else if (pool.orbit_radius[slot] > 0.0) {
        pool.target[slot] = pool.pos[slot];
        pool.orbit_radius[slot] -= dt;
        return;
    }
    pool.ai_mode[slot] = .flank_player;
}

/// The slot is not asked whether it is live: health is what counts.
fn living_link(pool: *const creatures.Pool, slot: usize) ?usize {
    const link = pool.link_index[slot];
    if (link < 0 or link >= creatures.capacity) return null;
    return if (pool.hp[@intCast(link)] > 0.0) @intCast(link) else null;
}

/// The player's place from far away, else a point beside it.
fn flank(pool: *const creatures.Pool, slot: usize, player_pos: Vec2, distance: f32, width: f32) Vec2 {
    if (distance > flank_distance_max) return player_pos;
    return flank_point(pool, slot, player_pos, distance, width);
}

/// A point beside the player, the further the creature is away, in a direction of its own.
fn flank_point(pool: *const creatures.Pool, slot: usize, player_pos: Vec2, distance: f32, width: f32) Vec2 {
    const phase = float.from_int(pool.phase_seed[slot]) * @as(f32, 3.7) * float.pi;
    return float.add(float.scale(float.direction(phase, distance), width), player_pos);
}
