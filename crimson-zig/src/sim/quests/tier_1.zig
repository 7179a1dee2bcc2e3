//! The quests of the first tier.

const s = @import("script.zig");
const by_players = s.by_players;
const few = s.few;
const once = s.once;
const point = s.point;

pub const quests = [10]s.Quest{
    land_hostile,
    minor_alien_breach,
    target_practice,
    frontline_assault,
    alien_dens,
    the_random_factor,
    spider_wave_syndrome,
    alien_squads,
    nesting_grounds,
    eight_legged_terror,
};

const land_hostile: s.Quest = .{ .steps = &.{
    once(500, .alien_small_gray_26, s.edge.bottom, few(1)),
    once(2500, .alien_small_gray_26, s.corner.bottom_left, few(2)),
    once(6500, .alien_small_gray_26, s.corner.top_left, few(3)),
    once(11500, .alien_small_gray_26, s.corner.top_right, few(4)),
} };

const minor_alien_breach: s.Quest = .{ .steps = &.{
    once(1000, .alien_small_gray_26, point(256.0, 256.0), few(2)),
    once(1700, .alien_small_gray_26, point(256.0, 128.0), few(2)),
    .{ .rounds = .{ .first_ms = 0, .every_ms = 3600, .times = few(16), .parts = &.{
        .{ .template = .alien_small_gray_26, .at = s.at(s.edge.right) },
        .{ .template = .alien_small_gray_26, .at = s.at(point(s.edge.right.x, 256.0)), .from = 5 },
        .{ .template = .alien_big_gray_29, .at = s.at(s.edge.bottom), .from = 11, .until = 12 },
        .{ .template = .alien_small_gray_26, .at = s.at(point(s.edge.left.x, 768.0)), .from = 9 },
    } } },
} };

const target_practice: s.Quest = .{ .steps = &.{.{ .function = targets }} };

/// One after the other, ever faster, anywhere near the middle.
fn targets(script: *s.Script) void {
    var time_ms: i32 = 2000;
    var pause_ms: i32 = 2000;
    while (pause_ms > 500) : (pause_ms -= 50) {
        const angle = script.draw_angle(.quest_build_target_practice_angle);
        const ring = script.rng.draw(.quest_build_target_practice_radius) % 8 + 2;
        const pos = s.around_centre(angle, @floatFromInt(ring * 32));
        script.add(.{
            .pos = pos,
            .heading = s.outward(pos),
            .template = .alien_delayed_start_36,
            .trigger_ms = time_ms,
        });
        time_ms += @max(pause_ms, 1100);
    }
}

const frontline_assault: s.Quest = .{ .steps = &.{.{ .function = assault }} };

fn assault(script: *s.Script) void {
    const big_ones = 8;
    var pause_ms: i32 = 2500;
    for (0..20) |number| {
        const wave: i32 = @intCast(number);
        const time_ms = (wave + 2) * pause_ms - 5000;
        const hidden = wave >= 3 and wave < big_ones;
        script.add(.{
            .pos = s.edge.bottom,
            .template = if (hidden) .ai1_alien_blue_tint_1a else .alien_small_gray_26,
            .trigger_ms = time_ms,
        });
        if (wave >= 3) script.add(.{
            .pos = s.corner.top_left,
            .template = .alien_small_gray_26,
            .trigger_ms = time_ms,
        });
        if (wave > big_ones) script.add(.{
            .pos = s.corner.top_right,
            .template = .alien_small_gray_26,
            .trigger_ms = time_ms,
        });
        if (wave == big_ones) {
            for ([_]@TypeOf(s.centre){ s.edge.right, s.edge.left }) |pos| {
                script.add(.{ .pos = pos, .template = .alien_big_gray_29, .trigger_ms = time_ms });
            }
        }
        pause_ms = @max(pause_ms - 50, 1800);
    }
}

const alien_dens: s.Quest = .{ .steps = &.{
    once(1500, .den_alien_basic_slower_08, point(256.0, 256.0), few(1)),
    once(1500, .den_alien_basic_slower_08, point(768.0, 768.0), few(1)),
    once(23500, .den_alien_basic_slower_08, s.centre, by_players(0, 1)),
    once(38500, .den_alien_basic_slower_08, point(256.0, 768.0), few(1)),
    once(38500, .den_alien_basic_slower_08, point(768.0, 256.0), few(1)),
} };

