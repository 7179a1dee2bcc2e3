//! What a bonus does to whoever picks it up.

const creatures = @import("creatures.zig");
const damage = @import("damage.zig");
const effects = @import("effects.zig");
const float = @import("float.zig");
const projectiles = @import("projectiles.zig");
const weapons = @import("weapons.zig");
const BonusId = @import("bonuses.zig").BonusId;
const Caller = @import("rng.zig").Caller;
const Player = @import("players.zig").Player;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;

pub const Bonus = struct {
    id: BonusId,
    amount: i32,
    pos: Vec2,
};

/// `bonus_apply`, 0x00409890.
pub fn apply(world: *World, player: *Player, bonus: Bonus) void {
    const timers = &world.bonuses;
    const amount: f32 = @floatFromInt(bonus.amount);
    const stretch: f32 = if (world.perks.has(.bonus_economist)) 1.5 else 1.0;
    switch (bonus.id) {
        .none => {},
        .points => world.players[0].experience += bonus.amount,
        .weapon => weapons.assign(world, player, @fromBackingInt(bonus.amount)),
        .medikit => if (player.health < 100.0) {
            player.health = @min(100.0, player.health + 10.0);
        },
        .reflex_boost => {
            timers.reflex_boost += amount * stretch;
            for (world.seats()) |*everyone| refill(everyone);
            effects.ring(world);
        },
        .weapon_power_up => {
            timers.weapon_power_up += amount * stretch;
            ready(player);
        },
        .fire_bullets => {
            player.fire_bullets_timer += 5.0 * stretch;
            ready(player);
        },
        .speed => player.speed_bonus_timer += amount * stretch,
        .shield => player.shield_timer += amount * stretch,
        .energizer => timers.energizer += 8.0 * stretch,
        .double_experience => timers.double_experience += 6.0 * stretch,
        .freeze => {
            timers.freeze += amount * stretch;
            shatter_corpses(world);
            effects.ring(world);
        },
        .shock_chain => start_chain(world, player, bonus.pos),
        .fireblast => blast(world, player, bonus.pos),
        .nuke => explode(world, player, bonus.pos),
    }
    if (bonus.id != .nuke) effects.burst_of_pickup(world);
}

fn refill(player: *Player) void {
    player.weapon.ammo = @floatFromInt(player.weapon.clip_size);
    player.weapon.reload_timer = 0.0;
}

fn ready(player: *Player) void {
    refill(player);
    player.weapon.shot_cooldown = 0.0;
}

/// Freeze breaks every corpse that is left.
fn shatter_corpses(world: *World) void {
    const pool = &world.creatures;
    for (0..creatures.capacity) |slot| {
        if (!pool.active[slot] or pool.hp[slot] > 0.0) continue;
        for (0..8) |_| {
            world.rng.skip(.bonus_apply_freeze_shard_angle);
            effects.throw_shard(world);
        }
        world.rng.skip(.bonus_apply_freeze_shatter_angle);
        effects.shatter(world);
        pool.active[slot] = false;
    }
}

const chain_links = 32;

fn start_chain(world: *World, player: *const Player, pos: Vec2) void {
    const target = world.creatures.find_nearest(&world.settings, pos, .{ .alive = true }) orelse return;
    world.scripted_burst = true;
    world.shock_chain_links_left = chain_links;
    world.shock_chain_projectile = @intCast(projectiles.spawn(world, .{
        .pos = pos,
        .angle = projectiles.chain_angle(float.subtract(world.creatures.pos[target], pos)),
        .kind = .ion_rifle,
        .owner = projectiles.owner_of(world, player),
        .shooter = @intCast(player.index),
    }));
    world.scripted_burst = false;
}

/// Fireblast: plasma all around.
fn blast(world: *World, player: *const Player, pos: Vec2) void {
    world.scripted_burst = true;
    for (0..16) |index| {
        _ = projectiles.spawn(world, .{
            .pos = pos,
            .angle = float.from_int(@as(u8, @intCast(index))) * 0.39269909,
            .kind = .plasma_rifle,
            .owner = projectiles.owner_of(world, player),
            .shooter = @intCast(player.index),
        });
    }
    world.scripted_burst = false;
}

/// The nuke: bullets and shells fly, the camera shakes, and everything near is hurt.
fn explode(world: *World, player: *const Player, pos: Vec2) void {
    world.camera_shake.pulses = 20;
    world.camera_shake.timer = 0.2;
    const shot: projectiles.Shot = .{
        .pos = pos,
        .angle = 0.0,
        .kind = .pistol,
        .owner = projectiles.owner_local_player,
        .shooter = @intCast(player.index),
    };
    const bullets = world.rng.draw(.bonus_apply_nuke_bullet_count) & 3;
    for (0..bullets + 4) |_| {
        const slot = spread(world, shot, .bonus_apply_nuke_pistol_angle);
        const speed = float.from_int(world.rng.draw(.bonus_apply_nuke_pistol_speed_scale) % 50) * 0.01 + 0.5;
        world.projectiles.speed_scale[slot] *= speed;
    }
    for ([_]Caller{ .bonus_apply_nuke_gauss_angle_1, .bonus_apply_nuke_gauss_angle_2 }) |caller| {
        var shell = shot;
        shell.kind = .gauss_gun;
        _ = spread(world, shell, caller);
    }
    effects.explode(world);
    hurt_around(world, pos, 256.0, .towards_blast);
}

fn spread(world: *World, shot: projectiles.Shot, caller: Caller) usize {
    var turned = shot;
    turned.angle = float.from_int(world.rng.draw(caller) % 628) * 0.01;
    return projectiles.spawn(world, turned);
}

/// Five points of damage for each unit within `radius`, for corpses too, which shrink faster. Such kills drop nothing.
/// Rules 2 can turn who dies towards the middle.
pub fn hurt_around(world: *World, pos: Vec2, radius: f32, facing: enum { as_it_was, towards_blast }) void {
    const pool = &world.creatures;
    world.scripted_burst = true;
    for (0..creatures.capacity) |slot| {
        if (!pool.active[slot]) continue;
        const away = float.subtract(pool.pos[slot], pos);
        if (@abs(away.x) > radius or @abs(away.y) > radius) continue;
        const force = radius - float.length(away);
        if (!(force > 0.0)) continue;
        const was_alive = pool.hp[slot] > 0.0;
        damage.hit_creature(world, slot, force * 5.0, .explosion, float.origin);
        const died = was_alive and pool.hp[slot] <= 0.0;
        if (died and facing == .towards_blast and world.settings.mended()) damage.face(pool, slot, away);
    }
    world.scripted_burst = false;
}
