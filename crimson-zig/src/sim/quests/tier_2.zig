//! The quests of the second tier.

const s = @import("script.zig");
const Id = @import("../spawn_templates.zig").Id;
const by_players = s.by_players;
const few = s.few;
const once = s.once;
const point = s.point;
const rising = s.rising;

pub const quests = [10]s.Quest{
    everred_pastures,
    spider_spawns,
    arachnoid_farm,
    two_fronts,
    sweep_stakes,
    evil_zombies_at_large,
    survival_of_the_fastest,
    land_of_lizards,
    ghost_patrols,
    spideroids,
};

const everred_pastures: s.Quest = .{ .steps = &.{
    .{ .rounds = .{ .first_ms = 1500, .every_ms = 13000, .times = few(8), .parts = &.{
        .{ .template = .spider_sp1_random_32, .at = s.at(s.edge.right), .count = rising(1, 1, 1) },
        .{ .template = .spider_sp1_random_red_33, .at = s.at(s.edge.left), .count = rising(1, 1, 1) },
        .{ .template = .spider_sp1_random_green_34, .at = s.at(s.edge.bottom), .count = rising(1, 1, 1) },
        .{ .template = .spider_sp2_random_35, .at = s.at(s.edge.top), .count = rising(1, 1, 1) },
        .{ .template = .ai1_spider_sp1_blue_tint_1b, .at = s.at(s.edge.top), .count = few(8), .from = 3, .until = 4 },
        .{ .template = .ai1_spider_sp1_blue_tint_1b, .at = s.at(s.edge.bottom), .count = few(8), .from = 3, .until = 4 },
    } } },
} };

const spider_spawns: s.Quest = .{ .steps = &.{
    once(1500, .den_spider_weak_10, point(128.0, 128.0), few(1)),
    once(1500, .den_spider_weak_10, point(896.0, 896.0), few(1)),
    once(1500, .den_spider_weak_10, point(896.0, 128.0), few(1)),
    once(1500, .den_spider_weak_10, point(128.0, 896.0), few(1)),
    once(3000, .spider_sp1_stop_and_go_38, s.edge.left, few(2)),
    once(18000, .den_spider_basic_0a, s.centre, few(1)),
    once(20500, .den_spider_weak_10, point(448.0, 448.0), few(1)),
    once(26000, .den_spider_weak_10, point(576.0, 448.0), few(1)),
    once(21000, .spider_sp1_stop_and_go_38, s.edge.right, few(2)),
    once(31500, .den_spider_weak_10, point(576.0, 576.0), few(1)),
    once(22000, .den_spider_weak_10, point(448.0, 576.0), few(1)),
} };

/// Dens in a row, one after the other.
fn dens(
    comptime template: Id,
    comptime first_ms: i32,
    comptime every_ms: i32,
    comptime times: s.Number,
    comptime place: s.Place,
) s.Step {
    const parts = [1]s.Part{.{ .template = template, .at = place }};
    return .{ .rounds = .{ .first_ms = first_ms, .every_ms = every_ms, .times = times, .parts = &parts } };
}

const arachnoid_farm: s.Quest = .{ .steps = &.{
    dens(.den_spider_basic_0a, 500, 500, by_players(4, 1), s.along(point(256.0, 256.0), point(102.4, 0.0))),
    dens(.den_spider_basic_0a, 10500, 500, by_players(4, 1), s.along(point(256.0, 768.0), point(102.4, 0.0))),
    dens(.den_spider_weak_10, 40500, 3500, by_players(7, 1), s.along(point(256.0, 512.0), point(64.0, 0.0))),
} };

const two_fronts: s.Quest = .{ .steps = &.{
    .{ .rounds = .{ .first_ms = 1000, .every_ms = 2000, .times = few(40), .parts = &.{
        .{ .template = .ai1_alien_blue_tint_1a, .at = s.at(s.edge.right) },
        .{ .template = .ai1_spider_sp1_blue_tint_1b, .at = s.at(s.edge.left), .after_ms = 1000 },
        .{ .template = .den_spider_basic_0a, .at = s.at(point(256.0, 256.0)), .after_ms = 1500, .from = 10, .each = 10, .until = 21 },
        .{ .template = .den_alien_basic_07, .at = s.at(point(768.0, 768.0)), .after_ms = 1500, .from = 10, .each = 10, .until = 21 },
        .{ .template = .den_spider_basic_0a, .at = s.at(point(768.0, 256.0)), .after_ms = 1500, .from = 30, .until = 31 },
        .{ .template = .den_alien_basic_07, .at = s.at(point(256.0, 768.0)), .after_ms = 1500, .from = 30, .until = 31 },
    } } },
} };

