"""Replays that are missing, foreign, damaged or forged: `record` and `verify` refuse them in one message."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import zstandard
from command import UNREADABLE, crimson_dbg, measured
from crimson.replay.codec import MAX_REPLAY_FILE_BYTES, dump_replay
from short_replays import replay_of

from crimson.dbg.errors import ParityError, ReplayProblem
from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.verify import verify_trace
from resimulated_capture import write_capture

MEMORY_LIMIT = 200
HINT = "(a capture needs its .crd beside it)"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An original of a few ticks and its `.crd`, as finalize writes them."""
    folder = tmp_path_factory.mktemp("made")
    write_capture(replay_of("rush", 5), folder / "run.jsonl")
    (run,) = finalize_capture(folder / "run.jsonl", folder).runs
    return Path(run.trace)


@pytest.fixture
def trace(made: Path, tmp_path: Path) -> Path:
    """A copy of both, to be damaged."""
    shutil.copy(made.with_suffix(".crd"), tmp_path / "run.crd")
    return Path(shutil.copy(made, tmp_path / "run.cdt"))


def refusal(trace: Path, replay: Path | None = None) -> str:
    """What record and verify say of a replay that cannot be used; neither gives a verdict or a file."""
    replay = replay or trace.with_suffix(".crd")
    out = trace.parent / "out.cdt"
    texts = set()
    for use in (
        lambda: verify_trace(trace, replay),
        lambda: record_replay(load_replay(replay), out),
    ):
        with pytest.raises(ParityError) as caught:
            use()
        texts.add(str(caught.value))
    (text,) = texts
    for command in (["verify", trace, "--replay", replay], ["record", replay, "--out", out]):
        outcome = crimson_dbg(*command)
        assert (outcome.code, outcome.out, outcome.message) == (2, "", f"error: {text}")
    assert not out.exists()
    assert not [path for path in trace.parent.iterdir() if path.name.startswith(".")]
    assert text.startswith(f"{replay}: ")
    return text.removeprefix(f"{replay}: ")


def test_the_good_one(trace: Path) -> None:
    assert verify_trace(trace).ok
    outcome = crimson_dbg("verify", trace)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"verified: {trace} against {trace.with_suffix('.crd')}, 5 ticks\n")
    outcome = crimson_dbg("record", trace.with_suffix(".crd"), "--out", trace.parent / "candidate.cdt")
    assert (outcome.code, outcome.out, outcome.err) == (
        0,
        f"recorded 5 ticks to {trace.parent / 'candidate.cdt'}\n",
        "",
    )


def test_a_missing_replay(trace: Path) -> None:
    replay = trace.with_suffix(".crd")
    replay.unlink()
    message = "cannot be read: No such file or directory"
    assert refusal(trace) == message
    # An original is never verified alone, whoever asks.
    with pytest.raises(ReplayProblem, match=r"a capture needs its \.crd beside it"):
        verify_trace(trace)
    outcome = crimson_dbg("verify", trace)
    assert (outcome.code, outcome.message) == (2, f"error: {replay}: {message} {HINT}")


def test_a_candidate_may_be_without_its_replay(trace: Path, tmp_path: Path) -> None:
    candidate = tmp_path / "other.cdt"
    record_replay(load_replay(trace.with_suffix(".crd")), candidate)
    report = verify_trace(candidate)
    assert (report.verdict, report.replay) == ("verified", "")
    # But when there is one, it counts.
    other = tmp_path / "other.crd"
    other.write_bytes(dump_replay(replay_of("rush", 4)))
    assert verify_trace(candidate).verdict == "contradicted"


def test_a_directory_a_pipe_and_a_device(trace: Path) -> None:
    replay = trace.with_suffix(".crd")
    replay.unlink()
    replay.mkdir()
    assert refusal(trace) == "cannot be read: it is a directory"
    outcome = crimson_dbg("verify", trace)
    assert (outcome.code, outcome.message) == (2, f"error: {replay}: cannot be read: it is a directory {HINT}")
    replay.rmdir()
    os.mkfifo(replay)
    assert refusal(trace) == "cannot be read: it is no regular file"
    assert refusal(trace, Path("/dev/zero")) == "cannot be read: it is no regular file"
    if UNREADABLE.exists():
        assert refusal(trace, UNREADABLE) == "cannot be read: Input/output error"


