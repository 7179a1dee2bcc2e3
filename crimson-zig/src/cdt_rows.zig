//! The rows of one chunk, table by table, as columns of words in tick order. Floats are held as the bits of their f32,
//! so that comparing columns compares what the game would compare.

const std = @import("std");
const layout = @import("layout.zig");
const memory = @import("memory.zig");
const schema = @import("schema.zig");
const assert = std.debug.assert;

/// The bytes of all texts of a chunk; a chunk of full typ-o pools has less than a tenth of it.
const text_bytes_max = 8 << 20;

/// The rows of one table. `ticks[i]` is the tick of row i, less the chunk's first one.
pub const Rows = struct {
    table: *const layout.Table,
    count: u32 = 0,
    ticks: []u32,
    /// A column's bytes; as long as the table may get.
    columns: [layout.columns_max][]u8,
    /// The texts that the words of text columns number.
    texts: [][]const u8,
    texts_count: u32 = 0,

    /// The words of a column whose words are as wide as `Word`.
    pub fn words(rows: *const Rows, comptime Word: type, position: usize) []Word {
        assert(rows.table.columns[position].wire.width() == @sizeOf(Word));
        const bytes: []align(8) u8 = @alignCast(rows.columns[position]);
        return std.mem.bytesAsSlice(Word, bytes)[0..rows.count];
    }

    /// A word of any column, widened.
    pub fn word(rows: *const Rows, position: usize, row: usize) u64 {
        return switch (rows.table.columns[position].wire.width()) {
            1 => rows.words(u8, position)[row],
            2 => rows.words(u16, position)[row],
            4 => rows.words(u32, position)[row],
            8 => rows.words(u64, position)[row],
            else => unreachable,
        };
    }

    pub fn text(rows: *const Rows, position: usize, row: usize) []const u8 {
        assert(rows.table.columns[position].wire == .text);
        return rows.texts[rows.words(u32, position)[row]];
    }

    /// The first row of each of the chunk's ticks; one more than there are ticks.
    pub fn tick_starts(rows: *const Rows, starts: *[schema.ticks_per_chunk + 1]u32) void {
        var row: u32 = 0;
        for (starts, 0..) |*start, tick| {
            while (row < rows.count and rows.ticks[row] < tick) row += 1;
            start.* = row;
        }
        assert(row == rows.count);
    }
};

