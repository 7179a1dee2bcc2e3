//! How creatures end: what a kill sets off, the slide and the fade of a corpse, and the freeing of its slot.

const bonuses = @import("bonuses.zig");
const effects = @import("effects.zig");
const experience = @import("experience.zig");
const float = @import("float.zig");
const Caller = @import("rng.zig").Caller;
const World = @import("world.zig").World;
const alive_timer = @import("creatures.zig").alive_timer;
const capacity = @import("creatures.zig").capacity;

/// A corpse is gone below this.
const gone_timer = -10.0;

/// How many corpses the ground takes in a tick.
const corpses_max = 63;

/// The slide of the dying, then the kill's count as the corpse comes to rest, then its fade.
pub fn decay(world: *World, slot: usize) void {
    const pool = &world.creatures;
    const timer = &pool.death_timer[slot];
    if (timer.* <= 0.0) {
        timer.* -= world.dt * 20.0;
        return;
    }
    timer.* -= world.dt * 28.0;
    if (timer.* > 0.0) {
        if (!pool.flags[slot].walks()) {
            pool.vel[slot] = float.origin;
            return;
        }
        const step = float.direction(pool.heading[slot] - float.half_pi, timer.*);
        pool.vel[slot] = float.scale(float.scale(step, world.dt), 9.0);
        pool.pos[slot] = float.subtract(pool.pos[slot], pool.vel[slot]);
        return;
    }
    const bloody = !world.settings.violence_disabled;
    if (bloody) {
        if (pool.corpse_count == corpses_max) {
            // The ground has no room for it in this tick.
            timer.* = 0.001;
            return;
        }
        pool.corpse_count += 1;
    }
    pool.kill_count += 1;
    if (bloody and pool.flags[slot].spawner) bleed_out(world);
}

/// A den's end.
fn bleed_out(world: *World) void {
    const sprays = [_]struct { count: u32, caller: Caller }{
        .{ .count = 8, .caller = .creature_update_all_spawner_blood_8_angle },
        .{ .count = 6, .caller = .creature_update_all_spawner_blood_6_angle },
        .{ .count = 5, .caller = .creature_update_all_spawner_blood_5_angle },
    };
    for (sprays) |spray| {
        for (0..spray.count) |_| {
            world.rng.skip(spray.caller);
            effects.splatter_blood(world);
        }
    }
}

/// `creature_handle_death`, 0x0041e910: the corpse begins, and player one is paid whoever killed.
pub fn die(world: *World, slot: usize) void {
    end(world, slot, .corpse);
}

/// `creature_handle_death` for one that leaves no corpse.
pub fn vanish(world: *World, slot: usize) void {
    end(world, slot, .nothing);
}

fn end(world: *World, slot: usize, left: enum { corpse, nothing }) void {
    const pool = &world.creatures;
    if (pool.flags[slot].bonus_on_death) drop_carried_bonus(world, slot);
    world.rewards.record_kill(pool.pos[slot]);
    // Who has gone can be handed in again; that is told, and nothing else.
    if (!pool.active[slot]) return tell(world, slot, 0);

    release_den(world, slot);
    if (pool.flags[slot].split_on_death and pool.size[slot] > split_size_min) split(world, slot);
    switch (left) {
        .corpse => pool.death_timer[slot] -= world.timing.frame_dt,
        .nothing => pool.active[slot] = false,
    }
    const paid = experience.pay_kill(world, pool.reward_value[slot]);
    if (!world.scripted_burst) bonuses.drop(world, pool.pos[slot]);
    if (world.bonuses.freeze > 0.0) break_to_pieces(world, slot);
    tell(world, slot, paid);
}

/// A carrier drops its bonus where one can lie. The original drops it again when the death is handled again.
fn drop_carried_bonus(world: *World, slot: usize) void {
    const pool = &world.creatures;
    const bonus = pool.carried[slot] orelse return;
    pool.pos[slot] = bonuses.inside(pool.pos[slot]);
    bonuses.spawn_at(world, pool.pos[slot], bonus.id, bonus.amount);
    if (!world.settings.preserve_bugs) pool.carried[slot] = null;
}

fn tell(world: *World, slot: usize, xp_awarded: i32) void {
    const pool = &world.creatures;
    world.events.add_death(.{
        .creature = @intCast(slot),
        .kind = pool.type_id[slot],
        .reward_value = pool.reward_value[slot],
        .xp_awarded = xp_awarded,
    });
}

fn release_den(world: *World, slot: usize) void {
    const pool = &world.creatures;
    if (pool.flags[slot].spawner) world.spawn_slots.release(pool.link_index[slot]);
}

/// Smaller ones do not split any more.
const split_size_min = 35.0;

/// Two children, which look to both sides.
fn split(world: *World, slot: usize) void {
    const pool = &world.creatures;
    const turns = [_]f32{ -float.half_pi, float.half_pi };
    const callers = [_]Caller{
        .creature_handle_death_split_child_1_phase_seed,
        .creature_handle_death_split_child_2_phase_seed,
    };
    for (turns, callers) |turn, caller| {
        const child = pool.allocate(&world.rng);
        pool.copy(slot, child);
        pool.phase_seed[child] = world.rng.draw(caller) & 0xFF;
        pool.heading[child] = pool.heading[slot] + turn;
        pool.hp[child] = pool.max_hp[slot] * 0.25;
        pool.reward_value[child] *= 0.6666667;
        pool.size[child] -= 8.0;
        pool.move_speed[child] += 0.1;
        pool.contact_damage[child] *= 0.7;
        pool.death_timer[child] = alive_timer;
    }
    effects.burst(world, 8);
}

/// The end of a frozen one: shards and no corpse.
fn break_to_pieces(world: *World, slot: usize) void {
    const pool = &world.creatures;
    for (0..8) |_| {
        world.rng.skip(.creature_handle_death_freeze_shard_angle);
        effects.throw_shard(world);
    }
    world.rng.skip(.creature_handle_death_freeze_shatter_angle);
    effects.shatter(world);
    pool.kill_count += 1;
    pool.active[slot] = false;
    effects.stain(world);
}

/// Frees the slots of corpses that have faded, as the original does while it draws them.
pub fn cull(world: *World) void {
    const pool = &world.creatures;
    for (pool.active[0..capacity], pool.death_timer[0..capacity], 0..) |*active, timer, slot| {
        if (!active.* or !(timer < gone_timer)) continue;
        release_den(world, slot);
        active.* = false;
    }
}
