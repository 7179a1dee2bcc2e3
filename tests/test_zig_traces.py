"""Traces that the Zig program writes are those that Python reads, and the other way round."""

from __future__ import annotations

import shutil
from pathlib import Path

import forge
import pytest
import synthetic
from zig_kit import crimson_zig, refused_by_zig

from crimson.dbg.diff import diff_traces
from crimson.dbg.layout import TABLES
from crimson.dbg.verify import verify_trace

CAPTURES = sorted((Path(__file__).parents[1] / "captures").glob("*.cdt"))


def rewritten(source: Path, out: Path) -> Path:
    """The trace decoded and encoded by Zig; every raw byte of its chunks must be the same."""
    outcome = crimson_zig("rewrite", source, "--out", out)
    assert (outcome.code, outcome.err) == (0, "")
    for chunk, again in zip(forge.chunks_of(source), forge.chunks_of(out), strict=True):
        assert (chunk.kind, chunk.first, chunk.last) == (again.kind, again.first, again.last)
        assert chunk.raw == again.raw, f"ticks {chunk.first}..{chunk.last}"
    return out


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_every_capture_is_written_again_as_it_was(capture: Path, tmp_path: Path) -> None:
    again = rewritten(capture, tmp_path / "again.cdt")
    assert verify_trace(again, capture.with_suffix(".crd")).ok
    report = diff_traces(capture, again, strict=True)
    assert report.verdict == "equal"
    outcome = crimson_zig("diff", capture, again, "--strict")
    assert (outcome.code, outcome.out) == (0, f"equal over {report.ticks_compared} ticks\n")


@pytest.mark.parametrize("ticks", [0, 1, 255, 256, 257, 600])
def test_made_up_traces_of_any_length(ticks: int, tmp_path: Path) -> None:
    rewritten(synthetic.write_trace(tmp_path / "trace.cdt", ticks, kind="original"), tmp_path / "again.cdt")


@pytest.mark.parametrize("bits", [0x00000001, 0x80000000, 0x7F800000, 0xFFC00001, 0x7F7FFFFF])
def test_floats_of_any_kind_survive(bits: int, tmp_path: Path) -> None:
    """Subnormals, the negative zero, and what no producer may write but a reader must carry."""

    def change(tables: synthetic.Tables, _first: int) -> None:
        for table in TABLES:
            rows = tables[table.name]
            columns = [column.copy() for column in rows.columns]
            for leaf, column in zip(table.leaves, columns, strict=True):
                if leaf.column.wire == "f4":
                    column[:: 1 + len(leaf.path)] = bits
            tables[table.name] = type(rows)(rows.ticks, tuple(columns))

    rewritten(synthetic.write_trace(tmp_path / "trace.cdt", 300, change=change), tmp_path / "again.cdt")


def test_nothing_is_left_of_a_trace_that_cannot_be_written(tmp_path: Path) -> None:
    source = synthetic.write_trace(tmp_path / "trace.cdt", 600)
    data = bytearray(source.read_bytes())
    data[len(data) // 2] ^= 1
    source.write_bytes(data)
    assert refused_by_zig("rewrite", source, "--out", tmp_path / "again.cdt").startswith(f"{source}: byte ")
    assert "it is a directory" in refused_by_zig("rewrite", CAPTURES[0], "--out", tmp_path)
    assert "No such file" in refused_by_zig("rewrite", CAPTURES[0], "--out", tmp_path / "absent" / "again.cdt")
    assert [path.name for path in tmp_path.iterdir()] == ["trace.cdt"]


def test_originals_and_replays_are_not_overwritten(tmp_path: Path) -> None:
    original, replay = (shutil.copy(path, tmp_path) for path in (CAPTURES[0], CAPTURES[0].with_suffix(".crd")))
    other = shutil.copy(replay, tmp_path / "other.crd")
    cut, raw = tmp_path / "cut.cdt", tmp_path / "raw.jsonl"
    cut.write_bytes(CAPTURES[0].read_bytes()[:-1])
    raw.write_bytes(b'{"event":"session_start","capture_format_version":1}')
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for command in (["record", replay, "--until", "9"], ["rewrite", original]):
        for out, what in (
            (original, "is a trace of the original, which nothing overwrites"),
            (cut, "is a trace of the original, which nothing overwrites"),
            (other, "is a replay or a raw capture, which no trace overwrites"),
            (raw, "is a replay or a raw capture, which no trace overwrites"),
        ):
            assert refused_by_zig(*command, "--out", out).startswith(f"{out}: {what} (")
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_a_damaged_original_without_a_replay(tmp_path: Path) -> None:
    source = synthetic.write_trace(tmp_path / "trace.cdt", 2, kind="original")
    assert "trace.crd: cannot be read: No such file" in refused_by_zig("verify", source)
    data = bytearray(source.read_bytes())
    data[len(data) // 2] ^= 1
    source.write_bytes(data)
    assert refused_by_zig("verify", source).startswith(f"{source}: byte ")
