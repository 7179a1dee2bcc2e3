//! The metadata of a trace: who made it, of which run, and how an original was captured.

const std = @import("std");
const msgpack = @import("msgpack.zig");

const Text = []const u8;
/// Any integer that msgpack holds.
const Int = i128;

pub const Producer = struct {
    kind: Text,
    implementation: Text,
    version: Text,
    platform: Text,
    build: Text,

    pub fn is_original(producer: *const Producer) bool {
        return std.mem.eql(u8, producer.kind, "original");
    }
};

pub const Run = struct {
    mode_id: Int,
    seed: Int,
    player_count: Int,
    rules: Int,
    preserve_bugs: bool,
    hardcore: bool,
    friendly_fire: bool,
    quest: Text,
};

pub const Source = struct {
    replay_sha256: Text,
    game_version: Text,
    run: Run,
};

pub const Capture = struct {
    method: Text,
    session_id: Text,
    raw_sha256: Text,
    interventions: []const Text,
    tolerated: []const Text,
};

pub const Meta = struct {
    producer: Producer,
    source: Source,
    capture: ?Capture,

    pub fn encode(meta: *const Meta, out: *std.Io.Writer) std.Io.Writer.Error!void {
        try msgpack.write_value(out, meta.*);
    }
};

/// Reads metadata in canonical form; texts point into `raw`, lists into `lists`.
pub fn decode(raw: []const u8, lists: []Text) msgpack.Error!Meta {
    var reader: msgpack.Reader = .{ .bytes = raw, .canonical = true };
    var free = lists;
    const meta = try read_value(Meta, &reader, &free);
    if (!reader.at_end()) return error.WrongLength;
    return meta;
}

fn read_value(comptime Value: type, reader: *msgpack.Reader, lists: *[]Text) msgpack.Error!Value {
    switch (Value) {
        Int => return reader.read_int(),
        bool => return reader.read_bool(),
        Text => return reader.read_str(),
        []const Text => {
            const count = try reader.read_array();
            if (count > lists.len) return error.WrongLength;
            const list = lists.*[0..count];
            lists.* = lists.*[count..];
            for (list) |*text| text.* = try reader.read_str();
            return list;
        },
        else => {},
    }
    switch (@typeInfo(Value)) {
        .optional => |info| {
            if (reader.skip_nil()) return null;
            return try read_value(info.child, reader, lists);
        },
        .@"struct" => |info| {
            try reader.expect_map(info.field_names.len);
            var value: Value = undefined;
            inline for (info.field_names, info.field_types) |name, Field| {
                try reader.expect_key(name);
                @field(value, name) = try read_value(Field, reader, lists);
            }
            return value;
        },
        else => @compileError("no metadata of type " ++ @typeName(Value)),
    }
}
