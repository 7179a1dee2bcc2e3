"""A reader of `.cdt` files made from `docs/cdt-trace-format.md` alone: slow, plain, and without `crimson.dbg`.

It takes the tables' columns, wire types and predictions from the document's own tables, so a document that says
something else than the code does makes it read something else.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import zstandard

type Cell = bool | int | float | str
type Plain = bool | int | str | bytes | list[Plain] | dict[str, Plain] | None

_WIDTHS = {"u2": 2, "u4": 4, "u8": 8, "i4": 4, "f4": 4, "b1": 1, "text": 4}
_HEADING = re.compile(r"### Table (\d+): `([a-z_.]+)`")
_ROWS = re.compile(r"Rows: (one|optional|many)(; key `index`)?\.")
_COLUMN = re.compile(r"\| (\d+) \| `([a-z_0-9.]+)` \| (\w+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|")
_DUMP_LINE = re.compile(r"([0-9a-f]{4,})  ([0-9a-f]{2}(?: [0-9a-f]{2})*)(?:  |$)")


@dataclass(frozen=True)
class DocColumn:
    """A column as the document has it."""

    path: str
    wire: str
    prediction: str
    meaning: str
    source: str


@dataclass(frozen=True)
class DocTable:
    """A table as the document has it."""

    name: str
    cardinality: str
    keyed: bool
    columns: list[DocColumn]


@dataclass(frozen=True)
class DocRow:
    """A row that was read: its tick, and its values by path."""

    tick: int
    values: dict[str, Cell]


@dataclass(frozen=True)
class DocTrace:
    """A whole trace: metadata, the last tick, and each table's rows in tick order."""

    meta: Plain
    last_tick: int
    rows: dict[str, list[DocRow]]


def tables_of_document(text: str) -> list[DocTable]:
    """The tables that the document lists, in payload order."""
    tables: list[DocTable] = []
    for line in text.splitlines():
        if heading := _HEADING.fullmatch(line):
            assert int(heading[1]) == len(tables)
            tables.append(DocTable(heading[2], "", keyed=False, columns=[]))
        elif tables and (rows := _ROWS.fullmatch(line)):
            tables[-1] = DocTable(tables[-1].name, rows[1], rows[2] is not None, [])
        elif tables and (column := _COLUMN.fullmatch(line)):
            assert int(column[1]) == len(tables[-1].columns)
            tables[-1].columns.append(DocColumn(*column.groups()[1:]))
    return tables


def example_of_document(text: str) -> bytes:
    """The bytes of the document's worked example, from its dump."""
    (dump,) = re.findall(r"<!-- begin example -->\n```text\n(.*?)```\n<!-- end example -->", text, re.DOTALL)
    data = bytearray()
    for line in dump.splitlines():
        found = _DUMP_LINE.match(line)
        assert found, line
        assert int(found[1], 16) == len(data), line
        data += bytes.fromhex(found[2])
    return bytes(data)


def read_trace(data: bytes, tables: Sequence[DocTable]) -> DocTrace:
    """Read a whole trace, and check on the way what the document says a reader must check."""
    magic, version, ticks_per_chunk = struct.unpack_from("<8sII", data)
    assert (magic, version, ticks_per_chunk) == (b"\x89CDT\r\n\x1a\n", 1, 256)
    footer_offset, end_magic = struct.unpack_from("<Q8s", data, len(data) - 16)
    assert end_magic == b"\x89CDTEND\n"
    chunks: list[list[Plain]] = []
    raws: list[bytes] = []
    offset = 16
    while offset < len(data) - 16:
        entry, raw = _chunk(data, offset)
        chunks.append(entry)
        raws.append(raw)
        offset += 36 + struct.unpack_from("<I", data, offset + 16)[0]
    assert offset == len(data) - 16
    assert [entry[0] for entry in chunks] == ["META", "INIT", *["TICK"] * (len(chunks) - 3), "FOOT"]
    assert chunks[-1][3] == footer_offset
    assert Msgpack.whole(raws[-1]) == [chunks[:-1]]
    rows: dict[str, list[DocRow]] = {table.name: [] for table in tables}
    last_tick = -1
    for number, (entry, raw) in enumerate(zip(chunks[1:-1], raws[1:-1], strict=True)):
        first, last = entry[1], entry[2]
        assert isinstance(first, int)
        assert isinstance(last, int)
        assert first == (-1 if number == 0 else 256 * (number - 1))
        last_tick = last
        for name, found in _payload(raw, first, last, tables).items():
            rows[name] += found
    return DocTrace(Msgpack.whole(raws[0]), last_tick, rows)


