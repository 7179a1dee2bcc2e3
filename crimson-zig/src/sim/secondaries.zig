//! Secondary projectiles: rockets, and what becomes of them.

const std = @import("std");
const creature_death = @import("creature_death.zig");
const damage = @import("damage.zig");
const effects = @import("effects.zig");
const float = @import("float.zig");
const projectiles = @import("projectiles.zig");
const Caller = @import("rng.zig").Caller;
const Player = @import("players.zig").Player;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;

pub const capacity = 64;

pub const Kind = enum(i32) {
    none = 0,
    rocket = 1,
    homing_rocket = 2,
    detonation = 3,
    minigun_rocket = 4,
};

/// Names are the trace's, but for the last two: a detonation's age and size are in its `vel` as well.
pub const Pool = struct {
    active: [capacity]bool,
    generation: [capacity]u32,
    type_id: [capacity]Kind,
    angle: [capacity]f32,
    life_timer: [capacity]f32,
    pos: [capacity]Vec2,
    vel: [capacity]Vec2,
    trail_distance: [capacity]f32,
    target_id: [capacity]i32,
    detonation_age: [capacity]f32,
    detonation_scale: [capacity]f32,

    /// Slots that can be live.
    pub const slots_max = capacity;

    pub const empty: Pool = .{
        .active = @splat(false),
        .generation = @splat(0),
        .type_id = @splat(.none),
        .angle = @splat(0.0),
        .life_timer = @splat(0.0),
        .pos = @splat(float.origin),
        .vel = @splat(float.origin),
        .trail_distance = @splat(0.0),
        .target_id = @splat(-1),
        .detonation_age = @splat(0.0),
        .detonation_scale = @splat(1.0),
    };

    fn detonate(pool: *Pool, slot: usize, size: f32) void {
        pool.type_id[slot] = .detonation;
        pool.vel[slot] = .{ .x = 0.0, .y = size };
        pool.detonation_age[slot] = 0.0;
        pool.detonation_scale[slot] = size;
    }
};

/// `fx_spawn_secondary_projectile`: a seeker goes for whom its player aims at.
pub fn spawn(world: *World, player: *const Player, pos: Vec2, angle: f32, kind: Kind) void {
    const pool = &world.secondaries;
    // A full pool gives up its last slot.
    const slot = std.mem.indexOfScalar(bool, &pool.active, false) orelse capacity - 1;
    world.shots_fired += 1;
    pool.generation[slot] += 1;
    pool.active[slot] = true;
    pool.pos[slot] = pos;
    pool.life_timer[slot] = 2.0;
    const heading = angle - float.half_pi;
    pool.vel[slot] = float.direction(heading, 90.0);
    pool.angle[slot] = angle;
    pool.trail_distance[slot] = 0.0;
    pool.type_id[slot] = kind;
    if (kind != .homing_rocket) return;
    pool.target_id[slot] = nearest(world, player.aim);
    pool.vel[slot] = float.scale(float.direction(heading, 1.0), 190.0);
}

fn nearest(world: *const World, pos: Vec2) i32 {
    const found = world.creatures.find_nearest(&world.settings, pos, .{ .alive = true }) orelse return -1;
    return @intCast(found);
}

/// `projectile_update`, 0x00420b90, as far as the secondary projectiles go.
pub fn update(world: *World) void {
    const pool = &world.secondaries;
    if (std.mem.indexOfScalar(bool, &pool.active, true) == null) return;
    const margin_max = world.creatures.widest_margin();
    for (0..capacity) |slot| {
        if (!pool.active[slot]) continue;
        if (pool.type_id[slot] == .detonation) {
            burn(world, slot);
            continue;
        }
        fly(world, slot);
        trail_smoke(world, slot);
        if (world.creatures.find_in_radius(pool.pos[slot], 8.0, margin_max)) |creature| hit(world, slot, creature);
        if (pool.life_timer[slot] <= 0.0) pool.detonate(slot, 0.5);
    }
}

