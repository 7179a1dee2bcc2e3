//! Effects that the eye sees and the generator feels.
//!
//! Blood, casings and decals change nothing but the generator: nothing reads them back, and the trace does not hold
//! them. So their draws are made and their values dropped. Sprites are kept, since a full pool draws.

const std = @import("std");
const float = @import("float.zig");
const Caller = @import("rng.zig").Caller;
const Rgba = @import("../schema.zig").Rgba;
const Rng = @import("rng.zig").Rng;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;

/// `effect_spawn`, 0x0042e120: low detail presets leave out every other effect, by a count of all.
fn spawn(world: *World) void {
    if (world.settings.detail_preset <= 2) world.effect_detail_skips +%= 1;
}

/// `effect_spawn_blood_splatter`, 0x0042eb10.
pub fn splatter_blood(world: *World) void {
    if (world.settings.violence_disabled) return;
    for (0..2) |_| {
        world.rng.skip(.effect_spawn_blood_splatter_rotation);
        world.rng.skip(.effect_spawn_blood_splatter_half);
        world.rng.skip(.effect_spawn_blood_splatter_speed_x);
        world.rng.skip(.effect_spawn_blood_splatter_speed_y);
        world.rng.skip(.effect_spawn_blood_splatter_scale_step);
        spawn(world);
    }
}

/// The empty case of a shot, of weapons that throw them out.
pub fn throw_casing(world: *World) void {
    world.rng.skip(.player_update_casing_angle);
    world.rng.skip(.player_update_casing_speed);
    world.rng.skip(.player_update_casing_rotation);
    world.rng.skip(.player_update_casing_rotation_step);
    spawn(world);
}

/// A ring of light, of a bonus that everyone sees.
pub fn ring(world: *World) void {
    spawn(world);
}

/// An effect whose values are drawn by an own code path of the original.
pub fn spawn_drawn(world: *World, callers: []const Caller) void {
    for (callers) |caller| world.rng.skip(caller);
    spawn(world);
}

/// The sparks of a bonus that is picked up.
pub fn burst_of_pickup(world: *World) void {
    for (0..12) |_| spawn_drawn(world, &.{
        .bonus_apply_pickup_burst_rotation,
        .bonus_apply_pickup_burst_vel_x,
        .bonus_apply_pickup_burst_vel_y,
    });
}

/// `effect_spawn_burst`, 0x0042ef60.
pub fn burst(world: *World, count: u32) void {
    for (0..count) |_| {
        world.rng.skip(.effect_spawn_burst_rotation);
        world.rng.skip(.effect_spawn_burst_vel_x);
        world.rng.skip(.effect_spawn_burst_vel_y);
        world.rng.skip(.effect_spawn_burst_scale_step);
        spawn(world);
    }
}

/// `effect_spawn_freeze_shard`, 0x0042ec80; whoever asks has drawn its angle.
pub fn throw_shard(world: *World) void {
    world.rng.skip(.effect_spawn_freeze_shard_lifetime);
    world.rng.skip(.effect_spawn_freeze_shard_rotation);
    world.rng.skip(.effect_spawn_freeze_shard_half);
    world.rng.skip(.effect_spawn_freeze_shard_rotation_step);
    world.rng.skip(.effect_spawn_freeze_shard_scale_step);
    world.rng.skip(.effect_spawn_freeze_shard_effect_id);
    spawn(world);
}

/// `effect_spawn_freeze_shatter`, 0x0042ee00: four quarters of the creature, and four shards.
pub fn shatter(world: *World) void {
    for (0..4) |_| {
        world.rng.skip(.effect_spawn_freeze_shatter_half);
        world.rng.skip(.effect_spawn_freeze_shatter_rotation_step);
        spawn(world);
    }
    for (0..4) |_| {
        world.rng.skip(.effect_spawn_freeze_shatter_shard_angle);
        throw_shard(world);
    }
}

/// `effect_spawn_explosion_burst`, 0x0042f6c0: a ring, puffs of smoke, a flash and its fireballs.
pub fn explode(world: *World) void {
    const detail = world.settings.detail_preset;
    spawn(world);
    if (detail > 3) {
        for (0..2) |_| {
            world.rng.skip(.effect_spawn_explosion_burst_puff_rotation);
            spawn(world);
        }
    }
    spawn(world);
    const fireballs: u32 = switch (detail) {
        0, 1 => 1,
        2, 3 => 3,
        else => 4,
    };
    for (0..fireballs) |_| {
        world.rng.skip(.effect_spawn_explosion_burst_rotation);
        world.rng.skip(.effect_spawn_explosion_burst_vel_x);
        world.rng.skip(.effect_spawn_explosion_burst_vel_y);
        world.rng.skip(.effect_spawn_explosion_burst_scale_step);
        world.rng.skip(.effect_spawn_explosion_burst_rotation_step);
        spawn(world);
    }
}

