//! The trace's rows of a run's state.

const std = @import("std");
const schema = @import("../schema.zig");
const Lesson = @import("tutorial.zig").Lesson;
const PerkId = @import("perks.zig").PerkId;
const Shooter = @import("typo.zig").Shooter;
const Player = @import("players.zig").Player;
const Timeline = @import("quests/timeline.zig").Timeline;
const Weapon = @import("players.zig").Weapon;
const World = @import("world.zig").World;
const choices_max = @import("perks.zig").choices_max;
const man_bomb_interval = @import("player_perks.zig").man_bomb_interval;

/// The row of a pool's slot: the pool's arrays have the names of the row's fields.
pub fn of_slot(comptime Row: type, pool: anytype, slot: usize) Row {
    var row: Row = undefined;
    const info = @typeInfo(Row).@"struct";
    inline for (info.field_names, info.field_types) |name, Field| {
        @field(row, name) = if (comptime std.mem.eql(u8, name, "index"))
            @intCast(slot)
        else
            convert(Field, @field(pool, name)[slot]);
    }
    return row;
}

/// Whether the trace has a row for the slot.
pub fn live(pool: anytype, slot: usize) bool {
    return if (@hasField(@TypeOf(pool.*), "active")) pool.active[slot] else pool.live(slot);
}

/// Enumerations and sets of flags are plain integers in the trace.
pub fn convert(comptime Field: type, value: anytype) Field {
    return switch (@typeInfo(@TypeOf(value))) {
        .@"enum" => @backingInt(value),
        else => if (@TypeOf(value) == Field) value else @bitCast(value),
    };
}

pub fn of_player(player: *const Player) schema.Player {
    return .{
        .index = @intCast(player.index),
        .pos = player.pos,
        .health = player.health,
        .size = player.size,
        .speed_multiplier = player.speed_multiplier,
        .move_speed = player.move_speed,
        .move_phase = player.move_phase,
        .heading = player.heading,
        .turn_speed = player.turn_speed,
        .death_timer = player.death_timer,
        .low_health_timer = player.low_health_timer,
        .aim = player.aim,
        .aim_heading = player.aim_heading,
        .evil_eyes_target = player.evil_eyes_target,
        .auto_target = player.auto_target,
        .weapon = of_weapon(&player.weapon),
        .alt_weapon = of_weapon(&player.alt_weapon),
        .weapon_reset_latch = 0,
        .spread_heat = player.spread_heat,
        .muzzle_flash_alpha = @floatCast(player.muzzle_flash_alpha),
        .experience = player.experience,
        .level = player.level,
        .plaguebearer_active = player.plaguebearer_active,
        .hot_tempered_timer = player.hot_tempered_timer,
        .man_bomb_timer = player.man_bomb_timer,
        .living_fortress_timer = player.living_fortress_timer,
        .fire_cough_timer = player.fire_cough_timer,
        .speed_bonus_timer = player.speed_bonus_timer,
        .shield_timer = player.shield_timer,
        .fire_bullets_timer = player.fire_bullets_timer,
        .bonus_hover_index = player.bonus_hover_index,
        .bonus_hover_timer_ms = player.bonus_hover_timer_ms,
    };
}

fn of_weapon(weapon: *const Weapon) schema.Weapon {
    return .{
        .weapon_id = @backingInt(weapon.id),
        .clip_size = weapon.clip_size,
        .ammo = weapon.ammo,
        .reload_active = weapon.reload_active,
        .reload_timer = weapon.reload_timer,
        .reload_timer_max = weapon.reload_timer_max,
        .shot_cooldown = weapon.shot_cooldown,
    };
}

pub fn of_vitals(player: *const Player) schema.PlayerVitals {
    return .{
        .index = @intCast(player.index),
        .pos = player.pos,
        .health = player.health,
        .weapon_id = @backingInt(player.weapon.id),
        .ammo = player.weapon.ammo,
        .experience = player.experience,
        .level = player.level,
    };
}

pub fn of_checkpoint(world: *const World) schema.Checkpoint {
    var score: i32 = 0;
    for (world.players[0..world.settings.player_count]) |*player| score +%= player.experience;
    return .{
        .rng_state = world.rng.state,
        .elapsed_ms = world.scored_ms(),
        .score_xp = score,
        .kills = world.creatures.kill_count,
        .creature_count = world.creatures.count_healthy(),
        .perk_pending = world.perk_menu.pending_count,
        .hit_count = world.events.hit_count,
        .pickup_count = world.events.pickup_count,
    };
}

