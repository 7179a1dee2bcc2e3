//! Spawn templates: what a creature, or a formation of them, is given when it is born.

const bonuses = @import("bonuses.zig");
const creatures = @import("creatures.zig");
const effects = @import("effects.zig");
const float = @import("float.zig");
const tables = @import("tables.zig");
const AiMode = creatures.AiMode;
const Caller = @import("rng.zig").Caller;
const CreatureType = tables.CreatureType;
const Flags = creatures.Flags;
const Rgba = @import("../schema.zig").Rgba;
const Rng = @import("rng.zig").Rng;
const Vec2 = float.Vec2;
const World = @import("world.zig").World;
const arena_size = @import("world.zig").arena_size;

/// The original's numbers, which are the last part of the names.
pub const Id = enum(u8) {
    zombie_boss_spawner_00 = 0x00,
    spider_sp2_splitter_01 = 0x01,
    unused_02 = 0x02,
    spider_sp1_random_03 = 0x03,
    lizard_random_04 = 0x04,
    spider_sp2_random_05 = 0x05,
    alien_random_06 = 0x06,
    den_alien_basic_07 = 0x07,
    den_alien_basic_slower_08 = 0x08,
    den_alien_weak_small_09 = 0x09,
    den_spider_basic_0a = 0x0a,
    den_spider_plasma_shooters_0b = 0x0b,
    den_lizard_weak_0c = 0x0c,
    den_lizard_weak_slower_0d = 0x0d,
    alien_spawner_ring_24_0e = 0x0e,
    alien_ghost_0f = 0x0f,
    den_spider_weak_10 = 0x10,
    formation_chain_lizard_4_11 = 0x11,
    formation_ring_alien_8_12 = 0x12,
    formation_chain_alien_10_13 = 0x13,
    formation_grid_alien_green_14 = 0x14,
    formation_grid_alien_white_15 = 0x15,
    formation_grid_lizard_white_16 = 0x16,
    formation_grid_spider_sp1_white_17 = 0x17,
    formation_grid_alien_bronze_18 = 0x18,
    formation_ring_alien_5_19 = 0x19,
    ai1_alien_blue_tint_1a = 0x1a,
    ai1_spider_sp1_blue_tint_1b = 0x1b,
    ai1_lizard_blue_tint_1c = 0x1c,
    alien_random_1d = 0x1d,
    alien_random_1e = 0x1e,
    alien_random_1f = 0x1f,
    alien_random_green_20 = 0x20,
    alien_hidden_1_21 = 0x21,
    alien_hidden_2_22 = 0x22,
    alien_hidden_3_23 = 0x23,
    alien_const_green_24 = 0x24,
    alien_small_green_man_25 = 0x25,
    alien_small_gray_26 = 0x26,
    alien_bonus_carrier_27 = 0x27,
    alien_const_purple_28 = 0x28,
    alien_big_gray_29 = 0x29,
    alien_const_grey_fast_2a = 0x2a,
    alien_deadly_fast_2b = 0x2b,
    alien_const_red_boss_2c = 0x2c,
    alien_const_cyan_ai2_2d = 0x2d,
    lizard_random_2e = 0x2e,
    lizard_const_grey_2f = 0x2f,
    lizard_const_yellow_boss_30 = 0x30,
    lizard_random_31 = 0x31,
    spider_sp1_random_32 = 0x32,
    spider_sp1_random_red_33 = 0x33,
    spider_sp1_random_green_34 = 0x34,
    spider_sp2_random_35 = 0x35,
    alien_delayed_start_36 = 0x36,
    spider_sp2_ranged_variant_37 = 0x37,
    spider_sp1_stop_and_go_38 = 0x38,
    spider_sp1_stop_and_go_weak_39 = 0x39,
    spider_boss_3a = 0x3a,
    spider_sp1_const_red_boss_3b = 0x3b,
    spider_plasma_shooter_3c = 0x3c,
    spider_sp1_random_3d = 0x3d,
    spider_sp1_const_white_fast_3e = 0x3e,
    spider_sp1_const_brown_small_3f = 0x3f,
    spider_small_blue_40 = 0x40,
    zombie_random_41 = 0x41,
    zombie_small_white_42 = 0x42,
    zombie_const_green_brute_43 = 0x43,
};

/// A heading that asks for a drawn one.
pub const random_heading = -100.0;

/// `draw % modulo * scale + base`.
const Roll = struct {
    caller: Caller,
    modulo: u15,
    scale: f32 = 1.0,
    base: f32,

    fn of(drawn: *const Roll, rng: *Rng) f32 {
        return float.from_int(rng.draw(drawn.caller) % drawn.modulo) * drawn.scale + drawn.base;
    }
};

/// A field's value: known, drawn, or a line over the creature's size.
const Value = union(enum) {
    is: f32,
    roll: Roll,
    of_size: struct { scale: f32, base: f32 },

    fn of(value: *const Value, rng: *Rng, size: f32) f32 {
        return switch (value.*) {
            .is => |known| known,
            .roll => |*drawn| drawn.of(rng),
            .of_size => |line| size * line.scale + line.base,
        };
    }
};

/// A part of a tint. Drawn ones are at most 1.
const Part = union(enum) {
    is: f32,
    roll: Roll,
    /// As the part before.
    same,
};

/// Children that a den has, one after the other.
const Den = struct { timer: f32, limit: i32, interval: f32, child: Id };

