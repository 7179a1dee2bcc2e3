//! The part of msgpack that traces and replays use: what msgspec writes, and reading it with or without insisting on
//! the shortest forms.

const std = @import("std");
const assert = std.debug.assert;
const Writer = std.Io.Writer;

pub fn write_nil(out: *Writer) Writer.Error!void {
    try out.writeByte(0xc0);
}

pub fn write_bool(out: *Writer, value: bool) Writer.Error!void {
    try out.writeByte(if (value) 0xc3 else 0xc2);
}

pub fn write_uint(out: *Writer, value: u64) Writer.Error!void {
    if (value < 0x80) {
        try out.writeByte(@intCast(value));
    } else if (value <= 0xff) {
        try write_tagged(out, 0xcc, u8, @intCast(value));
    } else if (value <= 0xffff) {
        try write_tagged(out, 0xcd, u16, @intCast(value));
    } else if (value <= 0xffff_ffff) {
        try write_tagged(out, 0xce, u32, @intCast(value));
    } else {
        try write_tagged(out, 0xcf, u64, value);
    }
}

/// An integer of 64 bits, signed or not.
pub fn write_int(out: *Writer, value: i128) Writer.Error!void {
    if (value >= 0) return write_uint(out, @intCast(value));
    if (value >= -32) {
        try out.writeByte(@bitCast(@as(i8, @intCast(value))));
    } else if (value >= std.math.minInt(i8)) {
        try write_tagged(out, 0xd0, i8, @intCast(value));
    } else if (value >= std.math.minInt(i16)) {
        try write_tagged(out, 0xd1, i16, @intCast(value));
    } else if (value >= std.math.minInt(i32)) {
        try write_tagged(out, 0xd2, i32, @intCast(value));
    } else {
        try write_tagged(out, 0xd3, i64, @intCast(value));
    }
}

pub fn write_str(out: *Writer, text: []const u8) Writer.Error!void {
    if (text.len < 32) {
        try out.writeByte(0xa0 | @as(u8, @intCast(text.len)));
    } else {
        try write_length(out, text.len, .{ 0xd9, 0xda, 0xdb });
    }
    try out.writeAll(text);
}

/// The head of a bin; its bytes follow.
pub fn write_bin_head(out: *Writer, length: usize) Writer.Error!void {
    try write_length(out, length, .{ 0xc4, 0xc5, 0xc6 });
}

pub fn write_array(out: *Writer, length: usize) Writer.Error!void {
    if (length < 16) return out.writeByte(0x90 | @as(u8, @intCast(length)));
    try write_length(out, length, .{ null, 0xdc, 0xdd });
}

pub fn write_map(out: *Writer, length: usize) Writer.Error!void {
    if (length < 16) return out.writeByte(0x80 | @as(u8, @intCast(length)));
    try write_length(out, length, .{ null, 0xde, 0xdf });
}

fn write_tagged(out: *Writer, tag: u8, comptime Int: type, value: Int) Writer.Error!void {
    try out.writeByte(tag);
    try out.writeInt(Int, value, .big);
}

fn write_length(out: *Writer, length: usize, comptime tags: [3]?u8) Writer.Error!void {
    if (tags[0] != null and length <= 0xff) {
        try write_tagged(out, tags[0].?, u8, @intCast(length));
    } else if (length <= 0xffff) {
        try write_tagged(out, tags[1].?, u16, @intCast(length));
    } else {
        try write_tagged(out, tags[2].?, u32, @intCast(length));
    }
}

/// A struct as a map of its fields in order: integers, bools, strings, optional and nested structs, lists of strings.
pub fn write_value(out: *Writer, value: anytype) Writer.Error!void {
    const Value = @TypeOf(value);
    switch (Value) {
        i128 => return write_int(out, value),
        bool => return write_bool(out, value),
        []const u8 => return write_str(out, value),
        []const []const u8 => {
            try write_array(out, value.len);
            for (value) |text| try write_str(out, text);
            return;
        },
        else => {},
    }
    switch (@typeInfo(Value)) {
        .optional => if (value) |present| try write_value(out, present) else try write_nil(out),
        .@"struct" => |info| {
            try write_map(out, info.field_names.len);
            inline for (info.field_names) |name| {
                try write_str(out, name);
                try write_value(out, @field(value, name));
            }
        },
        else => @compileError("no msgpack form of " ++ @typeName(Value)),
    }
}

pub const Error = error{ EndsEarly, WrongType, NotShortest, NoUtf8, OutOfRange, WrongKey, WrongLength };

