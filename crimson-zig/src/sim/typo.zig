//! Typ-o: what is typed is shot at, and a word ends a creature.
//!
//! The original gives it a frame of its own, which has neither bonuses nor levels. So what `World.step` does about them
//! finds nothing to do here, and what is left of that frame is what this file has.

const std = @import("std");
const birth_tint = @import("birth_tint.zig");
const creatures = @import("creatures.zig");
const firing = @import("player_fire.zig");
const float = @import("float.zig");
const projectiles = @import("projectiles.zig");
const tables = @import("tables.zig");
const weapons = @import("weapons.zig");
const CreatureType = tables.CreatureType;
const Names = @import("typo_names.zig").Names;
const Player = @import("players.zig").Player;
const Rgba = @import("../schema.zig").Rgba;
const TypoStart = @import("settings.zig").TypoStart;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;
const arena_size = @import("world.zig").arena_size;

pub const Key = union(enum) { character: u21, backspace, enter };

/// The line that is being typed.
const Typing = struct {
    bytes: [characters_max * character_bytes_max]u8 = undefined,
    length: usize = 0,
    characters: usize = 0,

    const characters_max = 17;
    /// In UTF-8.
    const character_bytes_max = 4;

    pub fn text(typing: *const Typing) []const u8 {
        return typing.bytes[0..typing.length];
    }

    fn push(typing: *Typing, character: u21) void {
        if (typing.characters == characters_max) return;
        // A replay's texts are valid, and so have no characters that cannot be encoded.
        typing.length += std.unicode.utf8Encode(character, typing.bytes[typing.length..]) catch unreachable;
        typing.characters += 1;
    }

    fn pop(typing: *Typing) void {
        if (typing.characters == 0) return;
        typing.characters -= 1;
        typing.length -= 1;
        while (typing.bytes[typing.length] & 0xC0 == 0x80) typing.length -= 1;
    }
};

pub const Shooter = struct {
    typing: Typing = .{},
    names: Names,
    /// Entered lines, and those of them that were names; they count on from run to run. A trace holds less than these.
    submit_count: u32,
    match_count: u32,
    spawn_cooldown_ms: i32 = 0,
    /// Where the creature was whose name was typed last.
    target: Vec2,
    /// What the lines of this frame ask for.
    fires: bool = false,
    reloads: bool = false,

    pub fn start(from: *const TypoStart) Shooter {
        return .{
            .names = .{ .highscore_names_loaded = from.highscore_names_loaded },
            .submit_count = @intCast(from.submit_count),
            .match_count = @intCast(from.match_count),
            // The first run of all begins with a point at the player's right hand.
            .target = from.target orelse .{ .x = arena_size / 2.0 + 128.0, .y = arena_size / 2.0 },
        };
    }

    pub fn counts_fit(shooter: *const Shooter) bool {
        return shooter.submit_count <= std.math.maxInt(i32);
    }

    /// A key, as the tick begins.
    pub fn press(shooter: *Shooter, world: *World, key: Key) void {
        switch (key) {
            .character => |character| {
                shooter.typing.push(character);
                world.rng.skip(.typo_gameplay_typeclick_char);
            },
            .backspace => {
                shooter.typing.pop();
                world.rng.skip(.typo_gameplay_typeclick_backspace);
            },
            .enter => shooter.enter(world),
        }
    }

    fn enter(shooter: *Shooter, world: *World) void {
        const entered = shooter.typing.text();
        if (entered.len == 0) return;
        shooter.submit_count += 1;
        if (shooter.names.find(&world.creatures, entered)) |slot| {
            shooter.match_count += 1;
            shooter.fires = true;
            shooter.target = world.creatures.pos[slot];
        } else if (std.mem.eql(u8, entered, "reload")) {
            shooter.reloads = true;
        }
        shooter.typing = .{};
    }

    /// `typo_player_update`, 0x00444980: the weapon is always ready, but in the frame in which it is reloaded.
    pub fn take_turn(shooter: *Shooter, world: *World, player: *Player) void {
        const fires = shooter.fires;
        const reloads = shooter.reloads;
        shooter.fires = false;
        shooter.reloads = false;
        if (player.health <= 0.0) {
            player.death_timer -= world.dt * 20.0;
            return;
        }
        const flash: f32 = @floatCast(player.muzzle_flash_alpha);
        player.muzzle_flash_alpha = @max(0.0, @as(f32, flash - world.dt * 2.0));
        player.spread_heat = 0.0;
        const weapon = &player.weapon;
        weapon.shot_cooldown = 0.0;
        weapon.ammo = @floatFromInt(weapon.clip_size);
        weapon.reload_timer = 0.0;
        if (reloads) weapons.start_reload(world, player);
        player.aim = shooter.target;
        player.aim_heading = float.angle_add(float.subtract(player.pos, player.aim), -float.half_pi);
        if (weapon.reload_timer != 0.0) return;
        weapon.reload_active = false;
        if (fires) fire(world, player);
    }

    /// The rest of `typo_gameplay_update_and_render`, 0x004457c0: everyone has the shotgun, with the clip of the pistol,
    /// and creatures come from both sides, faster with time.
    pub fn update(shooter: *Shooter, world: *World) void {
        world.players[0].weapon.id = .shotgun;
        world.players[0].weapon.ammo = 30.0;
        shooter.spawn_cooldown_ms -= world.dt_ms;
        while (shooter.spawn_cooldown_ms < 0) {
            const interval = 3500 - @divTrunc(world.elapsed_ms, 800);
            shooter.spawn_cooldown_ms = @max(100, shooter.spawn_cooldown_ms + interval);
            const tint = birth_tint.at(world.elapsed_ms);
            const y = float.cos_mul(float.int_mul(world.elapsed_ms, 0.001), 256.0) + arena_size / 2.0;
            const spider = spawn(world, .{ .x = arena_size + 64.0, .y = y }, tint, .spider_small);
            shooter.names.assign(world, spider);
            const alien = spawn(world, .{ .x = -64.0, .y = y }, tint, .alien);
            shooter.names.assign(world, alien);
        }
    }
};

