//! How a player moves under each scheme.

const std = @import("std");
const float = @import("float.zig");
const Input = @import("settings.zig").Input;
const Player = @import("players.zig").Player;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;

const walk_scale = 25.0;
const aligned_scale = 7.957747;
/// No direction: also what a heading of exactly this value is taken for.
const heading_none = -1.0;
const arena_centre: Vec2 = .{ .x = 512.0, .y = 512.0 };

/// How a player moves in this frame.
const Pace = struct {
    dt: f32,
    speed_multiplier: f32,
    /// Long Distance Runner.
    runs: bool,
};

pub fn move(world: *World, player: *Player, input: *const Input, dt: f32) void {
    var phase_sign: f32 = 1.0;
    const pace: Pace = .{
        .dt = dt,
        .speed_multiplier = if (player.speed_bonus_timer > 0.0) player.speed_multiplier + 1.0 else player.speed_multiplier,
        .runs = world.perks.has(.long_distance_runner),
    };
    const velocity = switch (input.move_scheme) {
        .none, .unknown_6, .unknown_7 => return,
        .relative => turn_and_walk(player, input, &phase_sign, &pace),
        .static => walk_by_keys(player, input, &pace),
        .dual_action_pad => walk_towards(player, heading_of_stick(world, input.move), &pace),
        .mouse_point_click => walk_towards(player, heading_to_click(world, player, input.move), &pace),
        .computer => walk_towards(player, heading_of_computer(world, player), &pace),
    };
    // A second weapon is a load.
    const load: f32 = if (world.perks.has(.alternate_weapon)) 0.8 else 1.0;
    player.pos = keep_off_dens(world, player, float.scale(float.scale(velocity, dt), load));
    player.move_phase += phase_sign * (dt * player.move_speed * 19.0);
}

/// `player_apply_move_with_spawn_avoidance`, 0x0041e290: nobody walks into a den, but along one axis past it. Who stands
/// in one may walk. A den whose place was taken by another creature goes on blocking the way around that one.
fn keep_off_dens(world: *const World, player: *const Player, step: Vec2) Vec2 {
    var pos = float.add(player.pos, step);
    for (&world.spawn_slots.slots) |*slot| {
        if (slot.owner < 0) continue;
        const owner: usize = @intCast(slot.owner);
        const den = world.creatures.pos[owner];
        const radius = (world.creatures.size[owner] + player.size) * 0.33333334;
        if (float.distance(den, pos) > radius) continue;
        // Steps are taken back and done again, with the rounding of each.
        const back = float.subtract(pos, step);
        const ahead = float.add(back, step);
        pos = ahead;
        if (float.distance(den, back) <= radius) continue;
        pos = .{ .x = ahead.x, .y = back.y };
        if (float.distance(den, pos) > radius) continue;
        pos = .{ .x = ahead.x - step.x, .y = ahead.y };
        if (float.distance(den, pos) > radius) continue;
        pos.y = ahead.y - step.y;
    }
    return pos;
}

/// A Long Distance Runner starts slower, and goes on getting faster.
fn accelerate(player: *Player, pace: *const Pace) void {
    const speed = &player.move_speed;
    if (!pace.runs) {
        speed.* = @min(speed.* + pace.dt * 5.0, 2.0);
        return;
    }
    if (speed.* < 2.0) speed.* += pace.dt * 4.0;
    speed.* = @min(speed.* + pace.dt, 2.8);
}

/// A mean minigun is heavy, but for who walks backwards.
fn accelerate_laden(player: *Player, pace: *const Pace) void {
    accelerate(player, pace);
    if (player.weapon.id == .mean_minigun) player.move_speed = @min(player.move_speed, 0.8);
}

fn decelerate(player: *Player, dt: f32) void {
    player.move_speed = @max(player.move_speed - dt * 15.0, 0.0);
}

/// Straight along the heading, or backwards.
fn straight_velocity(player: *const Player, pace: *const Pace, walk: f32) Vec2 {
    const along = float.direction(player.heading - float.half_pi, player.move_speed);
    return float.scale(float.scale(along, pace.speed_multiplier), walk);
}

/// Slower the more the player still has to turn.
fn turning_velocity(player: *const Player, pace: *const Pace, turn_left: f32) Vec2 {
    const along = float.direction(player.heading - float.half_pi, player.move_speed);
    const aligned = float.scale(along, float.pi - turn_left);
    return float.scale(float.scale(aligned, pace.speed_multiplier), aligned_scale);
}