/// A detonation spreads, and hurts everything within it, corpses that have health left as well.
fn burn(world: *World, slot: usize) void {
    const pool = &world.secondaries;
    world.camera_shake.pulses = 4;
    pool.detonation_age[slot] += world.dt * 3.0;
    const age = pool.detonation_age[slot];
    const size = pool.detonation_scale[slot];
    pool.vel[slot] = .{ .x = age, .y = size };
    if (age > 1.0) pool.active[slot] = false;
    const radius = size * age * 80.0;
    const amount = world.dt * size * 700.0;
    const victims = &world.creatures;
    for (0..@TypeOf(victims.*).slots_max) |creature| {
        if (!victims.active[creature] or !(victims.hp[creature] > 0.0)) continue;
        const away = float.subtract(victims.pos[creature], pool.pos[slot]);
        if (!(float.length(away) < radius)) continue;
        damage.hit_creature(world, creature, amount, .explosion, float.scale(float.normalize(away), 0.1));
        if (victims.hp[creature] > 0.0) continue;
        for (0..2) |_| effects.stain(world);
        // The original lets it die once more.
        if (!world.settings.mended()) creature_death.die(world, creature);
    }
}

fn fly(world: *World, slot: usize) void {
    const pool = &world.secondaries;
    const dt = world.dt;
    pool.pos[slot] = float.add(pool.pos[slot], float.scale(pool.vel[slot], dt));
    switch (pool.type_id[slot]) {
        .rocket => accelerate(pool, slot, 500.0, 3.0, dt),
        .minigun_rocket => accelerate(pool, slot, 600.0, 4.0, dt),
        .homing_rocket => seek(world, slot),
        .none, .detonation => unreachable,
    }
}

fn accelerate(pool: *Pool, slot: usize, speed_max: f32, rate: f32, dt: f32) void {
    if (float.length(pool.vel[slot]) < speed_max) {
        pool.vel[slot] = float.scale(pool.vel[slot], dt * rate + 1.0);
    }
    pool.life_timer[slot] -= dt;
}

/// Turns to its target, or to whom it finds when that is gone; too fast, it takes the push back.
fn seek(world: *World, slot: usize) void {
    const pool = &world.secondaries;
    const dt = world.dt;
    const kept = pool.target_id[slot];
    if (kept < 0 or !world.creatures.active[@intCast(kept)]) pool.target_id[slot] = nearest(world, pool.pos[slot]);
    if (pool.target_id[slot] >= 0) {
        const target: usize = @intCast(pool.target_id[slot]);
        const away = float.subtract(pool.pos[slot], world.creatures.pos[target]);
        pool.angle[slot] = float.angle_add(away, -float.half_pi);
        const push = float.scale(float.direction(pool.angle[slot] - float.half_pi, dt), 800.0);
        pool.vel[slot] = float.add(pool.vel[slot], push);
        if (float.length(pool.vel[slot]) > 350.0) pool.vel[slot] = float.subtract(pool.vel[slot], push);
    }
    pool.life_timer[slot] -= dt * 0.5;
}

/// Smoke drifts diagonally: the original takes the cosine for both parts.
fn trail_smoke(world: *World, slot: usize) void {
    const pool = &world.secondaries;
    const speed = @abs(pool.vel[slot].x) + @abs(pool.vel[slot].y);
    pool.trail_distance[slot] -= speed * world.dt * 0.01;
    if (!(pool.trail_distance[slot] < 0.0)) return;
    const angle = pool.angle[slot];
    const drift = float.trail_drift(angle, 90.0);
    const pos = float.behind(pool.pos[slot], angle, 9.0);
    world.sprites.spawn(&world.rng, pos, drift, 14.0, .{ .r = 1.0, .g = 1.0, .b = 1.0, .a = 0.25 });
    pool.trail_distance[slot] = 0.06;
}

/// What a kind of rocket does when it hits.
const Warhead = struct {
    damage: f32,
    /// Damage for every second that it had left.
    damage_of_life: f32,
    detonation_scale: f32,
    stains: u8,
    stain_radius: u8,
    shard_angle: Caller,
    stain_angle: Caller,
    stain_distance: Caller,
};