const pellets: firing.Pellets = .{
    .kind = .shotgun,
    .count = 12,
    .jitter = .player_fire_weapon_shotgun_pellet_jitter,
    .step = 0.0013,
    .speed = .player_fire_weapon_shotgun_pellet_speed_scale,
    .speed_range = 100,
    .speed_least = 1.0,
};

/// The shot of the shotgun, which is in hand from the second tick on; in the first there is nobody to shoot at.
fn fire(world: *World, player: *Player) void {
    world.rng.skip(.player_fire_weapon_discarded_1);
    world.rng.skip(.player_fire_weapon_discarded_2);
    const flash: f32 = @floatCast(@min(1.0, player.muzzle_flash_alpha));
    player.muzzle_flash_alpha = @min(@as(f32, 0.8), flash + tables.weapon_of(.shotgun).spread_heat);

    const barrel: firing.Barrel = .{
        .player = player,
        .owner = projectiles.owner_local_player,
        .muzzle = firing.muzzle_of(player),
        .angle = player.aim_heading,
    };
    barrel.puff(world, float.direction(player.aim_heading, 25.0), 1.0, 0.25);
    // The original stores the sine and the cosine before it scales them here.
    barrel.puff(world, float.scale(float.direction(player.aim_heading, 1.0), 15.0), 2.0, 0.223);
    barrel.scatter(world, &pellets);
    player.spread_heat = @min(2.0, world.dt * 150.0);
}

/// `creature_spawn_tinted`, 0x00444810: it falls at one hit, and so does the player.
fn spawn(world: *World, pos: Vec2, tint: Rgba, kind: CreatureType) usize {
    const pool = &world.creatures;
    const slot = pool.allocate(&world.rng);
    pool.pos[slot] = pos;
    pool.active[slot] = true;
    pool.vel[slot] = float.origin;
    pool.ai_mode[slot] = .chase_player;
    pool.plague_infected[slot] = false;
    pool.dot_tick_timer[slot] = 0.0;
    pool.type_id[slot] = kind;
    pool.force_target[slot] = 0;
    pool.death_timer[slot] = creatures.alive_timer;
    pool.hp[slot] = 1.0;
    pool.max_hp[slot] = 1.0;
    pool.heading[slot] = float.from_int(world.rng.draw(.creature_spawn_tinted_heading) % 314) * 0.01;
    pool.reward_value[slot] = 1.0;
    pool.attack_cooldown[slot] = 0.0;
    pool.contact_damage[slot] = 100.0;
    pool.tint[slot] = tint;
    const size = float.from_int(world.rng.draw(.creature_spawn_tinted_size) % 20 + 47);
    if (kind == .spider_small) {
        pool.flags[slot].stop_and_go = true;
        pool.move_speed[slot] = @as(f32, 1.7) * @as(f32, 1.2);
        pool.size[slot] = size * 0.8;
    } else {
        pool.move_speed[slot] = 1.7;
        pool.size[slot] = size;
    }
    return slot;
}

test "a line has room for its characters, whatever they are" {
    var typing: Typing = .{};
    for (0..Typing.characters_max + 1) |_| typing.push(0x1F600);
    try std.testing.expectEqual(17 * 4, typing.text().len);
    typing.pop();
    try std.testing.expectEqual(16 * 4, typing.text().len);
    typing.push('a');
    typing.pop();
    for (0..20) |_| typing.pop();
    try std.testing.expectEqualStrings("", typing.text());
}
