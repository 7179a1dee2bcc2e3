//! The quests of the third tier.

const s = @import("script.zig");
const Caller = @import("../rng.zig").Caller;
const Id = @import("../spawn_templates.zig").Id;
const by_players = s.by_players;
const few = s.few;
const once = s.once;
const point = s.point;
const rising = s.rising;

pub const quests = [10]s.Quest{
    the_blighting,
    lizard_kings,
    the_killing,
    hidden_evil,
    surrounded_by_reptiles,
    the_lizquidation,
    spiders_inc,
    lizard_raze,
    deja_vu,
    zombie_masters,
};

const the_blighting: s.Quest = .{ .steps = &.{
    once(1500, .alien_deadly_fast_2b, s.far_edge.right, few(2)),
    once(1500, .alien_deadly_fast_2b, s.far_edge.left, few(2)),
    once(2000, .den_alien_basic_07, point(896.0, 128.0), few(1)),
    once(2000, .den_alien_basic_07, point(128.0, 128.0), few(1)),
    once(2000, .den_alien_basic_07, point(128.0, 896.0), few(1)),
    once(2000, .den_alien_basic_07, point(896.0, 896.0), few(1)),
    once(4000, .ai1_alien_blue_tint_1a, s.edge.right, few(12)),
    once(20000, .ai1_lizard_blue_tint_1c, s.edge.left, few(12)),
    once(36000, .alien_deadly_fast_2b, s.far_edge.left, few(4)),
    once(36000, .ai1_alien_blue_tint_1a, s.edge.bottom, few(12)),
    once(52000, .alien_deadly_fast_2b, s.far_edge.right, few(4)),
    once(52000, .ai1_lizard_blue_tint_1c, s.edge.top, few(12)),
    once(68000, .alien_deadly_fast_2b, s.far_edge.left, few(4)),
    once(69000, .alien_deadly_fast_2b, s.far_edge.right, few(4)),
    once(69000, .ai1_lizard_blue_tint_1c, s.edge.right, few(12)),
    once(85000, .ai1_alien_blue_tint_1a, s.edge.left, few(12)),
    once(101000, .ai1_lizard_blue_tint_1c, s.edge.bottom, few(12)),
} };

const lizard_kings: s.Quest = .{ .steps = &.{
    once(1500, .formation_chain_lizard_4_11, s.far_edge.right, few(1)),
    once(1500, .formation_chain_lizard_4_11, s.far_edge.left, few(1)),
    once(1500, .formation_chain_lizard_4_11, point(1152.0, 896.0), few(1)),
    .{ .rounds = .{ .first_ms = 1500, .every_ms = 900, .times = few(28), .parts = &.{.{
        .template = .lizard_random_31,
        .at = .{ .ring = .{ .radius = 256.0, .step = .{ .by = 0.34906587 }, .heading = .opposite } },
    }} } },
} };

const the_killing: s.Quest = .{ .steps = &.{.{ .function = killings }} };

/// The original draws who comes and from where, and then goes by the number of the wave.
fn killings(script: *s.Script) void {
    const templates = [_]Id{ .ai1_alien_blue_tint_1a, .ai1_spider_sp1_blue_tint_1b, .ai1_lizard_blue_tint_1c };
    const places = [_]@TypeOf(s.centre){ s.edge.right, s.edge.left, s.edge.bottom, s.edge.top };
    for (0..10) |wave| {
        const time_ms = 2000 + 6000 * @as(i32, @intCast(wave));
        script.rng.skip(.quest_build_the_killing_template_pick);
        script.rng.skip(.quest_build_the_killing_layout_pick);
        const turn = wave % 5;
        if (turn == places.len) {
            add_dens(script, time_ms);
        } else script.add(.{
            .pos = places[turn],
            .template = templates[wave % templates.len],
            .trigger_ms = time_ms,
            .count = 12,
        });
    }
}

fn add_dens(script: *s.Script, first_ms: i32) void {
    const callers = [_]struct { y: Caller, x: Caller }{
        .{ .y = .quest_build_the_killing_spawner_1_y, .x = .quest_build_the_killing_spawner_1_x },
        .{ .y = .quest_build_the_killing_spawner_2_y, .x = .quest_build_the_killing_spawner_2_x },
        .{ .y = .quest_build_the_killing_spawner_3_y, .x = .quest_build_the_killing_spawner_3_x },
    };
    var time_ms = first_ms;
    for (callers) |caller| {
        const y = script.rng.draw(caller.y) % 768 + 128;
        const x = script.rng.draw(caller.x) % 768 + 128;
        script.add(.{
            .pos = .{ .x = @floatFromInt(x), .y = @floatFromInt(y) },
            .template = .den_alien_basic_07,
            .trigger_ms = time_ms,
            .count = 3,
        });
        time_ms += 1000;
    }
}

