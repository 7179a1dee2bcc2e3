//! A replay played by the simulation: what a recording takes its ticks from.

const std = @import("std");
const crd = @import("../crd.zig");
const custom_quest = @import("quests/custom_quest.zig");
const settings_module = @import("settings.zig");
const CustomQuest = @import("quests/quest.zig").Custom;
const Failure = @import("../record.zig").Failure;
const Input = settings_module.Input;
const Mode = settings_module.Mode;
const Outcome = @import("world.zig").Outcome;
const Quest = @import("quests/quest.zig").Quest;
const Sampler = @import("sample.zig").Sampler;
const Settings = settings_module.Settings;
const Tables = @import("../cdt_rows.zig").Tables;
const World = @import("world.zig").World;
const assert = std.debug.assert;

/// How long a recording may go on after the run has ended.
const run_down_ms = 500;

/// Large, as a world is.
pub const Source = struct {
    replay: *const crd.Replay,
    world: World,
    sampler: Sampler,
    /// The quest that the replay brings along, if it does.
    custom_quest: CustomQuest,
    end: ?struct { tick: u32, outcome: Outcome },
    run_down_left_ms: i32,
    reason_buffer: [reason_max]u8,
    reason_length: usize,

    const reason_max = 160;

    /// Makes ready for the run of a replay, which must outlive the source.
    pub fn init(source: *Source, replay: *const crd.Replay) void {
        source.replay = replay;
        source.end = null;
        source.run_down_left_ms = run_down_ms;
        source.reason_length = 0;
    }

    pub fn reason(source: *const Source) []const u8 {
        return source.reason_buffer[0..source.reason_length];
    }

    pub fn sample_setup(source: *Source, tables: *Tables) Failure!void {
        const rules = source.replay.head.rules;
        if (rules > 2) return source.refuse("the replay was recorded under rules {d}; this build plays rules 1 and 2", .{rules});
        const settings = settings_of(source.replay, source.quest()) catch return source.refuse(
            "rules-1 co-op reload behaviour requires known recording-build provenance",
            .{},
        );
        source.world.start(&settings);
        try source.sampler.add_setup(&source.world, tables);
    }

    pub fn step(source: *Source, tick: u32, place: u32, tables: *Tables) Failure!void {
        source.world.begin();
        const asks_for_menu = try source.obey_commands(tick);
        var inputs: [settings_module.players_max]Input = undefined;
        const seats = source.replay.inputs_of(tick);
        for (inputs[0..seats.len], seats) |*input, *stored| input.* = .from_flags(
            .{ .x = stored.move_x, .y = stored.move_y },
            .{ .x = stored.aim_x, .y = stored.aim_y },
            stored.flags,
        );
        source.world.step(inputs[0..seats.len], asks_for_menu);
        if (source.world.rng.full or source.world.events.full) return error.ChunkFull;
        const void_reason = source.world.void_reason;
        if (void_reason.len > 0) return source.refuse("{s}", .{void_reason});
        if (source.world.mode == .typo and !source.world.mode.typo.counts_fit()) {
            return source.refuse("a count of typ-o's lines is too large for a trace", .{});
        }
        try source.check_end(tick);
        try source.sampler.add_tick(&source.world, tables, place);
    }

    /// Picks perks and presses typ-o's keys as the tick begins; returns whether its end shall open the menu. The reader
    /// has refused keys in other modes.
    fn obey_commands(source: *Source, tick: u32) Failure!bool {
        const world = &source.world;
        const was_open = world.perk_menu.open;
        defer world.perk_menu.open = false;
        var picked = false;
        var asks = false;
        for (source.replay.commands_of(tick)) |*command| {
            const for_perks = command.kind == .perk_pick or command.kind == .perk_menu_open;
            if (for_perks and world.settings.mode == .rush) return source.refuse("perk command in Rush", .{});
            switch (command.kind) {
                .perk_pick => {
                    if (!was_open or picked) return source.refuse("perk_pick without an open perk menu", .{});
                    picked = true;
                    try source.check_perk_pending("perk_pick");
                    if (!world.pick_perk(command.argument)) {
                        return source.refuse("perk_pick of a choice that is not offered", .{});
                    }
                },
                .perk_menu_open => {
                    try source.check_perk_pending("perk_menu_open");
                    asks = true;
                },
                .typo_char => world.mode.typo.press(world, .{ .character = @intCast(command.argument) }),
                .typo_backspace => world.mode.typo.press(world, .backspace),
                .typo_submit => world.mode.typo.press(world, .enter),
            }
        }
        return asks;
    }

    /// Each command has to be possible after the ones before it.
    fn check_perk_pending(source: *Source, comptime name: []const u8) Failure!void {
        const world = &source.world;
        if (world.perk_menu.pending_count <= 0) return source.refuse(name ++ " without a pending perk", .{});
        if (!world.anyone_alive()) return source.refuse(name ++ " while every player is dead", .{});
    }

    /// Which quest is played; a custom one stays in the source.
    fn quest(source: *Source) Quest {
        const run = &source.replay.head.run;
        if (run.custom_quest) |*custom| {
            source.custom_quest = custom_quest.of_replay(custom);
            return .{ .custom = &source.custom_quest };
        }
        const level = run.quest_level orelse return .none;
        return .{ .stock = .{ .tier = @intCast(level.major), .number = @intCast(level.minor) } };
    }

    fn check_end(source: *Source, tick: u32) Failure!void {
        if (source.end == null) {
            const outcome = source.world.outcome() orelse return;
            source.end = .{ .tick = tick, .outcome = outcome };
        }
        const end = source.end.?;
        source.run_down_left_ms -= source.world.frame_ms;
        const count = source.replay.tick_count();
        if (source.run_down_left_ms >= 0 or tick + 1 >= count) return;
        return source.refuse(
            "run ended ({t}) at tick {d} and wound down by tick {d} but the replay has {d} ticks",
            .{ end.outcome, end.tick, tick, count },
        );
    }

    fn refuse(source: *Source, comptime words: []const u8, values: anytype) Failure {
        const text = std.fmt.bufPrint(&source.reason_buffer, words, values) catch unreachable;
        source.reason_length = text.len;
        return error.Unsupported;
    }
};

