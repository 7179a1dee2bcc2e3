//! Projectiles: their flight, whom they hit, and the draws of a hit.

const std = @import("std");
const creatures = @import("creatures.zig");
const damage = @import("damage.zig");
const effects = @import("effects.zig");
const float = @import("float.zig");
const tables = @import("tables.zig");
const Player = @import("players.zig").Player;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;
const arena_size = @import("world.zig").arena_size;

pub const capacity = 96;
/// The owner of a player's shot that cannot hit players.
pub const owner_local_player = -100;

/// `life_timer` of a projectile in flight, and of one that has hit.
const flying_timer = 0.4;
const spent_timer = 0.25;

/// Names are the trace's.
pub const Pool = struct {
    active: [capacity]bool,
    generation: [capacity]u32,
    type_id: [capacity]tables.WeaponId,
    angle: [capacity]f32,
    pos: [capacity]Vec2,
    origin: [capacity]Vec2,
    vel: [capacity]Vec2,
    life_timer: [capacity]f32,
    reserved: [capacity]f32,
    speed_scale: [capacity]f32,
    damage_pool: [capacity]f32,
    hit_radius: [capacity]f32,
    travel_budget: [capacity]f32,
    owner_id: [capacity]i32,

    /// Slots that can be live.
    pub const slots_max = capacity;

    pub const empty: Pool = .{
        .active = @splat(false),
        .generation = @splat(0),
        .type_id = @splat(.pistol),
        .angle = @splat(0.0),
        .pos = @splat(float.origin),
        .origin = @splat(float.origin),
        .vel = @splat(float.origin),
        .life_timer = @splat(0.0),
        .reserved = @splat(0.0),
        .speed_scale = @splat(1.0),
        .damage_pool = @splat(1.0),
        .hit_radius = @splat(1.0),
        .travel_budget = @splat(0.0),
        .owner_id = @splat(0),
    };
};

/// `projectile_spawn`, 0x00420440: a player's shot is counted, and turns to fire while Fire Bullets last.
pub fn spawn(world: *World, pos: Vec2, angle: f32, asked: tables.WeaponId, shooter: *const Player) void {
    const pool = &world.projectiles;
    const owner: i32 = if (world.settings.friendly_fire) -1 - @as(i32, shooter.index) else owner_local_player;
    var kind = asked;
    // The original does not know a fourth player's shots.
    const counted = !world.settings.preserve_bugs or owner == owner_local_player or owner >= -3;
    while (counted) {
        world.shots_fired += 1;
        if (kind == .fire_bullets or !fire_bullets_active(world, shooter)) break;
        kind = .fire_bullets;
    }
    // A full pool gives up its last slot.
    const slot = std.mem.indexOfScalar(bool, &pool.active, false) orelse capacity - 1;
    pool.generation[slot] += 1;
    pool.owner_id[slot] = owner;
    pool.active[slot] = true;
    pool.travel_budget[slot] = float.from_int(tables.weapon_of(kind).projectile_speed);
    pool.pos[slot] = pos;
    pool.origin[slot] = pos;
    pool.angle[slot] = angle;
    pool.type_id[slot] = kind;
    pool.life_timer[slot] = flying_timer;
    pool.reserved[slot] = 0.0;
    pool.speed_scale[slot] = 1.0;
    pool.vel[slot] = float.direction(angle, 1.5);
    pool.hit_radius[slot] = 1.0;
    pool.damage_pool[slot] = if (kind == .fire_bullets) 240.0 else 1.0;
}

/// The original asks both its players, whoever fired.
fn fire_bullets_active(world: *World, shooter: *const Player) bool {
    if (!world.settings.preserve_bugs) return shooter.fire_bullets_timer > 0.0;
    for (world.table()[0..2]) |*player| {
        if (player.fire_bullets_timer > 0.0) return true;
    }
    return false;
}

/// `projectile_update`, 0x00420b90, as far as the primary projectiles go.
pub fn update(world: *World) void {
    const pool = &world.projectiles;
    const margin_max = world.creatures.widest_margin();
    for (0..capacity) |slot| {
        if (!pool.active[slot]) continue;
        if (pool.life_timer[slot] <= 0.0) pool.active[slot] = false;
        const flying = pool.life_timer[slot] >= flying_timer;
        if (!flying or outside(pool.pos[slot])) {
            pool.life_timer[slot] -= world.dt;
        } else {
            fly(world, slot, margin_max);
        }
    }
}

fn outside(pos: Vec2) bool {
    const margin = 64.0;
    return pos.x < -margin or pos.y < -margin or pos.x > arena_size + margin or pos.y > arena_size + margin;
}

