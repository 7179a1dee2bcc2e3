"""The rows of one table over some ticks, as columns of bit patterns.

Floats are held as the bits of their f32, so that comparing columns compares what the game would compare.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from crimson.dbg.wire import WIDTHS, WireType

if TYPE_CHECKING:
    from crimson.dbg.layout import Leaf, Table

type Words = np.ndarray
type Cell = float | str

# Text is held as Python strings, which numpy calls objects.
_TEXT = np.dtype("O")
_WORD_TYPES = {1: np.dtype("<u1"), 2: np.dtype("<u2"), 4: np.dtype("<u4"), 8: np.dtype("<u8")}
_EXPONENT_MASK = np.uint32(0x7F800000)


def word_type(wire: WireType) -> np.dtype:
    """The unsigned type that holds a column's bit patterns; text is held as Python strings."""
    return _TEXT if wire == "text" else _WORD_TYPES[WIDTHS[wire]]


class ColumnError(ValueError):
    """A value that its column cannot hold; `row` is its position among the rows given."""

    def __init__(self, path: str, row: int, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.row = row
        self.problem = problem


@dataclass(frozen=True, slots=True)
class TableRows:
    """Rows in tick order, and by key within a tick. `ticks[i]` is the tick of row i; columns follow the layout."""

    ticks: Words
    columns: tuple[Words, ...]

    def __len__(self) -> int:
        return len(self.ticks)

    def take(self, selection: Words | slice) -> TableRows:
        return TableRows(self.ticks[selection], tuple(column[selection] for column in self.columns))


def empty_rows(table: Table) -> TableRows:
    return TableRows(np.empty(0, np.int64), tuple(np.empty(0, word_type(leaf.column.wire)) for leaf in table.leaves))


def join_rows(table: Table, parts: Sequence[TableRows]) -> TableRows:
    """The parts one after the other."""
    if not parts:
        return empty_rows(table)
    if len(parts) == 1:
        return parts[0]
    columns = tuple(np.concatenate([part.columns[position] for part in parts]) for position in range(len(table.leaves)))
    return TableRows(np.concatenate([part.ticks for part in parts]), columns)


def counts_at(ticks: Words, wanted: Words) -> Words:
    """How often each wanted tick occurs among ascending ones."""
    return np.searchsorted(ticks, wanted, side="right") - np.searchsorted(ticks, wanted, side="left")


def words_from_values(leaf: Leaf, values: Sequence[Cell]) -> Words:
    """Bit patterns of Python values; a float must be a finite f32, an integer fit its width."""
    wire = leaf.column.wire
    if wire == "text":
        return np.array(values, dtype=_TEXT) if len(values) else np.empty(0, _TEXT)
    if wire == "f4":
        doubles = np.array(values, dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            singles = doubles.astype(np.float32)
        inexact = singles.astype(np.float64) != doubles
        if inexact.any():
            row = int(np.flatnonzero(inexact)[0])
            finite = np.isfinite(doubles[row])
            problem = f"{values[row]!r} is not an f32" if finite else f"{values[row]!r} is not finite"
            raise ColumnError(leaf.path, row, problem)
        words: Words = singles.view(np.uint32)
        require_finite(leaf, words)
        return words
    try:
        return integer_words(leaf, np.array(values, dtype=np.int64 if wire != "u8" else np.uint64))
    except OverflowError:
        row = next(row for row, value in enumerate(values) if not isinstance(value, int) or value >> 63 not in (0, 1))
        raise ColumnError(leaf.path, row, f"{values[row]} does not fit 64 bits") from None


def integer_words(leaf: Leaf, values: Words) -> Words:
    """Integers of any numpy type as the column's words, refused when they do not fit."""
    wire = leaf.column.wire
    if wire == "u8":
        return values.astype(np.uint64)
    words = values.astype(np.int32) if wire == "i4" else values.astype(word_type(wire))
    if bool((words != values).any()) or (wire == "b1" and bool((words > 1).any())):
        row = int(np.flatnonzero((words != values) | (words > 1 if wire == "b1" else False))[0])
        raise ColumnError(leaf.path, row, f"{int(values[row])} does not fit {wire}")
    return words.view(np.uint32) if wire == "i4" else words


def not_finite(words: Words) -> Words:
    """Which f32 bit patterns are an infinity or a NaN."""
    return (words & _EXPONENT_MASK) == _EXPONENT_MASK


def require_finite(leaf: Leaf, words: Words) -> None:
    """Refuse the bits of an infinity or a NaN."""
    wild = not_finite(words)
    if wild.any():
        row = int(np.flatnonzero(wild)[0])
        value = words[row : row + 1].view(np.float32)[0]
        raise ColumnError(leaf.path, row, f"{value} is not finite (bits 0x{int(words[row]):08x})")


def values_from_words(wire: WireType, words: Words) -> list[Cell]:
    """The Python values that these bit patterns stand for."""
    if wire == "f4":
        # Widening a signalling NaN raises the processor's flag, which numpy would warn of.
        with np.errstate(invalid="ignore"):
            return words.view(np.float32).astype(np.float64).tolist()
    if wire == "i4":
        return words.view(np.int32).tolist()
    if wire == "b1":
        return words.astype(bool).tolist()
    return words.tolist()


def columns_from_runtime(leaves: Sequence[Leaf], columns: Sequence[Sequence[Cell]]) -> tuple[Words, ...]:
    """Bit patterns of columns as the Python runtime holds them; all floats are read in one go, and all integers."""
    words: dict[str, Words] = {}
    for code, wires in PACKINGS.items():
        alike = [position for position, leaf in enumerate(leaves) if leaf.column.wire in wires]
        if alike:
            matrix = packed_matrix(code, [pack_values(code, [columns[position] for position in alike])], len(alike))
            words.update(words_from_matrix(code, [leaves[position] for position in alike], matrix))
    for leaf, column in zip(leaves, columns, strict=True):
        if leaf.column.wire == "text":
            words[leaf.path] = np.array(column, dtype=_TEXT)
    return tuple(words[leaf.path] for leaf in leaves)


type PackCode = Literal["d", "q", "Q"]
# How values of these wire types are taken from Python at once: as doubles or 64-bit integers.
PACKINGS: dict[PackCode, frozenset[WireType]] = {
    "d": frozenset({"f4"}),
    "q": frozenset({"u1", "u2", "u4", "i4", "b1"}),
    "Q": frozenset({"u8"}),
}
_PACKED_TYPES: dict[PackCode, np.dtype] = {"d": np.dtype("<f8"), "q": np.dtype("<i8"), "Q": np.dtype("<u8")}


def pack_values(code: PackCode, columns: Sequence[Sequence[Cell]]) -> bytes:
    """The columns' values one column after the other; enums are integers."""
    # Extending a list copies a column at once; chaining iterators would hand over value by value.
    values: list[Cell] = []
    for column in columns:
        values += column
    return struct.pack(f"<{len(values)}{code}", *values)


def packed_matrix(code: PackCode, packed: Sequence[bytes], columns: int) -> Words:
    """Successive packs of so many columns as one matrix, a row for each column."""
    word = _PACKED_TYPES[code]
    parts = [np.frombuffer(part, word).reshape(columns, -1) for part in packed]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def words_from_matrix(code: PackCode, leaves: Sequence[Leaf], matrix: Words) -> Iterator[tuple[str, Words]]:
    """Each leaf's path and bit patterns. Floats are rounded to f32.

    The few runtime fields that are doubles (the alternate weapon's longest reload among them) are f32 in the
    original, so rounding gives the value that the original stores.
    """
    if code != "d":
        rows: list[Words] = list(matrix)
        for leaf, row in zip(leaves, rows, strict=True):
            yield leaf.path, integer_words(leaf, row)
        return
    with np.errstate(over="ignore", invalid="ignore"):
        bits: list[Words] = list(matrix.astype(np.float32).view(np.uint32))
    for leaf, row in zip(leaves, bits, strict=True):
        require_finite(leaf, row)
        yield leaf.path, row
