//! Compares two traces of one run: equal parts by their bytes, the rest by their rows, in flat memory. The rules are
//! those of `crimson-dbg diff`: the same first bad tick, the same blips, the same verdict.

const std = @import("std");
const layout = @import("layout.zig");
const payload = @import("cdt_payload.zig");
const schema = @import("schema.zig");
const Entry = @import("cdt_format.zig").Entry;
const Problem = @import("problem.zig").Problem;
const Reader = @import("cdt_trace.zig").Reader;
const Refused = @import("problem.zig").Refused;
const Rows = @import("cdt_rows.zig").Rows;
const Run = @import("cdt_meta.zig").Run;
const assert = std.debug.assert;

pub const Rules = struct {
    /// The first and the last tick compared; all of them by default.
    ticks: ?[2]u32 = null,
    /// How many ticks in a row make a divergence.
    sustain: u32 = 3,
    /// Every blip and every hidden difference counts.
    strict: bool = false,
    /// How many f32 steps two floats may lie apart.
    ulps: u32 = 0,
};

pub const Verdict = enum { equal, diverged, ended_early, wrong_run, nothing_compared };

pub const Blip = struct { first: i32, last: i32 };

const channel_count = std.enums.values(schema.Channel).len;
const hidden_columns = layout.table_of(.hidden_state).columns;

/// Ascending ticks that differ, as the runs they form.
pub const Runs = struct {
    /// The onset of the first run that counts.
    onset: ?i32 = null,
    /// How many ticks differ, and the first one.
    count: u32 = 0,
    first: i32 = 0,
    /// How many runs healed before the onset.
    blip_count: u32 = 0,
    blips: [blips_max]Blip = undefined,
    run: ?Blip = null,
    /// The first tick that is compared.
    begin: i32 = schema.setup_tick,

    const blips_max = 256;

    fn add(runs: *Runs, tick: i32, rules: *const Rules) void {
        if (runs.count == 0) runs.first = tick;
        runs.count += 1;
        if (runs.onset != null) return;
        if (runs.run) |*run| {
            assert(tick > run.last);
            if (tick == run.last + 1) {
                run.last = tick;
            } else {
                runs.heal(run.*);
                run.* = .{ .first = tick, .last = tick };
            }
        } else {
            runs.run = .{ .first = tick, .last = tick };
        }
        const run = runs.run.?;
        const length = run.last - run.first + 1;
        // A difference at set-up cannot heal into the same run, and one at a window's beginning may be older.
        if (length >= sustained(rules) or run.first <= runs.begin) runs.onset = run.first;
    }

    fn heal(runs: *Runs, run: Blip) void {
        if (runs.blip_count < blips_max) runs.blips[runs.blip_count] = run;
        runs.blip_count += 1;
    }

    /// No tick follows: a run that reaches the last tick there is counts, however short it is.
    fn finish(runs: *Runs, last_tick: i32) void {
        const run = runs.run orelse return;
        runs.run = null;
        if (runs.onset != null) return;
        if (run.last >= last_tick) {
            runs.onset = run.first;
        } else {
            runs.heal(run);
        }
    }

    fn sustained(rules: *const Rules) u32 {
        return if (rules.strict) 1 else rules.sustain;
    }

    pub fn known_blips(runs: *const Runs) []const Blip {
        return runs.blips[0..@min(runs.blip_count, blips_max)];
    }
};

/// A digest of unsampled state that differs.
pub const Region = struct { first: i32 = 0, count: u32 = 0 };

/// The first difference at the first bad tick.
pub const Field = struct {
    table: *const layout.Table,
    row: ?u32,
    /// Null when only one side has the row.
    column: ?*const layout.Column,
    buffers: [2][64]u8 = undefined,
    lengths: [2]usize = .{ 0, 0 },

    pub fn value(field: *const Field, side: usize) []const u8 {
        return field.buffers[side][0..field.lengths[side]];
    }

    fn put(field: *Field, side: usize, comptime format: []const u8, arguments: anytype) void {
        var out: std.Io.Writer = .fixed(&field.buffers[side]);
        out.print(format, arguments) catch {};
        field.lengths[side] = out.end;
    }
};

pub const Report = struct {
    verdict: Verdict,
    rules: Rules,
    window: [2]i64,
    compared: u32 = 0,
    tick_counts: [2]u32,
    whole: Runs = .{},
    channels: [channel_count]Runs = @splat(.{}),
    regions: [hidden_columns.len]Region = @splat(.{}),
    /// The ticks that only one side has.
    presence: Runs = .{},
    field: ?Field = null,
    /// The names of settings that make the traces ones of different runs.
    identity: [10][]const u8 = undefined,
    identity_count: usize = 0,

    pub fn first_bad_tick(report: *const Report) ?i32 {
        return report.whole.onset;
    }
};