/// The end of a creature that shoots plasma, in `creature_apply_damage`.
pub fn burst_of_shock(world: *World) void {
    for (0..5) |_| {
        world.rng.skip(.creature_apply_damage_shock_burst_rotation);
        world.rng.skip(.creature_apply_damage_shock_burst_vel_x);
        world.rng.skip(.creature_apply_damage_shock_burst_vel_y);
        world.rng.skip(.creature_apply_damage_shock_burst_scale_step);
        spawn(world);
    }
}

/// `effect_spawn_shrinkifier_hit`, 0x0042f080: a ring and sparks.
pub fn hit_by_shrinkifier(world: *World) void {
    spawn(world);
    const sparks: u32 = if (world.settings.detail_preset < 3) 2 else 4;
    for (0..sparks) |_| {
        world.rng.skip(.shrinkifier_hit_rotation);
        world.rng.skip(.shrinkifier_hit_vel_x);
        world.rng.skip(.shrinkifier_hit_vel_y);
        world.rng.skip(.shrinkifier_hit_scale_step);
        spawn(world);
    }
}

/// `effect_spawn_ion_hit_core` and `effect_spawn_ion_hit_sparks`: a ring and sparks, half of them at low detail.
pub fn hit_by_ions(world: *World, sparks: u32) void {
    spawn(world);
    for (0..if (world.settings.detail_preset < 3) sparks / 2 else sparks) |_| {
        world.rng.skip(.ion_hit_spark_rotation);
        world.rng.skip(.ion_hit_spark_vel_x);
        world.rng.skip(.ion_hit_spark_vel_y);
        world.rng.skip(.ion_hit_spark_scale_step);
        spawn(world);
    }
}

/// The two `effect_spawn_plasma_hit_core` of a plasma cannon's hit.
pub fn hit_by_plasma_cannon(world: *World) void {
    for (0..2) |_| spawn(world);
}

/// `effect_spawn_splitter_hit_burst`.
pub fn hit_by_splitter(world: *World) void {
    for (0..3) |_| {
        world.rng.skip(.splitter_hit_angle);
        world.rng.skip(.splitter_hit_radius);
        world.rng.skip(.splitter_hit_age);
        spawn(world);
    }
}

/// `fx_queue_add_random`: a stain on the ground. A full queue draws as well.
pub fn stain(world: *World) void {
    if (world.settings.violence_disabled) return;
    world.rng.skip(.fx_queue_add_random_gray);
    world.rng.skip(.fx_queue_add_random_width);
    world.rng.skip(.fx_queue_add_random_rotation);
    world.rng.skip(.fx_queue_add_random_effect_id);
}

/// Puffs of smoke, `sprite_effect_pool`.
pub const Sprites = struct {
    active: [capacity]bool,
    color: [capacity]Rgba,
    rotation: [capacity]f32,
    pos: [capacity]Vec2,
    vel: [capacity]Vec2,
    scale: [capacity]f32,

    pub const capacity = 384;
    pub const empty: Sprites = .{
        .active = @splat(false),
        .color = @splat(.{ .r = 1.0, .g = 1.0, .b = 1.0, .a = 0.0 }),
        .rotation = @splat(0.0),
        .pos = @splat(float.origin),
        .vel = @splat(float.origin),
        .scale = @splat(1.0),
    };

    /// `fx_spawn_sprite`, 0x0041fbb0.
    pub fn spawn(sprites: *Sprites, rng: *Rng, pos: Vec2, vel: Vec2, size: f32, color: Rgba) void {
        const slot = std.mem.indexOfScalar(bool, &sprites.active, false) orelse
            rng.draw(.fx_spawn_sprite_alloc) % capacity;
        sprites.active[slot] = true;
        sprites.color[slot] = color;
        sprites.rotation[slot] = float.from_int(rng.draw(.fx_spawn_sprite_rotation) % 628) * 0.01;
        sprites.pos[slot] = pos;
        sprites.vel[slot] = vel;
        sprites.scale[slot] = size;
    }

    /// The sprites' part of `projectile_update`, 0x0042246a.
    pub fn update(sprites: *Sprites, dt: f32) void {
        for (&sprites.active, 0..) |*active, slot| {
            if (!active.*) continue;
            sprites.pos[slot] = float.add(sprites.pos[slot], float.scale(sprites.vel[slot], dt));
            sprites.rotation[slot] += dt * 3.0;
            sprites.color[slot].a -= dt;
            sprites.scale[slot] += dt * 60.0;
            if (sprites.color[slot].a <= 0.0) active.* = false;
        }
    }
};
