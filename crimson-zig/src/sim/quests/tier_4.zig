//! The quests of the fourth tier.

const s = @import("script.zig");
const Vec2 = @import("../float.zig").Vec2;
const by_players = s.by_players;
const few = s.few;
const once = s.once;
const point = s.point;
const rising = s.rising;

pub const quests = [10]s.Quest{
    major_alien_breach,
    zombie_time,
    lizard_zombie_pact,
    the_collaboration,
    the_massacre,
    the_unblitzkrieg,
    gauntlet,
    syntax_terror,
    the_annihilation,
    the_end_of_all,
};

const major_alien_breach: s.Quest = .{ .weapon = .rocket_minigun, .steps = &.{
    .{ .rounds = .{ .first_ms = 4000, .every_ms = 2000, .hurry_ms = 15, .times = few(100), .parts = &.{
        .{ .template = .alien_random_green_20, .at = s.at(s.edge.right), .count = few(2) },
        .{ .template = .alien_random_green_20, .at = s.at(s.edge.top), .count = few(2) },
    } } },
} };

const zombie_time: s.Quest = .{ .steps = &.{
    .{ .rounds = .{ .first_ms = 1500, .every_ms = 8000, .times = few(12), .parts = &.{
        .{ .template = .zombie_random_41, .at = s.at(s.edge.right), .count = few(8) },
        .{ .template = .zombie_random_41, .at = s.at(s.edge.left), .count = few(8) },
    } } },
} };

const lizard_zombie_pact: s.Quest = .{ .steps = &.{
    .{ .rounds = .{ .first_ms = 1500, .every_ms = 7000, .times = few(16), .parts = &.{
        .{ .template = .zombie_random_41, .at = s.at(s.edge.right), .count = few(6) },
        .{ .template = .zombie_random_41, .at = s.at(s.edge.left), .count = few(6) },
        .{ .template = .den_lizard_weak_0c, .at = s.along(point(356.0, 256.0), point(0.0, 180.0)), .count = rising(1, 1, 1), .each = 5 },
        .{ .template = .den_lizard_weak_0c, .at = s.along(point(356.0, 384.0), point(0.0, 180.0)), .count = rising(2, 1, 1), .each = 5 },
    } } },
} };

const the_collaboration: s.Quest = .{ .steps = &.{
    .{ .rounds = .{ .first_ms = 1500, .every_ms = 11000, .times = few(16), .parts = &.{
        .{ .template = .ai1_alien_blue_tint_1a, .at = s.at(s.edge.right), .count = rising(7, 4, 5) },
        .{ .template = .ai1_spider_sp1_blue_tint_1b, .at = s.at(s.edge.bottom), .count = rising(7, 4, 5) },
        .{ .template = .ai1_lizard_blue_tint_1c, .at = s.at(s.edge.left), .count = rising(7, 4, 5) },
        .{ .template = .zombie_random_41, .at = s.at(s.edge.top), .count = rising(7, 4, 5) },
    } } },
} };

const the_massacre: s.Quest = .{ .steps = &.{
    .{ .rounds = .{ .first_ms = 1500, .every_ms = 5000, .times = few(18), .parts = &.{
        .{ .template = .zombie_random_41, .at = s.at(s.edge.right), .count = rising(3, 1, 1) },
        .{ .template = .alien_deadly_fast_2b, .at = s.at(s.far_edge.right), .count = rising(1, 2, 1), .each = 2 },
    } } },
} };

const the_unblitzkrieg: s.Quest = .{ .steps = &.{.{ .function = walk_around }} };

/// Dens along the sides of a square, twice round.
fn walk_around(script: *s.Script) void {
    const near = 200;
    const far = 824;
    const paces_ms = [_]i32{ 1800, 1500, 1200, 800, 800, 700, 700, 800 };
    var time_ms: i32 = 500;
    for (paces_ms, 0..) |pace_ms, side| {
        // In the middle, with the third side's first.
        if (side == 2) script.add(.{ .pos = s.centre, .template = .den_alien_basic_07, .trigger_ms = time_ms });
        for (0..10) |number| {
            // The steps are 62.4 units, without the fraction.
            const step: i32 = @intCast(624 * number / 10);
            const forth: f32 = @floatFromInt(near + step);
            const back: f32 = @floatFromInt(far - step);
            const pos: Vec2 = switch (@as(u2, @truncate(side))) {
                0 => .{ .x = far, .y = forth },
                1 => .{ .x = back, .y = far },
                2 => .{ .x = near, .y = back },
                3 => .{ .x = forth, .y = near },
            };
            script.add(.{
                .pos = pos,
                .template = if (number % 2 == 0) .den_alien_basic_07 else .den_lizard_weak_slower_0d,
                .trigger_ms = time_ms,
            });
            time_ms += pace_ms;
        }
    }
}

