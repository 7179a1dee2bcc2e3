//! The quests of the fifth tier.

const float = @import("../float.zig");
const s = @import("script.zig");
const Id = @import("../spawn_templates.zig").Id;
const few = s.few;
const once = s.once;
const point = s.point;
const rising = s.rising;

pub const quests = [10]s.Quest{
    the_beating,
    the_spanking_of_the_dead,
    the_fortress,
    the_gang_wars,
    knee_deep_in_the_dead,
    cross_fire,
    army_of_three,
    monster_blues,
    nagolipoli,
    the_gathering,
};

/// A column that marches in: every next one begins further out.
fn column(
    comptime template: Id,
    comptime first_ms: i32,
    comptime times: i32,
    comptime place: s.Place,
    comptime count: i32,
) s.Step {
    const parts = [1]s.Part{.{ .template = template, .at = place, .count = few(count) }};
    return .{ .rounds = .{ .first_ms = first_ms, .every_ms = 100, .times = few(times), .parts = &parts } };
}

const the_beating: s.Quest = .{ .steps = &.{
    once(500, .alien_bonus_carrier_27, point(256.0, 256.0), few(1)),
    once(8000, .alien_big_gray_29, point(1056.0, 512.0), few(3)),
    column(.alien_small_green_man_25, 10000, 8, s.along(point(1088.0, 512.0), point(32.0, 0.0)), 8),
    once(18000, .alien_big_gray_29, point(-32.0, 512.0), few(3)),
    column(.alien_small_green_man_25, 20000, 8, s.along(point(-64.0, 512.0), point(-32.0, 0.0)), 8),
    column(.alien_ghost_0f, 40000, 6, s.along(point(512.0, -64.0), point(0.0, -42.0)), 4),
    column(.formation_ring_alien_8_12, 40000, 6, s.along(point(512.0, 1068.0), point(0.0, 32.0)), 2),
} };

const the_spanking_of_the_dead: s.Quest = .{ .steps = &.{
    once(500, .alien_bonus_carrier_27, point(256.0, 512.0), few(1)),
    once(500, .alien_bonus_carrier_27, point(768.0, 512.0), few(1)),
    .{ .rounds = .{ .first_ms = 5000, .every_ms = 300, .times = few(128), .parts = &.{.{
        .template = .zombie_random_41,
        .at = .{ .ring = .{ .radius = 512.0, .approach = 3.8, .step = .{ .by = 0.33333334 }, .heading = .angle } },
    }} } },
    once(48400, .zombie_small_white_42, point(1280.0, 512.0), few(16)),
    once(58400, .zombie_small_white_42, point(-256.0, 512.0), few(16)),
} };

const the_fortress: s.Quest = .{ .steps = &.{
    once(100, .spider_small_blue_40, point(-50.0, 512.0), few(6)),
    .{ .rounds = .{ .first_ms = 1100, .every_ms = 600, .times = few(7), .parts = &.{
        .{ .template = .den_alien_weak_small_09, .at = s.along(point(768.0, 320.0), point(0.0, 64.0)) },
    } } },
    .{ .function = walls },
} };

/// A square of dens with a gate.
fn walls(script: *s.Script) void {
    var time_ms: i32 = 10300;
    for (1..7) |column_number| {
        for (1..7) |row| {
            const gate = row == 1 and (column_number == 3 or column_number == 4);
            if (gate) continue;
            script.add(.{
                .pos = .{ .x = @floatFromInt(256 + 64 * column_number), .y = @floatFromInt(512 - 64 * row) },
                .template = .den_spider_basic_0a,
                .trigger_ms = time_ms,
            });
            time_ms += 600;
        }
    }
}

const the_gang_wars: s.Quest = .{ .steps = &.{
    once(100, .formation_ring_alien_8_12, point(-150.0, 512.0), few(1)),
    once(2500, .formation_ring_alien_8_12, point(1174.0, 512.0), few(1)),
    .{ .rounds = .{ .first_ms = 5500, .every_ms = 4000, .times = few(10), .parts = &.{
        .{ .template = .formation_ring_alien_8_12, .at = s.at(point(1174.0, 512.0)), .count = few(2) },
    } } },
    once(50500, .formation_chain_alien_10_13, s.far_edge.bottom, few(1)),
    .{ .rounds = .{ .first_ms = 59500, .every_ms = 4000, .times = few(10), .parts = &.{
        .{ .template = .formation_ring_alien_8_12, .at = s.at(point(-150.0, 512.0)), .count = few(2) },
    } } },
    once(107500, .formation_chain_alien_10_13, s.far_edge.bottom, few(3)),
} };

