//! Takes the place of sim/survival.zig in the menagerie, which tests build: survival in which the seed says who comes.
//!
//! Its counterpart in Python is menagerie.py.

const templates = @import("spawn_templates.zig");
const wave = @import("wave.zig");
const World = @import("world.zig").World;
const creatures = @import("creatures.zig");

/// What a seed says: the template, and what else there is.
const Orders = packed struct(u32) {
    template: u7,
    full: bool,
    plague: bool,
    poison: u2,
    perks_of_contact: bool,
    perks_of_kills: bool,
    energizer: bool,
    freeze: bool,
    reflex_boost: bool,
    /// Thousands of points of experience, as the waves see them.
    experience: u8,
    varied: u8,
};

const health_least = 30.0;
const period = 120;

pub const Spawner = struct {
    stage: i32 = 0,
    spawn_cooldown_ms: f32 = 0.0,

    pub fn update(spawner: *Spawner, world: *World) void {
        const orders: Orders = @bitCast(world.settings.seed);
        if (spawner.stage == 0) prepare(world, orders);
        const turn = @rem(spawner.stage, period);
        if (turn == 0) bring(world, orders, spawner.stage);
        if (orders.energizer and turn == 60) world.bonuses.energizer = 0.5;
        if (orders.freeze and turn == 90) world.bonuses.freeze = 0.25;
        if (orders.reflex_boost and turn == 30) world.bonuses.reflex_boost = 0.5;
        for (world.seats()) |*player| {
            if (player.health < health_least) player.health = 100.0;
        }
        spawner.stage += 1;
    }
};

fn prepare(world: *World, orders: Orders) void {
    if (orders.plague) {
        world.perks.counts[10] = 1;
        world.players[0].plaguebearer_active = true;
    }
    if (orders.perks_of_contact) {
        for ([_]usize{ 11, 13, 17 }) |perk| world.perks.counts[perk] = 1;
        world.perks.counts[if (orders.varied & 1 == 0) 36 else 37] = 1;
    }
    if (orders.perks_of_kills) {
        for ([_]usize{ 1, 28 }) |perk| world.perks.counts[perk] = 1;
    }
    if (!orders.full) return;
    // Statues, but for a few free slots.
    const pool = &world.creatures;
    for (0..creatures.capacity - 6) |slot| {
        pool.active[slot] = true;
        pool.hp[slot] = 1000000.0;
        pool.max_hp[slot] = 1000000.0;
        pool.move_speed[slot] = 0.0;
        pool.pos[slot] = .{ .x = 900.0, .y = @floatFromInt(slot) };
    }
}

fn bring(world: *World, orders: Orders, tick: i32) void {
    const rng = &world.rng;
    const x: f32 = @floatFromInt(@as(u32, rng.draw(.survival_update_main_spawn_top_x) % 1152));
    const y: f32 = @floatFromInt(@as(u32, rng.draw(.survival_update_main_spawn_left_y) % 1152));
    _ = wave.spawn(&world.creatures, rng, .{ .x = x - 64.0, .y = 1064.0 }, @as(i32, orders.experience) * 1000 + tick);
    const id: templates.Id = @fromBackingInt(@as(u8, orders.template));
    const slot = templates.spawn(world, id, .{ .x = x - 64.0, .y = y - 64.0 }, templates.random_heading);
    if (slot == creatures.phantom) return;
    const flags = &world.creatures.flags[slot];
    if (orders.poison & 1 != 0) flags.poisoned = true;
    if (orders.poison & 2 != 0) flags.poisoned_strong = true;
    if (orders.plague) world.creatures.plague_infected[slot] = true;
}
