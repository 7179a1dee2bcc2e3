//! What perks do in every tick, before anything moves: `perks_update_effects`, 0x00406b40.

const creatures = @import("creatures.zig");
const effects = @import("effects.zig");
const experience = @import("experience.zig");
const particles = @import("particles.zig");
const Caller = @import("rng.zig").Caller;
const Player = @import("players.zig").Player;
const World = @import("world.zig").World;

pub fn tick(world: *World) void {
    regenerate(world);
    learn(world);
    for (world.seats()) |*player| tick_timers(world, player);

    const seats = world.seats();
    for (if (world.settings.preserve_bugs) seats[0..1] else seats) |*player| look(world, player);

    if (world.jinxed_timer >= 0.0) world.jinxed_timer -= world.dt;
    if (world.jinxed_timer < 0.0 and world.perks.has(.jinxed)) jinx(world);

    // The original does not ask who is alive.
    for (seats) |*player| player.stares = world.settings.preserve_bugs or player.health > 0.0;
}

/// The original heals player one, as often as there are players, and forgets Greater Regeneration.
fn regenerate(world: *World) void {
    if (!world.perks.has(.regeneration)) return;
    if (world.rng.draw(.perks_update_effects_regeneration_gate) & 1 == 0) return;
    const preserved = world.settings.preserve_bugs;
    const heal = if (!preserved and world.perks.has(.greater_regeneration)) world.dt * 2.0 else world.dt;
    for (world.seats()) |*player| {
        const healed = if (preserved) &world.players[0] else player;
        if (healed.health > 0.0 and healed.health < 100.0) healed.health = @min(100.0, healed.health + heal);
    }
}

/// Lean Mean Exp Machine: its clock ticks without it.
fn learn(world: *World) void {
    world.lean_mean_exp_timer -= world.dt;
    if (!(world.lean_mean_exp_timer < 0.0)) return;
    world.lean_mean_exp_timer = 0.25;
    world.players[0].experience += world.perks.count(.lean_mean_exp_machine) * 10;
}

fn tick_timers(world: *World, player: *Player) void {
    if (world.perks.has(.death_clock)) {
        player.health = if (player.health > 0.0) player.health - world.dt * 3.33333325 else 0.0;
    }
    for ([_]*f32{ &player.shield_timer, &player.fire_bullets_timer, &player.speed_bonus_timer }) |timer| {
        timer.* = if (timer.* > 0.0) timer.* - world.dt else 0.0;
    }
}

/// What looking at a creature does to it.
fn look(world: *World, player: *Player) void {
    const perks = &world.perks;
    player.doctor_target = -1;
    player.evil_eyes_target = -1;
    if (!world.settings.preserve_bugs and player.health <= 0.0) return;
    if (!perks.has(.doctor) and !perks.has(.pyrokinetic) and !perks.has(.evil_eyes)) return;
    const pool = &world.creatures;
    const slot = pool.find_in_radius(player.aim, 12.0, pool.widest_margin()) orelse return;
    if (perks.has(.doctor)) player.doctor_target = @intCast(slot);
    if (perks.has(.pyrokinetic)) ignite(world, slot);
    if (perks.has(.evil_eyes)) player.evil_eyes_target = @intCast(slot);
}

const flames = [_]struct { intensity: f32, caller: Caller }{
    .{ .intensity = 0.8, .caller = .perks_update_effects_pyrokinetic_angle_0p8 },
    .{ .intensity = 0.6, .caller = .perks_update_effects_pyrokinetic_angle_0p6 },
    .{ .intensity = 0.4, .caller = .perks_update_effects_pyrokinetic_angle_0p4 },
    .{ .intensity = 0.3, .caller = .perks_update_effects_pyrokinetic_angle_0p3 },
    .{ .intensity = 0.2, .caller = .perks_update_effects_pyrokinetic_angle_0p2 },
};

fn ignite(world: *World, slot: usize) void {
    const timer = &world.creatures.dot_tick_timer[slot];
    timer.* -= world.dt;
    if (!(timer.* < 0.0)) return;
    timer.* = 0.5;
    for (flames) |flame| {
        const angle = @as(f32, @floatFromInt(world.rng.draw(flame.caller) % 628)) * 0.01;
        particles.spawn(world, world.creatures.pos[slot], angle, flame.intensity, .flame);
    }
    effects.stain(world);
}

/// Accidents happen every two to four seconds, to players and to creatures.
fn jinx(world: *World) void {
    if (world.rng.draw(.perks_update_effects_jinxed_accident_gate) % 10 == 3) {
        victim_of_jinx(world).health -= 5.0;
        effects.stain(world);
        effects.stain(world);
    }
    const roll: f32 = @floatFromInt(world.rng.draw(.perks_update_effects_jinxed_timer_reset) % 20);
    world.jinxed_timer = roll * 0.1 + world.jinxed_timer + 2.0;
    if (world.bonuses.freeze > 0.0) return;

    const slot = creature_to_jinx(world) orelse return;
    const pool = &world.creatures;
    pool.hp[slot] = -1.0;
    pool.death_timer[slot] -= world.dt * 20.0;
    experience.pay(world, pool.reward_value[slot]);
}

/// Player one in the original, someone alive in the rewrite.
fn victim_of_jinx(world: *World) *Player {
    const first = &world.players[0];
    if (world.settings.preserve_bugs) return first;
    var alive: [@import("settings.zig").players_max]*Player = undefined;
    var count: u15 = 0;
    for (world.seats()) |*player| {
        if (!(player.health > 0.0)) continue;
        alive[count] = player;
        count += 1;
    }
    return switch (count) {
        0 => first,
        1 => alive[0],
        else => alive[world.rng.draw(.rewrite_jinxed_accident_target_pick) % count],
    };
}

/// The original never comes to the last slot, and takes corpses as well.
fn creature_to_jinx(world: *World) ?usize {
    const slots: u15 = if (world.settings.preserve_bugs) creatures.capacity - 1 else creatures.capacity;
    var slot: usize = world.rng.draw(.perks_update_effects_jinxed_creature_pick) % slots;
    for (0..10) |_| {
        if (can_be_jinxed(world, slot)) return slot;
        slot = world.rng.draw(.perks_update_effects_jinxed_creature_retry) % slots;
    }
    return if (can_be_jinxed(world, slot)) slot else null;
}

fn can_be_jinxed(world: *const World, slot: usize) bool {
    const pool = &world.creatures;
    if (!pool.active[slot]) return false;
    return !world.settings.mended() or (pool.hp[slot] > 0.0 and pool.alive(slot));
}
