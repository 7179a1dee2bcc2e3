//! Reads `.crd` replays, formats 30 to 34: a zstd frame around one msgpack map. What is read or refused, and as what,
//! is what the runtime's `crimson.replay` reads or refuses. A replay has exactly one encoding: maps have all their keys
//! in order, numbers take the shortest form, floats are of 64 bits.

const std = @import("std");
const files = @import("files.zig");
const memory = @import("memory.zig");
const msgpack = @import("msgpack.zig");
const rules = @import("crd_rules.zig");
const zstd = @import("zstd_decode.zig");
const Problem = @import("problem.zig").Problem;
const Refused = @import("problem.zig").Refused;
const system_reason = @import("problem.zig").system_reason;
const trace_magic = @import("cdt_format.zig").magic;

const Text = []const u8;
const Int = i128;

pub const format_first = 30;
pub const format_last = 34;
const file_bytes_max = 65 << 20;
const payload_bytes_max = 64 << 20;
/// A frame may not ask for a larger window than this.
const window_max = 8 << 20;
pub const players_max = 4;

pub const Mode = enum(u8) {
    survival = 1,
    rush = 2,
    quests = 3,
    typo = 4,
    tutorial = 8,
};

pub const Recorder = struct { client: Text, version: Text, platform: Text };
pub const Pilot = struct { name: Text, model: Text, url: Text };
pub const QuestLevel = struct { major: Int, minor: Int };
pub const Point = struct { x: f64, y: f64 };

pub const Status = struct {
    quest_unlock_index: Int,
    /// The hardcore one, under the name that it had once.
    quest_unlock_index_full: Int,
    weapon_usage_counts: []const Int,
};

pub const TypoCarry = struct {
    target_world: ?Point,
    submit_count: Int,
    match_count: Int,
    highscore_names_loaded: bool,
};

pub const SpawnEntry = struct { pos: Point, heading: f64, spawn_id: Int, trigger_ms: Int, count: Int };

pub const CustomQuest = struct {
    title: Text,
    author: ?Text,
    start_weapon_id: Int,
    terrain_slots: []const Int,
    entries: []const SpawnEntry,
    no_bonuses: []const Int,
    no_perks: []const Int,
    no_weapons: []const Int,
};

/// What early replays of format 33 held in its place.
pub const LegacyCustomQuest = struct {
    title: Text,
    author: ?Text,
    start_weapon_id: Int,
    terrain_slots: []const Int,
    tables: []const []const SpawnEntry,
    variants: []const Int,
};

/// The run's settings, as formats 30 to 32 have them.
const PlainRun = struct {
    game_mode_id: Int,
    seed: Int,
    quest_level: ?QuestLevel,
    player_count: Int,
    hardcore: bool,
    preserve_bugs: bool,
    quest_fail_retry_count: Int,
    detail_preset: Int,
    violence_disabled: Int,
    friendly_fire: bool,
    status: Status,
    typo_dictionary_words: []const Text,
    typo_highscore_names: []const Text,
    typo_carry: TypoCarry,
};

pub const Run = struct {
    game_mode_id: Int,
    seed: Int,
    quest_level: ?QuestLevel,
    player_count: Int,
    hardcore: bool,
    preserve_bugs: bool,
    quest_fail_retry_count: Int,
    detail_preset: Int,
    violence_disabled: Int,
    friendly_fire: bool,
    status: Status,
    typo_dictionary_words: []const Text,
    typo_highscore_names: []const Text,
    typo_carry: TypoCarry,
    custom_quest: ?CustomQuest,

    pub fn mode(run: *const Run) Mode {
        return @fromBackingInt(@as(u8, @intCast(run.game_mode_id)));
    }
};

pub const Outcome = enum { death, quest_completed, tutorial_completed, incomplete };
pub const PlayerResult = struct { experience: Int, health: f64, most_used_weapon_id: Int };

pub const Result = struct {
    outcome: Outcome,
    elapsed_ms: Int,
    kills: Int,
    shots_fired: Int,
    shots_hit: Int,
    rng_state: Int,
    pending_perks: Int,
    quest_final_ms: ?Int,
    players: []const PlayerResult,
};

/// A player's input of one tick.
pub const Input = extern struct { move_x: f32, move_y: f32, aim_x: f32, aim_y: f32, flags: u32 };

pub const Command = struct {
    kind: Kind,
    player_index: u8,
    /// The choice of a pick, the code point of a typed character.
    argument: u32 = 0,

    pub const Kind = enum(u8) { perk_menu_open, perk_pick, typo_char, typo_backspace, typo_submit };
};

