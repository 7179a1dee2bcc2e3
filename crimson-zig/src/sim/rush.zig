//! Rush: everyone has an assault rifle, and creatures come from both sides.

const birth_tint = @import("birth_tint.zig");
const float = @import("float.zig");
const world_module = @import("world.zig");
const Vec2 = float.Vec2;
const World = world_module.World;

/// Milliseconds between two pairs of creatures.
const spawn_interval_ms = 250.0;
const spawn_margin = 64.0;
/// How far the places of spawning swing to both sides, world units.
const spawn_swing = 256.0;

pub const Spawner = struct {
    spawn_cooldown_ms: f32 = 0.0,

    /// `rush_mode_update`, 0x004072b0.
    pub fn update(spawner: *Spawner, world: *World) void {
        for (world.seats()) |*player| {
            player.weapon.id = .assault_rifle;
            player.weapon.ammo = 30.0;
        }
        const players = float.from_int(world.settings.player_count);
        spawner.spawn_cooldown_ms -= players * float.from_int(world.dt_ms);
        while (spawner.spawn_cooldown_ms < 0.0) {
            spawner.spawn_cooldown_ms += spawn_interval_ms;
            spawn_pair(world);
        }
    }

    fn spawn_pair(world: *World) void {
        const tint = birth_tint.at(world.elapsed_ms);
        const swing = float.direction(float.int_mul(world.elapsed_ms, 0.001), spawn_swing);
        const middle = world_module.arena_size / 2.0;

        const right: Vec2 = .{ .x = world_module.arena_size + spawn_margin, .y = swing.x + middle };
        const alien = world.creatures.spawn(&world.rng, right, tint, .alien, world.elapsed_ms);
        world.creatures.ai_mode[alien] = .flank_player_wide;

        const left: Vec2 = .{ .x = -spawn_margin, .y = swing.y + middle };
        const spider = world.creatures.spawn(&world.rng, left, tint, .spider, world.elapsed_ms);
        world.creatures.ai_mode[spider] = .flank_player_wide;
        world.creatures.flags[spider].stop_and_go = true;
        world.creatures.move_speed[spider] *= 1.4;
    }
};
