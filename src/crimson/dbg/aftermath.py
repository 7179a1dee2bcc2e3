"""What becomes of the leading difference in the ticks behind it, and how often the like went right before it.

A constant that is wrong, a step that is left out once, and a state that heals look alike in their first tick.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import isclose, isfinite

import numpy as np

from crimson.dbg.container import TICKS_PER_CHUNK
from crimson.dbg.focus_report import Aftermath, Draw, Precedents
from crimson.dbg.labels import KIND_FIELDS
from crimson.dbg.layout import TABLE_BY_NAME
from crimson.dbg.report import FieldDifference, Lead
from crimson.dbg.rows import TableRows
from crimson.dbg.trace_pair import RowView, Side, TracePair, same_thing

# Distances that are shown.
_SHOWN = 3
# How many chunks before the divergence are searched for the like of it.
_SEARCHED_CHUNKS = 4
_SIDES: tuple[Side, Side] = ("expected", "actual")


def aftermath(pair: TracePair, lead: Lead, field: FieldDifference | None, last: int) -> Aftermath | None:
    """How the leading field or the draws go on up to the tick `last`; None where there is nothing to follow."""
    if lead.channel == "rng_stream":
        return _of_draws(pair, lead.tick, last)
    return None if field is None or lead.kind == "hidden" else _of_field(pair, lead.tick, field, last)


def _of_draws(pair: TracePair, tick: int, last: int) -> Aftermath | None:
    count = 0
    for later in range(tick + 1, last + 1):
        if not pair.has(later):
            break
        rows = [[_words(row) for row in pair.rows(side, "rng_stream", later).values()] for side in _SIDES]
        if rows[0] == rows[1]:
            return Aftermath("heals", count, later, ())
        count += 1
    return Aftermath("stays", count, None, ()) if count else None


def _words(row: RowView) -> tuple[int | str, ...]:
    return tuple(row.bits(leaf.path) for leaf in row.table.leaves)


def _of_field(pair: TracePair, tick: int, field: FieldDifference, last: int) -> Aftermath | None:
    distances: list[float] = []
    numbers = True
    count = 0
    first = [pair.row(side, field.table, field.row, tick) for side in _SIDES]
    for later in range(tick, last + 1):
        rows = [pair.row(side, field.table, field.row, later) for side in _SIDES]
        expected, actual = rows
        if expected is None or actual is None or not all(map(same_thing, first, rows)):
            break
        if expected.bits(field.field) == actual.bits(field.field):
            return Aftermath("heals", count - 1, later, tuple(distances[1 : _SHOWN + 1]))
        count += 1
        values = expected.value(field.field), actual.value(field.field)
        if isinstance(values[0], float) and isinstance(values[1], float) and isfinite(values[1] - values[0]):
            distances.append(values[1] - values[0])
        else:
            numbers = False
    if count < 2:
        return None
    # Adding the same to both sides rounds them otherwise by a few steps.
    if not numbers or all(isclose(distance, distances[0], rel_tol=1e-3) for distance in distances):
        return Aftermath("stays", count - 1, None, ())
    sizes = [abs(distance) for distance in distances]
    grows = all(one < two for one, two in pairwise(sizes))
    return Aftermath("grows" if grows else "changes", count - 1, None, tuple(distances[1 : _SHOWN + 1]))


def precedents(pair: TracePair, lead: Lead, draw: Draw | None) -> Precedents | None:
    """Earlier ticks in which the original did the like, and the candidate with it: draws by the leading call site, or
    births of the leading kind of thing.
    """
    if lead.kind == "rng" and draw is not None:
        return _told(_drawn_before(pair, lead.tick, draw.caller), lead.tick)
    if lead.kind == "presence":
        table, _, slot = lead.path.removesuffix("]").partition("[")
        row = pair.row("expected", table, int(slot), lead.tick) or pair.row("actual", table, int(slot), lead.tick)
        if row is not None:
            return _told(_born_before(pair, row, lead.tick), lead.tick)
    return None


def _told(ticks: Iterator[int], tick: int) -> Precedents | None:
    found = list(ticks)
    return Precedents(_searched_from(tick), len(found), tuple(found[-_SHOWN:]))


def _searched_from(tick: int) -> int:
    return max((tick // TICKS_PER_CHUNK - _SEARCHED_CHUNKS + 1) * TICKS_PER_CHUNK, 0)


def _drawn_before(pair: TracePair, tick: int, caller: int) -> Iterator[int]:
    table = TABLE_BY_NAME["rng_stream"]
    for rows in _tables_before(pair, "rng_stream", tick):
        ticks = rows.ticks[rows.columns[table.positions["caller"]] == caller]
        yield from np.unique(ticks[ticks < tick]).tolist()


def _born_before(pair: TracePair, row: RowView, tick: int) -> Iterator[int]:
    table = row.table
    kind = KIND_FIELDS[table.name]
    seen: set[tuple[int, int]] = set()
    for rows in _tables_before(pair, table.name, tick):
        columns = [rows.columns[table.positions[name]].tolist() for name in ("index", "generation", kind)]
        for at, index, generation, found in zip(rows.ticks.tolist(), *columns, strict=True):
            if at < tick and (index, generation) not in seen:
                seen.add((index, generation))
                # What is there at the first tick searched was born before it.
                if found == row.bits(kind) and at > _searched_from(tick):
                    yield at


def _tables_before(pair: TracePair, name: str, tick: int) -> Iterator[TableRows]:
    reader = pair.reader("expected")
    for first in range(_searched_from(tick), max(tick, 0), TICKS_PER_CHUNK):
        yield reader.tables(reader.entry_of(first))[name]