const gauntlet: s.Quest = .{ .hardcore_players = 4, .steps = &.{
    .{ .rounds = .{ .first_ms = 0, .every_ms = 200, .times = by_players(9, 1), .parts = &.{
        .{ .template = .den_spider_basic_0a, .at = .{ .ring = .{ .radius = 158.0, .step = .whole_turn } } },
    } } },
    .{ .rounds = .{ .first_ms = 4000, .every_ms = 5500, .times = by_players(9, 1), .parts = &.{
        .{ .template = .zombie_random_41, .at = s.at(s.edge.right), .count = rising(2, 1, 1) },
        .{ .template = .zombie_random_41, .at = s.at(s.edge.left), .count = rising(2, 1, 1) },
        .{ .template = .zombie_random_41, .at = s.at(s.edge.bottom), .count = rising(2, 1, 1) },
        .{ .template = .zombie_random_41, .at = s.at(s.edge.top), .count = rising(2, 1, 1) },
    } } },
    .{ .rounds = .{ .first_ms = 42500, .every_ms = 500, .times = by_players(17, 1), .parts = &.{
        .{ .template = .den_spider_basic_0a, .at = .{ .ring = .{ .radius = 258.0, .step = .whole_turn } } },
    } } },
} };

const syntax_terror: s.Quest = .{ .hardcore_players = 4, .steps = &.{.{ .function = scattered_dens }} };

/// The places look random, and are sums of the numbers of the round and the den.
fn scattered_dens(script: *s.Script) void {
    const dens: usize = @intCast(script.players + 9);
    for (0..4) |round| {
        for (0..dens) |den| {
            const x = ((den * den * 76 + 236) * den + (5321 + 53 * round) * round) % 896 + 64;
            const y = ((1221 + 21 * den) * den + (round * round * 76 + 27) * round) % 896 + 64;
            script.add(.{
                .pos = .{ .x = @floatFromInt(x), .y = @floatFromInt(y) },
                .template = .den_alien_basic_07,
                .trigger_ms = @intCast(1500 + 30000 * round + 300 * den),
            });
        }
    }
}

const the_annihilation: s.Quest = .{ .steps = &.{
    once(500, .alien_deadly_fast_2b, point(128.0, 512.0), few(2)),
    .{ .rounds = .{ .first_ms = 500, .every_ms = 500, .times = few(12), .parts = &.{
        .{ .template = .den_alien_basic_07, .at = s.along(point(832.0, 128.0), point(0.0, 128.0)), .each = 2 },
        .{ .template = .den_alien_basic_07, .at = s.along(point(896.0, 192.0), point(0.0, 128.0)), .from = 1, .each = 2 },
    } } },
    .{ .rounds = .{ .first_ms = 45000, .every_ms = 300, .times = few(12), .parts = &.{
        .{ .template = .den_alien_basic_07, .at = s.along(point(896.0, 128.0), point(0.0, 128.0)), .each = 2 },
        .{ .template = .den_alien_basic_07, .at = s.along(point(832.0, 192.0), point(0.0, 128.0)), .from = 1, .each = 2 },
    } } },
} };

/// Shooters from both sides in turn.
fn shooters(first_ms: i32) s.Step {
    return .{ .rounds = .{ .first_ms = first_ms, .every_ms = 1000, .times = few(4), .parts = &.{
        .{ .template = .spider_plasma_shooter_3c, .at = s.along(point(-128.0, 256.0), point(0.0, 256.0)), .count = few(2), .each = 2 },
        .{ .template = .spider_plasma_shooter_3c, .at = s.along(point(1152.0, 384.0), point(0.0, 256.0)), .count = few(2), .from = 1, .each = 2 },
    } } };
}

const the_end_of_all: s.Quest = .{ .steps = &.{
    once(3000, .spider_plasma_shooter_3c, point(128.0, 128.0), few(1)),
    once(6000, .spider_plasma_shooter_3c, point(896.0, 128.0), few(1)),
    once(9000, .spider_plasma_shooter_3c, point(128.0, 896.0), few(1)),
    once(12000, .spider_plasma_shooter_3c, point(896.0, 896.0), few(1)),
    .{ .rounds = .{ .first_ms = 13000, .every_ms = 300, .times = few(6), .parts = &.{
        .{ .template = .den_alien_basic_07, .at = .{ .ring = .{ .radius = 80.0, .step = .{ .by = 1.0471976 } } } },
    } } },
    once(14800, .den_spider_plasma_shooters_0b, s.centre, few(1)),
    shooters(18000),
    .{ .rounds = .{ .first_ms = 43000, .every_ms = 300, .times = few(6), .parts = &.{
        .{ .template = .den_alien_basic_07, .at = .{ .ring = .{ .radius = 80.0, .step = .{ .by = 1.0471976 }, .start = 0.5235988 } } },
    } } },
    .{ .when = .{ .who = .hardcore, .steps = &.{
        .{ .rounds = .{ .first_ms = 62800, .every_ms = 500, .times = few(12), .parts = &.{
            .{ .template = .den_alien_basic_07, .at = .{ .ring = .{ .radius = 180.0, .step = .{ .by = 0.5235988 }, .skipped = 1 } } },
        } } },
    } } },
    shooters(48000),
} };