pub fn reason(failure: Error) []const u8 {
    return switch (failure) {
        error.EndsEarly => "it ends inside a value",
        error.WrongType => "a value has another type",
        error.NotShortest => "it is not in canonical form",
        error.NoUtf8 => "a text is not UTF-8",
        error.OutOfRange => "a number is out of range",
        error.WrongKey => "a map has other keys, or in another order",
        error.WrongLength => "an array or map has another length",
    };
}

/// Reads values one after the other, without copying and without allocating.
pub const Reader = struct {
    bytes: []const u8,
    position: usize = 0,
    /// Refuse every form but the shortest.
    canonical: bool,

    pub fn at_end(reader: *const Reader) bool {
        return reader.position == reader.bytes.len;
    }

    pub fn take(reader: *Reader, length: usize) Error![]const u8 {
        if (length > reader.bytes.len - reader.position) return error.EndsEarly;
        defer reader.position += length;
        return reader.bytes[reader.position..][0..length];
    }

    fn take_byte(reader: *Reader) Error!u8 {
        return (try reader.take(1))[0];
    }

    fn take_int(reader: *Reader, comptime Int: type) Error!Int {
        const size = @divExact(@bitSizeOf(Int), 8);
        return std.mem.readInt(Int, (try reader.take(size))[0..size], .big);
    }

    /// A value that the next shorter form could not hold, unless any form will do.
    fn wide(reader: *Reader, comptime Int: type, comptime shorter_max: i128) Error!i128 {
        const value: i128 = try reader.take_int(Int);
        if (reader.canonical and value <= shorter_max) return error.NotShortest;
        return value;
    }

    fn negative(reader: *Reader, comptime Int: type, comptime shorter_min: i128) Error!i128 {
        const value: i128 = try reader.take_int(Int);
        if (reader.canonical and value >= shorter_min) return error.NotShortest;
        return value;
    }

    pub fn read_int(reader: *Reader) Error!i128 {
        const tag = try reader.take_byte();
        return switch (tag) {
            0x00...0x7f => tag,
            0xe0...0xff => @as(i8, @bitCast(tag)),
            0xcc => try reader.wide(u8, 0x7f),
            0xcd => try reader.wide(u16, 0xff),
            0xce => try reader.wide(u32, 0xffff),
            0xcf => try reader.wide(u64, 0xffff_ffff),
            0xd0 => try reader.negative(i8, -32),
            0xd1 => try reader.negative(i16, std.math.minInt(i8)),
            0xd2 => try reader.negative(i32, std.math.minInt(i16)),
            0xd3 => try reader.negative(i64, std.math.minInt(i32)),
            else => error.WrongType,
        };
    }

    pub fn read_int_as(reader: *Reader, comptime Int: type) Error!Int {
        return std.math.cast(Int, try reader.read_int()) orelse error.OutOfRange;
    }

    /// A float of 64 bits, which is how msgspec writes every float.
    pub fn read_float(reader: *Reader) Error!f64 {
        if (try reader.take_byte() != 0xcb) return error.WrongType;
        return @bitCast(try reader.take_int(u64));
    }

    pub fn read_bool(reader: *Reader) Error!bool {
        return switch (try reader.take_byte()) {
            0xc2 => false,
            0xc3 => true,
            else => error.WrongType,
        };
    }

    /// Whether a nil comes next, which is then behind us.
    pub fn skip_nil(reader: *Reader) bool {
        if (reader.at_end() or reader.bytes[reader.position] != 0xc0) return false;
        reader.position += 1;
        return true;
    }

    fn length_as(reader: *Reader, comptime Int: type, comptime shorter_max: usize) Error!usize {
        return @intCast(try reader.wide(Int, shorter_max));
    }

    pub fn read_str(reader: *Reader) Error![]const u8 {
        const tag = try reader.take_byte();
        const length: usize = switch (tag) {
            0xa0...0xbf => tag & 0x1f,
            0xd9 => try reader.length_as(u8, 31),
            0xda => try reader.length_as(u16, 0xff),
            0xdb => try reader.length_as(u32, 0xffff),
            else => return error.WrongType,
        };
        const text = try reader.take(length);
        if (!std.unicode.utf8ValidateSlice(text)) return error.NoUtf8;
        return text;
    }

    pub fn read_bin(reader: *Reader) Error![]const u8 {
        const length: usize = switch (try reader.take_byte()) {
            // the shortest form of an empty bin is c4 as well
            0xc4 => try reader.take_int(u8),
            0xc5 => try reader.length_as(u16, 0xff),
            0xc6 => try reader.length_as(u32, 0xffff),
            else => return error.WrongType,
        };
        return reader.take(length);
    }

    pub fn read_array(reader: *Reader) Error!usize {
        const tag = try reader.take_byte();
        return switch (tag) {
            0x90...0x9f => tag & 0x0f,
            0xdc => try reader.length_as(u16, 15),
            0xdd => try reader.length_as(u32, 0xffff),
            else => error.WrongType,
        };
    }

    pub fn read_map(reader: *Reader) Error!usize {
        const tag = try reader.take_byte();
        return switch (tag) {
            0x80...0x8f => tag & 0x0f,
            0xde => try reader.length_as(u16, 15),
            0xdf => try reader.length_as(u32, 0xffff),
            else => error.WrongType,
        };
    }

    pub fn expect_array(reader: *Reader, length: usize) Error!void {
        if (try reader.read_array() != length) return error.WrongLength;
    }

    pub fn expect_map(reader: *Reader, length: usize) Error!void {
        if (try reader.read_map() != length) return error.WrongLength;
    }

    pub fn expect_key(reader: *Reader, key: []const u8) Error!void {
        if (!std.mem.eql(u8, try reader.read_str(), key)) return error.WrongKey;
    }
};

