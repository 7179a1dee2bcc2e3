//! Perks that go off by themselves: their clocks tick in `player_update`, 0x004136b0.

const firing = @import("player_fire.zig");
const float = @import("float.zig");
const projectiles = @import("projectiles.zig");
const tables = @import("tables.zig");
const Player = @import("players.zig").Player;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;

const quarter_pi: f32 = @bitCast(@as(u32, 0x3F490FDB));

/// Seconds after which they go off, drawn anew each time. The original has one of each for all players.
pub const Intervals = struct {
    fire_cough: f32 = 1.4,
    hot_tempered: f32 = 1.4,
};

/// Man Bomb's does not change.
pub const man_bomb_interval = 4.0;

pub fn tick(world: *World, player: *Player) void {
    const perks = &world.perks;
    const intervals = if (world.settings.mended()) &player.intervals else &world.intervals;
    player.man_bomb_timer = if (perks.has(.man_bomb)) player.man_bomb_timer + world.dt else 0.0;
    if (player.man_bomb_timer > man_bomb_interval) {
        burst_as_man_bomb(world, player);
        player.man_bomb_timer -= man_bomb_interval;
    }

    const fortress = &player.living_fortress_timer;
    fortress.* = if (perks.has(.living_fortress)) @min(30.0, fortress.* + world.dt) else 0.0;

    player.fire_cough_timer = if (perks.has(.fire_caugh)) player.fire_cough_timer + world.dt else 0.0;
    if (perks.has(.fire_caugh) and player.fire_cough_timer > intervals.fire_cough) {
        cough(world, player);
        player.fire_cough_timer -= intervals.fire_cough;
        const roll = world.rng.draw(.player_update_fire_cough_interval_reset) % 4;
        intervals.fire_cough = float.from_int(roll) + 2.0;
    }

    player.hot_tempered_timer = if (perks.has(.hot_tempered)) player.hot_tempered_timer + world.dt else 0.0;
    if (perks.has(.hot_tempered) and player.hot_tempered_timer > intervals.hot_tempered) {
        flare_up(world, player);
        player.hot_tempered_timer -= intervals.hot_tempered;
        const roll = world.rng.draw(.player_update_hot_tempered_interval_reset) % 8;
        intervals.hot_tempered = float.from_int(roll) + 2.0;
    }
}

/// Whoever moves starts anew with two of the clocks.
pub fn disturb(player: *Player) void {
    player.man_bomb_timer = 0.0;
    player.living_fortress_timer = 0.0;
}

fn burst_as_man_bomb(world: *World, player: *const Player) void {
    for (0..8) |index| {
        const odd = index % 2 == 1;
        const roll = world.rng.draw(if (odd)
            .player_update_man_bomb_ion_rifle_angle
        else
            .player_update_man_bomb_ion_minigun_angle) % 50;
        const angle = float.from_int(roll) * 0.01 + eighth(index) - 0.25;
        shoot(world, player, player.pos, angle, if (odd) .ion_rifle else .ion_minigun);
    }
}

fn flare_up(world: *World, player: *const Player) void {
    for (0..8) |index| {
        shoot(world, player, player.pos, eighth(index), if (index % 2 == 1) .plasma_rifle else .plasma_minigun);
    }
}

fn eighth(index: usize) f32 {
    return float.from_int(@as(u8, @intCast(index))) * quarter_pi;
}

fn cough(world: *World, player: *const Player) void {
    const muzzle = firing.muzzle_of(player);
    const angle = firing.jittered_angle(world, player, .{
        .direction = .player_update_fire_cough_spread_dir,
        .magnitude = .player_update_fire_cough_spread_mag,
    });
    shoot(world, player, muzzle, angle, .fire_bullets);
    const vel = float.direction(player.aim_heading, 25.0);
    world.sprites.spawn(&world.rng, muzzle, vel, 1.0, .{ .r = 0.5, .g = 0.5, .b = 0.5, .a = 0.413 });
}

/// Angry Reloader: plasma all around, half-way through a long reload.
pub fn burst_in_anger(world: *World, player: *const Player) void {
    const count = 7 + @as(i32, @intFromFloat(player.weapon.reload_timer_max * 4.0));
    const part = float.tau / float.from_int(count);
    world.scripted_burst = true;
    var index: i32 = 0;
    while (index < count) : (index += 1) {
        shoot(world, player, player.pos, float.from_int(index) * part + 0.1, .plasma_minigun);
    }
    world.scripted_burst = false;
}

fn shoot(world: *World, player: *const Player, pos: Vec2, angle: f32, kind: tables.WeaponId) void {
    _ = projectiles.spawn(world, .{
        .pos = pos,
        .angle = angle,
        .kind = kind,
        .owner = projectiles.owner_of(world, player),
        .shooter = @intCast(player.index),
    });
}
