"""The names of what traces hold as numbers: perks, weapons, bonuses, creatures, owners."""

from __future__ import annotations

from enum import IntEnum

from crimson.bonuses import BonusId
from crimson.creatures.spawn_ids import CreatureAiMode, CreatureTypeId
from crimson.perks.ids import PerkId
from crimson.projectiles.types import ProjectileTemplateId, SecondaryProjectileTypeId
from crimson.weapons import WeaponId

# By table and field; a field's parts (one perk choice of seven) share its names.
_ENUMS: dict[tuple[str, str], type[IntEnum]] = {
    ("sim_state", "gameplay.perks.choices"): PerkId,
    ("sim_state", "gameplay.survival_rewards.guard_weapon_id"): WeaponId,
    ("sim_state.players", "weapon.weapon_id"): WeaponId,
    ("sim_state.players", "alt_weapon.weapon_id"): WeaponId,
    ("checkpoint.players", "weapon_id"): WeaponId,
    ("entity_samples.creatures", "type_id"): CreatureTypeId,
    ("entity_samples.creatures", "ai_mode"): CreatureAiMode,
    ("entity_samples.projectiles", "type_id"): ProjectileTemplateId,
    ("entity_samples.secondary_projectiles", "type_id"): SecondaryProjectileTypeId,
    ("entity_samples.bonuses", "bonus_id"): BonusId,
}
# The shooter of a shot when friendly fire is off; see `crimson.owner_id`.
_LOCAL_PLAYER = -100


def name_of(table: str, field: str, value: bool | int | float | str | None) -> str:
    """What a number stands for; empty when it is just a number."""
    if isinstance(value, bool) or not isinstance(value, int):
        return ""
    if field == "owner_id":
        return _owner(value)
    enum = _ENUMS.get((table, field))
    if enum is None:
        return ""
    try:
        return enum(value).name.lower().replace("_", " ")
    except ValueError:
        return ""


def _owner(value: int) -> str:
    if value == _LOCAL_PLAYER:
        return "a local player"
    return f"creature {value}" if value >= 0 else f"player {-1 - value}"
