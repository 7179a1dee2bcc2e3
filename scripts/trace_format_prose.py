"""What the columns of a trace mean and where the original keeps them: the prose of `docs/cdt-trace-format.md`.

`trace_format_tables.py` joins it with the layout. A source is one of: an offset into the slot that the table's
heading names (`+0x14`), an address in `crimsonland.exe` 1.9.93, `counted` or `derived` by the producer, or, where the
address is not known yet, the field of the Python runtime (`rt:` and its path).
"""

from __future__ import annotations

from dataclasses import dataclass

type Column = tuple[str, str]


@dataclass(frozen=True, slots=True)
class TableProse:
    """What a table holds and, by path, each column's meaning and source."""

    about: str
    columns: dict[str, Column]


def _pair(path: str, meaning: str, x_source: str, y_source: str) -> dict[str, Column]:
    return {f"{path}.x": (f"{meaning}: x", x_source), f"{path}.y": (f"{meaning}: y", y_source)}


def _weapon(prefix: str, which: str, *sources: str) -> dict[str, Column]:
    meanings = {
        "weapon_id": f"{which}: weapon id; 0 when there is none",
        "clip_size": "shots that a full clip holds; the original keeps the integer in an f32",
        "ammo": "shots left in the clip; fractional for some weapons",
        "reload_active": "a reload goes on",
        "reload_timer": "seconds until the reload is done",
        "reload_timer_max": "seconds that this reload takes in all",
        "shot_cooldown": "seconds until the next shot is possible",
    }
    return {
        f"{prefix}.{name}": (meaning, source) for (name, meaning), source in zip(meanings.items(), sources, strict=True)
    }


_BONUS_IDS = (
    "1 points, 2 energizer, 3 weapon, 4 weapon power up, 5 nuke, 6 double experience, 7 shock chain, 8 fireblast, "
    "9 reflex boost, 10 shield, 11 freeze, 12 medikit, 13 speed, 14 fire bullets"
)
_SPAWN_COOLDOWN = "milliseconds until the mode's spawner acts again"