pub const Comparison = struct {
    expected: *Reader,
    actual: *Reader,
    codec: *payload.Codec,
    problem: *Problem,

    const Bits = std.bit_set.ArrayBitSet(usize, schema.ticks_per_chunk);
    const Differing = [channel_count]Bits;

    /// What was found between the two traces. Rules that ask for ticks that are not there are refused.
    pub fn run(comparison: *Comparison, rules: Rules) Refused!Report {
        const left = comparison.expected;
        const right = comparison.actual;
        var report: Report = .{
            .verdict = .equal,
            .rules = rules,
            .window = .{ 0, @as(i64, @max(left.tick_count(), right.tick_count())) - 1 },
            .tick_counts = .{ left.tick_count(), right.tick_count() },
        };
        if (rules.ticks) |ticks| {
            if (ticks[0] > ticks[1]) return comparison.problem.refuse(
                "--ticks",
                "{d}:{d} is no window; the first tick must not come after the last",
                .{ ticks[0], ticks[1] },
            );
            if (ticks[1] >= left.tick_count()) return comparison.problem.refuse(
                "--ticks",
                "{d}:{d} reaches behind the end of {s}, which has {d} ticks",
                .{ ticks[0], ticks[1], left.path, left.tick_count() },
            );
            report.window = .{ ticks[0], ticks[1] };
        }
        comparison.compare_identity(&report);
        if (report.identity_count > 0) {
            report.verdict = .wrong_run;
            return report;
        }
        try comparison.find(&report);
        if (report.compared == 0) {
            report.verdict = .nothing_compared;
            report.whole = .{};
            return report;
        }
        const onset = report.whole.onset orelse return report;
        const shared = @min(left.tick_count(), right.tick_count());
        if (onset >= shared) {
            report.verdict = .ended_early;
        } else {
            report.verdict = .diverged;
            try comparison.find_field(&report, onset);
        }
        return report;
    }

    fn compare_identity(comparison: *Comparison, report: *Report) void {
        const mine = &comparison.expected.meta.source;
        const theirs = &comparison.actual.meta.source;
        if (!std.mem.eql(u8, mine.replay_sha256, theirs.replay_sha256)) note(report, "replay_sha256");
        if (!std.mem.eql(u8, mine.game_version, theirs.game_version)) note(report, "game_version");
        inline for (@typeInfo(Run).@"struct".field_names, @typeInfo(Run).@"struct".field_types) |name, Setting| {
            const one = @field(mine.run, name);
            const two = @field(theirs.run, name);
            const same = if (Setting == []const u8) std.mem.eql(u8, one, two) else one == two;
            if (!same) note(report, "run." ++ name);
        }
    }

    fn note(report: *Report, name: []const u8) void {
        report.identity[report.identity_count] = name;
        report.identity_count += 1;
    }

    fn find(comparison: *Comparison, report: *Report) Refused!void {
        const left = comparison.expected;
        const right = comparison.actual;
        const first = report.window[0];
        const last = report.window[1];
        if (first > 0) {
            report.whole.begin = @intCast(first);
            report.presence.begin = @intCast(first);
            for (&report.channels) |*runs| runs.begin = @intCast(first);
        }
        if (first == 0) try comparison.compare_chunks(left.setup_entry(), right.setup_entry(), .{ -1, -1 }, report);
        const shared_last = @min(last, @as(i64, @min(left.tick_count(), right.tick_count())) - 1);
        const chunks = @min(left.tick_entries().len, right.tick_entries().len);
        for (left.tick_entries()[0..chunks], right.tick_entries()[0..chunks]) |*mine, *theirs| {
            const begin = @max(first, mine.first);
            const end = @min(shared_last, @min(mine.last, theirs.last));
            if (begin > end) continue;
            try comparison.compare_chunks(mine, theirs, .{ begin, end }, report);
            report.compared += @intCast(end - begin + 1);
        }
        const longer = @as(i64, @max(left.tick_count(), right.tick_count())) - 1;
        var tick = @max(shared_last + 1, first);
        while (tick <= @min(last, longer)) : (tick += 1) {
            report.presence.add(@intCast(tick), &report.rules);
            report.whole.add(@intCast(tick), &report.rules);
        }
        const last_tick: i32 = @intCast(last);
        report.whole.finish(last_tick);
        report.presence.finish(last_tick);
        for (&report.channels) |*runs| runs.finish(last_tick);
    }

    /// Whether two chunks hold the same raw bytes, read on both sides, and of the hash that both claim.
    fn proven_equal(comparison: *Comparison, mine: *const Entry, theirs: *const Entry) Refused!bool {
        const left = comparison.expected;
        const right = comparison.actual;
        const stored = try left.read_stored(mine, comparison.problem);
        const other = try right.read_stored(theirs, comparison.problem);
        const same_claims = mine.first == theirs.first and mine.last == theirs.last and
            mine.raw_size == theirs.raw_size and mine.digest == theirs.digest;
        const raw = try left.inflate(mine, comparison.problem);
        // The same stored bytes inflate to the same raw bytes, so that one hash speaks for both.
        if (same_claims and std.mem.eql(u8, stored, other)) return true;
        // Nor need equal bytes be hashed twice, where both sides claim the same hash.
        const other_raw = try right.inflate_unhashed(theirs, comparison.problem);
        if (same_claims and std.mem.eql(u8, raw, other_raw)) return true;
        try right.check_hash(theirs, comparison.problem);
        return false;
    }

    /// Notes what differs in the ticks (first and last) of two chunks that both have them.
    fn compare_chunks(
        comparison: *Comparison,
        mine: *const Entry,
        theirs: *const Entry,
        ticks: [2]i64,
        report: *Report,
    ) Refused!void {
        if (try comparison.proven_equal(mine, theirs)) return;
        try comparison.expected.decode(comparison.codec, mine, comparison.problem);
        try comparison.actual.decode(comparison.codec, theirs, comparison.problem);
        const begin: u32 = @intCast(ticks[0] - mine.first);
        const end: u32 = @intCast(ticks[1] - mine.first);
        var differing: Differing = @splat(.empty);
        const left = &comparison.expected.tables;
        const right = &comparison.actual.tables;
        for (&left.rows, &right.rows) |*expected, *actual| {
            compare_rows(expected, actual, report.rules.ulps, &differing[@backingInt(expected.table.channel)]);
        }
        const hidden = @backingInt(schema.Channel.hidden_state);
        for (begin..end + 1) |offset| {
            const tick = mine.first + @as(i32, @intCast(offset));
            var counts = false;
            for (&differing, &report.channels, 0..) |*bits, *runs, channel| {
                if (!bits.isSet(offset)) continue;
                runs.add(tick, &report.rules);
                if (channel != hidden or report.rules.strict) counts = true;
            }
            if (counts) report.whole.add(tick, &report.rules);
            if (differing[hidden].isSet(offset)) comparison.note_regions(report, tick, offset);
        }
    }

    fn note_regions(comparison: *Comparison, report: *Report, tick: i32, offset: usize) void {
        // one row for each tick, so the row's number is the tick's
        const expected = comparison.expected.tables.of(.hidden_state);
        const actual = comparison.actual.tables.of(.hidden_state);
        for (&report.regions, 0..) |*region, column| {
            if (expected.word(column, offset) == actual.word(column, offset)) continue;
            if (region.count == 0) region.first = tick;
            region.count += 1;
        }
    }

    fn find_field(comparison: *Comparison, report: *Report, onset: i32) Refused!void {
        const left = comparison.expected;
        const right = comparison.actual;
        const chunk: usize = @intCast(@divFloor(onset, schema.ticks_per_chunk) + 2);
        for ([_]*Reader{ left, right }) |reader| {
            const entry = &reader.entries[chunk];
            _ = try reader.read_raw(entry, comparison.problem);
            try reader.decode(comparison.codec, entry, comparison.problem);
        }
        const tick: usize = @intCast(onset - left.entries[chunk].first);
        for (&left.tables.rows, &right.tables.rows) |*expected, *actual| {
            report.field = first_difference(expected, actual, tick, report.rules.ulps);
            if (report.field != null) return;
        }
        unreachable;
    }
};