/// Draws are in the order of the fields: size, speed, reward, tint, damage. What is null stays as the slot's last
/// tenant left it.
const Body = struct {
    kind: CreatureType,
    size: Value,
    hp: Value,
    speed: Value,
    reward: Value,
    tint: [4]Part,
    damage: Value,
    tint_before_size: bool = false,
    flags: ?Flags = null,
    ai_mode: ?AiMode = null,
    link_index: ?i32 = null,
    orbit_angle: ?f32 = null,
    orbit_radius: ?f32 = null,
    den: ?Den = null,
    carries: ?bonuses.Carried = null,
};

const Shape = union(enum) { ring: Ring, chain: Chain, grid: Grid };

/// Members around the root.
const Ring = struct {
    members: u32,
    /// Radians between two members.
    step: f32,
    radius: f32,
    ai_mode: AiMode,
    /// Whether members are born at their places, or all at the root's.
    spread: bool,
    faces_up: bool = false,
};

/// Members that follow one another; the root follows the last.
const Chain = struct {
    members: u32,
    step: f32,
    ai_mode: AiMode,
    /// Whether members orbit the one before; else they keep an offset from it.
    orbits: bool,
};

/// Nine columns of three members, 64 units apart.
const Grid = struct { ai_mode: AiMode };

const Formation = struct {
    root: Body,
    member: Body,
    shape: Shape,
    /// The root's own greatest health is written, and not its last tenant's.
    root_max_hp: bool = true,
    /// The original does not know these templates' numbers where it gives the last member what it has of its own.
    unhandled: bool = true,
};

const Template = union(enum) {
    unhandled,
    body: Body,
    formation: Formation,
};

/// `creature_spawn_template`, 0x00430af0. Returns the creature that the original returns: a formation's last.
pub fn spawn(world: *World, id: Id, pos: Vec2, asked_heading: f32) usize {
    const pool = &world.creatures;
    const rng = &world.rng;
    const root = pool.allocate(rng);
    const heading = if (asked_heading == random_heading)
        float.from_int(rng.draw(.creature_spawn_template_random_heading) % 0x274) * 0.01
    else
        asked_heading;
    pool.ai_mode[root] = .flank_player;
    pool.pos[root] = pos;
    pool.force_target[root] = 0;
    awaken(pool, root);
    pool.heading[root] = float.from_int(rng.draw(.creature_spawn_template_base_heading) % 0x13A) * 0.01;

    const last = switch (templates[@backingInt(id)]) {
        .unhandled => give_default(pool, root),
        .body => |*body| give(world, root, body),
        .formation => |*formation| form(world, root, pos, formation),
    };
    finish(world, last, id, heading);
    return last;
}

/// What everyone that is born by a template has.
fn awaken(pool: *creatures.Pool, slot: usize) void {
    pool.vel[slot] = float.origin;
    pool.plague_infected[slot] = false;
    pool.dot_tick_timer[slot] = 0.0;
    pool.active[slot] = true;
    pool.death_timer[slot] = creatures.alive_timer;
    pool.attack_cooldown[slot] = 0.0;
}

fn give_default(pool: *creatures.Pool, slot: usize) usize {
    pool.type_id[slot] = .alien;
    pool.hp[slot] = 20.0;
    return slot;
}

fn give(world: *World, slot: usize, body: *const Body) usize {
    const pool = &world.creatures;
    const rng = &world.rng;
    pool.type_id[slot] = body.kind;
    if (body.flags) |flags| pool.flags[slot] = flags;
    if (body.carries) |bonus| {
        pool.carried[slot] = bonus;
        pool.link_index[slot] = link_of(bonus);
    }
    if (body.ai_mode) |ai_mode| pool.ai_mode[slot] = ai_mode;
    if (body.link_index) |link_index| pool.link_index[slot] = link_index;
    if (body.orbit_angle) |angle| pool.orbit_angle[slot] = angle;
    if (body.orbit_radius) |radius| pool.orbit_radius[slot] = radius;
    if (body.den) |*den| {
        pool.link_index[slot] = @intCast(world.spawn_slots.allocate(.{
            .owner = @intCast(slot),
            .timer = den.timer,
            .count = 0,
            .limit = den.limit,
            .interval = den.interval,
            .child = den.child,
        }));
    }
    if (body.tint_before_size) pool.tint[slot] = tint_of(rng, &body.tint);
    const size = body.size.of(rng, 0.0);
    pool.size[slot] = size;
    pool.hp[slot] = body.hp.of(rng, size);
    pool.move_speed[slot] = body.speed.of(rng, size);
    pool.reward_value[slot] = body.reward.of(rng, size);
    if (!body.tint_before_size) pool.tint[slot] = tint_of(rng, &body.tint);
    pool.contact_damage[slot] = body.damage.of(rng, size);
    return slot;
}

/// A bonus on death: its number in the lower half, and its amount, or -1, in the upper one.
fn link_of(bonus: bonuses.Carried) i32 {
    const amount: i16 = @intCast(bonus.amount orelse -1);
    return @as(i32, amount) << 16 | @backingInt(bonus.id);
}

fn tint_of(rng: *Rng, parts: *const [4]Part) Rgba {
    var values: [4]f32 = undefined;
    for (parts, 0..) |*part, at| {
        values[at] = switch (part.*) {
            .is => |known| known,
            .roll => |*drawn| @min(drawn.of(rng), 1.0),
            .same => values[at - 1],
        };
    }
    return .{ .r = values[0], .g = values[1], .b = values[2], .a = values[3] };
}