/// Relative: keys turn the player faster and faster, and walk forwards and backwards.
fn turn_and_walk(player: *Player, input: *const Input, phase_sign: *f32, pace: *const Pace) Vec2 {
    player.turn_speed = std.math.clamp(player.turn_speed, 1.0, 7.0);
    const turned = input.left or input.right;
    if (turned) {
        player.turn_speed = pace.dt * 10.0 + player.turn_speed;
        const step = player.turn_speed * pace.dt * 0.5;
        const turn = if (input.left) -step else step;
        player.heading += turn;
        player.aim_heading += turn;
    }
    if (input.forward) {
        accelerate_laden(player, pace);
        return straight_velocity(player, pace, walk_scale);
    }
    if (input.backward) {
        accelerate(player, pace);
        phase_sign.* = -1.0;
        return straight_velocity(player, pace, -walk_scale);
    }
    if (!turned) player.turn_speed = 1.0;
    decelerate(player, pace.dt);
    return straight_velocity(player, pace, walk_scale);
}

/// Static: each pair of keys is a direction of the screen; aim turns along.
fn walk_by_keys(player: *Player, input: *const Input, pace: *const Pace) Vec2 {
    const heading = heading_of_keys(input) orelse {
        decelerate(player, pace.dt);
        return straight_velocity(player, pace, walk_scale);
    };
    const turn = approach_heading(player, heading, pace.dt);
    player.aim_heading += turn.step;
    accelerate_laden(player, pace);
    return turning_velocity(player, pace, turn.left);
}

fn heading_of_keys(input: *const Input) ?f32 {
    if (input.backward) return if (input.left) 3.926991 else if (input.right) 2.3561945 else float.pi;
    if (input.forward) return if (input.left) 5.4977875 else if (input.right) 0.7853982 else 0.0;
    if (input.right) return 1.5707964;
    if (input.left) return 4.712389;
    return null;
}

fn heading_of_stick(world: *World, stick: Vec2) ?f32 {
    if (!(world.measure(stick) > 0.2)) return null;
    // A centred axis becomes -0, which the arc tangent tells from +0.
    return wrapped_heading(float.normalize(.{ .x = -stick.x, .y = -stick.y }));
}

fn heading_to_click(world: *World, player: *const Player, click: Vec2) ?f32 {
    const none = -1.0;
    if (click.x == none) return null;
    const away = float.subtract(player.pos, click);
    if (!(world.measure(away) > 20.0)) return null;
    return wrapped_heading(away);
}

fn wrapped_heading(away: Vec2) f32 {
    var heading = float.angle_add(away, -float.half_pi);
    while (heading < 0.0) heading += float.tau;
    return heading;
}

/// The computer circles the centre without a target; else it goes for the target, or back when it is far out.
fn heading_of_computer(world: *const World, player: *const Player) ?f32 {
    const outward = float.subtract(player.pos, arena_centre);
    if (player.auto_target < 0) return float.angle_add(outward, float.pi);
    const target: usize = @intCast(player.auto_target);
    if (!(world.creatures.hp[target] > 0.0)) return float.angle_add(outward, float.pi);
    const near = !(float.length(outward) > 300.0);
    const away = if (near) float.subtract(player.pos, world.creatures.pos[target]) else outward;
    return float.angle_add(away, -float.half_pi);
}

fn walk_towards(player: *Player, heading: ?f32, pace: *const Pace) Vec2 {
    const target = heading orelse heading_none;
    if (target == heading_none) {
        decelerate(player, pace.dt);
        return straight_velocity(player, pace, walk_scale);
    }
    const turn = approach_heading(player, target, pace.dt);
    accelerate_laden(player, pace);
    return turning_velocity(player, pace, turn.left);
}

const Turn = struct {
    /// What there was to turn, and the step taken.
    left: f32,
    step: f32,
};

/// `player_heading_approach_target`: the shorter way round, a share of what is left.
fn approach_heading(player: *Player, target: f32, dt: f32) Turn {
    var heading = player.heading;
    while (heading < 0.0) heading += float.tau;
    while (heading > float.tau) heading -= float.tau;
    const direct = @abs(target - heading);
    const high = @max(heading, target);
    const low = @min(heading, target);
    const wrapped = @abs(float.tau - high + low);
    const left = @min(wrapped, direct);
    const forward = if (direct <= wrapped) target > heading else target < heading;
    const size = dt * left * 5.0;
    const step = if (forward) size else -size;
    player.heading = heading + step;
    return .{ .left = left, .step = step };
}