/// Marks the ticks at which two tables of the same span do not hold the same rows.
fn compare_rows(expected: *const Rows, actual: *const Rows, ulps: u32, differing: *Comparison.Bits) void {
    const same_ticks = std.mem.eql(u32, expected.ticks[0..expected.count], actual.ticks[0..actual.count]);
    if (same_ticks) {
        for (expected.table.columns, 0..) |column, position| {
            const size = expected.count * @as(usize, column.wire.width());
            const equal_bytes = std.mem.eql(u8, expected.columns[position][0..size], actual.columns[position][0..size]);
            if (equal_bytes and column.wire != .text) continue;
            for (0..expected.count) |row| {
                if (!equal_cells(expected, actual, position, row, row, ulps)) differing.set(expected.ticks[row]);
            }
        }
        return;
    }
    var starts: [2][schema.ticks_per_chunk + 1]u32 = undefined;
    expected.tick_starts(&starts[0]);
    actual.tick_starts(&starts[1]);
    for (0..schema.ticks_per_chunk) |tick| {
        const count = starts[0][tick + 1] - starts[0][tick];
        if (count != starts[1][tick + 1] - starts[1][tick]) {
            differing.set(tick);
            continue;
        }
        for (0..count) |row| {
            const left = starts[0][tick] + row;
            const right = starts[1][tick] + row;
            for (0..expected.table.columns.len) |position| {
                if (!equal_cells(expected, actual, position, left, right, ulps)) differing.set(tick);
            }
        }
    }
}

