//! Bonuses on the ground: how they come to lie there, who picks them up, and what they run out of.

const std = @import("std");
const effects = @import("effects.zig");
const float = @import("float.zig");
const pickups = @import("pickups.zig");
const tables = @import("tables.zig");
const weapons = @import("weapons.zig");
const Caller = @import("rng.zig").Caller;
const Player = @import("players.zig").Player;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;
const arena_size = @import("world.zig").arena_size;

pub const capacity = 16;
/// What the original writes to when there is no room. Nobody sees it, but what it holds decides about draws.
pub const sentinel = capacity;
const slots = capacity + 1;

pub const BonusId = enum(i32) {
    none = 0,
    points = 1,
    energizer = 2,
    weapon = 3,
    weapon_power_up = 4,
    nuke = 5,
    double_experience = 6,
    shock_chain = 7,
    fireblast = 8,
    reflex_boost = 9,
    shield = 10,
    freeze = 11,
    medikit = 12,
    speed = 13,
    fire_bullets = 14,

    /// What a bonus holds if nothing else was decided: seconds, points, a weapon.
    pub fn usual_amount(id: BonusId) i32 {
        return switch (id) {
            .none => 0,
            .points => 500,
            .energizer, .speed => 8,
            .weapon, .reflex_boost => 3,
            .weapon_power_up, .medikit => 10,
            .nuke, .double_experience, .shock_chain, .fireblast => 1,
            .shield => 7,
            .freeze => 5,
            .fire_bullets => 4,
        };
    }
};

/// A bonus to come, whose amount may be the usual one.
pub const Carried = struct { id: BonusId, amount: ?i32 = null };

/// Names are the trace's.
pub const Pool = struct {
    generation: [slots]u32,
    bonus_id: [slots]BonusId,
    picked: [slots]bool,
    time_left: [slots]f32,
    time_max: [slots]f32,
    pos: [slots]Vec2,
    amount: [slots]i32,

    /// Slots that can be live.
    pub const slots_max = capacity;

    pub const empty: Pool = .{
        .generation = @splat(0),
        .bonus_id = @splat(.none),
        .picked = @splat(false),
        .time_left = @splat(0.0),
        .time_max = @splat(0.0),
        .pos = @splat(float.origin),
        .amount = @splat(0),
    };

    pub fn live(pool: *const Pool, slot: usize) bool {
        return pool.bonus_id[slot] != .none;
    }

    /// `bonus_alloc_slot`: one that was picked as it ran out is free while it still lingers.
    fn allocate(pool: *const Pool) usize {
        return std.mem.indexOfScalar(BonusId, pool.bonus_id[0..capacity], .none) orelse sentinel;
    }

    fn place(pool: *Pool, slot: usize, pos: Vec2, id: BonusId) void {
        pool.generation[slot] += 1;
        pool.bonus_id[slot] = id;
        pool.picked[slot] = false;
        pool.pos[slot] = pos;
        pool.time_left[slot] = lasting;
        pool.time_max[slot] = lasting;
    }

    fn clear(pool: *Pool, slot: usize) void {
        pool.bonus_id[slot] = .none;
        pool.picked[slot] = false;
        pool.time_left[slot] = 0.0;
        pool.time_max[slot] = 0.0;
        pool.amount[slot] = 0;
    }

    pub fn is_empty(pool: *const Pool) bool {
        return pool.count(.none) == capacity;
    }

    fn count(pool: *const Pool, id: BonusId) usize {
        return std.mem.countScalar(BonusId, pool.bonus_id[0..capacity], id);
    }

    fn untouched(pool: *const Pool, slot: usize) bool {
        return !pool.live(slot) and !pool.picked[slot] and pool.time_left[slot] <= 0.0 and
            pool.time_max[slot] <= 0.0 and pool.amount[slot] == 0;
    }

    /// Whether two would lie on each other.
    fn crowded(pool: *const Pool, pos: Vec2) bool {
        for (pool.bonus_id[0..capacity], pool.pos[0..capacity]) |id, taken| {
            if (id != .none and float.distance(pos, taken) < spacing) return true;
        }
        return false;
    }
};

