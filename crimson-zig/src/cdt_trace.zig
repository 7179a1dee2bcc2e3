//! Reads `.cdt` traces: random access by chunk, with the same memory however long the trace is. Every chunk that is
//! handed out has been read and hashed by this reader.

const std = @import("std");
const format = @import("cdt_format.zig");
const files = @import("files.zig");
const memory = @import("memory.zig");
const meta_codec = @import("cdt_meta.zig");
const msgpack = @import("msgpack.zig");
const payload = @import("cdt_payload.zig");
const schema = @import("schema.zig");
const zstd = @import("zstd_decode.zig");
const Problem = @import("problem.zig").Problem;
const Refused = @import("problem.zig").Refused;
const system_reason = @import("problem.zig").system_reason;
const Tables = @import("cdt_rows.zig").Tables;
const Entry = format.Entry;
const Io = std.Io;
const assert = std.debug.assert;

const raw_max = 1 << 25;
const stored_max: usize = format.stored_max(raw_max);
const meta_max = 1 << 20;

pub const Reader = struct {
    io: Io,
    gpa: std.mem.Allocator,
    path: []const u8,
    file: Io.File,
    size: u64,
    region: []align(memory.alignment.toByteUnits()) u8,
    /// The stored bytes of the chunk that was read last, and the raw bytes of the one that was inflated last.
    stored: []u8,
    raw: []u8,
    meta_raw: []u8,
    /// Lists of the metadata.
    lists: std.heap.ArenaAllocator,
    decoder: *zstd.Decoder,
    /// All chunks before the footer: META, INIT, then the TICK chunks.
    entries: []Entry,
    meta: meta_codec.Meta,
    tables: Tables,

    pub const OpenError = Refused || error{OutOfMemory};

    /// Opens a trace and checks its index and metadata. `path` must outlive the reader.
    pub fn open(io: Io, gpa: std.mem.Allocator, path: []const u8, problem: *Problem) OpenError!Reader {
        var reader = try begin(io, gpa, path, problem);
        errdefer reader.close();
        try reader.read_index(problem);
        _ = try reader.read_raw(&reader.entries[0], problem);
        try reader.decode_meta(&reader.entries[0], problem);
        return reader;
    }

    /// Whether a file is a trace of the original, be it a damaged one.
    pub fn is_original(io: Io, gpa: std.mem.Allocator, path: []const u8) bool {
        var unread: Problem = .{};
        var reader = begin(io, gpa, path, &unread) catch return false;
        defer reader.close();
        const first = reader.read_chunk(format.file_header_size, reader.size, &unread) catch return false;
        if (first.kind != .META) return false;
        _ = reader.inflate(&first, &unread) catch return false;
        reader.decode_meta(&first, &unread) catch return false;
        return reader.meta.producer.is_original();
    }

    /// Opens a file that begins as a trace does.
    fn begin(io: Io, gpa: std.mem.Allocator, path: []const u8, problem: *Problem) OpenError!Reader {
        const file = try files.open_input(io, path, problem);
        errdefer file.close(io);
        const stat = file.stat(io) catch |failure| {
            return problem.refuse(path, "cannot be read: {s}", .{system_reason(failure)});
        };
        const region = try memory.reserve(gpa, memory.room(1, stored_max) + memory.room(1, raw_max) +
            memory.room(1, meta_max) +
            memory.room(@sizeOf(zstd.Decoder), 1));
        errdefer memory.release(gpa, region);
        var carver: memory.Carver = .{ .bytes = region };
        var reader: Reader = .{
            .io = io,
            .gpa = gpa,
            .path = path,
            .file = file,
            .size = stat.size,
            .region = region,
            .stored = carver.take(u8, stored_max),
            .raw = carver.take(u8, raw_max),
            .meta_raw = carver.take(u8, meta_max),
            .lists = .init(gpa),
            .decoder = &carver.take(zstd.Decoder, 1)[0],
            .entries = &.{},
            .meta = undefined,
            .tables = try .init(gpa),
        };
        errdefer reader.tables.deinit(gpa);
        errdefer reader.lists.deinit();
        try reader.check_file_header(problem);
        return reader;
    }

    /// Decodes the metadata, whose chunk was inflated last.
    fn decode_meta(reader: *Reader, entry: *const Entry, problem: *Problem) OpenError!void {
        const raw = reader.meta_raw[0..entry.raw_size];
        @memcpy(raw, reader.raw[0..entry.raw_size]);
        reader.meta = meta_codec.decode(raw, reader.lists.allocator()) catch |failure| switch (failure) {
            error.OutOfMemory => |e| return e,
            else => |e| return problem.refuse(reader.path, "the metadata is malformed: {s}", .{msgpack.reason(e)}),
        };
    }

    pub fn close(reader: *Reader) void {
        reader.tables.deinit(reader.gpa);
        reader.lists.deinit();
        reader.gpa.free(reader.entries);
        memory.release(reader.gpa, reader.region);
        reader.file.close(reader.io);
        reader.* = undefined;
    }

    pub fn setup_entry(reader: *const Reader) *const Entry {
        return &reader.entries[1];
    }

    pub fn tick_entries(reader: *const Reader) []const Entry {
        return reader.entries[2..];
    }

    pub fn tick_count(reader: *const Reader) u32 {
        const chunks = reader.tick_entries();
        return if (chunks.len == 0) 0 else @intCast(chunks[chunks.len - 1].last + 1);
    }

    /// The chunk's stored bytes as they lie in the file, which must be what the index says of it. They stay until the
    /// next chunk is read.
    pub fn read_stored(reader: *Reader, entry: *const Entry, problem: *Problem) Refused![]const u8 {
        const found = try reader.read_chunk(entry.offset, entry.end(), problem);
        if (!std.meta.eql(found, entry.*)) {
            return problem.refuse(reader.path, "byte {d}: the chunk's header and the index differ", .{entry.offset});
        }
        return reader.stored[0..found.stored_size];
    }

    /// The raw bytes of a chunk that was just read, hashed. They stay until the next chunk is inflated.
    pub fn inflate(reader: *Reader, entry: *const Entry, problem: *Problem) Refused![]const u8 {
        const raw = try reader.inflate_unhashed(entry, problem);
        try reader.check_hash(entry, problem);
        return raw;
    }

    /// The same bytes for a caller that sees to their hash: by `check_hash`, or by comparing them with hashed ones.
    pub fn inflate_unhashed(reader: *Reader, entry: *const Entry, problem: *Problem) Refused![]const u8 {
        const frame = reader.stored[0..entry.stored_size];
        const where = .{ entry.offset, @tagName(entry.kind) };
        const header = zstd.read_header(frame) catch |failure| {
            return problem.refuse(reader.path, "byte {d}, {s} chunk: {s}", where ++ .{zstd.reason(failure)});
        };
        if (header.content_size != entry.raw_size) return problem.refuse(
            reader.path,
            "byte {d}, {s} chunk: its frame declares {?d} bytes, its header {d}",
            where ++ .{ header.content_size, entry.raw_size },
        );
        const raw = reader.raw[0..entry.raw_size];
        const size = reader.decoder.decode(frame, raw) catch |failure| {
            return problem.refuse(reader.path, "byte {d}, {s} chunk: {s}", where ++ .{zstd.reason(failure)});
        };
        assert(size == entry.raw_size);
        return raw;
    }

    pub fn check_hash(reader: *const Reader, entry: *const Entry, problem: *Problem) Refused!void {
        if (format.raw_digest(reader.raw[0..entry.raw_size]) != entry.digest) return problem.refuse(
            reader.path,
            "byte {d}, {s} chunk: its raw bytes do not have the hash it claims",
            .{ entry.offset, @tagName(entry.kind) },
        );
    }

    pub fn read_raw(reader: *Reader, entry: *const Entry, problem: *Problem) Refused![]const u8 {
        _ = try reader.read_stored(entry, problem);
        return reader.inflate(entry, problem);
    }

    /// Decodes the chunk that was inflated last into `tables`.
    pub fn decode(reader: *Reader, codec: *payload.Codec, entry: *const Entry, problem: *Problem) Refused!void {
        const where: payload.Where = .{ .path = reader.path, .offset = entry.offset, .kind = @tagName(entry.kind) };
        try codec.decode(reader.raw[0..entry.raw_size], entry.span(), &reader.tables, where, problem);
    }

    fn read_at(reader: *Reader, buffer: []u8, offset: u64, problem: *Problem) Refused!usize {
        return reader.file.readPositionalAll(reader.io, buffer, offset) catch |failure| {
            return problem.refuse(reader.path, "cannot be read: {s}", .{system_reason(failure)});
        };
    }

    fn check_file_header(reader: *Reader, problem: *Problem) Refused!void {
        var bytes: [format.file_header_size]u8 = undefined;
        const size = try reader.read_at(&bytes, 0, problem);
        const path = reader.path;
        if (size == 0) return problem.refuse(path, "the file is empty (record or finalize it again)", .{});
        const known = @min(size, format.magic.len);
        const foreign = !std.mem.eql(u8, bytes[0..known], format.magic[0..known]);
        if (foreign) {
            return problem.refuse(path, "this is no .cdt trace: its first bytes are not the trace magic", .{});
        }
        if (size < bytes.len) {
            return problem.refuse(path, "the file ends after {d} bytes, inside its header", .{size});
        }
        const version = std.mem.readInt(u32, bytes[8..12], .little);
        if (version != format.version) return problem.refuse(
            path,
            "the trace has format version {d}; this build reads version {d} (record it again with this build)",
            .{ version, format.version },
        );
        const ticks = std.mem.readInt(u32, bytes[12..16], .little);
        if (ticks != schema.ticks_per_chunk) return problem.refuse(
            path,
            "the trace has {d} ticks a chunk; version 1 has {d}",
            .{ ticks, schema.ticks_per_chunk },
        );
    }

    /// Reads the chunk whose header lies at `offset` and that must end by `limit`; its stored bytes are in `stored`.
    fn read_chunk(reader: *Reader, offset: u64, limit: u64, problem: *Problem) Refused!Entry {
        const path = reader.path;
        var header: [format.chunk_header_size]u8 = undefined;
        const room = @min(header.len, limit -| offset);
        if (try reader.read_at(header[0..@intCast(room)], offset, problem) < header.len) {
            return problem.refuse(path, "byte {d}: a chunk header was expected and the file ends", .{offset});
        }
        const kind = format.Kind.of(header[0..4]) orelse {
            return problem.refuse(path, "byte {d}: 0x{x} is no chunk kind", .{ offset, header[0..4] });
        };
        const where = .{ offset, @tagName(kind) };
        const flags = std.mem.readInt(u32, header[12..16], .little);
        if (flags != format.flag_zstd) return problem.refuse(
            path,
            "byte {d}, {s} chunk: flags are {d}, expected {d}",
            where ++ .{ flags, format.flag_zstd },
        );
        const entry: Entry = .{
            .kind = kind,
            .first = std.mem.readInt(i32, header[4..8], .little),
            .last = std.mem.readInt(i32, header[8..12], .little),
            .offset = offset,
            .stored_size = std.mem.readInt(u32, header[16..20], .little),
            .raw_size = std.mem.readInt(u32, header[20..24], .little),
            .check = std.mem.readInt(u32, header[24..28], .little),
            .digest = std.mem.readInt(u64, header[28..36], .little),
        };
        if (entry.raw_size > kind.raw_max()) return problem.refuse(
            path,
            "byte {d}, {s} chunk: claims {d} raw bytes; such a chunk has at most {d}",
            where ++ .{ entry.raw_size, kind.raw_max() },
        );
        if (entry.stored_size > format.stored_max(entry.raw_size)) return problem.refuse(
            path,
            "byte {d}, {s} chunk: claims {d} stored bytes for {d} raw bytes",
            where ++ .{ entry.stored_size, entry.raw_size },
        );
        if (entry.end() > limit) return problem.refuse(
            path,
            "byte {d}, {s} chunk: claims {d} stored bytes, more than the file has left",
            where ++ .{entry.stored_size},
        );
        const stored = reader.stored[0..entry.stored_size];
        if (try reader.read_at(stored, offset + format.chunk_header_size, problem) != stored.len) {
            return problem.refuse(path, "byte {d}, {s} chunk: the file ends inside it", where);
        }
        if (format.check_value(&header, stored) != entry.check) {
            return problem.refuse(path, "byte {d}, {s} chunk: its bytes do not match their check value", where);
        }
        return entry;
    }

    fn read_index(reader: *Reader, problem: *Problem) OpenError!void {
        const path = reader.path;
        const body = format.file_header_size;
        if (reader.size < body + format.trailer_size) return reader.ended_early(problem);
        const limit = reader.size - format.trailer_size;
        var trailer: [format.trailer_size]u8 = undefined;
        if (try reader.read_at(&trailer, limit, problem) < trailer.len) return reader.ended_early(problem);
        if (!std.mem.eql(u8, trailer[8..16], format.end_magic)) return reader.ended_early(problem);
        const offset = std.mem.readInt(u64, trailer[0..8], .little);
        if (offset < body or offset >= limit) return problem.refuse(
            path,
            "the trailer points at byte {d}, outside the file's chunks",
            .{offset},
        );
        const footer = try reader.read_chunk(offset, limit, problem);
        if (footer.kind != .FOOT or footer.first != 0 or footer.last != -1) return problem.refuse(
            path,
            "the trailer points at byte {d}, where no footer chunk lies",
            .{offset},
        );
        if (footer.end() != limit) {
            return problem.refuse(path, "byte {d}: the footer does not end at the trailer", .{offset});
        }
        const raw = try reader.inflate(&footer, problem);
        reader.entries = read_entries(reader.gpa, raw) catch |failure| switch (failure) {
            error.OutOfMemory => |e| return e,
            else => |e| return problem.refuse(path, "byte {d}: the index is malformed: {s}", .{
                offset,
                msgpack.reason(e),
            }),
        };
        errdefer {
            reader.gpa.free(reader.entries);
            reader.entries = &.{};
        }
        var expected: u64 = body;
        for (reader.entries) |*entry| {
            if (entry.offset != expected) return problem.refuse(
                path,
                "the index places a chunk at byte {d}, expected {d}",
                .{ entry.offset, expected },
            );
            expected = entry.end();
        }
        if (expected != offset) return problem.refuse(
            path,
            "the index covers the file up to byte {d}, the footer lies at {d}",
            .{ expected, offset },
        );
        try reader.check_order(problem);
    }

    /// META, then INIT, then TICK chunks that tile the ticks from 0 at multiples of the chunk size.
    fn check_order(reader: *const Reader, problem: *Problem) Refused!void {
        const entries = reader.entries;
        const path = reader.path;
        const starts_well = entries.len >= 2 and entries[0].kind == .META and entries[1].kind == .INIT;
        if (!starts_well) return problem.refuse(path, "the chunks do not begin with META and INIT", .{});
        if (entries[0].first != 0 or entries[0].last != -1 or entries[1].first != -1 or entries[1].last != -1) {
            return problem.refuse(path, "the META or INIT chunk claims ticks that it cannot have", .{});
        }
        for (entries[2..], 0..) |*entry, position| {
            if (entry.kind != .TICK) return problem.refuse(
                path,
                "chunk {d} is {s}, expected TICK",
                .{ position + 2, @tagName(entry.kind) },
            );
            const first = @as(i64, @intCast(position)) * schema.ticks_per_chunk;
            const full = first + schema.ticks_per_chunk - 1;
            const final = position + 3 == entries.len;
            const ends_well = if (final) entry.last >= first and entry.last <= full else entry.last == full;
            if (entry.first != first or !ends_well) return problem.refuse(
                path,
                "TICK chunk {d} claims ticks {d}..{d}, expected {d}..{d}",
                .{ position, entry.first, entry.last, first, full },
            );
        }
    }

    fn ended_early(reader: *Reader, problem: *Problem) Refused {
        var last: i32 = -1;
        var offset: u64 = format.file_header_size;
        while (true) {
            const entry = reader.read_chunk(offset, reader.size, problem) catch break;
            _ = reader.inflate(&entry, problem) catch break;
            if (entry.kind == .FOOT) break;
            if (entry.kind == .TICK) last = entry.last;
            offset = entry.end();
        }
        const path = reader.path;
        if (last < 0) return problem.refuse(
            path,
            "the trace ends early, at byte {d}, without a whole tick (record or finalize it again)",
            .{reader.size},
        );
        return problem.refuse(
            path,
            "the trace ends early, at byte {d}, whole up to tick {d} (`crimson-dbg recover` can rebuild its index)",
            .{ reader.size, last },
        );
    }
};

