//! Is a trace whole, and what it says? Every byte is read, hashed, decoded and encoded again. The questions, and what
//! counts as an answer, are those of `crimson-dbg verify`.

const std = @import("std");
const crd = @import("crd.zig");
const meta_codec = @import("cdt_meta.zig");
const Codec = @import("cdt_payload.zig").Codec;
const Problem = @import("problem.zig").Problem;
const Reader = @import("cdt_trace.zig").Reader;
const Refused = @import("problem.zig").Refused;

pub const Question = enum {
    @"canonical encoding",
    ticks,
    producer,
    replay,
    @"run settings",
    @"game version",
    @"tick count",
    seed,
};

pub const Report = struct {
    ticks: u32,
    /// Which questions were asked, and which of them were answered no.
    asked: std.EnumSet(Question) = .empty,
    failed: std.EnumSet(Question) = .empty,
    /// The first tick of the first chunk that would be written otherwise.
    other_form: ?i32 = null,
    /// The state of the first draw of run set-up.
    first_state: ?u32 = null,

    pub fn ok(report: *const Report) bool {
        return report.failed.count() == 0;
    }

    fn ask(report: *Report, question: Question, good: bool) void {
        report.asked.insert(question);
        if (!good) report.failed.insert(question);
    }
};

/// Checks a trace against itself. `scratch` holds a chunk's raw bytes.
pub fn verify(reader: *Reader, codec: *Codec, scratch: []u8, problem: *Problem) Refused!Report {
    var report: Report = .{ .ticks = reader.tick_count() };
    for (reader.entries[1..]) |*entry| {
        const raw = try reader.read_raw(entry, problem);
        try reader.decode(codec, entry, problem);
        const draws = reader.tables.of(.rng_stream);
        if (entry.kind == .INIT and draws.count > 0) report.first_state = draws.words(u32, 1)[0];
        const size = codec.encode(&reader.tables, scratch) catch 0;
        if (!std.mem.eql(u8, raw, scratch[0..size]) and report.other_form == null) report.other_form = entry.first;
    }
    report.ask(.@"canonical encoding", report.other_form == null);
    report.ask(.ticks, report.ticks > 0);
    const producer = &reader.meta.producer;
    const known = producer.is_original() or std.mem.eql(u8, producer.kind, "candidate");
    report.ask(.producer, known and producer.is_original() == (reader.meta.capture != null));
    return report;
}

/// Checks a trace of such a source against its replay.
pub fn ask_replay(report: *Report, source: *const meta_codec.Source, replay: *const crd.Replay) void {
    const run = &replay.head.run;
    const mine = &source.run;
    var quest_buffer: [8]u8 = undefined;
    const same_settings = mine.mode_id == run.game_mode_id and mine.seed == run.seed and
        mine.player_count == run.player_count and mine.rules == replay.head.rules and
        mine.preserve_bugs == run.preserve_bugs and mine.hardcore == run.hardcore and
        mine.friendly_fire == run.friendly_fire and
        std.mem.eql(u8, mine.quest, replay.quest_name(&quest_buffer));
    report.ask(.replay, std.mem.eql(u8, source.replay_sha256, &replay.sha256));
    report.ask(.@"run settings", same_settings);
    report.ask(.@"game version", std.mem.eql(u8, source.game_version, replay.head.game_version));
    report.ask(.@"tick count", replay.tick_count() == report.ticks);
    report.ask(.seed, report.first_state != null and report.first_state.? == run.seed);
}