/// Seconds that a bonus lies, and those for which it shows after it was picked.
const lasting = 10.0;
const lingering = 0.5;
/// What is picked fades faster.
const linger_speed = 3.0;

const margin = 32.0;
const spacing = 32.0;
const reach = 26.0;
const weapon_reach = 56.0;

/// `bonus_spawn_at`: a certain bonus, moved into the arena. A mode without bonuses gets none.
pub fn spawn_at(world: *World, pos: Vec2, id: BonusId, amount: ?i32) void {
    if (world.settings.mode == .rush) return;
    const pool = &world.bonus_pool;
    const slot = pool.allocate();
    pool.place(slot, inside(pos), id);
    pool.amount[slot] = amount orelse id.usual_amount();
    burst(world, &spawn_at_burst);
}

/// The tutorial puts points into a slot, whatever is there, which lie for long.
pub fn lay_points(world: *World, slot: usize, pos: Vec2, points: i32) void {
    const pool = &world.bonus_pool;
    pool.place(slot, pos, .points);
    pool.time_left[slot] = 100.0;
    pool.time_max[slot] = 100.0;
    pool.amount[slot] = points;
    effects.burst(world, 12);
}

/// The nearest place where a bonus may lie.
pub fn inside(pos: Vec2) Vec2 {
    return .{
        .x = std.math.clamp(pos.x, margin, arena_size - margin),
        .y = std.math.clamp(pos.y, margin, arena_size - margin),
    };
}

/// `bonus_try_spawn_on_kill`, 0x0041f8d0: whether a kill leaves a bonus.
pub fn drop(world: *World, pos: Vec2) void {
    switch (world.settings.mode) {
        .rush, .typo, .tutorial => return,
        .survival, .quests => {},
    }
    const pool = &world.bonus_pool;
    if (pistol_drops(world) and world.rng.draw(.bonus_try_spawn_on_kill_pistol_force_weapon) & 3 < 3) {
        return drop_weapon(world, pos);
    }
    if (!drops(world)) return;

    const slot = spawn_any(world, pos);
    if (pool.bonus_id[slot] == .weapon and near_players(world, pos)) {
        pool.bonus_id[slot] = .points;
        pool.amount[slot] = 100;
    }
    const id = pool.bonus_id[slot];
    if ((id != .points and pool.count(id) > 1) or carried(world, slot)) return pool.clear(slot);
    if (slot != sentinel) burst(world, &drop_burst);
}

/// Whoever has only a pistol finds weapons. The original looks at two players, if there are just two.
fn pistol_drops(world: *World) bool {
    const seats = world.seats();
    const asked = if (!world.settings.preserve_bugs) seats else if (seats.len == 2) seats else seats[0..1];
    return any_has_pistol(asked);
}

fn any_has_pistol(asked: []const Player) bool {
    for (asked) |*player| {
        if (player.weapon.id == .pistol) return true;
    }
    return false;
}

fn drop_weapon(world: *World, pos: Vec2) void {
    const pool = &world.bonus_pool;
    const slot = spawn_any(world, pos);
    pool.bonus_id[slot] = .weapon;
    var weapon = weapons.pick_available(world);
    if (weapon == .pistol) weapon = weapons.pick_available(world);
    pool.amount[slot] = @backingInt(weapon);
    if (pool.count(.weapon) > 1 or weapon == .pistol or world.perks.has(.my_favourite_weapon)) {
        return pool.clear(slot);
    }
    if (slot != sentinel) burst(world, &drop_burst);
}

/// The gates of the usual drop.
fn drops(world: *World) bool {
    if (world.rng.draw(.bonus_try_spawn_on_kill_base_gate) % 9 == 1) return true;
    const seats = world.seats();
    if (any_has_pistol(if (world.settings.preserve_bugs) seats[0..1] else seats)) {
        if (world.rng.draw(.bonus_try_spawn_on_kill_pistol_allow_without_magnet) % 5 == 1) return true;
    }
    if (!world.perks.has(.bonus_magnet)) return false;
    return world.rng.draw(.bonus_try_spawn_on_kill_bonus_magnet) % 10 == 2;
}

