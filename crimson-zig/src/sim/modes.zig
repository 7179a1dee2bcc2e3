//! What is particular to a game mode.

const rush = @import("rush.zig");
const survival = @import("survival.zig");
const Mode = @import("settings.zig").Mode;
const World = @import("world.zig").World;

/// A mode's own state. Each one has `update`, which is called once a tick, after the players.
pub const ModeState = union(enum) {
    survival: survival.Spawner,
    rush: rush.Spawner,

    pub fn start(mode: Mode) ModeState {
        return switch (mode) {
            .survival => .{ .survival = .{} },
            .rush => .{ .rush = .{} },
            // `Mode.implemented` says which modes there are.
            .quests, .typo, .tutorial => unreachable,
        };
    }

    pub fn update(state: *ModeState, world: *World) void {
        switch (state.*) {
            inline else => |*mode| mode.update(world),
        }
    }
};
