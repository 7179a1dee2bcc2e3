//! What is particular to a game mode.

const rush = @import("rush.zig");
const survival = @import("survival.zig");
const tutorial = @import("tutorial.zig");
const Input = @import("settings.zig").Input;
const Mode = @import("settings.zig").Mode;
const Timeline = @import("quests/timeline.zig").Timeline;
const World = @import("world.zig").World;

/// A mode's own state.
pub const ModeState = union(enum) {
    survival: survival.Spawner,
    rush: rush.Spawner,
    quests: Timeline,
    tutorial: tutorial.Lesson,

    pub fn start(mode: Mode) ModeState {
        return switch (mode) {
            .survival => .{ .survival = .{} },
            .rush => .{ .rush = .{} },
            .quests => .{ .quests = .{} },
            .tutorial => .{ .tutorial = .{} },
            // `Mode.implemented` says which modes there are.
            .typo => unreachable,
        };
    }

    /// What comes after the players' turns.
    pub fn update(state: *ModeState, world: *World) void {
        switch (state.*) {
            .tutorial => {},
            inline else => |*mode| mode.update(world),
        }
    }

    /// What comes after the world was drawn.
    pub fn update_drawn(state: *ModeState, world: *World, inputs: []const Input) void {
        switch (state.*) {
            .tutorial => |*lesson| lesson.update(world, &inputs[0]),
            .survival, .rush, .quests => {},
        }
    }
};
