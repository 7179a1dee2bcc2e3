//! A tick of the creatures, one after the other: `creature_update_all`.

const ai = @import("creature_ai.zig");
const creature_death = @import("creature_death.zig");
const damage = @import("damage.zig");
const effects = @import("effects.zig");
const experience = @import("experience.zig");
const float = @import("float.zig");
const perks = @import("perks.zig");
const projectiles = @import("projectiles.zig");
const tables = @import("tables.zig");
const templates = @import("spawn_templates.zig");
const Player = @import("players.zig").Player;
const Pool = @import("creatures.zig").Pool;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;
const arena_size = @import("world.zig").arena_size;
const capacity = @import("creatures.zig").capacity;

/// `creature_update_all`, 0x00426220.
pub fn update(world: *World) void {
    const pool = &world.creatures;
    pool.update_count +%= 1;
    pool.corpse_count = 0;
    if (world.settings.player_count == 1) world.players[1].pos = dormant_pos;
    for (0..capacity) |slot| {
        if (!pool.active[slot]) continue;
        if (pool.hit_flash_timer[slot] > 0.0) pool.hit_flash_timer[slot] -= world.dt;
        if (world.bonuses.freeze > 0.0) continue;
        if (pool.alive(slot) and pool.hp[slot] > 0.0) {
            update_living(world, slot);
        } else {
            update_dead(world, slot);
        }
    }
}

/// Where the original puts the player that is not there.
const dormant_pos: Vec2 = .{ .x = 432.0, .y = 432.0 };

fn update_living(world: *World, slot: usize) void {
    const pool = &world.creatures;
    const poisoned_to_death = tick_poison(world, slot);
    tick_stop_and_go(world, slot);
    const choice = ai.choose_target_player(world, slot);
    ai.feed_auto_target(world, slot, choice);
    const player = &world.players[choice.target];
    if (poisoned_to_death) {
        if (pool.active[slot]) creature_death.decay(world, slot);
        return;
    }
    // The original lets what the plague has killed live on for the rest of the tick.
    if (pool.plague_infected[slot] and tick_plague(world, slot) and world.settings.mended()) return;
    if (perks.stares_down(world, slot)) {
        pool.force_target[slot] = 0;
        return;
    }

    const pursuit = ai.update_target(pool, slot, player.pos, world.players[choice.auto_target].pos, world.dt);
    if (pursuit.link_died) damage.hit_creature(world, slot, 1000.0, .bullet, float.origin);
    const afraid = world.bonuses.energizer > 0.0 and pool.max_hp[slot] < 500.0;
    if (afraid or pool.plague_infected[slot]) pool.target_heading[slot] += float.pi;

    if (pool.flags[slot].spawner) {
        stay_inside(pool, slot);
        if (pool.flags[slot].spawner_mobile) {
            move(pool, slot, pursuit.pace, world.dt);
        } else {
            pool.vel[slot] = float.origin;
        }
        // Children whose slots come later have their first tick in this one.
        if (world.spawn_slots.tick(pool.link_index[slot], world.dt)) |child| {
            _ = templates.spawn(world, child, pool.pos[slot], templates.random_heading);
        }
    } else if (pool.ai_mode[slot] != .hold_timer) {
        move(pool, slot, pursuit.pace, world.dt);
    }
    if (world.perks.has(.plaguebearer) and world.plague_kills < plague_spread_max) spread_plague(pool, slot);
    animate(pool, slot, pursuit.pace, world.dt);
    if (pool.attack_cooldown[slot] <= 0.0) {
        pool.attack_cooldown[slot] = 0.0;
    } else {
        pool.attack_cooldown[slot] -= world.dt;
    }
    const distance = float.distance(pool.pos[slot], player.pos);
    if (world.perks.has(.radioactive) and distance < 100.0 and irradiate(world, slot, distance)) return;
    if (distance > 64.0) shoot(world, slot);
    interact(world, slot, player, distance);
}

/// What poison does in a frame; returns whether the creature is dead.
fn tick_poison(world: *World, slot: usize) bool {
    const flags = world.creatures.flags[slot];
    const rate: f32 = if (flags.poisoned_strong) 180.0 else if (flags.poisoned) 60.0 else return false;
    damage.hit_creature(world, slot, world.dt * rate, .self_tick, float.origin);
    return world.creatures.hp[slot] <= 0.0;
}

/// Kills by the plague, up to which it spreads, and up to which bitten bearers give it away.
const plague_spread_max = 60;
const plague_catch_max = 50;
/// Seconds between two effects of plague, radiation or fire.
const dot_period = 0.5;

