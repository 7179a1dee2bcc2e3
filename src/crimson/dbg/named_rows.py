"""A table's rows as named values, for the projections that show rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crimson.dbg.layout import Leaf, Table
from crimson.dbg.projection_reports import NamedValue, TableRow
from crimson.dbg.rows import TableRows, Words, values_from_words


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


def named_columns(leaves: Sequence[Leaf], columns: Sequence[Words]) -> list[tuple[NamedValue, ...]]:
    """Some columns' values, row by row."""
    return list(zip(*map(_named_column, leaves, columns), strict=True))


def _named_column(leaf: Leaf, words: Words) -> list[NamedValue]:
    values = values_from_words(leaf.column.wire, words)
    if leaf.column.wire != "f4":
        return [NamedValue(leaf.path, value) for value in values]
    return [NamedValue(leaf.path, value, bits) for value, bits in zip(values, words.tolist(), strict=True)]
