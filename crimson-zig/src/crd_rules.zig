//! What a replay may say: the runtime's own rules, in the order of its codec. Each answers with what is wrong.

const std = @import("std");
const crd = @import("crd.zig");

const Text = []const u8;
const Int = i128;

const seat_key_bytes = 32;
const weapon_usage_slots = 53;
const dictionary_words_max = 2048;
const highscore_names_max = 512;
const weapon_id_max = 53;
const spawn_id_max = 67;

const entries_max = 256;
const copies_max = 384;
const trigger_copies_max = 384;
const total_copies_max = 8192;
const trigger_ms_max = 60 * 60 * 1000;
const coordinate_min = -1024.0;
const coordinate_max = 2048.0;

/// The f32 that a float is exactly, if it is one and finite.
pub fn canonical_f32(value: f64) ?f32 {
    if (!std.math.isFinite(value)) return null;
    const single: f32 = @floatCast(value);
    return if (@as(f64, single) == value) single else null;
}

fn within(value: Int, low: Int, high: Int) bool {
    return low <= value and value <= high;
}

/// So many printable ASCII characters.
fn printable(text: Text, length_min: usize, length_max: usize) bool {
    if (text.len < length_min or text.len > length_max) return false;
    for (text) |char| {
        if (char < ' ' or char > '~') return false;
    }
    return true;
}

pub fn head_problem(head: *const crd.Head) ?[]const u8 {
    if (head.rules < 1) return "rules must be at least 1";
    if (head.game_version.len == 0) return "game_version must be non-empty";
    inline for (.{ "client", "version", "platform" }) |name| {
        if (!printable(@field(head.recorder, name), 1, 64)) {
            return "recorder." ++ name ++ " must be 1..64 printable ASCII characters";
        }
    }
    if (head.pilot) |pilot| {
        if (!printable(pilot.name, 1, 31)) return "pilot.name must be 1..31 printable ASCII characters";
        if (!printable(pilot.model, 0, 64)) return "pilot.model must be at most 64 printable ASCII characters";
        const no_url = pilot.url.len > 0 and
            !(std.mem.startsWith(u8, pilot.url, "https://") and printable(pilot.url, 0, 200));
        if (no_url) return "pilot.url must be empty or an https:// URL";
    }
    if (run_problem(&head.run)) |what| return what;
    if (head.seat_keys) |keys| {
        if (keys.len != head.run.player_count) return "seat_keys has another number of entries than players";
        for (keys, 0..) |key, seat| {
            if (key.bytes.len != seat_key_bytes) return "a seat key must be 32 bytes";
            for (keys[0..seat]) |other| {
                if (std.mem.eql(u8, key.bytes, other.bytes)) return "seat_keys must be distinct";
            }
        }
    }
    return result_problem(&head.result, &head.run);
}

fn run_problem(run: *const crd.Run) ?[]const u8 {
    switch (run.game_mode_id) {
        1, 2, 3, 4, 8 => {},
        else => return "run.game_mode_id is not a replayable mode",
    }
    const mode = run.mode();
    if (!within(run.seed, 0, std.math.maxInt(u32))) return "run.seed is no u32";
    if (!within(run.player_count, 1, crd.players_max)) return "run.player_count must be in 1..4";
    if (run.quest_level) |level| {
        if (!within(level.major, 1, 5) or !within(level.minor, 1, 10)) return "run.quest_level does not exist";
    }
    const quests = @as(u32, @intFromBool(run.quest_level != null)) + @intFromBool(run.custom_quest != null);
    if (quests != @intFromBool(mode == .quests)) {
        return "quests need exactly one of run.quest_level and run.custom_quest; other modes need neither";
    }
    if (run.custom_quest) |*quest| {
        if (run.hardcore) return "custom quests do not use hardcore";
        if (custom_quest_problem(quest)) |what| return what;
    }
    if ((mode == .typo or mode == .tutorial) and run.player_count != 1) return "this mode is for one player";
    if (!within(run.quest_fail_retry_count, 0, std.math.maxInt(i32))) return "run.quest_fail_retry_count is out of range";
    if (!within(run.detail_preset, 1, 5)) return "run.detail_preset must be in 1..5";
    if (!within(run.violence_disabled, 0, 0xff)) return "run.violence_disabled must be in 0..255";
    inline for (.{ "quest_unlock_index", "quest_unlock_index_full" }) |name| {
        if (std.math.cast(i32, @field(run.status, name)) == null) return "run.status." ++ name ++ " is no i32";
    }
    if (run.status.weapon_usage_counts.len != weapon_usage_slots) return "run.status.weapon_usage_counts must be 53";
    for (run.status.weapon_usage_counts) |count| {
        if (!within(count, 0, std.math.maxInt(u32))) return "a count of run.status.weapon_usage_counts is no u32";
    }
    if (run.typo_dictionary_words.len > dictionary_words_max) return "run.typo_dictionary_words has more than 2048";
    for (run.typo_dictionary_words) |word| {
        if (!printable(word, 1, 15)) return "a word of run.typo_dictionary_words is not 1..15 printable ASCII characters";
    }
    if (run.typo_highscore_names.len > highscore_names_max) return "run.typo_highscore_names has more than 512";
    for (run.typo_highscore_names) |name| {
        if (!highscore_name(name)) return "a name of run.typo_highscore_names is not 1..31 ASCII letters or '.'";
    }
    return carry_problem(&run.typo_carry, mode);
}