/// What a replay says before its ticks.
pub const Head = struct {
    format_version: Int,
    game_version: Text,
    rules: Int,
    recorder: Recorder,
    pilot: ?Pilot,
    seat_keys: ?[]const SeatKey,
    run: Run,
    result: Result,
};

pub const SeatKey = struct {
    bytes: []const u8,

    pub fn read_msgpack(reader: *msgpack.Reader) msgpack.Error!SeatKey {
        return .{ .bytes = try reader.read_bin() };
    }

    pub fn jsonStringify(key: SeatKey, out: *std.json.Stringify) std.json.Stringify.Error!void {
        try out.print("\"{x}\"", .{key.bytes});
    }
};

pub const Replay = struct {
    arena: std.heap.ArenaAllocator,
    head: Head,
    /// SHA-256 of the payload, as hex: what names the run.
    sha256: [64]u8,
    /// One input for each player of each tick.
    inputs: []const Input,
    commands: []const Command,
    /// Where each tick's commands begin; one more than there are ticks.
    command_starts: []const u32,

    pub fn deinit(replay: *Replay) void {
        replay.arena.deinit();
        replay.* = undefined;
    }

    pub fn players(replay: *const Replay) usize {
        return @intCast(replay.head.run.player_count);
    }

    pub fn tick_count(replay: *const Replay) usize {
        return replay.command_starts.len - 1;
    }

    pub fn inputs_of(replay: *const Replay, tick: usize) []const Input {
        return replay.inputs[tick * replay.players() ..][0..replay.players()];
    }

    pub fn commands_of(replay: *const Replay, tick: usize) []const Command {
        return replay.commands[replay.command_starts[tick]..replay.command_starts[tick + 1]];
    }

    /// BLAKE2b-64 of a tick: its inputs as five little-endian words each, then its commands as kind, player, argument.
    pub fn tick_digest(replay: *const Replay, tick: usize) u64 {
        var hash: std.crypto.hash.blake2.Blake2b(64) = .init(.{});
        for (replay.inputs_of(tick)) |input| {
            var bytes: [20]u8 = undefined;
            inline for (.{ input.move_x, input.move_y, input.aim_x, input.aim_y }, 0..) |axis, place| {
                std.mem.writeInt(u32, bytes[place * 4 ..][0..4], @bitCast(axis), .little);
            }
            std.mem.writeInt(u32, bytes[16..20], input.flags, .little);
            hash.update(&bytes);
        }
        for (replay.commands_of(tick)) |command| {
            var bytes: [6]u8 = undefined;
            bytes[0] = @backingInt(command.kind);
            bytes[1] = command.player_index;
            std.mem.writeInt(u32, bytes[2..6], command.argument, .little);
            hash.update(&bytes);
        }
        var digest: [8]u8 = undefined;
        hash.final(&digest);
        return std.mem.readInt(u64, &digest, .little);
    }

    /// The quest as trace metadata name it: `<major>.<minor>`, `custom`, or nothing.
    pub fn quest_name(replay: *const Replay, buffer: *[8]u8) Text {
        const run = &replay.head.run;
        if (run.custom_quest != null) return "custom";
        const level = run.quest_level orelse return "";
        return std.fmt.bufPrint(buffer, "{d}.{d}", .{ level.major, level.minor }) catch unreachable;
    }
};

pub const ReadError = Refused || error{OutOfMemory};

/// Reads the replay at a path.
pub fn read_file(io: std.Io, gpa: std.mem.Allocator, path: []const u8, problem: *Problem) ReadError!Replay {
    const file = try files.open_input(io, path, problem);
    defer file.close(io);
    const stored = try memory.reserve(gpa, file_bytes_max + 1);
    defer memory.release(gpa, stored);
    const size = file.readPositionalAll(io, stored, 0) catch |failure| {
        return problem.refuse(path, "cannot be read: {s}", .{system_reason(failure)});
    };
    if (size > file_bytes_max) {
        return problem.refuse(path, "longer than {d} bytes, which no replay is", .{file_bytes_max});
    }
    return read(gpa, stored[0..size], path, problem);
}

