//! Perks: the original keeps them in player one's struct, and asks there whoever profits.

const tables = @import("tables.zig");
const World = @import("world.zig").World;

pub const PerkId = enum(u8) {
    antiperk = 0,
    bloody_mess_quick_learner = 1,
    sharpshooter = 2,
    fastloader = 3,
    lean_mean_exp_machine = 4,
    long_distance_runner = 5,
    pyrokinetic = 6,
    instant_winner = 7,
    grim_deal = 8,
    alternate_weapon = 9,
    plaguebearer = 10,
    evil_eyes = 11,
    ammo_maniac = 12,
    radioactive = 13,
    fastshot = 14,
    fatal_lottery = 15,
    random_weapon = 16,
    mr_melee = 17,
    anxious_loader = 18,
    final_revenge = 19,
    telekinetic = 20,
    perk_expert = 21,
    unstoppable = 22,
    regression_bullets = 23,
    infernal_contract = 24,
    poison_bullets = 25,
    dodger = 26,
    bonus_magnet = 27,
    uranium_filled_bullets = 28,
    doctor = 29,
    monster_vision = 30,
    hot_tempered = 31,
    bonus_economist = 32,
    thick_skinned = 33,
    barrel_greaser = 34,
    ammunition_within = 35,
    veins_of_poison = 36,
    toxic_avenger = 37,
    regeneration = 38,
    pyromaniac = 39,
    ninja = 40,
    highlander = 41,
    jinxed = 42,
    perk_master = 43,
    reflex_boosted = 44,
    greater_regeneration = 45,
    breathing_room = 46,
    death_clock = 47,
    my_favourite_weapon = 48,
    bandage = 49,
    angry_reloader = 50,
    ion_gun_master = 51,
    stationary_reloader = 52,
    man_bomb = 53,
    fire_caugh = 54,
    living_fortress = 55,
    tough_reloader = 56,
    lifeline_50_50 = 57,
};

pub const Counts = struct {
    counts: [tables.perk_count]i32,

    pub const none: Counts = .{ .counts = @splat(0) };

    pub fn has(owned: *const Counts, perk: PerkId) bool {
        return owned.counts[@backingInt(perk)] > 0;
    }
};

/// Evil Eyes: whether a player's gaze keeps a creature where it is.
pub fn stares_down(world: *World, slot: usize) bool {
    _ = slot;
    if (world.perks.has(.evil_eyes)) world.lack("the perk Evil Eyes");
    return false;
}