fn highscore_name(name: Text) bool {
    if (name.len < 1 or name.len > 31) return false;
    for (name) |char| {
        if (!std.ascii.isAlphabetic(char) and char != '.') return false;
    }
    return true;
}

fn carry_problem(carry: *const crd.TypoCarry, mode: crd.Mode) ?[]const u8 {
    const fresh = carry.target_world == null and carry.submit_count == 0 and carry.match_count == 0 and
        !carry.highscore_names_loaded;
    if (mode != .typo and !fresh) return "run.typo_carry is set only for typo";
    if (carry.target_world) |target| {
        if (canonical_f32(target.x) == null or canonical_f32(target.y) == null) {
            return "run.typo_carry.target_world must be of canonical f32";
        }
    }
    if (!within(carry.submit_count, 0, std.math.maxInt(i32))) return "run.typo_carry.submit_count is out of range";
    if (!within(carry.match_count, 0, carry.submit_count)) return "run.typo_carry.match_count is out of range";
    return null;
}

fn result_problem(result: *const crd.Result, run: *const crd.Run) ?[]const u8 {
    const allowed = switch (run.mode()) {
        .survival, .rush, .typo => result.outcome == .death,
        .quests => result.outcome == .death or result.outcome == .quest_completed,
        .tutorial => result.outcome == .tutorial_completed,
    };
    if (!allowed and result.outcome != .incomplete) return "result.outcome is invalid for the mode";
    if ((result.quest_final_ms != null) != (result.outcome == .quest_completed)) {
        return "result.quest_final_ms must be set only for completed quests";
    }
    if (!within(result.rng_state, 0, std.math.maxInt(u32))) return "result.rng_state is no u32";
    if (result.players.len != run.player_count) return "result.players has another number of entries than players";
    for (result.players) |player| {
        if (canonical_f32(player.health) == null) return "a health of result.players is no canonical f32";
        if (!within(player.most_used_weapon_id, 0, weapon_id_max)) return "a weapon of result.players does not exist";
    }
    return null;
}

fn custom_quest_problem(quest: *const crd.CustomQuest) ?[]const u8 {
    if (!printable(quest.title, 1, 64)) return "run.custom_quest: title must be 1..64 printable ASCII characters";
    if (quest.author) |author| {
        if (!printable(author, 1, 31)) return "run.custom_quest: author must be 1..31 printable ASCII characters";
    }
    const weapon = quest.start_weapon_id;
    const unused = within(weapon, 34, 40) or within(weapon, 46, 49);
    if (!within(weapon, 1, weapon_id_max) or unused) return "run.custom_quest: it needs a starting weapon";
    if (quest.terrain_slots.len != 3) return "run.custom_quest: there are three terrain slots";
    for (quest.terrain_slots) |slot| {
        if (!within(slot, 0, 7)) return "run.custom_quest: terrain slots must be in 0..7";
    }
    if (!ascending_ids(quest.no_bonuses, 2, 14, null)) return "run.custom_quest: no_bonuses must ascend within 2..14";
    const instant_winner = 7;
    if (!ascending_ids(quest.no_perks, 1, 57, instant_winner)) {
        return "run.custom_quest: no_perks must ascend within 1..57 (without instant_winner)";
    }
    if (!ascending_ids(quest.no_weapons, 2, 33, null)) return "run.custom_quest: no_weapons must ascend within 2..33";
    return table_problem(quest.entries);
}

