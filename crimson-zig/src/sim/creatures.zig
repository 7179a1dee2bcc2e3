//! The creature pool: its slots, who is given one, and searches among those who have one.

const std = @import("std");
const bonuses = @import("bonuses.zig");
const float = @import("float.zig");
const CreatureType = @import("tables.zig").CreatureType;
const Rgba = @import("../schema.zig").Rgba;
const Rng = @import("rng.zig").Rng;
const Settings = @import("settings.zig").Settings;
const Vec2 = float.Vec2;
const assert = std.debug.assert;

pub const capacity = 384;
/// What the original hands out when the pool is full: memory behind it, which nothing reads but the next such birth.
pub const phantom = capacity;
const slots = capacity + 1;

/// `death_timer` of a creature that lives; it runs down from there.
pub const alive_timer = 16.0;
/// A dying creature still stops shots above this.
const collidable_timer = 5.0;

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
    pub fn copy(pool: *Pool, from: usize, to: usize) void {
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
