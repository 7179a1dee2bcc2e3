//! A player's shots.

const damage = @import("damage.zig");
const effects = @import("effects.zig");
const float = @import("float.zig");
const particles = @import("particles.zig");
const projectiles = @import("projectiles.zig");
const secondaries = @import("secondaries.zig");
const tables = @import("tables.zig");
const weapons = @import("weapons.zig");
const Caller = @import("rng.zig").Caller;
const Input = @import("settings.zig").Input;
const Player = @import("players.zig").Player;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;

const fire_bullets_seconds = 10.0;

/// Whether a player may fire: as everyone, or by a perk that fires while the weapon reloads.
pub const Gate = struct {
    ready: bool,
    ready_by_perk: bool,

    pub fn of(world: *const World, player: *const Player) Gate {
        const cool = player.weapon.shot_cooldown <= 0.0;
        const fires_on = world.perks.has(.regression_bullets) or world.perks.has(.ammunition_within);
        return .{
            .ready = cool and player.weapon.reload_timer == 0.0,
            .ready_by_perk = cool and player.experience > 0 and fires_on,
        };
    }
};

pub fn fire(world: *World, player: *Player, input: *const Input, fires_itself: bool, gate: Gate) void {
    if (!gate.ready and !gate.ready_by_perk) return;
    if (!input.fire_down and !fires_itself) return;
    world.rewards.fire_seen = true;
    if (!gate.ready) pay(world, player);
    // A cheat of the original: the key G.
    if (world.settings.preserve_bugs and input.fire_bullets_key) player.fire_bullets_timer = fire_bullets_seconds;

    const weapon = &player.weapon;
    const facts = tables.weapon_of(weapon.id);
    const fire_facts = tables.weapon_of(.fire_bullets);
    const burning = player.fire_bullets_timer > 0.0;
    const pellets = if (burning and world.settings.mended()) mended_pellets(weapon.id, facts) else facts.pellets;
    const single = if (burning and pellets == 1) fire_facts else facts;
    weapon.shot_cooldown = cooldown_of(world, single.shot_cooldown);
    const muzzle = muzzle_of(player);
    if (facts.casings) effects.throw_casing(world);
    const barrel: Barrel = .{
        .player = player,
        .owner = projectiles.owner_of(world, player),
        .muzzle = muzzle,
        .angle = jittered_angle(world, player, jitter_of_shot),
    };
    const ammo = if (burning) barrel.fire_bullets(world, pellets) else barrel.fire(world, weapon.id);

    if (!world.perks.has(.sharpshooter)) {
        const shown = if (burning) fire_facts else facts;
        const heat = @max(0.0, player.spread_heat + shown.spread_heat * 1.3);
        player.spread_heat = @min(0.48, heat);
    }
    player.muzzle_flash_alpha = @min(0.8, player.muzzle_flash_alpha + single.spread_heat);
    if (world.bonuses.reflex_boost <= 0.0 and !burning) weapon.ammo -= ammo;
    if (weapon.ammo <= 0.0 and (gate.ready or weapon.reload_timer <= 0.0)) weapons.start_reload(world, player);
}

/// Perks that fire while the weapon reloads take their price: experience, or health. Fuel is cheap.
fn pay(world: *World, player: *Player) void {
    const facts = tables.weapon_of(player.weapon.id);
    if (world.perks.has(.regression_bullets)) {
        const price = facts.reload_time * @as(f32, if (facts.fuel) 4.0 else 200.0);
        player.experience = @max(0, @as(i32, @intFromFloat(float.int_add(player.experience, -price))));
    } else {
        damage.hurt_player(world, player, if (facts.fuel) 0.15 else 1.0);
    }
}

/// Rules 2 turn each of their projectiles to fire.
fn mended_pellets(id: tables.WeaponId, facts: *const tables.Weapon) u8 {
    return switch (id) {
        .gauss_shotgun => 6,
        .multi_plasma => 5,
        else => facts.pellets,
    };
}

