//! Weapons in hand: how they are handed out and taken away, reloaded and swapped.

const std = @import("std");
const tables = @import("tables.zig");
const Player = @import("players.zig").Player;
const World = @import("world.zig").World;

/// `weapon_assign_player`, 0x00452d40: a reload goes on counting its length, and whether one is under way stays as it is.
pub fn assign(world: *World, player: *Player, id: tables.WeaponId) void {
    const number: usize = @intCast(@backingInt(id));
    const counts = &world.settings.weapon_usage_counts;
    if (number >= 1 and number < counts.len) counts[number] +%= 1;
    const weapon = &player.weapon;
    weapon.id = id;
    weapon.clip_size = clip_size_of(world, id);
    weapon.ammo = @floatFromInt(weapon.clip_size);
    weapon.reload_timer = 0.0;
    weapon.shot_cooldown = 0.0;
}

fn clip_size_of(world: *const World, id: tables.WeaponId) i32 {
    var size = tables.weapon_of(id).clip_size;
    if (world.perks.has(.ammo_maniac)) size += @max(1, @divFloor(size, 4));
    if (world.perks.has(.my_favourite_weapon)) size += 2;
    return size;
}

/// `player_start_reload`, 0x00413430.
pub fn start_reload(world: *const World, player: *Player) void {
    const weapon = &player.weapon;
    const fires_on = world.perks.has(.ammunition_within) or world.perks.has(.regression_bullets);
    if (weapon.reload_active and fires_on) return;
    weapon.reload_active = true;
    weapon.reload_timer = tables.weapon_of(weapon.id).reload_time;
    if (world.perks.has(.fastloader)) weapon.reload_timer *= 0.7;
    if (world.bonuses.weapon_power_up > 0.0) weapon.reload_timer *= 0.6;
    weapon.reload_timer_max = weapon.reload_timer;
}

/// Takes away, as the original does while it draws the world, what nobody may have. It looks at two players only.
pub fn enforce_guards(world: *World) void {
    const seats = world.seats();
    const guarded = if (world.settings.preserve_bugs) seats[0..@min(seats.len, 2)] else seats;
    if (!world.settings.has_splitter_gun()) {
        for (guarded) |*player| {
            if (player.weapon.id == .splitter_gun) assign(world, player, .pistol);
        }
    }
    const guard = world.rewards.guard_weapon;
    for (guarded) |*player| {
        for ([_]tables.WeaponId{ .blade_gun, .shrinkifier_5k }) |reward| {
            if (player.weapon.id == reward and guard != reward) assign(world, player, .pistol);
        }
    }
}

/// Weapons 1 to 33 can lie on the ground.
const drop_count = 33;

/// `weapon_pick_random_available`, 0x00452cd0: weapons that were used before are drawn anew half of the time.
/// Quest 5.10 has no Ion Cannon.
pub fn pick_available(world: *World) tables.WeaponId {
    while (true) {
        var number = world.rng.draw(.weapon_pick_random_available_pick) % drop_count + 1;
        if (world.settings.weapon_usage_counts[number] != 0 and
            world.rng.draw(.weapon_pick_random_available_reroll_gate) & 1 == 0)
        {
            number = world.rng.draw(.weapon_pick_random_available_reroll_pick) % drop_count + 1;
        }
        const id: tables.WeaponId = @fromBackingInt(@as(i32, number));
        if (id == .ion_cannon and world.settings.quest.is(5, 10)) continue;
        if (world.availability.weapons[number]) return id;
    }
}

/// The weapon that player one has held for longest, the first of equals; times are signed.
pub fn most_used(world: *const World) tables.WeaponId {
    var best: usize = 1;
    for (world.weapon_times[2..], 2..) |time, number| {
        if (@as(i32, @bitCast(time)) > @as(i32, @bitCast(world.weapon_times[best]))) best = number;
    }
    return @fromBackingInt(@as(i32, @intCast(best)));
}

/// Milliseconds until Alternate Weapon may swap again while the key is held.
const swap_cooldown_ms = 200;

/// Alternate Weapon: the reload key swaps the weapons. The original has one cooldown for everyone; rules 2 give each
/// player an own one, and take a key that this player has let go for released.
pub fn tick_swap(world: *World, player: *Player, key_active: bool, any_key_active: bool, dt_ms: i32) void {
    const mended = world.settings.mended();
    const cooldown = if (mended) &player.swap_cooldown_ms else &world.alt_weapon_swap_cooldown_ms;
    const key_held = if (mended) key_active else any_key_active;
    cooldown.* = if (cooldown.* < 1) 0 else cooldown.* - dt_ms;
    if (cooldown.* < 1 and key_active) {
        std.mem.swap(@TypeOf(player.weapon), &player.weapon, &player.alt_weapon);
        player.weapon.shot_cooldown += 0.1;
        cooldown.* = swap_cooldown_ms;
        return;
    }
    cooldown.* = if (key_held) @max(0, cooldown.*) else 0;
}
