//! Takes the trace's rows of a tick.

const std = @import("std");
const hidden = @import("hidden.zig");
const rows = @import("rows.zig");
const schema = @import("../schema.zig");
const Tables = @import("../cdt_rows.zig").Tables;
const World = @import("world.zig").World;
const frame_dt = @import("world.zig").frame_dt;
const frame_dt_ms = @import("world.zig").frame_dt_ms;
const next_state = @import("rng.zig").next_state;
const value_of = @import("rng.zig").value_of;

pub const Sampler = struct {
    hidden: hidden.Sampler,

    /// Adds the rows of the state before tick 0, with the draws of set-up.
    pub fn add_setup(sampler: *Sampler, world: *const World, tables: *Tables) error{ChunkFull}!void {
        sampler.hidden.init(world);
        try sampler.add_state(world, tables, 0);
    }

    /// Adds the rows of the tick that `world` has just played, as number `tick` of its chunk.
    pub fn add_tick(sampler: *Sampler, world: *const World, tables: *Tables, tick: u32) error{ChunkFull}!void {
        try sampler.add_state(world, tables, tick);
        try tables.append(.timing_samples, tick, .{
            .frame_dt = frame_dt,
            .frame_dt_ms = frame_dt_ms,
            .time_scale_active = false,
            .time_scale_factor = 1.0,
            .reflex_boost_timer = 0.0,
        });
        if (tick == schema.ticks_per_chunk - 1) sampler.hidden.check(world);
    }

    fn add_state(sampler: *Sampler, world: *const World, tables: *Tables, tick: u32) error{ChunkFull}!void {
        try tables.append(.checkpoint, tick, rows.of_checkpoint(world));
        for (world.players[0..world.settings.player_count]) |*player| {
            try tables.append(.checkpoint_players, tick, rows.of_vitals(player));
            try tables.append(.sim_state_players, tick, rows.of_player(player));
        }
        for (world.events.deaths[0..world.events.death_count]) |*death| {
            try tables.append(.checkpoint_deaths, tick, .{
                .creature = death.creature,
                .type_id = @backingInt(death.kind),
                .reward_value = death.reward_value,
                .xp_awarded = death.xp_awarded,
            });
        }
        for (world.rng.drawn()) |draw| {
            const after = next_state(draw.state_before);
            try tables.append(.rng_stream, tick, .{
                .value = value_of(after),
                .state_before = draw.state_before,
                .state_after = after,
                .caller = @backingInt(draw.caller),
            });
        }
        try tables.append(.sim_state, tick, .{ .gameplay = rows.of_gameplay(world) });
        for (world.weapon_times, 0..) |time, id| {
            if (time == 0) continue;
            try tables.append(.sim_state_weapon_times, tick, .{ .index = @intCast(id), .time_ms = time });
        }
        switch (world.mode) {
            .rush => |*spawner| try tables.append(.sim_state_rush, tick, .{
                .spawn_cooldown_ms = spawner.spawn_cooldown_ms,
            }),
        }
        try add_pool(schema.Creature, .entity_samples_creatures, &world.creatures, tables, tick);
        try add_pool(schema.Projectile, .entity_samples_projectiles, &world.projectiles, tables, tick);
        try tables.append(.hidden_state, tick, sampler.hidden.sample(world));
    }
};

/// The live slots of a pool.
fn add_pool(
    comptime Row: type,
    comptime table: schema.TableId,
    pool: anytype,
    tables: *Tables,
    tick: u32,
) error{ChunkFull}!void {
    const capacity = @TypeOf(pool.*).size_max;
    for (pool.active[0..capacity], 0..) |active, slot| {
        if (active) try tables.append(table, tick, rows.of_slot(Row, pool, slot));
    }
}
