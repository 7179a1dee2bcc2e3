//! The CRT's `rand`, and who called it.

const std = @import("std");
const assert = std.debug.assert;

/// The call sites of `rand` in the original, by return address.
pub const Caller = enum(u32) {
    game_frame_update_discarded = 0x0040cac7,
    gameplay_reset_state_random_tag = 0x00413279,
    gameplay_reset_state_creature_anim_phase = 0x00413373,
    gameplay_reset_state_highscore_random_tag = 0x00413412,
    player_update_bleed_drip = 0x0041381c,
    player_update_casing_angle = 0x00415a6d,
    player_update_casing_speed = 0x00415a8b,
    player_update_casing_rotation = 0x00415b26,
    player_update_casing_rotation_step = 0x00415b79,
    player_update_shot_jitter_dir = 0x00415c6b,
    player_update_shot_jitter_mag = 0x00415c87,
    player_update_fire_bullets_pellet_jitter = 0x00415dad,
    player_update_shot_sfx = 0x00415f09,
    terrain_generate_base_rotation = 0x00417d22,
    terrain_generate_base_y = 0x00417d4d,
    terrain_generate_base_x = 0x00417d73,
    terrain_generate_overlay_rotation = 0x00417e88,
    terrain_generate_overlay_y = 0x00417eb3,
    terrain_generate_overlay_x = 0x00417ed9,
    terrain_generate_detail_rotation = 0x00417feb,
    terrain_generate_detail_y = 0x00418016,
    terrain_generate_detail_x = 0x0041803c,
    terrain_generate_random_prelude_1 = 0x004181cc,
    terrain_generate_random_prelude_2 = 0x004181df,
    terrain_generate_random_prelude_3 = 0x004181f2,
    unlock_terrain_q4 = 0x00418229,
    unlock_terrain_q3 = 0x00418254,
    unlock_terrain_q2 = 0x0041827f,
    terrain_generate_random_base_rotation = 0x004183fc,
    terrain_generate_random_base_y = 0x00418427,
    terrain_generate_random_base_x = 0x0041844d,
    terrain_generate_random_overlay_rotation = 0x00418559,
    terrain_generate_random_overlay_y = 0x00418584,
    terrain_generate_random_overlay_x = 0x004185aa,
    terrain_generate_random_detail_rotation = 0x004186b6,
    terrain_generate_random_detail_y = 0x004186e1,
    terrain_generate_random_detail_x = 0x00418707,
    fx_spawn_sprite_alloc = 0x0041fbce,
    fx_spawn_sprite_rotation = 0x0041fc3e,
    creature_apply_damage_heading_jitter = 0x004208a9,
    creature_apply_damage_death_sfx = 0x00420b16,
    projectile_update_default_reverse_splatter_gate = 0x0042105b,
    projectile_update_stop_on_hit_jitter = 0x004211c4,
    projectile_update_post_hit_decal_burn = 0x004215d2,
    projectile_update_decal_spread = 0x00421642,
    projectile_update_large_streak_dist = 0x0042176f,
    projectile_update_large_streak_dist_gt4 = 0x00421799,
    projectile_update_large_streak_dist_gt7 = 0x004217c6,
    projectile_update_large_streak_burn = 0x0042184c,
    projectile_update_hit_sfx = 0x00421936,
    player_take_damage_death_sfx = 0x00426124,
    player_take_damage_pain_sfx = 0x00426152,
    player_take_damage_heading = 0x00426197,
    player_take_damage_bleed_drip = 0x00426201,
    creature_update_all_stop_and_go_hold = 0x00426381,
    creature_update_all_stop_and_go_reset = 0x004263b1,
    creature_update_all_contact_sfx = 0x00427273,
    fx_queue_add_random_gray = 0x00427760,
    fx_queue_add_random_width = 0x0042778e,
    fx_queue_add_random_rotation = 0x004277b0,
    fx_queue_add_random_effect_id = 0x0042780b,
    creature_alloc_slot_phase_seed = 0x004281a2,
    creature_spawn_heading = 0x004282dc,
    creature_spawn_reward = 0x00428315,
    effect_spawn_blood_splatter_rotation = 0x0042ebc0,
    effect_spawn_blood_splatter_half = 0x0042ebe3,
    effect_spawn_blood_splatter_speed_x = 0x0042ec00,
    effect_spawn_blood_splatter_speed_y = 0x0042ec1d,
    effect_spawn_blood_splatter_scale_step = 0x0042ec44,
};

pub const Draw = struct {
    state_before: u32,
    caller: Caller,
};

pub fn next_state(state: u32) u32 {
    return state *% 214013 +% 2531011;
}

/// Bits 16 to 30 of the state after a draw.
pub fn value_of(state_after: u32) u15 {
    return @truncate(state_after >> 16);
}

/// The generator, and its draws since they were last cleared: those of set-up, or of a tick.
pub const Rng = struct {
    state: u32,
    count: u32 = 0,
    draws: [draws_max]Draw = undefined,

    /// More than 96 projectiles that hit at every step, and a full pool that bites, can draw in a tick.
    pub const draws_max = 1 << 18;

    pub fn draw(rng: *Rng, caller: Caller) u15 {
        assert(rng.count < draws_max);
        rng.draws[rng.count] = .{ .state_before = rng.state, .caller = caller };
        rng.count += 1;
        rng.state = next_state(rng.state);
        return value_of(rng.state);
    }

    /// A draw whose value the simulation has no use for, such as the angle of a splash of blood.
    pub fn skip(rng: *Rng, caller: Caller) void {
        _ = rng.draw(caller);
    }

    pub fn clear_draws(rng: *Rng) void {
        rng.count = 0;
    }

    /// The draws since the last clearing, in order.
    pub fn drawn(rng: *const Rng) []const Draw {
        return rng.draws[0..rng.count];
    }
};
