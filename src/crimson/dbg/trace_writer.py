"""Writing `.cdt` traces as a stream: what is pending is never more than a chunk."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from crimson.dbg import container, schema
from crimson.dbg.atomic import atomic_file
from crimson.dbg.container import ChunkEntry, ChunkPacker
from crimson.dbg.layout import TABLES
from crimson.dbg.payload import encode_chunk
from crimson.dbg.records import ChunkTables, tables_from_records
from crimson.dbg.rows import join_rows
from crimson.dbg.trace import TraceReader

# A divisor of a chunk's ticks.
_BATCH_TICKS = 8


class TraceWriter:
    """Streams chunks to a file: the set-up record first, then ticks from 0 without a gap."""

    def __init__(self, file: BinaryIO, meta: schema.TraceMeta) -> None:
        self._file = file
        self._packer = ChunkPacker()
        self._chunks: list[ChunkEntry] = []
        self._pending: list[schema.TickRecord] = []
        self._parts: list[ChunkTables] = []
        self._held = 0
        self._next_tick = schema.SETUP_TICK
        self._offset = len(container.file_header())
        file.write(container.file_header())
        self._put(container.META, 0, -1, msgspec.msgpack.encode(meta))

    @property
    def next_tick(self) -> int:
        """The tick that must be written next; -1 while the set-up record is missing."""
        return self._next_tick + self._held + len(self._pending)

    def append(self, record: schema.TickRecord) -> None:
        """Add a typed tick; it is stored once its chunk is full."""
        if record.tick != self.next_tick:
            raise ValueError(f"tick {record.tick} given, expected {self.next_tick}")
        if record.tick == schema.SETUP_TICK:
            self.write_tables(tables_from_records([record]), schema.SETUP_TICK, schema.SETUP_TICK)
            return
        self._pending.append(record)
        if len(self._pending) == _BATCH_TICKS:
            self._compact()
        if self._held == container.TICKS_PER_CHUNK:
            self._flush()

    def write_tables(self, tables: ChunkTables, first: int, last: int) -> bytes:
        """Store a chunk: the set-up (-1..-1), or the ticks of one chunk from its border on. Returns its raw bytes."""
        if self._pending or self._held or first != self._next_tick:
            raise ValueError(f"ticks {first}..{last} given, expected {self.next_tick} on")
        kind = container.SETUP if first == schema.SETUP_TICK else container.TICKS
        raw = encode_chunk(tables, first)
        self._put(kind, first, last, raw)
        self._next_tick = last + 1
        return raw

    def finish(self) -> None:
        """Store what is pending, the index and the trailer; without it the file is a damaged trace."""
        self._flush()
        if self._next_tick == schema.SETUP_TICK:
            raise ValueError("a trace needs its set-up record")
        self._file.write(container.footer_bytes(self._packer, tuple(self._chunks), self._offset))

    def _compact(self) -> None:
        """Turn typed ticks, which take many times the memory, into columns."""
        if self._pending:
            records, self._pending = self._pending, []
            self._parts.append(tables_from_records(records))
            self._held += len(records)

    def _flush(self) -> None:
        self._compact()
        if self._held:
            parts, self._parts = self._parts, []
            last, self._held = self._next_tick + self._held - 1, 0
            tables = {table.name: join_rows(table, [part[table.name] for part in parts]) for table in TABLES}
            self.write_tables(tables, self._next_tick, last)

    def _put(self, kind: str, first: int, last: int, raw: bytes) -> None:
        entry, packed = self._packer.pack(kind, first, last, raw, self._offset)
        self._file.write(packed)
        self._chunks.append(entry)
        self._offset += len(packed)


@contextmanager
def writing_trace(path: Path, meta: schema.TraceMeta) -> Generator[TraceWriter]:
    """A writer whose file appears at `path` only when the block ends well."""
    with atomic_file(path) as file:
        writer = TraceWriter(file, meta)
        yield writer
        writer.finish()


def copy_with_meta(source: Path, out: Path, meta: schema.TraceMeta) -> None:
    """The same chunks under other metadata; each is read and hashed on the way."""
    with TraceReader(source) as reader, atomic_file(out) as file:
        packer = ChunkPacker()
        file.write(container.file_header())
        offset = len(container.file_header())
        entry, packed = packer.pack(container.META, 0, -1, msgspec.msgpack.encode(meta), offset)
        file.write(packed)
        entries = [entry]
        offset += len(packed)
        for source_entry in (reader.setup_entry, *reader.tick_entries):
            raw = reader.raw(source_entry)
            entry, packed = packer.pack(source_entry.kind, source_entry.first, source_entry.last, raw, offset)
            file.write(packed)
            entries.append(entry)
            offset += len(packed)
        file.write(container.footer_bytes(packer, tuple(entries), offset))
