//! Takes the trace's rows of a tick.

const std = @import("std");
const creatures = @import("creatures.zig");
const hidden = @import("hidden.zig");
const rows = @import("rows.zig");
const schema = @import("../schema.zig");
const Draw = @import("rng.zig").Draw;
const Rows = @import("../cdt_rows.zig").Rows;
const Tables = @import("../cdt_rows.zig").Tables;
const World = @import("world.zig").World;
const next_state = @import("rng.zig").next_state;
const value_of = @import("rng.zig").value_of;
const assert = std.debug.assert;

pub const Sampler = struct {
    hidden: hidden.Sampler,

    /// Adds the rows of the state before tick 0, with the draws of set-up.
    pub fn add_setup(sampler: *Sampler, world: *const World, tables: *Tables) error{ChunkFull}!void {
        sampler.hidden.init(world);
        try sampler.add_state(world, tables, 0);
    }

    /// Adds the rows of the tick that `world` has just played, as number `tick` of its chunk.
    pub fn add_tick(sampler: *Sampler, world: *const World, tables: *Tables, tick: u32) error{ChunkFull}!void {
        try sampler.add_state(world, tables, tick);
        try tables.append(.timing_samples, tick, world.timing);
        if (tick == schema.ticks_per_chunk - 1) sampler.hidden.check(world);
    }

    fn add_state(sampler: *Sampler, world: *const World, tables: *Tables, tick: u32) error{ChunkFull}!void {
        try tables.append(.checkpoint, tick, rows.of_checkpoint(world));
        for (world.players[0..world.settings.player_count]) |*player| {
            try tables.append(.checkpoint_players, tick, rows.of_vitals(player));
            try tables.append(.sim_state_players, tick, rows.of_player(player));
        }
        for (world.perks.counts, 0..) |count, perk| {
            if (count == 0) continue;
            try tables.append(.checkpoint_perks, tick, .{ .index = @intCast(perk), .count = count });
        }
        for (world.events.deaths[0..world.events.death_count]) |*death| {
            try tables.append(.checkpoint_deaths, tick, .{
                .creature = death.creature,
                .type_id = @backingInt(death.kind),
                .reward_value = death.reward_value,
                .xp_awarded = death.xp_awarded,
            });
        }
        try add_draws(world.rng.drawn(), tables, tick);
        try tables.append(.sim_state, tick, .{ .gameplay = rows.of_gameplay(world) });
        for (world.weapon_times, 0..) |time, id| {
            if (time == 0) continue;
            try tables.append(.sim_state_weapon_times, tick, .{ .index = @intCast(id), .time_ms = time });
        }
        switch (world.mode) {
            .survival => |*spawner| try tables.append(.sim_state_survival, tick, .{
                .stage = spawner.stage,
                .spawn_cooldown_ms = spawner.spawn_cooldown_ms,
            }),
            .rush => |*spawner| try tables.append(.sim_state_rush, tick, .{
                .spawn_cooldown_ms = spawner.spawn_cooldown_ms,
            }),
            .typo => |*shooter| {
                try tables.append(.checkpoint_typo, tick, rows.of_typo(shooter));
                for (world.creatures.active[0..creatures.capacity], 0..) |active, slot| {
                    const name = shooter.names.of(slot);
                    if (!active or name.len == 0) continue;
                    try tables.append(.checkpoint_typo_names, tick, .{ .index = @intCast(slot), .name = name });
                }
            },
            .tutorial => |*lesson| try tables.append(.checkpoint_tutorial, tick, rows.of_lesson(lesson)),
            .quests => |*timeline| try tables.append(.sim_state_quest, tick, rows.of_timeline(timeline)),
        }
        try add_pool(schema.Creature, .entity_samples_creatures, &world.creatures, tables, tick);
        try add_pool(schema.Projectile, .entity_samples_projectiles, &world.projectiles, tables, tick);
        try add_pool(
            schema.SecondaryProjectile,
            .entity_samples_secondary_projectiles,
            &world.secondaries,
            tables,
            tick,
        );
        try add_pool(schema.Bonus, .entity_samples_bonuses, &world.bonus_pool, tables, tick);
        try tables.append(.hidden_state, tick, sampler.hidden.sample(world));
    }
};

