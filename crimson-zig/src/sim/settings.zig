//! What a run is given: its settings, and each tick's inputs.

const quest = @import("quests/quest.zig");
const Vec2 = @import("float.zig").Vec2;

pub const players_max = 4;
pub const weapon_usage_slots = 53;

pub const Mode = enum(i32) {
    survival = 1,
    rush = 2,
    quests = 3,
    typo = 4,
    tutorial = 8,

    /// Rush and typ-o pay experience for the score only.
    pub fn has_levels(mode: Mode) bool {
        return mode != .rush and mode != .typo;
    }

    /// Typ-o has a frame of its own in the original, which does not know that the run is over.
    pub fn has_run_down(mode: Mode) bool {
        return mode != .typo;
    }
};

pub const Settings = struct {
    mode: Mode,
    /// What it points at is needed until the run has begun.
    quest: quest.Quest,
    seed: u32,
    player_count: u8,
    /// The replay's rules: 1, or 2, which mend what the first ones had wrong.
    rules: u8,
    preserve_bugs: bool,
    /// Quests only, but with the original's bugs.
    hardcore: bool,
    /// Whether shots hit other players.
    friendly_fire: bool,
    /// Whether a co-op run of rules 1 keeps the reload key for a single player.
    legacy_coop_reload: bool,
    /// 1 to 5; up to 2, every other effect is left out.
    detail_preset: u8,
    violence_disabled: bool,
    quest_unlock_index: i32,
    quest_unlock_index_hardcore: i32,
    quest_fail_retry_count: i32,
    weapon_usage_counts: [weapon_usage_slots]u32,
    typo: TypoStart,

    /// What winning a quest unlocks; the save keeps it.
    pub fn unlock(settings: *Settings, level: quest.Level) void {
        const next = @as(i32, level.index()) + 1;
        settings.quest_unlock_index = @max(settings.quest_unlock_index, next);
        if (settings.hardcore) settings.quest_unlock_index_hardcore = @max(settings.quest_unlock_index_hardcore, next);
    }

    /// Whether the splitter gun is to be had, and may be kept: enough hardcore quests were won.
    pub fn has_splitter_gun(settings: *const Settings) bool {
        return settings.quest_unlock_index_hardcore >= 40;
    }

    /// Whether the run has what rules 2 mended.
    pub fn mended(settings: *const Settings) bool {
        return settings.rules >= 2 and !settings.preserve_bugs;
    }
};

/// What typ-o takes its words from, and what is left of the runs before. The words are needed for the whole run.
pub const TypoStart = struct {
    /// The player's own words; without any the game has its own.
    dictionary: []const []const u8,
    /// The names of the score table.
    highscore_names: []const []const u8,
    highscore_names_loaded: bool,
    submit_count: i32,
    match_count: i32,
    target: ?Vec2,
};

/// How a player moves. A replay can hold numbers that are no scheme: they move nobody.
pub const MoveScheme = enum(u3) {
    none = 0,
    relative = 1,
    static = 2,
    dual_action_pad = 3,
    mouse_point_click = 4,
    computer = 5,
    unknown_6 = 6,
    unknown_7 = 7,
};

/// How a player aims. Other numbers aim as the joystick does.
pub const AimScheme = enum(u3) {
    mouse = 0,
    keyboard = 1,
    joystick = 2,
    mouse_relative = 3,
    dual_action_pad = 4,
    computer = 5,
    unknown_6 = 6,
    unknown_7 = 7,
};

/// One player's input of a tick.
pub const Input = struct {
    move: Vec2,
    aim: Vec2,
    move_scheme: MoveScheme,
    aim_scheme: AimScheme,
    fire_down: bool,
    fire_pressed: bool,
    reload_pressed: bool,
    reload_down: bool,
    fire_bullets_key: bool,
    aim_left: bool,
    aim_right: bool,
    forward: bool,
    backward: bool,
    left: bool,
    right: bool,

    /// From a replay's words. Old recordings left out the schemes, and moved by keys if they had them.
    pub fn from_flags(move: Vec2, aim: Vec2, flags: u32) Input {
        const keys = bit(flags, 3);
        return .{
            .move = move,
            .aim = aim,
            .fire_down = bit(flags, 0),
            .fire_pressed = bit(flags, 1),
            .reload_pressed = bit(flags, 2),
            .forward = bit(flags, 4),
            .backward = bit(flags, 5),
            .left = bit(flags, 6),
            .right = bit(flags, 7),
            .move_scheme = if (bit(flags, 8))
                @fromBackingInt(@as(u3, @truncate(flags >> 9)))
            else if (keys) .static else .dual_action_pad,
            .aim_scheme = if (bit(flags, 12)) @fromBackingInt(@as(u3, @truncate(flags >> 13))) else .mouse,
            .reload_down = bit(flags, 16),
            .fire_bullets_key = bit(flags, 17),
            .aim_left = bit(flags, 18),
            .aim_right = bit(flags, 19),
        };
    }
};

fn bit(flags: u32, comptime position: u5) bool {
    return flags >> position & 1 != 0;
}
