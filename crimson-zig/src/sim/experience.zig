//! Experience and levels: player one has everybody's.

const std = @import("std");
const float = @import("float.zig");
const World = @import("world.zig").World;

/// Pays a reward once; past 2^24 the sum is one that a float holds.
pub fn pay(world: *World, reward: f32) void {
    const owner = &world.players[0];
    owner.experience = @intFromFloat(float.int_add(owner.experience, reward));
}

/// Pays for a kill, twice during Double Experience; returns how much.
pub fn pay_kill(world: *World, reward: f32) i32 {
    const owner = &world.players[0];
    const before = owner.experience;
    const times: usize = if (world.bonuses.double_experience > 0.0) 2 else 1;
    for (0..times) |_| {
        if (world.perks.has(.bloody_mess_quick_learner)) {
            owner.experience += @intFromFloat(reward * 1.3);
        } else {
            pay(world, reward);
        }
    }
    return owner.experience - before;
}

/// One level in a tick at most, in the modes that have levels.
pub fn level_up(world: *World) void {
    if (!world.settings.mode.has_levels()) return;
    const owner = &world.players[0];
    if (owner.experience <= threshold(owner.level)) return;
    owner.level += 1;
    world.perk_menu.pending_count += 1;
}

/// The experience beyond which a level ends: 1000 * (1 + level ^ 1.8), with the steps of the CRT's `pow`.
fn threshold(level: i32) i32 {
    const exponent: f64 = @as(f32, 1.8);
    const base: f64 = @floatFromInt(@max(level, 1));
    const scaled = exponent * @log2(base);
    // To even from half-way, though no level lies there.
    const whole = @round(scaled);
    const fraction: f64 = @as(f32, @floatCast(scaled - whole));
    const mantissa: f32 = @floatCast(@exp2(fraction) - 1.0 + 1.0);
    const power = std.math.ldexp(mantissa, @intFromFloat(whole));
    const product: i32 = @intFromFloat(power * -1000.0);
    return 1000 - product;
}

test "thresholds are those of the Python runtime" {
    const levels = [_]i32{ 0, 1, 2, 3, 10, 50, 400 };
    const expected = [_]i32{ 2000, 2000, 4482, 8224, 64095, 1144262, 48274400 };
    for (levels, expected) |level, experience| try std.testing.expectEqual(experience, threshold(level));
}
