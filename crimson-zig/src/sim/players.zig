//! Players: their state, and their tick.

const std = @import("std");
const aiming = @import("player_aim.zig");
const effects = @import("effects.zig");
const firing = @import("player_fire.zig");
const float = @import("float.zig");
const movement = @import("player_move.zig");
const player_perks = @import("player_perks.zig");
const tables = @import("tables.zig");
const weapons = @import("weapons.zig");
const Input = @import("settings.zig").Input;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;
const arena_size = @import("world.zig").arena_size;

pub const Weapon = struct {
    id: tables.WeaponId,
    clip_size: i32,
    ammo: f32,
    reload_active: bool,
    reload_timer: f32,
    reload_timer_max: f32,
    shot_cooldown: f32,

    pub const none: Weapon = .{
        .id = .none,
        .clip_size = 0,
        .ammo = 0.0,
        .reload_active = false,
        .reload_timer = 0.0,
        .reload_timer_max = 0.0,
        .shot_cooldown = 0.0,
    };
};

/// `low_health_timer` until a bite arms it.
const unarmed_timer = 100.0;

/// What a run without perks and bonuses changes, and what it only shows.
pub const Player = struct {
    index: i32,
    pos: Vec2,
    health: f32,
    size: f32,
    speed_multiplier: f32,
    move_speed: f32,
    move_phase: f32,
    heading: f32,
    turn_speed: f32,
    death_timer: f32,
    low_health_timer: f32,
    aim: Vec2,
    aim_heading: f32,
    auto_target: i32,
    weapon: Weapon,
    alt_weapon: Weapon,
    /// Alternate Weapon's, with rules 2.
    swap_cooldown_ms: i32,
    spread_heat: f32,
    /// The rewrite adds to it in f64 and rounds it a tick later.
    muzzle_flash_alpha: f64,
    experience: i32,
    level: i32,
    plaguebearer_active: bool,
    hot_tempered_timer: f32,
    man_bomb_timer: f32,
    living_fortress_timer: f32,
    fire_cough_timer: f32,
    /// With rules 2.
    intervals: player_perks.Intervals,
    speed_bonus_timer: f32,
    shield_timer: f32,
    fire_bullets_timer: f32,
    /// Slots of creatures that the player looks at, or -1.
    doctor_target: i32,
    evil_eyes_target: i32,
    /// Whether the gaze of Evil Eyes holds for this frame.
    stares: bool,
    /// The slot of a bonus that the player aims at, or -1, and for how long.
    bonus_hover_index: i32,
    bonus_hover_timer_ms: f32,

    /// A player that no run has reset yet.
    pub const dormant: Player = .{
        .index = 1,
        .pos = float.origin,
        .health = 100.0,
        .size = 48.0,
        .speed_multiplier = 2.0,
        .move_speed = 0.0,
        .move_phase = 0.0,
        .heading = 0.0,
        .turn_speed = 1.0,
        .death_timer = 16.0,
        .low_health_timer = unarmed_timer,
        .aim = float.origin,
        .aim_heading = 0.0,
        .auto_target = -1,
        .weapon = blk: {
            var weapon = Weapon.none;
            weapon.id = .pistol;
            break :blk weapon;
        },
        .alt_weapon = .none,
        .swap_cooldown_ms = 0,
        .spread_heat = 0.01,
        .muzzle_flash_alpha = 0.0,
        .experience = 0,
        .level = 1,
        .plaguebearer_active = false,
        .hot_tempered_timer = 0.0,
        .man_bomb_timer = 0.0,
        .living_fortress_timer = 0.0,
        .fire_cough_timer = 0.0,
        .intervals = .{},
        .speed_bonus_timer = 0.0,
        .shield_timer = 0.0,
        .fire_bullets_timer = 0.0,
        .doctor_target = -1,
        .evil_eyes_target = -1,
        .stares = false,
        .bonus_hover_index = -1,
        .bonus_hover_timer_ms = 0.0,
    };

    /// `player_reset_all`: players stand on a diagonal; the pistol is not the table's.
    pub fn reset(player: *Player, index: i32) void {
        const offset = float.from_int(if (@mod(index, 2) == 0) index * 80 else index * -80);
        player.* = .dormant;
        player.index = index;
        player.pos = .{ .x = arena_size / 2.0 + offset, .y = arena_size / 2.0 + offset };
        player.auto_target = 0;
        player.spread_heat = 0.0;
        player.weapon.clip_size = 10;
        player.weapon.ammo = 10.0;
        player.weapon.reload_timer_max = 1.0;
        player.weapon.shot_cooldown = 0.8;
        player.alt_weapon.id = .pistol;
        player.alt_weapon.clip_size = 12;
        player.alt_weapon.ammo = 12.0;
        player.alt_weapon.reload_timer_max = 1.2;
    }
};

