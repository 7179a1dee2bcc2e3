"""What explains the rest of a divergence: the cause before the symptom.

At the origin the tick before is equal in every bit, so whatever differs was made in that one tick. Of what differs, a
cause is taken in this order: the frame step, a thing that is born some ticks sooner or later (its draws go with it), a
decision that draws follow from, the order or number of random draws, a field of a row that both sides have, a thing
that one side lacks, a counter, a summary. Where state that is not sampled differed before, and can have had this
effect, it leads instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from crimson.dbg.cause_order import cause_rank, decides, goes_with, is_counter, refers_to, subject_of, whole_field
from crimson.dbg.draws import align_draws, differs, explain_draws, leading_draw
from crimson.dbg.floats import f32_text, ulps_text
from crimson.dbg.focus_report import DrawAlignment
from crimson.dbg.labels import label_of, row_name
from crimson.dbg.names import name_of
from crimson.dbg.pairing import HIDDEN_CHANNEL
from crimson.dbg.presence import Absence, absences
from crimson.dbg.relations import relations_of
from crimson.dbg.render import tick_name
from crimson.dbg.report import FieldDifference, Lead, LeadKind, Value
from crimson.dbg.schema import SETUP_TICK
from crimson.dbg.trace_pair import TracePair, same_thing

_SUMMARY = "checkpoint"
# Where each hidden region can show, apart from itself: a pool's next tenants read what the last ones left, particles
# burn creatures, spawn lists and slots make creatures, what is available is offered and dropped.
_EFFECTS: dict[str, tuple[str, ...]] = {
    "creatures": ("entity_samples.creatures", "rng_stream"),
    "projectiles": ("entity_samples.projectiles", "rng_stream"),
    "secondary_projectiles": ("entity_samples.secondary_projectiles", "rng_stream"),
    "bonuses": ("entity_samples.bonuses", "rng_stream"),
    "particles": ("entity_samples.creatures", "rng_stream"),
    "sprite_effects": ("rng_stream",),
    "spawn_slots": ("entity_samples.creatures", "rng_stream"),
    "quest_spawns": ("entity_samples.creatures", "rng_stream", "sim_state.quest"),
    "availability": ("entity_samples.bonuses", "rng_stream", "sim_state"),
    "dormant_player": ("sim_state.players",),
}


def find_lead(pair: TracePair, tick: int, differences: Sequence[FieldDifference]) -> Lead | None:
    """The lead among the sampled differences of one tick that both sides have; None when there are none."""
    by_channel: dict[str, list[FieldDifference]] = {}
    for difference in differences:
        by_channel.setdefault(difference.channel, []).append(difference)
    missing = absences(pair, tick) if "entity_samples" in by_channel else []
    draws = align_draws(pair, tick) if "rng_stream" in by_channel else None
    candidates: list[Callable[[], Lead | None]] = [
        lambda: _field_lead(pair, tick, by_channel.get("timing_samples", []), "timing"),
        lambda: _shifted_lead(tick, missing),
        lambda: _decision_lead(pair, tick, differences, draws) if draws is not None else None,
        lambda: _draw_lead(pair, tick, draws) if draws is not None else None,
        lambda: _state_lead(pair, tick, _without_effects(differences, missing)),
        lambda: _absence_lead(tick, missing),
        lambda: _counter_lead(pair, tick, differences),
        lambda: _field_lead(pair, tick, by_channel.get(_SUMMARY, []), "summary"),
    ]
    return next((lead for candidate in candidates if (lead := candidate()) is not None), None)


def _decision_lead(
    pair: TracePair, tick: int, differences: Sequence[FieldDifference], draws: DrawAlignment
) -> Lead | None:
    """The field that holds the decision from which the first differing draws follow."""
    draw = leading_draw(draws)
    found = [difference for difference in differences if draw is not None and decides(difference, draw.name)]
    return _field_lead(pair, tick, [one for one in found if not _is_another_thing(pair, tick, one)], "drift")


def _draw_lead(pair: TracePair, tick: int, alignment: DrawAlignment) -> Lead | None:
    if not differs(alignment):
        return None
    before = None
    if tick > SETUP_TICK:
        rows = pair.rows("expected", _SUMMARY, tick - 1)
        before = int(rows[None].number("rng_state")) if rows else None
    subject, statement = explain_draws(alignment, before)
    return Lead("rng", "rng_stream", subject, f"rng_stream[{alignment.agreed}]", tick, statement)


def _shifted_lead(tick: int, missing: Sequence[Absence]) -> Lead | None:
    return _absence_lead(tick, [absence for absence in missing if absence.shifted and absence.what.startswith("born")])


def _absence_lead(tick: int, missing: Sequence[Absence]) -> Lead | None:
    if not missing:
        return None
    first = missing[0]
    subject = f"{first.table.rpartition('.')[2]} {first.what}"
    more = f", and {len(missing) - 1} more such" if len(missing) > 1 else ""
    path = f"{first.table}[{first.slot}]"
    return Lead("presence", "entity_samples", subject, path, tick, first.statement + more)


def _state_lead(pair: TracePair, tick: int, differences: Sequence[FieldDifference]) -> Lead | None:
    """A field of state that both sides have. A slot that holds another thing on each side is no such row."""
    found = [
        difference
        for difference in differences
        if (difference.field or difference.channel == "sim_state")
        and difference.channel in ("entity_samples", "sim_state")
        and not is_counter(difference)
        and not _is_another_thing(pair, tick, difference)
    ]
    return _field_lead(pair, tick, found, "drift")


def _without_effects(differences: Sequence[FieldDifference], missing: Sequence[Absence]) -> Sequence[FieldDifference]:
    """The differences that do not merely name a thing that one side lacks."""
    slots = {(absence.table, absence.slot) for absence in missing}
    naming = [difference for difference in differences if refers_to(difference, slots)]
    return [
        difference
        for difference in differences
        if difference not in naming and not any(goes_with(difference, named) for named in naming)
    ]


def _is_another_thing(pair: TracePair, tick: int, difference: FieldDifference) -> bool:
    if difference.channel != "entity_samples":
        return False
    rows = [pair.row(side, difference.table, difference.row, tick) for side in ("expected", "actual")]
    return not same_thing(rows[0], rows[1])


def _counter_lead(pair: TracePair, tick: int, differences: Sequence[FieldDifference]) -> Lead | None:
    return _field_lead(pair, tick, [found for found in differences if is_counter(found)], "drift")


def _field_lead(pair: TracePair, tick: int, differences: Sequence[FieldDifference], kind: LeadKind) -> Lead | None:
    if not differences:
        return None
    first = min(differences, key=cause_rank)
    alike = {(other.table, other.row) for other in differences if subject_of(other) == subject_of(first)}
    more = f" (so in {len(alike)} rows)" if len(alike) > 1 else ""
    return Lead(kind, first.channel, subject_of(first), first.path, tick, _statement(pair, tick, first) + more)


def _statement(pair: TracePair, tick: int, difference: FieldDifference) -> str:
    row = pair.row("expected", difference.table, difference.row, tick)
    label = label_of(row) if row is not None else ""
    who = row_name(difference.table, difference.row) + (f" ({label})" if label else "")
    if not difference.field:
        return f"{who} is {difference.actual}, expected {difference.expected}"
    apart = "" if difference.ulps is None else f" ({ulps_text(difference.ulps)})"
    expected, actual = (_shown(difference, value) for value in (difference.expected, difference.actual))
    what = f"{who}: {difference.field} is {actual}, expected {expected}{apart}"
    relations = relations_of(pair, tick, difference)
    return f"{what}; {relations[0]}" if relations else what


def _shown(difference: FieldDifference, value: Value) -> str:
    if isinstance(value, float):
        return f32_text(value)
    name = name_of(difference.table, whole_field(difference.field), value)
    return f"{value} ({name})" if name else str(value)


def hidden_lead(regions: Mapping[str, int], visible: Lead | None) -> Lead | None:
    """State that is not sampled, when it differed before what is seen of it, and what is seen can follow from it.

    `regions` are those that differ, with their first ticks; without anything visible each of them counts.
    """
    table = visible.path.partition("[")[0] if visible is not None else ""
    relevant = {region: tick for region, tick in regions.items() if not table or _follows(region, table)}
    if not relevant:
        return None
    first = min(relevant, key=lambda region: relevant[region])
    others = [region for region in relevant if region != first]
    more = f" (and {', '.join(others)})" if others else ""
    seen = f"; first seen at {tick_name(visible.tick)}: {visible.statement}" if visible is not None else ""
    path = f"{HIDDEN_CHANNEL}.{first}"
    statement = f"state that is not sampled, {first}{more}, first differed at {tick_name(relevant[first])}{seen}"
    return Lead("hidden", HIDDEN_CHANNEL, path, path, relevant[first], statement)


def _follows(region: str, table: str) -> bool:
    return table.startswith(_EFFECTS.get(region, ()))
