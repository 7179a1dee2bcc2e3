"""The bytes of a `.cdt` file around its payloads: chunk headers, index, trailer, and reading them strictly.

Nothing here knows what a payload means; `docs/cdt-trace-format.md` specifies every byte.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec
import zstandard

from crimson.dbg.errors import DamagedTrace, UnsupportedTrace

FORMAT_VERSION = 1
TICKS_PER_CHUNK = 256
MAGIC = b"\x89CDT\r\n\x1a\n"
END_MAGIC = b"\x89CDTEND\n"
META = "META"
SETUP = "INIT"
TICKS = "TICK"
FOOTER = "FOOT"
# The most raw bytes of a chunk: 256 ticks of the fullest pools make about 24 MiB, and an index of 4 MiB reaches
# beyond ten million ticks.
_MAX_RAW_BYTES = {META: 1 << 20, SETUP: 1 << 25, TICKS: 1 << 25, FOOTER: 1 << 22}
# Compressing can make a chunk longer, by this part of it at most, and a few bytes.
_MAX_EXPANSION = 128
_ZSTD_LEVEL = 3
_FLAG_ZSTD = 1

_FILE_HEADER = struct.Struct("<8sII")
# kind, first tick, last tick, flags, stored length, raw length; then the check value and the hash.
_CHUNK_FIELDS = struct.Struct("<4siiIII")
_CHUNK_CHECKS = struct.Struct("<IQ")
_TRAILER = struct.Struct("<Q8s")
CHUNK_HEADER_SIZE = _CHUNK_FIELDS.size + _CHUNK_CHECKS.size


class ChunkEntry(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What the index says of a chunk. `first` and `last` are ticks; a chunk without ticks has first > last."""

    kind: str
    first: int
    last: int
    offset: int
    stored_size: int
    raw_size: int
    # CRC-32 of the header's fields and the stored bytes.
    check: int
    # BLAKE2b-64 of the raw bytes, read as a little-endian integer.
    digest: int


class Footer(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    chunks: tuple[ChunkEntry, ...]


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk's header and stored bytes, as read; nothing is checked yet."""

    entry: ChunkEntry
    stored: bytes


def raw_digest(raw: bytes) -> int:
    """The hash of a chunk: BLAKE2b with an 8-byte digest, little endian."""
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")


def file_header() -> bytes:
    return _FILE_HEADER.pack(MAGIC, FORMAT_VERSION, TICKS_PER_CHUNK)


class ChunkPacker:
    """Turns raw payloads into stored chunks at successive offsets."""

    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_content_size=True, write_checksum=False)

    def pack(self, kind: str, first: int, last: int, raw: bytes, offset: int) -> tuple[ChunkEntry, bytes]:
        if len(raw) > _MAX_RAW_BYTES[kind]:
            raise ValueError(f"{kind} chunk of {len(raw)} bytes; the format allows {_MAX_RAW_BYTES[kind]}")
        stored = self._compressor.compress(raw)
        fields = _CHUNK_FIELDS.pack(kind.encode("ascii"), first, last, _FLAG_ZSTD, len(stored), len(raw))
        check = zlib.crc32(stored, zlib.crc32(fields))
        digest = raw_digest(raw)
        entry = ChunkEntry(kind, first, last, offset, len(stored), len(raw), check, digest)
        return entry, fields + _CHUNK_CHECKS.pack(check, digest) + stored


def footer_bytes(packer: ChunkPacker, chunks: tuple[ChunkEntry, ...], offset: int) -> bytes:
    """The footer chunk and the trailer that points at it."""
    _, packed = packer.pack(FOOTER, 0, -1, msgspec.msgpack.encode(Footer(chunks)), offset)
    return packed + _TRAILER.pack(offset, END_MAGIC)


