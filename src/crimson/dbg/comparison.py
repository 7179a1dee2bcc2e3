"""Comparing decoded tables: at which ticks they differ, and every field that differs at one tick."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from crimson.dbg.floats import ulps_between, within_ulps
from crimson.dbg.layout import TABLES, Leaf, Table
from crimson.dbg.records import ChunkTables
from crimson.dbg.report import FieldDifference, Value
from crimson.dbg.rows import TableRows, Words, counts_at, not_finite, values_from_words

PRESENT, ABSENT = "present", "absent"


def rows_between(rows: TableRows, first: int, last: int) -> TableRows:
    begin, end = np.searchsorted(rows.ticks, (first, last + 1))
    return rows.take(slice(int(begin), int(end)))


def differing_ticks(table: Table, expected: TableRows, actual: TableRows, ulps: int = 0) -> Words:
    """The ticks, ascending, at which two tables of the same span of ticks do not hold the same rows."""
    if len(expected) == len(actual) and bool((expected.ticks == actual.ticks).all()):
        return np.unique(expected.ticks[_differing_rows(table, expected, actual, ulps)])
    both = np.union1d(expected.ticks, actual.ticks)
    counts = counts_at(expected.ticks, both)
    same_count = counts == counts_at(actual.ticks, both)
    shared = both[same_count]
    left = expected.take(np.isin(expected.ticks, shared))
    right = actual.take(np.isin(actual.ticks, shared))
    return np.union1d(both[~same_count], left.ticks[_differing_rows(table, left, right, ulps)])


def _differing_rows(table: Table, expected: TableRows, actual: TableRows, ulps: int) -> Words:
    differs = np.zeros(len(expected), dtype=bool)
    for leaf, left, right in zip(table.leaves, expected.columns, actual.columns, strict=True):
        differs |= _apart(leaf, left, right, ulps)
    return differs


def _apart(leaf: Leaf, expected: Words, actual: Words, ulps: int) -> Words:
    if not ulps or leaf.column.wire != "f4":
        return expected != actual
    distance = _ordinals(actual) - _ordinals(expected)
    # Infinities and NaN are near to nothing.
    exact = not_finite(expected) | not_finite(actual)
    return np.where(exact, expected != actual, np.abs(distance) > ulps)


def _ordinals(bits: Words) -> Words:
    """f32 bits as integers that count the floats in order; zeros of either sign are 0."""
    signed = bits.astype(np.int64)
    return np.where(signed & 0x80000000, -(signed & 0x7FFFFFFF), signed)


def differences_at(tick: int, expected: ChunkTables, actual: ChunkTables, ulps: int = 0) -> Iterator[FieldDifference]:
    """Every difference at a tick that both sides have, in the schema's order."""
    for table in TABLES:
        left = rows_between(expected[table.name], tick, tick)
        right = rows_between(actual[table.name], tick, tick)
        for difference in _table_differences(table, left, right):
            bits, other = difference.expected_bits, difference.actual_bits
            if bits is None or other is None or not within_ulps(bits, other, ulps):
                yield difference


def _table_differences(table: Table, expected: TableRows, actual: TableRows) -> Iterator[FieldDifference]:
    left_rows, right_rows = rows_by_key(table, expected), rows_by_key(table, actual)
    for key in dict.fromkeys([*left_rows, *right_rows]):
        left, right = left_rows.get(key), right_rows.get(key)
        if left is None or right is None:
            present = [PRESENT if position is not None else ABSENT for position in (left, right)]
            yield FieldDifference(table.name, key, "", present[0], present[1])
            continue
        for leaf, expected_words, actual_words in zip(table.leaves, expected.columns, actual.columns, strict=True):
            if expected_words[left] != actual_words[right]:
                yield _field(table, key, leaf, expected_words[left : left + 1], actual_words[right : right + 1])


def rows_by_key(table: Table, rows: TableRows) -> dict[int | None, int]:
    """Positions of one tick's rows: a pool's by slot, a log's by position; a table of one row has the key None."""
    if table.cardinality != "many":
        return dict.fromkeys([None] if len(rows) else [], 0)
    if table.key is None:
        return {position: position for position in range(len(rows))}
    return {int(key): position for position, key in enumerate(rows.columns[table.key].tolist())}


def _field(table: Table, key: int | None, leaf: Leaf, expected: Words, actual: Words) -> FieldDifference:
    left: Value = values_from_words(leaf.column.wire, expected)[0]
    right: Value = values_from_words(leaf.column.wire, actual)[0]
    if leaf.column.wire != "f4":
        return FieldDifference(table.name, key, leaf.path, left, right)
    bits, other = int(expected[0]), int(actual[0])
    return FieldDifference(table.name, key, leaf.path, left, right, bits, other, ulps_between(bits, other))
