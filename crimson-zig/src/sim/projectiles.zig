//! Projectiles: their flight, whom they hit, and the draws of a hit.

const std = @import("std");
const creature_death = @import("creature_death.zig");
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

pub const Shot = struct {
    pos: Vec2,
    angle: f32,
    kind: tables.WeaponId,
    /// Below zero a player's, else the creature's slot.
    owner: i32,
    /// Whose Fire Bullets turn it to fire, if it is a player's.
    shooter: usize = 0,
};

/// A player's shots have their owner only while they can hit other players.
pub fn owner_of(world: *const World, player: *const Player) i32 {
    return if (world.settings.friendly_fire) -1 - player.index else owner_local_player;
}

/// `projectile_spawn`, 0x00420440: a player's shot is counted, and turns to fire while Fire Bullets last.
pub fn spawn(world: *World, shot: Shot) usize {
    const pool = &world.projectiles;
    var kind = shot.kind;
    while (!world.scripted_burst and counts(world, shot.owner)) {
        world.shots_fired += 1;
        if (kind == .fire_bullets or !fire_bullets_active(world, shot.shooter)) break;
        kind = .fire_bullets;
    }
    // A full pool gives up its last slot.
    const slot = std.mem.indexOfScalar(bool, &pool.active, false) orelse capacity - 1;
    pool.generation[slot] += 1;
    pool.owner_id[slot] = shot.owner;
    pool.active[slot] = true;
    pool.travel_budget[slot] = float.from_int(tables.weapon_of(kind).projectile_speed);
    pool.pos[slot] = shot.pos;
    pool.origin[slot] = shot.pos;
    pool.angle[slot] = shot.angle;
    pool.type_id[slot] = kind;
    pool.life_timer[slot] = flying_timer;
    pool.reserved[slot] = 0.0;
    pool.speed_scale[slot] = 1.0;
    pool.vel[slot] = float.direction(shot.angle, 1.5);
    pool.hit_radius[slot] = switch (kind) {
        .ion_minigun => 3.0,
        .ion_rifle => 5.0,
        .ion_cannon, .plasma_cannon => 10.0,
        else => 1.0,
    };
    pool.damage_pool[slot] = switch (kind) {
        .gauss_gun => 300.0,
        .fire_bullets => 240.0,
        .blade_gun => 50.0,
        else => 1.0,
    };
    return slot;
}

/// The original does not know a fourth player's shots.
fn counts(world: *const World, owner: i32) bool {
    if (!world.settings.preserve_bugs) return owner < 0;
    return owner == owner_local_player or (owner >= -3 and owner <= -1);
}

/// The original asks both its players, whoever fired.
fn fire_bullets_active(world: *World, shooter: usize) bool {
    if (!world.settings.preserve_bugs) return world.players[shooter].fire_bullets_timer > 0.0;
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
        // It has its effect once more.
        if (pool.life_timer[slot] <= 0.0) pool.active[slot] = false;
        if (pool.life_timer[slot] < flying_timer) {
            wane(world, slot);
        } else if (outside(pool.pos[slot])) {
            pool.life_timer[slot] -= world.dt;
        } else {
            fly(world, slot, margin_max);
        }
    }
}

/// What is spent fades; ions go on burning around it.
fn wane(world: *World, slot: usize) void {
    const pool = &world.projectiles;
    const timer = &pool.life_timer[slot];
    switch (pool.type_id[slot]) {
        .ion_rifle => {
            end_chain(world, slot);
            timer.* -= world.dt;
            burn_around(world, slot, 88.0, 100.0);
        },
        .ion_minigun => {
            end_chain(world, slot);
            timer.* -= world.dt;
            burn_around(world, slot, 60.0, 40.0);
        },
        .ion_cannon => {
            timer.* -= world.dt * 0.7;
            burn_around(world, slot, 128.0, 300.0);
        },
        .gauss_gun => timer.* -= world.dt * 0.1,
        else => timer.* -= world.dt,
    }
}

fn end_chain(world: *World, slot: usize) void {
    if (slot != world.shock_chain_projectile) return;
    world.shock_chain_projectile = -1;
    world.shock_chain_links_left = 0;
}

fn burn_around(world: *World, slot: usize, radius: f32, damage_rate: f32) void {
    const scale: f32 = if (world.perks.has(.ion_gun_master)) 1.2 else 1.0;
    damage.hit_circle(world, world.projectiles.pos[slot], scale * radius, world.dt * damage_rate, .ion);
}

fn outside(pos: Vec2) bool {
    const margin = 64.0;
    return pos.x < -margin or pos.y < -margin or pos.x > arena_size + margin or pos.y > arena_size + margin;
}