/// All tables of a chunk.
pub const Tables = struct {
    region: []align(memory.alignment.toByteUnits()) u8,
    rows: [layout.table_count]Rows,
    /// Copies of texts that a producer gave; texts that were decoded lie in the chunk's raw bytes.
    text_bytes: []u8,
    text_bytes_used: usize = 0,

    pub fn init(gpa: std.mem.Allocator) error{OutOfMemory}!Tables {
        var size: usize = memory.room(1, text_bytes_max);
        for (&layout.tables) |*table| {
            const rows_max = capacity(table);
            size += memory.room(@sizeOf(u32), rows_max);
            for (table.columns) |column| size += memory.room(column.wire.width(), rows_max);
            if (table.has_text) size += memory.room(@sizeOf([]const u8), layout.texts_max);
        }
        const region = try memory.reserve(gpa, size);
        var carver: memory.Carver = .{ .bytes = region };
        var tables: Tables = .{ .region = region, .rows = undefined, .text_bytes = carver.take(u8, text_bytes_max) };
        for (&tables.rows, &layout.tables) |*rows, *table| {
            const rows_max = capacity(table);
            rows.* = .{
                .table = table,
                .ticks = carver.take(u32, rows_max),
                .columns = @splat(&.{}),
                .texts = if (table.has_text) carver.take([]const u8, layout.texts_max) else &.{},
            };
            for (table.columns, rows.columns[0..table.columns.len]) |column, *bytes| {
                bytes.* = carver.take(u8, rows_max * @as(usize, column.wire.width()));
            }
        }
        return tables;
    }

    pub fn deinit(tables: *Tables, gpa: std.mem.Allocator) void {
        memory.release(gpa, tables.region);
        tables.* = undefined;
    }

    pub fn clear(tables: *Tables) void {
        for (&tables.rows) |*rows| {
            rows.count = 0;
            rows.texts_count = 0;
        }
        tables.text_bytes_used = 0;
    }

    pub fn of(tables: *Tables, id: schema.TableId) *Rows {
        return &tables.rows[@backingInt(id)];
    }

    /// Adds a row. Ticks must not descend, nor, within a tick, the key of a keyed table.
    pub fn append(
        tables: *Tables,
        comptime id: schema.TableId,
        tick: u32,
        row: schema.TableId.Row(id),
    ) error{ChunkFull}!void {
        const table = comptime layout.table_of(id);
        const rows = tables.of(id);
        if (rows.count == rows.ticks.len) return error.ChunkFull;
        assert(tick < schema.ticks_per_chunk);
        const at = rows.count;
        if (at > 0) {
            assert(rows.ticks[at - 1] <= tick);
            if (rows.ticks[at - 1] == tick) {
                assert(table.cardinality == .many);
                if (table.key) |key| assert(rows.words(u16, key)[at - 1] < row.index);
            }
        }
        rows.ticks[at] = tick;
        rows.count += 1;
        comptime assert(width(@TypeOf(row)) == table.columns.len);
        try tables.store(rows, 0, at, row);
    }

    /// Puts a value, or every value of a struct, into the columns from `next` on.
    fn store(tables: *Tables, rows: *Rows, comptime next: usize, at: u32, value: anytype) error{ChunkFull}!void {
        const Value = @TypeOf(value);
        switch (Value) {
            u16, u32, u64 => rows.words(Value, next)[at] = value,
            i32 => rows.words(u32, next)[at] = @bitCast(value),
            f32 => {
                // The format has finite values only: a producer that makes another one is broken.
                assert(std.math.isFinite(value));
                rows.words(u32, next)[at] = @bitCast(value);
            },
            bool => rows.words(u8, next)[at] = @intFromBool(value),
            schema.Text => rows.words(u32, next)[at] = try tables.keep_text(rows, value),
            else => {
                const info = @typeInfo(Value).@"struct";
                comptime var position = next;
                inline for (info.field_names, info.field_types) |name, Field| {
                    try tables.store(rows, position, at, @field(value, name));
                    position += comptime width(Field);
                }
            },
        }
    }

    /// The number of a text. Texts mostly stay as they are from row to row, so the last ones are looked at first.
    fn keep_text(tables: *Tables, rows: *Rows, given: []const u8) error{ChunkFull}!u32 {
        const look_back = 1024;
        var number = rows.texts_count;
        const oldest = number -| look_back;
        while (number > oldest) {
            number -= 1;
            if (std.mem.eql(u8, rows.texts[number], given)) return number;
        }
        if (given.len > tables.text_bytes.len - tables.text_bytes_used) return error.ChunkFull;
        if (rows.texts_count == rows.texts.len) return error.ChunkFull;
        const copy = tables.text_bytes[tables.text_bytes_used..][0..given.len];
        @memcpy(copy, given);
        tables.text_bytes_used += given.len;
        rows.texts[rows.texts_count] = copy;
        rows.texts_count += 1;
        return rows.texts_count - 1;
    }
};

/// How many columns a field takes.
fn width(comptime Field: type) usize {
    if (Field == schema.Text or @typeInfo(Field) != .@"struct") return 1;
    var sum: usize = 0;
    for (@typeInfo(Field).@"struct".field_types) |Part| sum += width(Part);
    return sum;
}

/// The most rows that a chunk of this table holds.
fn capacity(table: *const layout.Table) u32 {
    return if (table.cardinality == .many) table.rows_max() else schema.ticks_per_chunk;
}

test "rows are stored column by column" {
    var tables = try Tables.init(std.testing.allocator);
    defer tables.deinit(std.testing.allocator);
    try tables.append(.rng_stream, 0, .{ .value = 41, .state_before = 1, .state_after = 2745024, .caller = 7 });
    try tables.append(.rng_stream, 3, .{ .value = 1, .state_before = 2, .state_after = 3, .caller = 4 });
    try tables.append(.checkpoint_typo_names, 0, .{ .index = 2, .name = "zap" });
    try tables.append(.checkpoint_typo_names, 0, .{ .index = 5, .name = "bam" });
    try tables.append(.checkpoint_typo_names, 1, .{ .index = 2, .name = "zap" });
    const draws = tables.of(.rng_stream);
    try std.testing.expectEqualSlices(u32, &.{ 1, 2 }, draws.words(u32, 1));
    try std.testing.expectEqual(3, draws.word(2, 1));
    var starts: [schema.ticks_per_chunk + 1]u32 = undefined;
    draws.tick_starts(&starts);
    try std.testing.expectEqualSlices(u32, &.{ 0, 1, 1, 1, 2, 2 }, starts[0..6]);
    const names = tables.of(.checkpoint_typo_names);
    try std.testing.expectEqual(2, names.texts_count);
    try std.testing.expectEqualStrings("zap", names.text(1, 2));
}