fn cooldown_of(world: *const World, base: f32) f32 {
    var cooldown = base;
    if (world.perks.has(.fastshot)) cooldown *= 0.88;
    if (world.perks.has(.sharpshooter)) cooldown *= 1.05;
    return cooldown;
}

pub fn muzzle_of(player: *const Player) Vec2 {
    const radians = player.aim_heading - float.half_pi - @as(f32, 0.150915);
    return float.add(player.pos, float.direction(radians, 16.0));
}

/// Whose draws make an angle uncertain.
pub const Jitter = struct { direction: Caller, magnitude: Caller };

const jitter_of_shot: Jitter = .{
    .direction = .player_update_shot_jitter_dir,
    .magnitude = .player_update_shot_jitter_mag,
};

/// Anywhere on a disc around the aim, which grows with the distance and with the heat.
pub fn jittered_angle(world: *World, player: *const Player, callers: Jitter) f32 {
    const direction = float.from_int(world.rng.draw(callers.direction) & 0x1FF);
    const magnitude = float.from_int(world.rng.draw(callers.magnitude) & 0x1FF);
    const half_distance = world.measure(float.subtract(player.aim, player.pos)) * 0.5;
    const offset = half_distance * player.spread_heat * magnitude * 0.001953125;
    const angle = direction * @as(f32, float.tau / 512.0);
    const point = float.add(float.direction(angle, offset), player.aim);
    return float.angle_add(float.subtract(player.pos, point), -float.half_pi);
}

/// Smoke from the muzzle, which drifts to the side: a quick small puff and a slow large one, by how much they hide.
const Puffs = struct {
    small: ?f32 = null,
    large: ?f32 = null,
};

fn puffs_of(id: tables.WeaponId) Puffs {
    return switch (id) {
        .pistol, .shrinkifier_5k, .assault_rifle, .submachine_gun => .{ .small = 0.23, .large = 0.213 },
        .shotgun => .{ .small = 0.25, .large = 0.223 },
        .jackhammer => .{ .large = 0.223 },
        .sawed_off_shotgun => .{ .small = 0.26, .large = 0.233 },
        .gauss_gun, .gauss_shotgun => .{ .small = 0.33, .large = 0.263 },
        .rocket_launcher, .mini_rocket_swarmers => .{ .small = 0.34, .large = 0.283 },
        .rocket_minigun => .{ .small = 0.34 },
        .seeker_rockets => .{ .small = 0.31, .large = 0.243 },
        else => .{},
    };
}

/// What a shot of a weapon sets free.
const Charge = union(enum) {
    nothing,
    projectile: tables.WeaponId,
    pellets: *const Pellets,
    /// Plasma, alternately of two kinds.
    fan,
    flame: struct { style: particles.Style, fuel: f32 },
    bubble,
    rocket: secondaries.Kind,
    swarm,
};

/// Pellets spread, and each has its own speed.
pub const Pellets = struct {
    kind: tables.WeaponId,
    count: u8,
    jitter: Caller,
    jitter_range: enum { hundred, byte } = .hundred,
    step: f32,
    speed: Caller,
    speed_range: u15,
    speed_least: f32,
};

