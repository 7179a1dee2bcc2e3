"""The column codec: residuals against a prediction, as a bitmap of the nonzero ones and their byte planes.

The specification is `docs/cdt-trace-format.md`; everything here is integer arithmetic modulo the column's width,
but for `travel`, which adds two f32 values as the game does.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from itertools import pairwise
from math import isfinite

import numpy as np

from crimson.dbg.layout import Leaf, Table
from crimson.dbg.lcg import INCREMENT, MULTIPLIER
from crimson.dbg.rows import TableRows, Words, word_type

MAX_KEYED_ROWS = 256 * 512
MAX_LOG_ROWS = 1 << 18

_MULTIPLIER = np.uint32(MULTIPLIER)
_INCREMENT = np.uint32(INCREMENT)


class CodecError(ValueError):
    """Bytes that no encoder writes."""


def encode_table(table: Table, rows: TableRows, first_tick: int) -> tuple[int, bytes, list[str]]:
    """Row count, column bytes and distinct texts of a table's rows, whose ticks start at `first_tick`."""
    ticks, columns = rows.ticks, rows.columns
    if len(ticks) > _most_rows(table):
        raise CodecError(
            f"table {table.name} has {len(ticks)} rows in a chunk, at most {_most_rows(table)} can be stored"
        )
    if table.key is not None:
        # Rows come in tick order, so a stable sort by key leaves a slot's ticks in order.
        order = np.argsort(columns[table.key], kind="stable")
        ticks, columns = ticks[order], tuple(column[order] for column in columns)
    texts: dict[str, int] = {}
    words = {
        leaf.path: _text_indexes(column, texts) if leaf.column.wire == "text" else column
        for leaf, column in zip(table.leaves, columns, strict=True)
    }
    relative = (ticks - first_tick).astype(np.uint32)
    residuals = [_differences(relative, _tick_order(table)), *_all_residuals(table, words)]
    return len(ticks), b"".join(_pack(residuals)), list(texts)


def decode_table(table: Table, count: int, data: bytes, texts: list[str], first_tick: int) -> TableRows:
    """The inverse of `encode_table`, in tick order; `CodecError` on bytes that cannot be rows."""
    if not 0 <= count <= _most_rows(table):
        raise CodecError(f"table {table.name} claims {count} rows")
    cursor = _Cursor(table.name, data)
    relative = _sums(cursor.unpack(count, 4), _tick_order(table))
    residuals = {leaf.path: cursor.unpack(count, leaf.column.width) for leaf in table.leaves}
    cursor.finish()
    words: dict[str, Words] = {}
    for leaf in sorted(table.leaves, key=lambda leaf: leaf.column.predictor == "travel"):
        if leaf.path not in words:
            words.update(_restore(leaf, residuals, words))
    columns = tuple(
        _texts_at(table, words[leaf.path], texts) if leaf.column.wire == "text" else words[leaf.path]
        for leaf in table.leaves
    )
    ticks = relative.astype(np.int64) + first_tick
    if not table.keyed:
        return TableRows(ticks, columns)
    order = np.argsort(ticks, kind="stable")
    return TableRows(ticks[order], tuple(column[order] for column in columns))


def _most_rows(table: Table) -> int:
    return MAX_KEYED_ROWS if table.keyed else MAX_LOG_ROWS


def _tick_order(table: Table) -> int:
    # Sorted by key, a slot's ticks step by one for as long as it is live; in a log they repeat or step.
    return 2 if table.keyed else 1


def _text_indexes(values: Words, texts: dict[str, int]) -> Words:
    return np.array([texts.setdefault(value, len(texts)) for value in values], dtype=np.uint32)


def _texts_at(table: Table, indexes: Words, texts: list[str]) -> Words:
    if len(indexes) and int(indexes.max()) >= len(texts):
        raise CodecError(f"table {table.name} refers to text {int(indexes.max())} of {len(texts)}")
    return np.array(texts, dtype=word_type("text"))[indexes] if len(indexes) else np.empty(0, word_type("text"))


def _differences(words: Words, order: int) -> Words:
    """Differences of this order along the last axis, the first row against zero."""
    for _ in range(order):
        steps = words.copy()
        np.subtract(words[..., 1:], words[..., :-1], out=steps[..., 1:])
        words = steps
    return words


def _sums(residuals: Words, order: int) -> Words:
    for _ in range(order):
        residuals = np.cumsum(residuals, dtype=residuals.dtype)
    return residuals


def next_states(states: Words) -> Words:
    """`lcg.next_state` of each."""
    return states * _MULTIPLIER + _INCREMENT


def draw_values(state_after: Words) -> Words:
    """`lcg.value_of` each."""
    return ((state_after >> np.uint32(16)) & np.uint32(0x7FFF)).astype(np.uint16)


def _shifted(words: Words) -> Words:
    """Each row's predecessor; zero before the first."""
    previous = np.empty_like(words)
    previous[:1] = 0
    previous[1:] = words[:-1]
    return previous


def _travel_prediction(previous: Words, velocity: Words) -> Words:
    """Bits of f32(previous + velocity); zero where the sum is not finite, so that it is the same everywhere."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = previous.view(np.float32) + velocity.view(np.float32)
    return np.where(np.isfinite(total), total, np.float32(0)).view(np.uint32)


def _all_residuals(table: Table, words: Mapping[str, Words]) -> list[Words]:
    """Each column's residuals; those that are mere differences are formed together, for each width and order."""
    found: dict[str, Words] = {}
    alike: dict[tuple[int, int], list[str]] = {}
    for leaf in table.leaves:
        if leaf.column.predictor == "difference":
            alike.setdefault((leaf.column.width, leaf.column.order), []).append(leaf.path)
        else:
            found[leaf.path] = _residuals(leaf, words)
    for (_, order), paths in alike.items():
        rows = _differences(np.stack([words[path] for path in paths]), order)
        found.update(zip(paths, rows, strict=True))
    return [found[leaf.path] for leaf in table.leaves]


