//! Particles: flames, and the bubbles of the bubblegun.

const std = @import("std");
const creature_death = @import("creature_death.zig");
const damage = @import("damage.zig");
const effects = @import("effects.zig");
const float = @import("float.zig");
const Caller = @import("rng.zig").Caller;
const Rgba = @import("../schema.zig").Rgba;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;

pub const capacity = 128;

pub const Style = enum(u8) {
    flame = 0,
    blow_torch = 1,
    hr_flamer = 2,
    bubble = 8,
};

pub const Pool = struct {
    active: [capacity]bool,
    style: [capacity]Style,
    /// Until it touches a creature.
    in_flight: [capacity]bool,
    pos: [capacity]Vec2,
    vel: [capacity]Vec2,
    color: [capacity]Rgba,
    intensity: [capacity]f32,
    angle: [capacity]f32,
    rotation: [capacity]f32,
    /// The creature that a bubble holds, or -1.
    target: [capacity]i32,

    pub const empty: Pool = .{
        .active = @splat(false),
        .style = @splat(.flame),
        .in_flight = @splat(false),
        .pos = @splat(float.origin),
        .vel = @splat(float.origin),
        .color = @splat(new_color),
        .intensity = @splat(0.0),
        .angle = @splat(0.0),
        .rotation = @splat(0.0),
        .target = @splat(-1),
    };
};

const new_color: Rgba = .{ .r = 1.0, .g = 1.0, .b = 1.0, .a = 0.0 };

/// `fx_spawn_particle`, 0x00420130, and `fx_spawn_particle_slow`, 0x00420240, which makes bubbles.
pub fn spawn(world: *World, pos: Vec2, angle: f32, intensity: f32, style: Style) void {
    const pool = &world.particles;
    const bubble = style == .bubble;
    const alloc: Caller = if (bubble) .fx_spawn_particle_slow_alloc else .fx_spawn_particle_alloc;
    const slot = std.mem.indexOfScalar(bool, &pool.active, false) orelse world.rng.draw(alloc) % capacity;
    pool.active[slot] = true;
    pool.in_flight[slot] = true;
    pool.pos[slot] = pos;
    pool.vel[slot] = float.direction(angle, if (bubble) 30.0 else 90.0);
    pool.color[slot] = new_color;
    pool.intensity[slot] = intensity;
    pool.angle[slot] = angle;
    const spin: Caller = if (bubble) .fx_spawn_particle_slow_rotation else .fx_spawn_particle_rotation;
    pool.rotation[slot] = float.from_int(world.rng.draw(spin) % 628) * 0.01;
    pool.style[slot] = style;
    pool.target[slot] = -1;
}

/// The particles' part of `projectile_update`, 0x00420b90.
pub fn update(world: *World) void {
    const pool = &world.particles;
    if (std.mem.indexOfScalar(bool, &pool.active, true) == null) return;
    const margin_max = world.creatures.widest_margin();
    for (0..capacity) |slot| {
        if (!pool.active[slot]) continue;
        move(pool, slot, world.dt);
        const least: f32 = if (pool.style[slot] == .flame) 0.0 else 0.8;
        if (!(pool.intensity[slot] > least)) {
            expire(world, slot);
            continue;
        }
        if (pool.in_flight[slot]) drift(world, slot);
        const intensity = pool.intensity[slot];
        const shade = 1.0 - intensity * 0.95;
        pool.color[slot] = .{ .r = shade, .g = shade, .b = pool.color[slot].b, .a = @min(intensity, 1.0) };
        if (!pool.in_flight[slot]) continue;
        if (world.creatures.find_in_radius(pool.pos[slot], intensity * 8.0, margin_max)) |creature| {
            touch(world, slot, creature);
        }
    }
}

fn move(pool: *Pool, slot: usize, dt: f32) void {
    const bubble = pool.style[slot] == .bubble;
    pool.intensity[slot] -= dt * @as(f32, if (bubble) 0.11 else 0.9);
    pool.rotation[slot] += if (bubble) dt * 5.0 else dt;
    if (bubble and !pool.in_flight[slot]) return;
    const intensity = pool.intensity[slot];
    var step = float.scale(pool.vel[slot], dt);
    if (!bubble) {
        step = float.scale(float.scale(step, 2.5), @max(intensity, 0.15));
    } else if (intensity > 0.15) {
        step = float.scale(step, intensity);
    } else {
        step = float.scale(float.scale(step, 0.55), intensity);
    }
    pool.pos[slot] = float.add(pool.pos[slot], step);
}

