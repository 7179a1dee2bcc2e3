//! The columns of each table, derived from the structs of `schema`. A nested struct's fields are columns of the table
//! that holds it, with dotted names.

const std = @import("std");
const schema = @import("schema.zig");
const assert = std.debug.assert;

pub const Wire = enum {
    u2,
    u4,
    u8,
    i4,
    f4,
    b1,
    text,

    pub fn width(wire: Wire) u8 {
        return switch (wire) {
            .b1 => 1,
            .u2 => 2,
            .u4, .i4, .f4, .text => 4,
            .u8 => 8,
        };
    }

    fn of(comptime Field: type) ?Wire {
        return switch (Field) {
            u16 => .u2,
            u32 => .u4,
            u64 => .u8,
            i32 => .i4,
            f32 => .f4,
            bool => .b1,
            schema.Text => .text,
            else => null,
        };
    }
};

pub const Column = struct {
    path: []const u8,
    wire: Wire,
    prediction: schema.Prediction,
    order: u2,
    /// The path of the velocity column, for `travel`, and its position in the table.
    along: []const u8,
    along_position: u8,
    key: bool,
};

pub const Table = struct {
    id: schema.TableId,
    name: []const u8,
    channel: schema.Channel,
    cardinality: schema.Cardinality,
    columns: []const Column,
    /// The position of the column that names a row within its tick; null for a log.
    key: ?u8,
    /// The sum of the columns' widths, in bytes.
    row_width: u32,
    has_text: bool,

    /// The most rows that a chunk may have.
    pub fn rows_max(table: *const Table) u32 {
        return if (table.key != null) keyed_rows_max else log_rows_max;
    }

    /// The tick column's order of differences: sorted by key, a slot's ticks step by one for as long as it is live.
    pub fn tick_order(table: *const Table) u2 {
        return if (table.key != null) 2 else 1;
    }
};

pub const keyed_rows_max = schema.ticks_per_chunk * 512;
pub const log_rows_max = 1 << 18;
/// The most texts that a table lists.
pub const texts_max = keyed_rows_max;
pub const table_count = std.enums.values(schema.TableId).len;
pub const columns_max = 64;

pub const tables: [table_count]Table = blk: {
    @setEvalBranchQuota(200_000);
    var all: [table_count]Table = undefined;
    for (std.enums.values(schema.TableId), 0..) |id, position| all[position] = derive(id);
    break :blk all;
};

pub fn table_of(id: schema.TableId) *const Table {
    return &tables[@backingInt(id)];
}

fn derive(comptime id: schema.TableId) Table {
    const specification = schema.specification(id);
    const columns = columns_of(specification.row, "", .{});
    var key: ?u8 = null;
    var row_width: u32 = 0;
    var has_text = false;
    var resolved: [columns.len]Column = columns[0..columns.len].*;
    for (&resolved, 0..) |*column, position| {
        row_width += column.wire.width();
        if (column.wire == .text) has_text = true;
        if (column.key) {
            assert(key == null);
            key = position;
        }
        if (column.prediction == .travel) {
            column.along_position = position_of(columns, column.along);
            // a travel is restored from the finished column of its velocity
            assert(columns[column.along_position].prediction == .difference);
        }
    }
    assert(resolved.len <= columns_max);
    const frozen = resolved;
    return .{
        .id = id,
        .name = dotted_name(id, specification.channel),
        .channel = specification.channel,
        .cardinality = specification.cardinality,
        .columns = &frozen,
        .key = key,
        .row_width = row_width,
        .has_text = has_text,
    };
}

fn dotted_name(comptime id: schema.TableId, comptime channel: schema.Channel) []const u8 {
    const whole = @tagName(id);
    const first = @tagName(channel);
    if (whole.len == first.len) return whole;
    assert(std.mem.startsWith(u8, whole, first ++ "_"));
    return first ++ "." ++ whole[first.len + 1 ..];
}

fn position_of(comptime columns: []const Column, comptime path: []const u8) u8 {
    for (columns, 0..) |column, position| {
        if (std.mem.eql(u8, column.path, path)) return position;
    }
    @compileError("no column " ++ path);
}

/// The columns of a struct; `inherited` is the storage of the field that holds it.
fn columns_of(comptime Row: type, comptime prefix: []const u8, comptime inherited: schema.Storage) []const Column {
    const info = @typeInfo(Row).@"struct";
    if (@hasDecl(Row, "stored")) {
        for (@typeInfo(@TypeOf(Row.stored)).@"struct".field_names) |name| assert(@hasField(Row, name));
    }
    var columns: []const Column = &.{};
    for (info.field_names, info.field_types) |name, Field| {
        var storage: schema.Storage = inherited;
        if (@hasDecl(Row, "stored") and @hasField(@TypeOf(Row.stored), name)) {
            storage = @field(Row.stored, name);
        } else if (inherited.along.len > 0) {
            storage.along = inherited.along ++ "." ++ name;
        }
        if (Wire.of(Field)) |wire| {
            columns = columns ++ [_]Column{.{
                .path = prefix ++ name,
                .wire = wire,
                .prediction = storage.prediction,
                .order = storage.order,
                .along = storage.along,
                .along_position = 0,
                .key = storage.key,
            }};
        } else {
            columns = columns ++ columns_of(Field, prefix ++ name ++ ".", storage);
        }
    }
    return columns;
}

/// Writes the whole layout as JSON: what the Python side compares with its own.
pub fn write_json(out: *std.Io.Writer) std.Io.Writer.Error!void {
    try out.writeAll("[");
    for (&tables, 0..) |*table, position| {
        try out.print("{s}\n{{\"name\":\"{s}\",\"channel\":\"{s}\",\"cardinality\":\"{s}\",\"columns\":[", .{
            if (position == 0) "" else ",",
            table.name,
            @tagName(table.channel),
            @tagName(table.cardinality),
        });
        for (table.columns, 0..) |column, index| {
            try out.print(
                "{s}\n {{\"path\":\"{s}\",\"wire\":\"{s}\",\"predictor\":\"{s}\",\"order\":{d},\"along\":\"{s}\",\"key\":{}}}",
                .{
                    if (index == 0) "" else ",",
                    column.path,
                    @tagName(column.wire),
                    @tagName(column.prediction),
                    column.order,
                    column.along,
                    column.key,
                },
            );
        }
        try out.writeAll("]}");
    }
    try out.writeAll("\n]\n");
}

test "the creatures' columns" {
    const table = table_of(.entity_samples_creatures);
    try std.testing.expectEqualStrings("entity_samples.creatures", table.name);
    try std.testing.expectEqual(37, table.columns.len);
    try std.testing.expectEqual(0, table.key.?);
    try std.testing.expectEqualStrings("pos.x", table.columns[3].path);
    try std.testing.expectEqualStrings("vel.x", table.columns[3].along);
    try std.testing.expectEqual(5, table.columns[3].along_position);
    try std.testing.expectEqual(3, table.columns[5].order);
}

test "texts stand in two tables, one each" {
    var texts: u32 = 0;
    for (tables) |table| {
        for (table.columns) |column| texts += @intFromBool(column.wire == .text);
    }
    try std.testing.expectEqual(2, texts);
}
