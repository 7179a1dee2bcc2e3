"""A table's rows as named values, for the projections that show rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

import numpy as np

from crimson.dbg.floats import bits_of
from crimson.dbg.layout import TABLES, Leaf, Table
from crimson.dbg.projection_reports import NamedValue, TableRow
from crimson.dbg.rows import Cell, TableRows, Words, values_from_words
from crimson.dbg.schema import Row, TickRecord


def row_positions(table: Table, rows: TableRows) -> Words:
    """What tells the rows of a tick apart: the slot, or the position in a log. `rows` must hold whole ticks."""
    if table.key is not None:
        return rows.columns[table.key].astype(np.int64)
    return np.arange(len(rows)) - np.searchsorted(rows.ticks, rows.ticks)


def named_rows(table: Table, rows: TableRows, positions: Words) -> list[TableRow]:
    """The rows with all their columns; `positions` are theirs among the rows of their ticks."""
    single = table.cardinality != "many"
    return [
        TableRow(tick, None if single else position, values)
        for tick, position, values in zip(
            rows.ticks.tolist(), positions.tolist(), named_columns(table.leaves, rows.columns), strict=True
        )
    ]


def record_rows(record: TickRecord) -> Iterator[tuple[Table, list[TableRow]]]:
    """Each table's rows of one typed tick. A trace's own rows come with exact bits, these with those of the values."""
    for table in TABLES:
        found = attrgetter(table.name)(record)
        rows: list[Row] = found if table.cardinality == "many" else [] if found is None else [found]
        numbered = [(_number(table, position, row), row) for position, row in enumerate(rows)]
        yield table, [TableRow(record.tick, number, _fields(table, row)) for number, row in numbered]


def _number(table: Table, position: int, row: Row) -> int | None:
    if table.cardinality != "many":
        return None
    return position if table.key is None else int(attrgetter(table.leaves[table.key].path)(row))


def _fields(table: Table, row: Row) -> tuple[NamedValue, ...]:
    return tuple(_field(leaf, attrgetter(leaf.path)(row)) for leaf in table.leaves)


def _field(leaf: Leaf, value: Cell) -> NamedValue:
    return NamedValue(leaf.path, value, bits_of(float(value)) if leaf.column.wire == "f4" else None)


def named_columns(leaves: Sequence[Leaf], columns: Sequence[Words]) -> list[tuple[NamedValue, ...]]:
    """Some columns' values, row by row."""
    return list(zip(*map(_named_column, leaves, columns), strict=True))


def _named_column(leaf: Leaf, words: Words) -> list[NamedValue]:
    values = values_from_words(leaf.column.wire, words)
    if leaf.column.wire != "f4":
        return [NamedValue(leaf.path, value) for value in values]
    return [NamedValue(leaf.path, value, bits) for value, bits in zip(values, words.tolist(), strict=True)]
