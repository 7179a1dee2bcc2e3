"""Damaged and forged traces: each use of one ends in one message, and none in a pass."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import forge
import msgspec
import numpy as np
import pytest
import synthetic
import zstandard
from command import UNREADABLE, crimson_dbg, measured
from forge import Chunk, Entry, Packed
from short_replays import replay_of

from crimson.dbg.diff import diff_traces
from crimson.dbg.errors import BadUsage, DamagedTrace, ParityError, ReplayProblem, UnsupportedTrace
from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.health import check_health
from crimson.dbg.layout import TABLES, Table
from crimson.dbg.recover import recover_trace
from crimson.dbg.rows import TableRows, word_type
from crimson.dbg.verify import verify_trace
from resimulated_capture import write_capture

MEMORY_LIMIT = 200
USES: dict[str, Callable[[Path, Path], bool]] = {
    "health": lambda path, good: check_health(path).ok,
    "verify": lambda path, good: verify_trace(path, good.with_suffix(".crd")).ok,
    "diff": lambda path, good: diff_traces(good, path).ok,
    "diff the other way": lambda path, good: diff_traces(path, good).ok,
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An original of one tick, with its replay beside it."""
    folder = tmp_path_factory.mktemp("tiny")
    write_capture(replay_of("tutorial", 1), folder / "tiny.jsonl")
    (run,) = finalize_capture(folder / "tiny.jsonl", folder).runs
    return Path(run.trace)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up trace of three TICK chunks, the last one short."""
    return synthetic.write_trace(tmp_path_factory.mktemp("long") / "long.cdt", 600)


def refusals(path: Path, good: Path) -> list[ParityError]:
    """What each use says of a bad trace; it must be a refusal that names the file."""
    found = []
    for name, use in USES.items():
        with pytest.raises(ParityError) as caught:
            use(path, good)
        assert caught.value.where.startswith(str(path)), name
        assert caught.value.problem
        found.append(caught.value)
    return found


def refusal(path: Path, good: Path) -> str:
    """The one thing that all uses say of a bad trace, also on the command line."""
    texts = {str(problem) for problem in refusals(path, good)}
    (text,) = texts
    for command in (["health", path], ["verify", path], ["diff", good, path]):
        outcome = crimson_dbg(*command)
        assert (outcome.code, outcome.out, outcome.message) == (2, "", f"error: {text}")
    return text


def forged(folder: Path, data: bytes) -> Path:
    path = folder / "forged.cdt"
    path.write_bytes(data)
    return path


def test_the_forge_writes_what_the_writer_writes(tiny: Path, long: Path) -> None:
    for path in (tiny, long):
        assert forge.trace(forge.chunks_of(path)) == path.read_bytes()
    for name, use in USES.items():
        assert use(tiny, tiny), name


# Files that are no traces


def test_files_that_are_no_traces(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.cdt"
    path.write_bytes(b"")
    assert "the file is empty" in refusal(path, tiny)
    for text in (b"hello, I am a trace\n", b"x", b"\x89CDT\r\n\x1a\r" + bytes(50), b"\x28\xb5\x2f\xfd" + bytes(50)):
        path.write_bytes(text)
        assert "this is no .cdt trace" in refusal(path, tiny)
    assert "cannot be read: No such file" in refusal(tmp_path / "absent.cdt", tiny)
    folder = tmp_path / "folder.cdt"
    folder.mkdir()
    assert "a directory" in refusal(folder, tiny)
    pipe = tmp_path / "pipe.cdt"
    os.mkfifo(pipe)
    assert "no regular file" in refusal(pipe, tiny)
    assert "no regular file" in refusal(Path("/dev/zero"), tiny)
    if UNREADABLE.exists():
        assert "cannot be read: Input/output error" in refusal(UNREADABLE, tiny)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_read_permission(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "secret.cdt"
    path.write_bytes(tiny.read_bytes())
    path.chmod(0)
    assert "cannot be read: Permission denied" in refusal(path, tiny)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (forge.header(version=2), "format version 2; this build reads version 1 (record it again with this build)"),
        (forge.header(version=0), "format version 0"),
        (forge.header(ticks_per_chunk=128), "128 ticks a chunk; version 1 has 256"),
        (forge.header(ticks_per_chunk=0), "0 ticks a chunk"),
    ],
)
def test_other_versions(head: bytes, message: str, tiny: Path, tmp_path: Path) -> None:
    path = forged(tmp_path, forge.trace(forge.chunks_of(tiny), head=head))
    assert message in refusal(path, tiny)
    with pytest.raises(UnsupportedTrace):
        recover_trace(path, tmp_path / "out.cdt")


# Every cut, every flip


def test_every_cut(tiny: Path, tmp_path: Path) -> None:
    data = tiny.read_bytes()
    path = tmp_path / "cut.cdt"
    for size in range(len(data)):
        path.write_bytes(data[:size])
        for problem in refusals(path, tiny):
            assert isinstance(problem, DamagedTrace if size else UnsupportedTrace), size


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_every_flip_is_refused_by_diff(mask: int, tiny: Path, tmp_path: Path) -> None:
    for path in _flips(tiny, tmp_path, mask):
        for use in ("diff", "diff the other way"):
            with pytest.raises(ParityError):
                USES[use](path, tiny)


def test_every_flip_is_refused_by_health_and_verify(tiny: Path, tmp_path: Path) -> None:
    for position, path in enumerate(_flips(tiny, tmp_path, 0x10)):
        with pytest.raises(ParityError):
            USES[("health", "verify")[position % 2]](path, tiny)


def _flips(good: Path, folder: Path, mask: int) -> list[Path]:
    data = good.read_bytes()
    paths = []
    for position in range(len(data)):
        path = folder / f"{position}.cdt"
        path.write_bytes(data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :])
        paths.append(path)
    return paths


def test_bytes_too_many(tiny: Path, tmp_path: Path) -> None:
    data = tiny.read_bytes()
    for other in (data + b"\0", data + data, b"\0" + data):
        refusals(forged(tmp_path, other), tiny)


# Claims of sizes


def _huge(chunk: Chunk, what: str) -> Chunk:
    frame = zstandard.ZstdCompressor().compress(chunk.raw)
    match what:
        case "stored":
            return replace(chunk, stored_size=0xFFFFFFFF)
        case "raw":
            return replace(chunk, raw_size=0xFFFFFFFF)
        case "raw within limits":
            return replace(chunk, raw_size=len(chunk.raw) + 1)
        case "frame":
            # A frame of one empty last block whose header declares 4 GiB - 1.
            return replace(chunk, frame=b"\x28\xb5\x2f\xfd\xa0\xff\xff\xff\xff\x01\x00\x00")
        case "frame and raw":
            return replace(chunk, frame=b"\x28\xb5\x2f\xfd\xa0\xff\xff\xff\xff\x01\x00\x00", raw_size=0xFFFFFFFF)
        case "no size":
            return replace(chunk, frame=zstandard.ZstdCompressor(write_content_size=False).compress(chunk.raw))
        case "no frame":
            return replace(chunk, frame=chunk.raw)
        case "trailing bytes":
            return replace(chunk, frame=frame + b"\0")
        case "two frames":
            return replace(chunk, frame=frame + frame)
        case "flags":
            return replace(chunk, flags=3)
        case "hash":
            return replace(chunk, digest=0)
        case _:
            raise ValueError(what)


LIES = (
    "stored",
    "raw",
    "raw within limits",
    "frame",
    "frame and raw",
    "no size",
    "no frame",
    "trailing bytes",
    "two frames",
    "flags",
    "hash",
)


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("position", [0, 1, 2], ids=["META", "INIT", "TICK"])
def test_a_chunk_that_lies_of_its_size(lie: str, position: int, tiny: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(tiny)
    truth = forge.entries_of(chunks)
    chunks[position] = _huge(chunks[position], lie)
    # Once with an index that agrees with the lie, once with one that tells the truth.
    for entries in (None, truth):
        path = forged(tmp_path, forge.trace(chunks, entries=entries))
        refusals(path, tiny)
        with pytest.raises((ParityError, BadUsage)):
            recover_trace(path, tmp_path / "out.cdt")
        assert not (tmp_path / "out.cdt").exists()


def test_a_chunk_of_four_gigabytes_that_is_there(tiny: Path, tmp_path: Path) -> None:
    """A sparse file really has the bytes that its header claims."""
    chunks = forge.chunks_of(tiny)
    size = (1 << 32) - 1
    head = forge.header() + chunks[0].pack(16)[1]
    lie = replace(chunks[1], frame=b"", stored_size=size)
    path = tmp_path / "sparse.cdt"
    entries = [*forge.entries_of(chunks[:1]), lie.pack(len(head))[0]]
    end = len(head) + 36 + size
    index = msgspec.msgpack.encode((entries,))
    footer = Chunk("FOOT", 0, -1, index).pack(end)[1]
    with path.open("wb") as file:
        file.write(head + lie.pack(len(head))[1])
        file.seek(end)
        file.write(footer + end.to_bytes(8, "little") + forge.END_MAGIC)
    outcome, peak = measured("recover", path, "--out", tmp_path / "out.cdt")
    assert (outcome.code, peak < MEMORY_LIMIT) == (2, True), (outcome, peak)
    assert "error: " in outcome.message


def _bomb(count: int, leaf: bytes) -> bytes:
    """An array of so many equal elements."""
    return b"\xdd" + count.to_bytes(4, "big") + leaf * count


@pytest.mark.parametrize(
    ("position", "raw", "message"),
    [
        pytest.param(0, _bomb(1_000_000, b"\xa0"), "metadata is malformed: Expected `object`", id="META"),
        pytest.param(2, b"\x91" + _bomb(6_000_000, b"\x93\x00\xc4\x00\x90"), "`array` of length", id="TICK, tables"),
        pytest.param(
            3, b"\x91" + _bomb(320_000, b"\x98\xa4TICK\x00\x00\x00\x00\x00\x00\x00"), "the index places", id="FOOT"
        ),
    ],
)  # fmt: skip
def test_payloads_that_unpack_to_much_more(position: int, raw: bytes, message: str, tiny: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(tiny)
    if position == 3:
        path = forged(tmp_path, forge.with_footer(chunks, raw))
    else:
        chunks[position] = replace(chunks[position], raw=raw)
        path = forged(tmp_path, forge.trace(chunks))
    outcome, peak = measured("health", path)
    assert (outcome.code, peak < MEMORY_LIMIT) == (2, True), (outcome, peak)
    assert message in outcome.message


def _tables(chunk: Chunk) -> list[list[Packed]]:
    (tables,) = msgspec.msgpack.decode(chunk.raw)
    return tables


def _zeros(table: Table, count: int) -> list[Packed]:
    """So many rows whose every residual is zero."""
    return [count, bytes((count + 7) // 8 * (len(table.leaves) + 1)), []]


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (["rng_stream", "checkpoint.deaths", "timing_samples"], 1 << 18),
        (["entity_samples.creatures"], 1 << 17),
        ([table.name for table in TABLES if table.keyed], 1 << 16),
    ],
)
def test_as_many_rows_as_a_chunk_may_have(names: list[str], count: int, tiny: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(tiny)
    tables = _tables(chunks[2])
    for position, table in enumerate(TABLES):
        if table.name in names:
            tables[position] = _zeros(table, count)
    chunks[2] = forge.repacked(chunks[2], [tables])
    path = forged(tmp_path, forge.trace(chunks))
    outcome, peak = measured("diff", tiny, path)
    assert (outcome.code in (1, 2), peak < MEMORY_LIMIT) == (True, True), (outcome, peak)


def test_the_fullest_pools(tmp_path: Path) -> None:
    """Every slot of every pool live for 256 ticks, a thousand draws in each, and every value another one."""
    slots = {"creatures": 384, "projectiles": 96, "secondary_projectiles": 64, "bonuses": 16}
    rows = {f"entity_samples.{pool}": count for pool, count in slots.items()} | {"rng_stream": 1000}

    def filling(value: int) -> Callable[[synthetic.Tables, int], None]:
        def change(tables: synthetic.Tables, first: int) -> None:
            for table in TABLES:
                if first < 0 or table.name not in rows:
                    continue
                ticks = np.repeat(np.arange(first, first + 256), rows[table.name])
                columns = [np.full(len(ticks), value, word_type(leaf.column.wire)) for leaf in table.leaves]
                if table.keyed:
                    columns[0] = np.tile(np.arange(rows[table.name], dtype=np.uint16), 256)
                tables[table.name] = TableRows(ticks, tuple(columns))

        return change

    one = synthetic.write_trace(tmp_path / "one.cdt", 256, change=filling(0))
    other = synthetic.write_trace(tmp_path / "other.cdt", 256, change=filling(1))
    outcome, peak = measured("diff", one, other)
    assert (outcome.code, outcome.err, peak < MEMORY_LIMIT) == (1, "", True), peak


@pytest.mark.parametrize("count", [-1, 1 << 18 | 1, 1 << 40, 1.0])
def test_a_table_that_claims_other_rows(count: Packed, tiny: Path, tmp_path: Path) -> None:
    for position, table in enumerate(TABLES):
        chunks = forge.chunks_of(tiny)
        tables = _tables(chunks[2])
        tables[position][0] = count
        chunks[2] = forge.repacked(chunks[2], [tables])
        text = {str(problem) for problem in refusals(forged(tmp_path, forge.trace(chunks)), tiny)}.pop()
        assert "TICK chunk: " in text
        if isinstance(count, int):
            assert f"table {table.name} claims {count} rows" in text or "its rows take" in text
        else:
            assert "malformed payload: Expected `int`" in text


# The index


def _moved(entry: Entry, position: int, by: int) -> Entry:
    fields = list(entry)
    fields[position] += by  # ty: ignore[unsupported-operator]
    return tuple(fields)  # ty: ignore[invalid-explicit-return]


def test_an_index_that_lies(long: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(long)
    truth = forge.entries_of(chunks)
    good = forged(tmp_path, long.read_bytes()).rename(tmp_path / "good.cdt")
    for chunk in range(len(chunks)):
        for field in range(1, 8):
            for by in (1, -1, 1 << 62):
                entries = [*truth]
                entries[chunk] = _moved(truth[chunk], field, by)
                if not -(1 << 63) <= int(entries[chunk][field]) < 1 << 64:
                    continue
                path = forged(tmp_path, forge.trace(chunks, entries=entries))
                with pytest.raises(DamagedTrace) as caught:
                    verify_trace(path)
                assert str(caught.value).startswith(f"{path}: ")
                with pytest.raises(DamagedTrace):
                    diff_traces(good, path)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([], "the index covers the file up to byte 16, the footer lies at"),
        ([0, 1, 2, 3], "the index covers the file up to byte"),
        ([0, 1, 2, 3, 3, 4], "the index places a chunk at byte"),
        ([0, 1, 2, 4], "the index places a chunk at byte"),
        ([1, 2, 3, 4], "the index places a chunk at byte"),
        ([0, 2, 1, 3, 4], "the index places a chunk at byte"),
        ([0, 1, 2, 3, 4, 4], "the index places a chunk at byte"),
    ],
)
def test_an_index_with_gaps_and_overlaps(order: list[int], message: str, long: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(long)
    truth = forge.entries_of(chunks)
    path = forged(tmp_path, forge.trace(chunks, entries=[truth[position] for position in order]))
    assert message in refusal(path, long)


def test_a_trailer_that_points_elsewhere(tiny: Path, tmp_path: Path) -> None:
    data = tiny.read_bytes()
    chunks = forge.entries_of(forge.chunks_of(tiny))
    for target in (0, 15, 16, chunks[1][3], len(data) - 16, len(data), 1 << 40, (1 << 64) - 1):
        path = forged(tmp_path, data[:-16] + target.to_bytes(8, "little") + forge.END_MAGIC)
        assert "the trailer" in refusal(path, tiny) or "no chunk kind" in refusal(path, tiny)


def _footer(chunks: Sequence[Chunk]) -> Packed:
    return [[list(entry) for entry in forge.entries_of(chunks)]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda index: msgspec.msgpack.encode(index) + b"\0", "the index is malformed"),
        (lambda index: msgspec.msgpack.encode(index)[:-1], "the index is malformed: Input data was truncated"),
        (lambda index: msgspec.msgpack.encode([*index, 1]), "the index is malformed"),
        (lambda index: msgspec.msgpack.encode([]), "the index is malformed"),
        (lambda index: msgspec.msgpack.encode({"chunks": index[0]}), "the index is malformed"),
        (lambda index: msgspec.msgpack.encode([[row[:7] for row in index[0]]]), "the index is malformed"),
        (lambda index: msgspec.msgpack.encode([[[*row, 0] for row in index[0]]]), "the index is malformed"),
        (lambda index: msgspec.msgpack.encode([[[1, *row[1:]] for row in index[0]]]), "the index is malformed"),
        (lambda index: msgspec.msgpack.encode([[["A", *row[1:]] for row in index[0]]]), "expected META INIT TICK"),
        # An array of one element may be written as array 16 too, but not here.
        (lambda index: b"\xdc\x00\x01" + msgspec.msgpack.encode(index)[1:], "the index is not in canonical form"),
        (lambda index: b"\x91" * 100_000, "the index is malformed"),
        (lambda index: b"\x91\x91\x98\xa4\xff\xfe\xfd\xfc" + bytes(7), "the index is malformed"),
        (lambda index: b"", "the index is malformed"),
    ],
    ids=["trailing", "cut", "more", "none", "map", "short", "long", "kind", "name", "wide", "nested", "text", "empty"],
)
def test_a_footer_in_another_form(
    make: Callable[[list[list[list[int]]]], bytes], message: str, tiny: Path, tmp_path: Path
) -> None:
    chunks = forge.chunks_of(tiny)
    index = msgspec.convert(_footer(chunks), list[list[list[int | str]]])
    path = forged(tmp_path, forge.with_footer(chunks, make(index)))  # ty: ignore[invalid-argument-type]
    assert message in refusal(path, tiny)


# The metadata


def _without(name: str) -> Callable[[dict[str, dict[str, Packed]]], Packed]:
    def change(meta: dict[str, dict[str, Packed]]) -> Packed:
        part, _, field = name.partition(".")
        if field:
            del meta[part][field]
        else:
            del meta[part]
        return meta  # ty: ignore[invalid-explicit-return]

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda meta: {**meta, "mood": 1}, "unknown field `mood`"),
        (lambda meta: {**meta, "source": {**meta["source"], "mood": 1}}, "unknown field `mood`"),
        (_without("capture"), "missing required field `capture`"),
        (_without("source.replay_sha256"), "missing required field `replay_sha256`"),
        (lambda meta: {**meta, "producer": None}, "Expected `object`, got `None` - at `$.producer`"),
        (lambda meta: {**meta, "producer": {**meta["producer"], "kind": 5}}, "Expected `str`, got `int`"),
        (lambda meta: {**meta, "capture": 5}, "Expected `object | null`, got `int`"),
        (lambda meta: [*meta.values()], "Expected `object`, got `array`"),
        (lambda meta: None, "Expected `object`, got `None`"),
        (lambda meta: dict(reversed(meta.items())), "not in canonical form"),
    ],
    ids=["field", "subfield", "no-capture", "no-replay", "null-part", "kind", "capture", "array", "null", "reordered"],
)
def test_metadata_in_another_form(
    change: Callable[[dict[str, dict[str, Packed]]], Packed], message: str, tiny: Path, tmp_path: Path
) -> None:
    chunks = forge.chunks_of(tiny)
    chunks[0] = forge.repacked(chunks[0], change(msgspec.msgpack.decode(chunks[0].raw)))
    assert message in refusal(forged(tmp_path, forge.trace(chunks)), tiny)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"crimsonland", b"crimson\xff\xfe\xfd\xfc", "the metadata is malformed: 'utf-8' codec"),
        (b"\xa8platform", b"\xa8\xff\xfeatform", "the metadata is malformed"),
        (b"\xa4kind\xa8original", b"\xa4kind\xa8original\xa4kind\xa8original", "the metadata is malformed"),
        (b"\xa4kind\xa8original", b"\xa4kind\xd9\x08original", "not in canonical form"),
    ],
    ids=["value", "name", "twice", "longer"],
)
def test_metadata_of_other_bytes(old: bytes, new: bytes, message: str, tiny: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(tiny)
    assert chunks[0].raw.count(old) == 1
    chunks[0] = replace(chunks[0], raw=chunks[0].raw.replace(old, new))
    assert message in refusal(forged(tmp_path, forge.trace(chunks)), tiny)


# Chunks in disorder


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([0, 1, 1, 2, 3, 4], "the chunks are META INIT INIT TICK TICK TICK; expected META INIT TICK ..."),
        ([0, 2, 3, 4], "the chunks are META TICK TICK TICK"),
        ([1, 2, 3, 4], "the chunks are INIT TICK TICK TICK"),
        ([1, 0, 2, 3, 4], "the chunks are INIT META"),
        ([0, 0, 1, 2, 3, 4], "the chunks are META META INIT"),
        ([0, 1, 3, 2, 4], "TICK chunk 0 claims ticks 256..511, expected 0..255"),
        ([0, 1, 2, 2, 3, 4], "TICK chunk 1 claims ticks 0..255, expected 256..511"),
        ([0, 1, 2, 4], "TICK chunk 1 claims ticks 512..599, expected 256..511"),
        ([0, 1, 4], "TICK chunk 0 claims ticks 512..599, expected 0..255"),
        ([0], "the chunks are META; expected META INIT TICK ..."),
    ],
)
def test_chunks_in_disorder(order: list[int], message: str, long: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(long)
    assert message in refusal(forged(tmp_path, forge.trace([chunks[position] for position in order])), long)


@pytest.mark.parametrize(
    ("position", "ticks", "message"),
    [
        (0, (0, 0), "claims ticks that it cannot have"),
        (1, (0, 0), "claims ticks that it cannot have"),
        (1, (-1, 0), "claims ticks that it cannot have"),
        (2, (0, 254), "TICK chunk 0 claims ticks 0..254, expected 0..255"),
        (2, (0, 256), "TICK chunk 0 claims ticks 0..256"),
        (2, (-1, 255), "TICK chunk 0 claims ticks -1..255"),
        (2, (255, 0), "TICK chunk 0 claims ticks 255..0"),
        (4, (512, 511), "TICK chunk 2 claims ticks 512..511"),
        (4, (512, 768), "TICK chunk 2 claims ticks 512..768"),
        (4, (512, (1 << 31) - 1), "TICK chunk 2 claims ticks 512..2147483647"),
    ],
)
def test_chunks_of_other_ticks(position: int, ticks: tuple[int, int], message: str, long: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(long)
    chunks[position] = replace(chunks[position], first=ticks[0], last=ticks[1])
    assert message in refusal(forged(tmp_path, forge.trace(chunks)), long)


def test_fewer_or_more_ticks_than_rows(long: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(long)
    for last in (598, 600):
        chunks[4] = replace(chunks[4], last=last)
        path = forged(tmp_path, forge.trace(chunks))
        text = refusal(path, long)
        assert "table checkpoint claims 88 rows for 87 ticks" in text or f"each tick of 512..{last}" in text


# Rows


def test_rows_outside_the_chunk(tmp_path: Path) -> None:
    good = synthetic.write_trace(tmp_path / "good.cdt", 4)
    for position, table in enumerate(TABLES):
        for tick in {4, (-1, 1 << 20)[position % 2]}:

            def change(tables: synthetic.Tables, first: int, table: Table = table, tick: int = tick) -> None:
                if first == 0:
                    rows = tables[table.name]
                    ticks = rows.ticks.copy()
                    ticks[-1] = tick
                    tables[table.name] = TableRows(ticks, rows.columns)

            path = synthetic.write_trace(tmp_path / "outside.cdt", 4, change=change)
            text = {str(problem) for problem in refusals(path, good)}.pop()
            assert f"TICK chunk: table {table.name}" in text


def test_columns_that_are_cut_under_a_right_hash(tiny: Path, tmp_path: Path) -> None:
    whole = forge.chunks_of(tiny)
    for position, table in enumerate(TABLES):
        size = len(msgspec.convert(_tables(whole[2])[position][1], bytes))
        for wanted in {0, 1, size // 2, size - 1, size + 1} - {size, -1}:
            chunks = [*whole]
            tables = _tables(chunks[2])
            tables[position][1] = (msgspec.convert(tables[position][1], bytes) + b"\0")[:wanted]
            chunks[2] = forge.repacked(chunks[2], [tables])
            text = {str(problem) for problem in refusals(forged(tmp_path, forge.trace(chunks)), tiny)}.pop()
            assert f"TICK chunk: table {table.name} " in text


def test_every_flip_under_a_right_hash(tiny: Path, tmp_path: Path) -> None:
    """Other rows that decode are other rows: whatever comes of them, it is no crash, and diff sees them."""
    chunks = forge.chunks_of(tiny)
    good = chunks[2]
    for position in range(0, len(good.raw), 3):
        raw = good.raw[:position] + bytes([good.raw[position] ^ (1 << position // 3 % 8)]) + good.raw[position + 1 :]
        chunks[2] = replace(good, raw=raw)
        path = forged(tmp_path, forge.trace(chunks))
        try:
            assert not diff_traces(tiny, path, strict=True).ok, position
        except DamagedTrace:
            continue
        if position % 9 == 0:
            check_health(path)
            # An original is not verified without its replay.
            with pytest.raises(ReplayProblem):
                verify_trace(path)


def _two_texts(tables: list[list[Packed]], position: int) -> None:
    texts = msgspec.convert(tables[position][2], list[str])
    tables[position][2] = [*texts, "never used"]


def test_an_encoding_that_decodes_but_is_not_canonical(tmp_path: Path) -> None:
    good = synthetic.write_trace(tmp_path / "good.cdt", 2)
    chunks = forge.chunks_of(good)
    # Another form of the same array, a text that no row uses, and an integer longer than needed.
    longer = b"\x91\xdc" + len(TABLES).to_bytes(2, "big")
    prefix = msgspec.msgpack.encode([_tables(chunks[2])])[: 4 if len(TABLES) > 15 else 2]
    other_array = chunks[2].raw.replace(prefix, b"\x91\xdd" + len(TABLES).to_bytes(4, "big"), 1)
    assert prefix == longer
    tables = _tables(chunks[2])
    _two_texts(tables, next(position for position, row in enumerate(tables) if row[2]))
    for raw in (other_array, msgspec.msgpack.encode([tables])):
        assert raw != chunks[2].raw
        path = forged(tmp_path, forge.trace([*chunks[:2], replace(chunks[2], raw=raw)]))
        report = verify_trace(path)
        assert report.verdict == "contradicted"
        (failed,) = [check for check in report.checks if not check.ok]
        assert failed.name == "canonical encoding"
        assert failed.evidence == "the chunk of ticks 0..1 would be written otherwise"
        outcome = crimson_dbg("verify", path)
        assert (outcome.code, outcome.err) == (1, "")
        assert outcome.out.startswith("contradicted: ")


@pytest.mark.parametrize("bits", [0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001])
def test_floats_that_are_not_finite(bits: int, tiny: Path, tmp_path: Path) -> None:
    floats = [
        (table, position)
        for table in TABLES
        for position, leaf in enumerate(table.leaves)
        if leaf.column.wire == "f4" and table.cardinality == "one"
    ]
    for table, position in floats[:3]:

        def change(tables: synthetic.Tables, first: int, table: Table = table, position: int = position) -> None:
            if first == 0:
                columns = [column.copy() for column in tables[table.name].columns]
                columns[position][0] = bits
                tables[table.name] = TableRows(tables[table.name].ticks, tuple(columns))

        path = synthetic.rewrite(tiny, tmp_path / "wild.cdt", change)
        failed = {check.name: check.evidence for check in check_health(path).checks if not check.ok}
        assert failed["floats finite"] == f"tick 0: {table.name}.{table.leaves[position].path} is not finite"
        assert diff_traces(tiny, path).verdict == "diverged"
        outcome = crimson_dbg("diff", tiny, path, "--json")
        assert (outcome.code, outcome.err) == (1, "")


def test_two_rows_of_one_key(tmp_path: Path) -> None:
    good = synthetic.write_trace(tmp_path / "good.cdt", 2)
    for table in TABLES:
        if not table.keyed:
            continue

        def change(tables: synthetic.Tables, _first: int, table: Table = table) -> None:
            rows = tables[table.name]
            key = next(place for place, leaf in enumerate(table.leaves) if leaf.column.key)
            columns = [column.copy() for column in rows.columns]
            columns[key][:] = 1
            tables[table.name] = TableRows(rows.ticks, tuple(columns))

        path = synthetic.write_trace(tmp_path / "twice.cdt", 2, change=change)
        text = {str(problem) for problem in refusals(path, good)}.pop()
        assert f"table {table.name} has two rows of one key in a tick" in text


# Recover


def test_recover_from_every_cut(long: Path, tmp_path: Path) -> None:
    data = long.read_bytes()
    entries = forge.entries_of(forge.chunks_of(long))
    ends = [entry[3] + 36 + entry[4] for entry in entries]
    borders = {end + by for end in ends for by in (-1, 0, 1)}
    cut, out = tmp_path / "cut.cdt", tmp_path / "out.cdt"
    for size in sorted({*range(0, len(data), 61), *range(len(data) - 40, len(data)), *borders}):
        cut.write_bytes(data[:size])
        whole = [entry for entry, end in zip(entries, ends, strict=True) if end <= size]
        if len(whole) < 3:
            with pytest.raises(ParityError) as caught:
                recover_trace(cut, out)
            assert str(caught.value).startswith(f"{cut}: ")
            assert not out.exists()
            continue
        report = recover_trace(cut, out)
        assert (report.ticks, report.dropped_bytes) == (whole[-1][2] + 1, size - ends[len(whole) - 1])
        found = diff_traces(long, out, ticks=(0, report.ticks - 1), strict=True)
        assert (found.verdict, found.ticks_compared) == ("equal", report.ticks)
        assert out.read_bytes() == forge.trace(forge.chunks_of(long)[: len(whole)])
        assert diff_traces(long, out).verdict == ("equal" if report.ticks == 600 else "ended_early")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_recover_stops_at_a_damaged_chunk(long: Path, tmp_path: Path) -> None:
    data = bytearray(long.read_bytes())
    entries = forge.entries_of(forge.chunks_of(long))
    data[entries[3][3] + 60] ^= 1
    path = forged(tmp_path, bytes(data))
    assert recover_trace(path, tmp_path / "out.cdt").ticks == 256
    assert verify_trace(tmp_path / "out.cdt").ok
    outcome = crimson_dbg("recover", path, "--out", tmp_path / "other.cdt")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"recovered ticks 0..255 to {tmp_path / 'other.cdt'}; ")


def test_a_recovered_trace_contradicts_its_replay(tmp_path: Path) -> None:
    replay = replay_of("tutorial", 300)
    write_capture(replay, tmp_path / "run.jsonl")
    (run,) = finalize_capture(tmp_path / "run.jsonl", tmp_path).runs
    data = Path(run.trace).read_bytes()
    cut = forged(tmp_path, data[: forge.entries_of(forge.chunks_of(Path(run.trace)))[3][3] + 10])
    recover_trace(cut, tmp_path / "out.cdt")
    report = verify_trace(tmp_path / "out.cdt", Path(run.replay))
    assert report.verdict == "contradicted"
    assert [(check.name, check.evidence) for check in report.checks if not check.ok] == [
        ("tick count", "the replay has 300 ticks, the trace 256")
    ]


def test_recover_refuses(long: Path, tmp_path: Path) -> None:
    whole = forged(tmp_path, long.read_bytes())
    with pytest.raises(BadUsage, match="the trace is whole; there is nothing to recover"):
        recover_trace(whole, tmp_path / "out.cdt")
    whole.write_bytes(long.read_bytes()[:-1])
    link = tmp_path / "link.cdt"
    link.symlink_to(whole)
    for out in (whole, link):
        with pytest.raises(BadUsage, match="does not overwrite the damaged file"):
            recover_trace(whole, out)
    assert whole.read_bytes() == long.read_bytes()[:-1]
    for path in (tmp_path / "absent.cdt", tmp_path, Path("/dev/zero")):
        with pytest.raises(ParityError, match="cannot be read"):
            recover_trace(path, tmp_path / "out.cdt")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forged.cdt", "link.cdt"]


def test_recover_leaves_nothing_of_bad_metadata(tiny: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(tiny)
    chunks[0] = forge.repacked(chunks[0], {"mood": 1})
    path = forged(tmp_path, forge.trace(chunks)[:-1])
    with pytest.raises(ParityError, match="the metadata is malformed"):
        recover_trace(path, tmp_path / "out.cdt")
    assert [path.name for path in tmp_path.iterdir()] == ["forged.cdt"]


def test_reading_needs_the_same_memory_however_long(tmp_path: Path) -> None:
    """Damaged at its end, so that recover reads and copies it all."""
    chunks = forge.chunks_of(synthetic.write_trace(tmp_path / "one.cdt", 256))
    noise = random.Random(1).randbytes(2 << 20)
    path = tmp_path / "long.cdt"
    with path.open("wb") as file:
        file.write(forge.header())
        offset = 16
        for chunk in [
            *chunks[:2],
            *(replace(chunks[2], first=n * 256, last=n * 256 + 255, raw=noise) for n in range(70)),
        ]:
            _, packed = chunk.pack(offset)
            file.write(packed)
            offset += len(packed)
    assert path.stat().st_size > 140_000_000
    outcome, peak = measured("recover", path, "--out", tmp_path / "out.cdt")
    assert (outcome.code, peak < 100) == (0, True), (outcome, peak)


def test_values_nested_too_deep(tiny: Path, tmp_path: Path) -> None:
    for position in range(3):
        chunks = forge.chunks_of(tiny)
        chunks[position] = replace(chunks[position], raw=b"\x91" * 500_000)
        assert "malformed" in refusal(forged(tmp_path, forge.trace(chunks)), tiny)
