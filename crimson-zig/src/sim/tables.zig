//! What the original keeps in tables: weapons, creature types, unlocks.

const std = @import("std");
const assert = std.debug.assert;

pub const WeaponId = enum(i32) {
    none = 0,
    pistol = 1,
    assault_rifle = 2,
    shotgun = 3,
    sawed_off_shotgun = 4,
    submachine_gun = 5,
    gauss_gun = 6,
    mean_minigun = 7,
    flamethrower = 8,
    plasma_rifle = 9,
    multi_plasma = 10,
    plasma_minigun = 11,
    rocket_launcher = 12,
    seeker_rockets = 13,
    plasma_shotgun = 14,
    blow_torch = 15,
    hr_flamer = 16,
    mini_rocket_swarmers = 17,
    rocket_minigun = 18,
    pulse_gun = 19,
    jackhammer = 20,
    ion_rifle = 21,
    ion_minigun = 22,
    ion_cannon = 23,
    shrinkifier_5k = 24,
    blade_gun = 25,
    spider_plasma = 26,
    evil_scythe = 27,
    plasma_cannon = 28,
    splitter_gun = 29,
    gauss_shotgun = 30,
    ion_shotgun = 31,
    flameburst = 32,
    raygun = 33,
    unused_34 = 34,
    unused_35 = 35,
    unused_36 = 36,
    unused_37 = 37,
    unused_38 = 38,
    unused_39 = 39,
    unused_40 = 40,
    plague_spreader_gun = 41,
    bubblegun = 42,
    rainbow_gun = 43,
    grim_weapon = 44,
    fire_bullets = 45,
    unused_46 = 46,
    unused_47 = 47,
    unused_48 = 48,
    unused_49 = 49,
    transmutator = 50,
    blaster_r_300 = 51,
    lightning_rifle = 52,
    nuke_launcher = 53,
};

pub const Weapon = struct {
    clip_size: i32,
    /// Seconds between two shots, and of a reload.
    shot_cooldown: f32,
    reload_time: f32,
    /// What a shot adds to the spread and to the muzzle flash.
    spread_heat: f32,
    /// How many sounds a shot picks one of.
    fire_sounds: u8,
    /// Whether a hit sounds like electricity, which has one sound only.
    electric: bool,
    casings: bool,
    /// Whether it burns fuel, which is cheap.
    fuel: bool,
    /// Steps of a projectile of this type in a tick.
    projectile_speed: u8,
    damage_scale: f32,
    pellets: u8,
};

const weapon_count = blk: {
    var most = 0;
    for (std.enums.values(WeaponId)) |id| most = @max(most, @backingInt(id));
    break :blk most + 1;
};
/// The original's table of what may be handed out ends before the last weapons.
pub const weapon_available_count = 54;

/// The facts of a weapon, or of a projectile type, which is a weapon's id.
pub fn weapon_of(id: WeaponId) *const Weapon {
    assert(known[@intCast(@backingInt(id))]);
    return &weapons[@intCast(@backingInt(id))];
}

/// A type of projectile by its number, which is a weapon's; others throw rockets, flames or bubbles.
pub fn projectile_of(number: i32) ?WeaponId {
    const id = std.enums.fromInt(WeaponId, number) orelse return null;
    return switch (id) {
        .pistol,
        .assault_rifle,
        .shotgun,
        .submachine_gun,
        .gauss_gun,
        .plasma_rifle,
        .plasma_minigun,
        .pulse_gun,
        .ion_rifle,
        .ion_minigun,
        .ion_cannon,
        .shrinkifier_5k,
        .blade_gun,
        .spider_plasma,
        .plasma_cannon,
        .splitter_gun,
        .plague_spreader_gun,
        .rainbow_gun,
        .fire_bullets,
        => id,
        else => null,
    };
}

const Entry = struct { id: WeaponId, weapon: Weapon };

