//! The payload of INIT and TICK chunks: tables to canonical raw bytes, and back with every claim checked.

const std = @import("std");
const columns = @import("cdt_columns.zig");
const layout = @import("layout.zig");
const memory = @import("memory.zig");
const msgpack = @import("msgpack.zig");
const schema = @import("schema.zig");
const Problem = @import("problem.zig").Problem;
const Refused = @import("problem.zig").Refused;
const Rows = @import("cdt_rows.zig").Rows;
const Tables = @import("cdt_rows.zig").Tables;
const assert = std.debug.assert;

/// What the rows of a chunk may take once decoded.
const decoded_bytes_max = 40 << 20;
const rows_max = layout.log_rows_max;
/// Twice the texts that a table may have, so that the search for one stays short.
const text_slots_max = 2 * layout.texts_max;

/// Which chunk is decoded, for messages.
pub const Where = struct {
    path: []const u8,
    offset: u64,
    kind: []const u8,
};

/// The buffers that coding needs; one is enough for any number of traces.
pub const Codec = struct {
    region: []align(memory.alignment.toByteUnits()) u8,
    /// Positions of rows in another order.
    order: []u32,
    /// Words of a column, and of the one that predicts it.
    words: []u64,
    others: []u32,
    /// How many rows have each key.
    key_counts: []u32,
    /// New numbers of texts, by hash, plus one.
    text_slots: []u32,
    text_order: [][]const u8,
    text_order_count: u32,
    packed_columns: []u8,

    const packed_size_max = blk: {
        @setEvalBranchQuota(20_000);
        var most: usize = 0;
        for (&layout.tables) |*table| {
            var size = columns.packed_max(table.rows_max(), 4);
            for (table.columns) |column| size += columns.packed_max(table.rows_max(), column.wire.width());
            most = @max(most, size);
        }
        break :blk most;
    };

    pub fn init(gpa: std.mem.Allocator) error{OutOfMemory}!Codec {
        const keys = 1 << 16;
        const region = try memory.reserve(gpa, memory.room(4, rows_max) + memory.room(8, rows_max) +
            memory.room(4, rows_max) + memory.room(4, keys + 1) + memory.room(4, text_slots_max) +
            memory.room(@sizeOf([]const u8), layout.texts_max) + memory.room(1, packed_size_max));
        var carver: memory.Carver = .{ .bytes = region };
        return .{
            .region = region,
            .order = carver.take(u32, rows_max),
            .words = carver.take(u64, rows_max),
            .others = carver.take(u32, rows_max),
            .key_counts = carver.take(u32, keys + 1),
            .text_slots = carver.take(u32, text_slots_max),
            .text_order = carver.take([]const u8, layout.texts_max),
            .text_order_count = 0,
            .packed_columns = carver.take(u8, packed_size_max),
        };
    }

    pub fn deinit(codec: *Codec, gpa: std.mem.Allocator) void {
        memory.release(gpa, codec.region);
        codec.* = undefined;
    }

    // Encoding

    /// Writes the canonical raw bytes of a chunk to the start of `out`; returns how many they are.
    pub fn encode(codec: *Codec, tables: *const Tables, out: []u8) error{ChunkFull}!usize {
        if (decoded_size(tables) > decoded_bytes_max) return error.ChunkFull;
        var writer: std.Io.Writer = .fixed(out);
        codec.write_payload(tables, &writer) catch return error.ChunkFull;
        return writer.end;
    }

    fn write_payload(codec: *Codec, tables: *const Tables, out: *std.Io.Writer) std.Io.Writer.Error!void {
        try msgpack.write_array(out, 1);
        try msgpack.write_array(out, layout.table_count);
        for (&tables.rows) |*rows| {
            codec.text_order_count = 0;
            const size = codec.pack_table(rows);
            try msgpack.write_array(out, 3);
            try msgpack.write_uint(out, rows.count);
            try msgpack.write_bin_head(out, size);
            try out.writeAll(codec.packed_columns[0..size]);
            try msgpack.write_array(out, codec.text_order_count);
            for (codec.text_order[0..codec.text_order_count]) |text| try msgpack.write_str(out, text);
        }
    }

    fn pack_table(codec: *Codec, rows: *const Rows) usize {
        const table = rows.table;
        const order: ?[]const u32 = if (table.key) |key| codec.sort_by_key(rows.words(u16, key)) else null;
        const ticks = codec.gather(u32, rows.ticks[0..rows.count], order);
        columns.take_differences(u32, ticks, table.tick_order());
        var size = columns.pack(u32, ticks, codec.packed_columns);
        for (table.columns, 0..) |*column, position| {
            const out = codec.packed_columns[size..];
            size += switch (column.wire.width()) {
                1 => codec.pack_differences(u8, rows, position, order, out),
                2 => codec.pack_u16(rows, position, order, out),
                4 => codec.pack_u32(rows, position, order, out),
                8 => codec.pack_differences(u64, rows, position, order, out),
                else => unreachable,
            };
        }
        return size;
    }

    fn pack_differences(
        codec: *Codec,
        comptime Word: type,
        rows: *const Rows,
        position: usize,
        order: ?[]const u32,
        out: []u8,
    ) usize {
        const column = &rows.table.columns[position];
        assert(column.prediction == .difference);
        const words = codec.gather(Word, rows.words(Word, position), order);
        columns.take_differences(Word, words, column.order);
        return columns.pack(Word, words, out);
    }

    fn pack_u16(codec: *Codec, rows: *const Rows, position: usize, order: ?[]const u32, out: []u8) usize {
        if (rows.table.columns[position].prediction == .difference) {
            return codec.pack_differences(u16, rows, position, order, out);
        }
        // the draws' table, which has no key
        assert(rows.table.id == .rng_stream and order == null);
        const words = codec.gather(u16, rows.words(u16, position), null);
        columns.take_rng_value(words, rows.words(u32, draw_after));
        return columns.pack(u16, words, out);
    }

    fn pack_u32(codec: *Codec, rows: *const Rows, position: usize, order: ?[]const u32, out: []u8) usize {
        const column = &rows.table.columns[position];
        const words = codec.gather(u32, rows.words(u32, position), order);
        if (column.wire == .text) codec.number_texts(rows, words);
        switch (column.prediction) {
            .difference => columns.take_differences(u32, words, column.order),
            .travel => {
                const velocities = codec.others[0..rows.count];
                const along = rows.words(u32, column.along_position);
                if (order) |from| {
                    for (velocities, from) |*velocity, row| velocity.* = along[row];
                } else {
                    @memcpy(velocities, along);
                }
                columns.take_travel(words, velocities);
            },
            .rng_before => columns.take_rng_before(words, rows.words(u32, draw_after)),
            .rng_after => columns.take_rng_after(words, rows.words(u32, draw_before)),
            .rng_value => unreachable,
        }
        return columns.pack(u32, words, out);
    }

    /// A copy of words, in another order where one is given.
    fn gather(codec: *Codec, comptime Word: type, words: []const Word, order: ?[]const u32) []Word {
        const copy = std.mem.bytesAsSlice(Word, std.mem.sliceAsBytes(codec.words))[0..words.len];
        if (order) |from| {
            for (copy, from) |*word, row| word.* = words[row];
        } else {
            @memcpy(copy, words);
        }
        return copy;
    }

    /// The rows by key, and those of a key as they were.
    fn sort_by_key(codec: *Codec, keys: []const u16) []const u32 {
        var most: usize = 0;
        for (keys) |key| most = @max(most, key);
        return codec.sort(u16, keys, most);
    }

    fn sort(codec: *Codec, comptime Key: type, keys: []const Key, most: usize) []const u32 {
        const starts = codec.key_counts[0 .. most + 2];
        @memset(starts, 0);
        for (keys) |key| starts[@as(usize, key) + 1] += 1;
        var total: u32 = 0;
        for (starts) |*start| {
            total += start.*;
            start.* = total;
        }
        const order = codec.order[0..keys.len];
        for (keys, 0..) |key, row| {
            order[starts[key]] = @intCast(row);
            starts[key] += 1;
        }
        return order;
    }

    /// Numbers texts anew, in the order in which they appear. `words` are the old numbers of the stored rows.
    fn number_texts(codec: *Codec, rows: *const Rows, words: []u32) void {
        assert(codec.text_order_count == 0);
        const slots = codec.text_slots[0..std.math.ceilPowerOfTwoAssert(usize, @max(2 * rows.texts_count, 16))];
        @memset(slots, 0);
        for (words) |*word| {
            const text = rows.texts[word.*];
            var slot: usize = @intCast(std.hash.Wyhash.hash(0, text) & (slots.len - 1));
            while (true) : (slot = (slot + 1) & (slots.len - 1)) {
                if (slots[slot] == 0) {
                    codec.text_order[codec.text_order_count] = text;
                    codec.text_order_count += 1;
                    slots[slot] = codec.text_order_count;
                    break;
                }
                if (std.mem.eql(u8, codec.text_order[slots[slot] - 1], text)) break;
            }
            word.* = slots[slot] - 1;
        }
    }

    // Decoding

    const Stored = struct { count: u32, bytes: []const u8 };

    /// Reads the tables of a chunk's raw bytes, which its texts keep pointing into. `span` is how many ticks it has.
    pub fn decode(
        codec: *Codec,
        raw: []const u8,
        span: u32,
        tables: *Tables,
        where: Where,
        problem: *Problem,
    ) Refused!void {
        assert(span >= 1 and span <= schema.ticks_per_chunk);
        tables.clear();
        var stored: [layout.table_count]Stored = undefined;
        read_payload(raw, tables, &stored) catch |failure| {
            return damaged(where, problem, "malformed payload: {s}", .{msgpack.reason(failure)});
        };
        var size: u64 = 0;
        for (&tables.rows, stored) |*rows, part| {
            const table = rows.table;
            if (part.count > table.rows_max()) {
                return damaged(where, problem, "table {s} claims {d} rows", .{ table.name, part.count });
            }
            if (table.cardinality != .many and part.count > span) {
                return damaged(where, problem, "table {s} claims {d} rows for {d} ticks", .{
                    table.name,
                    part.count,
                    span,
                });
            }
            rows.count = part.count;
            size += @as(u64, part.count) * table.row_width;
        }
        if (size > decoded_bytes_max) {
            return damaged(where, problem, "its rows take {d} bytes; a chunk has at most {d}", .{
                size,
                decoded_bytes_max,
            });
        }
        for (&tables.rows, stored) |*rows, part| {
            codec.unpack_table(rows, part.bytes, span) catch |failure| return damaged(where, problem, "table {s} {s}", .{
                rows.table.name,
                table_reason(failure),
            });
        }
    }

    const PayloadError = msgpack.Error;

    fn read_payload(raw: []const u8, tables: *Tables, stored: *[layout.table_count]Stored) PayloadError!void {
        // Whether the forms are the shortest is for `verify` to say.
        var reader: msgpack.Reader = .{ .bytes = raw, .canonical = false };
        try reader.expect_array(1);
        try reader.expect_array(layout.table_count);
        for (&tables.rows, stored) |*rows, *part| {
            try reader.expect_array(3);
            part.count = try reader.read_int_as(u32);
            part.bytes = try reader.read_bin();
            const texts = try reader.read_array();
            if (texts > layout.texts_max) return error.WrongLength;
            for (0..texts) |number| {
                const text = try reader.read_str();
                if (rows.table.has_text) rows.texts[number] = text;
            }
            rows.texts_count = if (rows.table.has_text) @intCast(texts) else 0;
        }
        if (!reader.at_end()) return error.WrongLength;
    }

    const TableError = columns.Error || error{ BytesLeft, OutsideChunk, NotOnePerTick, TwoInTick, TwoOfKey, NoFlag, NoText };

    fn table_reason(failure: TableError) []const u8 {
        return switch (failure) {
            error.EndsEarly => "ends inside a column",
            error.BitsAfterLastRow => "has bits after its last row",
            error.BytesLeft => "has bytes after its last column",
            error.OutsideChunk => "has rows outside the chunk's ticks or out of order",
            error.NotOnePerTick => "does not hold one row for each tick of the chunk",
            error.TwoInTick => "has two rows in a tick",
            error.TwoOfKey => "has two rows of one key in a tick",
            error.NoFlag => "has a flag that is neither 0 nor 1",
            error.NoText => "refers to a text that it does not list",
        };
    }

    fn unpack_table(codec: *Codec, rows: *Rows, bytes: []const u8, span: u32) TableError!void {
        const table = rows.table;
        const ticks = rows.ticks[0..rows.count];
        var taken = try columns.unpack(u32, bytes, ticks);
        columns.sum_differences(u32, ticks, table.tick_order());
        for (table.columns, 0..) |column, position| {
            const rest = bytes[taken..];
            taken += switch (column.wire.width()) {
                1 => try columns.unpack(u8, rest, rows.words(u8, position)),
                2 => try columns.unpack(u16, rest, rows.words(u16, position)),
                4 => try columns.unpack(u32, rest, rows.words(u32, position)),
                8 => try columns.unpack(u64, rest, rows.words(u64, position)),
                else => unreachable,
            };
        }
        if (taken != bytes.len) return error.BytesLeft;
        restore(rows);
        for (ticks) |tick| {
            if (tick >= span) return error.OutsideChunk;
        }
        if (table.key != null) codec.sort_by_tick(rows);
        try check_rows(rows, span);
    }

    /// Residuals to words, in stored order.
    fn restore(rows: *Rows) void {
        const table = rows.table;
        if (table.id == .rng_stream) {
            columns.sum_rng(rows.words(u16, draw_value), rows.words(u32, draw_before), rows.words(u32, draw_after));
        }
        for (table.columns, 0..) |column, position| {
            if (column.prediction != .difference) continue;
            switch (column.wire.width()) {
                1 => columns.sum_differences(u8, rows.words(u8, position), column.order),
                2 => columns.sum_differences(u16, rows.words(u16, position), column.order),
                4 => columns.sum_differences(u32, rows.words(u32, position), column.order),
                8 => columns.sum_differences(u64, rows.words(u64, position), column.order),
                else => unreachable,
            }
        }
        for (table.columns, 0..) |column, position| {
            if (column.prediction == .travel) {
                columns.sum_travel(rows.words(u32, position), rows.words(u32, column.along_position));
            }
        }
    }

    fn sort_by_tick(codec: *Codec, rows: *Rows) void {
        const ticks = rows.ticks[0..rows.count];
        const order = codec.sort(u32, ticks, schema.ticks_per_chunk - 1);
        @memcpy(ticks, codec.gather(u32, ticks, order));
        for (rows.table.columns, 0..) |column, position| {
            switch (column.wire.width()) {
                1 => @memcpy(rows.words(u8, position), codec.gather(u8, rows.words(u8, position), order)),
                2 => @memcpy(rows.words(u16, position), codec.gather(u16, rows.words(u16, position), order)),
                4 => @memcpy(rows.words(u32, position), codec.gather(u32, rows.words(u32, position), order)),
                8 => @memcpy(rows.words(u64, position), codec.gather(u64, rows.words(u64, position), order)),
                else => unreachable,
            }
        }
    }

    fn check_rows(rows: *const Rows, span: u32) TableError!void {
        const table = rows.table;
        const ticks = rows.ticks[0..rows.count];
        if (table.cardinality == .one and rows.count != span) return error.NotOnePerTick;
        if (ticks.len > 1) {
            for (ticks[0 .. ticks.len - 1], ticks[1..]) |tick, next| {
                if (next < tick) return error.OutsideChunk;
                if (next == tick) switch (table.cardinality) {
                    .one => return error.NotOnePerTick,
                    .optional => return error.TwoInTick,
                    .many => {},
                };
            }
        }
        if (table.key) |key| {
            const keys = rows.words(u16, key);
            for (1..@max(keys.len, 1)) |row| {
                if (ticks[row] == ticks[row - 1] and keys[row] <= keys[row - 1]) return error.TwoOfKey;
            }
        }
        for (table.columns, 0..) |column, position| switch (column.wire) {
            .b1 => for (rows.words(u8, position)) |word| {
                if (word > 1) return error.NoFlag;
            },
            .text => for (rows.words(u32, position)) |word| {
                if (word >= rows.texts_count) return error.NoText;
            },
            else => {},
        };
    }
};

fn damaged(where: Where, problem: *Problem, comptime format: []const u8, arguments: anytype) Refused {
    return problem.refuse(where.path, "byte {d}, {s} chunk: " ++ format, .{ where.offset, where.kind } ++ arguments);
}

/// The columns of `rng_stream`, whose predictions look at each other.
const draw_value = 0;
const draw_before = 1;
const draw_after = 2;

comptime {
    const draws = layout.table_of(.rng_stream).columns;
    assert(draws[draw_value].prediction == .rng_value);
    assert(draws[draw_before].prediction == .rng_before);
    assert(draws[draw_after].prediction == .rng_after);
}

fn decoded_size(tables: *const Tables) u64 {
    var size: u64 = 0;
    for (&tables.rows) |*rows| size += @as(u64, rows.count) * rows.table.row_width;
    return size;
}