/// Reads a replay from the bytes of its file; `path` is for messages.
pub fn read(gpa: std.mem.Allocator, frame: []const u8, path: []const u8, problem: *Problem) ReadError!Replay {
    const header = zstd.read_header(frame) catch {
        if (std.mem.startsWith(u8, frame, trace_magic)) {
            return problem.refuse(path, "not a replay this build reads: it is a .cdt trace", .{});
        }
        return problem.refuse(path, "not a replay this build reads: replay must use the zstd envelope", .{});
    };
    if (header.window_size > window_max) {
        return problem.refuse(path, "not a replay this build reads: its zstd window exceeds 8 MiB", .{});
    }
    if (header.content_size orelse 0 > payload_bytes_max) {
        return problem.refuse(path, "not a replay this build reads: its payload is too large", .{});
    }
    var arena: std.heap.ArenaAllocator = .init(gpa);
    errdefer arena.deinit();
    const room = try memory.reserve(gpa, payload_bytes_max);
    defer memory.release(gpa, room);
    const decoder = try gpa.create(zstd.Decoder);
    defer gpa.destroy(decoder);
    decoder.* = .{};
    const size = decoder.decode(frame, room) catch |failure| {
        return problem.refuse(path, "not a replay this build reads: {s}", .{zstd.reason(failure)});
    };
    // the texts of the replay point into its payload
    const payload = try arena.allocator().dupe(u8, room[0..size]);
    return read_payload(&arena, payload, path, problem);
}

fn read_payload(
    arena: *std.heap.ArenaAllocator,
    payload: []const u8,
    path: []const u8,
    problem: *Problem,
) ReadError!Replay {
    var parser: Parser = .{
        .reader = .{ .bytes = payload, .canonical = true },
        .arena = arena.allocator(),
    };
    const head = parser.read_head() catch |failure| return refused(&parser, failure, path, problem);
    if (rules.head_problem(&head)) |what| {
        return problem.refuse(path, "not a replay this build reads: {s}", .{what});
    }
    parser.read_ticks(&head.run) catch |failure| return refused(&parser, failure, path, problem);
    var replay: Replay = .{
        .arena = undefined,
        .head = head,
        .sha256 = undefined,
        .inputs = parser.inputs.items,
        .commands = parser.commands.items,
        .command_starts = parser.command_starts.items,
    };
    var digest: [32]u8 = undefined;
    std.crypto.hash.sha2.Sha256.hash(payload, &digest, .{});
    _ = std.fmt.bufPrint(&replay.sha256, "{x}", .{&digest}) catch unreachable;
    replay.arena = arena.*;
    return replay;
}

fn refused(parser: *const Parser, failure: Parser.Error, path: []const u8, problem: *Problem) ReadError {
    const what = switch (failure) {
        error.OutOfMemory => return error.OutOfMemory,
        error.Rule => parser.rule,
        error.UnknownFormat => return problem.refuse(
            path,
            "unsupported replay format version: {d} (this build reads versions {d} to {d})",
            .{ parser.format_version, format_first, format_last },
        ),
        else => |e| msgpack.reason(e),
    };
    return problem.refuse(path, "not a replay this build reads: byte {d} of its payload: {s}", .{
        parser.reader.position,
        what,
    });
}

