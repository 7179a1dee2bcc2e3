"""The worked example of `docs/cdt-trace-format.md`: a whole trace of set-up and two ticks, made by hand.

Nothing here comes from `crimson.dbg`: the bytes follow from the document alone, and a test has the real reader read
them. The zstd frames hold one raw (uncompressed) block each, so that the payloads show in the dump.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator, Sequence

type Piece = tuple[bytes, str]
type Plain = bool | int | str | bytes | Sequence[Plain] | dict[str, Plain] | None

_BYTES_A_LINE = 12
_MASKS = {1: 0xFF, 2: 0xFFFF, 4: 0xFFFFFFFF, 8: 0xFFFFFFFFFFFFFFFF}

SEED = 7
STATE_1 = (SEED * 214013 + 2531011) & 0xFFFFFFFF
STATE_2 = (STATE_1 * 214013 + 2531011) & 0xFFFFFFFF
CALLER = 0x0040CAC7
FRAME_DT = 0x3C888889
TIME_SCALE = 0x3E99999A
SLOT = 3

# How many columns each table of the layout has, without its tick column.
_WIDTHS = (8, 8, 2, 4, 8, 7, 2, 4, 57, 46, 2, 2, 1, 7, 37, 17, 11, 9, 5, 10)
_NAMES = (
    "checkpoint",
    "checkpoint.players",
    "checkpoint.perks",
    "checkpoint.deaths",
    "checkpoint.tutorial",
    "checkpoint.typo",
    "checkpoint.typo_names",
    "rng_stream",
    "sim_state",
    "sim_state.players",
    "sim_state.weapon_times",
    "sim_state.survival",
    "sim_state.rush",
    "sim_state.quest",
    "entity_samples.creatures",
    "entity_samples.projectiles",
    "entity_samples.secondary_projectiles",
    "entity_samples.bonuses",
    "timing_samples",
    "hidden_state",
)

META: dict[str, Plain] = {
    "producer": {"kind": "candidate", "implementation": "by hand", "version": "1", "platform": "none", "build": ""},
    "source": {
        "replay_sha256": "0" * 64,
        "game_version": "",
        "run": {
            "mode_id": 4,
            "seed": SEED,
            "player_count": 1,
            "rules": 2,
            "preserve_bugs": True,
            "hardcore": False,
            "friendly_fire": False,
            "quest": "",
        },
    },
    "capture": None,
}


def msgpack(value: Plain) -> bytes:
    """The few msgpack forms of a trace, each in its shortest form."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return _msgpack_int(value)
        case str():
            data = value.encode()
            return _sized(len(data), 0xA0, 32, (0xD9, 0xDA, 0xDB)) + data
        case bytes():
            return _sized(len(value), 0, 0, (0xC4, 0xC5, 0xC6)) + value
        case dict():
            head = _sized(len(value), 0x80, 16, (None, 0xDE, 0xDF))
            return head + b"".join(msgpack(key) + msgpack(item) for key, item in value.items())
        case _:
            return _sized(len(value), 0x90, 16, (None, 0xDC, 0xDD)) + b"".join(map(msgpack, value))


def _msgpack_int(value: int) -> bytes:
    if -32 <= value < 0:
        return struct.pack("b", value)
    if 0 <= value < 128:
        return bytes([value])
    sizes = (">BB", ">BH", ">BI", ">BQ") if value > 0 else (">Bb", ">Bh", ">Bi", ">Bq")
    for power, form in enumerate(sizes):
        bits = 8 << power
        low, high = (0, 1 << bits) if value > 0 else (-1 << (bits - 1), 0)
        if low <= value < high:
            return struct.pack(form, (0xCC if value > 0 else 0xD0) + power, value)
    raise ValueError(value)


def _sized(size: int, fix: int, fix_limit: int, tags: tuple[int | None, int, int]) -> bytes:
    if size < fix_limit:
        return bytes([fix + size])
    if size < 256 and tags[0] is not None:
        return struct.pack(">BB", tags[0], size)
    return struct.pack(">BH", tags[1], size) if size < 65536 else struct.pack(">BI", tags[2], size)


