//! The creature pool: birth, the tick of the living and the dead, and the end of a corpse.

const std = @import("std");
const ai = @import("creature_ai.zig");
const bonuses = @import("bonuses.zig");
const damage = @import("damage.zig");
const effects = @import("effects.zig");
const experience = @import("experience.zig");
const float = @import("float.zig");
const perks = @import("perks.zig");
const projectiles = @import("projectiles.zig");
const schema = @import("../schema.zig");
const tables = @import("tables.zig");
const templates = @import("spawn_templates.zig");
const Caller = @import("rng.zig").Caller;
const CreatureType = tables.CreatureType;
const Player = @import("players.zig").Player;
const Rgba = schema.Rgba;
const Rng = @import("rng.zig").Rng;
const Settings = @import("settings.zig").Settings;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;
const arena_size = @import("world.zig").arena_size;
const assert = std.debug.assert;

pub const capacity = 384;
/// What the original hands out when the pool is full: memory behind it, which nothing reads but the next such birth.
pub const phantom = capacity;
const slots = capacity + 1;

/// `death_timer` of a creature that lives; it runs down from there.
pub const alive_timer = 16.0;
/// A dying creature still stops shots above this.
const collidable_timer = 5.0;
/// A corpse is gone below this.
const gone_timer = -10.0;

/// How many corpses the ground takes in a tick.
const corpses_max = 63;

pub const AiMode = enum(i32) {
    flank_player = 0,
    flank_player_tight = 1,
    chase_player = 2,
    follow_link = 3,
    flank_player_linked = 4,
    follow_link_tethered = 5,
    orbit_link = 6,
    hold_timer = 7,
    flank_player_wide = 8,
};

/// The original's bits.
pub const Flags = packed struct(u32) {
    poisoned: bool = false,
    poisoned_strong: bool = false,
    spawner: bool = false,
    split_on_death: bool = false,
    ranged_plasma: bool = false,
    unused_5: bool = false,
    spawner_mobile: bool = false,
    stop_and_go: bool = false,
    ranged_template: bool = false,
    unused_9: bool = false,
    bonus_on_death: bool = false,
    unused: u21 = 0,

    /// Whether it moves about, and so has the long strip of pictures: dens do not.
    pub fn walks(flags: Flags) bool {
        return !flags.spawner or flags.spawner_mobile;
    }
};

/// Whom `Pool.find_nearest` looks for.
pub const Nearest = struct {
    /// Rules 1 take the dying as well, unless they are told.
    alive: bool,
    but: ?usize = null,
    beyond: f32 = -1.0,
};

