"""Slots of the original's pools, read as the rows of the trace."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from operator import attrgetter, itemgetter

from crimson.dbg import digests, schema
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.flat_rows import flat_builder
from crimson.dbg.layout import TABLE_BY_NAME, Table
from crimson.dbg.original.finite import require_finite
from crimson.dbg.original.layout import Field, Kind, Layout, Pool
from crimson.dbg.original.mirror import Mirror
from crimson.dbg.original.slots import slot_format
from crimson.dbg.rows import Cell

# Columns that the host counts itself.
COUNTED = frozenset({"index", "generation"})
_PAST_I32 = 1 << 31


def column_fields(pool: Pool) -> list[Field]:
    """The pool's fields that are columns, by offset."""
    return sorted((field for field in pool.fields if field.path), key=attrgetter("place"))


def pools_of(layout: Layout, table: Table) -> list[Pool]:
    return [pool for pool in layout.pools if pool.rows == table.name]


class SlotReader:
    """Reads the columns of a table from the slots of the pools that serve it."""

    def __init__(self, mirror: Mirror, table: Table) -> None:
        self.table = table
        self.pools = pools_of(mirror.layout, table)
        self._images = [mirror.images[mirror.index[pool.name]] for pool in self.pools]
        self._structs = [slot_format(column_fields(pool), pool.stride) for pool in self.pools]
        self._strides = [pool.stride for pool in self.pools]
        fields = [field for pool in self.pools for field in column_fields(pool)]
        found = {field.path: position for position, field in enumerate(fields)}
        self.leaves = [leaf for leaf in table.leaves if leaf.path not in COUNTED]
        missing = [leaf.path for leaf in self.leaves if leaf.path not in found]
        unknown = [path for path in found if path not in table.positions]
        if missing or unknown:
            raise ValueError(f"{table.name}: no field fills {missing}, no column takes {unknown}")
        self._order = itemgetter(*(found[leaf.path] for leaf in self.leaves))
        self._converted = [
            (position, convert)
            for position, leaf in enumerate(self.leaves)
            if (convert := _conversion(fields[found[leaf.path]].type, leaf.column.wire)) is not None
        ]
        self._floats = [position for position, leaf in enumerate(self.leaves) if leaf.column.wire == "f4"]
        self._read_floats = itemgetter(*self._floats)

    def values(self, where: str, slot: int) -> list[Cell]:
        """A slot's columns in order, without those that are counted.

        Raises `CaptureProblem` with the field's name for what no trace can hold: a float that is not finite, or one
        that counts and is not whole.
        """
        raw: tuple[Cell, ...] = ()
        for packing, image, stride in zip(self._structs, self._images, self._strides, strict=True):
            raw += packing.unpack_from(image, slot * stride)
        values = list(self._order(raw))
        # One look at all of them, since hardly ever is there one to name.
        if not math.isfinite(sum(self._read_floats(values))):
            for position in self._floats:
                require_finite(where, self._column(slot, position), float(values[position]))
        for position, convert in self._converted:
            converted = convert(values[position])
            if converted is None:
                found = f"{self._column(slot, position)} is {values[position]}"
                raise CaptureProblem(where, f"{found}, expected a whole number")
            values[position] = converted
        return values

    def _column(self, slot: int, position: int) -> str:
        return f"{self.table.name.rpartition('.')[2]}[{slot}].{self.leaves[position].path}"


def _conversion(kind: Kind, wire: str) -> Callable[[Cell], Cell | None] | None:
    if wire == "b1":
        return bool
    if wire == "f4" and kind != "f32":
        return float
    if wire == "i4" and kind == "f32":
        return _whole
    return None


def _whole(value: Cell) -> int | None:
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < _PAST_I32 else None


class PoolRows[R: schema.Row]:
    """The live rows of a pool and the digest of its other slots, kept up to date by the slots that change."""

    def __init__(self, mirror: Mirror, table_name: str, row_type: type[R], packing: struct.Struct) -> None:
        self._reader = SlotReader(mirror, TABLE_BY_NAME[table_name])
        (pool,) = self._reader.pools
        self._pool = pool
        region = mirror.index[pool.name]
        self._dirty = mirror.dirty[region]
        self._image = mirror.images[region]
        live = pool.field(pool.live)
        self._live_at = live.place
        self._live_size = live.size
        self._packing = packing
        self._build = flat_builder(row_type)
        self.generations = [0] * pool.slots
        self._hashes: list[bytes] = [b""] * pool.slots
        self._rows: dict[int, R] = {}
        # Of the slots that are not live, as of the last update.
        self.digest = 0

    def clear(self) -> None:
        """As when a run begins: every slot is to be read anew."""
        self.generations = [0] * self._pool.slots
        self._rows.clear()
        self._dirty.update(range(self._pool.slots))

    def handed_out(self, where: str, slot: int) -> None:
        """Count that a slot got a new tenant; a full pool's extra slot counts nothing."""
        if not 0 <= slot < self._pool.slots:
            raise CaptureProblem(where, f"{self._pool.name} handed out slot {slot}, expected 0..{self._pool.slots - 1}")
        if slot < self._pool.count:
            self.generations[slot] += 1
            self._dirty.add(slot)

    def update(self, where: str) -> None:
        """Read the slots that changed."""
        if not self._dirty:
            return
        residue = False
        for slot in sorted(self._dirty):
            begin = slot * self._pool.stride + self._live_at
            live = slot < self._pool.count and any(self._image[begin : begin + self._live_size])
            values = self._reader.values(where, slot)
            if live:
                self._rows[slot] = self._build([slot, self.generations[slot], *values])
                fresh = digests.SAMPLED_SLOT
            else:
                self._rows.pop(slot, None)
                fresh = digests.slot_hash(self._packing.pack(*values))
            if fresh != self._hashes[slot]:
                self._hashes[slot] = fresh
                residue = True
        self._dirty.clear()
        if residue:
            self.digest = digests.digest(self._hashes)

    @property
    def rows(self) -> list[R]:
        return [self._rows[slot] for slot in sorted(self._rows)]
