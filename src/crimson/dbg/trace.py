"""Writing and reading `.cdt` traces: a streaming writer, and a random-access reader of bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from crimson.dbg import container, schema
from crimson.dbg.atomic import atomic_file
from crimson.dbg.columns import CodecError, decode_table, encode_table
from crimson.dbg.container import ChunkEntry, ChunkPacker, StoredChunk
from crimson.dbg.errors import DamagedTrace, ParityError, UnsupportedTrace
from crimson.dbg.layout import TABLES, Table
from crimson.dbg.records import ChunkTables, records_from_tables, tables_from_records, unordered_row
from crimson.dbg.rows import TableRows

_CACHED_CHUNKS = 3


class TablePayload(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    count: int
    columns: bytes
    texts: list[str]


class ChunkPayload(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The raw bytes of an INIT or TICK chunk, as msgpack; one entry for each table of the layout, in its order."""

    tables: tuple[TablePayload, ...]


def encode_chunk(tables: ChunkTables, first: int) -> bytes:
    """The canonical raw bytes of a chunk that starts at tick `first`."""
    return msgspec.msgpack.encode(
        ChunkPayload(tuple(TablePayload(*encode_table(table, tables[table.name], first)) for table in TABLES))
    )


def decode_chunk(raw: bytes, first: int, last: int) -> dict[str, TableRows]:
    """The tables of a chunk's raw bytes, with their ticks checked; `CodecError` says what is wrong."""
    try:
        payload = msgspec.msgpack.decode(raw, type=ChunkPayload)
    except msgspec.MsgspecError as problem:
        raise CodecError(f"malformed payload: {problem}") from None
    if len(payload.tables) != len(TABLES):
        raise CodecError(f"{len(payload.tables)} tables, expected {len(TABLES)}")
    decoded = {}
    for table, stored in zip(TABLES, payload.tables, strict=True):
        rows = decode_table(table, stored.count, stored.columns, stored.texts, first)
        _require_ticks(table, rows, first, last)
        decoded[table.name] = rows
    return decoded


def _require_ticks(table: Table, rows: TableRows, first: int, last: int) -> None:
    ticks = rows.ticks
    if table.cardinality == "one" and ticks.tolist() != list(range(first, last + 1)):
        raise CodecError(f"table {table.name} does not hold one row for each tick of {first}..{last}")
    if not len(ticks):
        return
    if int(ticks.min()) < first or int(ticks.max()) > last or bool((ticks[1:] < ticks[:-1]).any()):
        raise CodecError(f"table {table.name} has rows outside ticks {first}..{last} or out of order")
    if table.cardinality == "optional" and bool((ticks[1:] == ticks[:-1]).any()):
        raise CodecError(f"table {table.name} has two rows in a tick")
    if unordered_row(table, ticks, rows.columns) is not None:
        raise CodecError(f"table {table.name} has two rows of one key in a tick")
    for leaf, words in zip(table.leaves, rows.columns, strict=True):
        if leaf.column.wire == "b1" and bool((words > 1).any()):
            raise CodecError(f"table {table.name}: {leaf.path} is neither 0 nor 1")


class TraceWriter:
    """Streams chunks to a file: the set-up record first, then ticks from 0 without a gap."""

    def __init__(self, file: BinaryIO, meta: schema.TraceMeta) -> None:
        self._file = file
        self._packer = ChunkPacker()
        self._chunks: list[ChunkEntry] = []
        self._pending: list[schema.TickRecord] = []
        self._next_tick = schema.SETUP_TICK
        self._offset = len(container.file_header())
        file.write(container.file_header())
        self._put(container.META, 0, -1, msgspec.msgpack.encode(meta))

    @property
    def next_tick(self) -> int:
        """The tick that must be written next; -1 while the set-up record is missing."""
        return self._next_tick + len(self._pending)

    def append(self, record: schema.TickRecord) -> None:
        """Add a typed tick; it is stored once its chunk is full."""
        if record.tick != self.next_tick:
            raise ValueError(f"tick {record.tick} given, expected {self.next_tick}")
        if record.tick == schema.SETUP_TICK:
            self.write_tables(tables_from_records([record]), schema.SETUP_TICK, schema.SETUP_TICK)
            return
        self._pending.append(record)
        if len(self._pending) == container.TICKS_PER_CHUNK:
            self._flush()

    def write_tables(self, tables: ChunkTables, first: int, last: int) -> None:
        """Store a chunk: the set-up (-1..-1), or the ticks of one chunk from its border on."""
        if self._pending or first != self._next_tick:
            raise ValueError(f"ticks {first}..{last} given, expected {self.next_tick} on")
        kind = container.SETUP if first == schema.SETUP_TICK else container.TICKS
        self._put(kind, first, last, encode_chunk(tables, first))
        self._next_tick = last + 1

    def finish(self) -> None:
        """Store what is pending, the index and the trailer; without it the file is a damaged trace."""
        self._flush()
        if self._next_tick == schema.SETUP_TICK:
            raise ValueError("a trace needs its set-up record")
        self._file.write(container.footer_bytes(self._packer, tuple(self._chunks), self._offset))

    def _flush(self) -> None:
        if self._pending:
            records, self._pending = self._pending, []
            self.write_tables(tables_from_records(records), records[0].tick, records[-1].tick)

    def _put(self, kind: str, first: int, last: int, raw: bytes) -> None:
        entry, packed = self._packer.pack(kind, first, last, raw, self._offset)
        self._file.write(packed)
        self._chunks.append(entry)
        self._offset += len(packed)