fn charge_of(id: tables.WeaponId) Charge {
    return switch (id) {
        .pistol,
        .assault_rifle,
        .submachine_gun,
        .gauss_gun,
        .plasma_rifle,
        .plasma_minigun,
        .plasma_cannon,
        .pulse_gun,
        .ion_rifle,
        .ion_minigun,
        .ion_cannon,
        .shrinkifier_5k,
        .blade_gun,
        .splitter_gun,
        .plague_spreader_gun,
        .rainbow_gun,
        => .{ .projectile = id },
        .mean_minigun => .{ .projectile = .pistol },
        .shotgun => .{ .pellets = &.{
            .kind = .shotgun,
            .count = 12,
            .jitter = .player_update_shotgun_pellet_jitter,
            .step = 0.0013,
            .speed = .player_update_shotgun_pellet_speed_scale,
            .speed_range = 100,
            .speed_least = 1.0,
        } },
        .jackhammer => .{ .pellets = &.{
            .kind = .shotgun,
            .count = 4,
            .jitter = .player_update_jackhammer_pellet_jitter,
            .step = 0.0013,
            .speed = .player_update_jackhammer_pellet_speed_scale,
            .speed_range = 100,
            .speed_least = 1.0,
        } },
        .sawed_off_shotgun => .{ .pellets = &.{
            .kind = .shotgun,
            .count = 12,
            .jitter = .player_update_sawed_off_shotgun_pellet_jitter,
            .step = 0.004,
            .speed = .player_update_sawed_off_shotgun_pellet_speed_scale,
            .speed_range = 100,
            .speed_least = 1.0,
        } },
        .ion_shotgun => .{ .pellets = &.{
            .kind = .ion_minigun,
            .count = 8,
            .jitter = .player_update_ion_shotgun_pellet_jitter,
            .step = 0.0026,
            .speed = .player_update_ion_shotgun_pellet_speed_scale,
            .speed_range = 80,
            .speed_least = 1.4,
        } },
        .gauss_shotgun => .{ .pellets = &.{
            .kind = .gauss_gun,
            .count = 6,
            .jitter = .player_update_gauss_shotgun_pellet_jitter,
            .step = 0.002,
            .speed = .player_update_gauss_shotgun_pellet_speed_scale,
            .speed_range = 80,
            .speed_least = 1.4,
        } },
        .plasma_shotgun => .{ .pellets = &.{
            .kind = .plasma_minigun,
            .count = 14,
            .jitter = .player_update_plasma_shotgun_pellet_jitter,
            .jitter_range = .byte,
            .step = 0.002,
            .speed = .player_update_plasma_shotgun_pellet_speed_scale,
            .speed_range = 100,
            .speed_least = 1.0,
        } },
        .multi_plasma => .fan,
        .flamethrower => .{ .flame = .{ .style = .flame, .fuel = 0.1 } },
        .hr_flamer => .{ .flame = .{ .style = .hr_flamer, .fuel = 0.1 } },
        .blow_torch => .{ .flame = .{ .style = .blow_torch, .fuel = 0.05 } },
        .bubblegun => .bubble,
        .rocket_launcher => .{ .rocket = .rocket },
        .rocket_minigun => .{ .rocket = .minigun_rocket },
        .seeker_rockets => .{ .rocket = .homing_rocket },
        .mini_rocket_swarmers => .swarm,
        // The original has no branch for these: they cost ammunition and do nothing.
        else => .nothing,
    };
}

