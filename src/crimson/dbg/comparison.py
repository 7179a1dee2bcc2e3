"""Comparing decoded tables: at which ticks they differ, and every field that differs at one tick."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from crimson.dbg.floats import ulps_between
from crimson.dbg.layout import TABLES, Leaf, Table
from crimson.dbg.records import ChunkTables
from crimson.dbg.report import FieldDifference, Value
from crimson.dbg.rows import TableRows, Words, counts_at, values_from_words

PRESENT, ABSENT = "present", "absent"


def rows_between(rows: TableRows, first: int, last: int) -> TableRows:
    begin, end = np.searchsorted(rows.ticks, (first, last + 1))
    return rows.take(slice(int(begin), int(end)))


def differing_ticks(expected: TableRows, actual: TableRows) -> Words:
    """The ticks, ascending, at which two tables of the same span of ticks do not hold the same rows."""
    if len(expected) == len(actual) and bool((expected.ticks == actual.ticks).all()):
        return np.unique(expected.ticks[_differing_rows(expected, actual)])
    both = np.union1d(expected.ticks, actual.ticks)
    counts = counts_at(expected.ticks, both)
    same_count = counts == counts_at(actual.ticks, both)
    shared = both[same_count]
    left = expected.take(np.isin(expected.ticks, shared))
    right = actual.take(np.isin(actual.ticks, shared))
    return np.union1d(both[~same_count], left.ticks[_differing_rows(left, right)])


def _differing_rows(expected: TableRows, actual: TableRows) -> Words:
    differs = np.zeros(len(expected), dtype=bool)
    for left, right in zip(expected.columns, actual.columns, strict=True):
        differs |= left != right
    return differs


def differences_at(tick: int, expected: ChunkTables, actual: ChunkTables) -> Iterator[FieldDifference]:
    """Every difference at a tick that both sides have, in the schema's order."""
    for table in TABLES:
        left = rows_between(expected[table.name], tick, tick)
        right = rows_between(actual[table.name], tick, tick)
        yield from _table_differences(table, left, right)


def _table_differences(table: Table, expected: TableRows, actual: TableRows) -> Iterator[FieldDifference]:
    left_rows, right_rows = _rows_by_name(table, expected), _rows_by_name(table, actual)
    for name in dict.fromkeys([*left_rows, *right_rows]):
        left, right = left_rows.get(name), right_rows.get(name)
        if left is None or right is None:
            yield FieldDifference(
                table.channel,
                name,
                PRESENT if left is not None else ABSENT,
                PRESENT if right is not None else ABSENT,
            )
            continue
        for leaf, expected_words, actual_words in zip(table.leaves, expected.columns, actual.columns, strict=True):
            if expected_words[left] != actual_words[right]:
                yield _field(
                    table,
                    f"{name}.{leaf.path}",
                    leaf,
                    expected_words[left : left + 1],
                    actual_words[right : right + 1],
                )


def _rows_by_name(table: Table, rows: TableRows) -> dict[str, int]:
    """Row positions by path: a pool's rows by slot, a log's by position, a single row by the table's name."""
    if table.cardinality != "many":
        return dict.fromkeys([table.name] if len(rows) else [], 0)
    keys = range(len(rows)) if table.key is None else rows.columns[table.key].tolist()
    return {f"{table.name}[{key}]": position for position, key in enumerate(keys)}


def _field(table: Table, path: str, leaf: Leaf, expected: Words, actual: Words) -> FieldDifference:
    left: Value = values_from_words(leaf.column.wire, expected)[0]
    right: Value = values_from_words(leaf.column.wire, actual)[0]
    if leaf.column.wire != "f4":
        return FieldDifference(table.channel, path, left, right)
    left_bits, right_bits = int(expected[0]), int(actual[0])
    return FieldDifference(table.channel, path, left, right, left_bits, right_bits, ulps_between(left_bits, right_bits))