/// Room for rows of one tick, to be filled column by column; returns the first one's place.
fn reserve(tables: *Tables, comptime table: schema.TableId, tick: u32, count: u32) error{ChunkFull}!u32 {
    const rows_of_table = tables.of(table);
    const at = rows_of_table.count;
    if (count > rows_of_table.ticks.len - at) return error.ChunkFull;
    assert(at == 0 or rows_of_table.ticks[at - 1] < tick);
    @memset(rows_of_table.ticks[at..][0..count], tick);
    rows_of_table.count += count;
    return at;
}

fn add_draws(draws: []const Draw, tables: *Tables, tick: u32) error{ChunkFull}!void {
    const at = try reserve(tables, .rng_stream, tick, @intCast(draws.len));
    const stream = tables.of(.rng_stream);
    for (
        draws,
        column(stream, schema.RngDraw, "value", u16)[at..],
        column(stream, schema.RngDraw, "state_before", u32)[at..],
        column(stream, schema.RngDraw, "state_after", u32)[at..],
        column(stream, schema.RngDraw, "caller", u32)[at..],
    ) |draw, *value, *before, *after, *caller| {
        before.* = draw.state_before;
        after.* = next_state(draw.state_before);
        value.* = value_of(after.*);
        caller.* = @backingInt(draw.caller);
    }
}

/// The words of the column of a field that is no struct.
fn column(table: *const Rows, comptime Row: type, comptime name: []const u8, comptime Word: type) []Word {
    return table.words(Word, comptime position_of(Row, name));
}

fn position_of(comptime Row: type, comptime name: []const u8) usize {
    const info = @typeInfo(Row).@"struct";
    var position = 0;
    inline for (info.field_names, info.field_types) |field, Field| {
        if (std.mem.eql(u8, field, name)) return position;
        position += width(Field);
    }
    unreachable;
}

/// How many columns a field takes.
fn width(comptime Field: type) usize {
    if (@typeInfo(Field) != .@"struct") return 1;
    var sum: usize = 0;
    inline for (@typeInfo(Field).@"struct".field_types) |Part| sum += width(Part);
    return sum;
}

/// The live slots of a pool: what is kept by field is written by field.
fn add_pool(
    comptime Row: type,
    comptime table: schema.TableId,
    pool: anytype,
    tables: *Tables,
    tick: u32,
) error{ChunkFull}!void {
    const slots_max = @TypeOf(pool.*).slots_max;
    var buffer: [slots_max]u16 = undefined;
    var count: u32 = 0;
    for (0..slots_max) |slot| {
        buffer[count] = @intCast(slot);
        count += @intFromBool(rows.live(pool, slot));
    }
    const slots = buffer[0..count];
    const at = try reserve(tables, table, tick, count);
    const target = tables.of(table);
    const info = @typeInfo(Row).@"struct";
    comptime var position = 0;
    inline for (info.field_names, info.field_types) |name, Field| {
        if (comptime std.mem.eql(u8, name, "index")) {
            @memcpy(target.words(u16, position)[at..], slots);
        } else {
            write_field(Field, target, position, at, slots, &@field(pool, name));
        }
        position += comptime width(Field);
    }
}

fn write_field(
    comptime Field: type,
    target: *Rows,
    comptime position: usize,
    at: u32,
    slots: []const u16,
    values: anytype,
) void {
    switch (@typeInfo(Field)) {
        .@"struct" => |info| {
            comptime var part_position = position;
            inline for (info.field_names) |part| {
                for (target.words(u32, part_position)[at..], slots) |*word, slot| {
                    word.* = finite_bits(@field(values[slot], part));
                }
                part_position += 1;
            }
        },
        .bool => for (target.words(u8, position)[at..], slots) |*word, slot| {
            word.* = @intFromBool(values[slot]);
        },
        .float => for (target.words(u32, position)[at..], slots) |*word, slot| {
            word.* = finite_bits(values[slot]);
        },
        else => for (target.words(u32, position)[at..], slots) |*word, slot| {
            word.* = @bitCast(rows.convert(Field, values[slot]));
        },
    }
}

/// A trace holds finite values only.
fn finite_bits(value: f32) u32 {
    assert(std.math.isFinite(value));
    return @bitCast(value);
}