/// One array for each field, so that a search reads only what it compares. Names and order are the trace's. What a
/// slot's last tenant left is read by later births, so nothing is cleared.
pub const Pool = struct {
    active: [slots]bool,
    generation: [slots]u32,
    type_id: [slots]CreatureType,
    pos: [slots]Vec2,
    vel: [slots]Vec2,
    heading: [slots]f32,
    target_heading: [slots]f32,
    force_target: [slots]i32,
    target: [slots]Vec2,
    target_player: [slots]i32,
    ai_mode: [slots]AiMode,
    flags: [slots]Flags,
    link_index: [slots]i32,
    target_offset: [slots]Vec2,
    orbit_angle: [slots]f32,
    orbit_radius: [slots]f32,
    phase_seed: [slots]i32,
    hp: [slots]f32,
    max_hp: [slots]f32,
    move_speed: [slots]f32,
    contact_damage: [slots]f32,
    attack_cooldown: [slots]f32,
    reward_value: [slots]f32,
    plague_infected: [slots]bool,
    dot_tick_timer: [slots]f32,
    death_timer: [slots]f32,
    size: [slots]f32,
    anim_phase: [slots]f32,
    hit_flash_timer: [slots]f32,
    tint: [slots]Rgba,
    /// What a carrier drops, until it has. The original keeps it in `link_index`; the rewrite beside it, and the tutorial
    /// changes that only. The trace does not show it.
    carried: [slots]?bonuses.Carried,
    kill_count: i32,
    spawned_count: i32,
    /// Ticks that creatures had; every seventieth they keep their targets.
    update_count: u32,
    corpse_count: u32,

    /// Slots that can be live.
    pub const slots_max = capacity;

    pub const empty: Pool = blk: {
        @setEvalBranchQuota(100_000);
        var pool: Pool = .{
            .active = @splat(false),
            .generation = @splat(0),
            .type_id = @splat(.zombie),
            .pos = @splat(float.origin),
            .vel = @splat(float.origin),
            .heading = @splat(0.0),
            .target_heading = @splat(0.0),
            .force_target = @splat(0),
            .target = @splat(float.origin),
            .target_player = @splat(0),
            .ai_mode = @splat(.flank_player),
            .flags = @splat(.{}),
            .link_index = @splat(-1),
            .target_offset = @splat(float.origin),
            .orbit_angle = @splat(0.0),
            .orbit_radius = @splat(0.0),
            .phase_seed = @splat(0),
            .hp = @splat(0.0),
            .max_hp = @splat(0.0),
            .move_speed = @splat(1.0),
            .contact_damage = @splat(0.0),
            .attack_cooldown = @splat(0.0),
            .reward_value = @splat(0.0),
            .plague_infected = @splat(false),
            .dot_tick_timer = @splat(0.5),
            .death_timer = @splat(alive_timer),
            .size = @splat(50.0),
            .anim_phase = @splat(0.0),
            .hit_flash_timer = @splat(0.0),
            .tint = @splat(.{ .r = 1.0, .g = 1.0, .b = 1.0, .a = 1.0 }),
            .carried = @splat(null),
            .kill_count = 0,
            .spawned_count = 0,
            .update_count = 0,
            .corpse_count = 0,
        };
        // Behind the pool lies zeroed memory, but for the link.
        pool.move_speed[phantom] = 0.0;
        pool.dot_tick_timer[phantom] = 0.0;
        pool.death_timer[phantom] = 0.0;
        pool.size[phantom] = 0.0;
        pool.tint[phantom] = .{ .r = 0.0, .g = 0.0, .b = 0.0, .a = 0.0 };
        break :blk pool;
    };

    /// `creature_alloc_slot`, 0x00428140: the first free slot. A full pool gives the phantom, without a draw.
    pub fn allocate(pool: *Pool, rng: *Rng) usize {
        const slot = std.mem.indexOfScalar(bool, pool.active[0..capacity], false) orelse return phantom;
        pool.flags[slot] = .{};
        pool.phase_seed[slot] = rng.draw(.creature_alloc_slot_phase_seed) & 0x17F;
        pool.anim_phase[slot] = 0.0;
        pool.generation[slot] += 1;
        pool.spawned_count += 1;
        return slot;
    }

    /// Writes what a slot holds into another one, which stays the tenant that it is.
    fn copy(pool: *Pool, from: usize, to: usize) void {
        inline for (@typeInfo(Pool).@"struct".field_names, @typeInfo(Pool).@"struct".field_types) |name, Field| {
            if (@typeInfo(Field) != .array or comptime std.mem.eql(u8, name, "generation")) continue;
            @field(pool, name)[to] = @field(pool, name)[from];
        }
    }

    /// `creature_spawn`, 0x00428240: rush's creatures grow stronger with time.
    pub fn spawn(pool: *Pool, rng: *Rng, pos: Vec2, tint: Rgba, kind: CreatureType, elapsed_ms: i32) usize {
        const health_growth: f32 = @bitCast(@as(u32, 0x38D1B718));
        const growth: f32 = @bitCast(@as(u32, 0x3727C5AD));
        const slot = pool.allocate(rng);
        pool.pos[slot] = pos;
        pool.type_id[slot] = kind;
        pool.ai_mode[slot] = .flank_player;
        pool.plague_infected[slot] = false;
        pool.dot_tick_timer[slot] = 0.0;
        pool.active[slot] = true;
        pool.force_target[slot] = 0;
        pool.death_timer[slot] = alive_timer;
        pool.vel[slot] = float.origin;
        pool.hp[slot] = float.int_mul(elapsed_ms, health_growth) + 10.0;
        pool.heading[slot] = float.from_int(rng.draw(.creature_spawn_heading) % 314) * 0.01;
        pool.move_speed[slot] = float.int_mul(elapsed_ms, growth) + 2.5;
        pool.attack_cooldown[slot] = 0.0;
        pool.reward_value[slot] = float.from_int(rng.draw(.creature_spawn_reward) % 30 + 140);
        pool.tint[slot] = tint;
        pool.size[slot] = float.int_mul(elapsed_ms, growth) + 47.0;
        pool.contact_damage[slot] = 4.0;
        pool.max_hp[slot] = pool.hp[slot];
        return slot;
    }

    pub fn alive(pool: *const Pool, slot: usize) bool {
        return pool.death_timer[slot] == alive_timer;
    }

    /// `creature_find_in_radius`: the first slot that a circle touches. Most of the pool is far away, which is seen
    /// for many slots at once; `margin_max` has to be that of the largest creature.
    pub fn find_in_radius(pool: *const Pool, pos: Vec2, radius: f32, margin_max: f32) ?usize {
        const words: *const [2 * slots]f32 = @ptrCast(&pool.pos);
        const limit: Pairs = @splat(radius + margin_max + 1.0);
        const centre: Pairs = std.simd.repeat(2 * lanes, [2]f32{ pos.x, pos.y });
        var first: usize = 0;
        while (first < capacity) : (first += lanes) {
            const places: Pairs = words[2 * first ..][0 .. 2 * lanes].*;
            const near: PairBits = @bitCast(@abs(places - centre) <= limit);
            // A slot is near if both its bits are set.
            var both = near & near >> 1 & x_bits;
            while (both != 0) : (both &= both - 1) {
                const slot = first + @ctz(both) / 2;
                if (!pool.active[slot] or !(pool.death_timer[slot] > collidable_timer)) continue;
                if (touches(pos, pool.pos[slot], radius, pool.size[slot])) return slot;
            }
        }
        return null;
    }

    /// The widest margin of any slot.
    pub fn widest_margin(pool: *const Pool) f32 {
        const sizes: @Vector(capacity, f32) = pool.size[0..capacity].*;
        return margin_of(@reduce(.Max, sizes));
    }

    /// Whether it stops shots: the living, and the dying for a while.
    pub fn collidable(pool: *const Pool, slot: usize) bool {
        return pool.death_timer[slot] > collidable_timer;
    }

    /// `creature_find_nearest`: the first of the nearest slots beyond a distance, but one. What qualifies the original
    /// leaves to its callers; without any it says 0, and the rewrite nothing.
    pub fn find_nearest(pool: *const Pool, settings: *const Settings, pos: Vec2, query: Nearest) ?usize {
        var best: ?usize = if (settings.preserve_bugs) 0 else null;
        var best_distance: f32 = 1_000_000.0;
        for (pool.active[0..capacity], 0..) |active, slot| {
            if (!active or slot == query.but) continue;
            const mended = settings.mended();
            if ((query.alive or mended) and !pool.alive(slot)) continue;
            if (mended and pool.hp[slot] <= 0.0) continue;
            const found = float.distance(pos, pool.pos[slot]);
            if (!(found > query.beyond and found < best_distance)) continue;
            best_distance = found;
            best = slot;
        }
        return best;
    }

    /// `creatures_none_active`: corpses count as long as they lie.
    pub fn none_active(pool: *const Pool) bool {
        return std.mem.indexOfScalar(bool, pool.active[0..capacity], true) == null;
    }

    /// How many live slots have health left.
    pub fn count_healthy(pool: *const Pool) i32 {
        var count: i32 = 0;
        for (pool.active[0..capacity], pool.hp[0..capacity]) |active, hp| {
            count += @intFromBool(active and hp > 0.0);
        }
        return count;
    }
};

/// How many slots a search looks at together, and their places, x before y.
const lanes = 8;
const Pairs = @Vector(2 * lanes, f32);
const PairBits = @Int(.unsigned, 2 * lanes);
const x_bits: PairBits = 0x5555;

comptime {
    assert(capacity % lanes == 0);
    assert(@offsetOf(Vec2, "x") == 0 and @offsetOf(Vec2, "y") == 4 and @sizeOf(Vec2) == 8);
}

/// Whether a circle touches something of this size, as the original's searches have it.
pub fn touches(pos: Vec2, target: Vec2, radius: f32, size: f32) bool {
    return float.distance(target, pos) - radius < margin_of(size);
}

fn margin_of(size: f32) f32 {
    return size * @as(f32, 0.14285715) + 3.0;
}

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
        if (pool.active[slot]) decay(world, slot);
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
pub const dot_period = 0.5;

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
        die(world, slot);
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
    vanish(world, slot);
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
    decay(world, slot);
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

/// The slide of the dying, then the kill's count as the corpse comes to rest, then its fade.
fn decay(world: *World, slot: usize) void {
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
        .corpse => pool.death_timer[slot] -= world.dt,
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
