//! What quests' spawn tables are written in: single entries, rounds of entries along lines and rings, and functions
//! for what draws or counts in a way of its own.

const std = @import("std");
const float = @import("../float.zig");
const Caller = @import("../rng.zig").Caller;
const Entry = @import("table.zig").Entry;
const Id = @import("../spawn_templates.zig").Id;
const Rng = @import("../rng.zig").Rng;
const Table = @import("table.zig").Table;
const Vec2 = float.Vec2;
const WeaponId = @import("../tables.zig").WeaponId;
const arena_size = @import("../world.zig").arena_size;

/// A quest of the game.
pub const Quest = struct {
    weapon: WeaponId = .pistol,
    /// Its table is made for so many players more if it is hardcore.
    hardcore_players: i32 = 0,
    steps: []const Step,

    /// Writes the table for a run, with the draws that it takes.
    pub fn write(quest: *const Quest, table: *Table, rng: *Rng, players: i32, hardcore: bool) void {
        var script: Script = .{
            .table = table,
            .rng = rng,
            .players = if (hardcore) players + quest.hardcore_players else players,
            .hardcore = hardcore,
        };
        script.write(quest.steps);
        if (hardcore) table.harden();
    }
};

pub const Step = union(enum) {
    once: Once,
    rounds: Rounds,
    when: When,
    function: *const fn (script: *Script) void,
};

pub const Once = struct { at_ms: i32, part: Part };

/// The same parts again and again.
pub const Rounds = struct {
    first_ms: i32,
    every_ms: i32,
    /// Every round comes sooner after the one before it, by so much.
    hurry_ms: i32 = 0,
    times: Number,
    parts: []const Part,
};

pub const When = struct {
    who: enum { hardcore, hardcore_or_more_players },
    steps: []const Step,
};

/// An entry, which the rounds can change.
pub const Part = struct {
    template: Id,
    at: Place,
    count: Number = few(1),
    /// Milliseconds after the round.
    after_ms: i32 = 0,
    /// The first round that has it, how many rounds it is from one to the next, and the round that has it no more.
    from: i32 = 0,
    each: i32 = 1,
    until: i32 = std.math.maxInt(i32),
};

/// A number that can depend on the players, and on how often it was asked for.
pub const Number = struct {
    base: i32,
    per_player: i32 = 0,
    /// It grows by so much in so many times.
    rise: i32 = 0,
    span: i32 = 1,

    fn of(number: Number, players: i32, time: i32) i32 {
        return number.base + number.per_player * players + @divFloor(number.rise * time, number.span);
    }
};

pub fn few(count: i32) Number {
    return .{ .base = count };
}

pub fn by_players(base: i32, per_player: i32) Number {
    return .{ .base = base, .per_player = per_player };
}

pub fn rising(first: i32, rise: i32, span: i32) Number {
    return .{ .base = first, .rise = rise, .span = span };
}

/// Where the entries of a part are, one after the other.
pub const Place = union(enum) {
    line: Line,
    ring: Ring,
};

pub const Line = struct {
    first: Vec2,
    step: Vec2 = float.origin,
    heading: f32 = 0.0,
};

/// Around the middle of the arena.
pub const Ring = struct {
    radius: f32,
    /// By how much every next one is nearer.
    approach: f32 = 0.0,
    /// Radians from one to the next; a whole turn is shared among the rounds.
    step: union(enum) { by: f32, whole_turn },
    start: f32 = 0.0,
    /// How many steps the first one is from the start.
    skipped: i32 = 0,
    heading: enum { none, angle, opposite } = .none,
};

pub fn point(x: f32, y: f32) Vec2 {
    return .{ .x = x, .y = y };
}

pub fn at(pos: Vec2) Place {
    return .{ .line = .{ .first = pos } };
}

pub fn turned(pos: Vec2, heading: f32) Place {
    return .{ .line = .{ .first = pos, .heading = heading } };
}

pub fn along(first: Vec2, step: Vec2) Place {
    return .{ .line = .{ .first = first, .step = step } };
}

pub const middle = arena_size / 2.0;
pub const centre: Vec2 = .{ .x = middle, .y = middle };

pub const Edges = struct { left: Vec2, right: Vec2, top: Vec2, bottom: Vec2 };

/// The middles of the arena's sides, so far outside.
pub fn edges(offset: f32) Edges {
    return .{
        .left = .{ .x = -offset, .y = middle },
        .right = .{ .x = arena_size + offset, .y = middle },
        .top = .{ .x = middle, .y = -offset },
        .bottom = .{ .x = middle, .y = arena_size + offset },
    };
}

