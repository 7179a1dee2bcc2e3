"""Packing the slots of the original's pools and its globals, as the layout has them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from operator import attrgetter

from crimson.dbg.original.layout import Global, Kind, Pool

_CODES: dict[Kind, str] = {"u8": "B", "u16": "H", "i32": "i", "u32": "I", "f32": "f", "text": "s"}

type Value = bool | int | float | bytes


def kind_format(kind: Kind, count: int) -> str:
    """The `struct` code of an array, or of a text of `count` bytes."""
    return f"{count}{_CODES[kind]}"


def global_format(fact: Global) -> struct.Struct:
    """The packing of a global: `count` values, or one text."""
    return struct.Struct("<" + kind_format(fact.type, fact.count))


class SlotFormat:
    """A pool's slots as bytes: the values of `names` in order, an array's one after the other; gaps are 0."""

    def __init__(self, pool: Pool) -> None:
        fields = sorted(pool.fields, key=attrgetter("place"))
        self.names = tuple(field.name for field in fields)
        codes = ["<"]
        end = 0
        for field in fields:
            begin = field.place
            codes += (f"{begin - end}x", kind_format(field.type, field.count))
            end = begin + field.size
        self._fields = fields
        self._packing = struct.Struct("".join((*codes, f"{pool.stride - end}x")))
        self.pack = self._packing.pack
        self.unpack = self._packing.unpack

    def pack_named(self, values: Mapping[str, Value]) -> bytes:
        """A slot in which every field that is not given is 0."""
        unknown = set(values) - set(self.names)
        if unknown:
            raise ValueError(f"no fields: {', '.join(sorted(unknown))}")
        flat: list[Value] = []
        for field in self._fields:
            if field.type == "text":
                flat.append(values.get(field.name, b""))
            else:
                flat += [values.get(field.name, 0)] * field.count
        return self.pack(*flat)