fn ascending_ids(ids: []const Int, low: Int, high: Int, except: ?Int) bool {
    var last: Int = low - 1;
    for (ids) |id| {
        if (id <= last or id > high or id == except) return false;
        last = id;
    }
    return true;
}

fn table_problem(entries: []const crd.SpawnEntry) ?[]const u8 {
    if (entries.len < 1 or entries.len > entries_max) return "run.custom_quest: a table holds 1..256 entries";
    var total: Int = 0;
    for (entries) |*entry| {
        const unplayable = entry.spawn_id == 0x02 or entry.spawn_id == 0x37;
        if (!within(entry.spawn_id, 0, spawn_id_max) or unplayable) return "run.custom_quest: a template is unplayable";
        if (!within(entry.trigger_ms, 0, trigger_ms_max)) return "run.custom_quest: a trigger time is out of range";
        for ([_]f64{ entry.pos.x, entry.pos.y }) |coordinate| {
            const inside = coordinate >= coordinate_min and coordinate <= coordinate_max;
            if (!inside or canonical_f32(coordinate) == null) return "run.custom_quest: a position is out of range";
        }
        if (canonical_f32(entry.heading) == null) return "run.custom_quest: a heading is no f32";
        if (!within(entry.count, 1, copies_max)) return "run.custom_quest: an entry spawns too many copies";
        total += entry.count;
    }
    if (total > total_copies_max) return "run.custom_quest: total copies exceed the limit";
    for (entries) |*entry| {
        var copies: Int = 0;
        for (entries) |*other| {
            if (other.trigger_ms == entry.trigger_ms) copies += other.count;
        }
        if (copies > trigger_copies_max) return "run.custom_quest: copies of one time exceed the limit";
    }
    return null;
}

/// The custom quest that an early replay of format 33 means: the table for its number of players.
pub fn upgraded(legacy: *const crd.LegacyCustomQuest, player_count: Int) error{Invalid}!crd.CustomQuest {
    if (!within(player_count, 1, crd.players_max) or legacy.variants.len != 8) return error.Invalid;
    for (legacy.variants) |variant| {
        if (variant < 0 or variant >= legacy.tables.len) return error.Invalid;
    }
    // each table is some player count's
    for (0..legacy.tables.len) |table| {
        if (std.mem.indexOfScalar(Int, legacy.variants, @intCast(table)) == null) return error.Invalid;
    }
    for (legacy.tables) |entries| {
        for (entries) |*entry| {
            if (!within(entry.spawn_id, 0, spawn_id_max)) return error.Invalid;
        }
    }
    const variant = legacy.variants[@intCast((player_count - 1) * 2)];
    return .{
        .title = legacy.title,
        .author = legacy.author,
        .start_weapon_id = legacy.start_weapon_id,
        .terrain_slots = legacy.terrain_slots,
        .entries = legacy.tables[@intCast(variant)],
        .no_bonuses = &.{},
        .no_perks = &.{},
        .no_weapons = &.{},
    };
}

/// What is wrong with a player's input flags.
pub fn flags_problem(flags: u32) ?[]const u8 {
    const supported: u32 = 0x000f_ffff;
    const move_keys_present: u32 = 1 << 3;
    const move_keys: u32 = 0xf << 4;
    const move_mode_present: u32 = 1 << 8;
    const aim_scheme_present: u32 = 1 << 12;
    if (flags & ~supported != 0) return "input flags contain unsupported bits";
    if (flags & move_keys_present == 0 and flags & move_keys != 0) {
        return "input flags set movement keys without their presence";
    }
    const move_mode = (flags >> 9) & 7;
    if (flags & move_mode_present == 0 and move_mode != 0) return "input flags set a movement mode without its presence";
    if (move_mode > 5) return "input flags contain an invalid movement mode";
    const aim_scheme = (flags >> 13) & 7;
    if (flags & aim_scheme_present == 0 and aim_scheme != 0) return "input flags set an aim scheme without its presence";
    if (aim_scheme == 6) return "input flags contain an invalid aim scheme";
    return null;
}