/// Where most creatures come from.
pub const edge = edges(64.0);
pub const far_edge = edges(128.0);

pub const Corners = struct { top_left: Vec2, top_right: Vec2, bottom_left: Vec2, bottom_right: Vec2 };

pub fn corners(offset: f32) Corners {
    return .{
        .top_left = .{ .x = -offset, .y = -offset },
        .top_right = .{ .x = arena_size + offset, .y = -offset },
        .bottom_left = .{ .x = -offset, .y = arena_size + offset },
        .bottom_right = .{ .x = arena_size + offset, .y = arena_size + offset },
    };
}

pub const corner = corners(64.0);

/// An entry of its own.
pub fn once(at_ms: i32, template: Id, pos: Vec2, count: Number) Step {
    return .{ .once = .{ .at_ms = at_ms, .part = .{ .template = template, .at = at(pos), .count = count } } };
}

/// A quest's table as it is being written.
pub const Script = struct {
    table: *Table,
    rng: *Rng,
    players: i32,
    hardcore: bool,

    fn write(script: *Script, steps: []const Step) void {
        for (steps) |*step| switch (step.*) {
            .once => |*single| script.add_part(&single.part, single.at_ms, 0, 1),
            .rounds => |*rounds| script.write_rounds(rounds),
            .when => |*condition| if (script.applies(condition)) script.write(condition.steps),
            .function => |function| function(script),
        };
    }

    fn applies(script: *const Script, condition: *const When) bool {
        return script.hardcore or switch (condition.who) {
            .hardcore => false,
            .hardcore_or_more_players => script.players >= 2,
        };
    }

    fn write_rounds(script: *Script, rounds: *const Rounds) void {
        const times = rounds.times.of(script.players, 0);
        var time_ms = rounds.first_ms;
        var round: i32 = 0;
        while (round < times) : (round += 1) {
            for (rounds.parts) |*part| {
                if (round < part.from or round >= part.until) continue;
                if (@mod(round - part.from, part.each) != 0) continue;
                script.add_part(part, time_ms, @divExact(round - part.from, part.each), times);
            }
            time_ms += rounds.every_ms - rounds.hurry_ms * round;
        }
    }

    /// `time` counts how often the part came before, `times` the rounds.
    fn add_part(script: *Script, part: *const Part, time_ms: i32, time: i32, times: i32) void {
        const place: Line = switch (part.at) {
            .line => |line| .{
                .first = float.add(float.scale(line.step, float.from_int(time)), line.first),
                .heading = line.heading,
            },
            .ring => |*ring| on_ring(ring, time, times),
        };
        script.table.add(.{
            .pos = place.first,
            .heading = place.heading,
            .template = part.template,
            .trigger_ms = time_ms + part.after_ms,
            .count = part.count.of(script.players, time),
        });
    }

    pub fn add(script: *Script, entry: Entry) void {
        script.table.add(entry);
    }

    /// An angle from 0 to 6.11.
    pub fn draw_angle(script: *Script, caller: Caller) f32 {
        return float.from_int(script.rng.draw(caller) % 612) * 0.01;
    }
};

fn on_ring(ring: *const Ring, time: i32, times: i32) Line {
    const number = float.from_int(ring.skipped + time);
    const turn = switch (ring.step) {
        .by => |step| number * step,
        .whole_turn => number * float.tau / float.from_int(times),
    };
    const angle = turn + ring.start;
    const radius = ring.radius - number * ring.approach;
    return .{
        .first = around_centre(angle, radius),
        .heading = switch (ring.heading) {
            .none => 0.0,
            .angle => angle,
            .opposite => -angle,
        },
    };
}

pub fn around_centre(angle: f32, radius: f32) Vec2 {
    return float.add(float.direction(angle, radius), centre);
}

/// Away from the middle of the arena, as creatures' headings go.
pub fn outward(pos: Vec2) f32 {
    return float.angle_add(float.subtract(pos, centre), -float.half_pi);
}

/// Four places on a ray from the middle. The original rounds the cosine, and keeps the sine wide.
pub fn ray(angle: f32) [4]Vec2 {
    const cosine = float.cos_mul(angle, 1.0);
    var places: [4]Vec2 = undefined;
    for (&places, 0..) |*place, number| {
        const radius = float.from_int(84 + 42 * number);
        place.* = .{ .x = radius * cosine + middle, .y = float.sin_mul(angle, radius) + middle };
    }
    return places;
}