/// Moves in steps of at least four units, and looks for what it hits after each.
fn fly(world: *World, slot: usize, margin_max: f32) void {
    const pool = &world.projectiles;
    var steps: u32 = @intFromFloat(pool.travel_budget[slot]);
    if (world.perks.has(.barrel_greaser) and pool.owner_id[slot] < 0) steps *= 2;
    const heading = pool.angle[slot] - float.half_pi;
    const speed = float.scale(float.direction(heading, world.dt), 20.0);
    const part = float.scale(float.scale(speed, pool.speed_scale[slot]), 3.0);
    var gathered = float.origin;
    var step: u32 = 0;
    while (step < steps) : (step += 3) {
        gathered = float.add(gathered, part);
        if (!(float.length(gathered) >= 4.0 or steps <= step + 3)) continue;
        const moved = gathered;
        pool.pos[slot] = float.add(pool.pos[slot], moved);
        gathered = float.origin;
        const creature = find(world, slot, margin_max) orelse {
            hit_players(world, slot);
            continue;
        };
        if (hit(world, slot, creature, heading, moved)) break;
    }
}

/// Whoever shot is in the way of others, and is not hit.
fn find(world: *World, slot: usize, margin_max: f32) ?usize {
    const pool = &world.projectiles;
    const found = world.creatures.find_in_radius(pool.pos[slot], pool.hit_radius[slot], margin_max) orelse return null;
    return if (found == pool.owner_id[slot]) null else found;
}

fn hit_players(world: *World, slot: usize) void {
    const pool = &world.projectiles;
    const owner = pool.owner_id[slot];
    if (owner == owner_local_player or slot == world.shock_chain_projectile) return;
    for (world.seats()) |*player| {
        if (player.index == -1 - owner or player.health <= 0.0) continue;
        if (!creatures.touches(pool.pos[slot], player.pos, pool.hit_radius[slot], player.size)) continue;
        pool.life_timer[slot] = spent_timer;
        damage.shoot_player(world, player, 10.0);
        return;
    }
}

/// A projectile has reached a creature, after a step of `moved`; returns whether it ends there. A full pool gives the
/// last slot to what the hit spawns, so that everything is read where it is needed.
fn hit(world: *World, slot: usize, creature: usize, heading: f32, moved: Vec2) bool {
    const pool = &world.projectiles;
    const victims = &world.creatures;
    const kind = pool.type_id[slot];
    const pierces = kind == .fire_bullets or kind == .gauss_gun or kind == .blade_gun;
    if (world.perks.has(.poison_bullets) and world.rng.draw(.projectile_update_poison_bullets_gate) & 7 == 1) {
        victims.flags[creature].poisoned = true;
    }
    if (kind == .splitter_gun) split(world, slot, creature);
    if (victims.alive(creature)) world.shots_hit += 1;
    world.events.hit_count += 1;
    spill_blood(world, kind);
    if (!pierces) {
        pool.life_timer[slot] = spent_timer;
        const jitter = float.from_int(world.rng.draw(.projectile_update_stop_on_hit_jitter) & 3);
        pool.pos[slot] = float.add(float.direction(heading, jitter), pool.pos[slot]);
    }
    const distance = float.distance(pool.origin[slot], pool.pos[slot]);
    take_effect(world, slot, creature, kind, moved);
    const amount = damage_at(distance, tables.weapon_of(kind).damage_scale);
    if (victims.hp[creature] > 0.0) strike(world, slot, creature, amount);
    if (pool.damage_pool[slot] == 1.0) {
        pool.damage_pool[slot] = 0.0;
        pool.life_timer[slot] = spent_timer;
    }
    leave_stains(world, kind);
    if (!start_game_tune(world) and !tables.weapon_of(kind).electric) world.rng.skip(.projectile_update_hit_sfx);
    return (pool.life_timer[slot] == spent_timer and !pierces) or pool.damage_pool[slot] <= 0.0;
}

/// The first hit of a run picks its music, but in rush; returns whether this is the one.
pub fn start_game_tune(world: *World) bool {
    if (world.settings.mode == .rush or world.game_tune_started) return false;
    world.game_tune_started = true;
    world.rng.skip(.sfx_play_exclusive_playlist_pick);
    return true;
}

const split_angle = 1.0471976;

/// The halves are the creature's that was hit, so that they can hit players.
fn split(world: *World, slot: usize, creature: usize) void {
    const pool = &world.projectiles;
    effects.hit_by_splitter(world);
    for ([_]f32{ -split_angle, split_angle }) |turn| {
        _ = spawn(world, .{
            .pos = pool.pos[slot],
            .angle = pool.angle[slot] + turn,
            .kind = .splitter_gun,
            .owner = @intCast(creature),
        });
    }
}

/// What a kind of projectile does beside its damage.
fn take_effect(world: *World, slot: usize, creature: usize, kind: tables.WeaponId, moved: Vec2) void {
    const pool = &world.projectiles;
    const victims = &world.creatures;
    switch (kind) {
        .ion_minigun => effects.hit_by_ions(world, 3),
        .ion_rifle => {
            chain(world, slot, creature);
            effects.hit_by_ions(world, 4);
        },
        .ion_cannon => effects.hit_by_ions(world, 8),
        .plasma_cannon => {
            burst_to_ring(world, slot, creature);
            effects.hit_by_plasma_cannon(world);
        },
        .shrinkifier_5k => {
            effects.hit_by_shrinkifier(world);
            victims.size[creature] *= 0.65;
            pool.life_timer[slot] = spent_timer;
            // It dies with the health that it has.
            if (victims.size[creature] < 16.0) creature_death.die(world, creature);
        },
        .pulse_gun => victims.pos[creature] = float.add(victims.pos[creature], float.scale(moved, 3.0)),
        .plague_spreader_gun => victims.plague_infected[creature] = true,
        else => {},
    }
}

