//! How a player aims under each scheme, and whom the computer aims at.

const creatures = @import("creatures.zig");
const float = @import("float.zig");
const Input = @import("settings.zig").Input;
const Player = @import("players.zig").Player;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;

/// How far before the player the aim lies when keys turn it.
const aim_radius = 60.0;
/// Where the relative mouse rests.
const mouse_home: Vec2 = .{ .x = 200.0, .y = 200.0 };

/// The computer changes its target only for one that is this much nearer, world units.
const retarget_margin = 64.0;

/// 0x00413e47: the computer's choice, in the order of slots.
pub fn choose_target(world: *World, player: *Player) void {
    const pool = &world.creatures;
    if (player.auto_target < 0) player.auto_target = 0;
    const present: usize = @intCast(player.auto_target);
    var nearest: f32 = 100000.0;
    if (pool.active[present] and pool.hp[present] > 0.0) nearest = float.distance(player.pos, pool.pos[present]);
    for (0..creatures.capacity) |slot| {
        if (!pool.active[slot] or !(pool.hp[slot] > 0.0)) continue;
        const distance = float.distance(player.pos, pool.pos[slot]);
        if (distance < nearest - retarget_margin) {
            player.auto_target = @intCast(slot);
            nearest = distance;
        }
    }
}

/// Moves the aim; returns whether the computer fires.
pub fn aim(world: *World, player: *Player, input: *const Input) bool {
    var fires = false;
    switch (input.aim_scheme) {
        .computer => fires = aim_at_target(world, player),
        .mouse => player.aim = input.aim,
        .dual_action_pad => player.aim = float.add(input.aim, player.pos),
        .mouse_relative => {
            const stick = float.subtract(input.aim, mouse_home);
            if (!float.equal(stick, float.origin)) {
                player.aim_heading = float.angle_add(stick, float.half_pi);
                player.aim = point_before(player);
            }
        },
        .keyboard => if (input.move_scheme == .relative or input.move_scheme == .static) {
            if (input.aim_right) player.aim_heading += world.dt * 3.0;
            if (input.aim_left) player.aim_heading -= world.dt * 3.0;
            player.aim = point_before(player);
        },
        .joystick, .unknown_6, .unknown_7 => {
            if (input.aim_left) player.aim_heading -= world.dt * 4.0;
            if (input.aim_right) player.aim_heading += world.dt * 4.0;
            player.aim = point_before(player);
        },
    }
    player.aim_heading = float.angle_add(float.subtract(player.pos, player.aim), -float.half_pi);
    return fires;
}

fn point_before(player: *const Player) Vec2 {
    const radians = player.aim_heading - float.half_pi;
    // The original stores the sine before it scales it, the cosine not.
    return float.add(player.pos, .{
        .x = float.cos_mul(radians, aim_radius),
        .y = float.sin_mul(radians, 1.0) * aim_radius,
    });
}

/// 0x00415644: the computer's aim chases its target, and fires when it is on it.
fn aim_at_target(world: *World, player: *Player) bool {
    const target: usize = @intCast(player.auto_target);
    const pos = world.creatures.pos[target];
    const delta = float.subtract(pos, player.aim);
    const distance = world.measure(delta);
    if (!(distance >= 4.0)) {
        player.aim = pos;
    } else {
        const step = distance * 6.0 * world.dt;
        player.aim = float.add(float.scale(float.normalize(delta), step), player.aim);
    }
    return distance < 128.0 and world.creatures.hp[target] > 0.0;
}