fn warhead_of(kind: Kind) *const Warhead {
    return switch (kind) {
        .rocket => &.{
            .damage = 500.0,
            .damage_of_life = 50.0,
            .detonation_scale = 1.0,
            .stains = 20,
            .stain_radius = 90,
            .shard_angle = .secondary_projectile_update_rocket_freeze_shard_angle,
            .stain_angle = .secondary_projectile_update_rocket_decal_angle,
            .stain_distance = .secondary_projectile_update_rocket_decal_radius,
        },
        .homing_rocket => &.{
            .damage = 80.0,
            .damage_of_life = 20.0,
            .detonation_scale = 0.35,
            .stains = 10,
            .stain_radius = 64,
            .shard_angle = .secondary_projectile_update_seeker_rocket_freeze_shard_angle,
            .stain_angle = .secondary_projectile_update_seeker_rocket_decal_angle,
            .stain_distance = .secondary_projectile_update_seeker_rocket_decal_radius,
        },
        .minigun_rocket => &.{
            .damage = 40.0,
            .damage_of_life = 20.0,
            .detonation_scale = 0.25,
            .stains = 3,
            .stain_radius = 44,
            .shard_angle = .secondary_projectile_update_rocket_minigun_freeze_shard_angle,
            .stain_angle = .secondary_projectile_update_rocket_minigun_decal_angle,
            .stain_distance = .secondary_projectile_update_rocket_minigun_decal_radius,
        },
        .none, .detonation => unreachable,
    };
}

fn hit(world: *World, slot: usize, creature: usize) void {
    const pool = &world.secondaries;
    const kind = pool.type_id[slot];
    const warhead = warhead_of(kind);
    const frozen = world.bonuses.freeze > 0.0;
    world.events.hit_count += 1;
    if (world.creatures.alive(creature)) world.shots_hit += 1;
    if (frozen) {
        throw_shards(world, 4, .secondary_projectile_update_pre_hit_freeze_shard_angle);
    } else {
        stain_around(world);
    }
    if (kind == .rocket and world.settings.detail_preset >= 3) effects.explode(world);
    _ = projectiles.start_game_tune(world);
    const amount = pool.life_timer[slot] * warhead.damage_of_life + warhead.damage;
    const impulse = float.scale(pool.vel[slot], 1.0 / world.dt);
    damage.hit_creature(world, creature, amount, .explosion, impulse);
    pool.detonate(slot, warhead.detonation_scale);
    if (frozen) {
        throw_shards(world, 8, warhead.shard_angle);
    } else {
        for (0..warhead.stains) |_| {
            world.rng.skip(warhead.stain_angle);
            world.rng.skip(warhead.stain_distance);
            effects.stain(world);
        }
    }
    for (smoke_directions) |direction| {
        const speed = @as(f64, @floatFromInt(world.rng.draw(.secondary_projectile_update_detonation_sprite_mag) % 800)) * 0.1;
        const vel: Vec2 = .{ .x = @floatCast(direction[0] * speed), .y = @floatCast(direction[1] * speed) };
        world.sprites.spawn(&world.rng, pool.pos[slot], vel, 14.0, .{ .r = 1.0, .g = 1.0, .b = 1.0, .a = 0.37 });
    }
}

fn throw_shards(world: *World, count: u32, angle: Caller) void {
    for (0..count) |_| {
        world.rng.skip(angle);
        effects.throw_shard(world);
    }
}

fn stain_around(world: *World) void {
    const places = [_][2]Caller{
        .{ .secondary_projectile_update_pre_hit_decal_dx_1, .secondary_projectile_update_pre_hit_decal_dy_1 },
        .{ .secondary_projectile_update_pre_hit_decal_dx_2, .secondary_projectile_update_pre_hit_decal_dy_2 },
        .{ .secondary_projectile_update_pre_hit_decal_dx_3, .secondary_projectile_update_pre_hit_decal_dy_3 },
    };
    for (places) |place| {
        for (place) |caller| world.rng.skip(caller);
        effects.stain(world);
    }
}

/// The smoke of a hit goes in ten directions, which the rewrite keeps in f64.
const smoke_directions = [10][2]f64{
    .{ 1.0, 0.0 },
    .{ 0.8090169943749475, 0.5877852522924731 },
    .{ 0.30901699437494745, 0.9510565162951535 },
    .{ -0.30901699437494734, 0.9510565162951536 },
    .{ -0.8090169943749473, 0.5877852522924732 },
    .{ -1.0, 1.2246467991473532e-16 },
    .{ -0.8090169943749476, -0.587785252292473 },
    .{ -0.30901699437494756, -0.9510565162951535 },
    .{ 0.30901699437494723, -0.9510565162951536 },
    .{ 0.8090169943749473, -0.5877852522924734 },
};
