//! The words that kill typ-o's creatures: how they are made up, and who has which.

const std = @import("std");
const creatures = @import("creatures.zig");
const Caller = @import("rng.zig").Caller;
const Rng = @import("rng.zig").Rng;
const TypoStart = @import("settings.zig").TypoStart;
const World = @import("world.zig").World;

/// Only the first part of a word may be the last one of these.
const fragments = [_][]const u8{
    "lamb", "gun",  "head",  "tail", "leg",   "nose",  "road",  "stab",   "high", "low",  "hat",   "pie",   "hand",
    "jack", "cube", "ice",   "cow",  "king",  "lord",  "mate",  "mary",   "dick", "bill", "cat",   "harry", "tom",
    "fly",  "call", "shot",  "gate", "quick", "brown", "fox",   "jumper", "over", "lazy", "dog",   "zeta",  "unique",
    "nerd", "earl", "sleep", "onyx", "mill",  "blue",  "below", "scape",  "reap", "damo", "break", "boom",  "the",
};
const parts_max = 4;
/// A score table without names has this one.
const no_highscore_name = "quickbrownfox";
const highscore_table_rows = 100;

/// Words that are in use already are made up anew so many times, and long ones as well.
const attempts_max = 200;
const long_attempts_max = 100;
const length_usual = 15;
/// Four of the player's own words, each of the usual length.
const length_max = parts_max * length_usual;

const Word = struct {
    bytes: [length_max]u8,
    length: u8,

    const none: Word = .{ .bytes = undefined, .length = 0 };

    fn text(word: *const Word) []const u8 {
        return word.bytes[0..word.length];
    }

    fn append(word: *Word, part: []const u8) void {
        @memcpy(word.bytes[word.length..][0..part.len], part);
        word.length += @intCast(part.len);
    }
};

/// The draws that decide how many parts a word has.
const Gates = struct {
    highscore_name: Caller,
    four: Caller,
    three_above_80: Caller,
    three_above_60: Caller,
    two_above_40: Caller,
    two_above_20: Caller,
};

const gates: Gates = .{
    .highscore_name = .typo_target_name_assign_random_highscore_gate,
    .four = .typo_target_name_assign_random_four_word_gate,
    .three_above_80 = .typo_target_name_assign_random_three_word_gate_gt80,
    .three_above_60 = .typo_target_name_assign_random_three_word_gate_gt60,
    .two_above_40 = .typo_target_name_assign_random_two_word_gate_gt40,
    .two_above_20 = .typo_target_name_assign_random_two_word_gate_gt20,
};

/// Own words are the rewrite's, and so are their draws.
const gates_of_own_words: Gates = .{
    .highscore_name = .unknown,
    .four = .unknown,
    .three_above_80 = .unknown,
    .three_above_60 = .unknown,
    .two_above_40 = .unknown,
    .two_above_20 = .unknown,
};

/// A name of the score table, or so many parts.
const Make = union(enum) { highscore_name, parts: usize };

fn draw_make(rng: *Rng, score: i32, drawn: *const Gates) Make {
    if (score > 120) {
        if (chance(rng, drawn.highscore_name, 10)) return .highscore_name;
        if (chance(rng, drawn.four, 80)) return .{ .parts = 4 };
    }
    if (score > 80 and chance(rng, drawn.three_above_80, 80)) return .{ .parts = 3 };
    if (score > 60 and chance(rng, drawn.three_above_60, 40)) return .{ .parts = 3 };
    if (score > 40 and chance(rng, drawn.two_above_40, 80)) return .{ .parts = 2 };
    if (score > 20 and chance(rng, drawn.two_above_20, 40)) return .{ .parts = 2 };
    return .{ .parts = 1 };
}

fn chance(rng: *Rng, caller: Caller, percent: u15) bool {
    return rng.draw(caller) % 100 < percent;
}

