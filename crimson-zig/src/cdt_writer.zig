//! Writes `.cdt` traces as a stream: what is pending is never more than a chunk.

const std = @import("std");
const format = @import("cdt_format.zig");
const files = @import("files.zig");
const memory = @import("memory.zig");
const meta_codec = @import("cdt_meta.zig");
const payload = @import("cdt_payload.zig");
const schema = @import("schema.zig");
const trace = @import("cdt_trace.zig");
const zstd = @import("zstd_encode.zig");
const Problem = @import("problem.zig").Problem;
const Refused = @import("problem.zig").Refused;
const Tables = @import("cdt_rows.zig").Tables;
const Entry = format.Entry;
const assert = std.debug.assert;

const raw_max = 1 << 25;
const stored_max: usize = format.stored_max(raw_max);
/// An index of 4 MiB has fewer: an entry takes more than 24 bytes.
const entries_max = (1 << 22) / 24;

pub const Writer = struct {
    gpa: std.mem.Allocator,
    file: files.AtomicFile,
    region: []align(memory.alignment.toByteUnits()) u8,
    raw: []u8,
    stored: []u8,
    encoder: *zstd.Encoder,
    entries: []Entry,
    entries_count: usize = 0,
    next_tick: i32 = schema.setup_tick,

    pub const CreateError = Refused || error{OutOfMemory};

    /// Begins a trace, which appears at `path` when it is finished. `path` must outlive the writer.
    pub fn create(
        io: std.Io,
        gpa: std.mem.Allocator,
        path: []const u8,
        meta: *const meta_codec.Meta,
        problem: *Problem,
    ) CreateError!Writer {
        const region = try memory.reserve(gpa, memory.room(1, raw_max) + memory.room(1, stored_max) +
            memory.room(@sizeOf(Entry), entries_max) + memory.room(@sizeOf(zstd.Encoder), 1));
        errdefer memory.release(gpa, region);
        var carver: memory.Carver = .{ .bytes = region };
        var writer: Writer = .{
            .gpa = gpa,
            .file = try .create(io, path, problem),
            .region = region,
            .raw = carver.take(u8, raw_max),
            .stored = carver.take(u8, stored_max),
            .entries = carver.take(Entry, entries_max),
            .encoder = &carver.take(zstd.Encoder, 1)[0],
        };
        errdefer writer.file.deinit();
        try writer.file.append(&format.file_header(), problem);
        var out: std.Io.Writer = .fixed(writer.raw[0..format.Kind.META.raw_max()]);
        meta.encode(&out) catch return problem.refuse(path, "its metadata are longer than a trace can hold", .{});
        try writer.put(.META, 0, -1, out.end, problem);
        return writer;
    }

    pub fn deinit(writer: *Writer) void {
        writer.file.deinit();
        memory.release(writer.gpa, writer.region);
        writer.* = undefined;
    }

    /// Stores a chunk: the set-up (of one tick), or the next ticks, 256 of them but in the last chunk.
    pub fn write_tables(
        writer: *Writer,
        codec: *payload.Codec,
        tables: *const Tables,
        span: u32,
        problem: *Problem,
    ) Refused!void {
        const first = writer.next_tick;
        const setup = first == schema.setup_tick;
        const span_max: u32 = if (setup) 1 else schema.ticks_per_chunk;
        assert(span >= 1 and span <= span_max);
        assert(setup or @mod(first, schema.ticks_per_chunk) == 0);
        const last = first + @as(i32, @intCast(span)) - 1;
        const size = codec.encode(tables, writer.raw) catch return problem.refuse(
            writer.file.target,
            "ticks {d}..{d} are more than a chunk can hold",
            .{ first, last },
        );
        try writer.put(if (setup) .INIT else .TICK, first, last, size, problem);
        writer.next_tick = last + 1;
    }

    /// Stores the index and the trailer, and gives the file its name.
    pub fn finish(writer: *Writer, problem: *Problem) Refused!void {
        assert(writer.next_tick >= 0);
        var out: std.Io.Writer = .fixed(writer.raw[0..format.Kind.FOOT.raw_max()]);
        trace.write_entries(&out, writer.entries[0..writer.entries_count]) catch {
            return problem.refuse(writer.file.target, "it has more chunks than an index can hold", .{});
        };
        const offset = writer.file.size;
        try writer.put(.FOOT, 0, -1, out.end, problem);
        try writer.file.append(&format.trailer(offset), problem);
        try writer.file.finish(problem);
    }

    /// Stores the first bytes of `raw` as a chunk.
    fn put(writer: *Writer, kind: format.Kind, first: i32, last: i32, size: usize, problem: *Problem) Refused!void {
        assert(size <= kind.raw_max());
        if (writer.entries_count == writer.entries.len) {
            return problem.refuse(writer.file.target, "it has more chunks than an index can hold", .{});
        }
        const raw = writer.raw[0..size];
        const stored = writer.stored[0..writer.encoder.encode(raw, writer.stored)];
        assert(stored.len <= format.stored_max(@intCast(size)));
        var entry: Entry = .{
            .kind = kind,
            .first = first,
            .last = last,
            .offset = writer.file.size,
            .stored_size = @intCast(stored.len),
            .raw_size = @intCast(size),
            .check = 0,
            .digest = format.raw_digest(raw),
        };
        const header = entry.header(stored);
        try writer.file.append(&header, problem);
        try writer.file.append(stored, problem);
        writer.entries[writer.entries_count] = entry;
        writer.entries_count += 1;
    }
};
