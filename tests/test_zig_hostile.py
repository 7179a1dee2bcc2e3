"""Damaged and forged traces: the Zig program refuses in one line what Python refuses, and never crashes."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import forge
import msgspec
import pytest
import synthetic
import zstandard
from forge import Chunk, Packed
from zig_kit import crimson_zig, refused_by_zig

from crimson.dbg.diff import diff_traces
from crimson.dbg.errors import ParityError
from crimson.dbg.health import check_health
from crimson.dbg.layout import TABLES
from crimson.dbg.verify import verify_trace


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A candidate of two ticks, full of rows."""
    return synthetic.write_trace(tmp_path_factory.mktemp("tiny") / "tiny.cdt", 2)


def forged(folder: Path, data: bytes) -> Path:
    path = folder / "forged.cdt"
    path.write_bytes(data)
    return path


def refusals(path: Path, good: Path) -> set[str]:
    """What every use says of a trace that Python does not read, either; each names the file."""
    with pytest.raises(ParityError):
        check_health(path)
    texts = {
        refused_by_zig("verify", path),
        refused_by_zig("diff", good, path),
        refused_by_zig("rewrite", path, "--out", path.with_suffix(".out")),
    }
    assert all(text.startswith(f"{path}: ") for text in texts)
    assert not path.with_suffix(".out").exists()
    return texts


def same_verdict(path: Path, good: Path) -> int:
    """The exit code of a comparison, by Zig and by Python."""
    try:
        expected = 0 if diff_traces(good, path, strict=True).ok else 1
    except ParityError:
        expected = 2
    outcome = crimson_zig("diff", good, path, "--strict")
    assert outcome.code == expected, (outcome, expected)
    if expected == 2:
        assert outcome.message.startswith(f"error: {path}: ")
    return expected


def test_files_that_are_no_traces(tiny: Path, tmp_path: Path) -> None:
    for data in (b"", b"hello\n", b"\x89CDT\r\n\x1a\r" + bytes(50), b"\x28\xb5\x2f\xfd" + bytes(50)):
        refusals(forged(tmp_path, data), tiny)
    for head in (forge.header(version=2), forge.header(ticks_per_chunk=128)):
        refusals(forged(tmp_path, forge.trace(forge.chunks_of(tiny), head=head)), tiny)
    pipe = tmp_path / "pipe.cdt"
    os.mkfifo(pipe)
    assert "no regular file" in refused_by_zig("verify", pipe)
    assert "no regular file" in refused_by_zig("verify", "/dev/zero")
    assert "a directory" in refused_by_zig("verify", tmp_path)
    assert "No such file" in refused_by_zig("verify", tmp_path / "absent.cdt")


def test_cuts_and_flips(tiny: Path, tmp_path: Path) -> None:
    data = tiny.read_bytes()
    path = tmp_path / "bad.cdt"
    for size in (*range(60), *range(60, len(data), 37), *range(len(data) - 20, len(data))):
        path.write_bytes(data[:size])
        assert same_verdict(path, tiny) == 2
    for position in range(0, len(data), 5):
        path.write_bytes(data[:position] + bytes([data[position] ^ (1 << position % 8)]) + data[position + 1 :])
        assert same_verdict(path, tiny) == 2
    for other in (data + b"\0", data + data, b"\0" + data):
        path.write_bytes(other)
        refusals(path, tiny)


def _lies(chunk: Chunk) -> dict[str, Chunk]:
    frame = zstandard.ZstdCompressor().compress(chunk.raw)
    huge = b"\x28\xb5\x2f\xfd\xa0\xff\xff\xff\xff\x01\x00\x00"
    return {
        "stored": replace(chunk, stored_size=0xFFFFFFFF),
        "raw": replace(chunk, raw_size=0xFFFFFFFF),
        "raw within limits": replace(chunk, raw_size=len(chunk.raw) + 1),
        "frame": replace(chunk, frame=huge),
        "frame and raw": replace(chunk, frame=huge, raw_size=0xFFFFFFFF),
        "no size": replace(chunk, frame=zstandard.ZstdCompressor(write_content_size=False).compress(chunk.raw)),
        "no frame": replace(chunk, frame=chunk.raw),
        "trailing bytes": replace(chunk, frame=frame + b"\0"),
        "two frames": replace(chunk, frame=frame + frame),
        "no bytes": replace(chunk, frame=b""),
        "flags": replace(chunk, flags=3),
        "hash": replace(chunk, digest=0),
        "ticks": replace(chunk, first=5, last=9),
        "ticks far away": replace(chunk, first=-(1 << 31), last=(1 << 31) - 1),
        "kind": replace(chunk, kind="TOCK"),
    }