pub const Names = struct {
    words: [creatures.phantom + 1]Word = @splat(.none),
    /// Whether the score table was loaded, in this run or before it: that draws.
    highscore_names_loaded: bool,

    /// What a slot's creature is called, or the last one was.
    pub fn of(names: *const Names, slot: usize) []const u8 {
        return names.words[slot].text();
    }

    /// The first creature of this name. Corpses keep theirs until they are gone.
    pub fn find(names: *const Names, pool: *const creatures.Pool, text: []const u8) ?usize {
        return names.find_but(pool, text, null);
    }

    fn find_but(names: *const Names, pool: *const creatures.Pool, text: []const u8, but: ?usize) ?usize {
        for (pool.active[0..creatures.capacity], names.words[0..creatures.capacity], 0..) |active, *word, slot| {
            if (active and slot != but and std.mem.eql(u8, word.text(), text)) return slot;
        }
        return null;
    }

    /// `creature_name_assign_random`, 0x00445380: a word that nobody has and that is not too long, if there is one. Words
    /// grow with the score.
    pub fn assign(names: *Names, world: *World, slot: usize) void {
        const word = &names.words[slot];
        var attempts: u32 = 0;
        var long_attempts: u32 = 0;
        while (true) {
            // Its old word is not in the way.
            const made = names.make_up(&world.rng, &world.settings.typo, world.highscore_xp);
            if (names.find_but(&world.creatures, made.text(), slot) != null) {
                attempts += 1;
                if (attempts < attempts_max) continue;
            }
            if (made.length > length_usual and long_attempts < long_attempts_max) {
                long_attempts += 1;
                continue;
            }
            word.* = made;
            return;
        }
    }

    fn make_up(names: *Names, rng: *Rng, start: *const TypoStart, score: i32) Word {
        if (start.dictionary.len > 0) {
            return switch (draw_make(rng, score, &gates_of_own_words)) {
                .highscore_name => of_own_words(rng, start.dictionary, 1),
                .parts => |count| of_own_words(rng, start.dictionary, count),
            };
        }
        return switch (draw_make(rng, score, &gates)) {
            .highscore_name => names.draw_highscore_name(rng, start.highscore_names),
            .parts => |count| of_fragments(rng, count),
        };
    }

    /// `typo_word_pick_highscore_name`: the first one loads the table, which draws a tag for each row.
    fn draw_highscore_name(names: *Names, rng: *Rng, table: []const []const u8) Word {
        if (!names.highscore_names_loaded) {
            rng.skip(.highscore_load_table_read_record_random_tag);
            for (0..highscore_table_rows) |_| rng.skip(.highscore_load_table_row_random_tag);
            names.highscore_names_loaded = true;
        }
        var word: Word = .none;
        word.append(if (table.len == 0)
            no_highscore_name
        else
            table[rng.draw(.typo_word_pick_highscore_name) % table.len]);
        return word;
    }
};

/// The original's compiler has the last part drawn first.
fn of_fragments(rng: *Rng, count: usize) Word {
    var parts: [parts_max][]const u8 = undefined;
    var part = count;
    while (part > 0) {
        part -= 1;
        const whole = part == 0 and count > 1;
        const choices: u15 = if (whole) fragments.len else fragments.len - 1;
        parts[part] = fragments[rng.draw(.typo_word_pick_fragment) % choices];
    }
    return joined(parts[0..count]);
}

/// Different words, if there are more of them than parts.
fn of_own_words(rng: *Rng, words: []const []const u8, count: usize) Word {
    const differ = count > 1 and words.len > count;
    var picks: [parts_max]usize = undefined;
    var parts: [parts_max][]const u8 = undefined;
    for (0..count) |part| {
        picks[part] = rng.draw(.unknown) % words.len;
        while (differ and std.mem.indexOfScalar(usize, picks[0..part], picks[part]) != null) {
            picks[part] = rng.draw(.unknown) % words.len;
        }
        parts[part] = words[picks[part]];
    }
    return joined(parts[0..count]);
}

fn joined(parts: []const []const u8) Word {
    var word: Word = .none;
    for (parts) |part| word.append(part);
    return word;
}

test "words of as many parts as there are have room" {
    var longest: usize = 0;
    for (fragments) |fragment| longest = @max(longest, fragment.len);
    try std.testing.expect(longest * parts_max <= length_max);
    const own: []const u8 = "fifteen letters";
    try std.testing.expectEqual(length_usual, own.len);
    try std.testing.expectEqual(length_max, joined(&.{ own, own, own, own }).length);
}

test "words of any score are the Python runtime's" {
    const testing = std.testing;
    const own = [_][]const u8{ "ash", "a-b", "oak tree", "x", "fifteen letters" };
    const Case = struct { score: i32, own: bool, last: []const u8, state: u32 };
    const cases = [_]Case{
        .{ .score = 20, .own = false, .last = "nerd", .state = 0x974328b6 },
        .{ .score = 30, .own = false, .last = "zeta", .state = 0xb42481af },
        .{ .score = 50, .own = false, .last = "milltail", .state = 0x8b8bc718 },
        .{ .score = 70, .own = false, .last = "doglordtail", .state = 0x109827f9 },
        .{ .score = 100, .own = false, .last = "cowbreakice", .state = 0x71340da6 },
        .{ .score = 200, .own = false, .last = "harrybillheadlow", .state = 0xbc043fe3 },
        .{ .score = 20, .own = true, .last = "ash", .state = 0x974328b6 },
        .{ .score = 70, .own = true, .last = "oak treefifteen lettersx", .state = 0xfb14b676 },
        .{ .score = 200, .own = true, .last = "fifteen letters", .state = 0xb4573e4c },
    };
    const rng = try testing.allocator.create(Rng);
    defer testing.allocator.destroy(rng);
    for (cases) |case| {
        const start: TypoStart = .{
            .dictionary = if (case.own) &own else &.{},
            .highscore_names = &.{ "Zoe", "R.K" },
            .highscore_names_loaded = false,
            .submit_count = 0,
            .match_count = 0,
            .target = null,
        };
        rng.state = @intCast(case.score);
        rng.clear_draws();
        var names: Names = .{ .highscore_names_loaded = false };
        var word: Word = undefined;
        for (0..10) |_| word = names.make_up(rng, &start, case.score);
        try testing.expectEqualStrings(case.last, word.text());
        try testing.expectEqual(case.state, rng.state);
    }
}