pub fn of_lesson(lesson: *const Lesson) schema.TutorialStage {
    return .{
        .stage_index = @backingInt(lesson.stage),
        .stage_timer_ms = lesson.timer_ms,
        .stage_transition_timer_ms = lesson.transition_ms,
        .hint_index = lesson.hint_index,
        .hint_alpha = lesson.hint_alpha,
        .hint_carrier_killed = lesson.carrier_killed,
        .repeat_spawn_count = lesson.repeats,
        .hint_bonus_creature = if (lesson.carrier) |slot| slot else -1,
    };
}

pub fn of_typo(shooter: *const Shooter) schema.TypoProgress {
    return .{
        .input_text = shooter.typing.text(),
        .submit_count = @intCast(shooter.submit_count),
        .match_count = @intCast(shooter.match_count),
        .spawn_cooldown_ms = shooter.spawn_cooldown_ms,
        .highscore_names_loaded = shooter.names.highscore_names_loaded,
        .target = shooter.target,
    };
}

fn of_choices(choices: *const [choices_max]PerkId) schema.PerkChoices {
    var row: schema.PerkChoices = undefined;
    inline for (@typeInfo(schema.PerkChoices).@"struct".field_names, choices) |name, perk| {
        @field(row, name) = @backingInt(perk);
    }
    return row;
}

pub fn of_timeline(timeline: *const Timeline) schema.QuestTimeline {
    var row: schema.QuestTimeline = undefined;
    inline for (@typeInfo(schema.QuestTimeline).@"struct".field_names) |name| {
        const value = @field(timeline, name);
        @field(row, name) = if (@TypeOf(value) == f64) @floatCast(value) else value;
    }
    return row;
}

pub fn of_gameplay(world: *const World) schema.Gameplay {
    const menu = &world.perk_menu;
    const rewards = &world.rewards;
    const level = world.settings.quest.level();
    return .{
        .mode_id = @backingInt(world.settings.mode),
        .quest_stage_major = if (level) |stock| stock.tier else 0,
        .quest_stage_minor = if (level) |stock| stock.number else 0,
        .run_active = world.run_active,
        .time_scale_active = world.time_scale_active,
        .bonus_timers = world.bonuses,
        .perks = .{
            .pending_count = menu.pending_count,
            .choices = of_choices(&menu.choices),
            .choices_dirty = menu.stale,
            .man_bomb_interval = man_bomb_interval,
            .fire_cough_interval = world.intervals.fire_cough,
            .hot_tempered_interval = world.intervals.hot_tempered,
            .lean_mean_exp_timer = world.lean_mean_exp_timer,
            .jinxed_timer = world.jinxed_timer,
            .plaguebearer_infection_count = world.plague_kills,
            .doctor_target = world.players[0].doctor_target,
        },
        .alt_weapon_swap_cooldown_ms = world.alt_weapon_swap_cooldown_ms,
        .shock_chain_links_left = world.shock_chain_links_left,
        .shock_chain_projectile = world.shock_chain_projectile,
        .scripted_burst_active = world.scripted_burst,
        .game_tune_started = world.game_tune_started,
        .survival_rewards = .{
            .guard_weapon_id = @backingInt(rewards.guard_weapon),
            .shrinkifier_enabled = rewards.shrinkifier_enabled,
            .fire_seen = rewards.fire_seen,
            .damage_seen = rewards.damage_seen,
            .kill_count = rewards.kill_count,
            .kill_pos_0 = rewards.kill_pos[0],
            .kill_pos_1 = rewards.kill_pos[1],
            .kill_pos_2 = rewards.kill_pos[2],
        },
        .camera_shake = world.camera_shake,
        .shots_fired = world.shots_fired,
        .shots_hit = world.shots_hit,
        .highscore_xp = world.highscore_xp,
        // Nothing pushes the damping off its rest.
        .spread_damping_scalar = 1.0,
        .spread_damping_gate = 0.0,
        .quest_fail_retry_count = world.settings.quest_fail_retry_count,
        .creatures_spawned = world.creatures.spawned_count,
        .creature_update_count = world.creatures.update_count,
        .effect_detail_skips = world.effect_detail_skips,
        .unlocks = .{
            .quest_unlock_index = world.settings.quest_unlock_index,
            .quest_unlock_index_hardcore = world.settings.quest_unlock_index_hardcore,
        },
    };
}
