//! The command line. Exit codes: 0 equal or verified, 1 diverged or contradicted, 2 bad usage or unreadable input.

const std = @import("std");
const crimson = @import("root.zig");
const diff = crimson.diff;
const Codec = crimson.Codec;
const Io = std.Io;
const Problem = crimson.Problem;
const Reader = crimson.Reader;
const Writer = crimson.Writer;

const usage =
    \\usage: crimson-zig diff EXPECTED ACTUAL [--ticks A:B] [--sustain N] [--strict] [--ulps N] [--json]
    \\       crimson-zig verify TRACE [--replay REPLAY] [--json]
    \\       crimson-zig replay REPLAY [--json]
    \\       crimson-zig record REPLAY --out FILE [--until TICK]
    \\       crimson-zig rewrite TRACE --out FILE
    \\       crimson-zig schema --json
    \\
;

const exit_found = 1;
const exit_unreadable = 2;

const Failure = error{ Refused, OutOfMemory } || Io.Writer.Error;

const Context = struct {
    io: Io,
    gpa: std.mem.Allocator,
    out: *Io.Writer,
    problem: *Problem,
    arguments: Arguments,
};

/// The words of a command: options are asked for by name, what is left are the operands.
const Arguments = struct {
    words: []const [:0]const u8,
    used: [words_max]bool = @splat(false),

    const words_max = 32;

    fn flag(arguments: *Arguments, name: []const u8) bool {
        for (arguments.words, 0..) |word, position| {
            if (arguments.used[position] or !std.mem.eql(u8, word, name)) continue;
            arguments.used[position] = true;
            return true;
        }
        return false;
    }

    fn option(arguments: *Arguments, name: []const u8, problem: *Problem) Failure!?[:0]const u8 {
        for (arguments.words, 0..) |word, position| {
            if (arguments.used[position] or !std.mem.eql(u8, word, name)) continue;
            if (position + 1 == arguments.words.len) return problem.refuse(name, "needs a value", .{});
            arguments.used[position] = true;
            arguments.used[position + 1] = true;
            return arguments.words[position + 1];
        }
        return null;
    }

    fn number(arguments: *Arguments, name: []const u8, default: u32, problem: *Problem) Failure!u32 {
        const text = try arguments.option(name, problem) orelse return default;
        return std.fmt.parseInt(u32, text, 10) catch problem.refuse(name, "{s} is no whole number", .{text});
    }

    /// The next word that is no option.
    fn operand(arguments: *Arguments, what: []const u8, problem: *Problem) Failure![:0]const u8 {
        for (arguments.words, 0..) |word, position| {
            if (arguments.used[position]) continue;
            if (std.mem.startsWith(u8, word, "-")) return problem.refuse(word, "there is no such option", .{});
            arguments.used[position] = true;
            return word;
        }
        return problem.refuse("usage", "{s} is missing", .{what});
    }

    fn finish(arguments: *const Arguments, problem: *Problem) Failure!void {
        for (arguments.words, 0..) |word, position| {
            if (!arguments.used[position]) return problem.refuse(word, "was not expected", .{});
        }
    }
};

pub fn main(init: std.process.Init) u8 {
    const gpa = std.heap.page_allocator;
    const words = init.minimal.args.toSlice(init.arena.allocator()) catch return exit_unreadable;
    var out_buffer: [16 * 1024]u8 = undefined;
    var stdout = Io.File.stdout().writerStreaming(init.io, &out_buffer);
    var problem: Problem = .{};
    if (words.len < 2 or words.len - 2 > Arguments.words_max) return say_usage(init.io);
    var context: Context = .{
        .io = init.io,
        .gpa = gpa,
        .out = &stdout.interface,
        .problem = &problem,
        .arguments = .{ .words = words[2..] },
    };
    const command = words[1];
    const commands = .{
        .{ "diff", run_diff },
        .{ "verify", run_verify },
        .{ "record", run_record },
        .{ "replay", run_replay },
        .{ "rewrite", run_rewrite },
        .{ "schema", run_schema },
    };
    inline for (commands) |named| {
        if (std.mem.eql(u8, command, named[0])) {
            const code = named[1](&context) catch |failure| {
                const text = switch (failure) {
                    error.Refused => problem.text(),
                    error.OutOfMemory => "out of memory",
                    // nobody is left to read what is written
                    error.WriteFailed => return exit_unreadable,
                };
                return say_error(init.io, text);
            };
            stdout.interface.flush() catch return exit_unreadable;
            return code;
        }
    }
    return say_usage(init.io);
}

fn say_usage(io: Io) u8 {
    Io.File.stderr().writeStreamingAll(io, usage) catch {};
    return exit_unreadable;
}

