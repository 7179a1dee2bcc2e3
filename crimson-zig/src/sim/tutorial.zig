//! The tutorial: stages that wait for the pupil to do what they teach, and what comes to be shot at.

const bonuses = @import("bonuses.zig");
const float = @import("float.zig");
const templates = @import("spawn_templates.zig");
const Input = @import("settings.zig").Input;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;

/// The original's numbers.
const Stage = enum(i32) {
    none = -1,
    welcome = 0,
    walk = 1,
    take_bonuses = 2,
    shoot = 3,
    aim = 4,
    practise = 5,
    pick_perk = 6,
    use_perk = 7,
    /// There is no way out but the menu's.
    graduate = 8,

    fn next(stage: Stage) Stage {
        return @fromBackingInt(@backingInt(stage) + 1);
    }
};

/// The transition's clock: from -1000 the old stage fades out; it comes to `shown` by way of 0 to 1000, as the new
/// one fades in.
const fading_out = -1000;
const shown = -1;
const faded_in = 1000;

/// The slots of bonuses that are to be walked over.
const first_bonuses = [_]struct { pos: Vec2, points: i32 }{
    .{ .pos = .{ .x = 260.0, .y = 260.0 }, .points = 500 },
    .{ .pos = .{ .x = 600.0, .y = 400.0 }, .points = 1000 },
    .{ .pos = .{ .x = 300.0, .y = 400.0 }, .points = 500 },
};

const Arrival = struct { templates.Id, f32, f32 };

const from_left = [_]Arrival{
    .{ .alien_const_green_24, -164.0, 412.0 },
    .{ .alien_small_gray_26, -184.0, 512.0 },
    .{ .alien_const_green_24, -154.0, 612.0 },
};
const from_right = [_]Arrival{
    .{ .alien_const_green_24, 1188.0, 412.0 },
    .{ .alien_small_gray_26, 1208.0, 512.0 },
    .{ .alien_const_green_24, 1178.0, 612.0 },
};
const from_right_and_below = [_]Arrival{
    .{ .alien_const_green_24, 1188.0, 1136.0 },
    .{ .alien_small_gray_26, 1208.0, 512.0 },
    .{ .alien_const_green_24, 1178.0, 612.0 },
};
const small_spider = [_]Arrival{.{ .spider_small_blue_40, 512.0, 1056.0 }};
const from_above = [_]Arrival{.{ .alien_const_purple_28, -32.0, -32.0 }};
/// Who comes when a hint begins to show.
const with_hint = [_]Arrival{
    .{ .alien_const_green_24, 128.0, 128.0 },
    .{ .alien_small_gray_26, 152.0, 160.0 },
};

/// What the carriers of the first repeats have with them. The others come without one.
const carried = [_]bonuses.Carried{
    .{ .id = .speed },
    .{ .id = .weapon, .amount = 5 },
    .{ .id = .double_experience },
    .{ .id = .nuke },
    .{ .id = .reflex_boost },
};
const repeats_max = 7;

