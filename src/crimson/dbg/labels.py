"""What a row is, in words: the kind of a creature, a projectile's weapon."""

from __future__ import annotations

from crimson.dbg.trace_pair import RowView

CREATURES = ("zombie", "lizard", "alien", "spider 1", "spider 2", "trooper")
# Of a table's last name, for one row.
SINGULAR = {
    "creatures": "creature",
    "projectiles": "projectile",
    "secondary_projectiles": "secondary projectile",
    "bonuses": "bonus",
    "players": "player",
    "weapon_times": "weapon time",
    "deaths": "death",
    "perks": "perk",
    "typo_names": "word",
}


def row_name(table: str, row: int | None) -> str:
    """A row as a person calls it: `creature 31`, `player 0`, `gameplay`."""
    name = table.rpartition(".")[2]
    if row is None:
        return {"sim_state": "gameplay", "timing_samples": "timing"}.get(name, name)
    return f"{SINGULAR.get(name, name)} {row}"


def label_of(row: RowView) -> str:
    """What is in a slot; empty where a row has no more to say than its values."""
    name = row.table.name.rpartition(".")[2]
    if name == "creatures":
        kind = int(row.number("type_id"))
        named = CREATURES[kind] if 0 <= kind < len(CREATURES) else f"type {kind}"
        state = "" if row.number("hp") > 0 else ", dead"
        return f"{named}{state}, generation {row.value('generation')}"
    if name in ("projectiles", "secondary_projectiles"):
        return f"type {row.value('type_id')}, generation {row.value('generation')}"
    if name == "bonuses":
        return f"{bonus_name(int(row.number('bonus_id')))}, generation {row.value('generation')}"
    return ""


def bonus_name(bonus_id: int) -> str:
    """A bonus's name as the runtime has it."""
    from crimson.bonuses import BonusId

    try:
        return BonusId(bonus_id).name.lower().replace("_", " ")
    except ValueError:
        return f"bonus {bonus_id}"
