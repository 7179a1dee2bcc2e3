//! What is particular to a game mode.

const rush = @import("rush.zig");
const Mode = @import("settings.zig").Mode;
const World = @import("world.zig").World;

/// A mode's own state. Each one has `update`, which is called once a tick, after the players.
pub const ModeState = union(enum) {
    rush: rush.Spawner,

    pub fn start(mode: Mode) ModeState {
        return switch (mode) {
            .rush => .{ .rush = .{} },
            // `Mode.implemented` says which modes there are.
            .survival, .quests, .typo, .tutorial => unreachable,
        };
    }

    pub fn update(state: *ModeState, world: *World) void {
        switch (state.*) {
            inline else => |*mode| mode.update(world),
        }
    }
};