/// A bubble takes with it what it holds.
fn expire(world: *World, slot: usize) void {
    const pool = &world.particles;
    pool.active[slot] = false;
    if (pool.style[slot] != .bubble or pool.target[slot] < 0) return;
    const creature: usize = @intCast(pool.target[slot]);
    if (world.creatures.active[creature]) world.rng.skip(.projectile_update_particle_bubblegun_expiry_sfx);
    creature_death.vanish(world, creature);
}

fn drift(world: *World, slot: usize) void {
    const pool = &world.particles;
    const style = pool.style[slot];
    const caller: Caller = switch (style) {
        .flame => .projectile_update_particle_jitter_flamethrower,
        .bubble => .projectile_update_particle_jitter_bubblegun,
        .blow_torch, .hr_flamer => .projectile_update_particle_jitter_alt,
    };
    const turn = float.from_int(@as(i32, world.rng.draw(caller) % 100) - 50);
    const width: f32 = if (style == .flame) 1.96 else 1.1;
    pool.angle[slot] -= turn * 0.06 * pool.intensity[slot] * world.dt * width;
    pool.vel[slot] = float.direction(pool.angle[slot], if (style == .bubble) 62.0 else 82.0);
}

fn touch(world: *World, slot: usize, creature: usize) void {
    const pool = &world.particles;
    pool.in_flight[slot] = false;
    if (pool.style[slot] != .bubble) return burn(world, slot, creature);
    pool.target[slot] = @intCast(creature);
    pool.pos[slot] = world.creatures.pos[creature];
    pool.vel[slot] = float.origin;
}

/// A flame turns aside, and the creature burns, darkens and is pushed along.
fn burn(world: *World, slot: usize, creature: usize) void {
    const pool = &world.particles;
    const victims = &world.creatures;
    deflect(pool, slot, victims.pos[creature], world.dt);
    const speed = float.from_int(world.rng.draw(.projectile_update_particle_bounce_speed_scale) % 10) * 0.1;
    pool.vel[slot] = float.scale(float.direction(pool.angle[slot], 82.0), speed);
    const intensity = pool.intensity[slot];
    const amount = intensity * 10.0;
    if (amount > 0.0) damage.hit_creature(world, creature, amount, .fire, float.origin);
    darken(&victims.tint[creature], intensity);
    if (slot % 3 == 0) {
        const x = float.from_int(@as(i32, world.rng.draw(.projectile_update_particle_sprite_vel_x) % 60) - 30);
        const y = float.from_int(@as(i32, world.rng.draw(.projectile_update_particle_sprite_vel_y) % 60) - 30);
        const color: Rgba = .{ .r = 1.0, .g = 1.0, .b = 1.0, .a = 0.7 };
        world.sprites.spawn(&world.rng, victims.pos[creature], .{ .x = x, .y = y }, 13.0, color);
    }
    effects.stain(world);
    victims.pos[creature] = float.add(victims.pos[creature], float.scale(pool.vel[slot], world.dt));
}

/// To the side on which it came.
fn deflect(pool: *Pool, slot: usize, target: Vec2, dt: f32) void {
    var angle = pool.angle[slot];
    while (float.tau < angle) angle -= float.tau;
    while (angle < 0.0) angle += float.tau;
    const before = float.subtract(pool.pos[slot], float.scale(pool.vel[slot], dt));
    const side = float.compare_angle(angle, float.subtract(before, target));
    const step: f32 = 1.2566371;
    pool.angle[slot] = if (side == .gt) angle - step else angle + step;
}

fn darken(tint: *Rgba, intensity: f32) void {
    if (!(tint.g + tint.b + tint.r > 1.6)) return;
    const factor = 1.0 - intensity * 0.01;
    tint.* = .{
        .r = float.clamp_unit(factor * tint.r),
        .g = float.clamp_unit(factor * tint.g),
        .b = float.clamp_unit(factor * tint.b),
        .a = float.clamp_unit(tint.a),
    };
}