const hidden_evil: s.Quest = .{ .steps = &.{
    once(500, .alien_hidden_1_21, s.edge.bottom, few(50)),
    once(15000, .alien_hidden_2_22, s.edge.bottom, few(30)),
    once(25000, .alien_hidden_3_23, s.edge.bottom, few(20)),
    once(30000, .alien_hidden_3_23, s.edge.bottom, few(30)),
    once(35000, .alien_hidden_2_22, s.edge.bottom, few(30)),
} };

const surrounded_by_reptiles: s.Quest = .{ .steps = &.{
    .{ .rounds = .{ .first_ms = 1000, .every_ms = 800, .times = few(5), .parts = &.{
        .{ .template = .den_lizard_weak_slower_0d, .at = s.along(point(256.0, 256.0), point(0.0, 102.4)) },
        .{ .template = .den_lizard_weak_slower_0d, .at = s.along(point(768.0, 256.0), point(0.0, 102.4)) },
    } } },
    .{ .rounds = .{ .first_ms = 8000, .every_ms = 800, .times = few(5), .parts = &.{
        .{ .template = .den_lizard_weak_slower_0d, .at = s.along(point(256.0, 256.0), point(102.4, 0.0)) },
        .{ .template = .den_lizard_weak_slower_0d, .at = s.along(point(256.0, 768.0), point(102.4, 0.0)) },
    } } },
} };

const the_lizquidation: s.Quest = .{
    .steps = &.{
        .{ .rounds = .{ .first_ms = 1500, .every_ms = 8000, .times = few(5), .parts = &.{
            .{ .template = .lizard_random_2e, .at = s.at(s.edge.right), .count = rising(6, 1, 1) },
            .{ .template = .lizard_random_2e, .at = s.at(s.edge.left), .count = rising(6, 1, 1) },
        } } },
        // In the middle of the table, and due at its start.
        once(1500, .alien_deadly_fast_2b, s.far_edge.right, few(2)),
        .{ .rounds = .{ .first_ms = 41500, .every_ms = 8000, .times = few(5), .parts = &.{
            .{ .template = .lizard_random_2e, .at = s.at(s.edge.right), .count = rising(11, 1, 1) },
            .{ .template = .lizard_random_2e, .at = s.at(s.edge.left), .count = rising(11, 1, 1) },
        } } },
    },
};

const spiders_inc: s.Quest = .{ .weapon = .plasma_minigun, .steps = &.{
    once(500, .spider_sp1_stop_and_go_38, s.edge.bottom, few(1)),
    once(500, .spider_sp1_stop_and_go_38, point(576.0, s.edge.bottom.y), few(1)),
    once(500, .spider_small_blue_40, s.edge.top, few(4)),
    .{ .rounds = .{ .first_ms = 17000, .every_ms = 6000, .times = few(15), .parts = &.{
        .{ .template = .spider_sp1_stop_and_go_38, .at = s.at(s.edge.bottom), .count = rising(3, 1, 2) },
        .{ .template = .spider_sp1_stop_and_go_38, .at = s.at(s.edge.top), .count = rising(3, 1, 2) },
    } } },
} };

const lizard_raze: s.Quest = .{ .steps = &.{
    .{ .rounds = .{ .first_ms = 1500, .every_ms = 6000, .times = few(15), .parts = &.{
        .{ .template = .lizard_random_2e, .at = s.at(s.edge.right), .count = few(6) },
        .{ .template = .lizard_random_2e, .at = s.at(s.edge.left), .count = few(6) },
    } } },
    once(10000, .den_lizard_weak_0c, point(128.0, 256.0), few(1)),
    once(10000, .den_lizard_weak_0c, point(128.0, 384.0), few(1)),
    once(10000, .den_lizard_weak_0c, point(128.0, 512.0), few(1)),
} };

const deja_vu: s.Quest = .{ .weapon = .gauss_gun, .steps = &.{.{ .function = rays_of_dens }} };

fn rays_of_dens(script: *s.Script) void {
    var time_ms: i32 = 2000;
    var pause_ms: i32 = 2000;
    while (pause_ms > 560) : (pause_ms -= 80) {
        for (s.ray(script.draw_angle(.quest_build_deja_vu_angle))) |pos| script.add(.{
            .pos = pos,
            .template = .den_lizard_weak_slower_0d,
            .trigger_ms = time_ms,
        });
        time_ms += pause_ms;
    }
}

const zombie_masters: s.Quest = .{ .steps = &.{
    once(1000, .zombie_boss_spawner_00, point(256.0, 256.0), by_players(0, 1)),
    once(6000, .zombie_boss_spawner_00, point(512.0, 256.0), few(1)),
    once(14000, .zombie_boss_spawner_00, point(768.0, 256.0), by_players(0, 1)),
    once(18000, .zombie_boss_spawner_00, point(768.0, 768.0), few(1)),
} };
