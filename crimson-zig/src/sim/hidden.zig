//! Digests of what the trace does not sample: slots that are not live, sprites, availability.
//!
//! `docs/cdt-trace-format.md` says what each covers, byte for byte.

const std = @import("std");
const bonuses = @import("bonuses.zig");
const creatures = @import("creatures.zig");
const particles = @import("particles.zig");
const projectiles = @import("projectiles.zig");
const quest_table = @import("quests/table.zig");
const rows = @import("rows.zig");
const schema = @import("../schema.zig");
const secondaries = @import("secondaries.zig");
const Plays = @import("quests/quest.zig").Plays;
const Settings = @import("settings.zig").Settings;
const SpawnSlots = @import("spawn_slots.zig").Slots;
const Sprites = @import("effects.zig").Sprites;
const World = @import("world.zig").World;
const assert = std.debug.assert;

const Blake2b64 = std.crypto.hash.blake2.Blake2b(64);
const hash_size = Blake2b64.digest_length;

/// The digest of no bytes at all.
const nothing: u64 = 0xb4b2797457a0a6e4;

fn hash(bytes: []const u8) [hash_size]u8 {
    var digest: [hash_size]u8 = undefined;
    Blake2b64.hash(bytes, &digest, .{});
    return digest;
}

fn digest_of(bytes: []const u8) u64 {
    return std.mem.readInt(u64, &hash(bytes), .little);
}

fn finish(hasher: *Blake2b64) u64 {
    var digest: [hash_size]u8 = undefined;
    hasher.final(&digest);
    return std.mem.readInt(u64, &digest, .little);
}

/// How many bytes a packed value takes: little endian, no padding, one byte for a flag.
fn packed_size(comptime Value: type) usize {
    if (Value == bool) return 1;
    if (@typeInfo(Value) != .@"struct") return @sizeOf(Value);
    var size: usize = 0;
    inline for (@typeInfo(Value).@"struct".field_names, @typeInfo(Value).@"struct".field_types) |name, Field| {
        if (!bookkeeping(name)) size += packed_size(Field);
    }
    return size;
}

/// What a row says for the trace's sake, and is no memory of the original.
fn bookkeeping(name: []const u8) bool {
    return std.mem.eql(u8, name, "index") or std.mem.eql(u8, name, "generation");
}

fn pack(out: []u8, value: anytype) void {
    const Value = @TypeOf(value);
    assert(out.len == comptime packed_size(Value));
    switch (Value) {
        bool => out[0] = @intFromBool(value),
        f32 => std.mem.writeInt(u32, out[0..4], @bitCast(value), .little),
        i32, u32 => std.mem.writeInt(Value, out[0..4], value, .little),
        u16 => std.mem.writeInt(u16, out[0..2], value, .little),
        else => {
            const info = @typeInfo(Value).@"struct";
            comptime var at = 0;
            inline for (info.field_names, info.field_types) |name, Field| {
                if (comptime !bookkeeping(name)) {
                    pack(out[at..][0..comptime packed_size(Field)], @field(value, name));
                    at += comptime packed_size(Field);
                }
            }
        },
    }
}

fn packed_bytes(value: anytype) [packed_size(@TypeOf(value))]u8 {
    var bytes: [packed_size(@TypeOf(value))]u8 = undefined;
    pack(&bytes, value);
    return bytes;
}

/// The digest of the slots of a pool that are not live, from what their last tenants left. Such a slot changes
/// by being handed out, and where it may be moved it is hashed anew; else its hash is kept. `check` tells whether that is
/// so.
fn Residue(comptime Pool: type, comptime Row: type, comptime capacity: usize, comptime extra: usize) type {
    return struct {
        const Self = @This();

        live: [capacity]bool,
        generation: [capacity]u32,
        /// By slot, zero for a live one; the slots behind the pool are never live.
        hashes: [capacity + extra][hash_size]u8,
        digest: u64,

        fn init(residue: *Self, pool: *const Pool) void {
            residue.live = pool.active[0..capacity].*;
            residue.generation = pool.generation[0..capacity].*;
            for (&residue.hashes, 0..) |*slot_hash, slot| {
                const live = slot < capacity and pool.active[slot];
                slot_hash.* = if (live) @splat(0) else slot_hash_of(pool, slot);
            }
            residue.digest = digest_of(std.mem.asBytes(&residue.hashes));
        }

        fn sample(residue: *Self, pool: *const Pool) u64 {
            var changed = false;
            for (0..capacity) |slot| {
                const live = pool.active[slot];
                if (live and residue.live[slot]) continue;
                const same = live == residue.live[slot] and pool.generation[slot] == residue.generation[slot];
                // A carrier that is gone is moved when its death is handled once more.
                const moves = @hasField(Pool, "carried") and pool.flags[slot].bonus_on_death;
                if (same and !moves) continue;
                residue.live[slot] = live;
                residue.hashes[slot] = if (live) @splat(0) else slot_hash_of(pool, slot);
                changed = true;
            }
            residue.generation = pool.generation[0..capacity].*;
            for (capacity..capacity + extra) |slot| {
                const now = slot_hash_of(pool, slot);
                if (std.mem.eql(u8, &now, &residue.hashes[slot])) continue;
                residue.hashes[slot] = now;
                changed = true;
            }
            if (changed) residue.digest = digest_of(std.mem.asBytes(&residue.hashes));
            return residue.digest;
        }

        fn check(residue: *const Self, pool: *const Pool) void {
            for (0..capacity) |slot| {
                if (pool.active[slot]) continue;
                assert(std.mem.eql(u8, &residue.hashes[slot], &slot_hash_of(pool, slot)));
            }
        }

        fn slot_hash_of(pool: *const Pool, slot: usize) [hash_size]u8 {
            return hash(&packed_bytes(rows.of_slot(Row, pool, slot)));
        }
    };
}

