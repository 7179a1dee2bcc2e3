//! A player's shots.

const effects = @import("effects.zig");
const float = @import("float.zig");
const projectiles = @import("projectiles.zig");
const tables = @import("tables.zig");
const Input = @import("settings.zig").Input;
const Player = @import("players.zig").Player;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;

const fire_bullets_seconds = 10.0;

pub fn fire(world: *World, player: *Player, input: *const Input, fires_itself: bool) void {
    const weapon = &player.weapon;
    if (!(weapon.shot_cooldown <= 0.0 and weapon.reload_timer == 0.0)) return;
    weapon.reload_active = false;
    if (!input.fire_down and !fires_itself) return;
    world.rewards.fire_seen = true;
    // A cheat of the original: the key G.
    if (world.settings.preserve_bugs and input.fire_bullets_key) player.fire_bullets_timer = fire_bullets_seconds;

    const burning = player.fire_bullets_timer > 0.0;
    const facts = tables.weapon_of(weapon.id);
    const fire_facts = tables.weapon_of(.fire_bullets);
    const shown = if (burning) fire_facts else facts;
    weapon.shot_cooldown = if (burning and facts.pellets == 1) fire_facts.shot_cooldown else facts.shot_cooldown;
    const muzzle = muzzle_of(player);
    if (facts.casings) effects.throw_casing(world);
    const angle = jittered_angle(world, player);
    if (burning) {
        for (0..facts.pellets) |_| {
            const jitter = @as(i32, world.rng.draw(.player_update_fire_bullets_pellet_jitter) % 200) - 100;
            const pellet = float.from_int(jitter) * 0.0015 + angle;
            projectiles.spawn(world, muzzle, pellet, .fire_bullets, player);
        }
        puff(world, player, muzzle, 25.0, 1.0, 0.413);
    } else {
        world.rng.skip(.player_update_shot_sfx);
        puff(world, player, muzzle, 25.0, 1.0, 0.23);
        puff(world, player, muzzle, 15.0, 2.0, 0.213);
        projectiles.spawn(world, muzzle, angle, weapon.id, player);
    }
    const heat = @max(0.0, player.spread_heat + shown.spread_heat * 1.3);
    player.spread_heat = @min(0.48, heat);
    const flash = if (facts.pellets == 1) shown.spread_heat else facts.spread_heat;
    player.muzzle_flash_alpha = @min(0.8, player.muzzle_flash_alpha + flash);
    if (!burning) weapon.ammo -= 1.0;
    if (weapon.ammo <= 0.0) player.start_reload();
}

fn muzzle_of(player: *const Player) Vec2 {
    const radians = player.aim_heading - float.half_pi - @as(f32, 0.150915);
    return float.add(player.pos, float.direction(radians, 16.0));
}

/// Anywhere on a disc around the aim, which grows with the distance and with the heat.
fn jittered_angle(world: *World, player: *const Player) f32 {
    const direction = float.from_int(world.rng.draw(.player_update_shot_jitter_dir) & 0x1FF);
    const magnitude = float.from_int(world.rng.draw(.player_update_shot_jitter_mag) & 0x1FF);
    const half_distance = world.measure(float.subtract(player.aim, player.pos)) * 0.5;
    const offset = half_distance * player.spread_heat * magnitude * 0.001953125;
    const angle = direction * @as(f32, float.tau / 512.0);
    const point = float.add(float.direction(angle, offset), player.aim);
    return float.angle_add(float.subtract(player.pos, point), -float.half_pi);
}

/// Smoke from the muzzle, which drifts to the side.
fn puff(world: *World, player: *const Player, pos: Vec2, speed: f32, size: f32, alpha: f32) void {
    const vel = float.direction(player.aim_heading, speed);
    world.sprites.spawn(&world.rng, pos, vel, size, .{ .r = 0.5, .g = 0.5, .b = 0.5, .a = alpha });
}