fn form(world: *World, root: usize, pos: Vec2, formation: *const Formation) usize {
    const pool = &world.creatures;
    _ = give(world, root, &formation.root);
    if (formation.root_max_hp) pool.max_hp[root] = pool.hp[root];
    const last = switch (formation.shape) {
        .ring => |*ring| form_ring(world, root, pos, ring, &formation.member),
        .chain => |*chain| form_chain(world, root, pos, chain, &formation.member),
        .grid => |*grid| form_grid(world, root, pos, grid, &formation.member),
    };
    return if (formation.unhandled) give_default(pool, last) else last;
}

fn add_member(world: *World, link: usize, pos: Vec2, ai_mode: AiMode, body: *const Body) usize {
    const pool = &world.creatures;
    const slot = pool.allocate(&world.rng);
    pool.ai_mode[slot] = ai_mode;
    pool.link_index[slot] = @intCast(link);
    pool.pos[slot] = pos;
    awaken(pool, slot);
    _ = give(world, slot, body);
    pool.max_hp[slot] = pool.hp[slot];
    return slot;
}

fn form_ring(world: *World, root: usize, pos: Vec2, ring: *const Ring, member: *const Body) usize {
    const pool = &world.creatures;
    var last = root;
    for (0..ring.members) |number| {
        const offset = float.direction(float.from_int(number) * ring.step, ring.radius);
        const place = if (ring.spread) float.add(offset, pos) else pos;
        last = add_member(world, root, place, ring.ai_mode, member);
        pool.target_offset[last] = offset;
        if (ring.faces_up) face_up(pool, last);
    }
    return last;
}

fn form_chain(world: *World, root: usize, pos: Vec2, chain: *const Chain, member: *const Body) usize {
    const radius = 256.0;
    const pool = &world.creatures;
    // The root of a chain of orbits lies on the circle as well.
    if (chain.orbits) pool.pos[root] = float.add(float.direction(0.0, radius), pos);
    var last = root;
    for (0..chain.members) |number| {
        const angle = float.from_int(2 + 2 * number) * chain.step;
        const place = float.add(float.direction(angle, radius), pos);
        last = add_member(world, last, place, chain.ai_mode, member);
        if (!chain.orbits) {
            const column = float.from_int(number) * 64.0;
            pool.target_offset[last] = .{ .x = column - 256.0, .y = -256.0 };
        }
    }
    pool.link_index[root] = @intCast(last);
    return last;
}

fn form_grid(world: *World, root: usize, pos: Vec2, grid: *const Grid, member: *const Body) usize {
    const pool = &world.creatures;
    var last = root;
    for (0..9) |column| {
        for (0..3) |row| {
            const offset: Vec2 = .{
                .x = float.from_int(@as(i32, @intCast(column)) * -64),
                .y = float.from_int(row * 64 + 128),
            };
            last = add_member(world, root, float.add(pos, offset), grid.ai_mode, member);
            pool.target_offset[last] = offset;
            face_up(pool, last);
        }
    }
    return last;
}

fn face_up(pool: *creatures.Pool, slot: usize) void {
    pool.heading[slot] = 0.0;
    pool.anim_phase[slot] = 0.0;
}

/// What happens to the last creature, whatever it is.
fn finish(world: *World, slot: usize, id: Id, heading: f32) void {
    const pool = &world.creatures;
    const pos = pool.pos[slot];
    if (pos.x > 0.0 and pos.x < arena_size and pos.y > 0.0 and pos.y < arena_size) effects.burst(world, 8);
    pool.max_hp[slot] = pool.hp[slot];
    const flags = &pool.flags[slot];
    if (!flags.ranged_plasma and pool.type_id[slot] == .spider and !flags.stop_and_go) {
        flags.stop_and_go = true;
        pool.link_index[slot] = 0;
        pool.move_speed[slot] *= 1.2;
    }
    const hardcore = world.settings.hardcore;
    if (id == .spider_sp1_stop_and_go_38 and hardcore) pool.move_speed[slot] *= 0.7;
    pool.heading[slot] = heading;
    // Behind a full pool a formation's link can lie where the original looks for a den's slot.
    const den = if (flags.spawner) world.spawn_slots.at(pool.link_index[slot]) else null;
    if (hardcore) {
        // The original forgets how often the quest was lost.
        world.settings.quest_fail_retry_count = 0;
        strengthen(pool, slot, &.{ .reward = 1.0, .speed = 1.05, .damage = 1.4, .hp = 1.2 });
        if (den) |children| children.interval = @max(children.interval - 0.2, 0.1);
        return;
    }
    if (den) |children| children.interval += 0.2;
    const retries = world.settings.quest_fail_retry_count;
    if (retries <= 0) return;
    strengthen(pool, slot, &easings[@intCast(@min(retries, easings.len) - 1)]);
    // Nine reach the limit.
    if (den) |children| children.interval += @min(float.from_int(@min(retries, 9)) * @as(f32, 0.35), 3.0);
}

const Factors = struct { reward: f32, speed: f32, damage: f32, hp: f32 };

/// After the quest was lost once, twice, and so on.
const easings = [_]Factors{
    .{ .reward = 0.9, .speed = 0.95, .damage = 0.95, .hp = 0.95 },
    .{ .reward = 0.85, .speed = 0.9, .damage = 0.9, .hp = 0.9 },
    .{ .reward = 0.85, .speed = 0.8, .damage = 0.8, .hp = 0.8 },
    .{ .reward = 0.8, .speed = 0.7, .damage = 0.7, .hp = 0.7 },
    .{ .reward = 0.8, .speed = 0.6, .damage = 0.5, .hp = 0.5 },
};

fn strengthen(pool: *creatures.Pool, slot: usize, factors: *const Factors) void {
    pool.reward_value[slot] *= factors.reward;
    pool.move_speed[slot] *= factors.speed;
    pool.contact_damage[slot] *= factors.damage;
    pool.hp[slot] *= factors.hp;
}