/// The same for bonuses, which fade after they have left their slots: each slot is compared.
const BonusResidue = struct {
    /// Null for a slot that has a row.
    slots: [slot_count]?Slot,
    hashes: [slot_count][hash_size]u8,
    digest: u64,

    const slot_count = bonuses.sentinel + 1;
    const Slot = [packed_size(schema.Bonus)]u8;

    fn init(residue: *BonusResidue, pool: *const bonuses.Pool) void {
        residue.slots = @splat(null);
        residue.hashes = @splat(@splat(0));
        _ = residue.sample(pool);
    }

    fn sample(residue: *BonusResidue, pool: *const bonuses.Pool) u64 {
        var changed = false;
        for (&residue.slots, &residue.hashes, 0..) |*kept, *slot_hash, index| {
            const now = left_in(pool, index);
            if (std.meta.eql(kept.*, now)) continue;
            kept.* = now;
            slot_hash.* = if (now) |*slot| hash(slot) else @splat(0);
            changed = true;
        }
        if (changed) residue.digest = digest_of(std.mem.asBytes(&residue.hashes));
        return residue.digest;
    }

    fn left_in(pool: *const bonuses.Pool, index: usize) ?Slot {
        if (index != bonuses.sentinel and pool.live(index)) return null;
        return packed_bytes(rows.of_slot(schema.Bonus, pool, index));
    }
};

/// The digest of a quest's table, of which nothing but the counts changes.
const QuestSpawns = struct {
    counts: [quest_table.entries_max]i32 = undefined,
    length: usize = 0,
    digest: u64 = nothing,

    fn sample(spawns: *QuestSpawns, table: *const quest_table.Table) u64 {
        const now = table.counts();
        if (std.mem.eql(i32, now, spawns.counts[0..spawns.length])) return spawns.digest;
        @memcpy(spawns.counts[0..now.len], now);
        spawns.length = now.len;
        var hasher: Blake2b64 = .init(.{});
        for (0..now.len) |at| hasher.update(&packed_bytes(@as(QuestSpawnRow, .{
            .pos = table.pos[at],
            .heading = table.heading[at],
            .template = @backingInt(table.template[at]),
            .trigger_ms = table.trigger_ms[at],
            .count = table.count[at],
        })));
        spawns.digest = finish(&hasher);
        return spawns.digest;
    }
};

/// One entry of a quest's table in the digest.
const QuestSpawnRow = struct {
    pos: schema.Vec2,
    heading: f32,
    template: i32,
    trigger_ms: i32,
    count: i32,
};