/// `player_update`, 0x004136b0.
pub fn update(world: *World, player: *Player, input: *const Input, any_reload_key: bool) void {
    if (player.health <= 0.0) {
        player.death_timer -= world.dt * 20.0;
        return;
    }
    bleed(world, player);
    const flash_step: f64 = world.dt * 2.0;
    player.muzzle_flash_alpha = @max(0.0, @as(f32, @floatCast(player.muzzle_flash_alpha - flash_step)));
    const cooling: f32 = if (world.bonuses.weapon_power_up > 0.0) 1.5 else 1.0;
    player.weapon.shot_cooldown = @max(0.0, player.weapon.shot_cooldown - world.dt * cooling);

    player_perks.tick(world, player);
    if (input.move_scheme == .computer or input.aim_scheme == .computer) aiming.choose_target(world, player);
    const dt_ms = float.milliseconds(world.dt);
    const before = player.pos;
    walk(world, player, input);
    tick_reload(world, player, input, float.equal(player.pos, before));
    const fires_itself = aiming.aim(world, player, input);
    player.spread_heat = if (world.perks.has(.sharpshooter))
        0.02
    else
        @max(0.01, player.spread_heat - world.dt * 0.4);
    const gate = ready_to_fire(world, player);
    if (world.perks.has(.alternate_weapon)) {
        weapons.tick_swap(world, player, reload_key(input), any_reload_key, dt_ms);
        const again = if (world.settings.mended()) ready_to_fire(world, player) else gate;
        firing.fire(world, player, input, fires_itself, again);
    } else {
        firing.fire(world, player, input, fires_itself, gate);
    }

    const phases = 14.0;
    while (player.move_phase > phases) player.move_phase -= phases;
    while (player.move_phase < 0.0) player.move_phase += phases;
    const border = @max(0.0, player.size * 0.5);
    player.pos.x = std.math.clamp(player.pos.x, border, arena_size - border);
    player.pos.y = std.math.clamp(player.pos.y, border, arena_size - border);
    player.muzzle_flash_alpha = @min(player.muzzle_flash_alpha, 0.8);
}

/// A Reflex Boost slows players down less than the rest. The frame's time is scaled for their steps, and scaled back,
/// which leaves it a bit different.
fn walk(world: *World, player: *Player, input: *const Input) void {
    if (!world.time_scale_active) return movement.move(world, player, input, world.dt);
    const factor = world.time_scale_factor();
    const dt = @as(f32, 0.6) / factor * world.dt;
    movement.move(world, player, input, dt);
    world.dt = factor * dt * 1.6666666;
}

/// Whoever is ready to fire is through with reloading.
fn ready_to_fire(world: *const World, player: *Player) firing.Gate {
    const gate: firing.Gate = .of(world, player);
    if (gate.ready) player.weapon.reload_active = false;
    return gate;
}

pub fn reload_key(input: *const Input) bool {
    return input.reload_down or input.reload_pressed;
}

/// With little health left, and once a bite has armed the timer, blood drips every second.
fn bleed(world: *World, player: *Player) void {
    if (player.low_health_timer == unarmed_timer or player.health >= 20.0) return;
    player.low_health_timer -= world.dt;
    if (!(player.low_health_timer < 0.0)) return;
    for (0..3) |_| effects.splatter_blood(world);
    world.rng.skip(.player_update_bleed_drip);
    player.low_health_timer = 1.0;
}

fn tick_reload(world: *World, player: *Player, input: *const Input, stands: bool) void {
    const weapon = &player.weapon;
    const settings = &world.settings;
    if (!stands) player_perks.disturb(player);
    if (world.perks.has(.anxious_loader) and input.fire_pressed and weapon.reload_timer > 0.0) {
        weapon.reload_timer -= 0.05;
        if (weapon.reload_timer <= 0.0) weapon.reload_timer = world.dt * 0.8;
    }
    const step = if (stands and world.perks.has(.stationary_reloader)) world.dt * 3.0 else world.dt;
    // The original fills the clip by the plain step, and so not at all if a longer one ends the reload.
    const left = weapon.reload_timer - if (settings.preserve_bugs) world.dt else step;
    const completes = if (settings.mended()) left <= 0.0 else left < 0.0;
    if (weapon.reload_timer > 0.0 and completes) weapon.ammo = @floatFromInt(weapon.clip_size);
    if (weapon.reload_timer > 0.0) {
        const half = weapon.reload_timer_max * 0.5;
        const may_anger = weapon.reload_timer_max > 0.5 and half < weapon.reload_timer;
        weapon.reload_timer -= step;
        if (may_anger and weapon.reload_timer <= half and world.perks.has(.angry_reloader)) {
            player_perks.burst_in_anger(world, player);
        }
    }
    if (weapon.reload_timer < 0.0) weapon.reload_timer = 0.0;

    // The original takes the key with one player only.
    const key_taken = settings.player_count == 1 or (!settings.preserve_bugs and !settings.legacy_coop_reload);
    const swaps = world.perks.has(.alternate_weapon);
    if (key_taken and reload_key(input) and !swaps and input.move_scheme != .mouse_point_click and weapon.reload_timer == 0.0) {
        weapons.start_reload(world, player);
    }
}