def packed(width: int, residuals: Sequence[int]) -> bytes:
    """One column: the bitmap of the nonzero residuals, then the byte planes of their zigzag values."""
    bits, mask = 8 * width, _MASKS[width]
    bitmap = bytearray((len(residuals) + 7) // 8)
    zigzag = []
    for row, residual in enumerate(residuals):
        word = residual & mask
        if word:
            bitmap[row // 8] |= 1 << (row % 8)
            zigzag.append(((word << 1) ^ -(word >> (bits - 1))) & mask)
    return bytes(bitmap) + bytes((value >> (8 * plane)) & 0xFF for plane in range(width) for value in zigzag)


class _Table:
    """A table's row count and residuals; a column that is not given has none but zeros."""

    def __init__(self, rows: int, ticks: Sequence[int], texts: Sequence[str] = ()) -> None:
        self.rows = rows
        self.columns: dict[int, Piece] = {-1: (packed(4, ticks), "tick column")}
        self.texts = texts

    def column(self, position: int, width: int, residuals: Sequence[int], note: str) -> _Table:
        self.columns[position] = packed(width, residuals), note
        return self

    def pieces(self, number: int) -> Iterator[Piece]:
        columns = list(self._packed_columns(_WIDTHS[number]))
        size = sum(len(data) for data, _ in columns)
        yield b"\x93" + msgpack(self.rows), f"table {number}, {_NAMES[number]}: {_count(self.rows, 'row')}"
        yield msgpack(bytes(size))[:-size], f"columns: {size} bytes"
        yield from columns
        yield msgpack(list(self.texts)), f"texts: {', '.join(map(repr, self.texts)) or 'none'}"

    def _packed_columns(self, width: int) -> Iterator[Piece]:
        """The columns in order; successive ones of nothing but zeros are one piece."""
        zeros = bytes((self.rows + 7) // 8)
        begin = 0
        for position in [*sorted(self.columns), width]:
            if begin < position:
                which = f"column {begin}" if begin + 1 == position else f"columns {begin}..{position - 1}"
                yield zeros * (position - begin), f"{which}: all residuals 0"
            if position < width:
                yield self.columns[position]
            begin = position + 1


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _payload(tables: dict[int, _Table]) -> list[Piece]:
    pieces: list[Piece] = [(b"\x91\xdc\x00\x14", "payload: array of 1, array of 20 tables")]
    for number, name in enumerate(_NAMES):
        if number in tables:
            pieces += tables[number].pieces(number)
        else:
            pieces.append((bytes.fromhex("93 00 c4 00 90"), f"table {number}, {name}: no rows"))
    return pieces


def _init_payload() -> list[Piece]:
    return _payload(
        {
            0: _Table(1, [0]).column(0, 4, [STATE_1], f"rng_state: 0 + 0x{STATE_1:08x}"),
            5: _Table(1, [0], [""]),
            7: _Table(1, [0]).column(1, 4, [SEED], "state_before: 0 + 7, the seed; value and state_after as predicted"),
            8: _Table(1, [0]).column(0, 4, [4], "gameplay.mode_id: 4").column(3, 1, [1], "gameplay.run_active: 1"),
            19: _Table(1, [0]),
        }
    )


def _tick_payload() -> list[Piece]:
    creature = _Table(2, [0, 1])
    creature.column(0, 2, [SLOT, 0], "index: 3, 3")
    creature.column(1, 4, [1, 0], "generation: 1, 1")
    creature.column(3, 4, [0x41200000 - 0x3FC00000, 0], "pos.x: 10.0 = bits of f32(0 + 1.5), + 0x01600000; then 11.5")
    creature.column(5, 4, [0x3FC00000, -2 * 0x3FC00000], "vel.x: 1.5, 1.5 by third differences")
    creature.column(21, 4, [0x41A00000, 0], "hp: 20.0, 20.0")
    creature.column(29, 4, [0x41800000, -0x41800000], "death_timer: 16.0, 16.0 by second differences")
    names = _Table(2, [0, 1], ["zap"])
    return _payload(
        {
            0: _Table(2, [0, 1])
            .column(0, 4, [STATE_2, 0], f"rng_state: 0x{STATE_2:08x} twice")
            .column(1, 4, [16, 0], "elapsed_ms: 16, 32 by second differences")
            .column(4, 4, [1, 0], "creature_count: 1, 1"),
            5: _Table(2, [0, 1], ["", "z"]).column(0, 4, [0, 1], "input_text: texts 0 and 1"),
            6: names.column(0, 2, [SLOT, 0], "index: 3, 3"),
            7: _Table(1, [0])
            .column(1, 4, [STATE_1], f"state_before: 0 + 0x{STATE_1:08x}")
            .column(3, 4, [CALLER], f"caller: 0x{CALLER:08x}"),
            8: _Table(2, [0, 1])
            .column(0, 4, [4, 0], "gameplay.mode_id: 4, 4")
            .column(3, 1, [1, 0], "gameplay.run_active: 1, 1"),
            14: creature,
            18: _Table(2, [0, 1])
            .column(0, 4, [FRAME_DT, 0], "frame_dt: f32(1/60) twice")
            .column(1, 4, [16, 0], "frame_dt_ms: 16, 16")
            .column(3, 4, [TIME_SCALE, 0], "time_scale_factor: f32(0.3) twice"),
            19: _Table(2, [0, 1]),
        }
    )


def _frame(raw: bytes) -> list[Piece]:
    """The head of a zstd frame of one raw block."""
    size, block = len(raw), (len(raw) << 3 | 1).to_bytes(3, "little")
    head = bytes([0x20, size]) if size < 256 else b"\x60" + struct.pack("<H", size - 256)
    return [
        (b"\x28\xb5\x2f\xfd" + head, f"zstd frame: single segment, content size {size}"),
        (block, f"last block, raw, {size} bytes"),
    ]


class _File:
    """The pieces of a file, and what its index says of them."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = [
            (b"\x89CDT\r\n\x1a\n", "magic"),
            (struct.pack("<I", 1), "format version 1"),
            (struct.pack("<I", 256), "256 ticks a chunk"),
        ]
        self.index: list[Plain] = []

    @property
    def size(self) -> int:
        return sum(len(data) for data, _ in self.pieces)

    def chunk(self, kind: str, first: int, last: int, payload: list[Piece]) -> None:
        raw = b"".join(data for data, _ in payload)
        body = _frame(raw) + payload
        stored = b"".join(data for data, _ in body)
        fields = struct.pack("<4siiIII", kind.encode(), first, last, 1, len(stored), len(raw))
        check = zlib.crc32(fields + stored)
        digest = int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")
        self.index.append([kind, first, last, self.size, len(stored), len(raw), check, digest])
        self.pieces += [
            (fields[:4], f"{kind} chunk"),
            (fields[4:12], f"ticks {first}..{last}"),
            (fields[12:16], "flags: zstd"),
            (fields[16:20], f"{len(stored)} stored bytes"),
            (fields[20:24], f"{len(raw)} raw bytes"),
            (struct.pack("<I", check), "CRC-32"),
            (struct.pack("<Q", digest), "BLAKE2b-64 of the raw bytes"),
            *body,
        ]


def _meta_payload() -> list[Piece]:
    def map_pieces(value: dict[str, Plain], indent: str) -> Iterator[Piece]:
        for key, item in value.items():
            if isinstance(item, dict):
                yield msgpack(key) + bytes([0x80 + len(item)]), f"{indent}{key}: map of {len(item)}"
                yield from map_pieces(item, indent + "  ")
            else:
                shown = "true" if item is True else "false" if item is False else "nil" if item is None else repr(item)
                yield msgpack(key) + msgpack(item), f"{indent}{key}: {shown}"

    return [(bytes([0x80 + len(META)]), "map of 3"), *map_pieces(META, "")]


def _footer_payload(index: Sequence[Plain]) -> list[Piece]:
    pieces: list[Piece] = [(b"\x91" + bytes([0x90 + len(index)]), f"array of 1, array of {len(index)} entries")]
    pieces += [(msgpack(entry), "entry: kind, first, last, offset, sizes, CRC-32, hash") for entry in index]
    return pieces


def example_pieces() -> list[Piece]:
    """The example's bytes in order, with a note on each piece."""
    file = _File()
    file.chunk("META", 0, -1, _meta_payload())
    file.chunk("INIT", -1, -1, _init_payload())
    file.chunk("TICK", 0, 1, _tick_payload())
    footer = file.size
    file.chunk("FOOT", 0, -1, _footer_payload(file.index))
    file.pieces += [(struct.pack("<Q", footer), f"trailer: the footer is at byte 0x{footer:04x}")]
    file.pieces += [(b"\x89CDTEND\n", "end magic")]
    return file.pieces


def example_bytes() -> bytes:
    """The whole example file."""
    return b"".join(data for data, _ in example_pieces())


def example_lines() -> Iterator[str]:
    """The example as an annotated dump, in a Markdown code block."""
    yield "```text"
    offset = 0
    for data, note in example_pieces():
        for begin in range(0, len(data), _BYTES_A_LINE):
            part = data[begin : begin + _BYTES_A_LINE]
            line = f"{offset:04x}  {part.hex(' '):<{3 * _BYTES_A_LINE - 1}}  {note if begin == 0 else ''}"
            yield line.rstrip()
            offset += len(part)
    yield "```"