pub const Lesson = struct {
    stage: Stage = .none,
    /// Runs on from stage to stage.
    timer_ms: i32 = 0,
    transition_ms: i32 = fading_out,
    hint_index: i32 = -1,
    /// 0 to 1000.
    hint_alpha: i32 = 0,
    carrier_killed: bool = false,
    repeats: i32 = 0,
    /// The slot of the last carrier. The original never lets go of it: repeats without one take it for theirs.
    carrier: ?u16 = null,

    /// `tutorial_timeline_update`, 0x00408990.
    pub fn update(lesson: *Lesson, world: *World, input: *const Input) void {
        lesson.timer_ms += world.dt_ms;
        // Nobody dies here, and nobody learns before it is time.
        world.players[0].health = 100.0;
        if (lesson.stage != .pick_perk) world.players[0].experience = 0;
        lesson.fade(world.dt_ms);
        lesson.show_hint(world);
        lesson.teach(world, input);
    }

    fn fade(lesson: *Lesson, dt_ms: i32) void {
        const clock = &lesson.transition_ms;
        if (clock.* < shown) {
            clock.* += dt_ms;
            if (clock.* >= shown) {
                lesson.stage = lesson.stage.next();
                clock.* = 0;
            }
        } else if (clock.* >= 0) {
            clock.* += dt_ms;
        }
        if (clock.* > faded_in) clock.* = shown;
    }

    /// A hint tells of the bonus that a carrier has dropped, once its corpse is gone.
    fn show_hint(lesson: *Lesson, world: *World) void {
        if (lesson.carrier_killed) {
            lesson.hint_alpha += world.dt_ms * 3;
        } else {
            if (lesson.carrier) |slot| {
                const pool = &world.creatures;
                if (!pool.active[slot] and pool.hp[slot] <= 0.0 and pool.flags[slot].bonus_on_death) {
                    lesson.carrier_killed = true;
                    spawn(world, &with_hint);
                    lesson.hint_index += 1;
                }
            }
            lesson.hint_alpha -= world.dt_ms * 3;
        }
        lesson.hint_alpha = @min(1000, @max(0, lesson.hint_alpha));
    }

    fn teach(lesson: *Lesson, world: *World, input: *const Input) void {
        const bonuses_gone = world.bonus_pool.is_empty();
        const creatures_gone = world.creatures.count_healthy() == 0;
        const ready = lesson.transition_ms == shown;
        switch (lesson.stage) {
            .none, .graduate => {},
            .welcome => if (lesson.timer_ms > 6000 and ready) {
                lesson.repeats = 0;
                lesson.hint_index = -1;
                lesson.carrier_killed = false;
                lesson.end_stage();
            },
            .walk => if (ready and (input.forward or input.backward or input.left or input.right)) {
                lesson.end_stage();
                for (first_bonuses, 0..) |bonus, slot| bonuses.lay_points(world, slot, bonus.pos, bonus.points);
            },
            .take_bonuses => if (ready and bonuses_gone) lesson.end_stage(),
            .shoot => if (ready and (input.fire_pressed or input.fire_down)) {
                lesson.end_stage();
                spawn(world, &from_left);
            },
            .aim => if (ready and creatures_gone) {
                lesson.timer_ms = 1000;
                lesson.end_stage();
                lesson.repeats = 0;
                spawn(world, &from_right);
            },
            // The practice goes on while the stage still fades in.
            .practise => if (bonuses_gone and creatures_gone) lesson.repeat(world, ready),
            .pick_perk => if (ready and world.perk_menu.pending_count <= 0) {
                lesson.end_stage();
                spawn(world, &from_left);
                spawn(world, &from_above);
                spawn(world, &from_right);
            },
            .use_perk => if (ready and bonuses_gone and creatures_gone) lesson.end_stage(),
        }
    }

    fn end_stage(lesson: *Lesson) void {
        lesson.transition_ms = fading_out;
    }

    fn repeat(lesson: *Lesson, world: *World, ready: bool) void {
        lesson.repeats += 1;
        if (lesson.repeats > repeats_max) {
            if (!ready) return;
            lesson.end_stage();
            // Enough for a level, and so for a perk.
            world.players[0].experience = 3000;
            return;
        }
        lesson.carrier_killed = false;
        const number: usize = @intCast(lesson.repeats);
        const odd = number % 2 == 1;
        if (number <= carried.len) {
            const x: f32 = if (odd) -32.0 else 1056.0;
            const slot = templates.spawn(world, .alien_bonus_carrier_27, .{ .x = x, .y = 1056.0 }, float.pi);
            world.creatures.carried[slot] = carried[number - 1];
            lesson.carrier = @intCast(slot);
        }
        spawn(world, if (odd) &from_left else &from_right_and_below);
        if (number == 4) spawn(world, &small_spider);
    }
};

fn spawn(world: *World, arrivals: []const Arrival) void {
    for (arrivals) |arrival| {
        const id, const x, const y = arrival;
        _ = templates.spawn(world, id, .{ .x = x, .y = y }, float.pi);
    }
}