fn say_error(io: Io, text: []const u8) u8 {
    const stderr = Io.File.stderr();
    stderr.writeStreamingAll(io, "error: ") catch {};
    stderr.writeStreamingAll(io, text) catch {};
    stderr.writeStreamingAll(io, "\n") catch {};
    return exit_unreadable;
}

fn run_schema(context: *Context) Failure!u8 {
    _ = context.arguments.flag("--json");
    try context.arguments.finish(context.problem);
    try crimson.layout.write_json(context.out);
    return 0;
}

/// Says what a replay holds: its settings, and a digest of each tick.
fn run_replay(context: *Context) Failure!u8 {
    const as_json = context.arguments.flag("--json");
    const path = try context.arguments.operand("REPLAY", context.problem);
    try context.arguments.finish(context.problem);
    var replay = try crimson.crd.read_file(context.io, context.gpa, path, context.problem);
    defer replay.deinit();
    const out = context.out;
    const run = &replay.head.run;
    if (!as_json) {
        try out.print("{s}, seed {d}, {d} player(s), {d} ticks, run {s}\n", .{
            @tagName(run.mode()),
            run.seed,
            run.player_count,
            replay.tick_count(),
            replay.sha256[0..16],
        });
        return 0;
    }
    try out.print("{{\"replay_sha256\":\"{s}\",\"head\":", .{&replay.sha256});
    try std.json.Stringify.value(replay.head, .{}, out);
    try out.writeAll(",\"ticks\":[");
    for (0..replay.tick_count()) |tick| {
        try out.print("{s}\"{x:0>16}\"", .{ if (tick == 0) "" else ",", replay.tick_digest(tick) });
    }
    try out.writeAll("]}\n");
    return 0;
}

/// Plays a replay and writes its trace.
fn run_record(context: *Context) Failure!u8 {
    const problem = context.problem;
    const arguments = &context.arguments;
    const out = try arguments.option("--out", problem) orelse return problem.refuse("--out", "is missing", .{});
    const until: ?u32 = if (try arguments.option("--until", problem)) |text|
        std.fmt.parseInt(u32, text, 10) catch return problem.refuse("--until", "{s} is no tick number", .{text})
    else
        null;
    const path = try arguments.operand("REPLAY", problem);
    try arguments.finish(problem);
    if (crimson.files.same_file(context.io, path, out)) {
        return problem.refuse(out, "a recording does not overwrite its replay", .{});
    }
    try require_replaceable(context, out);
    var replay = try crimson.crd.read_file(context.io, context.gpa, path, problem);
    defer replay.deinit();
    const source = try context.gpa.create(crimson.Source);
    defer context.gpa.destroy(source);
    source.init(&replay);
    const options: crimson.record.Options = .{ .path = path, .out = out, .until = until };
    const ticks = try crimson.record.record(context.io, context.gpa, &replay, source, options, problem);
    try context.out.print("recorded {d} ticks to {s}\n", .{ ticks, out });
    return 0;
}

/// Refuses to write where a trace of the original is, or a replay or capture: none of them can be recorded again.
fn require_replaceable(context: *Context, out: []const u8) Failure!void {
    var unread: Problem = .{};
    if (crimson.files.open_input(context.io, out, &unread)) |file| {
        defer file.close(context.io);
        const text_head = "{\"event\":\"session_start\"";
        var head: [text_head.len]u8 = undefined;
        const size = file.readPositionalAll(context.io, &head, 0) catch 0;
        const packed_head = &crimson.zstd_decode.magic;
        if (std.mem.startsWith(u8, head[0..size], packed_head) or std.mem.eql(u8, head[0..size], text_head)) {
            return context.problem.refuse(out, "is a replay or a raw capture, which no trace overwrites" ++
                " (name another file, or remove it)", .{});
        }
    } else |_| {}
    if (!Reader.is_original(context.io, context.gpa, out)) return;
    return context.problem.refuse(out, "is a trace of the original, which nothing overwrites" ++
        " (name another file, or remove it)", .{});
}

/// Decodes a trace and writes it again: the same raw bytes if it is canonical.
fn run_rewrite(context: *Context) Failure!u8 {
    const problem = context.problem;
    const out = try context.arguments.option("--out", problem) orelse return problem.refuse("--out", "is missing", .{});
    const path = try context.arguments.operand("TRACE", problem);
    try context.arguments.finish(problem);
    var codec = try Codec.init(context.gpa);
    defer codec.deinit(context.gpa);
    var reader = try Reader.open(context.io, context.gpa, path, problem);
    defer reader.close();
    try require_replaceable(context, out);
    var writer = try Writer.create(context.io, context.gpa, out, &reader.meta, problem);
    defer writer.deinit();
    for (reader.entries[1..]) |*entry| {
        _ = try reader.read_raw(entry, problem);
        try reader.decode(&codec, entry, problem);
        try writer.write_tables(&codec, &reader.tables, entry.span(), problem);
    }
    try writer.finish(problem);
    try context.out.print("wrote {d} ticks to {s}\n", .{ reader.tick_count(), out });
    return 0;
}