/// A link of the Shock Chain goes on to the nearest creature that is not too near.
fn chain(world: *World, slot: usize, creature: usize) void {
    if (world.shock_chain_links_left <= 0 or slot != world.shock_chain_projectile) return;
    const pool = &world.projectiles;
    const victims = &world.creatures;
    world.shock_chain_links_left -= 1;
    const next = victims.find_nearest(&world.settings, pool.pos[slot], .{
        .alive = false,
        .but = creature,
        .beyond = 100.0,
    }) orelse return;
    world.scripted_burst = true;
    const link = spawn(world, .{
        .pos = pool.pos[slot],
        .angle = chain_angle(float.subtract(victims.pos[next], victims.pos[creature])),
        .kind = .ion_rifle,
        .owner = @intCast(creature),
    });
    world.scripted_burst = false;
    world.shock_chain_projectile = @intCast(link);
}

/// The direction of a link of the Shock Chain.
pub fn chain_angle(way: Vec2) f32 {
    return float.angle_add(way, -float.half_pi) - float.pi;
}

/// A plasma cannon's hit sends plasma all around.
fn burst_to_ring(world: *World, slot: usize, creature: usize) void {
    const pool = &world.projectiles;
    world.scripted_burst = true;
    const radius = world.creatures.size[creature] * 0.5 + 1.0;
    for (0..12) |index| {
        const angle = float.from_int(@as(u8, @intCast(index))) * 0.5235988;
        _ = spawn(world, .{
            .pos = float.add(float.direction(angle, radius), pool.pos[slot]),
            .angle = angle,
            .kind = .plasma_rifle,
            .owner = owner_local_player,
        });
    }
    world.scripted_burst = false;
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
        damage.hit_creature(world, creature, amount, .bullet, impulse);
        pool.life_timer[slot] = spent_timer;
    } else {
        damage.hit_creature(world, creature, remaining, .bullet, impulse);
        pool.damage_pool[slot] -= world.creatures.hp[creature];
    }
}

fn spill_blood(world: *World, kind: tables.WeaponId) void {
    const rng = &world.rng;
    if (kind == .blade_gun) {
        for (0..8) |_| {
            rng.skip(.projectile_update_blade_gun_splatter_angle);
            effects.splatter_blood(world);
        }
    }
    if (world.perks.has(.bloody_mess_quick_learner)) return make_a_mess(world);
    if (world.settings.violence_disabled or world.bonuses.freeze > 0.0) return;
    for (0..2) |_| {
        effects.splatter_blood(world);
        if (rng.draw(.projectile_update_default_reverse_splatter_gate) & 7 == 2) effects.splatter_blood(world);
    }
}

/// Bloody Mess: its stains do not ask for the violence setting before they draw.
fn make_a_mess(world: *World) void {
    const rng = &world.rng;
    if (!world.settings.violence_disabled) {
        for (0..8) |_| {
            rng.skip(.projectile_update_bloody_mess_spread);
            effects.splatter_blood(world);
        }
        effects.splatter_blood(world);
    }
    for (0..3) |_| {
        rng.skip(.projectile_update_bloody_mess_decal_dx_1);
        rng.skip(.projectile_update_bloody_mess_decal_dy_1);
        effects.stain(world);
        rng.skip(.projectile_update_bloody_mess_decal_dx_2);
        rng.skip(.projectile_update_bloody_mess_decal_dy_2);
        effects.stain(world);
    }
}

fn leave_stains(world: *World, kind: tables.WeaponId) void {
    const frozen = world.bonuses.freeze > 0.0;
    world.rng.skip(.projectile_update_post_hit_decal_burn);
    if (kind == .fire_bullets or kind == .gauss_gun) return leave_streak(world, frozen);
    if (frozen) {
        world.rng.skip(.projectile_update_default_freeze_shard_angle);
        effects.throw_shard(world);
        return;
    }
    for (0..3) |_| {
        world.rng.skip(.projectile_update_decal_spread);
        for (0..4) |_| effects.stain(world);
    }
}

/// The long streak of what pierces: far stains draw again, the rewrite's f64 saying which are far.
fn leave_streak(world: *World, frozen: bool) void {
    for (0..6) |_| {
        var distance = tenths(world.rng.draw(.projectile_update_large_streak_dist) % 100);
        if (distance > 4.0) {
            distance = tenths(world.rng.draw(.projectile_update_large_streak_dist_gt4) % 90 + 10);
        }
        if (distance > 7.0) world.rng.skip(.projectile_update_large_streak_dist_gt7);
        world.rng.skip(.projectile_update_large_streak_burn);
        if (frozen) {
            world.rng.skip(.projectile_update_large_streak_freeze_angle);
            effects.throw_shard(world);
        }
        effects.stain(world);
    }
}

fn tenths(count: u15) f64 {
    return @as(f64, @floatFromInt(count)) * 0.1;
}
