//! Plays a replay on a tick source, such as a simulation, and writes the trace.
//!
//! A source has two functions, and adds its rows with `Tables.append`, whose tick is the place within the chunk:
//!
//!     fn sample_setup(source: *Source, tables: *Tables) Failure!void
//!     fn step(source: *Source, tick: u32, place: u32, tables: *Tables) Failure!void
//!
//! `sample_setup` adds the rows of tick -1, with the draws of run set-up, at place 0. `step` plays the inputs and commands
//! of one tick, in order from 0, and adds its rows.

const std = @import("std");
const builtin = @import("builtin");
const build_identity = @import("build_identity.zig");
const crd = @import("crd.zig");
const meta = @import("cdt_meta.zig");
const schema = @import("schema.zig");
const Codec = @import("cdt_payload.zig").Codec;
const Problem = @import("problem.zig").Problem;
const Refused = @import("problem.zig").Refused;
const Tables = @import("cdt_rows.zig").Tables;
const Writer = @import("cdt_writer.zig").Writer;

pub const version = "0.1.0";

/// As the runtime names processors.
const cpu_name = if (builtin.cpu.arch == .aarch64) "arm64" else @tagName(builtin.cpu.arch);

pub const Failure = error{
    /// A chunk has no room for another row.
    ChunkFull,
    /// The source plays no such run; what it says is in its `reason`.
    Unsupported,
};

pub const Options = struct {
    /// The replay's path, for messages.
    path: []const u8,
    out: []const u8,
    /// The last tick to record.
    until: ?u32 = null,
};

/// What the trace of a candidate says of itself. `quest` must outlive it.
pub fn candidate_meta(replay: *const crd.Replay, quest: []const u8) meta.Meta {
    const run = &replay.head.run;
    return .{
        .producer = .{
            .kind = "candidate",
            .implementation = "crimson-zig",
            .version = version,
            .platform = @tagName(builtin.os.tag) ++ "-" ++ cpu_name,
            .build = build_identity.digest,
        },
        .source = .{
            .replay_sha256 = &replay.sha256,
            .game_version = replay.head.game_version,
            .run = .{
                .mode_id = run.game_mode_id,
                .seed = run.seed,
                .player_count = run.player_count,
                .rules = replay.head.rules,
                .preserve_bugs = run.preserve_bugs,
                .hardcore = run.hardcore,
                .friendly_fire = run.friendly_fire,
                .quest = quest,
            },
        },
        .capture = null,
    };
}

/// Writes the trace of a replay; returns how many ticks it has.
pub fn record(
    io: std.Io,
    gpa: std.mem.Allocator,
    replay: *const crd.Replay,
    source: anytype,
    options: Options,
    problem: *Problem,
) (Refused || error{OutOfMemory})!u32 {
    const path = options.path;
    var quest_buffer: [8]u8 = undefined;
    const about = candidate_meta(replay, replay.quest_name(&quest_buffer));
    var codec = try Codec.init(gpa);
    defer codec.deinit(gpa);
    var tables = try Tables.init(gpa);
    defer tables.deinit(gpa);
    var writer = try Writer.create(io, gpa, options.out, &about, problem);
    defer writer.deinit();

    source.sample_setup(&tables) catch |failure| return stopped(source, failure, path, schema.setup_tick, problem);
    try writer.write_tables(&codec, &tables, 1, problem);
    const played: u32 = @intCast(replay.tick_count());
    const count = if (options.until) |last| @min(played, last +| 1) else played;
    var first: u32 = 0;
    while (first < count) {
        const span = @min(count - first, schema.ticks_per_chunk);
        tables.clear();
        for (0..span) |place| {
            const tick = first + @as(u32, @intCast(place));
            source.step(tick, @intCast(place), &tables) catch |failure| {
                return stopped(source, failure, path, @intCast(tick), problem);
            };
        }
        try writer.write_tables(&codec, &tables, span, problem);
        first += span;
    }
    try writer.finish(problem);
    return count;
}

fn stopped(source: anytype, failure: Failure, path: []const u8, tick: i32, problem: *Problem) Refused {
    return switch (failure) {
        error.ChunkFull => problem.refuse(path, "ticks {d}..{d} have more rows than a chunk can hold", .{
            if (tick < 0) tick else tick - @mod(tick, schema.ticks_per_chunk),
            tick,
        }),
        error.Unsupported => problem.refuse(path, "tick {d}: {s}", .{ tick, source.reason() }),
    };
}

test "what a source says is in the trace" {
    const Reader = @import("cdt_trace.zig").Reader;
    const testing = std.testing;
    const gpa = std.heap.page_allocator;
    var folder = testing.tmpDir(.{});
    defer folder.cleanup();
    var path_buffer: [std.fs.max_path_bytes]u8 = undefined;
    const path = try std.fmt.bufPrint(&path_buffer, ".zig-cache/tmp/{s}/trace.cdt", .{&folder.sub_path});

    const Counting = struct {
        state: u32 = 7,

        fn sample_setup(source: *@This(), tables: *Tables) Failure!void {
            try source.sample(0, tables);
        }

        fn step(source: *@This(), tick: u32, place: u32, tables: *Tables) Failure!void {
            source.state = tick;
            try source.sample(place, tables);
        }

        fn sample(source: *@This(), place: u32, tables: *Tables) Failure!void {
            try tables.append(.checkpoint, place, std.mem.zeroInit(schema.Checkpoint, .{ .rng_state = source.state }));
            try tables.append(.sim_state, place, std.mem.zeroes(schema.SimState));
            try tables.append(.hidden_state, place, std.mem.zeroes(schema.HiddenState));
        }

        fn reason(_: *const @This()) []const u8 {
            return "";
        }
    };

    var replay: crd.Replay = undefined;
    replay.head.rules = 2;
    replay.head.game_version = "1";
    replay.head.run = std.mem.zeroInit(crd.Run, .{ .game_mode_id = 2, .player_count = 1, .quest_level = null, .custom_quest = null });
    replay.sha256 = @splat('a');
    const starts: [601]u32 = @splat(0);
    replay.command_starts = &starts;

    var problem: Problem = .{};
    var source: Counting = .{};
    try testing.expectEqual(600, try record(testing.io, gpa, &replay, &source, .{ .path = "", .out = path }, &problem));
    const until: Options = .{ .path = "", .out = path, .until = 300 };
    try testing.expectEqual(301, try record(testing.io, gpa, &replay, &source, until, &problem));
    var reader = try Reader.open(testing.io, gpa, path, &problem);
    defer reader.close();
    try testing.expectEqual(301, reader.tick_count());
    try testing.expectEqualStrings("crimson-zig", reader.meta.producer.implementation);
    var codec = try Codec.init(gpa);
    defer codec.deinit(gpa);
    const entry = &reader.tick_entries()[1];
    _ = try reader.read_raw(entry, &problem);
    try reader.decode(&codec, entry, &problem);
    try testing.expectEqual(300, reader.tables.of(.checkpoint).word(0, 44));
}