/// Whether a weapon would lie at someone's feet; the original knows player one's.
fn near_players(world: *World, pos: Vec2) bool {
    const seats = world.seats();
    for (if (world.settings.preserve_bugs) seats[0..1] else seats) |*player| {
        if (float.distance(pos, player.pos) < weapon_reach) return true;
    }
    return false;
}

/// Whether someone has that weapon. The original compares player one's with whatever the amount means.
fn carried(world: *World, slot: usize) bool {
    const pool = &world.bonus_pool;
    const amount = pool.amount[slot];
    if (world.settings.preserve_bugs) return amount == @backingInt(world.players[0].weapon.id);
    if (pool.bonus_id[slot] != .weapon) return false;
    for (world.seats()) |*player| {
        if (amount == @backingInt(player.weapon.id) or amount == @backingInt(player.alt_weapon.id)) return true;
    }
    return false;
}

/// `bonus_spawn_at_pos`: any bonus, if there is room for it.
fn spawn_any(world: *World, pos: Vec2) usize {
    if (!float.equal(pos, inside(pos))) return sentinel;
    const pool = &world.bonus_pool;
    const free = pool.allocate();
    const id = pick(world);
    const slot = if (pool.crowded(pos)) sentinel else free;
    pool.place(slot, pos, id);
    pool.amount[slot] = switch (id) {
        .weapon => @backingInt(weapons.pick_available(world)),
        .points => if (world.rng.draw(.bonus_spawn_at_pos_points_amount) & 7 < 3) 1000 else 500,
        else => id.usual_amount(),
    };
    return slot;
}

/// `bonus_pick_random_type`, 0x00412470.
fn pick(world: *World) BonusId {
    const fire_bullets_lie = for (0..capacity) |slot| {
        if (world.bonus_pool.bonus_id[slot] == .fire_bullets and !world.bonus_pool.picked[slot]) break true;
    } else false;
    for (0..101) |_| {
        const id = roll(world);
        if (id != .none and !suppressed(world, id, fire_bullets_lie)) return id;
    }
    return .points;
}

/// Thirteen of 162 are points, one may be an energizer; ten each are the others, and some nothing.
fn roll(world: *World) BonusId {
    const value: i32 = world.rng.draw(.bonus_pick_random_type_roll) % 162 + 1;
    if (value <= 13) return .points;
    if (value == 14) {
        const rare = world.rng.draw(.bonus_pick_random_type_energizer) & 0x3F == 0;
        return if (rare) .energizer else .weapon;
    }
    const number = @backingInt(BonusId.weapon) + @divFloor(value - 15, 10);
    return if (number < tables.bonus_count) @fromBackingInt(number) else .none;
}

fn suppressed(world: *World, id: BonusId, fire_bullets_lie: bool) bool {
    if (!world.availability.bonuses[@intCast(@backingInt(id))]) return true;
    return switch (id) {
        .shock_chain => world.shock_chain_links_left > 0,
        .freeze => world.bonuses.freeze > 0.0,
        .shield => for (world.seats()[0..@min(world.settings.player_count, 2)]) |*player| {
            if (player.shield_timer > 0.0) break true;
        } else false,
        .weapon => fire_bullets_lie or world.perks.has(.my_favourite_weapon),
        .medikit => world.perks.has(.death_clock),
        else => false,
    } or too_strong(world, id);
}

/// The last quests of the tiers are not won by a nuke, or by a freeze.
fn too_strong(world: *const World, id: BonusId) bool {
    const level = world.settings.quest.level() orelse return false;
    if (level.number != 10) return false;
    const hardcore = world.settings.hardcore;
    return switch (id) {
        .nuke => switch (level.tier) {
            2, 4, 5 => true,
            3 => hardcore,
            else => false,
        },
        .freeze => level.tier == 4 or (level.tier == 2 and hardcore),
        else => false,
    };
}

const Burst = [4]Caller;