/// Moves in steps of at least four units, and looks for what it hits after each.
fn fly(world: *World, slot: usize, margin_max: f32) void {
    const pool = &world.projectiles;
    const steps: u32 = @intFromFloat(pool.travel_budget[slot]);
    const heading = pool.angle[slot] - float.half_pi;
    const speed = float.scale(float.direction(heading, world.dt), 20.0);
    const part = float.scale(float.scale(speed, pool.speed_scale[slot]), 3.0);
    var gathered = float.origin;
    var step: u32 = 0;
    while (step < steps) : (step += 3) {
        gathered = float.add(gathered, part);
        if (!(float.length(gathered) >= 4.0 or steps <= step + 3)) continue;
        pool.pos[slot] = float.add(pool.pos[slot], gathered);
        gathered = float.origin;
        const radius = pool.hit_radius[slot];
        const found = world.creatures.find_in_radius(pool.pos[slot], radius, margin_max) orelse {
            hit_players(world, slot);
            continue;
        };
        if (hit(world, slot, found, heading)) break;
    }
}

fn hit_players(world: *World, slot: usize) void {
    const pool = &world.projectiles;
    const owner = pool.owner_id[slot];
    if (owner == owner_local_player or slot == world.shock_chain_projectile) return;
    for (world.seats()) |*player| {
        if (player.index == -1 - owner or player.health <= 0.0) continue;
        if (!creatures.touches(pool.pos[slot], player.pos, pool.hit_radius[slot], player.size)) continue;
        pool.life_timer[slot] = spent_timer;
        damage.shoot_player(player, 10.0);
        return;
    }
}

/// A projectile has reached a creature; returns whether it ends there.
fn hit(world: *World, slot: usize, creature: usize, heading: f32) bool {
    const pool = &world.projectiles;
    const kind = pool.type_id[slot];
    const pierces = kind == .fire_bullets;
    if (world.creatures.alive(creature)) world.shots_hit += 1;
    world.events.hit_count += 1;
    spill_blood(world);
    if (!pierces) {
        pool.life_timer[slot] = spent_timer;
        const jitter = float.from_int(world.rng.draw(.projectile_update_stop_on_hit_jitter) & 3);
        pool.pos[slot] = float.add(float.direction(heading, jitter), pool.pos[slot]);
    }
    const amount = damage_at(float.distance(pool.origin[slot], pool.pos[slot]), tables.weapon_of(kind).damage_scale);
    if (world.creatures.hp[creature] > 0.0) strike(world, slot, creature, amount);
    if (pool.damage_pool[slot] == 1.0) {
        pool.damage_pool[slot] = 0.0;
        pool.life_timer[slot] = spent_timer;
    }
    leave_stains(world, kind);
    if (!tables.weapon_of(kind).electric) world.rng.skip(.projectile_update_hit_sfx);
    return (pool.life_timer[slot] == spent_timer and !pierces) or pool.damage_pool[slot] <= 0.0;
}

fn damage_at(distance: f32, damage_scale: f32) f32 {
    const near = @max(distance, 50.0);
    return (100.0 / near * damage_scale * 30.0 + 10.0) * 0.95;
}

fn strike(world: *World, slot: usize, creature: usize, amount: f32) void {
    const pool = &world.projectiles;
    pool.damage_pool[slot] -= 1.0;
    const remaining = pool.damage_pool[slot];
    const angle = pool.angle[slot] - float.half_pi;
    const along = float.cos_mul(angle, pool.speed_scale[slot]);
    // The original takes the cosine for both parts.
    const across = if (world.settings.mended()) float.sin_mul(angle, pool.speed_scale[slot]) else along;
    const impulse: Vec2 = .{ .x = along, .y = across };
    if (remaining <= 0.0) {
        damage.hit_creature(world, creature, amount, impulse);
        pool.life_timer[slot] = spent_timer;
    } else {
        damage.hit_creature(world, creature, remaining, impulse);
        pool.damage_pool[slot] -= world.creatures.hp[creature];
    }
}

fn spill_blood(world: *World) void {
    if (world.settings.violence_disabled) return;
    for (0..2) |_| {
        effects.splatter_blood(world);
        if (world.rng.draw(.projectile_update_default_reverse_splatter_gate) & 7 == 2) effects.splatter_blood(world);
    }
}

fn leave_stains(world: *World, kind: tables.WeaponId) void {
    world.rng.skip(.projectile_update_post_hit_decal_burn);
    if (kind == .fire_bullets) return leave_streak(world);
    for (0..3) |_| {
        world.rng.skip(.projectile_update_decal_spread);
        for (0..4) |_| effects.stain(world);
    }
}

/// The long streak of Fire Bullets: far stains draw again, the rewrite's f64 saying which are far.
fn leave_streak(world: *World) void {
    for (0..6) |_| {
        var distance = tenths(world.rng.draw(.projectile_update_large_streak_dist) % 100);
        if (distance > 4.0) {
            distance = tenths(world.rng.draw(.projectile_update_large_streak_dist_gt4) % 90 + 10);
        }
        if (distance > 7.0) world.rng.skip(.projectile_update_large_streak_dist_gt7);
        world.rng.skip(.projectile_update_large_streak_burn);
        effects.stain(world);
    }
}

fn tenths(count: u15) f64 {
    return @as(f64, @floatFromInt(count)) * 0.1;
}
