//! Takes the place of sim/survival.zig in the late hours, which tests build: survival that is already old.
//!
//! Its counterpart in Python is late_hours.py. The true survival is beside this file as true_survival.zig.

const true_survival = @import("true_survival.zig");
const World = @import("world.zig").World;

/// What a seed says: how late it is, and how far player one has come.
const Orders = packed struct(u32) {
    minutes: u6,
    level: u6,
    varied: u20,
};

const health_least = 30.0;

pub const Spawner = struct {
    stage: i32 = 0,
    spawn_cooldown_ms: f32 = 0.0,

    pub fn update(spawner: *Spawner, world: *World) void {
        const orders: Orders = @bitCast(world.settings.seed);
        for (world.seats()) |*player| {
            if (player.health < health_least) player.health = 100.0;
        }
        const player = &world.players[0];
        player.level = @max(player.level, @as(i32, orders.level));
        const now = world.elapsed_ms;
        world.elapsed_ms += @as(i32, orders.minutes) * 60000;
        defer world.elapsed_ms = now;
        var inner: true_survival.Spawner = .{ .stage = spawner.stage, .spawn_cooldown_ms = spawner.spawn_cooldown_ms };
        inner.update(world);
        spawner.* = .{ .stage = inner.stage, .spawn_cooldown_ms = inner.spawn_cooldown_ms };
    }
};
