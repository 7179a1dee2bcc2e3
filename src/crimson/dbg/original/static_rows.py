"""Static variables of the original, alone and as the rows of the trace that consist of them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crimson.dbg import schema
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.flat_rows import flat_builder
from crimson.dbg.floats import is_f32
from crimson.dbg.layout import TABLE_BY_NAME
from crimson.dbg.original.finite import require_finite
from crimson.dbg.original.layout import Global
from crimson.dbg.original.mirror import Mirror
from crimson.dbg.original.slots import global_format
from crimson.dbg.rows import Cell


class Statics:
    """Reads globals by name."""

    def __init__(self, mirror: Mirror) -> None:
        self._places = {
            fact.name: _Place(fact, *mirror.place(fact.place), global_format(fact)) for fact in mirror.layout.globals
        }

    def integer(self, name: str) -> int:
        return int(self._places[name].read()[0])

    def number(self, name: str) -> float:
        return float(self._places[name].read()[0])

    def text(self, name: str) -> str:
        place = self._places[name]
        return text_of(place.image[place.offset : place.offset + place.fact.size])

    def integers(self, name: str) -> list[int]:
        return [int(value) for value in self._places[name].read()]

    def numbers(self, name: str) -> list[float]:
        return [float(value) for value in self._places[name].read()]

    def raw(self, name: str) -> bytes:
        """The bytes of a global, for digests."""
        place = self._places[name]
        return bytes(place.image[place.offset : place.offset + place.fact.size])

    def by_path(self) -> dict[str, Global]:
        """The globals that are columns, by `<table>.<column>`."""
        return {place.fact.path: place.fact for place in self._places.values() if place.fact.path}


@dataclass(frozen=True, slots=True)
class _Place:
    fact: Global
    image: bytearray
    offset: int
    packing: struct.Struct

    def read(self) -> tuple[float, ...]:
        return self.packing.unpack_from(self.image, self.offset)


def text_of(content: bytes | bytearray | memoryview) -> str:
    """A NUL-ended string in Latin-1."""
    return bytes(content).partition(b"\0")[0].decode("latin-1")


type Derived = Mapping[str, Callable[[], Cell]]


class StaticRow[R: schema.Row]:
    """A row whose columns are globals, but for those that `derived` computes, by column.

    The columns of `row_type` are the table's.
    """

    def __init__(self, statics: Statics, row_type: type[R], table_name: str, derived: Derived | None = None) -> None:
        derived = derived or {}
        table = TABLE_BY_NAME[table_name]
        known = statics.by_path()
        facts = {leaf.path: known.get(f"{table_name}.{leaf.path}") for leaf in table.leaves}
        missing = [path for path, fact in facts.items() if fact is None and path not in derived]
        if missing:
            raise ValueError(f"{table_name}: no global fills {missing}")
        self._name = table_name
        self._paths = [leaf.path for leaf in table.leaves]
        self._readers = [
            derived[path] if fact is None else _reader(statics, fact, leaf.column.wire)
            for leaf, (path, fact) in zip(table.leaves, facts.items(), strict=True)
        ]
        self._floats = [position for position, leaf in enumerate(table.leaves) if leaf.column.wire == "f4"]
        # Whole milliseconds that the trace has as a float.
        self._clocks = [
            position
            for position in self._floats
            if (fact := facts[self._paths[position]]) is not None and fact.type != "f32"
        ]
        self._build = flat_builder(row_type)

    def read(self, where: str) -> R:
        """The row; raises `CaptureProblem` for a float that is not finite, and for a clock that no f32 holds."""
        values = [read() for read in self._readers]
        for position in self._floats:
            require_finite(where, self._column(position), float(values[position]))
        for position in self._clocks:
            if not is_f32(float(values[position])):
                raise CaptureProblem(
                    where, f"{self._column(position)} is {values[position]}, expected a number that an f32 can hold"
                )
        return self._build(values)

    def _column(self, position: int) -> str:
        return f"{self._name}.{self._paths[position]}"


def _reader(statics: Statics, fact: Global, wire: str) -> Callable[[], Cell]:
    name = fact.name
    if fact.type == "text":
        return lambda: statics.text(name)
    if wire == "b1":
        return lambda: statics.integer(name) != 0
    if wire == "f4":
        return lambda: statics.number(name)
    return lambda: statics.integer(name)
