//! The course of a quest: its table's creatures come when they are due, and who has outlived them has won.

const float = @import("../float.zig");
const templates = @import("../spawn_templates.zig");
const Table = @import("table.zig").Table;
const World = @import("../world.zig").World;
const arena_size = @import("../world.zig").arena_size;

/// Milliseconds of an empty arena after which the next ones come early, and the clock from which on they do.
const patience_ms = 3000.0;
const patient_until_ms = 1700.0;
/// World units between the creatures of an entry, to both sides.
const spacing = 40;

/// Milliseconds of the transition to the results: a sound, the music, and the end.
const Moment = struct { from: f32, to: f32 };
const hit_moment: Moment = .{ .from = 800.0, .to = 850.0 };
const music_moment: Moment = .{ .from = 2000.0, .to = 2050.0 };
const results_ms = 2500.0;

/// Names are the trace's.
pub const Timeline = struct {
    table: Table = .{},
    total_creatures: i32 = 0,
    /// The quest's clock stands still while there is nobody left to come or to be killed.
    spawn_timeline_ms: f32 = 0.0,
    no_creatures_timer_ms: f32 = 0.0,
    /// As it was when it was last looked; a group that comes clears it.
    creatures_none_active: bool = false,
    /// Below zero until the last creature is gone.
    completion_transition_ms: f32 = -1.0,
    /// The rewrite adds whole doubles here, and rounds for the trace alone.
    stage_banner_timer_ms: f64 = 0.0,
    completed: bool = false,

    /// `quest_mode_update`, 0x004070e0.
    pub fn update(timeline: *Timeline, world: *World) void {
        const dt_ms = float.from_int(world.dt_ms);
        if (world.run_active) {
            if (!timeline.all_gone(world)) timeline.spawn_timeline_ms += dt_ms;
            timeline.stage_banner_timer_ms += dt_ms;
        }
        timeline.bring(world, dt_ms);
        timeline.completed = false;
        if (timeline.all_gone(world)) timeline.finish(world, dt_ms);
    }

    fn all_gone(timeline: *Timeline, world: *const World) bool {
        timeline.creatures_none_active = world.creatures.none_active();
        return timeline.creatures_none_active and timeline.table.spent();
    }

    /// `quest_spawn_timeline_update`, 0x00434250: the first group of entries that is due.
    fn bring(timeline: *Timeline, world: *World, dt_ms: f32) void {
        const timer = &timeline.no_creatures_timer_ms;
        timer.* = if (timeline.creatures_none_active) timer.* + dt_ms else 0.0;
        const clock = timeline.spawn_timeline_ms;
        const early = timeline.creatures_none_active and timer.* > patience_ms and clock > patient_until_ms;

        const table = &timeline.table;
        const first = for (table.counts(), 0..) |count, at| {
            if (count > 0 and (early or float.from_int(table.trigger_ms[at]) < clock)) break at;
        } else return;
        const trigger_ms = table.trigger_ms[first];
        for (first..table.length) |at| {
            if (table.trigger_ms[at] != trigger_ms) break;
            bring_entry(world, table, at);
            table.count[at] = 0;
        }
        timeline.creatures_none_active = false;
    }

    /// The transition goes on even while the last player dies.
    fn finish(timeline: *Timeline, world: *World, dt_ms: f32) void {
        const timer = &timeline.completion_transition_ms;
        world.bonuses.reflex_boost = 0.0;
        if (timer.* < 0.0) {
            timer.* = 0.0;
            if (world.settings.quest.level()) |level| world.quest_plays.count_completed(level);
        } else if (during(hit_moment, timer.*)) {
            timer.* = hit_moment.to + 1.0;
        } else if (during(music_moment, timer.*)) {
            timer.* = music_moment.to + 1.0;
            world.game_tune_started = false;
        } else if (timer.* > results_ms) {
            if (world.settings.quest.level()) |level| world.settings.unlock(level);
            timeline.completed = true;
        }
        timer.* += dt_ms;
    }
};

fn during(moment: Moment, timer: f32) bool {
    return timer > moment.from and timer <= moment.to;
}

/// Side by side, along the side of the arena from which they come.
fn bring_entry(world: *World, table: *const Table, at: usize) void {
    const pos = table.pos[at];
    const from_the_side = pos.x < 0.0 or pos.x > arena_size;
    for (0..@intCast(table.count[at])) |number| {
        const distance = float.from_int(number * spacing);
        const offset = if (number % 2 == 1) -distance else distance;
        // The rewrite adds to both parts: no place has a negative zero.
        const place = float.add(pos, if (from_the_side)
            .{ .x = 0.0, .y = offset }
        else
            .{ .x = offset, .y = 0.0 });
        _ = templates.spawn(world, table.template[at], place, table.heading[at]);
    }
}