const white: [4]Part = tint(.{ 1.0, 1.0, 1.0, 1.0 });
const leaf: [4]Part = tint(.{ 0.4, 0.7, 0.11, 1.0 });
const sand: [4]Part = tint(.{ 0.9, 0.8, 0.4, 1.0 });
/// 0.41250002 is one unit in the last place above 0.4125.
const bronze: [4]Part = tint(.{ 0.7125, 0.41250002, 0.2775, 0.6 });

fn tint(comptime values: [4]f32) [4]Part {
    return .{ .{ .is = values[0] }, .{ .is = values[1] }, .{ .is = values[2] }, .{ .is = values[3] } };
}

/// One that is always the same.
fn plain(
    kind: CreatureType,
    hp: f32,
    speed: f32,
    reward: f32,
    colour: [4]Part,
    size: f32,
    damage: f32,
) Body {
    return .{
        .kind = kind,
        .size = .{ .is = size },
        .hp = .{ .is = hp },
        .speed = .{ .is = speed },
        .reward = .{ .is = reward },
        .tint = colour,
        .damage = .{ .is = damage },
    };
}

fn with(comptime body: Body, comptime changes: anytype) Body {
    var changed = body;
    for (@typeInfo(@TypeOf(changes)).@"struct".field_names) |name| @field(changed, name) = @field(changes, name);
    return changed;
}

/// The draws of a template are named after it.
fn caller(comptime name: []const u8) Caller {
    return @field(Caller, "creature_spawn_template_" ++ name);
}

fn roll(comptime name: []const u8, modulo: u15, scale: f32, base: f32) Roll {
    return .{ .caller = caller(name), .modulo = modulo, .scale = scale, .base = base };
}

fn grey_roll(comptime name: []const u8, modulo: u15, base: f32) [4]Part {
    return .{ .{ .roll = roll(name, modulo, 0.01, base) }, .same, .same, .{ .is = 1.0 } };
}

/// How a drawn one differs from another.
const Drawn = struct {
    kind: CreatureType,
    size: Roll,
    health_scale: f32 = 1.1428572,
    health_base: f32 = 20.0,
    speed: Value,
    reward: Value = .{ .of_size = .{ .scale = 2.0, .base = 50.0 } },
    tint: [4]Part,
    damage: Value,

    fn body(drawn: Drawn) Body {
        return .{
            .kind = drawn.kind,
            .size = .{ .roll = drawn.size },
            .hp = .{ .of_size = .{ .scale = drawn.health_scale, .base = drawn.health_base } },
            .speed = drawn.speed,
            .reward = drawn.reward,
            .tint = drawn.tint,
            .damage = drawn.damage,
        };
    }
};

fn random(
    comptime name: []const u8,
    kind: CreatureType,
    size_modulo: u15,
    size_base: f32,
    speed_modulo: u15,
    colour: [4]Part,
    damage_modulo: u15,
) Drawn {
    return .{
        .kind = kind,
        .size = roll(name ++ "_size", size_modulo, 1.0, size_base),
        .speed = .{ .roll = roll(name ++ "_move_speed", speed_modulo, 0.1, 1.1) },
        .tint = colour,
        .damage = .{ .roll = roll(name ++ "_contact_damage", damage_modulo, 1.0, 4.0) },
    };
}

fn drawn_with(comptime drawn: Drawn, comptime changes: anytype) Body {
    var changed = drawn;
    for (@typeInfo(@TypeOf(changes)).@"struct".field_names) |name| @field(changed, name) = @field(changes, name);
    return changed.body();
}

/// The bite of some grows with their size.
const bite_of_size: Value = .{ .of_size = .{ .scale = 0.14, .base = 4.0 } };

fn den_of(hp: f32, speed: f32, reward: f32, colour: [4]Part, size: f32, children: Den) Body {
    var body = plain(.alien, hp, speed, reward, colour, size, 0.0);
    body.flags = .{ .spawner = true };
    body.den = children;
    return body;
}

fn grid_root(kind: CreatureType, hp: f32, colour: [4]Part, size: f32) Body {
    var body = plain(kind, hp, 2.0, 600.0, colour, size, 40.0);
    body.ai_mode = .chase_player;
    return body;
}

/// A projectile type lies in the bits of the orbit's radius.
fn projectile_radius(kind: u32) f32 {
    return @bitCast(kind);
}

const Entry = struct { id: Id, template: Template };

fn one(id: Id, body: Body) Entry {
    return .{ .id = id, .template = .{ .body = body } };
}

fn group(id: Id, formation: Formation) Entry {
    return .{ .id = id, .template = .{ .formation = formation } };
}

fn constant(
    id: Id,
    kind: CreatureType,
    hp: f32,
    speed: f32,
    reward: f32,
    comptime colour: [4]f32,
    size: f32,
    damage: f32,
) Entry {
    return one(id, plain(kind, hp, speed, reward, tint(colour), size, damage));
}

fn blue_tint(comptime name: []const u8, id: Id, kind: CreatureType, hp: f32) Entry {
    var body = plain(kind, hp, 2.4, 125.0, undefined, 50.0, 5.0);
    body.tint = .{ .{ .roll = roll(name, 0x28, 0.01, 0.5) }, .same, .{ .is = 1.0 }, .{ .is = 1.0 } };
    body.ai_mode = .flank_player_tight;
    return one(id, body);
}

fn drawn_part(comptime name: []const u8, modulo: u15, scale: f32, base: f32) Part {
    return .{ .roll = roll(name, modulo, scale, base) };
}