def test_a_foreign_replay(trace: Path) -> None:
    replay = trace.with_suffix(".crd")
    changes: dict[str, Callable[[], bytes]] = {
        "other mode": lambda: dump_replay(replay_of("survival", 5)),
        "other length": lambda: dump_replay(replay_of("rush", 6)),
    }
    for name, make in changes.items():
        replay.write_bytes(make())
        report = verify_trace(trace)
        assert report.verdict == "contradicted", name
        failed = {check.name: check.evidence for check in report.checks if not check.ok}
        assert failed["replay"].startswith("the trace is of run "), name
        assert "run.crd holds run " in failed["replay"], name
        outcome = crimson_dbg("verify", trace)
        assert (outcome.code, outcome.err) == (1, "")
        assert outcome.out.startswith(f"contradicted: {trace} against {replay}")
        assert "\n  FAIL replay " in outcome.out


@pytest.fixture(scope="module")
def payload() -> dict[str, msgspec.Raw]:
    data = zstandard.decompress(dump_replay(replay_of("rush", 5)))
    return msgspec.msgpack.decode(data, type=dict[str, msgspec.Raw])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("format_version", 35, "unsupported replay format version: 35"),
        ("format_version", 99, "unsupported replay format version: 99"),
        ("format_version", -1, "unsupported replay format version: -1"),
        ("format_version", "36", "Expected `int`, got `str`"),
        ("rules", 0, "rules must be at least 1"),
        ("rules", "2", "invalid replay payload"),
        ("game_version", "", "game_version must be non-empty"),
        ("game_version", 5, "invalid replay payload"),
        ("ticks", [], "replay must contain at least one tick"),
        ("ticks", None, "invalid replay payload"),
        ("ticks", [[[], []]], "4 bytes of ticks cannot hold the 1 it claims"),
        ("mood", 1, "invalid replay payload: Object contains unknown field `mood`"),
    ],
)
def test_a_replay_of_another_form(
    field: str,
    value: str | int | list[list[list[str]]],
    message: str,
    payload: dict[str, msgspec.Raw],
    trace: Path,
) -> None:
    raw = msgspec.Raw(msgspec.msgpack.encode(value))
    trace.with_suffix(".crd").write_bytes(zstandard.compress(msgspec.msgpack.encode({**payload, field: raw})))
    assert message in refusal(trace)


def test_a_replay_of_other_rules(payload: dict[str, msgspec.Raw], trace: Path) -> None:
    """The codec takes rules that this build does not know; the runtime refuses them, and verify sees them."""
    replay = trace.with_suffix(".crd")
    raw = msgspec.Raw(msgspec.msgpack.encode(3))
    replay.write_bytes(zstandard.compress(msgspec.msgpack.encode({**payload, "rules": raw})))
    outcome = crimson_dbg("record", replay, "--out", trace.parent / "out.cdt")
    assert (outcome.code, outcome.out) == (2, "")
    assert "refuses the replay before tick 0: " in outcome.message
    assert "rules" in outcome.message
    assert not (trace.parent / "out.cdt").exists()
    failed = {check.name: check.evidence for check in verify_trace(trace).checks if not check.ok}
    assert failed["run settings"] == "rules is 2 in the trace and 3 in the replay"


def test_a_replay_of_another_game_version(payload: dict[str, msgspec.Raw], trace: Path) -> None:
    replay = trace.with_suffix(".crd")
    raw = msgspec.Raw(msgspec.msgpack.encode("0.1.0"))
    replay.write_bytes(zstandard.compress(msgspec.msgpack.encode({**payload, "game_version": raw})))
    failed = {check.name: check.evidence for check in verify_trace(trace).checks if not check.ok}
    assert failed["game version"] == "the trace names 1.9.93, the replay 0.1.0"
    assert "replay" in failed
    # It can be recorded, since its format is right; the note says what it is.
    outcome = crimson_dbg("record", replay, "--out", trace.parent / "out.cdt")
    assert (outcome.code, outcome.err) == (0, "")
    assert "note: the replay names game version 0.1.0, this is " in outcome.out


