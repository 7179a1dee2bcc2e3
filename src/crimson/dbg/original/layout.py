"""What is known of the original's code and memory, as typed data, and the places that the stand-in gives the rest.

The facts lie in `scripts/frida/crimsonland_1_9_93.toml`, each with its source. An *unlocated* fact has no address: the
original surely keeps it, but where is not known. `placed` puts these into the annex, memory that only the stand-in
has, so that everything after it deals with plain addresses.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from crimson.dbg.shipped import shipped_folder

LAYOUT_FILE = "crimsonland_1_9_93.toml"
# Memory of the stand-in beyond the original's image, and its thread data, whose seed the generator steps.
ANNEX_BASE = 0x004E0000
ANNEX_END = 0x004FF000
STANDIN_THREAD_DATA = 0x004FF000

type Kind = Literal["u8", "u16", "i32", "u32", "f32", "text"]

SIZES: dict[Kind, int] = {"u8": 1, "u16": 2, "i32": 4, "u32": 4, "f32": 4, "text": 1}


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A named thing of the original; `source` is a key of `Layout.sources`, `look` where an unlocated one is used."""

    name: str
    source: str
    address: int | None = None
    look: str = ""

    @property
    def place(self) -> int:
        """The address; `ValueError` while nobody knows it."""
        if self.address is None:
            raise ValueError(f"{self.name} has no address: the layout is to be placed first")
        return self.address


class Function(Fact, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A function that the agent hooks; a thiscall's first argument on the stack counts as argument 0."""

    convention: Literal["cdecl", "thiscall"]
    arguments: int


class CallSite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A return address: `function` was called from just before it."""

    name: str
    address: int
    function: str
    source: str


class CodeRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    begin: int
    end: int
    source: str


class Global(Fact, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A static variable, or an array of `count`; of a text, `count` is its room in bytes."""

    type: Kind
    count: int = 1
    path: str = ""

    @property
    def size(self) -> int:
        return SIZES[self.type] * self.count


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of a pool's slot. `path` is its column within the pool's `rows`."""

    name: str
    type: Kind
    offset: int | None = None
    count: int = 1
    path: str = ""

    @property
    def place(self) -> int:
        """Where it lies in its slot; `ValueError` while nobody knows it."""
        if self.offset is None:
            raise ValueError(f"{self.name} has no offset: the layout is to be placed first")
        return self.offset

    @property
    def size(self) -> int:
        return SIZES[self.type] * self.count


class Pool(Fact, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An array of slots: `count` of `stride` bytes, then `extra` ones that nothing iterates over.

    `rows` is the trace's table that has a row for each live slot; `live` is the field that is not 0 in one.
    """

    stride: int
    count: int
    fields: tuple[Field, ...]
    extra: int = 0
    rows: str = ""
    live: str = ""

    @property
    def slots(self) -> int:
        return self.count + self.extra

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    def slot_place(self, slot: int) -> int:
        """Where a slot lies in memory."""
        return self.place + slot * self.stride

    def field_place(self, slot: int, name: str) -> int:
        """Where a slot's field lies in memory."""
        return self.slot_place(slot) + self.field(name).place


class TargetFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The executable: its file's SHA-256, where it is linked, and the library beside it."""

    name: str
    version: str
    sha256: str
    image_base: int
    image_size: int
    library: str
    library_base: int
    library_size: int
    rng_offset: int


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sources: dict[str, str]
    target: TargetFacts
    functions: tuple[Function, ...]
    call_sites: tuple[CallSite, ...]
    ranges: tuple[CodeRange, ...]
    globals: tuple[Global, ...]
    pools: tuple[Pool, ...]

    def function(self, name: str) -> Function:
        return next(fact for fact in self.functions if fact.name == name)

    def call_site(self, name: str) -> CallSite:
        return next(fact for fact in self.call_sites if fact.name == name)

    def variable(self, name: str) -> Global:
        return next(fact for fact in self.globals if fact.name == name)

    def pool(self, name: str) -> Pool:
        return next(fact for fact in self.pools if fact.name == name)

    def unlocated(self) -> list[str]:
        """What a capture of the game still lacks, each with the code that uses it."""
        lacking: list[str] = []
        for fact in (*self.functions, *self.globals, *self.pools):
            places = [] if fact.address is not None else [fact.name]
            if fact.address is not None and isinstance(fact, Pool):
                places = [f"{fact.name}.{field.name}" for field in fact.fields if field.offset is None]
            lacking += [f"{place} ({fact.look})" if fact.look else place for place in places]
        return lacking


def read_layout(text: bytes) -> Layout:
    """The layout that a file says; raises `msgspec.ValidationError` or `tomllib.TOMLDecodeError`."""
    return msgspec.toml.decode(text, type=Layout)


@cache
def known_layout() -> Layout:
    """The facts as the package has them, some of them unlocated."""
    return read_layout((shipped_folder("frida_agent") / LAYOUT_FILE).read_bytes())


class _Annex:
    """Hands out the annex's addresses in order."""

    def __init__(self) -> None:
        self._next = ANNEX_BASE

    def take(self, size: int) -> int:
        address = self._next
        self._next = (address + size + 3) // 4 * 4
        if self._next > ANNEX_END:
            raise ValueError("the annex is full: enlarge it in layout.py and in the stand-in")
        return address


def placed(layout: Layout) -> Layout:
    """The layout with a place for every fact, as the stand-in has it."""
    annex = _Annex()

    def address_of(fact: Fact, size: int) -> int:
        return annex.take(size) if fact.address is None else fact.address

    return msgspec.structs.replace(
        layout,
        # A function needs room for the stand-in's thunk.
        functions=tuple(msgspec.structs.replace(row, address=address_of(row, 16)) for row in layout.functions),
        globals=tuple(msgspec.structs.replace(row, address=address_of(row, row.size)) for row in layout.globals),
        pools=tuple(
            msgspec.structs.replace(row, address=address_of(row, row.stride * row.slots), fields=_placed_fields(row))
            for row in layout.pools
        ),
    )


def _placed_fields(pool: Pool) -> tuple[Field, ...]:
    """Fields without an offset follow each other from the slot's start, aligned to their type."""
    if all(field.offset is not None for field in pool.fields):
        return pool.fields
    fields: list[Field] = []
    offset = 0
    for field in pool.fields:
        if field.offset is not None:
            raise ValueError(f"pool {pool.name} has fields with and without offsets")
        align = SIZES[field.type]
        offset = (offset + align - 1) // align * align
        fields.append(msgspec.structs.replace(field, offset=offset))
        offset += field.size
    if offset > pool.stride:
        raise ValueError(f"the fields of pool {pool.name} do not fit its stride")
    return tuple(fields)


@cache
def standin_layout() -> Layout:
    """Every fact with an address: the original's where it is known, else one in the annex."""
    return placed(known_layout())
