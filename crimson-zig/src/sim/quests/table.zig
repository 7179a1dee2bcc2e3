//! A quest's spawn table: who comes, where, when, and how many.

const std = @import("std");
const Id = @import("../spawn_templates.zig").Id;
const Vec2 = @import("../float.zig").Vec2;
const assert = std.debug.assert;

pub const entries_max = 256;

/// One row of the table.
pub const Entry = struct {
    pos: Vec2,
    heading: f32 = 0.0,
    template: Id,
    /// Milliseconds of the quest's clock after which it is due.
    trigger_ms: i32,
    count: i32 = 1,
};

pub const Table = struct {
    length: u16 = 0,
    pos: [entries_max]Vec2 = @splat(.{ .x = 0.0, .y = 0.0 }),
    heading: [entries_max]f32 = @splat(0.0),
    template: [entries_max]Id = @splat(.unused_02),
    trigger_ms: [entries_max]i32 = @splat(0),
    /// Zero once they have come.
    count: [entries_max]i32 = @splat(0),

    pub fn add(table: *Table, entry: Entry) void {
        assert(table.length < entries_max);
        const at = table.length;
        table.pos[at] = entry.pos;
        table.heading[at] = entry.heading;
        table.template[at] = entry.template;
        table.trigger_ms[at] = entry.trigger_ms;
        table.count[at] = entry.count;
        table.length += 1;
    }

    pub fn counts(table: *const Table) []const i32 {
        return table.count[0..table.length];
    }

    /// How many creatures, or formations of them, it holds.
    pub fn total(table: *const Table) i32 {
        var sum: i32 = 0;
        for (table.counts()) |count| sum += count;
        return sum;
    }

    /// Whether everyone has come.
    pub fn spent(table: *const Table) bool {
        return for (table.counts()) |count| {
            if (count > 0) break false;
        } else true;
    }

    /// Hardcore quests send more of those who do not come alone.
    pub fn harden(table: *Table) void {
        for (table.template[0..table.length], table.count[0..table.length]) |template, *count| {
            if (count.* <= 1) continue;
            count.* += switch (template) {
                .spider_plasma_shooter_3c => 0,
                .alien_deadly_fast_2b => 2,
                else => 8,
            };
        }
    }
};