fn equal_cells(expected: *const Rows, actual: *const Rows, position: usize, left: usize, right: usize, ulps: u32) bool {
    const column = &expected.table.columns[position];
    if (column.wire == .text) return std.mem.eql(u8, expected.text(position, left), actual.text(position, right));
    const one = expected.word(position, left);
    const two = actual.word(position, right);
    if (one == two) return true;
    if (ulps == 0 or column.wire != .f4) return false;
    // Infinities and NaN are near to nothing.
    if (!finite(one) or !finite(two)) return false;
    return @abs(ordinal(@intCast(one)) - ordinal(@intCast(two))) <= ulps;
}

fn finite(bits: u64) bool {
    return bits & 0x7f80_0000 != 0x7f80_0000;
}

/// The bits of an f32 as an integer that counts the floats in order; zeros of either sign are 0.
fn ordinal(bits: u32) i64 {
    const magnitude: i64 = bits & 0x7fff_ffff;
    return if (bits >> 31 == 1) -magnitude else magnitude;
}

/// The first difference of a tick in a table: the expected rows in their order, then those that only the other has.
fn first_difference(expected: *const Rows, actual: *const Rows, tick: usize, ulps: u32) ?Field {
    var starts: [2][schema.ticks_per_chunk + 1]u32 = undefined;
    expected.tick_starts(&starts[0]);
    actual.tick_starts(&starts[1]);
    const left = starts[0][tick..][0..2];
    const right = starts[1][tick..][0..2];
    const table = expected.table;
    for (left[0]..left[1]) |row| {
        const name = row_name(expected, row, left[0]);
        const other = find_row(actual, name, right) orelse {
            var field: Field = .{ .table = table, .row = name, .column = null };
            field.put(0, "present", .{});
            field.put(1, "absent", .{});
            return field;
        };
        for (table.columns, 0..) |*column, position| {
            if (equal_cells(expected, actual, position, row, other, ulps)) continue;
            var field: Field = .{ .table = table, .row = name, .column = column };
            put_value(&field, 0, expected, position, row);
            put_value(&field, 1, actual, position, other);
            return field;
        }
    }
    for (right[0]..right[1]) |row| {
        const name = row_name(actual, row, right[0]);
        if (find_row(expected, name, left) != null) continue;
        var field: Field = .{ .table = table, .row = name, .column = null };
        field.put(0, "absent", .{});
        field.put(1, "present", .{});
        return field;
    }
    return null;
}

/// What names a row within its tick: a pool's slot, the position in a log, nothing where there is one at most.
fn row_name(rows: *const Rows, row: usize, tick_start: u32) ?u32 {
    if (rows.table.cardinality != .many) return null;
    if (rows.table.key) |key| return rows.words(u16, key)[row];
    return @intCast(row - tick_start);
}

fn find_row(rows: *const Rows, name: ?u32, span: *const [2]u32) ?usize {
    for (span[0]..span[1]) |row| {
        if (row_name(rows, row, span[0]) == name) return row;
    }
    return null;
}

fn put_value(field: *Field, side: usize, rows: *const Rows, position: usize, row: usize) void {
    switch (rows.table.columns[position].wire) {
        .f4 => field.put(side, "{d}", .{@as(f32, @bitCast(@as(u32, @intCast(rows.word(position, row)))))}),
        .i4 => field.put(side, "{d}", .{@as(i32, @bitCast(@as(u32, @intCast(rows.word(position, row)))))}),
        .b1 => field.put(side, "{}", .{rows.word(position, row) == 1}),
        .text => field.put(side, "{s}", .{rows.text(position, row)}),
        .u2, .u4, .u8 => field.put(side, "{d}", .{rows.word(position, row)}),
    }
}

test "a run counts when it is long enough, reaches the end, or begins at set-up" {
    const rules: Rules = .{};
    const cases = [_]struct { ticks: []const i32, onset: ?i32, blips: u32 }{
        .{ .ticks = &.{}, .onset = null, .blips = 0 },
        .{ .ticks = &.{ 3, 4 }, .onset = null, .blips = 1 },
        .{ .ticks = &.{ 3, 4, 6, 7, 8, 12 }, .onset = 6, .blips = 1 },
        .{ .ticks = &.{ 2, 8, 9 }, .onset = 8, .blips = 1 },
        .{ .ticks = &.{ -1, 3 }, .onset = -1, .blips = 0 },
    };
    for (cases) |case| {
        var runs: Runs = .{};
        for (case.ticks) |tick| runs.add(tick, &rules);
        runs.finish(9);
        try std.testing.expectEqual(case.onset, runs.onset);
        try std.testing.expectEqual(case.blips, runs.blip_count);
    }
}