def _chunk(data: bytes, offset: int) -> tuple[list[Plain], bytes]:
    kind, first, last, flags, stored_size, raw_size, check, digest = struct.unpack_from("<4siiIIIIQ", data, offset)
    stored = data[offset + 36 : offset + 36 + stored_size]
    assert flags == 1
    assert zlib.crc32(data[offset : offset + 24] + stored) == check
    assert zstandard.get_frame_parameters(stored).content_size == raw_size
    raw = zstandard.ZstdDecompressor().decompress(stored, allow_extra_data=False)
    assert hashlib.blake2b(raw, digest_size=8).digest() == struct.pack("<Q", digest)
    return [kind.decode(), first, last, offset, stored_size, raw_size, check, digest], raw


class Msgpack:
    """The msgpack forms of a trace; a value that is not in its shortest form fails."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    @staticmethod
    def whole(data: bytes) -> Plain:
        reader = Msgpack(data)
        value = reader.value()
        assert reader.offset == len(data)
        return value

    def take(self, size: int) -> bytes:
        assert self.offset + size <= len(self.data)
        self.offset += size
        return self.data[self.offset - size : self.offset]

    def number(self, form: str, low: int) -> int:
        (found,) = struct.unpack(form, self.take(struct.calcsize(form)))
        # Above what the next shorter form holds, or below it.
        assert found >= low if low >= 0 else found <= low
        return found

    def value(self) -> Plain:
        tag = self.take(1)[0]
        if tag < 0x80:
            return tag
        if tag < 0x90:
            return self.pairs(tag - 0x80)
        if tag < 0xA0:
            return self.items(tag - 0x90)
        if tag < 0xC0:
            return self.take(tag - 0xA0).decode()
        if tag >= 0xE0:
            return tag - 0x100
        match tag:
            case 0xC0:
                return None
            case 0xC2 | 0xC3:
                return tag == 0xC3
            case 0xC4 | 0xC5 | 0xC6:
                return self.take(self.number((">B", ">H", ">I")[tag - 0xC4], (0, 256, 65536)[tag - 0xC4]))
            case 0xCC | 0xCD | 0xCE | 0xCF:
                return self.number((">B", ">H", ">I", ">Q")[tag - 0xCC], (128, 256, 65536, 1 << 32)[tag - 0xCC])
            case 0xD0 | 0xD1 | 0xD2 | 0xD3:
                return self.number(
                    (">b", ">h", ">i", ">q")[tag - 0xD0], (-33, -129, -32769, -(1 << 31) - 1)[tag - 0xD0]
                )
            case 0xD9 | 0xDA | 0xDB:
                return self.take(self.number((">B", ">H", ">I")[tag - 0xD9], (32, 256, 65536)[tag - 0xD9])).decode()
            case 0xDC | 0xDD:
                return self.items(self.number((">H", ">I")[tag - 0xDC], (16, 65536)[tag - 0xDC]))
            case _:
                raise AssertionError(f"tag {tag:#x} at byte {self.offset - 1}")

    def items(self, count: int) -> list[Plain]:
        return [self.value() for _ in range(count)]

    def pairs(self, count: int) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        for _ in range(count):
            key = self.value()
            assert isinstance(key, str)
            assert key not in found
            found[key] = self.value()
        return found


def _payload(raw: bytes, first: int, last: int, tables: Sequence[DocTable]) -> dict[str, list[DocRow]]:
    payload = Msgpack.whole(raw)
    assert isinstance(payload, list)
    (stored,) = payload
    assert isinstance(stored, list)
    rows: dict[str, list[DocRow]] = {}
    for table, parts in zip(tables, stored, strict=True):
        assert isinstance(parts, list)
        count, columns, texts = parts
        assert isinstance(count, int)
        assert isinstance(columns, bytes)
        assert isinstance(texts, list)
        assert 0 <= count <= (131_072 if table.keyed else 1_048_576)
        rows[table.name] = _rows(table, count, columns, [text for text in texts if isinstance(text, str)], first)
        ticks = [row.tick for row in rows[table.name]]
        assert all(first <= tick <= last for tick in ticks)
        assert table.cardinality != "one" or ticks == list(range(first, last + 1))
        assert table.cardinality == "many" or len(set(ticks)) == len(ticks)
    return rows


def _rows(table: DocTable, count: int, columns: bytes, texts: Sequence[str], first: int) -> list[DocRow]:
    residuals: list[list[int]] = []
    offset = 0
    for width in [4, *(_WIDTHS[column.wire] for column in table.columns)]:
        found, offset = _residuals(columns, offset, count, width)
        residuals.append(found)
    assert offset == len(columns)
    relative = _sums(residuals[0], 2 if table.keyed else 1, 4)
    words = _words(table, dict(zip((column.path for column in table.columns), residuals[1:], strict=True)))
    _require_canonical_texts(table, words, texts)
    values = [[_cell(column.wire, word, texts) for word in words[column.path]] for column in table.columns]
    paths = [column.path for column in table.columns]
    rows = [
        DocRow(first + tick, dict(zip(paths, cells, strict=True)))
        for tick, *cells in zip(relative, *values, strict=True)
    ]
    if not table.keyed:
        assert relative == sorted(relative)
        return rows
    order = [(row.values["index"], row.tick) for row in rows]
    assert order == sorted(set(order))
    # By tick; rows of a tick stay in the order of their keys.
    return sorted(rows, key=lambda row: row.tick)


def _residuals(data: bytes, offset: int, count: int, width: int) -> tuple[list[int], int]:
    bitmap = data[offset : offset + (count + 7) // 8]
    set_rows = [row for row in range(8 * len(bitmap)) if bitmap[row // 8] >> (row % 8) & 1]
    assert all(row < count for row in set_rows)
    planes = offset + len(bitmap)
    residuals = [0] * count
    for number, row in enumerate(set_rows):
        zigzag = sum(data[planes + plane * len(set_rows) + number] << (8 * plane) for plane in range(width))
        assert zigzag
        residuals[row] = ((zigzag >> 1) ^ -(zigzag & 1)) & ((1 << 8 * width) - 1)
    return residuals, planes + width * len(set_rows)


def _sums(residuals: list[int], order: int, width: int) -> list[int]:
    for _ in range(order):
        total, summed = 0, []
        for residual in residuals:
            total = (total + residual) & ((1 << 8 * width) - 1)
            summed.append(total)
        residuals = summed
    return residuals


def _words(table: DocTable, residuals: dict[str, list[int]]) -> dict[str, list[int]]:
    words: dict[str, list[int]] = {}
    for column in table.columns:
        kind, _, argument = column.prediction.partition(" ")
        if kind == "diff":
            words[column.path] = _sums(residuals[column.path], int(argument), _WIDTHS[column.wire])
    for column in table.columns:
        kind, _, argument = column.prediction.partition(" ")
        if kind == "travel":
            words[column.path] = _travel(residuals[column.path], words[argument.strip("`")])
    if "state_before" in residuals:
        words |= _draws(residuals)
    return words


def _travel(residuals: list[int], velocity: list[int]) -> list[int]:
    words: list[int] = []
    word = 0
    for residual, speed in zip(residuals, velocity, strict=True):
        word = (_bits_or_zero(_float(word) + _float(speed)) + residual) & 0xFFFFFFFF
        words.append(word)
    return words


def _draws(residuals: dict[str, list[int]]) -> dict[str, list[int]]:
    words: dict[str, list[int]] = {"value": [], "state_before": [], "state_after": []}
    after = 0
    names = ("value", "state_before", "state_after")
    for value, before_step, after_step in zip(*(residuals[name] for name in names), strict=True):
        before = (after + before_step) & 0xFFFFFFFF
        after = (before * 214013 + 2531011 + after_step) & 0xFFFFFFFF
        words["state_before"].append(before)
        words["state_after"].append(after)
        words["value"].append((value + (after >> 16 & 0x7FFF)) & 0xFFFF)
    return words


def _float(word: int) -> float:
    return struct.unpack("<f", struct.pack("<I", word))[0]


def _bits_or_zero(total: float) -> int:
    # The double that holds a sum of two f32 rounds to the f32 that an f32 addition gives.
    try:
        return struct.unpack("<I", struct.pack("<f", total))[0] if isfinite(total) else 0
    except OverflowError:
        return 0


def _cell(wire: str, word: int, texts: Sequence[str]) -> Cell:
    match wire:
        case "i4":
            return word - (1 << 32) if word >> 31 else word
        case "f4":
            return _float(word)
        case "b1":
            assert word < 2
            return word == 1
        case "text":
            return texts[word]
        case _:
            return word


def _require_canonical_texts(table: DocTable, words: dict[str, list[int]], texts: Sequence[str]) -> None:
    used = [word for column in table.columns if column.wire == "text" for word in words[column.path]]
    assert list(dict.fromkeys(used)) == list(range(len(texts)))
    assert len(set(texts)) == len(texts)
