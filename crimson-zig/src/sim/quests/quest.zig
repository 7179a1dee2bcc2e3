//! Which quest a run plays, and what a save counts of it.

const std = @import("std");
const tables = @import("../tables.zig");
const Table = @import("table.zig").Table;

/// A quest of the game.
pub const Level = struct {
    /// 1 to 5.
    tier: u8,
    /// 1 to 10.
    number: u8,

    /// 0 to 49.
    pub fn index(level: Level) u8 {
        return (level.tier - 1) * 10 + level.number - 1;
    }
};

/// A quest that a replay brings along.
pub const Custom = struct {
    weapon: tables.WeaponId,
    table: Table,
    /// What is not to be had in it, by ids.
    no_bonuses: std.StaticBitSet(tables.bonus_count),
    no_perks: std.StaticBitSet(tables.perk_count),
    no_weapons: std.StaticBitSet(tables.weapon_available_count),
};

pub const Quest = union(enum) {
    none,
    stock: Level,
    custom: *const Custom,

    pub fn level(quest: Quest) ?Level {
        return switch (quest) {
            .stock => |stock| stock,
            .none, .custom => null,
        };
    }

    pub fn is(quest: Quest, tier: u8, number: u8) bool {
        const stock = quest.level() orelse return false;
        return stock.tier == tier and stock.number == number;
    }
};

/// How often quests were begun and completed, as the save counts it. It has no room for the fifth tier.
pub const Plays = struct {
    counts: [slot_count]u32,

    pub const slot_count = 91;
    const begun_first = 11;
    const completed_first = 51;
    const counted = 40;

    /// A run does not know what was played before.
    pub const none: Plays = .{ .counts = @splat(0) };

    pub fn count_begun(plays: *Plays, level: Level) void {
        if (level.index() < counted) plays.counts[begun_first + level.index()] +%= 1;
    }

    pub fn count_completed(plays: *Plays, level: Level) void {
        if (level.index() < counted) plays.counts[completed_first + level.index()] +%= 1;
    }
};