fn run_verify(context: *Context) Failure!u8 {
    const problem = context.problem;
    const arguments = &context.arguments;
    const as_json = arguments.flag("--json");
    const given = try arguments.option("--replay", problem);
    const path = try arguments.operand("TRACE", problem);
    try arguments.finish(problem);
    var codec = try Codec.init(context.gpa);
    defer codec.deinit(context.gpa);
    const scratch = try crimson.memory.reserve(context.gpa, crimson.format.Kind.TICK.raw_max());
    defer crimson.memory.release(context.gpa, scratch);
    var reader = try Reader.open(context.io, context.gpa, path, problem);
    defer reader.close();

    // The replay beside a trace counts when there is one; only a candidate may be without.
    var beside_buffer: [std.fs.max_path_bytes]u8 = undefined;
    const beside = try replay_beside(path, &beside_buffer, problem);
    var replay_path: ?[]const u8 = given;
    if (given == null) {
        const there = if (Io.Dir.cwd().statFile(context.io, beside, .{})) |_| true else |_| false;
        if (there or reader.meta.producer.is_original()) replay_path = beside;
    }
    var report = try crimson.verify.verify(&reader, &codec, scratch, problem);
    if (replay_path) |name| {
        var replay = try crimson.crd.read_file(context.io, context.gpa, name, problem);
        defer replay.deinit();
        crimson.verify.ask_replay(&report, &reader.meta.source, &replay);
    }
    const out = context.out;
    const verdict = if (report.ok()) "verified" else "contradicted";
    if (as_json) {
        try out.print("{{\"report\":\"verify\",\"verdict\":\"{s}\",\"ticks\":{d},\"checks\":[", .{ verdict, report.ticks });
        var first = true;
        for (std.enums.values(crimson.verify.Question)) |question| {
            if (!report.asked.contains(question)) continue;
            const ok = !report.failed.contains(question);
            try out.print("{s}{{\"name\":\"{s}\",\"ok\":{}}}", .{ if (first) "" else ",", @tagName(question), ok });
            first = false;
        }
        try out.writeAll("]}\n");
    } else {
        try out.print("{s}: {s}, {d} ticks\n", .{ verdict, path, report.ticks });
        if (!report.ok()) {
            try out.writeAll("not as it says:");
            var separator: []const u8 = " ";
            for (std.enums.values(crimson.verify.Question)) |question| {
                if (!report.failed.contains(question)) continue;
                try out.print("{s}{s}", .{ separator, @tagName(question) });
                separator = ", ";
            }
            if (report.other_form) |tick| try out.print(" (from tick {d} on)", .{tick});
            try out.writeAll("\n");
        }
    }
    return if (report.ok()) 0 else exit_found;
}

/// The path of the trace with `.crd` in place of its suffix.
fn replay_beside(path: []const u8, buffer: []u8, problem: *Problem) Failure![]const u8 {
    const suffix = std.fs.path.extension(path);
    return std.fmt.bufPrint(buffer, "{s}.crd", .{path[0 .. path.len - suffix.len]}) catch {
        return problem.refuse(path, "its path is too long", .{});
    };
}

fn run_diff(context: *Context) Failure!u8 {
    const problem = context.problem;
    const arguments = &context.arguments;
    const as_json = arguments.flag("--json");
    var rules: diff.Rules = .{ .strict = arguments.flag("--strict") };
    rules.sustain = try arguments.number("--sustain", rules.sustain, problem);
    if (rules.sustain < 1) return problem.refuse("--sustain", "0 ticks; at least 1 is needed", .{});
    rules.ulps = try arguments.number("--ulps", 0, problem);
    if (try arguments.option("--ticks", problem)) |text| rules.ticks = try parse_window(text, problem);
    const expected_path = try arguments.operand("EXPECTED", problem);
    const actual_path = try arguments.operand("ACTUAL", problem);
    try arguments.finish(problem);

    var codec = try Codec.init(context.gpa);
    defer codec.deinit(context.gpa);
    var expected = try Reader.open(context.io, context.gpa, expected_path, problem);
    defer expected.close();
    var actual = try Reader.open(context.io, context.gpa, actual_path, problem);
    defer actual.close();
    var comparison: diff.Comparison = .{ .expected = &expected, .actual = &actual, .codec = &codec, .problem = problem };
    const report = try comparison.run(rules);
    if (as_json) {
        try write_diff_json(context.out, &report);
    } else {
        try write_diff_text(context.out, &report);
    }
    return if (report.verdict == .equal) 0 else exit_found;
}