def read_file_header(file: BinaryIO, path: Path) -> int:
    """Check magic and version; returns the offset of the first chunk."""
    file.seek(0)
    header = file.read(_FILE_HEADER.size)
    if not header:
        raise UnsupportedTrace(path, "the file is empty", "record or finalize it again")
    if len(header) < _FILE_HEADER.size and header == MAGIC[: len(header)]:
        raise DamagedTrace(path, f"the file ends after {len(header)} bytes, inside its header")
    if header[:8] != MAGIC:
        from crimson.dbg.file_kinds import HEAD_BYTES, kind_of

        file.seek(0)
        other = kind_of(file.read(HEAD_BYTES))
        if other is not None:
            raise UnsupportedTrace(path, f"this is no .cdt trace but {other.name}", other.taken_by)
        raise UnsupportedTrace(path, "this is no .cdt trace: its first bytes are not the trace magic")
    if len(header) < _FILE_HEADER.size:
        raise DamagedTrace(path, f"the file ends after {len(header)} bytes, inside its header")
    _, version, ticks_per_chunk = _FILE_HEADER.unpack(header)
    if version != FORMAT_VERSION:
        raise UnsupportedTrace(
            path,
            f"the trace has format version {version}; this build reads version {FORMAT_VERSION}",
            "record it again with this build",
        )
    if ticks_per_chunk != TICKS_PER_CHUNK:
        raise UnsupportedTrace(path, f"the trace has {ticks_per_chunk} ticks a chunk; version 1 has {TICKS_PER_CHUNK}")
    return _FILE_HEADER.size


def read_chunk(file: BinaryIO, path: Path, offset: int, limit: int) -> StoredChunk:
    """The chunk whose header lies at `offset` and that must end by `limit`."""
    file.seek(offset)
    header = file.read(min(CHUNK_HEADER_SIZE, max(limit - offset, 0)))
    if len(header) < CHUNK_HEADER_SIZE:
        raise DamagedTrace(path, f"byte {offset}: a chunk header was expected and the file ends")
    fields, checks = header[: _CHUNK_FIELDS.size], header[_CHUNK_FIELDS.size :]
    kind_bytes, first, last, flags, stored_size, raw_size = _CHUNK_FIELDS.unpack(fields)
    check, digest = _CHUNK_CHECKS.unpack(checks)
    kind = kind_bytes.decode("latin-1")
    if kind not in (META, SETUP, TICKS, FOOTER):
        raise DamagedTrace(path, f"byte {offset}: {kind!r} is no chunk kind")
    where = f"byte {offset}, {kind} chunk"
    if flags != _FLAG_ZSTD:
        raise DamagedTrace(path, f"{where}: flags are {flags}, expected {_FLAG_ZSTD}")
    most = _MAX_RAW_BYTES[kind]
    if raw_size > most:
        raise DamagedTrace(path, f"{where}: claims {raw_size} raw bytes; such a chunk has at most {most}")
    if stored_size > raw_size + raw_size // _MAX_EXPANSION + _MAX_EXPANSION:
        raise DamagedTrace(path, f"{where}: claims {stored_size} stored bytes for {raw_size} raw bytes")
    if offset + CHUNK_HEADER_SIZE + stored_size > limit:
        raise DamagedTrace(path, f"{where}: claims {stored_size} stored bytes, more than the file has left")
    stored = file.read(stored_size)
    if len(stored) != stored_size:
        raise DamagedTrace(path, f"{where}: the file ends inside it")
    if zlib.crc32(stored, zlib.crc32(fields)) != check:
        raise DamagedTrace(path, f"{where}: its bytes do not match their check value")
    return StoredChunk(ChunkEntry(kind, first, last, offset, stored_size, raw_size, check, digest), stored)


def inflate(chunk: StoredChunk, path: Path) -> bytes:
    """The chunk's raw bytes, whose hash is checked."""
    entry = chunk.entry
    where = f"byte {entry.offset}, {entry.kind} chunk"
    try:
        declared = zstandard.get_frame_parameters(chunk.stored).content_size
        if declared != entry.raw_size:
            raise DamagedTrace(path, f"{where}: its frame declares {declared} bytes, its header {entry.raw_size}")
        raw = zstandard.ZstdDecompressor().decompress(chunk.stored, allow_extra_data=False)
    except zstandard.ZstdError as problem:
        raise DamagedTrace(path, f"{where}: {problem}") from None
    if raw_digest(raw) != entry.digest:
        raise DamagedTrace(path, f"{where}: its raw bytes do not have the hash it claims")
    return raw


