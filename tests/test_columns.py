"""Any rows survive the column codec, and no other bytes decode to them."""

from __future__ import annotations

import numpy as np
import pytest
import synthetic
from hypothesis import given, settings
from hypothesis import strategies as st

from crimson.dbg.columns import CodecError, decode_table, encode_table
from crimson.dbg.layout import TABLE_BY_NAME, TABLES, Table
from crimson.dbg.payload import decode_chunk, encode_chunk
from crimson.dbg.rows import TableRows, Words, word_type
from crimson.dbg.wire import WIDTHS

_FIRST, _SPAN = 512, 20


@st.composite
def _rows(draw: st.DrawFn, table: Table) -> TableRows:
    """Rows of any bit patterns, ordered as a table's rows are."""
    if table.keyed:
        places = draw(st.sets(st.tuples(st.integers(0, _SPAN - 1), st.integers(0, 9)), max_size=40))
        pairs = sorted(places)
    else:
        pairs = [(tick, 0) for tick in sorted(draw(st.lists(st.integers(0, _SPAN - 1), max_size=40)))]
    columns = []
    for leaf in table.leaves:
        if leaf.column.key:
            columns.append(np.array([slot for _, slot in pairs], np.uint16))
        elif leaf.column.wire == "text":
            texts = draw(st.lists(st.text(max_size=5), min_size=len(pairs), max_size=len(pairs)))
            columns.append(np.array(texts, word_type("text")) if texts else np.empty(0, word_type("text")))
        else:
            bits = WIDTHS[leaf.column.wire] * 8
            numbers = st.lists(st.integers(0, (1 << bits) - 1), min_size=len(pairs), max_size=len(pairs))
            columns.append(np.array(draw(numbers), word_type(leaf.column.wire)))
    return TableRows(np.array([tick + _FIRST for tick, _ in pairs], np.int64), tuple(columns))


def _same(left: TableRows, right: TableRows) -> bool:
    pairs = [(left.ticks, right.ticks), *zip(left.columns, right.columns, strict=True)]
    return all(_equal(one, other) for one, other in pairs)


def _equal(one: Words, other: Words) -> bool:
    return one.dtype == other.dtype and one.tolist() == other.tolist()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name.replace(".", "-"))
def test_a_table_survives(table: Table) -> None:
    @settings(max_examples=15, deadline=None)
    @given(rows=_rows(table))
    def check(rows: TableRows) -> None:
        count, data, texts = encode_table(table, rows, _FIRST)
        assert _same(decode_table(table, count, data, texts, _FIRST), rows)

    check()


@pytest.mark.parametrize("name", ["entity_samples.creatures", "rng_stream", "checkpoint.typo_names"])
def test_bytes_that_no_encoder_writes_are_refused(name: str) -> None:
    table = TABLE_BY_NAME[name]
    count, data, texts = encode_table(table, synthetic.tables_of(0, 5)[name], 0)
    for bad in (data[:-1], data + b"\0", b""):
        with pytest.raises(CodecError):
            decode_table(table, count, bad, texts, 0)
    for wrong in (count + 8, count - 8, 1 << 40):
        with pytest.raises(CodecError):
            decode_table(table, wrong, data, texts, 0)
    if texts:
        with pytest.raises(CodecError):
            decode_table(table, count, data, texts[:-1], 0)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_flipped_raw_byte_is_refused_or_changes_a_row(data: st.DataObject) -> None:
    raw = encode_chunk(synthetic.tables_of(0, 2), 0)
    position = data.draw(st.integers(0, len(raw) - 1))
    bad = bytearray(raw)
    bad[position] ^= data.draw(st.integers(1, 255))
    try:
        tables = decode_chunk(bytes(bad), 0, 2)
    except CodecError:
        return
    whole = decode_chunk(raw, 0, 2)
    changed = not all(_same(tables[name], whole[name]) for name in whole)
    assert changed or encode_chunk(tables, 0) != bytes(bad), "another encoding of the same rows must show as such"
