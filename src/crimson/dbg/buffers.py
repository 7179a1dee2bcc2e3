"""Where a recorder keeps what it saw of the runtime until a chunk is full.

Taking a struct's field references as a tuple is far cheaper than reading its fields one by one, and vectors, colours
and numbers in the runtime are immutable; so a tick costs one tuple for each live entity, and the values are read
column by column when the chunk is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Protocol

import msgspec
import numpy as np
from msgspec.structs import astuple

from crimson.dbg.layout import Table
from crimson.dbg.records import RecordError
from crimson.dbg.rows import Cell, ColumnError, TableRows, columns_from_runtime, empty_rows, join_rows


class Part(Protocol):
    """A vector or colour of the runtime; a vector has x and y, a colour the others."""

    x: float
    y: float
    r: float
    g: float
    b: float
    a: float


# Comprehensions, since the interpreter reads a known field of one type faster than any getter made at run time.
_PARTS: dict[str, Callable[[Sequence[Part]], list[float]]] = {
    "x": lambda values: [value.x for value in values],
    "y": lambda values: [value.y for value in values],
    "r": lambda values: [value.r for value in values],
    "g": lambda values: [value.g for value in values],
    "b": lambda values: [value.b for value in values],
    "a": lambda values: [value.a for value in values],
}


class RowBuffer:
    """Rows given as tuples in the table's column order."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows: list[Sequence[Cell]] = []
        self._ticks: list[int] = []

    def add(self, tick: int, row: Sequence[Cell]) -> None:
        self._rows.append(row)
        self._ticks.append(tick)

    def extend(self, tick: int, rows: Sequence[Sequence[Cell]]) -> None:
        self._rows.extend(rows)
        self._ticks.extend([tick] * len(rows))

    def take(self) -> TableRows:
        """The buffered rows as columns; the buffer is empty afterwards."""
        rows, ticks = self._rows, self._ticks
        self._rows, self._ticks = [], []
        if not rows:
            return empty_rows(self._table)
        return _table_rows(self._table, ticks, list(zip(*rows, strict=True)))


class PoolBuffer:
    """Live slots of one pool, taken as tuples of field references.

    `paths` gives for each column its path in the runtime's struct, as `field` or `field.part`; `missing` what stands
    for a field that is None.
    """

    def __init__(
        self,
        table: Table,
        entry_type: type[msgspec.Struct],
        paths: Mapping[str, str],
        missing: Mapping[str, msgspec.Struct] | None = None,
    ) -> None:
        self._table = table
        self._width = len(entry_type.__struct_fields__)
        fields = {name: position for position, name in enumerate(entry_type.__struct_fields__)}
        self._sources: list[tuple[int, str]] = []
        for leaf in table.leaves[1:]:
            field, _, part = paths.get(leaf.path, leaf.path).partition(".")
            self._sources.append((fields[field], part))
        self._missing = {fields[field]: value for field, value in (missing or {}).items()}
        self._entries: list[tuple[Cell, ...]] = []
        self._ticks: list[int] = []
        self._counts: list[int] = []
        self._indexes: list[Sequence[int]] = []
        self._parts: list[TableRows] = []

    def add(self, tick: int, indexes: Sequence[int], entries: Sequence[msgspec.Struct]) -> None:
        """The live slots of a tick, in slot order."""
        if entries:
            self._entries.extend(map(astuple, entries))
            self._ticks.append(tick)
            self._counts.append(len(entries))
            self._indexes.append(indexes)

    def take(self) -> TableRows:
        """The buffered rows as columns; the buffer is empty afterwards."""
        self.compact()
        parts, self._parts = self._parts, []
        return join_rows(self._table, parts)

    def compact(self) -> None:
        """Turn what was added since the last call into columns."""
        if not self._entries:
            return
        flat: list[Cell] = []
        for entry in self._entries:
            flat += entry
        ticks = np.repeat(np.array(self._ticks, np.int64), self._counts)
        indexes = list(chain.from_iterable(self._indexes))
        self._entries, self._ticks, self._counts, self._indexes = [], [], [], []
        columns: list[Sequence[Cell]] = [indexes]
        for position, part in self._sources:
            values = flat[position :: self._width]
            if position in self._missing:
                fill = self._missing[position]
                values = [fill if value is None else value for value in values]
            # A path with a part names a field that is a vector or a colour.
            columns.append(_PARTS[part](values) if part else values)  # ty: ignore[invalid-argument-type]
        self._parts.append(_table_rows(self._table, ticks.tolist(), columns))


def _table_rows(table: Table, ticks: Sequence[int], columns: Sequence[Sequence[Cell]]) -> TableRows:
    try:
        words = columns_from_runtime(table.leaves, columns)
    except ColumnError as problem:
        raise RecordError(ticks[problem.row], table, problem) from None
    return TableRows(np.array(ticks, np.int64), words)
