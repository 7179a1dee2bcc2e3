//! What is particular to a game mode.

const rush = @import("rush.zig");
const survival = @import("survival.zig");
const players = @import("players.zig");
const tutorial = @import("tutorial.zig");
const typo = @import("typo.zig");
const Input = @import("settings.zig").Input;
const Player = players.Player;
const Settings = @import("settings.zig").Settings;
const Timeline = @import("quests/timeline.zig").Timeline;
const World = @import("world.zig").World;

/// A mode's own state.
pub const ModeState = union(enum) {
    survival: survival.Spawner,
    rush: rush.Spawner,
    quests: Timeline,
    tutorial: tutorial.Lesson,
    typo: typo.Shooter,

    pub fn start(settings: *const Settings) ModeState {
        return switch (settings.mode) {
            .survival => .{ .survival = .{} },
            .rush => .{ .rush = .{} },
            .quests => .{ .quests = .{} },
            .tutorial => .{ .tutorial = .{} },
            .typo => .{ .typo = .start(&settings.typo) },
        };
    }

    /// A player's turn. Typ-o's has nothing to do with the input.
    pub fn take_turn(
        state: *ModeState,
        world: *World,
        player: *Player,
        input: *const Input,
        any_reload_key: bool,
    ) void {
        switch (state.*) {
            .typo => |*shooter| shooter.take_turn(world, player),
            .survival, .rush, .quests, .tutorial => players.update(world, player, input, any_reload_key),
        }
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
            .survival, .rush, .quests, .typo => {},
        }
    }
};