const knee_deep_in_the_dead: s.Quest = .{ .steps = &.{
    once(100, .zombie_const_green_brute_43, point(-50.0, 512.0), few(1)),
    .{ .rounds = .{ .first_ms = 500, .every_ms = 1500, .times = few(64), .parts = &.{
        .{ .template = .zombie_const_green_brute_43, .at = s.at(point(-50.0, 512.0)), .after_ms = -2, .each = 8 },
        .{ .template = .zombie_random_41, .at = s.at(point(-50.0, 512.0)), .until = 33 },
        .{ .template = .zombie_random_41, .at = s.at(point(-50.0, 512.0)), .count = few(2), .from = 33 },
        .{ .template = .zombie_random_41, .at = s.at(point(-50.0, 670.0)), .after_ms = 500, .from = 9 },
        .{ .template = .zombie_random_41, .at = s.at(point(-50.0, 354.0)), .after_ms = 1000, .from = 17 },
        .{ .template = .zombie_small_white_42, .at = s.at(point(-50.0, 254.0)), .after_ms = 1300, .from = 25 },
        .{ .template = .zombie_small_white_42, .at = s.at(point(-50.0, 770.0)), .after_ms = 300, .from = 33 },
    } } },
} };

const cross_fire: s.Quest = .{ .steps = &.{
    once(100, .spider_small_blue_40, point(1074.0, 512.0), few(6)),
    once(5500, .spider_plasma_shooter_3c, point(-40.0, 512.0), few(4)),
    once(15500, .spider_plasma_shooter_3c, point(-40.0, 512.0), few(6)),
    once(18500, .spider_sp2_splitter_01, s.centre, few(2)),
    once(25500, .spider_plasma_shooter_3c, point(-100.0, 512.0), few(8)),
    once(26000, .spider_small_blue_40, s.far_edge.bottom, few(6)),
    once(26000, .spider_small_blue_40, s.far_edge.top, few(6)),
} };

const army_of_three: s.Quest = .{ .steps = &.{
    once(500, .formation_grid_alien_white_15, point(-64.0, 256.0), few(1)),
    once(5500, .formation_grid_alien_white_15, point(-64.0, 512.0), few(1)),
    once(15000, .formation_grid_alien_white_15, point(-64.0, 768.0), few(1)),
    once(19500, .formation_grid_spider_sp1_white_17, point(-64.0, 768.0), few(1)),
    once(22500, .formation_grid_spider_sp1_white_17, point(-64.0, 512.0), few(1)),
    once(26500, .formation_grid_spider_sp1_white_17, point(-64.0, 256.0), few(1)),
    once(35500, .formation_grid_lizard_white_16, point(-64.0, 256.0), few(1)),
    once(39500, .formation_grid_lizard_white_16, point(-64.0, 512.0), few(1)),
    once(42500, .formation_grid_lizard_white_16, point(-64.0, 768.0), few(1)),
    once(52500, .formation_grid_alien_white_15, point(512.0, 1152.0), few(3)),
    once(56500, .formation_grid_spider_sp1_white_17, point(512.0, -256.0), few(3)),
} };

const monster_blues: s.Quest = .{ .steps = &.{
    once(500, .lizard_random_04, point(-50.0, 512.0), few(10)),
    once(7500, .alien_random_06, point(1074.0, 512.0), few(10)),
    once(17500, .spider_sp1_random_03, s.edge.bottom, few(12)),
    once(17500, .spider_sp1_random_03, s.edge.top, few(12)),
    .{ .rounds = .{ .first_ms = 27500, .every_ms = 900, .times = few(64), .parts = &.{
        .{ .template = .alien_random_06, .at = s.at(s.edge.left), .count = rising(2, 1, 2), .each = 4 },
        .{ .template = .spider_sp1_random_03, .at = s.at(s.edge.left), .count = rising(2, 1, 2), .from = 1, .each = 4 },
        .{ .template = .spider_sp2_random_05, .at = s.at(s.edge.left), .count = rising(2, 1, 2), .from = 2, .each = 4 },
        .{ .template = .spider_sp2_random_05, .at = s.at(s.edge.left), .count = rising(2, 1, 2), .from = 3, .each = 4 },
    } } },
} };

