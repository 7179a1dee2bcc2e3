"""The Zig program's description of the trace is Python's, field by field."""

from __future__ import annotations

import msgspec
from zig_kit import crimson_zig

from crimson.dbg.layout import TABLES


class ZigColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    path: str
    wire: str
    predictor: str
    order: int
    along: str
    key: bool


class ZigTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    channel: str
    cardinality: str
    columns: list[ZigColumn]


def _of_python() -> list[ZigTable]:
    return [
        ZigTable(
            table.name,
            table.channel,
            table.cardinality,
            [
                ZigColumn(
                    leaf.path,
                    leaf.column.wire,
                    leaf.column.predictor,
                    leaf.column.order,
                    leaf.column.along,
                    leaf.column.key,
                )
                for leaf in table.leaves
            ],
        )
        for table in TABLES
    ]


def _first_difference(zig: list[ZigTable], python: list[ZigTable]) -> str:
    """The first thing that differs, by name; empty when nothing does."""
    for mine, theirs in zip(zig, python, strict=False):
        if (mine.name, mine.channel, mine.cardinality) != (theirs.name, theirs.channel, theirs.cardinality):
            return f"table {theirs.name}: {mine.name} {mine.channel} {mine.cardinality} in Zig"
        for column, other in zip(mine.columns, theirs.columns, strict=False):
            if column != other:
                return f"{theirs.name}.{other.path}: {other} in Python, {column} in Zig"
        if len(mine.columns) != len(theirs.columns):
            return f"{theirs.name}: {len(theirs.columns)} columns in Python, {len(mine.columns)} in Zig"
    return "" if len(zig) == len(python) else f"{len(python)} tables in Python, {len(zig)} in Zig"


def test_both_describe_the_same_trace() -> None:
    outcome = crimson_zig("schema", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert not _first_difference(msgspec.json.decode(outcome.out, type=list[ZigTable]), _of_python())


def test_a_difference_is_named() -> None:
    python = _of_python()
    column = python[14].columns[3]
    other = msgspec.structs.replace(column, along="vel.y")
    columns = [*python[14].columns[:3], other, *python[14].columns[4:]]
    drifted = [*python[:14], msgspec.structs.replace(python[14], columns=columns), *python[15:]]
    assert _first_difference(drifted, python).startswith("entity_samples.creatures.pos.x: ")