/// The fewest bytes that a value takes, so that a count can be checked before there is room made for it.
fn size_min(comptime Value: type) usize {
    switch (Value) {
        f64 => return 9,
        i128, bool, []const u8 => return 1,
        else => {},
    }
    switch (@typeInfo(Value)) {
        .@"struct" => |info| {
            var size: usize = 1;
            for (info.field_names, info.field_types) |name, Field| size += 1 + name.len + size_min(Field);
            return size;
        },
        else => return 1,
    }
}

/// The counterpart of `write_value`: maps with these keys in this order, and lists, whose room comes from `arena`.
/// Texts and bytes point into what is read.
pub fn read_value(
    comptime Value: type,
    reader: *Reader,
    arena: std.mem.Allocator,
) (Error || error{OutOfMemory})!Value {
    switch (Value) {
        i128 => return reader.read_int(),
        f64 => return reader.read_float(),
        bool => return reader.read_bool(),
        []const u8 => return reader.read_str(),
        else => {},
    }
    switch (@typeInfo(Value)) {
        .optional => |info| {
            if (reader.skip_nil()) return null;
            return try read_value(info.child, reader, arena);
        },
        .@"enum" => return std.meta.stringToEnum(Value, try reader.read_str()) orelse error.OutOfRange,
        .pointer => |info| {
            comptime assert(info.size == .slice);
            const count = try reader.read_array();
            if (count > (reader.bytes.len - reader.position) / comptime size_min(info.child)) return error.EndsEarly;
            const list = try arena.alloc(info.child, count);
            for (list) |*element| element.* = try read_value(info.child, reader, arena);
            return list;
        },
        .@"struct" => |info| {
            if (@hasDecl(Value, "read_msgpack")) return Value.read_msgpack(reader);
            try reader.expect_map(info.field_names.len);
            var value: Value = undefined;
            inline for (info.field_names, info.field_types) |name, Field| {
                try reader.expect_key(name);
                @field(value, name) = try read_value(Field, reader, arena);
            }
            return value;
        },
        else => @compileError("no msgpack form of " ++ @typeName(Value)),
    }
}

test "integers take the shortest form, and are read back" {
    var buffer: [16]u8 = undefined;
    for ([_]i128{
        0,       127,           128,            255,        256, 65535, 65536, 0xffff_ffff,
        1 << 32, (1 << 64) - 1, -1,             -32,        -33, -128,  -129,  -32768,
        -32769,  -(1 << 31),    -(1 << 31) - 1, -(1 << 63),
    }) |value| {
        var out: Writer = .fixed(&buffer);
        try write_int(&out, value);
        var reader: Reader = .{ .bytes = out.buffered(), .canonical = true };
        try std.testing.expectEqual(value, try reader.read_int());
        try std.testing.expect(reader.at_end());
    }
}

test "longer forms are read only where any form will do" {
    const long = "\xcd\x00\x05";
    var strict: Reader = .{ .bytes = long, .canonical = true };
    try std.testing.expectError(error.NotShortest, strict.read_int());
    var easy: Reader = .{ .bytes = long, .canonical = false };
    try std.testing.expectEqual(5, try easy.read_int());
}

test "a length beyond the bytes is refused" {
    var reader: Reader = .{ .bytes = "\xdb\xff\xff\xff\xffab", .canonical = true };
    try std.testing.expectError(error.EndsEarly, reader.read_str());
}
