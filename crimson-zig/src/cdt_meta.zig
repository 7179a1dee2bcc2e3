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

/// Reads metadata in canonical form; texts point into `raw`, lists lie in `arena`.
pub fn decode(raw: []const u8, arena: std.mem.Allocator) (msgpack.Error || error{OutOfMemory})!Meta {
    var reader: msgpack.Reader = .{ .bytes = raw, .canonical = true };
    const meta = try msgpack.read_value(Meta, &reader, arena);
    if (!reader.at_end()) return error.WrongLength;
    return meta;
}