def read_footer(file: BinaryIO, path: Path, body_start: int) -> tuple[ChunkEntry, ...]:
    """The index, checked to tile the file from `body_start` to the footer without a gap."""
    size = os.fstat(file.fileno()).st_size
    if size < body_start + _TRAILER.size:
        raise _ended_early(file, path, body_start, size)
    file.seek(size - _TRAILER.size)
    footer_offset, magic = _TRAILER.unpack(file.read(_TRAILER.size))
    if magic != END_MAGIC:
        raise _ended_early(file, path, body_start, size)
    limit = size - _TRAILER.size
    if not body_start <= footer_offset < limit:
        raise DamagedTrace(path, f"the trailer points at byte {footer_offset}, outside the file's chunks")
    chunk = read_chunk(file, path, footer_offset, limit)
    if chunk.entry.kind != FOOTER or (chunk.entry.first, chunk.entry.last) != (0, -1):
        raise DamagedTrace(path, f"the trailer points at byte {footer_offset}, where no footer chunk lies")
    if footer_offset + CHUNK_HEADER_SIZE + chunk.entry.stored_size != limit:
        raise DamagedTrace(path, f"byte {footer_offset}: the footer does not end at the trailer")
    raw = inflate(chunk, path)
    try:
        footer = msgspec.msgpack.decode(raw, type=Footer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise DamagedTrace(path, f"byte {footer_offset}: the index is malformed: {problem}") from None
    if msgspec.msgpack.encode(footer) != raw:
        raise DamagedTrace(path, f"byte {footer_offset}: the index is not in canonical form")
    expected = body_start
    for entry in footer.chunks:
        if entry.offset != expected:
            raise DamagedTrace(path, f"the index places a chunk at byte {entry.offset}, expected {expected}")
        expected += CHUNK_HEADER_SIZE + entry.stored_size
    if expected != footer_offset:
        raise DamagedTrace(path, f"the index covers the file up to byte {expected}, the footer lies at {footer_offset}")
    require_chunk_order(footer.chunks, path)
    return footer.chunks


def require_chunk_order(chunks: tuple[ChunkEntry, ...], path: Path) -> None:
    """META, then INIT, then TICK chunks that tile the ticks from 0 at multiples of the chunk size."""
    kinds = [entry.kind for entry in chunks]
    if kinds[:2] != [META, SETUP] or any(kind != TICKS for kind in kinds[2:]):
        raise DamagedTrace(path, f"the chunks are {' '.join(kinds[:6])}; expected META INIT TICK ...")
    if (chunks[0].first, chunks[0].last) != (0, -1) or (chunks[1].first, chunks[1].last) != (-1, -1):
        raise DamagedTrace(path, "the META or INIT chunk claims ticks that it cannot have")
    for position, entry in enumerate(chunks[2:]):
        first = position * TICKS_PER_CHUNK
        full = first + TICKS_PER_CHUNK - 1
        final = position == len(chunks) - 3
        if entry.first != first or not (first <= entry.last <= full if final else entry.last == full):
            raise DamagedTrace(
                path,
                f"TICK chunk {position} claims ticks {entry.first}..{entry.last}, expected {first}..{full}",
            )


def whole_chunks(file: BinaryIO, path: Path, body_start: int) -> Iterator[StoredChunk]:
    """Chunks in file order, up to the footer or the first byte that belongs to no whole chunk."""
    size = os.fstat(file.fileno()).st_size
    offset = body_start
    while True:
        try:
            chunk = read_chunk(file, path, offset, size)
            inflate(chunk, path)
        except DamagedTrace:
            return
        if chunk.entry.kind == FOOTER:
            return
        yield chunk
        offset += CHUNK_HEADER_SIZE + chunk.entry.stored_size


def _ended_early(file: BinaryIO, path: Path, body_start: int, size: int) -> DamagedTrace:
    last = -1
    for chunk in whole_chunks(file, path, body_start):
        if chunk.entry.kind == TICKS:
            last = chunk.entry.last
    whole = f"whole up to tick {last}" if last >= 0 else "without a whole tick"
    hint = "`crimson-dbg recover` can rebuild its index" if last >= 0 else "record or finalize it again"
    return DamagedTrace(path, f"the trace ends early, at byte {size}, {whole}", hint)
