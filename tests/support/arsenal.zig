//! Takes the place of sim/rush.zig in the arsenal, which tests build: rush in which the seed says what everyone has.
//!
//! Its counterpart in Python is arsenal.py. The true rush is beside this file as true_rush.zig.

const true_rush = @import("true_rush.zig");
const weapons = @import("weapons.zig");
const Weapon = @import("players.zig").Weapon;
const WeaponId = @import("tables.zig").WeaponId;
const World = @import("world.zig").World;
const players_max = @import("settings.zig").players_max;

/// What a seed says: the weapon, and what else there is.
const Orders = packed struct(u32) {
    weapon: u6,
    perks_of_shots: bool,
    perks_of_weapons: bool,
    perks_of_hits: bool,
    ammunition_within: bool,
    regression_bullets: bool,
    fire_bullets: bool,
    shock_chain: bool,
    freeze: bool,
    varied: u18,
};

const health_least = 30.0;

pub const Spawner = struct {
    spawn_cooldown_ms: f32 = 0.0,

    pub fn update(spawner: *Spawner, world: *World) void {
        const orders: Orders = @bitCast(world.settings.seed);
        if (world.elapsed_ms == 0) equip(world, orders);
        const turn = @rem(@divTrunc(world.elapsed_ms, 16), 200);
        if (orders.fire_bullets and turn == 50) {
            for (world.seats()) |*player| player.fire_bullets_timer = 1.0;
        }
        if (orders.freeze and turn == 100) world.bonuses.freeze = 1.0;
        if (orders.shock_chain) chain(world);

        var kept: [players_max]Weapon = undefined;
        for (world.seats(), kept[0..world.settings.player_count]) |*player, *weapon| {
            if (player.health < health_least) player.health = 100.0;
            weapon.* = player.weapon;
        }
        var inner: true_rush.Spawner = .{ .spawn_cooldown_ms = spawner.spawn_cooldown_ms };
        inner.update(world);
        spawner.spawn_cooldown_ms = inner.spawn_cooldown_ms;
        for (world.seats(), kept[0..world.settings.player_count]) |*player, weapon| player.weapon = weapon;
    }
};

fn equip(world: *World, orders: Orders) void {
    const weapon: WeaponId = @fromBackingInt(@as(i32, orders.weapon));
    world.rewards.guard_weapon = weapon;
    if (orders.perks_of_shots) {
        for ([_]usize{ 2, 14, 28, 39, 51 }) |perk| world.perks.counts[perk] = 1;
    }
    if (orders.perks_of_weapons) {
        for ([_]usize{ 3, 9, 12, 34, 48 }) |perk| world.perks.counts[perk] = 1;
    }
    if (orders.perks_of_hits) {
        for ([_]usize{ 1, 25, 29, 55 }) |perk| world.perks.counts[perk] = 1;
    }
    if (orders.ammunition_within) world.perks.counts[35] = 1;
    if (orders.regression_bullets) world.perks.counts[23] = 1;
    for (world.seats()) |*player| weapons.assign(world, player, weapon);
}

/// Makes the first ion in flight the head of a Shock Chain.
fn chain(world: *World) void {
    if (world.shock_chain_projectile >= 0) return;
    const pool = &world.projectiles;
    for (pool.active, pool.type_id, pool.life_timer, 0..) |active, kind, timer, slot| {
        if (!active or kind != .ion_rifle or timer < 0.4) continue;
        world.shock_chain_projectile = @intCast(slot);
        world.shock_chain_links_left = 32;
        return;
    }
}
