"""Where the Python runtime keeps what the trace's columns hold."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from crimson.sim.state_types import PlayerState, WeaponSlot
from crimson.weapons import WeaponId
from msgspec.structs import astuple

from crimson.dbg.layout import TABLE_BY_NAME
from crimson.dbg.rows import Cell

_NO_WEAPON = WeaponSlot(weapon_id=WeaponId.NONE)

_PLAYER_PATHS = {
    "low_health_timer": "bleed_drip_timer",
    "evil_eyes_target": "evil_eyes_target_creature",
    "bonus_hover_index": "bonus_aim_hover_index",
    "bonus_hover_timer_ms": "bonus_aim_hover_timer_ms",
}

# Where `sim_state`'s columns live, from the session's world on; the choices and kill places are lists there.
GAMEPLAY_PATHS = {
    "gameplay.run_active": "state.run_active",
    "gameplay.time_scale_active": "state.time_scale_active",
    "gameplay.bonus_timers.weapon_power_up": "state.bonuses.weapon_power_up",
    "gameplay.bonus_timers.reflex_boost": "state.bonuses.reflex_boost",
    "gameplay.bonus_timers.energizer": "state.bonuses.energizer",
    "gameplay.bonus_timers.double_experience": "state.bonuses.double_experience",
    "gameplay.bonus_timers.freeze": "state.bonuses.freeze",
    "gameplay.mode_id": "state.game_mode",
    "gameplay.perks.pending_count": "state.perk_selection.pending_count",
    "gameplay.perks.choices_dirty": "state.perk_selection.choices_dirty",
    "gameplay.perks.man_bomb_interval": "state.perk_intervals.man_bomb",
    "gameplay.perks.fire_cough_interval": "state.perk_intervals.fire_cough",
    "gameplay.perks.hot_tempered_interval": "state.perk_intervals.hot_tempered",
    "gameplay.perks.lean_mean_exp_timer": "state.lean_mean_exp_timer",
    "gameplay.perks.jinxed_timer": "state.jinxed_timer",
    "gameplay.perks.plaguebearer_infection_count": "state.plaguebearer_infection_count",
    "gameplay.alt_weapon_swap_cooldown_ms": "state.player_alt_weapon_swap_cooldown_ms",
    "gameplay.shock_chain_links_left": "state.shock_chain_links_left",
    "gameplay.shock_chain_projectile": "state.shock_chain_projectile_id",
    "gameplay.scripted_burst_active": "state.scripted_burst_active",
    "gameplay.game_tune_started": "state.game_tune_started",
    "gameplay.survival_rewards.guard_weapon_id": "state.survival_reward_weapon_guard_id",
    "gameplay.survival_rewards.shrinkifier_enabled": "state.survival_shrinkifier_handout_enabled",
    "gameplay.survival_rewards.fire_seen": "state.survival_reward_fire_seen",
    "gameplay.survival_rewards.damage_seen": "state.survival_reward_damage_seen",
    "gameplay.survival_rewards.kill_count": "state.survival_first_kill_count",
    "gameplay.camera_shake.offset.x": "state.camera_shake_offset.x",
    "gameplay.camera_shake.offset.y": "state.camera_shake_offset.y",
    "gameplay.camera_shake.timer": "state.camera_shake_timer",
    "gameplay.camera_shake.pulses": "state.camera_shake_pulses",
    "gameplay.shots_fired": "state.shots_fired",
    "gameplay.shots_hit": "state.shots_hit",
    "gameplay.highscore_xp": "state.highscore_score_xp",
    "gameplay.spread_damping_scalar": "state.player_spread_damping_scalar",
    "gameplay.spread_damping_gate": "state.player_spread_damping_gate",
    "gameplay.quest_fail_retry_count": "state.quest_fail_retry_count",
    "gameplay.creatures_spawned": "creatures.spawned_count",
    "gameplay.creature_update_count": "creatures._update_tick",
    "gameplay.effect_detail_skips": "state.effects._detail_skip_counter",
    "gameplay.unlocks.quest_unlock_index": "state.status.quest_unlock_index",
    "gameplay.unlocks.quest_unlock_index_hardcore": "state.status.quest_unlock_index_hardcore",
}

_TUTORIAL_PATHS = (
    "stage_index",
    "stage_timer_ms",
    "stage_transition_timer_ms",
    "hint_index",
    "hint_alpha",
    "hint_carrier_killed",
    "repeat_spawn_count",
)
_QUEST_PATHS = (
    "total_creatures",
    "spawn_timeline_ms",
    "no_creatures_timer_ms",
    "creatures_none_active",
    "completion_transition_ms",
    "stage_banner_timer_ms",
    "completed",
)


def _player_reader() -> Callable[[PlayerState], tuple[Cell, ...]]:
    table = TABLE_BY_NAME["sim_state.players"]
    paths = [_PLAYER_PATHS.get(leaf.path, leaf.path) for leaf in table.leaves]
    read_all = attrgetter(*paths)
    begin = table.positions["alt_weapon.weapon_id"]
    before, after = attrgetter(*paths[:begin]), attrgetter(*paths[begin + 7 :])
    no_weapon = astuple(_NO_WEAPON)

    def read(player: PlayerState) -> tuple[Cell, ...]:
        if player.alt_weapon is None:
            return before(player) + no_weapon + after(player)
        return read_all(player)

    return read


read_player = _player_reader()
read_vitals = attrgetter("index", "pos.x", "pos.y", "health", "weapon.weapon_id", "weapon.ammo", "experience", "level")
read_tutorial = attrgetter(*_TUTORIAL_PATHS)
read_quest = attrgetter(*_QUEST_PATHS)
