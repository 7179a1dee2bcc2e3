//! Spawn slots: what dens have still to bring into the world.

const Id = @import("spawn_templates.zig").Id;

pub const SpawnSlot = struct {
    /// The den, or -1.
    owner: i32,
    timer: f32,
    count: i32,
    limit: i32,
    interval: f32,
    child: Id,
};

pub const Slots = struct {
    slots: [capacity]SpawnSlot,

    pub const capacity = 32;

    pub const empty: Slots = .{ .slots = @splat(.{
        .owner = -1,
        .timer = 0.5,
        .count = 0,
        .limit = -1,
        .interval = 0.5,
        .child = .zombie_boss_spawner_00,
    }) };

    /// `creature_spawn_slot_alloc`: the first slot without an owner, else the last one.
    pub fn allocate(table: *Slots, slot: SpawnSlot) usize {
        const free = for (&table.slots, 0..) |*taken, index| {
            if (taken.owner < 0) break index;
        } else capacity - 1;
        table.slots[free] = slot;
        return free;
    }

    /// The slot that a creature's link names, if there is one.
    pub fn at(table: *Slots, link_index: i32) ?*SpawnSlot {
        if (link_index < 0 or link_index >= capacity) return null;
        return &table.slots[@intCast(link_index)];
    }

    /// Takes a den's slot away.
    pub fn release(table: *Slots, link_index: i32) void {
        table.slots[@intCast(link_index)].owner = -1;
    }

    /// Whom a den brings forth in this frame; at most one, however long the frame is.
    pub fn tick(table: *Slots, link_index: i32, dt: f32) ?Id {
        const slot = &table.slots[@intCast(link_index)];
        slot.timer -= dt;
        if (!(slot.timer < 0.0)) return null;
        slot.timer += slot.interval;
        if (slot.count >= slot.limit) return null;
        slot.count += 1;
        return slot.child;
    }
};