const the_random_factor: s.Quest = .{ .steps = &.{.{ .function = random_waves }} };

fn random_waves(script: *s.Script) void {
    for (0..10) |wave| {
        const time_ms = 1500 + 10000 * @as(i32, @intCast(wave));
        script.add(.{
            .pos = s.edge.right,
            .template = .alien_random_1d,
            .trigger_ms = time_ms,
            .count = script.players * 2 + 4,
        });
        script.add(.{ .pos = s.edge.left, .template = .alien_random_1d, .trigger_ms = time_ms + 200, .count = 6 });
        const drawn = script.rng.draw(.quest_build_the_random_factor_alien_big_gray_gate);
        if (drawn % 5 == 3) script.add(.{
            .pos = s.edge.bottom,
            .template = .alien_big_gray_29,
            .trigger_ms = time_ms,
            .count = script.players,
        });
    }
}

const spider_wave_syndrome: s.Quest = .{ .steps = &.{
    .{ .rounds = .{ .first_ms = 1500, .every_ms = 5500, .times = few(18), .parts = &.{
        .{ .template = .spider_small_blue_40, .at = s.at(s.edge.left), .count = by_players(6, 2) },
    } } },
} };

const alien_squads: s.Quest = .{ .steps = &.{
    once(1500, .formation_ring_alien_8_12, point(-256.0, 256.0), few(1)),
    once(2500, .formation_ring_alien_8_12, point(-256.0, 768.0), few(1)),
    once(5500, .formation_ring_alien_8_12, point(768.0, -256.0), few(1)),
    once(8500, .formation_ring_alien_8_12, point(768.0, 1280.0), few(1)),
    once(14500, .formation_ring_alien_8_12, point(1280.0, 1280.0), few(1)),
    once(18500, .formation_ring_alien_8_12, point(1280.0, 768.0), few(1)),
    once(25000, .formation_ring_alien_8_12, point(-256.0, 256.0), few(1)),
    once(30000, .formation_ring_alien_8_12, point(-256.0, 768.0), few(1)),
    .{ .rounds = .{ .first_ms = 35800, .every_ms = 1800, .times = few(26), .parts = &.{
        .{ .template = .alien_small_gray_26, .at = s.at(s.corner.top_left) },
        .{ .template = .alien_small_gray_26, .at = s.at(s.corner.bottom_right), .after_ms = 400 },
    } } },
} };

const nesting_grounds: s.Quest = .{ .steps = &.{
    once(1500, .alien_random_1d, s.edge.bottom, by_players(6, 2)),
    once(8000, .den_alien_weak_small_09, point(256.0, 256.0), few(1)),
    once(13000, .den_alien_weak_small_09, s.centre, few(1)),
    once(18000, .den_alien_weak_small_09, point(768.0, 768.0), few(1)),
    once(25000, .alien_random_1d, s.edge.bottom, by_players(6, 2)),
    once(39000, .alien_random_1d, s.edge.bottom, by_players(3, 3)),
    once(41100, .den_alien_weak_small_09, point(384.0, 512.0), few(1)),
    once(42100, .den_alien_weak_small_09, point(640.0, 512.0), few(1)),
    once(43100, .den_alien_weak_small_09, point(512.0, 640.0), few(1)),
    once(44100, .den_alien_basic_slower_08, s.centre, few(1)),
    once(50000, .alien_random_1e, s.edge.bottom, by_players(5, 2)),
    once(55000, .alien_random_1f, s.edge.bottom, by_players(2, 2)),
} };

const near_corner = s.corners(25.0);

const eight_legged_terror: s.Quest = .{ .steps = &.{
    once(1000, .spider_boss_3a, point(768.0, 512.0), few(1)),
    .{ .rounds = .{ .first_ms = 6000, .every_ms = 2200, .times = few(14), .parts = &.{
        .{ .template = .spider_sp1_random_3d, .at = s.at(near_corner.top_left), .count = by_players(0, 1) },
        .{ .template = .spider_sp1_random_3d, .at = s.at(near_corner.top_right) },
        .{ .template = .spider_sp1_random_3d, .at = s.at(near_corner.bottom_left), .count = by_players(0, 1) },
        .{ .template = .spider_sp1_random_3d, .at = s.at(near_corner.bottom_right) },
    } } },
} };