fn mode_of(replay: *const crd.Replay) Mode {
    return @fromBackingInt(@as(i32, @intCast(replay.head.run.game_mode_id)));
}

fn settings_of(replay: *const crd.Replay, quest: Quest) error{UnknownProvenance}!Settings {
    const run = &replay.head.run;
    var settings: Settings = .{
        .mode = mode_of(replay),
        .quest = quest,
        .seed = @intCast(run.seed),
        .player_count = @intCast(run.player_count),
        .rules = @intCast(replay.head.rules),
        .preserve_bugs = run.preserve_bugs,
        .hardcore = run.hardcore,
        .friendly_fire = run.friendly_fire,
        .legacy_coop_reload = try has_legacy_coop_reload(replay),
        .detail_preset = @intCast(run.detail_preset),
        .violence_disabled = run.violence_disabled != 0,
        .quest_unlock_index = @intCast(run.status.quest_unlock_index),
        .quest_unlock_index_hardcore = @intCast(run.status.quest_unlock_index_full),
        .quest_fail_retry_count = @intCast(run.quest_fail_retry_count),
        .weapon_usage_counts = undefined,
        .typo = .{
            .dictionary = run.typo_dictionary_words,
            .highscore_names = run.typo_highscore_names,
            .highscore_names_loaded = run.typo_carry.highscore_names_loaded,
            .submit_count = @intCast(run.typo_carry.submit_count),
            .match_count = @intCast(run.typo_carry.match_count),
            .target = if (run.typo_carry.target_world) |point| .{
                .x = @floatCast(point.x),
                .y = @floatCast(point.y),
            } else null,
        },
    };
    assert(run.status.weapon_usage_counts.len == settings.weapon_usage_counts.len);
    for (&settings.weapon_usage_counts, run.status.weapon_usage_counts) |*count, stored| count.* = @intCast(stored);
    return settings;
}

/// A service that recorded without seat keys, after the reload key was given to every player.
const mended_build = "0.18.0+build.64a9589f5fbefdc036f0559b";

/// Whether a co-op run was recorded before the reload key was given to every player, which only the recording build's
/// version tells.
fn has_legacy_coop_reload(replay: *const crd.Replay) error{UnknownProvenance}!bool {
    const head = &replay.head;
    if (head.rules != 1 or head.run.player_count == 1 or head.run.preserve_bugs) return false;
    if (head.seat_keys != null or std.mem.eql(u8, head.game_version, mended_build)) return false;
    const version = Version.parse(head.game_version) orelse return error.UnknownProvenance;
    if (version.order(.{ .parts = .{ 0, 19, 0 } }) != .lt) return false;
    const last_legacy: Version = .{ .parts = .{ 0, 18, 0 } };
    return switch (version.order(last_legacy)) {
        .lt => true,
        .eq => if (version.suffixed) error.UnknownProvenance else true,
        .gt => error.UnknownProvenance,
    };
}

const Version = struct {
    parts: [3]u32,
    suffixed: bool = false,

    /// Three numbers with points between them, and whatever follows on the same line.
    fn parse(text: []const u8) ?Version {
        if (std.mem.indexOfScalar(u8, text, '\n') != null) return null;
        var version: Version = .{ .parts = undefined };
        var rest = text;
        for (&version.parts, 0..) |*part, position| {
            if (position > 0) {
                if (rest.len == 0 or rest[0] != '.') return null;
                rest = rest[1..];
            }
            const digits = for (rest, 0..) |character, count| {
                if (!std.ascii.isDigit(character)) break count;
            } else rest.len;
            // Python reads no number of more digits.
            if (digits > 4300) return null;
            part.* = std.fmt.parseInt(u32, rest[0..digits], 10) catch |failure| switch (failure) {
                // As good as any that is larger than those it is held against.
                error.Overflow => std.math.maxInt(u32),
                error.InvalidCharacter => return null,
            };
            rest = rest[digits..];
        }
        version.suffixed = rest.len > 0;
        return version;
    }

    fn order(version: Version, other: Version) std.math.Order {
        return std.mem.order(u32, &version.parts, &other.parts);
    }
};

test "versions are told apart" {
    const expect = std.testing.expectEqual;
    try expect(null, Version.parse("0.18"));
    try expect(null, Version.parse("dev"));
    try expect(false, Version.parse("0.18.0").?.suffixed);
    try expect(true, Version.parse("0.18.0+build.1").?.suffixed);
    try expect(.gt, Version.parse("0.22.0").?.order(.{ .parts = .{ 0, 19, 0 } }));
    try expect(.gt, Version.parse("0.99999999999999999999.0").?.order(.{ .parts = .{ 0, 19, 0 } }));
    try expect(null, Version.parse("0.19.0\n"));
}