// zig fmt: off
const entries = [_]Entry{
    group(.formation_ring_alien_8_12, .{
        .root = plain(.alien, 200.0, 2.2, 600.0, tint(.{ 0.65, 0.85, 0.97, 1.0 }), 55.0, 14.0),
        // One unit in the last place above 0.32 and 0.588.
        .member = plain(.alien, 40.0, 2.4, 60.0, tint(.{ 0.32000002, 0.58800006, 0.426, 1.0 }), 50.0, 4.0),
        .shape = .{ .ring = .{ .members = 8, .step = 0.78539819, .radius = 100.0, .ai_mode = .follow_link, .spread = false } },
    }),
    group(.formation_ring_alien_5_19, .{
        .root = plain(.alien, 50.0, 3.8, 300.0, tint(.{ 0.95, 0.55, 0.37, 1.0 }), 55.0, 40.0),
        .member = plain(.alien, 220.0, 3.8, 60.0, bronze, 50.0, 35.0),
        .shape = .{ .ring = .{ .members = 5, .step = 1.2566371, .radius = 110.0, .ai_mode = .follow_link_tethered, .spread = true } },
    }),
    group(.alien_spawner_ring_24_0e, .{
        .root = den_of(50.0, 2.8, 5000.0, sand, 32.0, .{ .timer = 1.5, .limit = 0x40, .interval = 1.05, .child = .ai1_lizard_blue_tint_1c }),
        .member = plain(.alien, 40.0, 4.0, 350.0, tint(.{ 1.0, 0.3, 0.3, 1.0 }), 35.0, 30.0),
        .shape = .{ .ring = .{ .members = 24, .step = 0.2617994, .radius = 100.0, .ai_mode = .follow_link, .spread = false, .faces_up = true } },
        .root_max_hp = false,
        .unhandled = false,
    }),
    group(.formation_chain_lizard_4_11, .{
        .root = with(plain(.lizard, 1500.0, 2.1, 1000.0, tint(.{ 0.99, 0.99, 0.21, 1.0 }), 69.0, 150.0), .{ .ai_mode = .flank_player_tight }),
        .member = plain(.lizard, 60.0, 2.4, 60.0, tint(.{ 0.6, 0.6, 0.31, 1.0 }), 50.0, 14.0),
        .shape = .{ .chain = .{ .members = 4, .step = 0.39269909, .ai_mode = .follow_link, .orbits = false } },
    }),
    group(.formation_chain_alien_10_13, .{
        .root = with(plain(.alien, 200.0, 2.0, 600.0, tint(.{ 0.6, 0.8, 0.91, 1.0 }), 40.0, 20.0), .{ .ai_mode = .orbit_link }),
        .member = with(plain(.alien, 60.0, 2.0, 60.0, leaf, 50.0, 4.0), .{ .orbit_angle = 3.1415927, .orbit_radius = 10.0 }),
        .shape = .{ .chain = .{ .members = 10, .step = 0.34906587, .ai_mode = .orbit_link, .orbits = true } },
    }),
    group(.formation_grid_alien_green_14, .{
        .root = grid_root(.alien, 1500.0, tint(.{ 0.7, 0.8, 0.31, 1.0 }), 50.0),
        .member = plain(.alien, 40.0, 2.0, 60.0, leaf, 50.0, 4.0),
        .shape = .{ .grid = .{ .ai_mode = .follow_link_tethered } },
    }),
    group(.formation_grid_alien_white_15, .{
        .root = grid_root(.alien, 1500.0, white, 60.0),
        .member = plain(.alien, 40.0, 2.0, 60.0, leaf, 50.0, 4.0),
        .shape = .{ .grid = .{ .ai_mode = .flank_player_linked } },
    }),
    group(.formation_grid_spider_sp1_white_17, .{
        .root = grid_root(.spider, 1500.0, white, 60.0),
        .member = plain(.spider, 40.0, 2.0, 60.0, leaf, 50.0, 4.0),
        .shape = .{ .grid = .{ .ai_mode = .flank_player_linked } },
    }),
    group(.formation_grid_lizard_white_16, .{
        .root = grid_root(.lizard, 1500.0, white, 64.0),
        .member = plain(.lizard, 40.0, 2.0, 60.0, leaf, 60.0, 4.0),
        .shape = .{ .grid = .{ .ai_mode = .flank_player_linked } },
    }),
    group(.formation_grid_alien_bronze_18, .{
        .root = grid_root(.alien, 500.0, tint(.{ 0.7, 0.8, 0.31, 1.0 }), 40.0),
        .member = plain(.alien, 260.0, 3.8, 60.0, bronze, 50.0, 35.0),
        .shape = .{ .grid = .{ .ai_mode = .follow_link } },
        .unhandled = false,
    }),
    // 0.66499996 is one unit in the last place below 0.665.
    constant(.alien_ghost_0f, .alien, 20.0, 2.9, 60.0, .{ 0.66499996, 0.385, 0.259, 0.56 }, 50.0, 35.0),
    one(.spider_sp2_splitter_01, with(
        plain(.spider_small, 400.0, 2.0, 1000.0, tint(.{ 0.8, 0.7, 0.4, 1.0 }), 80.0, 17.0),
        .{ .flags = Flags{ .split_on_death = true } },
    )),
    one(.den_spider_basic_0a, den_of(1000.0, 1.5, 3000.0, tint(.{ 0.8, 0.7, 0.4, 1.0 }), 55.0, .{ .timer = 2.0, .limit = 100, .interval = 5.0, .child = .spider_sp1_random_32 })),
    one(.den_spider_plasma_shooters_0b, den_of(3500.0, 1.5, 5000.0, tint(.{ 0.9, 0.1, 0.1, 1.0 }), 65.0, .{ .timer = 2.0, .limit = 100, .interval = 6.0, .child = .spider_plasma_shooter_3c })),
    one(.den_spider_weak_10, den_of(50.0, 2.8, 800.0, sand, 32.0, .{ .timer = 1.5, .limit = 100, .interval = 2.3, .child = .spider_sp1_random_32 })),
    one(.den_lizard_weak_0c, den_of(50.0, 2.8, 1000.0, sand, 32.0, .{ .timer = 1.5, .limit = 100, .interval = 2.0, .child = .lizard_random_31 })),
    one(.den_lizard_weak_slower_0d, den_of(50.0, 1.3, 1000.0, sand, 32.0, .{ .timer = 2.0, .limit = 100, .interval = 6.0, .child = .lizard_random_31 })),
    one(.den_alien_weak_small_09, den_of(450.0, 2.0, 1000.0, white, 40.0, .{ .timer = 1.0, .limit = 0x10, .interval = 2.0, .child = .alien_random_1d })),
    one(.den_alien_basic_07, den_of(1000.0, 2.0, 3000.0, white, 50.0, .{ .timer = 1.0, .limit = 100, .interval = 2.2, .child = .alien_random_1d })),
    one(.den_alien_basic_slower_08, den_of(1000.0, 2.0, 3000.0, white, 50.0, .{ .timer = 1.0, .limit = 100, .interval = 2.8, .child = .alien_random_1d })),
    one(.zombie_boss_spawner_00, with(
        plain(.zombie, 8500.0, 1.3, 6600.0, tint(.{ 0.6, 0.6, 1.0, 0.8 }), 64.0, 50.0),
        .{ .flags = Flags{ .spawner = true, .spawner_mobile = true }, .den = Den{ .timer = 1.0, .limit = 0x32C, .interval = 0.7, .child = .zombie_random_41 } },
    )),
    blue_tint("ai1_blue_tint_1a", .ai1_alien_blue_tint_1a, .alien, 50.0),
    blue_tint("ai1_blue_tint_1b", .ai1_spider_sp1_blue_tint_1b, .spider, 40.0),
    blue_tint("ai1_blue_tint_1c", .ai1_lizard_blue_tint_1c, .lizard, 50.0),
    one(.zombie_random_41, (Drawn{
        .kind = .zombie,
        .size = roll("zombie_random_41_size", 0x1E, 1.0, 0x28),
        .health_base = 10.0,
        .speed = .{ .of_size = .{ .scale = 0.0025, .base = 0.9 } },
        .tint = grey_roll("zombie_random_41_tint", 0x28, 0.6),
        .damage = .{ .roll = roll("zombie_random_41_contact_damage", 10, 1.0, 4.0) },
    }).body()),
    one(.lizard_random_31, (Drawn{
        .kind = .lizard,
        .size = roll("lizard_random_31_size", 0x1E, 1.0, 0x28),
        .health_base = 10.0,
        .speed = .{ .roll = roll("lizard_random_31_move_speed", 0x12, 0.1, 1.1) },
        .tint = .{ drawn_part("lizard_random_31_tint", 0x1E, 0.01, 0.6), .same, .{ .is = 0.38 }, .{ .is = 1.0 } },
        .damage = bite_of_size,
    }).body()),
    one(.spider_sp1_random_32, (Drawn{
        .kind = .spider,
        .size = roll("spider_sp1_random_32_size", 0x19, 1.0, 0x28),
        .health_scale = 1.0,
        .health_base = 10.0,
        .speed = .{ .roll = roll("spider_sp1_random_32_move_speed", 0x11, 0.1, 1.1) },
        .tint = grey_roll("spider_sp1_random_32_tint", 0x28, 0.6),
        .damage = bite_of_size,
    }).body()),
    one(.spider_sp1_random_red_33, random("spider_sp1_random_red_33", .spider, 0x0F, 0x2D, 0x12, .{ drawn_part("spider_sp1_random_red_33_tint_r", 0x28, 0.01, 0.6), .{ .is = 0.5 }, .{ .is = 0.5 }, .{ .is = 1.0 } }, 10).body()),
    one(.spider_sp1_random_green_34, random("spider_sp1_random_green_34", .spider, 0x14, 0x28, 0x12, .{ .{ .is = 0.5 }, drawn_part("spider_sp1_random_green_34_tint_g", 0x28, 0.01, 0.6), .{ .is = 0.5 }, .{ .is = 1.0 } }, 10).body()),
    one(.alien_random_green_20, random("alien_random_green_20", .alien, 0x1E, 0x28, 0x12, .{ .{ .is = 0.3 }, drawn_part("alien_random_green_20_tint_g", 0x28, 0.01, 0.6), .{ .is = 0.3 }, .{ .is = 1.0 } }, 10).body()),
    one(.spider_sp1_random_03, random("spider_sp1_random_03", .spider, 0x0F, 0x26, 0x12, .{ .{ .is = 0.6 }, .{ .is = 0.6 }, drawn_part("spider_sp1_random_03_tint_b", 0x19, 0.01, 0.8), .{ .is = 1.0 } }, 10).body()),
    one(.spider_sp2_random_05, random("spider_sp2_random_05", .spider_small, 0x0F, 0x26, 0x12, .{ .{ .is = 0.6 }, .{ .is = 0.6 }, drawn_part("spider_sp2_random_05_tint_b", 0x19, 0.01, 0.8), .{ .is = 1.0 } }, 10).body()),
    one(.lizard_random_04, random("lizard_random_04", .lizard, 0x0F, 0x26, 0x12, tint(.{ 0.67, 0.67, 1.0, 1.0 }), 10).body()),
    one(.alien_random_06, random("alien_random_06", .alien, 0x0F, 0x26, 0x12, .{ .{ .is = 0.6 }, .{ .is = 0.6 }, drawn_part("alien_random_06_tint_b", 0x19, 0.01, 0.8), .{ .is = 1.0 } }, 10).body()),
    one(.spider_sp2_random_35, random("spider_sp2_random_35", .spider_small, 10, 0x1E, 0x12, .{ .{ .is = 0.8 }, drawn_part("spider_sp2_random_35_tint_g", 0x14, 0.01, 0.8), .{ .is = 0.8 }, .{ .is = 1.0 } }, 10).body()),
    one(.lizard_random_2e, random("lizard_random_2e", .lizard, 0x1E, 0x28, 0x12, .{
        drawn_part("lizard_random_2e_tint_r", 0x28, 0.01, 0.6),
        drawn_part("lizard_random_2e_tint_g", 0x28, 0.01, 0.6),
        drawn_part("lizard_random_2e_tint_b", 0x28, 0.01, 0.6),
        .{ .is = 1.0 },
    }, 10).body()),
    one(.alien_delayed_start_36, with(plain(.alien, 10.0, 1.8, 150.0, .{ .{ .is = 0.65 }, drawn_part("delayed_start_tint_g", 5, 0.01, 0.65), .{ .is = 0.95 }, .{ .is = 1.0 } }, 50.0, 40.0), .{
        .ai_mode = .hold_timer,
        .orbit_radius = 1.5,
    })),
    one(.alien_random_1d, drawn_with(random("alien_random_1d", .alien, 0x14, 0x23, 0x0F, .{
        drawn_part("alien_random_1d_tint_r", 0x32, 0.001, 0.6),
        drawn_part("alien_random_1d_tint_g", 0x32, 0.01, 0.5),
        drawn_part("alien_random_1d_tint_b", 0x32, 0.001, 0.6),
        .{ .is = 1.0 },
    }, 10), .{
        .health_base = 10.0,
        .reward = Value{ .roll = roll("alien_random_1d_reward", 100, 1.0, 0x32) },
    })),
    one(.alien_random_1e, drawn_with(random("alien_random_1e", .alien, 0x1E, 0x23, 0x11, .{
        drawn_part("alien_random_1e_tint_r", 0x32, 0.001, 0.6),
        drawn_part("alien_random_1e_tint_g", 0x32, 0.001, 0.6),
        drawn_part("alien_random_1e_tint_b", 0x32, 0.01, 0.5),
        .{ .is = 1.0 },
    }, 0x1E), .{
        .health_scale = 2.2857144,
        .health_base = 10.0,
        .speed = Value{ .roll = roll("alien_random_1e_move_speed", 0x11, 0.1, 1.5) },
        .reward = Value{ .roll = roll("alien_random_1e_reward", 200, 1.0, 0x32) },
    })),
    one(.alien_random_1f, drawn_with(random("alien_random_1f", .alien, 0x1E, 0x2D, 0x15, .{
        drawn_part("alien_random_1f_tint_r", 0x32, 0.01, 0.5),
        drawn_part("alien_random_1f_tint_g", 0x32, 0.001, 0.6),
        drawn_part("alien_random_1f_tint_b", 0x32, 0.001, 0.6),
        .{ .is = 1.0 },
    }, 0x23), .{
        .health_scale = 3.7142856,
        .health_base = 30.0,
        .speed = Value{ .roll = roll("alien_random_1f_move_speed", 0x15, 0.1, 1.6) },
        .reward = Value{ .roll = roll("alien_random_1f_reward", 200, 1.0, 0x50) },
        .damage = Value{ .roll = roll("alien_random_1f_contact_damage", 0x23, 1.0, 8.0) },
    })),
    one(.alien_bonus_carrier_27, with(plain(.alien, 50.0, 2.1, 125.0, tint(.{ 1.0, 0.8, 0.1, 1.0 }), 45.0, 10.0), .{
        .flags = Flags{ .bonus_on_death = true },
        .carries = bonuses.Carried{ .id = .weapon, .amount = @backingInt(tables.WeaponId.submachine_gun) },
    })),
    one(.alien_const_cyan_ai2_2d, with(plain(.alien, 45.0, 3.1, 200.0, tint(.{ 0.0, 0.9, 0.8, 1.0 }), 38.0, 3.0), .{ .ai_mode = .chase_player })),
    one(.spider_plasma_shooter_3c, with(plain(.spider, 200.0, 2.0, 200.0, tint(.{ 0.9, 0.1, 0.1, 1.0 }), 40.0, 20.0), .{
        .flags = Flags{ .ranged_template = true },
        .orbit_angle = 0.4,
        .orbit_radius = projectile_radius(26),
        .ai_mode = .chase_player,
    })),
    one(.spider_sp1_random_3d, .{
        .kind = .spider,
        .size = .{ .roll = roll("spider_sp1_random_3d_size", 7, 1.0, 0x2D) },
        .hp = .{ .is = 70.0 },
        .speed = .{ .is = 2.6 },
        .reward = .{ .is = 120.0 },
        .tint = grey_roll("spider_sp1_random_3d_tint", 0x14, 0.8),
        .damage = .{ .of_size = .{ .scale = 0.22, .base = 0.0 } },
        .tint_before_size = true,
    }),
    one(.spider_sp1_stop_and_go_38, with(plain(.spider, 50.0, 4.8, 433.0, tint(.{ 1.0, 0.75, 0.1, 1.0 }), 0.0, 10.0), .{
        .size = Value{ .roll = roll("spider_sp1_stop_and_go_38_size", 4, 1.0, 0x29) },
        .flags = Flags{ .stop_and_go = true },
        .link_index = 0,
    })),
    // The projectile's type stays that of the slot's last tenant.
    one(.spider_sp2_ranged_variant_37, with(plain(.spider_small, 50.0, 3.2, 433.0, tint(.{ 1.0, 0.75, 0.1, 1.0 }), 0.0, 10.0), .{
        .size = Value{ .roll = roll("spider_sp2_ranged_variant_37_size", 4, 1.0, 0x29) },
        .flags = Flags{ .ranged_template = true },
        .link_index = 0,
    })),
    one(.spider_sp1_stop_and_go_weak_39, with(plain(.spider, 4.0, 4.8, 50.0, tint(.{ 0.8, 0.65, 0.1, 1.0 }), 0.0, 10.0), .{
        .size = Value{ .roll = roll("spider_sp1_stop_and_go_weak_39_size", 4, 1.0, 0x1A) },
        .flags = Flags{ .stop_and_go = true },
        .link_index = 0,
    })),
    one(.spider_boss_3a, with(plain(.spider, 4500.0, 2.0, 4500.0, white, 64.0, 50.0), .{
        .flags = Flags{ .ranged_plasma = true },
        .orbit_angle = 0.9,
        .orbit_radius = projectile_radius(9),
    })),
    constant(.alien_const_green_24, .alien, 20.0, 2.0, 110.0, .{ 0.1, 0.7, 0.11, 1.0 }, 50.0, 4.0),
    constant(.alien_small_green_man_25, .alien, 25.0, 2.5, 125.0, .{ 0.1, 0.8, 0.11, 1.0 }, 30.0, 3.0),
    constant(.alien_small_gray_26, .alien, 50.0, 2.2, 125.0, .{ 0.6, 0.8, 0.6, 1.0 }, 45.0, 10.0),
    constant(.alien_hidden_1_21, .alien, 53.0, 1.7, 120.0, .{ 0.7, 0.1, 0.51, 0.5 }, 55.0, 8.0),
    constant(.alien_hidden_2_22, .alien, 25.0, 1.7, 150.0, .{ 0.1, 0.7, 0.51, 0.05 }, 50.0, 8.0),
    constant(.alien_hidden_3_23, .alien, 5.0, 1.7, 180.0, .{ 0.1, 0.7, 0.51, 0.04 }, 45.0, 8.0),
    constant(.alien_const_purple_28, .alien, 50.0, 1.7, 150.0, .{ 0.7, 0.1, 0.51, 1.0 }, 55.0, 8.0),
    constant(.alien_big_gray_29, .alien, 800.0, 2.5, 450.0, .{ 0.8, 0.8, 0.8, 1.0 }, 70.0, 20.0),
    constant(.alien_const_grey_fast_2a, .alien, 50.0, 3.1, 300.0, .{ 0.3, 0.3, 0.3, 1.0 }, 60.0, 8.0),
    constant(.alien_deadly_fast_2b, .alien, 30.0, 3.6, 450.0, .{ 1.0, 0.3, 0.3, 1.0 }, 35.0, 20.0),
    constant(.alien_const_red_boss_2c, .alien, 3800.0, 2.0, 1500.0, .{ 0.85, 0.2, 0.2, 1.0 }, 80.0, 40.0),
    constant(.lizard_const_grey_2f, .lizard, 20.0, 2.5, 150.0, .{ 0.8, 0.8, 0.8, 1.0 }, 45.0, 4.0),
    constant(.lizard_const_yellow_boss_30, .lizard, 1000.0, 2.0, 400.0, .{ 0.9, 0.8, 0.1, 1.0 }, 65.0, 10.0),
    constant(.spider_sp1_const_red_boss_3b, .spider, 1200.0, 2.0, 4000.0, .{ 0.9, 0.0, 0.0, 1.0 }, 70.0, 20.0),
    constant(.spider_sp1_const_white_fast_3e, .spider, 1000.0, 2.8, 500.0, .{ 1.0, 1.0, 1.0, 1.0 }, 64.0, 40.0),
    constant(.spider_sp1_const_brown_small_3f, .spider, 200.0, 2.3, 210.0, .{ 0.7, 0.4, 0.1, 1.0 }, 35.0, 20.0),
    constant(.spider_small_blue_40, .spider, 70.0, 2.2, 160.0, .{ 0.5, 0.6, 0.9, 1.0 }, 45.0, 5.0),
    constant(.zombie_small_white_42, .zombie, 200.0, 1.7, 160.0, .{ 0.9, 0.9, 0.9, 1.0 }, 45.0, 15.0),
    constant(.zombie_const_green_brute_43, .zombie, 2000.0, 2.1, 460.0, .{ 0.2, 0.6, 0.1, 1.0 }, 70.0, 15.0),
};
// zig fmt: on

const template_count = @typeInfo(Id).@"enum".field_names.len;

const templates: [template_count]Template = blk: {
    @setEvalBranchQuota(100_000);
    var table: [template_count]Template = @splat(.unhandled);
    for (entries) |entry| table[@backingInt(entry.id)] = entry.template;
    for (table, 0..) |template, id| {
        if ((template == .unhandled) != (id == @backingInt(Id.unused_02))) @compileError("a template is missing");
    }
    break :blk table;
};
