"""What a row is, in words: the kind of a creature, a projectile's weapon."""

from __future__ import annotations

from crimson.dbg.names import name_of
from crimson.dbg.trace_pair import RowView

_SINGULAR = {
    "creatures": "creature",
    "projectiles": "projectile",
    "secondary_projectiles": "secondary projectile",
    "bonuses": "bonus",
    "players": "player",
    "weapon_times": "weapon time",
    "deaths": "death",
    "perks": "perk",
    "typo_names": "word",
    "sim_state": "state",
    "timing_samples": "timing",
    "checkpoint": "summary",
}
# The field that says what is in a pool's slot.
KIND_FIELDS = {
    "entity_samples.creatures": "type_id",
    "entity_samples.projectiles": "type_id",
    "entity_samples.secondary_projectiles": "type_id",
    "entity_samples.bonuses": "bonus_id",
}


def row_name(table: str, row: int | None) -> str:
    """A row as a person calls it: `creature 31`, `player 0`, `state`."""
    channel, _, name = table.rpartition(".")
    word = _SINGULAR.get(name, name)
    if row is None or table == "timing_samples":
        return word
    return f"{word} {row}" if channel != "checkpoint" else f"{word} {row} of the summary"


def label_of(row: RowView) -> str:
    """What is in a pool's slot; empty for other rows."""
    field = KIND_FIELDS.get(row.table.name)
    if field is None:
        return ""
    kind = row.value(field)
    named = name_of(row.table.name, field, kind) or f"type {kind}"
    dead = ", dead" if "hp" in row.table.positions and not row.number("hp") > 0 else ""
    return f"{named}{dead}, generation {row.value('generation')}"