const spawn_at_burst: Burst = .{
    .bonus_spawn_at_burst_rotation,
    .bonus_spawn_at_burst_vel_x,
    .bonus_spawn_at_burst_vel_y,
    .bonus_spawn_at_burst_scale_step,
};
const drop_burst: Burst = .{
    .bonus_try_spawn_on_kill_burst_rotation,
    .bonus_try_spawn_on_kill_burst_vel_x,
    .bonus_try_spawn_on_kill_burst_vel_y,
    .bonus_try_spawn_on_kill_burst_scale_step,
};

fn burst(world: *World, callers: *const Burst) void {
    for (0..16) |_| effects.spawn_drawn(world, callers);
}

/// `bonus_update`, 0x0040a320: bonuses run out and are picked up, then two of the timers go on.
pub fn update(world: *World) void {
    for (0..capacity) |slot| {
        if (!world.bonus_pool.untouched(slot)) tick(world, slot);
    }
    run_down(&world.bonuses.double_experience, world.dt);
    run_down(&world.bonuses.freeze, world.dt);
}

fn run_down(timer: *f32, dt: f32) void {
    timer.* = if (timer.* <= 0.0) 0.0 else timer.* - dt;
}

fn tick(world: *World, slot: usize) void {
    const pool = &world.bonus_pool;
    pool.time_left[slot] -= if (pool.picked[slot]) world.dt * linger_speed else world.dt;
    if (!pool.picked[slot] and world.settings.mode == .tutorial) pool.time_left[slot] = 5.0;
    const over = pool.time_left[slot] < 0.0;
    if (over and pool.picked[slot]) return pool.clear(slot);
    // It is nothing from now on, and can still be picked up once.
    if (over) pool.bonus_id[slot] = .none;
    if (pool.picked[slot]) return;

    // Everyone within reach gets it.
    for (world.seats()) |*player| {
        if (float.distance(pool.pos[slot], player.pos) < reach) give(world, player, slot);
    }
    if (over and !pool.picked[slot]) pool.clear(slot);
}

fn give(world: *World, player: *Player, slot: usize) void {
    const pool = &world.bonus_pool;
    pickups.apply(world, player, .{
        .id = pool.bonus_id[slot],
        .amount = pool.amount[slot],
        .pos = pool.pos[slot],
    });
    pool.picked[slot] = true;
    pool.time_left[slot] = lingering;
    world.events.pickup_count += 1;
}

/// Milliseconds of aiming at a bonus after which Telekinetic has it.
const telekinetic_ms = 650.0;

/// `bonus_render`, 0x004295f0: counts for how long each player has aimed at a bonus. One is picked up so in a tick.
pub fn pick_from_afar(world: *World) void {
    const dt_ms = float.milliseconds(world.dt);
    for (world.seats()) |*player| {
        if (player.health <= 0.0) continue;
        const slot = aimed_at(&world.bonus_pool, player.aim) orelse {
            player.bonus_hover_index = -1;
            player.bonus_hover_timer_ms = 0.0;
            continue;
        };
        player.bonus_hover_index = @intCast(slot);
        player.bonus_hover_timer_ms += @floatFromInt(dt_ms);
        if (player.bonus_hover_timer_ms <= telekinetic_ms or !world.perks.has(.telekinetic)) continue;
        if (world.bonus_pool.picked[slot]) continue;
        give(world, player, slot);
        player.bonus_hover_index = -1;
        player.bonus_hover_timer_ms = 0.0;
        break;
    }
}

/// The rewrite measures this one in f64.
fn aimed_at(pool: *const Pool, aim: Vec2) ?usize {
    const radius = 24.0;
    for (0..capacity) |slot| {
        if (!pool.live(slot)) continue;
        const dx = @as(f64, pool.pos[slot].x) - aim.x;
        const dy = @as(f64, pool.pos[slot].y) - aim.y;
        if (dx * dx + dy * dy < radius * radius) return slot;
    }
    return null;
}

/// The timers that the original counts down before the world is drawn.
pub fn tick_timers(world: *World) void {
    const timers = &world.bonuses;
    for ([_]*f32{ &timers.weapon_power_up, &timers.energizer, &timers.reflex_boost }) |timer| {
        if (timer.* > 0.0) timer.* -= world.dt;
    }
}