const sixty_degrees = 1.0471976;
const third_quadrant = 3.926991;

/// Spiders around the middle, all at once.
fn spiders(comptime at_ms: i32, comptime times: i32, comptime radius: f32, comptime step: f32) s.Step {
    const parts = [1]s.Part{.{
        .template = .spider_small_blue_40,
        .at = .{ .ring = .{ .radius = radius, .step = .{ .by = step }, .heading = .angle } },
    }};
    return .{ .rounds = .{ .first_ms = at_ms, .every_ms = 0, .times = few(times), .parts = &parts } };
}

fn lizards(pos: float.Vec2, heading: f32) s.Part {
    return .{ .template = .ai1_lizard_blue_tint_1c, .at = s.turned(pos, heading), .count = rising(1, 1, 8) };
}

fn wall_of_dens(comptime first_ms: i32, comptime x: f32) s.Step {
    return column(.den_spider_basic_0a, first_ms, 6, s.along(point(x, 256.0), point(0.0, 85.333336)), 1);
}

fn last(at_ms: i32, template: Id, place: s.Place, count: i32) s.Step {
    return .{ .once = .{ .at_ms = at_ms, .part = .{ .template = template, .at = place, .count = few(count) } } };
}

const nagolipoli: s.Quest = .{ .steps = &.{
    spiders(2000, 8, 128.0, 0.7853982),
    spiders(8000, 12, 178.0, 0.5235988),
    .{ .rounds = .{ .first_ms = 13000, .every_ms = 800, .times = few(32), .parts = &.{
        lizards(s.corner.top_left, sixty_degrees),
        lizards(s.corner.top_right, -sixty_degrees),
        lizards(s.corner.bottom_left, -sixty_degrees),
        lizards(s.corner.bottom_right, third_quadrant),
    } } },
    wall_of_dens(49600, 64.0),
    wall_of_dens(50600, 960.0),
    last(53600, .den_spider_plasma_shooters_0b, s.turned(point(512.0, 256.0), float.pi), 1),
    last(53600, .den_spider_plasma_shooters_0b, s.turned(point(512.0, 768.0), float.pi), 1),
    last(54100, .ai1_lizard_blue_tint_1c, s.turned(s.edge.bottom, third_quadrant), 8),
    last(54100, .ai1_lizard_blue_tint_1c, s.turned(s.edge.top, third_quadrant), 8),
} };

const the_gathering: s.Quest = .{ .steps = &.{
    once(500, .spider_sp2_splitter_01, point(256.0, 512.0), few(1)),
    once(9500, .spider_sp2_splitter_01, point(768.0, 512.0), few(2)),
    once(15500, .spider_boss_3a, point(256.0, 512.0), few(2)),
    once(24500, .spider_boss_3a, point(768.0, 512.0), few(2)),
    once(30500, .zombie_boss_spawner_00, point(256.0, 512.0), few(2)),
    once(39500, .zombie_boss_spawner_00, point(768.0, 512.0), few(2)),
    once(54500, .spider_plasma_shooter_3c, point(64.0, 64.0), few(2)),
    once(54500, .spider_plasma_shooter_3c, point(960.0, 64.0), few(1)),
    once(54500, .spider_plasma_shooter_3c, point(64.0, 960.0), few(2)),
    once(54500, .spider_plasma_shooter_3c, point(960.0, 960.0), few(1)),
    once(90500, .spider_boss_3a, s.far_edge.left, few(6)),
    once(99500, .spider_sp2_splitter_01, s.far_edge.right, few(4)),
    once(109500, .spider_sp2_splitter_01, s.far_edge.right, few(2)),
} };
