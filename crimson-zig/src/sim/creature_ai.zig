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

/// Sets the point and the heading that the creature makes for. The distance is measured to the player hunted before.
pub fn update_target(pool: *creatures.Pool, slot: usize, player_pos: Vec2, measured_pos: Vec2) void {
    const far = 800.0;
    const pos = pool.pos[slot];
    const target = &pool.target[slot];
    const distance = float.distance(pos, measured_pos);
    var straight = false;
    switch (pool.ai_mode[slot]) {
        .flank_player => target.* = if (distance > far) player_pos else flank(pool, slot, player_pos, distance, 0.85),
        .flank_player_wide => target.* = flank(pool, slot, player_pos, distance, 0.9),
        .hold_timer => if (pool.flags[slot].stop_and_go and pool.link_index[slot] > 0) {
            target.* = pos;
        } else {
            pool.ai_mode[slot] = .flank_player;
        },
        // Only the spawn templates of other modes give these.
        .flank_player_tight,
        .chase_player,
        .follow_link,
        .flank_player_linked,
        .follow_link_tethered,
        .orbit_link,
        => unreachable,
    }
    const to_target = float.distance(pos, target.*);
    if (to_target < 40.0 or to_target > 400.0) straight = true;
    pool.force_target[slot] = @intFromBool(straight);
    if (straight) target.* = player_pos;
    pool.target_heading[slot] = float.angle_add(float.subtract(target.*, pos), float.half_pi);
}

/// A point beside the player, the further the creature is away, in a direction of its own.
fn flank(pool: *const creatures.Pool, slot: usize, player_pos: Vec2, distance: f32, width: f32) Vec2 {
    const phase = float.from_int(pool.phase_seed[slot]) * @as(f32, 3.7) * float.pi;
    return float.add(float.scale(float.direction(phase, distance), width), player_pos);
}