@contextmanager
def writing_trace(path: Path, meta: schema.TraceMeta) -> Iterator[TraceWriter]:
    """A writer whose file appears at `path` only when the block ends well."""
    with atomic_file(path) as file:
        writer = TraceWriter(file, meta)
        yield writer
        writer.finish()


class TraceReader:
    """Reads a finished trace. Every chunk that is handed out has been read and hashed by this reader."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
        except OSError as problem:
            raise ParityError(path, f"cannot be read: {problem.strerror}") from None
        try:
            body = container.read_file_header(self._file, path)
            chunks = container.read_footer(self._file, path, body)
            self.setup_entry = chunks[1]
            self.tick_entries: tuple[ChunkEntry, ...] = chunks[2:]
            self.meta_entry = chunks[0]
            self.meta = self._read_meta()
        except BaseException:
            self._file.close()
            raise
        self._decoded: OrderedDict[int, dict[str, TableRows]] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    @property
    def tick_count(self) -> int:
        return self.tick_entries[-1].last + 1 if self.tick_entries else 0

    def stored(self, entry: ChunkEntry) -> StoredChunk:
        """The chunk as it lies in the file, which must be what the index says of it."""
        chunk = container.read_chunk(
            self._file,
            self.path,
            entry.offset,
            entry.offset + container.CHUNK_HEADER_SIZE + entry.stored_size,
        )
        if chunk.entry != entry:
            raise DamagedTrace(self.path, f"byte {entry.offset}: the chunk's header and the index differ")
        return chunk

    def raw(self, entry: ChunkEntry) -> bytes:
        return container.inflate(self.stored(entry), self.path)

    def tables(self, entry: ChunkEntry) -> Mapping[str, TableRows]:
        """The decoded tables of a chunk; the last few are kept."""
        cached = self._decoded.get(entry.offset)
        if cached is not None:
            self._decoded.move_to_end(entry.offset)
            return cached
        decoded = self.decode(entry, self.raw(entry))
        self._decoded[entry.offset] = decoded
        if len(self._decoded) > _CACHED_CHUNKS:
            self._decoded.popitem(last=False)
        return decoded

    def decode(self, entry: ChunkEntry, raw: bytes) -> dict[str, TableRows]:
        try:
            return decode_chunk(raw, entry.first, entry.last)
        except CodecError as problem:
            raise DamagedTrace(self.path, f"byte {entry.offset}, {entry.kind} chunk: {problem}") from None

    def entry_of(self, tick: int) -> ChunkEntry:
        """The chunk that holds a tick, or the set-up for -1."""
        if tick == schema.SETUP_TICK:
            return self.setup_entry
        if not 0 <= tick < self.tick_count:
            raise IndexError(f"tick {tick} of {self.tick_count}")
        return self.tick_entries[tick // container.TICKS_PER_CHUNK]

    def tick(self, tick: int) -> schema.TickRecord:
        """One typed tick, or the set-up record for -1."""
        return next(records_from_tables(self.tables(self.entry_of(tick)), tick, tick))

    def ticks(self, first: int, last: int) -> Iterator[schema.TickRecord]:
        """The typed ticks `first`..`last`, decoding chunk by chunk."""
        for tick in range(first, last + 1):
            yield self.tick(tick)

    def _read_meta(self) -> schema.TraceMeta:
        raw = self.raw(self.meta_entry)
        try:
            meta = msgspec.msgpack.decode(raw, type=schema.TraceMeta)
        except msgspec.MsgspecError as problem:
            raise UnsupportedTrace(self.path, f"the metadata is malformed: {problem}") from None
        if msgspec.msgpack.encode(meta) != raw:
            raise DamagedTrace(self.path, "the metadata is not in canonical form")
        return meta