// zig fmt: off
const entries = [_]Entry{
    weapon(.pistol, 12, 0.7117, 1.2, 0.22, 1, false, true, 55, 4.1, 1),
    weapon(.assault_rifle, 25, 0.117, 1.2, 0.09, 1, false, true, 50, 1.0, 1),
    weapon(.shotgun, 12, 0.85, 1.9, 0.27, 1, false, true, 60, 1.2, 12),
    weapon(.sawed_off_shotgun, 12, 0.87, 1.9, 0.13, 1, false, true, 45, 1.0, 12),
    weapon(.submachine_gun, 30, 0.088117, 1.2, 0.082, 1, false, true, 45, 1.0, 1),
    weapon(.gauss_gun, 6, 0.6, 1.6, 0.42, 1, false, true, 215, 1.0, 1),
    weapon(.mean_minigun, 120, 0.09, 4.0, 0.062, 1, false, true, 45, 1.0, 1),
    weapon(.flamethrower, 30, 0.008113, 2.0, 0.015, 2, false, false, 45, 1.0, 1),
    weapon(.plasma_rifle, 20, 0.2908117, 1.2, 0.182, 1, false, false, 30, 5.0, 1),
    weapon(.multi_plasma, 8, 0.6208117, 1.4, 0.32, 1, false, false, 45, 1.0, 3),
    weapon(.plasma_minigun, 30, 0.11, 1.3, 0.097, 1, false, false, 35, 2.1, 1),
    weapon(.rocket_launcher, 5, 0.7408117, 1.2, 0.42, 1, false, false, 45, 1.0, 1),
    weapon(.seeker_rockets, 8, 0.3108117, 1.2, 0.32, 1, false, false, 45, 1.0, 1),
    weapon(.plasma_shotgun, 8, 0.48, 3.1, 0.11, 1, false, false, 45, 1.0, 14),
    weapon(.blow_torch, 30, 0.006113, 1.5, 0.01, 2, false, false, 45, 1.0, 1),
    weapon(.hr_flamer, 30, 0.0085, 1.8, 0.01, 2, false, false, 45, 1.0, 1),
    weapon(.mini_rocket_swarmers, 5, 1.8, 1.8, 0.12, 1, false, false, 45, 1.0, 1),
    weapon(.rocket_minigun, 16, 0.12, 1.8, 0.12, 1, false, false, 45, 1.0, 1),
    weapon(.pulse_gun, 16, 0.1, 0.1, 0.0, 1, false, false, 20, 1.0, 1),
    weapon(.jackhammer, 16, 0.14, 3.0, 0.16, 1, false, true, 45, 1.0, 4),
    weapon(.ion_rifle, 8, 0.4, 1.35, 0.112, 1, true, false, 15, 3.0, 1),
    weapon(.ion_minigun, 20, 0.1, 1.8, 0.09, 1, true, false, 20, 1.4, 1),
    weapon(.ion_cannon, 3, 1.0, 3.0, 0.68, 1, true, false, 10, 16.7, 1),
    weapon(.shrinkifier_5k, 8, 0.21, 1.22, 0.04, 1, false, false, 45, 0.0, 1),
    weapon(.blade_gun, 6, 0.35, 3.5, 0.04, 1, false, false, 20, 11.0, 1),
    weapon(.spider_plasma, 5, 0.2, 1.2, 0.04, 1, false, false, 10, 0.5, 1),
    weapon(.evil_scythe, 3, 1.0, 3.0, 0.68, 1, true, false, 45, 1.0, 1),
    weapon(.plasma_cannon, 3, 0.9, 2.7, 0.6, 1, false, false, 10, 28.0, 1),
    weapon(.splitter_gun, 6, 0.7, 2.2, 0.28, 1, false, false, 30, 6.0, 1),
    weapon(.gauss_shotgun, 4, 1.05, 2.1, 0.27, 1, false, true, 45, 1.0, 1),
    weapon(.ion_shotgun, 10, 0.85, 1.9, 0.27, 1, true, true, 45, 1.0, 8),
    weapon(.flameburst, 60, 0.02, 3.0, 0.18, 1, true, false, 45, 1.0, 1),
    weapon(.raygun, 12, 0.7, 2.0, 0.38, 1, true, false, 45, 1.0, 1),
    weapon(.plague_spreader_gun, 5, 0.2, 1.2, 0.04, 1, false, false, 15, 0.0, 1),
    weapon(.bubblegun, 15, 0.1613, 1.2, 0.05, 1, false, false, 45, 1.0, 1),
    weapon(.rainbow_gun, 10, 0.2, 1.2, 0.09, 1, false, false, 10, 1.0, 1),
    weapon(.grim_weapon, 3, 0.5, 1.2, 0.4, 1, false, false, 45, 1.0, 1),
    weapon(.fire_bullets, 112, 0.14, 1.2, 0.22, 1, false, true, 60, 0.25, 1),
    weapon(.transmutator, 50, 0.04, 5.0, 0.04, 1, false, true, 45, 1.0, 1),
    weapon(.blaster_r_300, 20, 0.08, 2.0, 0.05, 1, false, true, 45, 1.0, 1),
    weapon(.lightning_rifle, 500, 4.0, 8.0, 1.0, 1, false, false, 45, 1.0, 1),
    weapon(.nuke_launcher, 1, 4.0, 8.0, 1.0, 1, false, false, 45, 1.0, 1),
};
// zig fmt: on