@pytest.mark.parametrize("position", [0, 1, 2], ids=["META", "INIT", "TICK"])
def test_a_chunk_that_lies(position: int, tiny: Path, tmp_path: Path) -> None:
    good = forge.chunks_of(tiny)
    truth = forge.entries_of(good)
    for lie, chunk in _lies(good[position]).items():
        chunks = [*good[:position], chunk, *good[position + 1 :]]
        for entries in (None, truth):
            assert refusals(forged(tmp_path, forge.trace(chunks, entries=entries)), tiny), lie


def test_a_frame_with_a_checksum(tiny: Path, tmp_path: Path) -> None:
    """Free to be there, but then it must be right."""
    chunks = forge.chunks_of(tiny)
    frame = zstandard.ZstdCompressor(write_checksum=True).compress(chunks[2].raw)
    chunks[2] = replace(chunks[2], frame=frame)
    assert same_verdict(forged(tmp_path, forge.trace(chunks)), tiny) == 0
    chunks[2] = replace(chunks[2], frame=frame[:-1] + bytes([frame[-1] ^ 1]))
    assert same_verdict(forged(tmp_path, forge.trace(chunks)), tiny) == 2


def test_indexes_that_lie(tiny: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(tiny)
    truth = forge.entries_of(chunks)
    for row in range(3):
        for field in range(1, 8):
            for value in (0, 1, -1, 1 << 31, (1 << 64) - 1, 7):
                if value == truth[row][field]:
                    continue
                entries = list(truth)
                entry = [*truth[row]]
                entry[field] = value
                entries[row] = tuple(entry)  # ty: ignore[invalid-assignment]
                refusals(forged(tmp_path, forge.trace(chunks, entries=entries)), tiny)
    raws = [b"", b"\x91", b"\x91\xdd\xff\xff\xff\xff", b"\x91" * 500_000, msgspec.msgpack.encode((truth, 1))]
    raws += [msgspec.msgpack.encode((truth[:2],)), b"\x91\x90", msgspec.msgpack.encode((truth,)) + b"\0"]
    for raw in raws:
        refusals(forged(tmp_path, forge.with_footer(chunks, raw)), tiny)


def test_metadata_of_other_shapes(tiny: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(tiny)
    meta = msgspec.msgpack.decode(chunks[0].raw)
    others: list[Packed] = [{}, [], 1, None, {**meta, "mood": 1}, {**meta, "capture": 3}]
    others += [{key: meta[key] for key in reversed(meta)}, {**meta, "producer": {**meta["producer"], "kind": 1}}]
    run = meta["source"]["run"]
    for name, value in (("hardcore", 1), ("seed", True), ("seed", 1.0), ("quest", None)):
        others.append({**meta, "source": {**meta["source"], "run": {**run, name: value}}})
    for other in others:
        refusals(forged(tmp_path, forge.trace([forge.repacked(chunks[0], other), *chunks[1:]])), tiny)
    longer = chunks[0].raw.replace(b"\xa4kind", b"\xd9\x04kind", 1)
    for raw in (b"", longer, chunks[0].raw + b"\0", chunks[0].raw.replace(b"synthetic", b"synth\xff\xfeic", 1)):
        refusals(forged(tmp_path, forge.trace([replace(chunks[0], raw=raw), *chunks[1:]])), tiny)


def test_every_flip_under_a_right_hash(tiny: Path, tmp_path: Path) -> None:
    """What decodes to other rows is seen, what does not decode is refused, and Python thinks the same of each."""
    chunks = forge.chunks_of(tiny)
    good = chunks[2]
    codes = set()
    for position in range(0, len(good.raw), 29):
        raw = good.raw[:position] + bytes([good.raw[position] ^ (1 << position % 8)]) + good.raw[position + 1 :]
        codes.add(same_verdict(forged(tmp_path, forge.trace([*chunks[:2], replace(good, raw=raw)])), tiny))
    assert codes >= {1, 2}


def test_counts_columns_and_texts_that_lie(tiny: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(tiny)
    (truth,) = msgspec.msgpack.decode(chunks[2].raw)
    for position in range(len(TABLES)):
        for count in (0, 1, 3, 1 << 17, (1 << 17) + 1, 1 << 18, (1 << 18) + 1, (1 << 64) - 1, -1, True, 2.0, None):
            tables = [list(table) for table in truth]
            tables[position][0] = count
            same_verdict(forged(tmp_path, forge.trace([*chunks[:2], forge.repacked(chunks[2], [tables])])), tiny)
        for columns in (b"", truth[position][1] + b"\0", truth[position][1][:-1], b"\xff" * 40, "text"):
            tables = [list(table) for table in truth]
            tables[position][1] = columns
            same_verdict(forged(tmp_path, forge.trace([*chunks[:2], forge.repacked(chunks[2], [tables])])), tiny)
        for texts in ([], ["a"], ["a"] * 9, ["word"] * 131072, ["word"] * 131073, [1], None, [b"a"]):
            tables = [list(table) for table in truth]
            tables[position][2] = texts
            same_verdict(forged(tmp_path, forge.trace([*chunks[:2], forge.repacked(chunks[2], [tables])])), tiny)


def test_an_encoding_that_is_not_canonical(tiny: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(tiny)
    longer = chunks[2].raw.replace(b"\x91\xdc\x00\x14", b"\x91\xdd\x00\x00\x00\x14", 1)
    (tables,) = msgspec.msgpack.decode(chunks[2].raw)
    tables[5][2] = [*tables[5][2], "never used"]
    tables[0][2] = ["in a table without texts"]
    for raw in (longer, msgspec.msgpack.encode([tables])):
        path = forged(tmp_path, forge.trace([*chunks[:2], replace(chunks[2], raw=raw)]))
        assert verify_trace(path).verdict == "contradicted"
        outcome = crimson_zig("verify", path)
        assert (outcome.code, outcome.err) == (1, "")
        assert "not as it says: canonical encoding" in outcome.out
        assert same_verdict(path, tiny) == 0


def test_frames_damaged_under_a_right_check_value(tmp_path: Path) -> None:
    """Zig may be stricter with a frame that no encoder writes, but what it inflates has the right hash."""
    source = synthetic.write_trace(tmp_path / "good.cdt", 200)
    chunks = forge.chunks_of(source)
    rng = random.Random(5)
    frame = zstandard.ZstdCompressor(level=19).compress(chunks[2].raw)
    for _ in range(300):
        damaged = bytearray(frame)
        for _ in range(rng.choice([1, 1, 2, 8])):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path = forged(tmp_path, forge.trace([*chunks[:2], replace(chunks[2], frame=bytes(damaged))]))
        outcome = crimson_zig("diff", source, path)
        if outcome.code != 0:
            assert (outcome.code, outcome.out) == (2, "")
            assert outcome.message.startswith(f"error: {path}: byte ")
        else:
            assert diff_traces(source, path).ok


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["dance"],
        ["diff"],
        ["diff", "a.cdt"],
        ["diff", "a.cdt", "b.cdt", "c.cdt"],
        ["diff", "a.cdt", "b.cdt", "--sustain"],
        ["diff", "a.cdt", "b.cdt", "--sustain", "0"],
        ["diff", "a.cdt", "b.cdt", "--sustain", "-1"],
        ["diff", "a.cdt", "b.cdt", "--ticks", "5"],
        ["diff", "a.cdt", "b.cdt", "--ticks", "5:x"],
        ["diff", "a.cdt", "b.cdt", "--what"],
        ["rewrite", "a.cdt"],
        ["verify"],
        ["x"] * 60,
    ],
    ids=" ".join,
)
def test_bad_usage(words: list[str]) -> None:
    outcome = crimson_zig(*words)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err