/// Returns whether it has killed.
fn tick_plague(world: *World, slot: usize) bool {
    const pool = &world.creatures;
    const timer = &pool.dot_tick_timer[slot];
    timer.* -= world.dt;
    if (!(timer.* < 0.0)) return false;
    timer.* += dot_period;
    pool.hp[slot] -= 15.0;
    const killed = pool.hp[slot] < 0.0 or (world.settings.mended() and pool.hp[slot] == 0.0);
    if (killed) {
        world.plague_kills += 1;
        creature_death.die(world, slot);
        if (pool.type_id[slot].bites_aloud()) world.rng.skip(.creature_update_all_plague_kill_sfx);
    }
    effects.stain(world);
    return killed;
}

/// `plaguebearer_spread_infection`: between a creature and the first one near it, which may be itself.
fn spread_plague(pool: *Pool, slot: usize) void {
    const reach = 45.0;
    const hp_max = 150.0;
    if (!pool.active[slot]) return;
    if (!pool.plague_infected[slot] and pool.hp[slot] >= hp_max) return;
    for (0..capacity) |other| {
        if (!pool.active[other]) continue;
        if (float.distance(pool.pos[other], pool.pos[slot]) >= reach) continue;
        if (pool.plague_infected[other] and pool.hp[slot] < hp_max) pool.plague_infected[slot] = true;
        if (pool.plague_infected[slot] and pool.hp[other] < hp_max) pool.plague_infected[other] = true;
        return;
    }
}

/// The perk Radioactive, on whoever comes close. Returns whether the creature's tick ends here.
fn irradiate(world: *World, slot: usize, distance: f32) bool {
    const pool = &world.creatures;
    pool.dot_tick_timer[slot] -= world.dt * 1.5;
    if (!(pool.dot_tick_timer[slot] < 0.0 and pool.hp[slot] > 0.0)) return false;
    pool.dot_tick_timer[slot] = dot_period;
    pool.hp[slot] -= (100.0 - distance) * @as(f32, 0.3);
    effects.stain(world);
    const mended = world.settings.mended();
    if (!(pool.hp[slot] < 0.0 or (mended and pool.hp[slot] == 0.0))) return false;
    if (pool.type_id[slot] == .lizard) {
        pool.hp[slot] = 1.0;
        return false;
    }
    // No death of the usual kind: it pays, and that is all.
    experience.pay(world, world.creatures.reward_value[slot]);
    pool.death_timer[slot] -= world.dt;
    return mended;
}

/// Dens stand within the arena, by their size.
fn stay_inside(pool: *Pool, slot: usize) void {
    const size = pool.size[slot];
    const pos = &pool.pos[slot];
    inline for (.{ &pos.x, &pos.y }) |part| {
        if (part.* < size) part.* = size;
        if (part.* > arena_size - size) part.* = arena_size - size;
    }
}

/// Creatures that shoot do so ahead, as often as their cooldown lets them.
fn shoot(world: *World, slot: usize) void {
    const pool = &world.creatures;
    const flags = pool.flags[slot];
    if (!flags.ranged_plasma and !flags.ranged_template) return;
    if (pool.attack_cooldown[slot] > 0.0) return;
    if (flags.ranged_plasma) {
        spit(world, slot, .plasma_rifle);
        pool.attack_cooldown[slot] += 1.0;
    }
    if (!flags.ranged_template or pool.attack_cooldown[slot] > 0.0) return;
    // Of template 0x37, which no replay asks for, it is what the slot's last tenant left there.
    const kind = tables.projectile_of(@bitCast(pool.orbit_radius[slot])) orelse {
        return world.give_up("a creature shoots what is no projectile");
    };
    spit(world, slot, kind);
    const pause = float.from_int(world.rng.draw(.creature_update_all_plasmaminigun_cooldown) & 3) * 0.1;
    pool.attack_cooldown[slot] = pause + pool.orbit_angle[slot] + pool.attack_cooldown[slot];
}

fn spit(world: *World, slot: usize, kind: tables.WeaponId) void {
    const pool = &world.creatures;
    _ = projectiles.spawn(world, .{
        .pos = pool.pos[slot],
        .angle = pool.heading[slot],
        .kind = kind,
        .owner = @intCast(slot),
    });
}

/// `pace` is below 1 for who is about to arrive.
fn move(pool: *Pool, slot: usize, pace: f32, dt: f32) void {
    const turn_scale: f32 = @bitCast(@as(u32, 0x3FAAAAAB));
    const speed = pool.move_speed[slot];
    pool.heading[slot] = approach_angle(pool.heading[slot], pool.target_heading[slot], speed * turn_scale, dt);
    const step = float.scale(float.direction(pool.heading[slot] - float.half_pi, dt), pace);
    pool.vel[slot] = float.scale(float.scale(step, speed), 30.0);
    pool.pos[slot] = float.add(pool.pos[slot], pool.vel[slot]);
}

