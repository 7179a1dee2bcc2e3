"""Which of several differences of one tick comes first in it, so that it can be the cause of the others.

From the order in which the original's gameplay update works through a tick: perks, creatures, projectiles,
secondaries, players, the mode's spawner, timers, level-ups, bonuses (`runtime.md`, tick phase order); and within a
row, from what a field is computed of.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from crimson.dbg.report import FieldDifference

_TABLES = (
    "sim_state.perks",
    "entity_samples.creatures",
    "entity_samples.projectiles",
    "entity_samples.secondary_projectiles",
    "sim_state.players",
    "sim_state.survival",
    "sim_state.rush",
    "sim_state.quest",
    "checkpoint.tutorial",
    "checkpoint.typo",
    "checkpoint.typo_names",
    "sim_state",
    "entity_samples.bonuses",
    "sim_state.weapon_times",
    "checkpoint.perks",
    "checkpoint.deaths",
    "checkpoint.players",
    "checkpoint",
)
# Fields that are computed of others of their row in the same tick, or copied from them, in the order of computing;
# fields that are not listed come before them.
_DERIVED: dict[str, tuple[str, ...]] = {
    "entity_samples.creatures": (
        "hp",
        "max_hp",
        "target",
        "force_target",
        "target_heading",
        "heading",
        "vel",
        "pos",
        "death_timer",
        "anim_phase",
        "hit_flash_timer",
        "tint",
    ),
    "entity_samples.projectiles": ("angle", "vel", "damage_pool", "pos", "origin", "travel_budget", "life_timer"),
    "entity_samples.secondary_projectiles": ("angle", "vel", "pos", "trail_distance", "life_timer"),
    "sim_state.players": (
        "aim",
        "aim_heading",
        "turn_speed",
        "heading",
        "move_speed",
        "move_phase",
        "pos",
        "weapon.weapon_id",
        "weapon.reload_active",
        "weapon.reload_timer",
        "weapon.reload_timer_max",
        "weapon.shot_cooldown",
        "weapon.ammo",
        "spread_heat",
        "muzzle_flash_alpha",
        "health",
        "experience",
        "level",
    ),
    "sim_state": (
        "gameplay.perks.pending_count",
        "gameplay.perks.choices_dirty",
        "gameplay.perks.choices",
        "gameplay.spread_damping_scalar",
        "gameplay.camera_shake.offset",
        "gameplay.creatures_spawned",
        "gameplay.shots_fired",
        "gameplay.shots_hit",
        "gameplay.highscore_xp",
        "gameplay.effect_detail_skips",
        "gameplay.creature_update_count",
    ),
}
# Counters that follow from something else that is in the trace, unless they differ alone.
_COUNTERS = frozenset(
    f"gameplay.{name}" for name in ("creatures_spawned", "shots_fired", "shots_hit", "highscore_xp", "run_active")
)
# Fields that name a slot of a pool, and what only goes with them: with the slot's thing they come and go.
_REFERENCES = {
    ("sim_state.players", "bonus_hover_index"): "entity_samples.bonuses",
    ("sim_state.players", "auto_target"): "entity_samples.creatures",
    ("sim_state.players", "evil_eyes_target"): "entity_samples.creatures",
    ("sim_state", "gameplay.perks.doctor_target"): "entity_samples.creatures",
    ("sim_state", "gameplay.shock_chain_projectile"): "entity_samples.projectiles",
    ("entity_samples.secondary_projectiles", "target_id"): "entity_samples.creatures",
}
_WITH_REFERENCE = {("sim_state.players", "bonus_hover_timer_ms"): "bonus_hover_index"}
# Draws that follow from a decision which is in the trace: the beginning of a call site's name, and the fields.
_DECISIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "BONUS_APPLY_": (("entity_samples.bonuses", "picked"),),
    "PERK_SELECT_": (("sim_state.players", "level"), ("sim_state.players", "experience")),
    "PERKS_GENERATE_": (("sim_state.players", "level"), ("sim_state.players", "experience")),
    "PLAYER_TAKE_DAMAGE_": (("sim_state.players", "health"),),
    "CREATURE_HANDLE_DEATH_": (("entity_samples.creatures", "hp"),),
    "CREATURE_APPLY_DAMAGE_": (("entity_samples.creatures", "hp"),),
    "BONUS_TRY_SPAWN_ON_KILL_": (("entity_samples.creatures", "hp"),),
}
_PARTS = re.compile(r"\.(?:[xyrgba]|choice_\d)$")


def whole_field(path: str) -> str:
    """The field that a column is a part of: `pos` of `pos.x`, the choices of one choice."""
    return _PARTS.sub("", path)


def subject_of(difference: FieldDifference) -> str:
    """A difference's name without slots: table and field, such as `creatures.heading`."""
    field = whole_field(difference.field)
    if difference.table == "sim_state":
        return field
    if difference.table == "timing_samples":
        name = "timing"
    elif difference.channel == "checkpoint":
        name = difference.table
    else:
        name = difference.table.rpartition(".")[2]
    return f"{name}.{field}" if field else name


def is_counter(difference: FieldDifference) -> bool:
    return difference.table == "sim_state" and difference.field in _COUNTERS


def decides(difference: FieldDifference, call_site: str) -> bool:
    """Whether a field holds the decision that draws by this call site follow from."""
    fields = (fields for prefix, fields in _DECISIONS.items() if call_site.startswith(prefix))
    return any((difference.table, difference.field) in found for found in fields)


def refers_to(difference: FieldDifference, slots: Collection[tuple[str, int]]) -> bool:
    """Whether a field names one of these slots, as table and slot, on either side."""
    pool = _REFERENCES.get((difference.table, difference.field))
    return pool is not None and any((pool, value) in slots for value in (difference.expected, difference.actual))


def goes_with(difference: FieldDifference, reference: FieldDifference) -> bool:
    """Whether a field only goes with another one of its row, which names a slot."""
    same_row = (difference.table, difference.row) == (reference.table, reference.row)
    return same_row and _WITH_REFERENCE.get((difference.table, difference.field)) == reference.field


def cause_rank(difference: FieldDifference) -> tuple[int, int, int]:
    """Lower comes earlier in the tick: by table, then by what the field is computed of, then by slot."""
    derived = _DERIVED.get(difference.table, ())
    field = whole_field(difference.field)
    place = derived.index(field) + 1 if field in derived else 0
    table = _TABLES.index(difference.table) if difference.table in _TABLES else len(_TABLES)
    return table, place, -1 if difference.row is None else difference.row