/// The entries of an index's raw bytes, which must be canonical.
fn read_entries(gpa: std.mem.Allocator, raw: []const u8) (msgpack.Error || error{OutOfMemory})![]Entry {
    var reader: msgpack.Reader = .{ .bytes = raw, .canonical = true };
    try reader.expect_array(1);
    const count = try reader.read_array();
    const entry_size_min = 13;
    if (count > raw.len / entry_size_min) return error.EndsEarly;
    const entries = try gpa.alloc(Entry, count);
    errdefer gpa.free(entries);
    for (entries) |*entry| {
        try reader.expect_array(8);
        entry.* = .{
            .kind = format.Kind.of(try reader.read_str()) orelse return error.WrongType,
            .first = try reader.read_int_as(i32),
            .last = try reader.read_int_as(i32),
            .offset = try reader.read_int_as(u48),
            .stored_size = try reader.read_int_as(u32),
            .raw_size = try reader.read_int_as(u32),
            .check = try reader.read_int_as(u32),
            .digest = try reader.read_int_as(u64),
        };
    }
    if (!reader.at_end()) return error.WrongLength;
    return entries;
}

/// The index's raw bytes.
pub fn write_entries(out: *Io.Writer, entries: []const Entry) Io.Writer.Error!void {
    try msgpack.write_array(out, 1);
    try msgpack.write_array(out, entries.len);
    for (entries) |*entry| {
        try msgpack.write_array(out, 8);
        try msgpack.write_str(out, @tagName(entry.kind));
        try msgpack.write_int(out, entry.first);
        try msgpack.write_int(out, entry.last);
        try msgpack.write_uint(out, entry.offset);
        try msgpack.write_uint(out, entry.stored_size);
        try msgpack.write_uint(out, entry.raw_size);
        try msgpack.write_uint(out, entry.check);
        try msgpack.write_uint(out, entry.digest);
    }
}
