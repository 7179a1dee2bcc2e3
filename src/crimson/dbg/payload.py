"""The payload of INIT and TICK chunks: tables to canonical raw bytes, and back with every claim checked."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Annotated

import msgspec

from crimson.dbg.columns import MAX_KEYED_ROWS, CodecError, decode_table, encode_table
from crimson.dbg.layout import TABLES, Table
from crimson.dbg.records import ChunkTables, unordered_row
from crimson.dbg.rows import TableRows


class TablePayload(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    count: int
    columns: bytes
    texts: Annotated[list[str], msgspec.Meta(max_length=MAX_KEYED_ROWS)]


class ChunkPayload(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The raw bytes of an INIT or TICK chunk, as msgpack; one entry for each table of the layout, in its order."""

    tables: Annotated[tuple[TablePayload, ...], msgspec.Meta(min_length=len(TABLES), max_length=len(TABLES))]


# What the rows of a chunk may take once decoded; 256 ticks of the fullest pools take about 24 MiB.
MAX_DECODED_BYTES = 40 << 20
_ROW_BYTES = tuple(sum(leaf.column.width for leaf in table.leaves) for table in TABLES)


def encode_chunk(tables: ChunkTables, first: int) -> bytes:
    """The canonical raw bytes of a chunk that starts at tick `first`."""
    _require_size([len(tables[table.name]) for table in TABLES])
    return msgspec.msgpack.encode(
        ChunkPayload(tuple(TablePayload(*encode_table(table, tables[table.name], first)) for table in TABLES))
    )


def decode_chunk(raw: bytes, first: int, last: int) -> dict[str, TableRows]:
    """The tables of a chunk's raw bytes, with their ticks checked; `CodecError` says what is wrong."""
    try:
        payload = msgspec.msgpack.decode(raw, type=ChunkPayload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise CodecError(f"malformed payload: {problem}") from None
    _require_size([stored.count for stored in payload.tables])
    decoded = {}
    for table, stored in zip(TABLES, payload.tables, strict=True):
        # Before decoding, which would cost the memory that the claim asks for.
        if table.cardinality != "many" and stored.count > last - first + 1:
            raise CodecError(f"table {table.name} claims {stored.count} rows for {last - first + 1} ticks")
        rows = decode_table(table, stored.count, stored.columns, stored.texts, first)
        _require_ticks(table, rows, first, last)
        decoded[table.name] = rows
    return decoded


def _require_size(counts: Sequence[int]) -> None:
    size = sum(map(operator.mul, counts, _ROW_BYTES))
    if size > MAX_DECODED_BYTES:
        raise CodecError(f"its rows take {size} bytes; a chunk has at most {MAX_DECODED_BYTES}")


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