const Parser = struct {
    reader: msgpack.Reader,
    arena: std.mem.Allocator,
    format_version: Int = 0,
    inputs: std.ArrayList(Input) = .empty,
    commands: std.ArrayList(Command) = .empty,
    command_starts: std.ArrayList(u32) = .empty,
    /// The rule that is broken.
    rule: []const u8 = "",

    const Error = msgpack.Error || error{ OutOfMemory, Rule, UnknownFormat };

    fn read_field(parser: *Parser, comptime name: []const u8, comptime Value: type) Error!Value {
        try parser.reader.expect_key(name);
        return msgpack.read_value(Value, &parser.reader, parser.arena);
    }

    fn read_head(parser: *Parser) Error!Head {
        const fields = try parser.reader.read_map();
        parser.format_version = try parser.read_field("format_version", Int);
        const version = parser.format_version;
        if (version < format_first or version > format_last) return error.UnknownFormat;
        const field_counts = [_]usize{ 6, 7, 8, 8, 9 };
        if (fields != field_counts[@intCast(version - format_first)]) return error.WrongLength;
        var head: Head = undefined;
        head.format_version = version;
        head.game_version = try parser.read_field("game_version", Text);
        // what a format does not say, it was before there was a word for it
        head.rules = if (version >= 31) try parser.read_field("rules", Int) else 1;
        head.recorder = try parser.read_field("recorder", Recorder);
        head.pilot = if (version >= 32) try parser.read_field("pilot", ?Pilot) else null;
        head.seat_keys = if (version >= 34) try parser.read_field("seat_keys", ?[]const SeatKey) else null;
        try parser.reader.expect_key("run");
        head.run = if (version >= 33) try parser.read_run() else try parser.read_plain_run();
        head.result = try parser.read_field("result", Result);
        return head;
    }

    fn read_plain_run(parser: *Parser) Error!Run {
        const plain = try msgpack.read_value(PlainRun, &parser.reader, parser.arena);
        return widened(plain, null);
    }

    fn read_run(parser: *Parser) Error!Run {
        const count = @typeInfo(PlainRun).@"struct".field_names.len;
        try parser.reader.expect_map(count + 1);
        var plain: PlainRun = undefined;
        inline for (@typeInfo(PlainRun).@"struct".field_names, @typeInfo(PlainRun).@"struct".field_types) |name, Field| {
            @field(plain, name) = try parser.read_field(name, Field);
        }
        try parser.reader.expect_key("custom_quest");
        const start = parser.reader.position;
        if (msgpack.read_value(?CustomQuest, &parser.reader, parser.arena)) |quest| {
            return widened(plain, quest);
        } else |failure| {
            if (parser.format_version != 33) return failure;
        }
        parser.reader.position = start;
        const legacy = try msgpack.read_value(LegacyCustomQuest, &parser.reader, parser.arena);
        return widened(plain, rules.upgraded(&legacy, plain.player_count) catch {
            parser.rule = "run.custom_quest: invalid legacy tables";
            return error.Rule;
        });
    }

    fn widened(plain: PlainRun, custom_quest: ?CustomQuest) Run {
        var run: Run = undefined;
        inline for (@typeInfo(PlainRun).@"struct".field_names) |name| @field(run, name) = @field(plain, name);
        run.custom_quest = custom_quest;
        return run;
    }

    fn read_ticks(parser: *Parser, run: *const Run) Error!void {
        const reader = &parser.reader;
        const players: usize = @intCast(run.player_count);
        try reader.expect_key("ticks");
        const count = try reader.read_array();
        if (count == 0) return parser.broken("replay must contain at least one tick");
        // a tick is an array of a player's four doubles and flags, and of commands
        const tick_bytes_min = 41;
        if (count > (reader.bytes.len - reader.position) / tick_bytes_min) return error.EndsEarly;
        try parser.inputs.ensureTotalCapacityPrecise(parser.arena, count * players);
        try parser.command_starts.ensureTotalCapacityPrecise(parser.arena, count + 1);
        for (0..count) |_| {
            parser.command_starts.appendAssumeCapacity(@intCast(parser.commands.items.len));
            try reader.expect_array(2);
            try reader.expect_array(players);
            for (0..players) |_| try parser.read_input();
            for (0..try reader.read_array()) |_| try parser.read_command(run);
        }
        parser.command_starts.appendAssumeCapacity(@intCast(parser.commands.items.len));
        if (!reader.at_end()) return error.WrongLength;
    }

    fn read_input(parser: *Parser) Error!void {
        const reader = &parser.reader;
        try reader.expect_array(5);
        var axes: [4]f32 = undefined;
        for (&axes) |*axis| {
            axis.* = rules.canonical_f32(try reader.read_float()) orelse {
                return parser.broken("an axis of an input is no canonical f32");
            };
        }
        const flags = try reader.read_int_as(u32);
        if (rules.flags_problem(flags)) |what| return parser.broken(what);
        parser.inputs.appendAssumeCapacity(.{
            .move_x = axes[0],
            .move_y = axes[1],
            .aim_x = axes[2],
            .aim_y = axes[3],
            .flags = flags,
        });
    }

    fn read_command(parser: *Parser, run: *const Run) Error!void {
        const reader = &parser.reader;
        const fields = try reader.read_map();
        try reader.expect_key("type");
        const kind = std.meta.stringToEnum(Command.Kind, try reader.read_str()) orelse return error.OutOfRange;
        const argument = kind == .perk_pick or kind == .typo_char;
        if (fields != 2 + @as(usize, @intFromBool(argument))) return error.WrongLength;
        const player_index = try parser.read_field("player_index", Int);
        if (player_index < 0 or player_index >= run.player_count) return parser.broken("a command is of no player");
        var command: Command = .{ .kind = kind, .player_index = @intCast(player_index) };
        switch (kind) {
            .perk_menu_open, .typo_backspace, .typo_submit => {},
            .perk_pick => {
                const choice = try parser.read_field("choice_index", Int);
                if (choice < 0 or choice >= 7) return parser.broken("a perk's choice is not in 0..6");
                command.argument = @intCast(choice);
            },
            .typo_char => {
                const text = try parser.read_field("ch", Text);
                if (text.len == 0) return error.OutOfRange;
                const length = std.unicode.utf8ByteSequenceLength(text[0]) catch return error.NoUtf8;
                if (length != text.len) return error.OutOfRange;
                command.argument = std.unicode.utf8Decode(text) catch return error.NoUtf8;
            },
        }
        const typed = kind == .typo_char or kind == .typo_backspace or kind == .typo_submit;
        if (typed and run.mode() != .typo) return parser.broken("only typ-o replays have typed commands");
        try parser.commands.append(parser.arena, command);
    }

    fn broken(parser: *Parser, rule: []const u8) Error {
        parser.rule = rule;
        return error.Rule;
    }
};
