"""Made-up traces: every table has rows at every tick, and every value is its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from crimson.dbg import schema
from crimson.dbg.container import TICKS_PER_CHUNK
from crimson.dbg.layout import TABLE_BY_NAME, TABLES, Table
from crimson.dbg.rows import TableRows, Words, word_type
from crimson.dbg.trace import TraceReader
from crimson.dbg.trace_writer import TraceWriter

RUN = schema.RunSettings(
    mode_id=1, seed=7, player_count=2, rules=2, preserve_bugs=True, hardcore=False, friendly_fire=False, quest=""
)
ROWS_PER_TICK = 2

type Tables = dict[str, TableRows]


def meta(kind: str = "candidate", *, replay: str = "ab" * 32, run: schema.RunSettings = RUN) -> schema.TraceMeta:
    """Metadata of a made-up producer."""
    origin = schema.CaptureOrigin("re-simulation", "session", "cd" * 32, [], []) if kind == "original" else None
    return schema.TraceMeta(
        schema.Producer(kind, "synthetic", "1", "any", "0"), schema.TraceSource(replay, "1.9.93", run), origin
    )


def tables_of(first: int, last: int) -> Tables:
    """Tables of these ticks, full of values that differ from field to field, row to row and tick to tick."""
    return {table.name: _rows(table, first, last) for table in TABLES}


def _rows(table: Table, first: int, last: int) -> TableRows:
    per_tick = ROWS_PER_TICK if table.cardinality == "many" else 1
    ticks = np.repeat(np.arange(first, last + 1, dtype=np.int64), per_tick)
    # Slots 1 and 3, so that a changed slot number still leaves the rows in order.
    slots = np.tile(np.arange(per_tick) * 2 + 1, last - first + 1)
    return TableRows(ticks, tuple(_column(table, position, ticks, slots) for position in range(len(table.leaves))))


def _column(table: Table, position: int, ticks: Words, slots: Words) -> Words:
    leaf = table.leaves[position]
    numbers = (position + 1) * 1009 + slots * 31 + (ticks + 2) * 7
    if leaf.column.key:
        return slots.astype(np.uint16)
    match leaf.column.wire:
        case "text":
            return np.array([f"word{number}" for number in numbers.tolist()], dtype=word_type("text"))
        case "f4":
            return (numbers / 16).astype(np.float32).view(np.uint32)
        case "b1":
            return (numbers % 2).astype(np.uint8)
        case wire:
            return numbers.astype(word_type(wire))


def write_trace(
    path: Path,
    ticks: int,
    *,
    change: Callable[[Tables, int], None] | None = None,
    kind: str = "candidate",
    about: schema.TraceMeta | None = None,
) -> Path:
    """Write a made-up trace of so many ticks. `change` sees each chunk's tables, and its first tick, before that."""
    # Without the rename and sync of a real recording, which a thousand small files need not pay for.
    with path.open("wb") as file:
        writer = TraceWriter(file, about or meta(kind))
        for first, last in _spans(ticks):
            tables = tables_of(first, last)
            if change is not None:
                change(tables, first)
            writer.write_tables(tables, first, last)
        writer.finish()
    return path


def rewrite(source: Path, out: Path, change: Callable[[Tables, int], None]) -> Path:
    """Write a trace again; `change` sees each chunk's tables, and its first tick, before that."""
    with TraceReader(source) as reader, out.open("wb") as file:
        writer = TraceWriter(file, reader.meta)
        for entry in (reader.setup_entry, *reader.tick_entries):
            tables = dict(reader.tables(entry))
            change(tables, entry.first)
            writer.write_tables(tables, entry.first, entry.last)
        writer.finish()
    return out


def _spans(ticks: int) -> list[tuple[int, int]]:
    borders = range(0, ticks, TICKS_PER_CHUNK)
    return [(-1, -1), *((first, min(first + TICKS_PER_CHUNK, ticks) - 1) for first in borders)]


def changing(table: Table, position: int, ticks: Sequence[int]) -> Callable[[Tables, int], None]:
    """A change of one column's lowest bit (or of its text) in the last row of each of these ticks."""

    def change(tables: Tables, _first: int) -> None:
        rows = tables[table.name]
        columns = list(rows.columns)
        columns[position] = columns[position].copy()
        for tick in ticks:
            (found,) = np.nonzero(rows.ticks == tick)
            if not len(found):
                continue
            row = int(found[-1])
            if table.leaves[position].column.wire == "text":
                columns[position][row] += "!"
            else:
                columns[position][row] ^= 1
        tables[table.name] = TableRows(rows.ticks, tuple(columns))

    return change


def setting(name: str, path: str, tick: int, by: Callable[[int], int]) -> Callable[[Tables, int], None]:
    """A change of one column's bits in the first row of a tick."""

    def change(tables: Tables, _first: int) -> None:
        table, rows = TABLE_BY_NAME[name], tables[name]
        (found,) = np.nonzero(rows.ticks == tick)
        if len(found):
            columns = list(rows.columns)
            position = table.positions[path]
            columns[position] = columns[position].copy()
            columns[position][found[0]] = by(int(columns[position][found[0]]))
            tables[name] = TableRows(rows.ticks, tuple(columns))

    return change


def dropping(name: str, ticks: Sequence[int]) -> Callable[[Tables, int], None]:
    """A change that takes the first row of each of these ticks away."""

    def change(tables: Tables, _first: int) -> None:
        rows = tables[name]
        gone = [int(np.flatnonzero(rows.ticks == tick)[0]) for tick in ticks if (rows.ticks == tick).any()]
        tables[name] = rows.take(np.setdiff1d(np.arange(len(rows)), gone))

    return change