PROSE: dict[str, TableProse] = {
    "checkpoint": TableProse(
        "The summary of the tick.",
        {
            "rng_state": ("state of the random number generator after the tick", "`ptd+0x14`, by `_getptd` 0x004654b8"),
            "elapsed_ms": (
                "run time in ms as scored: quests take the spawn timeline, other modes the time played",
                "0x0048718c; quests 0x00486fd0",
            ),
            "score_xp": ("experience points, summed over the players", "derived: player +0x9c"),
            "kills": ("creatures killed", "0x00487074"),
            "creature_count": ("active creature slots with `hp` > 0", "derived: creature +0x00, +0x24"),
            "perk_pending": ("perks that may be picked", "0x00486fac"),
            "hit_count": (
                "projectile hits on creatures in this tick, by projectiles and secondary projectiles",
                "counted: `creature_find_in_radius` 0x004206a0 from `projectile_update`, less the owner's own",
            ),
            "pickup_count": ("bonuses picked up in this tick", "counted: `bonus_apply` 0x00409890"),
        },
    ),
    "checkpoint.players": TableProse(
        "One row for each player of the run; slots of `player_state_table` 0x004908c0, 4 of 0x360 bytes.",
        {
            "index": ("the player's number, from 0", "position in the table"),
            **_pair("pos", "position, world units", "+0x04", "+0x08"),
            "health": ("health points", "+0x14"),
            "weapon_id": ("weapon in hand", "+0x2b0"),
            "ammo": ("shots left in the clip", "+0x2bc"),
            "experience": ("experience points", "+0x9c"),
            "level": ("level, from 1", "+0xa4"),
        },
    ),
    "checkpoint.perks": TableProse(
        "The perks that were picked: one row for each perk whose count is not 0. "
        "The table is player one's, and counts for every player.",
        {
            "index": ("perk id, 0..127", "position in the table"),
            "count": ("how often it was picked", "i32[128] at 0x004908c0 +0xa8"),
        },
    ),
    "checkpoint.deaths": TableProse(
        "Creature deaths of the tick in order: one row for each call of `creature_handle_death`, 0x0041e910.",
        {
            "creature": ("slot of the creature", "argument"),
            "type_id": ("its type", "creature +0x6c"),
            "reward_value": ("its reward, as the call found it", "creature +0x64"),
            "xp_awarded": (
                "experience points that the call gave player one",
                "derived: player one +0x9c around the call",
            ),
        },
    ),
    "checkpoint.tutorial": TableProse(
        "Present in every tick of the tutorial (mode 8), and in no other mode.",
        {
            "stage_index": ("stage; -1 before the first", "rt: `state.tutorial.stage_index`"),
            "stage_timer_ms": ("time in the stage", "rt: `state.tutorial.stage_timer_ms`"),
            "stage_transition_timer_ms": (
                "clock of the change between stages; negative while it fades out",
                "rt: `state.tutorial.stage_transition_timer_ms`",
            ),
            "hint_index": ("hint on show; -1 when none was yet", "rt: `state.tutorial.hint_index`"),
            "hint_alpha": ("clock of the hint's fade, ms", "rt: `state.tutorial.hint_alpha`"),
            "hint_carrier_killed": (
                "the creature that carried the hint's bonus is dead",
                "rt: `state.tutorial.hint_carrier_killed`",
            ),
            "repeat_spawn_count": (
                "how often the stage's creatures came anew",
                "rt: `state.tutorial.repeat_spawn_count`",
            ),
            "hint_bonus_creature": (
                "slot of the creature that carries the hint's bonus; -1 when none does",
                "rt: `state.tutorial.hint_bonus_creature_ref`; the original keeps a pointer",
            ),
        },
    ),
    "checkpoint.typo": TableProse(
        "Present in every tick of Typ-o-Shooter (mode 4), and in no other mode.",
        {
            "input_text": ("what is typed so far; at most 17 characters", "rt: `state.typo.typing.text`"),
            "submit_count": (
                "words submitted since the process began",
                "`typo_submit_count`; rt: `state.typo.typing.submit_count`",
            ),
            "match_count": (
                "submitted words that named a creature",
                "`typo_match_count`; rt: `state.typo.typing.match_count`",
            ),
            "spawn_cooldown_ms": (_SPAWN_COOLDOWN, "rt: `state.typo.spawn_cooldown_ms`"),
            "highscore_names_loaded": (
                "the names of the score table are loaded; the first word taken from them loads them, with draws",
                "`typo_word_highscore_cache_ready`; rt: `state.typo.highscore_names.loaded`",
            ),
            **_pair(
                "target",
                "the point that the player aims at, world units",
                "static of 0x004457c0; rt: `state.typo.target_world.x`",
                "static of 0x004457c0; rt: `state.typo.target_world.y`",
            ),
        },
    ),
    "checkpoint.typo_names": TableProse(
        "Typ-o-Shooter only: one row for each active creature slot whose name is not empty.",
        {
            "index": ("creature slot", "position in the table"),
            "name": ("the word that kills it", "rt: `state.typo.names.names`"),
        },
    ),
    "rng_stream": TableProse(
        "Every draw of the tick in order: one row for each call of the CRT's `rand`, 0x00461746. "
        "With a state s it computes s' = (s * 214013 + 2531011) mod 2^32 and returns bits 16..30 of s'. "
        "The rows of tick -1 are the draws of run set-up; the first one starts at the run's seed.",
        {
            "value": ("what the call returned, 0..32767", "EAX at leave, or from `state_after`"),
            "state_before": ("generator state at entry", "`ptd+0x14` at entry"),
            "state_after": ("generator state at leave", "`ptd+0x14` at leave, or from `state_before`"),
            "caller": ("return address in the image linked at 0x00400000; 0 when not known", "return address at entry"),
        },
    ),
    "sim_state": TableProse(
        "The globals of gameplay.",
        {
            "gameplay.mode_id": ("1 survival, 2 rush, 3 quests, 4 typ-o, 8 tutorial", "0x00480360"),
            "gameplay.quest_stage_major": ("tier of a stock quest; 0 in every other run", "0x00487004"),
            "gameplay.quest_stage_minor": ("number of a stock quest in its tier; 0 in every other run", "0x00487008"),
            "gameplay.run_active": (
                "1 while the run goes on, 0 in the run-down after its end",
                "`run_active`; rt: `state.run_active`",
            ),
            "gameplay.time_scale_active": ("Reflex Boost slows the next tick", "0x0048700e"),
            "gameplay.bonus_timers.weapon_power_up": ("seconds left of Weapon Power Up", "0x0048701c"),
            "gameplay.bonus_timers.reflex_boost": ("seconds left of Reflex Boost", "0x00487014"),
            "gameplay.bonus_timers.energizer": ("seconds left of Energizer", "0x00487020"),
            "gameplay.bonus_timers.double_experience": ("seconds left of Double Experience", "0x00487024"),
            "gameplay.bonus_timers.freeze": ("seconds left of Freeze", "0x00487018"),
            "gameplay.perks.pending_count": ("perks that may be picked", "0x00486fac"),
            **{
                f"gameplay.perks.choices.choice_{choice}": (
                    f"perk id at place {choice} of the perk menu; 0 where none is offered",
                    f"0x{0x004807E8 + 4 * choice:08x}",
                )
                for choice in range(7)
            },
            "gameplay.perks.choices_dirty": ("the choices must be drawn anew before the menu opens", "0x00486fb0"),
            "gameplay.perks.man_bomb_interval": (
                "seconds between two bursts of Man Bomb",
                "`perk_man_bomb_trigger_interval_s`; rt: `state.perk_intervals.man_bomb`",
            ),
            "gameplay.perks.fire_cough_interval": (
                "seconds until the next Fire Cough; drawn anew after each",
                "`perk_fire_cough_trigger_interval_s`; rt: `state.perk_intervals.fire_cough`",
            ),
            "gameplay.perks.hot_tempered_interval": (
                "seconds until the next burst of Hot Tempered; drawn anew after each",
                "`perk_hot_tempered_trigger_interval_s`; rt: `state.perk_intervals.hot_tempered`",
            ),
            "gameplay.perks.lean_mean_exp_timer": ("seconds until Lean Mean Exp Machine pays again", "0x004808a4"),
            "gameplay.perks.jinxed_timer": ("seconds until Jinxed may strike again", "0x004aaf1c"),
            "gameplay.perks.plaguebearer_infection_count": (
                "creatures that the plague killed; at 50 and 60 it stops spreading",
                "rt: `state.plaguebearer_infection_count`",
            ),
            "gameplay.perks.doctor_target": (
                "creature under player one's aim, for Doctor; -1 when none is",
                "0x00487268",
            ),
            "gameplay.alt_weapon_swap_cooldown_ms": (
                "ms until the alternate weapon may be swapped again",
                "0x0048719c",
            ),
            "gameplay.shock_chain_links_left": ("jumps that the current Shock Chain has left", "0x00486fbc"),
            "gameplay.shock_chain_projectile": (
                "projectile slot of the current Shock Chain; -1 when there is none (0 in a fresh original)",
                "0x00486fc0",
            ),
            "gameplay.scripted_burst_active": (
                "kills drop no bonuses at the moment: the game itself fires or kills",
                "rt: `state.scripted_burst_active`",
            ),
            "gameplay.game_tune_started": (
                "the first projectile hit has started the game tune, which draws",
                "0x004cc8d4",
            ),
            "gameplay.survival_rewards.guard_weapon_id": (
                "weapon that may be kept; another hand-out weapon is taken away",
                "rt: `state.survival_reward_weapon_guard_id`",
            ),
            "gameplay.survival_rewards.shrinkifier_enabled": (
                "the Shrinkifier may still be handed out",
                "rt: `state.survival_shrinkifier_handout_enabled`",
            ),
            "gameplay.survival_rewards.fire_seen": ("a player has fired", "rt: `state.survival_reward_fire_seen`"),
            "gameplay.survival_rewards.damage_seen": (
                "a player has taken damage",
                "rt: `state.survival_reward_damage_seen`",
            ),
            "gameplay.survival_rewards.kill_count": (
                "how many of the first three kills there were",
                "rt: `state.survival_first_kill_count`",
            ),
            **_pair(
                "gameplay.survival_rewards.kill_pos_0",
                "place of the first kill, world units",
                "rt: `state.survival_first_kill_pos[0].x`",
                "rt: `state.survival_first_kill_pos[0].y`",
            ),
            **_pair(
                "gameplay.survival_rewards.kill_pos_1",
                "place of the second kill, world units",
                "rt: `state.survival_first_kill_pos[1].x`",
                "rt: `state.survival_first_kill_pos[1].y`",
            ),
            **_pair(
                "gameplay.survival_rewards.kill_pos_2",
                "place of the third kill, world units",
                "rt: `state.survival_first_kill_pos[2].x`",
                "rt: `state.survival_first_kill_pos[2].y`",
            ),
            **_pair(
                "gameplay.camera_shake.offset",
                "shift of the camera, world units",
                "rt: `state.camera_shake_offset.x`",
                "rt: `state.camera_shake_offset.y`",
            ),
            "gameplay.camera_shake.timer": ("seconds until the next shift is drawn", "rt: `state.camera_shake_timer`"),
            "gameplay.camera_shake.pulses": ("shifts left", "rt: `state.camera_shake_pulses`"),
            "gameplay.shots_fired": (
                "shots fired by all players",
                "`highscore_record_shots_fired`; rt: `state.shots_fired`",
            ),
            "gameplay.shots_hit": ("shots that hit", "`highscore_record_shots_hit`; rt: `state.shots_hit`"),
            "gameplay.highscore_xp": (
                "player one's experience, as the score record has it",
                "rt: `state.highscore_score_xp`",
            ),
            "gameplay.spread_damping_scalar": (
                "factor of how fast spread falls back",
                "rt: `state.player_spread_damping_scalar`",
            ),
            "gameplay.spread_damping_gate": (
                "spread falls back while this is at most 0",
                "rt: `state.player_spread_damping_gate`",
            ),
            "gameplay.quest_fail_retry_count": (
                "how often the quest was tried and lost; it weakens creatures",
                "0x00487194",
            ),
            "gameplay.creatures_spawned": (
                "creature slots handed out since the run began",
                "counted: `creature_alloc_slot` 0x00428140",
            ),
            "gameplay.creature_update_count": (
                "calls of `creature_update_all` 0x00426220 since the run began; every 70th keeps its targets",
                "rt: `creatures._update_tick`",
            ),
            "gameplay.effect_detail_skips": (
                "counter that drops every other effect at low detail",
                "`effect_spawn_detail_skip_counter`; rt: `state.effects._detail_skip_counter`",
            ),
            "gameplay.unlocks.quest_unlock_index": ("quests unlocked", "u16 at 0x00485540"),
            "gameplay.unlocks.quest_unlock_index_hardcore": ("quests unlocked on hardcore", "u16 at 0x00485542"),
        },
    ),
    "sim_state.players": TableProse(
        "One row for each player of the run, in full; slots of `player_state_table` 0x004908c0, 4 of 0x360 bytes.",
        {
            "index": ("the player's number, from 0", "position in the table"),
            **_pair("pos", "position, world units", "+0x04", "+0x08"),
            "health": ("health points", "+0x14"),
            "size": ("diameter, world units", "+0x24"),
            "speed_multiplier": ("factor of the walking speed", "+0x4c"),
            "move_speed": ("how fast the player walks now", "+0x58"),
            "move_phase": ("phase of the walk, frames", "+0x84"),
            "heading": ("direction of the legs, radians", "+0x1c"),
            "turn_speed": ("rate of turning under relative controls", "+0x2f4"),
            "death_timer": ("16 while alive; then it runs down", "+0x00"),
            "low_health_timer": ("clock of the bleeding at low health; 100 until it is armed", "+0x300"),
            **_pair("aim", "aim point, world units", "+0x40", "+0x44"),
            "aim_heading": ("direction of the aim, radians", "+0x2f0"),
            "evil_eyes_target": ("creature under Evil Eyes; -1 when none is. Creatures read player one's", "+0x2fc"),
            "auto_target": ("creature that the computer player aims at; -1 when none is", "+0x310"),
            **_weapon("weapon", "weapon in hand", "+0x2b0", "+0x2b4", "+0x2bc", "+0x2b8", "+0x2c0", "+0x2c8", "+0x2c4"),
            **_weapon(
                "alt_weapon", "alternate weapon", "+0x2cc", "+0x2d0", "+0x2d8", "+0x2d4", "+0x2dc", "+0x2e4", "+0x2e0"
            ),
            "weapon_reset_latch": ("set while the weapon waits to be reset", "+0x50"),
            "spread_heat": ("spread that firing and damage build up", "+0x2a8"),
            "muzzle_flash_alpha": ("brightness of the muzzle flash", "+0x2ec"),
            "experience": ("experience points", "+0x9c"),
            "level": ("level, from 1", "+0xa4"),
            "plaguebearer_active": ("the player spreads the plague", "-0x07 (before the slot's base)"),
            "hot_tempered_timer": ("seconds since the last burst of Hot Tempered", "+0x8c"),
            "man_bomb_timer": ("seconds since the last burst of Man Bomb", "+0x90"),
            "living_fortress_timer": ("seconds that the player has stood still (Living Fortress)", "+0x94"),
            "fire_cough_timer": ("seconds since the last Fire Cough", "+0x98"),
            "speed_bonus_timer": ("seconds left of Speed", "+0x304"),
            "shield_timer": ("seconds left of Shield", "+0x308"),
            "fire_bullets_timer": ("seconds left of Fire Bullets", "+0x30c"),
            "bonus_hover_index": ("bonus slot under the aim; -1 when none is", "rt: `players[].bonus_aim_hover_index`"),
            "bonus_hover_timer_ms": (
                "ms that it has been there (Telekinetic)",
                "rt: `players[].bonus_aim_hover_timer_ms`",
            ),
        },
    ),
    "sim_state.weapon_times": TableProse(
        "One row for each weapon whose time is not 0.",
        {
            "index": ("weapon id, 0..63", "position in the table"),
            "time_ms": ("ms that player one has carried it, mod 2^32", "rt: `state.weapon_usage_time`"),
        },
    ),
    "sim_state.survival": TableProse(
        "Present in every tick of survival (mode 1), and in no other mode.",
        {
            "stage": ("how many of the scripted waves have come", "rt: `mode_state.stage`"),
            "spawn_cooldown_ms": (_SPAWN_COOLDOWN, "rt: `mode_state.spawn_cooldown_ms`"),
        },
    ),
    "sim_state.rush": TableProse(
        "Present in every tick of rush (mode 2), and in no other mode.",
        {"spawn_cooldown_ms": (_SPAWN_COOLDOWN, "rt: `mode_state.spawn_cooldown_ms`")},
    ),
    "sim_state.quest": TableProse(
        "Present in every tick of a quest (mode 3), and in no other mode. "
        "The original's millisecond clocks are i32; the trace holds the f32 of the same value.",
        {
            "total_creatures": (
                "creatures that the quest's table spawns in all",
                "`quest_spawn_total_creatures`; rt: `mode_state.total_creatures`",
            ),
            "spawn_timeline_ms": ("the quest's clock", "i32 at 0x00486fd0"),
            "no_creatures_timer_ms": ("ms since no creature is active", "i32 at 0x004c3654"),
            "creatures_none_active": (
                "no creature was active when the game last looked",
                "`creatures_none_active_flag`; rt: `mode_state.creatures_none_active`",
            ),
            "completion_transition_ms": ("clock of the change to the results; -1 before it", "i32 at 0x00487088"),
            "stage_banner_timer_ms": ("clock of the title's fade", "i32 at 0x00487244"),
            "completed": ("the quest is won and its results are due", "rt: `mode_state.completed`"),
        },
    ),
    "entity_samples.creatures": TableProse(
        "One row for each active slot (+0x00 not 0) of `creature_pool` 0x0049bf38, 384 of 0x98 bytes. "
        "A corpse stays active until it has faded.",
        {
            "index": ("slot", "position in the pool"),
            "generation": (
                "how often the slot was handed out since the run began",
                "counted: `creature_alloc_slot` 0x00428140",
            ),
            "type_id": ("0 zombie, 1 lizard, 2 alien, 3 and 4 spiders, 5 trooper", "+0x6c"),
            **_pair("pos", "position, world units", "+0x14", "+0x18"),
            **_pair("vel", "movement, world units per tick", "+0x1c", "+0x20"),
            "heading": ("direction, radians", "+0x2c"),
            "target_heading": ("direction that it turns to, radians", "+0x30"),
            "force_target": ("it heads straight for its target point", "+0x4c"),
            **_pair("target", "target point, world units", "+0x50", "+0x54"),
            "target_player": ("player that it hunts", "+0x70"),
            "ai_mode": ("how it moves", "+0x90"),
            "flags": ("bits of its kind: spawner, ranged, carries a bonus, and so on", "+0x8c"),
            "link_index": (
                "the creature that it follows, its spawn slot, its timer in ms (flag 0x80), or the bonus that it drops",
                "+0x78",
            ),
            **_pair("target_offset", "place beside the creature it follows, world units", "+0x7c", "+0x80"),
            "orbit_angle": ("angle around its target, radians", "+0x84"),
            "orbit_radius": ("distance from its target; with flag 0x100 the bits are an i32 projectile type", "+0x88"),
            "phase_seed": ("number drawn at birth that shifts its phase", "+0x04"),
            "hp": ("health points", "+0x24"),
            "max_hp": ("health points at birth", "+0x28"),
            "move_speed": ("speed factor", "+0x5c"),
            "contact_damage": ("health points that a bite costs", "+0x58"),
            "attack_cooldown": ("seconds until it may bite or shoot again", "+0x60"),
            "reward_value": ("experience points for its death", "+0x64"),
            "plague_infected": ("it has the plague", "+0x09 (by inference: `collision_flag`)"),
            "dot_tick_timer": (
                "seconds until damage over time strikes again",
                "+0x0c (by inference: `collision_timer`)",
            ),
            "death_timer": ("16 while alive; then it runs down through the death slide and the corpse's fade", "+0x10"),
            "size": ("diameter, world units", "+0x34"),
            "anim_phase": ("phase of its animation, frames", "+0x94"),
            "hit_flash_timer": ("seconds left of the flash after a hit", "+0x38"),
            "tint.r": ("colour: red, 0..1", "+0x3c"),
            "tint.g": ("colour: green, 0..1", "+0x40"),
            "tint.b": ("colour: blue, 0..1", "+0x44"),
            "tint.a": ("colour: opacity, 0..1", "+0x48"),
        },
    ),
    "entity_samples.projectiles": TableProse(
        "One row for each active slot (+0x00 not 0) of `projectile_pool` 0x004926b8, 96 of 0x40 bytes.",
        {
            "index": ("slot", "position in the pool"),
            "generation": (
                "how often the slot was handed out since the run began",
                "counted: `projectile_spawn` 0x00420440",
            ),
            "type_id": ("projectile type, which is a weapon id", "+0x20"),
            "angle": ("direction, radians", "+0x04"),
            **_pair("pos", "position, world units", "+0x08", "+0x0c"),
            **_pair("origin", "where it was fired, world units", "+0x10", "+0x14"),
            **_pair("vel", "direction of flight, scaled", "+0x18", "+0x1c"),
            "life_timer": ("seconds left; it runs down once the projectile has hit or gone out", "+0x24"),
            "reserved": ("a field the game writes at spawn and hardly uses", "+0x28"),
            "speed_scale": ("speed factor", "+0x2c"),
            "damage_pool": ("how much it can still pierce", "+0x30"),
            "hit_radius": ("reach of a hit, world units", "+0x34"),
            "travel_budget": ("the weapon's projectile speed, which the flight uses up", "+0x38"),
            "owner_id": (
                "a creature's slot (>= 0), a player (-1 - number), or -100: a player's shot with friendly fire off",
                "+0x3c",
            ),
        },
    ),
    "entity_samples.secondary_projectiles": TableProse(
        "One row for each active slot (+0x00 not 0) of `secondary_projectile_pool` 0x00495ad8, 64 of 0x2c bytes. "
        "The original keeps no owner.",
        {
            "index": ("slot", "position in the pool"),
            "generation": (
                "how often the slot was handed out since the run began",
                "counted: `secondary_projectile_spawn` 0x00420360",
            ),
            "type_id": ("1 rocket, 2 homing rocket, 3 detonation, 4 rocket of the minigun", "+0x1c"),
            "angle": ("direction, radians", "+0x04"),
            "life_timer": ("seconds left", "+0x08"),
            **_pair("pos", "position, world units", "+0x0c", "+0x10"),
            "vel.x": ("velocity, world units per second: x; of a detonation its progress, 0..1", "+0x14"),
            "vel.y": ("velocity, world units per second: y; of a detonation its scale", "+0x18"),
            "trail_distance": ("way left until the next puff of smoke", "+0x20"),
            "target_id": ("creature that it homes in on; -1 when there is none", "+0x24"),
        },
    ),
    "entity_samples.bonuses": TableProse(
        "One row for each used slot (+0x00 not 0) of `bonus_pool` 0x00482948, 16 of 0x1c bytes.",
        {
            "index": ("slot", "position in the pool"),
            "generation": (
                "how often the slot was handed out since the run began",
                "counted: `bonus_spawn_at` 0x0041f5b0, `bonus_spawn_at_pos` 0x0041f790",
            ),
            "bonus_id": (
                _BONUS_IDS,
                "+0x00",
            ),
            "picked": ("it was picked up and fades", "+0x04"),
            "time_left": ("seconds until it is gone", "+0x08"),
            "time_max": ("seconds that it had at first", "+0x0c"),
            **_pair("pos", "position, world units", "+0x10", "+0x14"),
            "amount": ("points, seconds, or the weapon id", "+0x18"),
        },
    ),
    "timing_samples": TableProse(
        "One row for each tick, none for set-up: sampled at the entry of `gameplay_update_and_render`, 0x0040aab0.",
        {
            "frame_dt": ("the tick's step in seconds, already scaled by Reflex Boost", "0x00480840"),
            "frame_dt_ms": ("the same in ms: f32(`frame_dt` * 1000), truncated", "0x00480844"),
            "time_scale_active": ("the step is scaled", "0x0048700e"),
            "time_scale_factor": (
                "by what factor; 1 when it is not scaled (Typ-o: always 0.3)",
                "rt: `timing.time_scale_factor`",
            ),
            "reflex_boost_timer": ("seconds left of Reflex Boost", "0x00487014"),
        },
    ),
    "hidden_state": TableProse(
        "Digests of what steers the simulation but is not sampled; the section on hidden state specifies each one.",
        {
            "creatures": ("residue of the creature slots that are not active, and the phantom slot", "0x0049bf38"),
            "projectiles": ("residue of the projectile slots that are not active", "0x004926b8"),
            "secondary_projectiles": ("residue of the secondary projectile slots that are not active", "0x00495ad8"),
            "bonuses": ("residue of the bonus slots that are not used, and the sentinel", "0x00482948"),
            "particles": ("list of the active particles", "0x00493eb8, 128 of 0x38 bytes"),
            "sprite_effects": ("list of the active sprite effects", "0x00496820, 384 of 0x2c bytes"),
            "spawn_slots": ("list of all 32 spawn slots", "`creature_spawn_slot_table`, 32 of 0x18 bytes"),
            "quest_spawns": ("list of the quest's spawn table", "rt: `mode_state.spawn_entries`"),
            "availability": (
                "what may be offered and dropped, and the profile's counters",
                "counters 0x00485544, 0x00485618",
            ),
            "dormant_player": ("the unused second player slot of a one-player run", "0x00490c20"),
        },
    ),
}
