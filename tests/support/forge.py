"""Forged `.cdt` files: any header, index or payload, packed here without the code under test."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import zstandard

MAGIC = b"\x89CDT\r\n\x1a\n"
END_MAGIC = b"\x89CDTEND\n"

type Packed = bool | int | float | str | bytes | Sequence[Packed] | dict[str, Packed] | None
type Entry = tuple[str, int, int, int, int, int, int, int]


@dataclass(frozen=True)
class Chunk:
    """A chunk whose header says the truth, but for what is given here."""

    kind: str
    first: int
    last: int
    raw: bytes
    flags: int = 1
    frame: bytes | None = None
    stored_size: int | None = None
    raw_size: int | None = None
    digest: int | None = None

    def pack(self, offset: int) -> tuple[Entry, bytes]:
        """Its index entry and its bytes, with the check value that fits them."""
        frame = zstandard.ZstdCompressor(level=3).compress(self.raw) if self.frame is None else self.frame
        stored_size = len(frame) if self.stored_size is None else self.stored_size
        raw_size = len(self.raw) if self.raw_size is None else self.raw_size
        fields = struct.pack("<4siiIII", self.kind.encode(), self.first, self.last, self.flags, stored_size, raw_size)
        check = zlib.crc32(frame, zlib.crc32(fields))
        hashed = int.from_bytes(hashlib.blake2b(self.raw, digest_size=8).digest(), "little")
        digest = hashed if self.digest is None else self.digest
        entry = (self.kind, self.first, self.last, offset, stored_size, raw_size, check, digest)
        return entry, fields + struct.pack("<IQ", check, digest) + frame


def header(version: int = 1, ticks_per_chunk: int = 256) -> bytes:
    return struct.pack("<8sII", MAGIC, version, ticks_per_chunk)


def trace(chunks: Sequence[Chunk], *, head: bytes | None = None, entries: Sequence[Entry] | None = None) -> bytes:
    """A whole trace of these chunks; `entries` replaces what its index says of them."""
    return with_footer(chunks, None, head=head, entries=entries)


def with_footer(
    chunks: Sequence[Chunk],
    raw: bytes | None,
    *,
    head: bytes | None = None,
    entries: Sequence[Entry] | None = None,
) -> bytes:
    """The same with the footer's raw bytes given."""
    data = header() if head is None else head
    found: list[Entry] = []
    for chunk in chunks:
        entry, packed = chunk.pack(len(data))
        found.append(entry)
        data += packed
    index = msgspec.msgpack.encode((tuple(found if entries is None else entries),)) if raw is None else raw
    _, packed = Chunk("FOOT", 0, -1, index).pack(len(data))
    return data + packed + struct.pack("<Q8s", len(data), END_MAGIC)


def chunks_of(path: Path) -> list[Chunk]:
    """The chunks of a good trace, without its footer."""
    data = path.read_bytes()
    offset, found = 16, []
    while True:
        kind, first, last, flags, stored_size, _ = struct.unpack_from("<4siiIII", data, offset)
        stored = data[offset + 36 : offset + 36 + stored_size]
        if kind == b"FOOT":
            return found
        found.append(Chunk(kind.decode(), first, last, zstandard.decompress(stored), flags))
        offset += 36 + stored_size


def entries_of(chunks: Sequence[Chunk]) -> list[Entry]:
    """What a truthful index says of these chunks."""
    offset, found = 16, []
    for chunk in chunks:
        entry, packed = chunk.pack(offset)
        found.append(entry)
        offset += len(packed)
    return found


def repacked(chunk: Chunk, payload: Packed) -> Chunk:
    """The chunk with another payload."""
    return replace(chunk, raw=msgspec.msgpack.encode(payload))