/// Digests that keep what they can from tick to tick.
pub const Sampler = struct {
    creatures: Residue(creatures.Pool, schema.Creature, creatures.capacity, 1),
    projectiles: Residue(projectiles.Pool, schema.Projectile, projectiles.capacity, 0),
    secondaries: Residue(secondaries.Pool, schema.SecondaryProjectile, secondaries.capacity, 0),
    bonuses: BonusResidue,
    availability: u64,
    usage_counts: @FieldType(Settings, "weapon_usage_counts"),
    quest_plays: Plays,
    quest_spawns: QuestSpawns,

    pub fn init(sampler: *Sampler, world: *const World) void {
        sampler.creatures.init(&world.creatures);
        sampler.projectiles.init(&world.projectiles);
        sampler.secondaries.init(&world.secondaries);
        sampler.bonuses.init(&world.bonus_pool);
        sampler.usage_counts = world.settings.weapon_usage_counts;
        sampler.quest_plays = world.quest_plays;
        sampler.availability = availability_of(world);
        sampler.quest_spawns = .{};
    }

    pub fn sample(sampler: *Sampler, world: *const World) schema.HiddenState {
        const usage_counts = &world.settings.weapon_usage_counts;
        const plays = &world.quest_plays;
        const counted = std.mem.eql(u32, usage_counts, &sampler.usage_counts) and
            std.mem.eql(u32, &plays.counts, &sampler.quest_plays.counts);
        if (!counted) {
            sampler.usage_counts = usage_counts.*;
            sampler.quest_plays = plays.*;
            sampler.availability = availability_of(world);
        }
        return .{
            .creatures = sampler.creatures.sample(&world.creatures),
            .projectiles = sampler.projectiles.sample(&world.projectiles),
            .secondary_projectiles = sampler.secondaries.sample(&world.secondaries),
            .bonuses = sampler.bonuses.sample(&world.bonus_pool),
            .particles = particles_of(&world.particles),
            .sprite_effects = sprites_of(&world.sprites),
            .spawn_slots = spawn_slots_of(&world.spawn_slots),
            .quest_spawns = switch (world.mode) {
                .quests => |*timeline| sampler.quest_spawns.sample(&timeline.table),
                else => nothing,
            },
            .availability = sampler.availability,
            .dormant_player = if (world.settings.player_count == 1)
                digest_of(&packed_bytes(rows.of_player(&world.players[1])))
            else
                nothing,
        };
    }

    /// Asserts that no slot has changed whose hash was kept; dear, so not for every tick.
    pub fn check(sampler: *const Sampler, world: *const World) void {
        sampler.creatures.check(&world.creatures);
        sampler.projectiles.check(&world.projectiles);
        sampler.secondaries.check(&world.secondaries);
    }
};

/// One sprite in the digest.
const SpriteRow = struct {
    slot: u16,
    color: schema.Rgba,
    rotation: f32,
    pos: schema.Vec2,
    vel: schema.Vec2,
    scale: f32,
};

/// One particle in the digest.
const ParticleRow = struct {
    slot: u16,
    style: i32,
    in_flight: bool,
    pos: schema.Vec2,
    vel: schema.Vec2,
    color: schema.Rgba,
    intensity: f32,
    angle: f32,
    rotation: f32,
    target: i32,
};

fn particles_of(pool: *const particles.Pool) u64 {
    var hasher: Blake2b64 = .init(.{});
    for (pool.active, 0..) |active, slot| {
        if (!active) continue;
        hasher.update(&packed_bytes(@as(ParticleRow, .{
            .slot = @intCast(slot),
            .style = @backingInt(pool.style[slot]),
            .in_flight = pool.in_flight[slot],
            .pos = pool.pos[slot],
            .vel = pool.vel[slot],
            .color = pool.color[slot],
            .intensity = pool.intensity[slot],
            .angle = pool.angle[slot],
            .rotation = pool.rotation[slot],
            .target = pool.target[slot],
        })));
    }
    return finish(&hasher);
}

fn sprites_of(sprites: *const Sprites) u64 {
    var hasher: Blake2b64 = .init(.{});
    for (sprites.active, 0..) |active, slot| {
        if (!active) continue;
        hasher.update(&packed_bytes(@as(SpriteRow, .{
            .slot = @intCast(slot),
            .color = sprites.color[slot],
            .rotation = sprites.rotation[slot],
            .pos = sprites.pos[slot],
            .vel = sprites.vel[slot],
            .scale = sprites.scale[slot],
        })));
    }
    return finish(&hasher);
}

fn availability_of(world: *const World) u64 {
    var hasher: Blake2b64 = .init(.{});
    for (world.availability.bonuses) |flag| hasher.update(&.{@intFromBool(flag)});
    for (world.availability.perks) |flag| hasher.update(&.{@intFromBool(flag)});
    for (world.availability.weapons) |flag| hasher.update(&.{@intFromBool(flag)});
    for (world.settings.weapon_usage_counts) |count| hasher.update(&packed_bytes(count));
    for (world.quest_plays.counts) |count| hasher.update(&packed_bytes(count));
    return finish(&hasher);
}

fn spawn_slots_of(slots: *const SpawnSlots) u64 {
    var hasher: Blake2b64 = .init(.{});
    for (&slots.slots) |*slot| {
        hasher.update(&packed_bytes(slot.owner));
        hasher.update(&packed_bytes(slot.timer));
        hasher.update(&packed_bytes(slot.count));
        hasher.update(&packed_bytes(slot.limit));
        hasher.update(&packed_bytes(slot.interval));
        hasher.update(&packed_bytes(@as(i32, @backingInt(slot.child))));
    }
    return finish(&hasher);
}
