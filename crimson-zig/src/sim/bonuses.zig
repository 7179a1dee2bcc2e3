//! Bonuses: what the dead leave, and what it does to who picks it up.

const Vec2 = @import("float.zig").Vec2;
const World = @import("world.zig").World;

/// `bonus_try_spawn_on_kill`, 0x0041f8d0.
pub fn drop_on_kill(world: *World, pos: Vec2) void {
    _ = pos;
    switch (world.settings.mode) {
        .rush, .typo, .tutorial => {},
        .survival, .quests => world.lack("the bonuses of a kill"),
    }
}
