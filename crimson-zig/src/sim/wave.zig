//! What comes in survival's waves: who it is and how strong grows with player one's experience.

const float = @import("float.zig");
const CreatureType = @import("tables.zig").CreatureType;
const Pool = @import("creatures.zig").Pool;
const Rgba = @import("../schema.zig").Rgba;
const Rng = @import("rng.zig").Rng;
const Vec2 = float.Vec2;
const alive_timer = @import("creatures.zig").alive_timer;

/// `survival_spawn_creature`, 0x00407510.
pub fn spawn(pool: *Pool, rng: *Rng, pos: Vec2, experience: i32) usize {
    const slot = pool.allocate(rng);
    pool.pos[slot] = pos;
    pool.plague_infected[slot] = false;
    pool.dot_tick_timer[slot] = 0.0;
    pool.ai_mode[slot] = .flank_player;
    const kind = draw_kind(rng, experience);
    pool.type_id[slot] = kind;

    const size = float.from_int(rng.draw(.survival_spawn_creature_size) % 20 + 44);
    pool.active[slot] = true;
    pool.force_target[slot] = 0;
    pool.death_timer[slot] = alive_timer;
    pool.size[slot] = size;
    pool.vel[slot] = float.origin;
    pool.heading[slot] = float.from_int(rng.draw(.survival_spawn_creature_heading) % 314) * 0.01;

    var speed = float.from_int(@divFloor(experience, 4000)) * @as(f32, 0.045) + 0.9;
    if (kind == .spider) {
        pool.flags[slot].stop_and_go = true;
        speed *= 1.3;
    }
    const health_roll = float.from_int(rng.draw(.survival_spawn_creature_health) & 0xF);
    var health: f32 = float.int_mul(experience, 0.00125) + health_roll + 52.0;
    if (kind == .zombie) {
        speed = @max(speed * 0.6, 1.3);
        health *= 1.5;
    }
    speed = @min(speed, 3.5);
    pool.move_speed[slot] = speed;
    pool.attack_cooldown[slot] = 0.0;
    // One unit in the last place above 2/21.
    const damage = size * @as(f32, 0.0952381);
    pool.contact_damage[slot] = damage;

    var look: Look = .{ .tint = draw_tint(rng, experience), .hp = health, .size = size, .reward = undefined };
    const bonus = float.from_int(rng.draw(.survival_spawn_creature_reward_bonus) % 10 + 10);
    look.reward = bonus + speed * 5.0 + damage * 0.8 + health * 0.4;
    make_rare(rng, &look);

    pool.hp[slot] = look.hp;
    pool.max_hp[slot] = look.hp;
    pool.size[slot] = look.size;
    pool.reward_value[slot] = look.reward * 0.8;
    pool.tint[slot] = .{
        .r = float.clamp_unit(look.tint.r),
        .g = float.clamp_unit(look.tint.g),
        .b = float.clamp_unit(look.tint.b),
        .a = 1.0,
    };
    return slot;
}

fn draw_kind(rng: *Rng, experience: i32) CreatureType {
    const roll = rng.draw(.survival_spawn_creature_type_roll) % 10;
    const usual: CreatureType = if (experience < 12000)
        (if (roll < 9) .alien else .spider)
    else if (experience < 25000)
        (if (roll < 4) .zombie else if (roll > 8) .alien else .spider)
    else if (experience < 42000)
        (if (roll < 5) .alien else draw_spider(rng))
    else if (experience < 50000)
        .alien
    else if (experience < 90000)
        .spider_small
    else if (experience < 110000)
        .zombie
    else if (roll < 6) .alien else if (roll < 9) .spider_small else .zombie;
    if (rng.draw(.survival_spawn_creature_rare_override) & 0x1F == 2) return .spider;
    return usual;
}

fn draw_spider(rng: *Rng) CreatureType {
    return if (rng.draw(.survival_spawn_creature_parity_pick) & 1 == 0) .spider else .spider_small;
}

fn draw_tint(rng: *Rng, experience: i32) Rgba {
    const red_fade = fade(experience, 1000);
    const green_fade = fade(experience, 10000);
    if (experience < 50000) {
        const green = tint_roll(rng.draw(.survival_spawn_creature_low_tint_g)) + 0.9 - green_fade;
        const blue = tint_roll(rng.draw(.survival_spawn_creature_low_tint_b)) + 0.7;
        return .{ .r = 1.0 - red_fade, .g = green, .b = blue, .a = 1.0 };
    }
    if (experience < 100000) {
        const green = tint_roll(rng.draw(.survival_spawn_creature_mid_tint_g)) + 0.8 - green_fade;
        const roll = tint_roll(rng.draw(.survival_spawn_creature_mid_tint_b));
        const blue = roll + float.int_mul(experience - 50000, 6e-06) + 0.7;
        return .{ .r = @as(f32, 0.9) - red_fade, .g = green, .b = blue, .a = 1.0 };
    }
    const green = tint_roll(rng.draw(.survival_spawn_creature_high_tint_g)) + 0.9 - green_fade;
    const roll = tint_roll(rng.draw(.survival_spawn_creature_high_tint_b));
    const blue = roll + 1.0 - float.int_mul(experience - 100000, 3e-06);
    return .{ .r = 1.0 - red_fade, .g = green, .b = @max(blue, 0.5), .a = 1.0 };
}

fn fade(experience: i32, step: i32) f32 {
    return @as(f32, 1.0) / (float.from_int(@divFloor(experience, step)) + 10.0);
}

fn tint_roll(value: u15) f32 {
    return float.from_int(value % 10) * 0.01;
}

/// What a rare one has in another way.
const Look = struct { tint: Rgba, hp: f32, size: f32, reward: f32 };

fn make_rare(rng: *Rng, look: *Look) void {
    if (rng.draw(.survival_spawn_creature_rare_red) % 180 < 2) {
        look.* = .{ .tint = opaque_tint(0.9, 0.4, 0.4), .hp = 65.0, .size = look.size, .reward = 320.0 };
    } else if (rng.draw(.survival_spawn_creature_rare_green) % 240 < 2) {
        look.* = .{ .tint = opaque_tint(0.4, 0.9, 0.4), .hp = 85.0, .size = look.size, .reward = 420.0 };
    } else if (rng.draw(.survival_spawn_creature_rare_blue) % 360 < 2) {
        look.* = .{ .tint = opaque_tint(0.4, 0.4, 0.9), .hp = 125.0, .size = look.size, .reward = 520.0 };
    }
    if (rng.draw(.survival_spawn_creature_rare_purple) % 1320 < 4) {
        look.* = .{ .tint = opaque_tint(0.84, 0.24, 0.89), .hp = look.hp + 230.0, .size = 80.0, .reward = 600.0 };
    } else if (rng.draw(.survival_spawn_creature_rare_yellow) % 1620 < 4) {
        look.* = .{ .tint = opaque_tint(0.94, 0.84, 0.29), .hp = look.hp + 2230.0, .size = 85.0, .reward = 900.0 };
    }
}

fn opaque_tint(r: f32, g: f32, b: f32) Rgba {
    return .{ .r = r, .g = g, .b = b, .a = 1.0 };
}