const weapons: [weapon_count]Weapon = blk: {
    var table: [weapon_count]Weapon = undefined;
    for (entries) |entry| table[@backingInt(entry.id)] = entry.weapon;
    break :blk table;
};

const known: [weapon_count]bool = blk: {
    var table: [weapon_count]bool = @splat(false);
    for (entries) |entry| table[@backingInt(entry.id)] = true;
    break :blk table;
};

fn weapon(
    id: WeaponId,
    clip_size: i32,
    shot_cooldown: f32,
    reload_time: f32,
    spread_heat: f32,
    fire_sounds: u8,
    electric: bool,
    casings: bool,
    projectile_speed: u8,
    damage_scale: f32,
    pellets: u8,
) Entry {
    return .{ .id = id, .weapon = .{
        .clip_size = clip_size,
        .shot_cooldown = shot_cooldown,
        .reload_time = reload_time,
        .spread_heat = spread_heat,
        .fire_sounds = fire_sounds,
        .electric = electric,
        .casings = casings,
        .fuel = switch (id) {
            .flamethrower, .blow_torch, .hr_flamer => true,
            else => false,
        },
        .projectile_speed = projectile_speed,
        .damage_scale = damage_scale,
        .pellets = pellets,
    } };
}

pub const CreatureType = enum(i32) {
    zombie = 0,
    lizard = 1,
    alien = 2,
    spider = 3,
    spider_small = 4,
    trooper = 5,

    /// Frames of animation for a step.
    pub fn animation_rate(kind: CreatureType) f32 {
        return switch (kind) {
            .zombie => 1.2,
            .lizard => 1.6,
            .alien => 1.35,
            .spider, .spider_small => 1.5,
            .trooper => 1.0,
        };
    }

    /// Whether a bite has a sound, and so a draw.
    pub fn bites_aloud(kind: CreatureType) bool {
        return kind != .trooper;
    }
};

/// What winning a quest makes available.
pub const Unlock = union(enum) { nothing, weapon: WeaponId, perk: u8 };

/// In the order of the quests, 1.1 to 5.10.
pub const unlocks = [_]Unlock{
    .{ .weapon = .assault_rifle },
    .{ .weapon = .shotgun },
    .{ .perk = 28 },
    .{ .weapon = .flamethrower },
    .{ .perk = 29 },
    .{ .weapon = .submachine_gun },
    .{ .perk = 30 },
    .{ .weapon = .gauss_gun },
    .{ .perk = 31 },
    .{ .weapon = .rocket_launcher },
    .{ .perk = 32 },
    .{ .weapon = .plasma_rifle },
    .{ .perk = 33 },
    .{ .weapon = .ion_rifle },
    .{ .perk = 34 },
    .{ .weapon = .mean_minigun },
    .{ .perk = 35 },
    .{ .weapon = .sawed_off_shotgun },
    .{ .perk = 36 },
    .{ .weapon = .plasma_minigun },
    .{ .perk = 37 },
    .{ .weapon = .multi_plasma },
    .{ .perk = 38 },
    .{ .weapon = .seeker_rockets },
    .{ .perk = 39 },
    .{ .weapon = .blow_torch },
    .{ .perk = 40 },
    .{ .weapon = .rocket_minigun },
    .{ .perk = 41 },
    .{ .weapon = .jackhammer },
    .{ .perk = 42 },
    .{ .weapon = .pulse_gun },
    .{ .perk = 43 },
    .{ .weapon = .plasma_shotgun },
    .{ .perk = 44 },
    .{ .weapon = .mini_rocket_swarmers },
    .{ .perk = 45 },
    .{ .weapon = .ion_minigun },
    .{ .perk = 46 },
    .{ .weapon = .ion_cannon },
    .{ .weapon = .ion_shotgun },
    .{ .perk = 47 },
    .{ .perk = 48 },
    .{ .weapon = .gauss_shotgun },
    .{ .perk = 49 },
    .{ .perk = 50 },
    .nothing,
    .{ .perk = 51 },
    .{ .perk = 52 },
    .{ .weapon = .plasma_cannon },
};

pub const perk_count = 128;

/// Perks 1 to 27, and four more, need no unlocking; perk 0 is none.
pub fn perk_always_available(perk: usize) bool {
    return (perk >= 1 and perk <= 27) or (perk >= 53 and perk <= 56);
}

/// Bonuses 1 to 14 can be dropped; 0 is none.
pub const bonus_count = 15;
