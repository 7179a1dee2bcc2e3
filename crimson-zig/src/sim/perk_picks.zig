//! What a perk does at once, when it is picked.

const creatures = @import("creatures.zig");
const effects = @import("effects.zig");
const float = @import("float.zig");
const weapons = @import("weapons.zig");
const PerkId = @import("perks.zig").PerkId;
const Player = @import("players.zig").Player;
const World = @import("world.zig").World;

/// `perk_apply`, 0x004055e0; `dt` is that of the tick to come.
pub fn apply(world: *World, perk: PerkId, dt: f32) void {
    const owned = &world.perks;
    owned.set(perk, owned.count(perk) + 1);
    const owner = &world.players[0];
    switch (perk) {
        .instant_winner => owner.experience += 2500,
        .fatal_lottery => if (world.rng.draw(.perk_apply_fatal_lottery) & 1 != 0) {
            owner.health = -1.0;
        } else {
            owner.experience += 10000;
        },
        .lifeline_50_50 => remove_half(world),
        .thick_skinned => for (world.seats()) |*player| {
            if (player.health > 0.0) player.health -= player.health * 0.33333334;
        },
        .breathing_room => breathe(world, dt),
        .random_weapon => weapons.assign(world, owner, any_other_weapon(world)),
        .infernal_contract => sign(world),
        .grim_deal => {
            owner.health = -1.0;
            owner.experience += @intFromFloat(float.int_mul(owner.experience, 0.18));
        },
        .ammo_maniac => for (world.seats()) |*player| weapons.assign(world, player, player.weapon.id),
        .death_clock => {
            owned.set(.greater_regeneration, 0);
            owned.set(.regeneration, 0);
            for (world.seats()) |*player| {
                if (player.health > 0.0) player.health = 100.0;
            }
        },
        .bandage => for (world.seats()) |*player| bandage(world, player),
        .my_favourite_weapon => for (world.seats()) |*player| {
            player.weapon.clip_size += 2;
        },
        .plaguebearer => {
            const seats = world.seats();
            for (if (world.settings.preserve_bugs) seats[0..1] else seats) |*player| player.plaguebearer_active = true;
        },
        else => {},
    }
}

/// Every other slot's weak creature is gone, but for dens.
fn remove_half(world: *World) void {
    const pool = &world.creatures;
    var slot: usize = 1;
    while (slot < creatures.capacity) : (slot += 2) {
        if (!pool.active[slot] or pool.hp[slot] > 500.0 or pool.flags[slot].spawner) continue;
        pool.active[slot] = false;
        effects.burst(world, 4);
    }
}

/// Everyone loses two thirds of health, and all creatures begin to die.
fn breathe(world: *World, dt: f32) void {
    for (world.seats()) |*player| player.health -= player.health * 0.6666667;
    const pool = &world.creatures;
    for (pool.active[0..creatures.capacity], pool.death_timer[0..creatures.capacity]) |active, *timer| {
        if (active) timer.* -= dt;
    }
    world.scripted_burst = false;
}

fn any_other_weapon(world: *World) @TypeOf(world.players[0].weapon.id) {
    const present = world.players[0].weapon.id;
    var weapon = present;
    for (0..100) |_| {
        weapon = weapons.pick_available(world);
        if (weapon != .pistol and weapon != present) break;
    }
    return weapon;
}

/// Three levels for nearly all health. The original signs for its two players, whether the second is there or not.
fn sign(world: *World) void {
    world.players[0].level += 3;
    world.perk_menu.pending_count += 3;
    const table = world.table();
    for (if (world.settings.preserve_bugs) table[0..2] else table) |*player| {
        if (player.health > 0.0) player.health = 0.1;
    }
}

/// The original multiplies, and the dead are worse off; the rewrite adds, and leaves them alone.
fn bandage(world: *World, player: *Player) void {
    const preserved = world.settings.preserve_bugs;
    if (!preserved and player.health <= 0.0) return;
    const amount = float.from_int(world.rng.draw(.perk_apply_bandage_heal) % 50 + 1);
    player.health = @min(100.0, if (preserved) player.health * amount else player.health + amount);
    effects.burst(world, 8);
}