fn parse_window(text: []const u8, problem: *Problem) Failure![2]u32 {
    const colon = std.mem.indexOfScalar(u8, text, ':') orelse text.len;
    if (colon < text.len) {
        const first = std.fmt.parseInt(u32, text[0..colon], 10) catch null;
        const last = std.fmt.parseInt(u32, text[colon + 1 ..], 10) catch null;
        if (first != null and last != null) return .{ first.?, last.? };
    }
    return problem.refuse("--ticks", "{s} is no window; write it as FIRST:LAST, such as 840:863", .{text});
}

fn write_diff_text(out: *Io.Writer, report: *const diff.Report) Io.Writer.Error!void {
    switch (report.verdict) {
        .equal => try out.print("equal over {d} ticks\n", .{report.compared}),
        .nothing_compared => try out.writeAll("nothing compared: no tick was asked for that both traces have\n"),
        .ended_early => try out.print("ended early: one side has {d} ticks, the other {d}\n", .{
            @min(report.tick_counts[0], report.tick_counts[1]),
            @max(report.tick_counts[0], report.tick_counts[1]),
        }),
        .wrong_run => {
            try out.writeAll("wrong run: the traces differ in");
            for (report.identity[0..report.identity_count]) |name| try out.print(" {s}", .{name});
            try out.writeAll("\n");
        },
        .diverged => {
            const tick = report.first_bad_tick().?;
            if (tick < 0) {
                try out.writeAll("diverged at run set-up\n");
            } else {
                try out.print("diverged at tick {d}\n", .{tick});
            }
            const field = &report.field.?;
            try write_path(out, field);
            try out.print(": {s} -> {s}\n", .{ field.value(0), field.value(1) });
        },
    }
    if (report.whole.blip_count > 0) try out.print("{d} blip(s) before that\n", .{report.whole.blip_count});
}

fn write_path(out: *Io.Writer, field: *const diff.Field) Io.Writer.Error!void {
    try out.writeAll(field.table.name);
    if (field.row) |row| try out.print("[{d}]", .{row});
    if (field.column) |column| try out.print(".{s}", .{column.path});
}

fn write_diff_json(out: *Io.Writer, report: *const diff.Report) Io.Writer.Error!void {
    try out.print("{{\"report\":\"diff\",\"verdict\":\"{s}\",\"first_bad_tick\":{?d},\"ticks_compared\":{d},", .{
        @tagName(report.verdict),
        report.first_bad_tick(),
        report.compared,
    });
    try out.print("\"window\":[{d},{d}],\"sustain\":{d},\"strict\":{},\"ulps\":{d},\"channels\":[", .{
        report.window[0],
        report.window[1],
        report.rules.sustain,
        report.rules.strict,
        report.rules.ulps,
    });
    var first = true;
    for (std.enums.values(crimson.schema.Channel), &report.channels) |channel, *runs| {
        if (channel != .hidden_state) try write_channel(out, @tagName(channel), runs, &first);
    }
    try write_channel(out, "presence", &report.presence, &first);
    try out.writeAll("],\"hidden\":[");
    first = true;
    for (crimson.layout.table_of(.hidden_state).columns, &report.regions) |column, region| {
        if (region.count == 0) continue;
        try out.print("{s}{{\"region\":\"{s}\",\"first_tick\":{d},\"ticks\":{d}}}", .{
            if (first) "" else ",",
            column.path,
            region.first,
            region.count,
        });
        first = false;
    }
    try out.print("],\"blip_count\":{d},\"blips\":[", .{report.whole.blip_count});
    for (report.whole.known_blips(), 0..) |blip, position| {
        try out.print("{s}{{\"first\":{d},\"last\":{d}}}", .{ if (position == 0) "" else ",", blip.first, blip.last });
    }
    try out.writeAll("],\"identity\":[");
    for (report.identity[0..report.identity_count], 0..) |name, position| {
        try out.print("{s}\"{s}\"", .{ if (position == 0) "" else ",", name });
    }
    try out.writeAll("],\"field\":");
    if (report.field) |*field| {
        try out.writeAll("{\"path\":\"");
        try write_path(out, field);
        try out.writeAll("\",\"expected\":");
        try std.json.Stringify.value(field.value(0), .{}, out);
        try out.writeAll(",\"actual\":");
        try std.json.Stringify.value(field.value(1), .{}, out);
        try out.writeAll("}}\n");
    } else {
        try out.writeAll("null}\n");
    }
}

fn write_channel(out: *Io.Writer, name: []const u8, runs: *const diff.Runs, first: *bool) Io.Writer.Error!void {
    if (runs.count == 0) return;
    try out.print("{s}{{\"channel\":\"{s}\",\"first_tick\":{d},\"ticks\":{d},\"onset\":{?d},\"blips\":{d}}}", .{
        if (first.*) "" else ",",
        name,
        runs.first,
        runs.count,
        runs.onset,
        runs.blip_count,
    });
    first.* = false;
}