def test_every_kind_of_bad_bytes(trace: Path) -> None:
    replay = trace.with_suffix(".crd")
    good = replay.read_bytes()
    inner = zstandard.decompress(good)
    for data, message in (
        (b"", "not a replay this game build reads: replay must use the zstd envelope"),
        (b"hello, I am a replay", "replay must use the zstd envelope"),
        (b"\x28\xb5\x2f\xfd", "invalid replay zstd payload"),
        (good + b"\0", "invalid replay zstd payload"),
        (good + good, "invalid replay zstd payload"),
        (zstandard.compress(b""), "damaged replay: Input data was truncated"),
        (zstandard.compress(b"\xc1"), "damaged replay: "),
        (zstandard.compress(b"\x80"), "damaged replay: Object missing required field `format_version`"),
        (zstandard.compress(b"\xa5hello"), "damaged replay: Expected `object`, got `str`"),
        (zstandard.compress(inner + b"\0"), "damaged replay: MessagePack data is malformed: trailing characters"),
        (zstandard.compress(inner[:-1]), "damaged replay: Input data was truncated"),
        (zstandard.compress(b"\x81\xa6header" + b"\x91" * 1_000_000), "damaged replay: "),
        (zstandard.compress(b"\x81\xaeformat_version" + b"\x91" * 1_000_000), "damaged replay: "),
        (zstandard.compress(inner.replace(b"1.9.93", b"1.9.\xff3")), "damaged replay: 'utf-8' codec"),
    ):
        replay.write_bytes(data)
        assert message in refusal(trace), data[:40]


def test_cuts_and_flips(trace: Path) -> None:
    replay = trace.with_suffix(".crd")
    good = replay.read_bytes()
    for size in range(0, len(good), 13):
        replay.write_bytes(good[:size])
        with pytest.raises(ReplayProblem):
            verify_trace(trace)
    for position in range(0, len(good), 13):
        replay.write_bytes(good[:position] + bytes([good[position] ^ (1 << position % 8)]) + good[position + 1 :])
        # zstd has no checksum here: what inflates to another replay is another run.
        assert crimson_dbg("verify", trace).code in (1, 2), position


@pytest.mark.parametrize("size", [1 << 26, 1 << 30], ids=["64M", "1G"])
def test_a_bomb(size: int, trace: Path) -> None:
    replay = trace.with_suffix(".crd")
    with replay.open("wb") as file, zstandard.ZstdCompressor().stream_writer(file, size=size) as stream:
        left = size
        while left:
            block = min(left, 1 << 22)
            stream.write(bytes(block))
            left -= block
    assert replay.stat().st_size < 200_000
    outcome, peak = measured("verify", trace)
    assert (outcome.code, outcome.out, peak < MEMORY_LIMIT) == (2, "", True), (outcome, peak)
    assert outcome.message.startswith(f"error: {replay}: ")


def test_a_bomb_of_values(trace: Path) -> None:
    """A payload of nothing but empty things takes many times its size once decoded."""
    count = 60_000_000
    payload = b"\x81\xa6header\xdd" + count.to_bytes(4, "big") + b"\x90" * count
    trace.with_suffix(".crd").write_bytes(zstandard.compress(payload))
    outcome, peak = measured("verify", trace)
    assert (outcome.code, peak < MEMORY_LIMIT) == (2, True), (outcome, peak)
    assert "missing required field `format_version`" in outcome.message


def test_a_file_too_long_to_be_one(trace: Path) -> None:
    replay = trace.with_suffix(".crd")
    with replay.open("r+b") as file:
        file.truncate(MAX_REPLAY_FILE_BYTES + 1)
    outcome, peak = measured("verify", trace)
    assert (outcome.code, peak < MEMORY_LIMIT) == (2, True), (outcome, peak)
    assert outcome.message == f"error: {replay}: longer than {MAX_REPLAY_FILE_BYTES} bytes, which no replay is"


def test_a_bomb_of_ticks(trace: Path) -> None:
    """Ticks without inputs take three bytes each, and the game's decoder two hundred."""
    replay = trace.with_suffix(".crd")
    payload = msgspec.msgpack.decode(zstandard.decompress(dump_replay(replay_of("rush", 2))))
    payload["ticks"] = [[[], []]] * 5_000_000
    replay.write_bytes(zstandard.compress(msgspec.msgpack.encode(payload)))
    outcome, peak = measured("verify", trace)
    assert (outcome.code, peak < MEMORY_LIMIT) == (2, True), (outcome, peak)
    assert "bytes of ticks cannot hold the 5000000 it claims" in outcome.message