/// `angle_approach`, 0x0041f430: the shorter way round, slower when it is near.
fn approach_angle(current: f32, target: f32, rate: f32, dt: f32) f32 {
    var angle = current;
    while (angle < 0.0) angle += float.tau;
    while (float.tau < angle) angle -= float.tau;
    const direct = @abs(target - angle);
    const high = if (angle < target) target else angle;
    const low = if (target < angle) target else angle;
    const wrapped = @abs(float.tau - high + low);
    const arc = @min(if (direct < wrapped) direct else wrapped, 1.0);
    const step = dt * arc * rate;
    const forward = if (direct <= wrapped) angle < target else target < angle;
    return if (forward) angle + step else angle - step;
}

fn animate(pool: *Pool, slot: usize, pace: f32, dt: f32) void {
    const walks = pool.flags[slot].walks();
    if (walks and pool.ai_mode[slot] == .hold_timer) return;
    const frames: f32 = if (walks) 31.0 else 15.0;
    const frame_rate: f32 = if (walks) 25.0 else 22.0;
    const slowness = 30.0 / pool.size[slot];
    const rate = pool.type_id[slot].animation_rate();
    var phase = pool.anim_phase[slot] + rate * pool.move_speed[slot] * dt * slowness * pace * frame_rate;
    while (phase > frames) phase -= frames;
    pool.anim_phase[slot] = phase;
}

/// What a creature and the player whom it has reached do to each other.
fn interact(world: *World, slot: usize, player: *Player, distance: f32) void {
    const too_near = 20.0;
    const bite_reach = 30.0;
    const bite_size_min = 16.0;
    const pool = &world.creatures;
    const edible = world.bonuses.energizer > 0.0;
    if (distance < too_near) {
        pool.pos[slot] = float.subtract(pool.pos[slot], pool.vel[slot]);
        if (edible and pool.max_hp[slot] < 380.0) be_eaten(world, slot);
    }
    if (pool.size[slot] > bite_size_min and distance < bite_reach and player.health > 0.0 and !edible) {
        if (pool.attack_cooldown[slot] <= 0.0) bite(world, slot, player);
        if (player.plaguebearer_active and pool.hp[slot] < 150.0 and world.plague_kills < plague_catch_max) {
            pool.plague_infected[slot] = true;
        }
    }
    // Small ones break on the player, and count as kills without paying.
    if (distance < bite_reach and pool.size[slot] <= 30.0) {
        pool.hp[slot] = 0.0;
        pool.death_timer[slot] -= world.dt;
    }
}

/// Under Energizer the player eats it; the original pays for it twice.
fn be_eaten(world: *World, slot: usize) void {
    experience.pay(world, world.creatures.reward_value[slot]);
    effects.burst(world, 6);
    world.scripted_burst = true;
    creature_death.vanish(world, slot);
    world.scripted_burst = false;
}

fn bite(world: *World, slot: usize, player: *Player) void {
    const pool = &world.creatures;
    if (pool.type_id[slot].bites_aloud()) world.rng.skip(.creature_update_all_contact_sfx);
    if (world.perks.has(.mr_melee)) damage.hit_creature(world, slot, 25.0, .melee, float.origin);
    if (player.shield_timer <= 0.0) {
        if (world.perks.has(.toxic_avenger)) {
            pool.flags[slot].poisoned = true;
            pool.flags[slot].poisoned_strong = true;
        } else if (world.perks.has(.veins_of_poison)) {
            pool.flags[slot].poisoned = true;
        }
    }
    damage.hurt_player(world, player, pool.contact_damage[slot]);
    effects.stain(world);
    pool.attack_cooldown[slot] += 1.0;
}

fn update_dead(world: *World, slot: usize) void {
    const pool = &world.creatures;
    if (pool.hp[slot] <= 0.0 and pool.alive(slot)) pool.death_timer[slot] -= world.dt;
    _ = tick_poison(world, slot);
    tick_stop_and_go(world, slot);
    // The dead go on hunting as far as the players' own aims are concerned.
    ai.feed_auto_target(world, slot, ai.choose_target_player(world, slot));
    creature_death.decay(world, slot);
}

/// Creatures that stop and go count down in `link_index`: below zero until the stop, above until the start.
fn tick_stop_and_go(world: *World, slot: usize) void {
    const pool = &world.creatures;
    if (!pool.flags[slot].stop_and_go) return;
    const timer = &pool.link_index[slot];
    if (timer.* < 0) {
        timer.* += world.dt_ms;
        if (timer.* < 0) return;
        pool.ai_mode[slot] = .hold_timer;
        timer.* = @as(i32, world.rng.draw(.creature_update_all_stop_and_go_hold) & 0x1FF) + 500;
        return;
    }
    timer.* -= world.dt_ms;
    if (timer.* >= 1) return;
    timer.* = -700 - @as(i32, world.rng.draw(.creature_update_all_stop_and_go_reset) & 0x3FF);
}
