//! What hurts, and whom.

const creature_death = @import("creature_death.zig");
const creatures = @import("creatures.zig");
const effects = @import("effects.zig");
const float = @import("float.zig");
const pickups = @import("pickups.zig");
const Player = @import("players.zig").Player;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;

/// What hurts a creature; the original's numbers.
pub const Kind = enum(u8) {
    /// Poison.
    self_tick = 0,
    bullet = 1,
    melee = 2,
    explosion = 3,
    fire = 4,
    ion = 7,
};

/// `creature_apply_damage`, 0x004207c0.
pub fn hit_creature(world: *World, slot: usize, asked: f32, kind: Kind, impulse: Vec2) void {
    const pool = &world.creatures;
    var amount = strengthened(world, asked, kind);
    pool.hit_flash_timer[slot] = 0.2;
    if (kind == .bullet and !pool.flags[slot].spawner) jerk(world, slot);
    if (pool.hp[slot] <= 0.0) {
        pool.death_timer[slot] -= world.timing.frame_dt * 15.0;
        return;
    }
    if (kind == .fire and world.perks.has(.pyromaniac)) {
        amount *= 1.5;
        world.rng.skip(.creature_apply_damage_pyromaniac);
    }
    pool.hp[slot] -= amount;
    pool.vel[slot] = float.subtract(pool.vel[slot], impulse);
    if (pool.hp[slot] > 0.0) return;

    pool.death_timer[slot] -= world.timing.frame_dt;
    creature_death.die(world, slot);
    if (world.settings.mended()) {
        face(pool, slot, impulse);
    }
    pool.vel[slot] = float.subtract(pool.vel[slot], float.scale(impulse, 2.0));
    if (pool.flags[slot].ranged_plasma) return effects.burst_of_shock(world);
    world.rng.skip(.creature_apply_damage_death_sfx);
}

/// A corpse slides backwards along its heading, so it has to face what killed it.
pub fn face(pool: *creatures.Pool, slot: usize, direction: Vec2) void {
    if (float.equal(direction, float.origin)) return;
    pool.heading[slot] = float.angle_add(direction, -float.half_pi);
}

/// What perks make of damage before it is dealt.
fn strengthened(world: *World, asked: f32, kind: Kind) f32 {
    var amount = asked;
    switch (kind) {
        .bullet => {
            if (world.perks.has(.uranium_filled_bullets)) amount += amount;
            if (world.perks.has(.living_fortress)) {
                for (world.seats()) |*player| {
                    const timer = player.living_fortress_timer;
                    if (player.health > 0.0 and timer > 0.0) amount *= timer * 0.05 + 1.0;
                }
            }
            if (world.perks.has(.barrel_greaser)) amount *= 1.4;
            if (world.perks.has(.doctor)) amount *= 1.2;
        },
        .ion => if (world.perks.has(.ion_gun_master)) {
            amount *= 1.2;
        },
        else => {},
    }
    return amount;
}

/// `creatures_apply_radius_damage`: everything that a circle touches and that is not long dead.
pub fn hit_circle(world: *World, pos: Vec2, radius: f32, amount: f32, kind: Kind) void {
    const pool = &world.creatures;
    for (0..creatures.capacity) |slot| {
        if (!pool.active[slot] or !pool.collidable(slot)) continue;
        if (!creatures.touches(pos, pool.pos[slot], radius, pool.size[slot])) continue;
        hit_creature(world, slot, amount, kind, float.origin);
    }
}

/// A bullet turns the creature a bit, small ones more.
fn jerk(world: *World, slot: usize) void {
    const pool = &world.creatures;
    const roll = @as(i32, world.rng.draw(.creature_apply_damage_heading_jitter) & 0x7F) - 0x40;
    const jitter = float.from_int(roll) * 0.002;
    const turn = jitter / (@max(1e-6, pool.size[slot]) * 0.025);
    pool.heading[slot] = @min(float.half_pi, turn) + pool.heading[slot];
}

/// `player_take_damage`, 0x00425e50.
pub fn hurt_player(world: *World, player: *Player, asked: f32) void {
    const perks = &world.perks;
    if (perks.has(.death_clock)) return;
    const tough = perks.has(.tough_reloader) and player.weapon.reload_active;
    const amount = if (tough) asked * 0.5 else asked;
    world.rewards.damage_seen = true;
    if (player.shield_timer > 0.0) return;
    const was_alive = feels(world, player).health > 0.0;
    const dodged = dodges(world);
    if (!dodged) take_health(world, player, if (perks.has(.thick_skinned)) amount * 0.666 else amount);
    const lethal = player.health < 0.0 or (!world.settings.preserve_bugs and player.health == 0.0);
    if (lethal) player.death_timer -= world.dt * 28.0 else world.rng.skip(.player_take_damage_pain_sfx);
    if (!was_alive) return;
    if (lethal and perks.has(.final_revenge)) {
        effects.explode(world);
        pickups.hurt_around(world, player.pos, 512.0, .as_it_was);
    } else if (lethal) {
        world.rng.skip(.player_take_damage_death_sfx);
    }
    if (!dodged) stagger(world, player, amount);
}

/// The original asks player one whoever is hurt.
fn feels(world: *const World, player: *const Player) *const Player {
    const dormant = world.settings.player_count == 1 and player == &world.players[1];
    return if (world.settings.preserve_bugs or dormant) &world.players[0] else player;
}

fn dodges(world: *World) bool {
    if (world.perks.has(.ninja)) return world.rng.draw(.player_take_damage_ninja) % 3 == 0;
    if (world.perks.has(.dodger)) return world.rng.draw(.player_take_damage_dodger) % 5 == 0;
    return false;
}

/// A Highlander dies at once, or is not hurt.
fn take_health(world: *World, player: *Player, amount: f32) void {
    if (!world.perks.has(.highlander)) {
        player.health -= amount;
    } else if (world.rng.draw(.player_take_damage_highlander) % 10 == 0) {
        player.health = 0.0;
    }
}

fn stagger(world: *World, player: *Player, amount: f32) void {
    if (!world.perks.has(.unstoppable)) {
        const roll = @as(i32, world.rng.draw(.player_take_damage_heading) % 100) - 50;
        player.heading += float.from_int(roll) * 0.04;
        player.spread_heat = @min(0.48, player.spread_heat + amount * 0.01);
    }
    if (player.health <= 20.0 and world.rng.draw(.player_take_damage_bleed_drip) & 7 == 3) {
        player.low_health_timer = 0.0;
    }
}

/// A projectile that hits a player: no pain, no death throes. In the original the Death Clock does not keep it off.
pub fn shoot_player(world: *const World, player: *Player, amount: f32) void {
    if (world.perks.has(.death_clock) and !world.settings.preserve_bugs) return;
    if (player.shield_timer > 0.0) return;
    player.health -= amount;
}
