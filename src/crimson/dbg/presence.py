"""Rows that only one side has: born late, born early, gone early, gone late, missing, or extra."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from crimson.dbg.labels import KIND_FIELDS, label_of, row_name
from crimson.dbg.trace_pair import RowView, Side, TracePair, same_thing

POOLS = (
    "entity_samples.creatures",
    "entity_samples.projectiles",
    "entity_samples.secondary_projectiles",
    "entity_samples.bonuses",
)
# How far the other side is searched for the same birth or end.
_SEARCHED_TICKS = 16
_OTHER: dict[Side, Side] = {"expected": "actual", "actual": "expected"}


@dataclass(frozen=True, slots=True)
class Absence:
    """A row of a pool that one side has at a tick and the other has not."""

    table: str
    slot: int
    has: Side
    # Such as "born late"; of the actual side.
    what: str
    # Such as "creature 5 (zombie, generation 2)", and what it is that happens to it.
    who: str
    event: str
    # Whether the same happens on the other side some ticks sooner or later.
    shifted: bool

    @property
    def statement(self) -> str:
        return f"{self.who} {self.event}"


def absences(pair: TracePair, tick: int) -> list[Absence]:
    """Every row that one side lacks at a tick, in the pools' order."""
    return _with_moves(pair, list(_absences(pair, tick)), tick)


def _with_moves(pair: TracePair, found: Sequence[Absence], tick: int) -> list[Absence]:
    """The same, where what is missing in one slot and born in another is one thing in another slot."""
    missing = [absence for absence in found if absence.what == "missing"]
    extra = [absence for absence in found if absence.what == "extra"]
    moved: dict[tuple[str, int], Absence] = {}
    for gone in missing:
        row = pair.row("expected", gone.table, gone.slot, tick)
        for born in extra:
            other = pair.row("actual", born.table, born.slot, tick)
            if row is None or other is None or gone.table != born.table or (born.table, born.slot) in moved:
                continue
            if _kind(row) == _kind(other):
                event = f"is in slot {born.slot} in actual, expected in slot {gone.slot}"
                moved[gone.table, gone.slot] = replace(gone, what="in another slot", event=event)
                moved[born.table, born.slot] = replace(born, what="in another slot", event=event)
                break
    return [moved.get((absence.table, absence.slot), absence) for absence in found]


def _absences(pair: TracePair, tick: int) -> Iterator[Absence]:
    for table in POOLS:
        for key, expected, actual in pair.both(table, tick):
            if key is None:
                continue
            if same_thing(expected, actual):
                continue
            if expected is not None:
                yield _absence(pair, table, key, expected, "expected", tick)
            if actual is not None:
                yield _absence(pair, table, key, actual, "actual", tick)


def _absence(pair: TracePair, table: str, slot: int, row: RowView, has: Side, tick: int) -> Absence:
    lacks = _OTHER[has]
    before = pair.row(has, table, slot, tick - 1)
    who = f"{row_name(table, slot)} ({label_of(row)})"
    if not same_thing(before, row):
        later = _birth(pair, lacks, table, row, slot, tick)
        if later is not None:
            word = "late" if has == "expected" else "early"
            event = f"is born {_ticks(later - tick)} {word}: {lacks} has it at tick {later}"
            return Absence(table, slot, has, f"born {word}", who, event, shifted=True)
        if has == "expected":
            return Absence(table, slot, has, "missing", who, "is not born in actual", shifted=False)
        return Absence(table, slot, has, "extra", who, "is born in actual only", shifted=False)
    end = _end(pair, has, table, row, slot, tick)
    word = "early" if has == "expected" else "late"
    when = "" if end is None else f"; {has} keeps it to tick {end}"
    return Absence(table, slot, has, f"gone {word}", who, f"is gone in {lacks}{when}", shifted=end is not None)


def _ticks(count: int) -> str:
    return f"{count} tick{'s' if count > 1 else ''}"


def _birth(pair: TracePair, side: Side, table: str, row: RowView, slot: int, tick: int) -> int | None:
    """When the other side bears the same kind of thing in the same slot, soon after."""
    for later in range(tick + 1, tick + 1 + _SEARCHED_TICKS):
        found = pair.row(side, table, slot, later)
        before = pair.row(side, table, slot, later - 1)
        if found is not None and not same_thing(before, found) and _kind(found) == _kind(row):
            # Where the first side bears as many then, it is another birth, which both have.
            mine, theirs = (_births(pair, at, table, _kind(row), later) for at in (_OTHER[side], side))
            return later if theirs > mine else None
    return None


def _births(pair: TracePair, side: Side, table: str, kind: int | str, tick: int) -> int:
    before = pair.rows(side, table, tick - 1)
    rows = pair.rows(side, table, tick).items()
    return sum(not same_thing(before.get(key), row) and _kind(row) == kind for key, row in rows)


def _end(pair: TracePair, side: Side, table: str, row: RowView, slot: int, tick: int) -> int | None:
    for later in range(tick + 1, tick + 1 + _SEARCHED_TICKS):
        found = pair.row(side, table, slot, later)
        if not same_thing(found, row):
            return later - 1
    return None


def _kind(row: RowView) -> int | str:
    return row.bits(KIND_FIELDS[row.table.name])