/// Where a shot leaves, and to where.
pub const Barrel = struct {
    player: *const Player,
    /// Whose the shots are.
    owner: i32,
    muzzle: Vec2,
    angle: f32,

    /// Fires a weapon; returns the ammunition that this takes.
    fn fire(barrel: *const Barrel, world: *World, id: tables.WeaponId) f32 {
        const player = barrel.player;
        world.rng.skip(.player_update_shot_sfx);
        const puffs = puffs_of(id);
        if (puffs.small) |alpha| barrel.puff(world, float.direction(player.aim_heading, 25.0), 1.0, alpha);
        if (puffs.large) |alpha| barrel.puff(world, float.direction(player.aim_heading, 15.0), 2.0, alpha);
        switch (charge_of(id)) {
            .nothing => {},
            .projectile => |kind| _ = barrel.shoot(world, kind, barrel.angle),
            .pellets => |pellets| barrel.scatter(world, pellets),
            .fan => {
                const inner = 0.31415927;
                const outer = 0.5235988;
                _ = barrel.shoot(world, .plasma_rifle, barrel.angle - inner);
                _ = barrel.shoot(world, .plasma_minigun, barrel.angle - outer);
                _ = barrel.shoot(world, .plasma_rifle, barrel.angle);
                _ = barrel.shoot(world, .plasma_minigun, barrel.angle + outer);
                _ = barrel.shoot(world, .plasma_rifle, barrel.angle + inner);
            },
            .flame => |flame| {
                particles.spawn(world, barrel.muzzle, player.aim_heading - float.half_pi, 1.0, flame.style);
                return flame.fuel;
            },
            .bubble => {
                particles.spawn(world, barrel.muzzle, barrel.angle - float.half_pi, 1.0, .bubble);
                return 0.15;
            },
            .rocket => |kind| secondaries.spawn(world, player, barrel.muzzle, barrel.angle, kind),
            .swarm => {
                barrel.swarm(world);
                return player.weapon.ammo;
            },
        }
        return 1.0;
    }

    /// Fires as Fire Bullets do, whatever the weapon.
    fn fire_bullets(barrel: *const Barrel, world: *World, pellets: u8) f32 {
        for (0..pellets) |_| {
            const jitter = @as(i32, world.rng.draw(.player_update_fire_bullets_pellet_jitter) % 200) - 100;
            _ = barrel.shoot(world, .fire_bullets, float.from_int(jitter) * 0.0015 + barrel.angle);
        }
        barrel.puff(world, float.direction(barrel.player.aim_heading, 25.0), 1.0, 0.413);
        return 0.0;
    }

    fn shoot(barrel: *const Barrel, world: *World, kind: tables.WeaponId, angle: f32) usize {
        return projectiles.spawn(world, .{
            .pos = barrel.muzzle,
            .angle = angle,
            .kind = kind,
            .owner = barrel.owner,
            .shooter = @intCast(barrel.player.index),
        });
    }

    pub fn scatter(barrel: *const Barrel, world: *World, pellets: *const Pellets) void {
        for (0..pellets.count) |_| {
            const roll: i32 = world.rng.draw(pellets.jitter);
            const jitter = switch (pellets.jitter_range) {
                .hundred => @rem(roll, 200) - 100,
                .byte => (roll & 0xFF) - 0x80,
            };
            const slot = barrel.shoot(world, pellets.kind, float.from_int(jitter) * pellets.step + barrel.angle);
            const speed = float.from_int(world.rng.draw(pellets.speed) % pellets.speed_range);
            world.projectiles.speed_scale[slot] = speed * 0.01 + pellets.speed_least;
        }
    }

    /// The whole clip at once, over 120 degrees. The original's steps grow with the clip, so that the rockets of the
    /// usual clips go nearly the same way.
    fn swarm(barrel: *const Barrel, world: *World) void {
        const clip = barrel.player.weapon.ammo;
        if (!(clip > 0.0)) return;
        const count: u32 = @intFromFloat(@ceil(clip));
        var angle: f32 = undefined;
        var step: f32 = undefined;
        if (world.settings.preserve_bugs) {
            step = clip * 1.0471976;
            angle = barrel.angle - float.pi - step * clip * 0.5;
        } else {
            const spread: f32 = float.pi * @as(f32, 2.0 / 3.0);
            step = if (count <= 1) 0.0 else spread / float.from_int(count - 1);
            angle = barrel.angle - @as(f32, float.pi * @as(f32, 1.0 / 3.0));
        }
        for (0..count) |_| {
            secondaries.spawn(world, barrel.player, barrel.muzzle, angle, .homing_rocket);
            angle += step;
        }
    }

    pub fn puff(barrel: *const Barrel, world: *World, vel: Vec2, size: f32, alpha: f32) void {
        world.sprites.spawn(&world.rng, barrel.muzzle, vel, size, .{ .r = 0.5, .g = 0.5, .b = 0.5, .a = alpha });
    }
};
