"""Packing the slots of the original's pools and its globals, as the layout has them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from operator import attrgetter

from crimson.dbg.original.layout import Field, Global, Kind, Pool

_CODES: dict[Kind, str] = {"u8": "B", "u16": "H", "i32": "i", "u32": "I", "f32": "f", "text": "s"}

type Value = bool | int | float | bytes


def kind_format(kind: Kind, count: int) -> str:
    """The `struct` code of an array, or of a text of `count` bytes."""
    return f"{count}{_CODES[kind]}"


def global_format(fact: Global) -> struct.Struct:
    """The packing of a global: `count` values, or one text."""
    return struct.Struct("<" + kind_format(fact.type, fact.count))


def slot_format(fields: Sequence[Field], stride: int) -> struct.Struct:
    """The packing of a slot with these fields, which come in the order of their places; what lies between is 0."""
    codes, end = ["<"], 0
    for field in fields:
        begin = field.place
        if begin < end or begin + field.size > stride:
            raise ValueError(f"field {field.name} overlaps another one or the slot's end")
        codes += (f"{begin - end}x", kind_format(field.type, field.count))
        end = begin + field.size
    return struct.Struct("".join((*codes, f"{stride - end}x")))


class SlotFormat:
    """A pool's slots as bytes: the values of `names` in order, an array's one after the other; gaps are 0."""

    def __init__(self, pool: Pool) -> None:
        fields = sorted(pool.fields, key=attrgetter("place"))
        self.names = tuple(field.name for field in fields)
        self._fields = fields
        packing = slot_format(fields, pool.stride)
        self.pack = packing.pack
        self.unpack = packing.unpack

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
