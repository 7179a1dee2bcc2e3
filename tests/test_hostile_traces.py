"""Damaged and forged traces: each use of one ends in one message, and none in a pass."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import forge
import msgspec
import pytest
import synthetic
import zstandard
from command import crimson_dbg, measured
from forge import Chunk, Packed

from conftest import replay_of
from crimson.dbg import schema
from crimson.dbg.diff import diff_traces
from crimson.dbg.errors import BadUsage, DamagedTrace, ParityError, UnsupportedTrace
from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.health import check_health
from crimson.dbg.layout import TABLES
from crimson.dbg.recover import recover_trace
from crimson.dbg.trace import TraceReader
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
            assert not use(path, good), name
            pytest.fail(f"{name} gives a verdict on it")
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
    for path in _flips(tiny, tmp_path, 0x10):
        for use in ("health", "verify"):
            with pytest.raises(ParityError):
                USES[use](path, tiny)


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
    for command in (("health", path), ("recover", path, "--out", tmp_path / "out.cdt")):
        outcome, peak = measured(*command)
        assert (outcome.code, peak < MEMORY_LIMIT) == (2, True), (outcome, peak)
        assert "error: " in outcome.message


def _bomb(count: int, leaf: bytes) -> bytes:
    """An array of so many equal elements."""
    return b"\xdd" + count.to_bytes(4, "big") + leaf * count


@pytest.mark.parametrize(
    ("position", "raw"),
    [
        pytest.param(0, _bomb(60_000_000, b"\xa0"), id="META, strings"),
        pytest.param(2, b"\x91" + _bomb(16_000_000, b"\x93\x00\xc4\x00\x90"[:5]), id="TICK, tables"),
        pytest.param(2, b"\x91\x91\x93\x00\xc4\x00" + _bomb(60_000_000, b"\xa0"), id="TICK, texts"),
        pytest.param(2, bytes(67_000_000), id="TICK, zeros"),
        pytest.param(2, b"\x91" * 60_000_000, id="TICK, nested"),
        pytest.param(
            3, b"\x91" + _bomb(5_000_000, b"\x98\xa4TICK\x00\x00\x00\x00\x00\x00\x00"), id="FOOT"
        ),
    ],
)  # fmt: skip
def test_payloads_that_unpack_to_much_more(position: int, raw: bytes, tiny: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(tiny)
    if position == 3:
        path = forged(tmp_path, forge.with_footer(chunks, raw))
    else:
        chunks[position] = replace(chunks[position], raw=raw)
        path = forged(tmp_path, forge.trace(chunks))
    outcome, peak = measured("health", path)
    assert (outcome.code, peak < MEMORY_LIMIT) == (2, True), (outcome, peak)
    assert "error: " in outcome.message
