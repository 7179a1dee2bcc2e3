//! The quests of the game.

const std = @import("std");
const Level = @import("quest.zig").Level;
const Quest = @import("script.zig").Quest;
const Rng = @import("../rng.zig").Rng;
const Table = @import("table.zig").Table;

const tiers = [5][10]Quest{
    @import("tier_1.zig").quests,
    @import("tier_2.zig").quests,
    @import("tier_3.zig").quests,
    @import("tier_4.zig").quests,
    @import("tier_5.zig").quests,
};

pub fn quest_of(level: Level) *const Quest {
    return &tiers[level.tier - 1][level.number - 1];
}

test "every quest has someone to come for any number of players, and room for all" {
    const rng = try std.testing.allocator.create(Rng);
    defer std.testing.allocator.destroy(rng);
    for (&tiers) |*tier| {
        for (tier) |*quest| {
            for (1..5) |players| {
                var soft: i32 = 0;
                for ([_]bool{ false, true }) |hardcore| {
                    rng.* = .{ .state = 1 };
                    var table: Table = .{};
                    quest.write(&table, rng, @intCast(players), hardcore);
                    try std.testing.expect(!table.spent());
                    for (table.counts()) |count| try std.testing.expect(count > 0);
                    try std.testing.expect(table.total() >= soft);
                    soft = table.total();
                }
            }
        }
    }
}
