"""The rows of a trace that a condition holds for, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crimson.dbg.comparison import rows_between
from crimson.dbg.errors import BadUsage
from crimson.dbg.layout import Table
from crimson.dbg.named_rows import named_columns, named_rows, row_positions
from crimson.dbg.projection_reports import QueryMatch, QueryReport
from crimson.dbg.query_language import Query, parse_query
from crimson.dbg.query_terms import Rows
from crimson.dbg.rows import TableRows, Words, empty_rows, join_rows
from crimson.dbg.trace import TraceReader

DEFAULT_LIMIT = 20


def query_trace(path: Path, text: str, *, limit: int = DEFAULT_LIMIT) -> QueryReport:
    """Count the rows of a table that a condition holds for, in run set-up and all ticks, and list the first ones.

    `text` is `SCOPE where CONDITION`; `BadUsage` says what is wrong with it. A row that was not there in the tick
    before (in a pool: of the same generation) does not match a condition that asks `prev` of it.
    """
    if limit < 0:
        raise BadUsage("--limit", f"{limit} rows; 0 or more can be listed")
    query = parse_query(text)
    matches = 0
    listed: list[QueryMatch] = []
    with TraceReader(path) as reader:
        for part in _parts(reader, query):
            found = np.flatnonzero(query.term.of(part.rows))
            matches += len(found)
            listed += _matches(query, part, found[: limit - len(listed)])
    return QueryReport(str(path), query.table.name, query.condition, query.columns, matches, limit, tuple(listed))


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows of a chunk that a condition can judge, and which of their ticks' rows they are."""

    rows: Rows
    positions: Words


def _parts(reader: TraceReader, query: Query) -> Iterator[_Part]:
    table = query.table
    earlier = empty_rows(table)
    for entry in (reader.setup_entry, *reader.tick_entries):
        rows = reader.tables(entry)[table.name]
        positions = row_positions(table, rows)
        if query.previous:
            known = join_rows(table, [earlier, rows])
            here, before = _predecessors(table, known, rows)
            yield _Part(Rows(rows.take(here), known.take(before)), positions[here])
            earlier = rows_between(rows, entry.last, entry.last)
        else:
            yield _Part(Rows(rows, earlier), positions)


def _predecessors(table: Table, known: TableRows, rows: TableRows) -> tuple[Words, Words]:
    """Which of the rows were there in the tick before, and where they are among the known ones."""
    ids = _ids(table, known)
    wanted = _ids(table, rows) - _TICK
    places = np.minimum(np.searchsorted(ids, wanted), max(len(ids) - 1, 0))
    there = ids[places] == wanted if len(ids) else np.zeros(0, np.bool_)
    if "generation" in table.positions and len(ids):
        generation = table.positions["generation"]
        there &= known.columns[generation][places] == rows.columns[generation]
    return np.flatnonzero(there), places[there]


# Apart from tick to tick, so that a tick's rows, at most as many as a pool or a log has, fit between.
_TICK = 1 << 32


def _ids(table: Table, rows: TableRows) -> Words:
    return rows.ticks * _TICK + row_positions(table, rows)


def _matches(query: Query, part: _Part, found: Words) -> list[QueryMatch]:
    table = query.table
    rows = named_rows(table, part.rows.now.take(found), part.positions[found])
    if not query.previous:
        return [QueryMatch(row, ()) for row in rows]
    asked = [table.positions[path] for path in query.previous]
    columns = [part.rows.before.columns[position][found] for position in asked]
    before = named_columns([table.leaves[position] for position in asked], columns)
    return [QueryMatch(row, values) for row, values in zip(rows, before, strict=True)]