const sweep_stakes: s.Quest = .{ .weapon = .gauss_gun, .steps = &.{.{ .function = sweeps }} };

/// Four on a ray, ever faster.
fn sweeps(script: *s.Script) void {
    var time_ms: i32 = 2000;
    var pause_ms: i32 = 2000;
    while (pause_ms > 720) : (pause_ms -= 80) {
        for (s.ray(script.draw_angle(.quest_build_sweep_stakes_angle))) |pos| script.add(.{
            .pos = pos,
            .heading = s.outward(pos),
            .template = .alien_delayed_start_36,
            .trigger_ms = time_ms,
        });
        time_ms += pause_ms;
    }
}

const evil_zombies_at_large: s.Quest = .{ .steps = &.{
    .{ .rounds = .{ .first_ms = 1500, .every_ms = 5500, .times = few(10), .parts = &.{
        .{ .template = .zombie_random_41, .at = s.at(s.edge.right), .count = rising(4, 1, 1) },
        .{ .template = .zombie_random_41, .at = s.at(s.edge.left), .count = rising(4, 1, 1) },
        .{ .template = .zombie_random_41, .at = s.at(s.edge.bottom), .count = rising(4, 1, 1) },
        .{ .template = .zombie_random_41, .at = s.at(s.edge.top), .count = rising(4, 1, 1) },
    } } },
} };

/// A spiral of dens.
const survival_of_the_fastest: s.Quest = .{ .weapon = .submachine_gun, .steps = &.{
    dens(.den_spider_weak_10, 500, 900, few(6), s.along(point(256.0, 256.0), point(72.0, 0.0))),
    dens(.den_spider_weak_10, 5900, 900, few(6), s.along(point(688.0, 256.0), point(0.0, 72.0))),
    dens(.den_spider_weak_10, 11300, 900, few(4), s.along(point(688.0, 688.0), point(-72.0, 0.0))),
    dens(.den_spider_weak_10, 14900, 900, few(4), s.along(point(400.0, 688.0), point(0.0, -72.0))),
    dens(.den_spider_weak_10, 18500, 900, few(2), s.along(point(400.0, 400.0), point(72.0, 0.0))),
    once(22300, .den_spider_weak_10, point(128.0, 128.0), few(1)),
    once(22300, .den_alien_basic_07, point(896.0, 128.0), few(1)),
    once(24300, .den_alien_basic_07, point(128.0, 896.0), few(1)),
    once(24300, .den_spider_weak_10, point(896.0, 896.0), few(1)),
} };

const land_of_lizards: s.Quest = .{ .steps = &.{
    once(2000, .alien_spawner_ring_24_0e, point(256.0, 256.0), few(1)),
    once(12000, .alien_spawner_ring_24_0e, point(768.0, 256.0), few(1)),
    once(22000, .alien_spawner_ring_24_0e, point(256.0, 768.0), few(1)),
    once(32000, .alien_spawner_ring_24_0e, point(768.0, 768.0), few(1)),
} };

const ghost_patrols: s.Quest = .{ .steps = &.{
    once(1500, .alien_deadly_fast_2b, s.far_edge.right, few(2)),
    .{ .rounds = .{ .first_ms = 2500, .every_ms = 2500, .times = few(12), .parts = &.{
        .{ .template = .formation_ring_alien_5_19, .at = s.at(s.far_edge.left), .each = 2 },
        .{ .template = .formation_ring_alien_5_19, .at = s.at(s.far_edge.right), .from = 1, .each = 2 },
    } } },
    once(27500, .alien_deadly_fast_2b, point(-264.0, 512.0), few(1)),
    once(37500, .formation_grid_alien_bronze_18, s.far_edge.left, few(1)),
} };

const spideroids: s.Quest = .{ .steps = &.{
    once(1000, .spider_sp2_splitter_01, s.edge.right, few(1)),
    once(3000, .spider_sp2_splitter_01, s.edge.left, few(1)),
    once(6000, .spider_sp2_splitter_01, point(1088.0, 256.0), few(1)),
    .{ .when = .{ .who = .hardcore, .steps = &.{
        once(9000, .spider_sp2_splitter_01, point(1088.0, 762.0), few(1)),
        once(9000, .spider_sp2_splitter_01, s.edge.bottom, few(1)),
    } } },
    .{ .when = .{ .who = .hardcore_or_more_players, .steps = &.{
        once(9000, .spider_sp2_splitter_01, point(-64.0, 762.0), few(1)),
    } } },
} };
