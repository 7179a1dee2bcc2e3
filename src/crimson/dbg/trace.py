"""Reading `.cdt` traces: random access by tick, with bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from crimson.dbg import container, schema
from crimson.dbg.container import ChunkEntry, StoredChunk
from crimson.dbg.errors import DamagedTrace, UnsupportedTrace
from crimson.dbg.inputs import open_input

if TYPE_CHECKING:
    from crimson.dbg.rows import TableRows

_CACHED_CHUNKS = 2


class TraceReader:
    """Reads a finished trace. Every chunk that is handed out has been read and hashed by this reader."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open_input(path)
        try:
            body = container.read_file_header(self._file, path)
            chunks = container.read_footer(self._file, path, body)
            self.setup_entry = chunks[1]
            self.tick_entries: tuple[ChunkEntry, ...] = chunks[2:]
            self.meta_entry = chunks[0]
            self.meta = decode_meta(self.raw(self.meta_entry), path)
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
        """The chunk's raw bytes, hashed."""
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
        """The tables of a chunk's raw bytes."""
        # Comparing equal traces decodes nothing, and numpy takes longer to import than that takes.
        from crimson.dbg.columns import CodecError
        from crimson.dbg.payload import decode_chunk

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
        from crimson.dbg.records import records_from_tables

        return next(records_from_tables(self.tables(self.entry_of(tick)), tick, tick))

    def ticks(self, first: int, last: int) -> Iterator[schema.TickRecord]:
        """The typed ticks `first`..`last`, decoding chunk by chunk."""
        for tick in range(first, last + 1):
            yield self.tick(tick)


def decode_meta(raw: bytes, path: Path) -> schema.TraceMeta:
    """The metadata in a META chunk's raw bytes; `path` is for messages."""
    try:
        meta = msgspec.msgpack.decode(raw, type=schema.TraceMeta)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise UnsupportedTrace(path, f"the metadata is malformed: {problem}") from None
    if msgspec.msgpack.encode(meta) != raw:
        raise DamagedTrace(path, "the metadata is not in canonical form")
    return meta
