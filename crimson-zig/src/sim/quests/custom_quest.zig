//! A quest that a replay brings along, as the simulation plays it.

const crd = @import("../../crd.zig");
const Custom = @import("quest.zig").Custom;

/// The reader has refused what no quest may hold.
pub fn of_replay(stored: *const crd.CustomQuest) Custom {
    var custom: Custom = .{
        .weapon = @fromBackingInt(@as(i32, @intCast(stored.start_weapon_id))),
        .table = .{},
        .no_bonuses = .empty,
        .no_perks = .empty,
        .no_weapons = .empty,
    };
    for (stored.entries) |*entry| custom.table.add(.{
        .pos = .{ .x = @floatCast(entry.pos.x), .y = @floatCast(entry.pos.y) },
        .heading = @floatCast(entry.heading),
        .template = @fromBackingInt(@as(u8, @intCast(entry.spawn_id))),
        .trigger_ms = @intCast(entry.trigger_ms),
        .count = @intCast(entry.count),
    });
    for (stored.no_bonuses) |id| custom.no_bonuses.set(@intCast(id));
    for (stored.no_perks) |id| custom.no_perks.set(@intCast(id));
    for (stored.no_weapons) |id| custom.no_weapons.set(@intCast(id));
    return custom;
}
