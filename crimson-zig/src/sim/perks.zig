//! Perks: which there are, who may choose which, and the menu. The original keeps them in player one's struct, and asks
//! there whoever profits.

const std = @import("std");
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

    pub fn count(owned: *const Counts, perk: PerkId) i32 {
        return owned.counts[@backingInt(perk)];
    }

    pub fn set(owned: *Counts, perk: PerkId, number: i32) void {
        owned.counts[@backingInt(perk)] = number;
    }
};

/// Evil Eyes: whether a player's gaze keeps a creature where it is.
pub fn stares_down(world: *World, slot: usize) bool {
    if (!world.perks.has(.evil_eyes)) return false;
    for (world.seats()) |*player| {
        if (player.stares and player.evil_eyes_target == slot) return true;
    }
    return false;
}

/// Perks 1 to 57 are drawn; the first one is none.
const drawn_count = 57;

const Facts = struct {
    in_quests: bool = true,
    with_others: bool = true,
    /// Whether one can have it several times.
    stacks: bool = false,
    needs: ?PerkId = null,
};

/// `perk_meta_table`: what is not as usual.
fn facts_of(perk: PerkId) Facts {
    return switch (perk) {
        .instant_winner => .{ .stacks = true },
        .fatal_lottery => .{ .stacks = true, .in_quests = false, .with_others = false },
        .random_weapon => .{ .stacks = true, .with_others = false },
        .alternate_weapon => .{ .with_others = false },
        .grim_deal, .final_revenge, .highlander => .{ .in_quests = false, .with_others = false },
        .breathing_room => .{ .in_quests = false },
        .toxic_avenger => .{ .needs = .veins_of_poison },
        .ninja => .{ .needs = .dodger },
        .perk_master => .{ .needs = .perk_expert },
        .greater_regeneration => .{ .needs = .regeneration },
        else => .{},
    };
}

/// `perk_can_offer`, 0x0042fb10.
fn offered(world: *const World, perk: PerkId) bool {
    if (!world.availability.perks[@backingInt(perk)]) return false;
    if (world.settings.hardcore and world.settings.quest.is(2, 10) and poisonous(perk)) return false;
    const facts = facts_of(perk);
    if (world.settings.mode == .quests and !facts.in_quests) return false;
    if (world.settings.player_count > 1 and !facts.with_others) return false;
    return if (facts.needs) |needed| world.perks.has(needed) else true;
}

/// What would kill hardcore 2.10's splitters too easily.
fn poisonous(perk: PerkId) bool {
    return switch (perk) {
        .poison_bullets, .veins_of_poison, .plaguebearer => true,
        else => false,
    };
}

/// Who has the Death Clock ticking is not offered what plays with health.
fn blocked_by_death_clock(perk: PerkId) bool {
    return switch (perk) {
        .jinxed,
        .breathing_room,
        .grim_deal,
        .highlander,
        .fatal_lottery,
        .ammunition_within,
        .infernal_contract,
        .regeneration,
        .greater_regeneration,
        .thick_skinned,
        .bandage,
        => true,
        else => false,
    };
}

/// Perks that are turned down now and then.
fn rare(perk: PerkId) bool {
    return switch (perk) {
        .jinxed, .ammunition_within, .anxious_loader, .monster_vision => true,
        else => false,
    };
}

pub const choices_max = 7;

/// The perk menu: the choices are kept until a pick makes them stale.
pub const Menu = struct {
    pending_count: i32 = 0,
    choices: [choices_max]PerkId = @splat(.antiperk),
    stale: bool = true,
    /// Whether it opened in the last tick, so that one pick may come before the next.
    open: bool = false,

    /// Draws choices if there are none.
    pub fn prepare(menu: *Menu, world: *World) void {
        if (!menu.stale) return;
        menu.choices = draw_choices(world);
        menu.stale = false;
    }

    /// What a choice of the menu stands for, if it is shown.
    pub fn chosen(menu: *const Menu, world: *const World, index: usize) ?PerkId {
        const shown: usize = if (world.perks.has(.perk_master)) 7 else if (world.perks.has(.perk_expert)) 6 else 5;
        return if (index < shown) menu.choices[index] else null;
    }
};

/// `perks_generate_choices`: always seven, however many are shown.
fn draw_choices(world: *World) [choices_max]PerkId {
    const pyromaniac = pyromaniac_allowed(world);
    var choices: [choices_max]PerkId = @splat(.antiperk);
    // Quest 3.4 has hidden creatures, and what shows them comes first.
    const sees = !world.settings.quest.is(3, 4) or world.perks.has(.monster_vision);
    if (!sees) choices[0] = .monster_vision;
    for (@intFromBool(!sees)..choices_max) |position| {
        choices[position] = draw_choice(world, choices[0..position], pyromaniac);
    }
    return if (world.settings.mode == .tutorial) tutorial_choices else choices;
}

/// The tutorial draws as everyone does, and then offers what is easy to understand.
const tutorial_choices = [choices_max]PerkId{
    .sharpshooter,
    .long_distance_runner,
    .evil_eyes,
    .radioactive,
    .fastshot,
    .fastshot,
    .fastshot,
};

/// After so many attempts what stacks is taken twice, and after more, anything.
const patience = 10_000;
const patience_lost = 29_999;

fn draw_choice(world: *World, before: []const PerkId, pyromaniac: bool) PerkId {
    const death_clock = world.perks.has(.death_clock);
    var attempts: u32 = 0;
    while (true) {
        attempts += 1;
        const perk = draw_offer(world);
        if (perk == .pyromaniac and !pyromaniac) continue;
        if (death_clock and blocked_by_death_clock(perk)) continue;
        if (rare(perk) and world.rng.draw(.perks_generate_choices_rarity_gate) & 3 == 1) continue;
        const stacks = facts_of(perk).stacks;
        if (attempts > patience and stacks) return perk;
        if (std.mem.indexOfScalar(PerkId, before, perk) != null) continue;
        if (stacks or !world.perks.has(perk) or attempts > patience_lost) return perk;
    }
}

/// `perk_select_random`, 0x0042fbd0.
fn draw_offer(world: *World) PerkId {
    for (0..1000) |_| {
        const number: u8 = @intCast(world.rng.draw(.perk_select_random) % drawn_count + 1);
        const perk: PerkId = @fromBackingInt(number);
        if (offered(world, perk)) return perk;
    }
    return .instant_winner;
}

/// Pyromaniac is for flamethrowers. The original looks at player one's weapon.
fn pyromaniac_allowed(world: *World) bool {
    const alone = world.settings.preserve_bugs or world.settings.player_count == 1;
    if (alone) return world.players[0].weapon.id == .flamethrower;
    for (world.seats()) |*player| {
        if (player.health > 0.0 and player.weapon.id == .flamethrower) return true;
    }
    return false;
}

test "every perk that is drawn has a number" {
    for (1..drawn_count + 1) |number| {
        const perk: PerkId = @fromBackingInt(@as(u8, @intCast(number)));
        if (facts_of(perk).needs) |needed| try std.testing.expect(needed != perk);
    }
}