def _residuals(leaf: Leaf, words: Mapping[str, Words]) -> Words:
    column, own = leaf.column, words[leaf.path]
    match column.predictor:
        case "travel":
            return own - _travel_prediction(_shifted(own), words[column.along])
        case "rng_before":
            return own - _shifted(words["state_after"])
        case "rng_after":
            return own - next_states(words["state_before"])
        case "rng_value":
            return own - draw_values(words["state_after"])
        case "difference":
            return _differences(own, column.order)


def _restore(leaf: Leaf, residuals: Mapping[str, Words], words: Mapping[str, Words]) -> dict[str, Words]:
    """The leaf's column, and those that can only be restored together with it."""
    column, own = leaf.column, residuals[leaf.path]
    match column.predictor:
        case "difference":
            return {leaf.path: _sums(own, column.order)}
        case "travel":
            return {leaf.path: _restore_travel(own, words[column.along])}
        case _:
            return _restore_draws(residuals)


def _restore_draws(residuals: Mapping[str, Words]) -> dict[str, Words]:
    """The draws' chain runs through two columns: after = lcg(before) + r, next before = after + r'."""
    # Arrays, since a million numbers in a list would take more memory than everything else.
    before, after, last = array("I"), array("I"), 0
    for before_step, after_step in zip(
        memoryview(residuals["state_before"]), memoryview(residuals["state_after"]), strict=True
    ):
        state = (last + before_step) & 0xFFFFFFFF
        last = (state * MULTIPLIER + INCREMENT + after_step) & 0xFFFFFFFF
        before.append(state)
        after.append(last)
    after_words = np.frombuffer(after, dtype=np.uint32)
    return {
        "state_before": np.frombuffer(before, dtype=np.uint32),
        "state_after": after_words,
        "value": residuals["value"] + draw_values(after_words),
    }


def _restore_travel(residuals: Words, velocity: Words) -> Words:
    """Between nonzero residuals the positions are running f32 sums, which `accumulate` forms one by one."""
    restored = np.zeros(len(residuals), dtype=np.uint32)
    positions, speeds = restored.view(np.float32), velocity.view(np.float32)
    zero = np.float32(0)
    starts = np.flatnonzero(residuals)
    bounds = [0, *starts.tolist(), len(residuals)]
    with np.errstate(over="ignore", invalid="ignore"):
        for begin, end in pairwise(bounds):
            if begin == end:
                continue
            total = (positions[begin - 1] if begin else zero) + speeds[begin]
            positions[begin] = total if isfinite(total) else zero
            restored[begin] += residuals[begin]
            if end - begin == 1:
                continue
            run = np.add.accumulate(np.concatenate((positions[begin : begin + 1], speeds[begin + 1 : end])))
            # A sum that is not finite stays so.
            if isfinite(run[-1]):
                positions[begin:end] = run
                continue
            for row in range(begin + 1, end):
                restored[row : row + 1] = _travel_prediction(restored[row - 1 : row], velocity[row : row + 1])
    return restored


def _pack(residuals: list[Words]) -> list[bytes]:
    """For each column the bitmap of its nonzero residuals, then their zigzag values as byte planes, lowest first."""
    packed = [b""] * len(residuals)
    widths: dict[int, list[int]] = {}
    for position, column in enumerate(residuals):
        widths.setdefault(column.dtype.itemsize, []).append(position)
    for positions in widths.values():
        values = np.stack([residuals[position] for position in positions])
        nonzero = values != 0
        bitmaps = np.packbits(nonzero, axis=-1, bitorder="little")
        for position, row, bitmap, mask in zip(positions, values, bitmaps, nonzero, strict=True):
            packed[position] = bitmap.tobytes() + (_planes(row[mask]) if mask.any() else b"")
    return packed


def _planes(values: Words) -> bytes:
    one, top = values.dtype.type(1), values.dtype.type(values.dtype.itemsize * 8 - 1)
    zigzag = (values << one) ^ (values.dtype.type(0) - (values >> top))
    little = zigzag.astype(values.dtype.newbyteorder("<"))
    return little.view(np.uint8).reshape(len(values), values.dtype.itemsize).T.tobytes()


class _Cursor:
    """Reads packed columns one after the other."""

    def __init__(self, name: str, data: bytes) -> None:
        self._name = name
        self._data = np.frombuffer(data, dtype=np.uint8)
        self._offset = 0

    def _take(self, size: int) -> Words:
        if self._offset + size > len(self._data):
            raise CodecError(f"table {self._name} ends inside a column")
        taken = self._data[self._offset : self._offset + size]
        self._offset += size
        return taken

    def unpack(self, count: int, width: int) -> Words:
        packed = self._take((count + 7) // 8)
        if not packed.any():
            return np.zeros(count, dtype=f"<u{width}")
        bitmap = np.unpackbits(packed, bitorder="little")
        if bitmap[count:].any():
            raise CodecError(f"table {self._name} has bits after its last row")
        nonzero = bitmap[:count].astype(bool)
        present = int(np.count_nonzero(nonzero))
        word = np.dtype(f"<u{width}")
        planes = np.ascontiguousarray(self._take(present * width).reshape(width, present).T)
        zigzag = planes.view(word).reshape(present)
        one = word.type(1)
        values = (zigzag >> one) ^ (word.type(0) - (zigzag & one))
        residuals = np.zeros(count, dtype=word)
        residuals[nonzero] = values
        return residuals

    def finish(self) -> None:
        if self._offset != len(self._data):
            raise CodecError(f"table {self._name} has {len(self._data) - self._offset} bytes after its last column")
