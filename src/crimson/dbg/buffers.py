"""Where a recorder keeps what it saw of the runtime until a chunk is full.

Taking a struct's field references as a tuple is far cheaper than reading its fields one by one, so a tick costs one
tuple for each live entity; the columns are then picked out of all tuples together. What is done with the columns is
left to when the chunk is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Protocol

import msgspec
import numpy as np
from msgspec.structs import astuple

from crimson.dbg.layout import Leaf, Table
from crimson.dbg.records import RecordError
from crimson.dbg.rows import (
    PACKINGS,
    Cell,
    ColumnError,
    PackCode,
    TableRows,
    Words,
    columns_from_runtime,
    empty_rows,
    pack_values,
    packed_matrix,
    words_from_matrix,
)


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
    """Live slots of one pool, taken as tuples of field references and packed at once.

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
        self._groups = [
            _Group(code, [leaf for leaf in table.leaves[1:] if leaf.column.wire in wires], fields, paths)
            for code, wires in PACKINGS.items()
            if code != "Q"
        ]
        self._missing = {fields[field]: value for field, value in (missing or {}).items()}
        self._ticks: list[int] = []
        self._indexes: list[Sequence[int]] = []

    def add(self, tick: int, indexes: Sequence[int], entries: Sequence[msgspec.Struct]) -> None:
        """The live slots of a tick, in slot order."""
        if not entries:
            return
        self._ticks.append(tick)
        self._indexes.append(indexes)
        flat: list[Cell] = []
        for fields in map(astuple, entries):
            flat += fields
        for position, fill in self._missing.items():
            values = flat[position :: self._width]
            flat[position :: self._width] = [fill if value is None else value for value in values]
        for group in self._groups:
            group.add(flat, self._width)

    def take(self) -> TableRows:
        """The buffered rows as columns; the buffer is empty afterwards."""
        if not self._ticks:
            return empty_rows(self._table)
        ticks = np.repeat(np.array(self._ticks, np.int64), list(map(len, self._indexes)))
        words: dict[str, Words] = {
            self._table.leaves[0].path: np.array(list(chain.from_iterable(self._indexes)), np.uint16)
        }
        self._ticks, self._indexes = [], []
        try:
            for group in self._groups:
                words.update(group.take())
        except ColumnError as problem:
            raise RecordError(int(ticks[problem.row]), self._table, problem) from None
        return TableRows(ticks, tuple(words[leaf.path] for leaf in self._table.leaves))


class _Group:
    """The columns of a pool that are packed alike.

    They are packed in the tick they are of, while the values are in the processor's cache, and so that no value lives
    longer than the runtime has it.
    """

    def __init__(
        self, code: PackCode, leaves: Sequence[Leaf], fields: Mapping[str, int], paths: Mapping[str, str]
    ) -> None:
        self._code: PackCode = code
        self._leaves = leaves
        self._sources: list[tuple[int, str]] = []
        for leaf in leaves:
            field, _, part = paths.get(leaf.path, leaf.path).partition(".")
            self._sources.append((fields[field], part))
        self._packed: list[bytes] = []

    def add(self, flat: list[Cell], width: int) -> None:
        """Pack the columns out of entries' fields, `width` for each entry."""
        columns: list[Sequence[Cell]] = []
        for position, part in self._sources:
            values = flat[position::width]
            # A path with a part names a field that is a vector or a colour.
            columns.append(_PARTS[part](values) if part else values)  # ty: ignore[invalid-argument-type]
        self._packed.append(pack_values(self._code, columns))

    def take(self) -> Iterator[tuple[str, Words]]:
        packed, self._packed = self._packed, []
        yield from words_from_matrix(self._code, self._leaves, packed_matrix(self._code, packed, len(self._leaves)))


def _table_rows(table: Table, ticks: Sequence[int], columns: Sequence[Sequence[Cell]]) -> TableRows:
    try:
        words = columns_from_runtime(table.leaves, columns)
    except ColumnError as problem:
        raise RecordError(ticks[problem.row], table, problem) from None
    return TableRows(np.array(ticks, np.int64), words)
