"""The command line: what each subcommand prints and returns, and that bad usage ends in one message."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import synthetic
from command import Outcome, crimson_dbg
from crimson.replay.codec import dump_replay_file
from short_replays import replay_of
from synthetic import setting
from syrupy.assertion import SnapshotAssertion
from zig_records import assert_same_bytes

from crimson.dbg import container
from crimson.dbg.entry import main
from crimson.dbg.focus_report import FocusReport
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.report import (
    BisectReport,
    DiffReport,
    FinalizeReport,
    HealthReport,
    RecordSummary,
    RecoverReport,
    ReportPart,
    VerifyReport,
)
from crimson.dbg.zig_program import zig_program

COMMANDS = ("record", "diff", "bisect", "focus", "health", "verify", "recover", "finalize", "tick", "entity", "query")


@pytest.fixture(scope="module")
def stock(original: Path, raw_capture: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a capture, its original, traces that differ from it, and one that is cut."""
    folder = tmp_path_factory.mktemp("stock") / "stock"
    folder.mkdir()
    # that it is being built is told, but not in every run
    zig_program()
    shutil.copy(raw_capture, folder / "capture.jsonl")
    for suffix in (".cdt", ".crd"):
        shutil.copy(original.with_suffix(suffix), folder / f"original{suffix}")
    for name, change in {
        "other": setting("sim_state.players", "health", 149, lambda bits: bits ^ 1),
        "blip": setting("checkpoint", "kills", 9, lambda kills: kills + 1),
        "sick": setting("rng_stream", "caller", 40, lambda caller: 0),
    }.items():
        synthetic.rewrite(original, folder / f"{name}.cdt", change)
    synthetic.rewrite(original, folder / "set-up.cdt", setting("rng_stream", "caller", -1, lambda caller: caller + 5))
    record_replay(load_replay(original.with_suffix(".crd")), folder / "short.cdt", until=99)
    dump_replay_file(folder / "other.crd", replay_of("survival", 20))
    record_replay(load_replay(folder / "other.crd"), folder / "stranger.cdt")
    (folder / "cut.cdt").write_bytes(original.read_bytes()[:-9])
    return folder


@pytest.fixture
def place(stock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder, which is the current one."""
    copy = shutil.copytree(stock, tmp_path / "place")
    monkeypatch.chdir(copy)
    return copy


def shown(outcome: Outcome) -> list[str]:
    """An outcome for a snapshot, without what changes with the schema, the game's release or zstd's."""
    text = re.sub(r"[0-9]+ (draws|entity rows|slots|values|call sites|bytes)\b", r"N \1", outcome.out)
    text = re.sub(r"run [0-9a-f]{16}\b", "run HASH", text)
    return [f"exit code {outcome.code}", *text.splitlines(), *(f"err: {line}" for line in outcome.err.splitlines())]


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    "words",
    [
        "record original.crd --out new.cdt",
        "record original.crd --out new.cdt --until 9",
        "record original.crd --out new.cdt --until 999",
        "record original.crd --out new.cdt --candidate zig",
        "record original.crd --out new.cdt --until 9 --candidate zig",
        "diff original.cdt original.cdt",
        "diff original.cdt other.cdt",
        "diff original.cdt other.cdt --ticks 0:148",
        "diff original.cdt other.cdt --ticks 149:149",
        "diff original.cdt blip.cdt",
        "diff original.cdt blip.cdt --strict",
        "diff original.cdt blip.cdt --sustain 1",
        "diff original.cdt other.cdt --ulps 1",
        "bisect original.cdt original.cdt",
        "bisect original.cdt other.cdt",
        "bisect original.cdt short.cdt",
        "focus original.cdt original.cdt",
        "focus original.cdt other.cdt",
        "focus original.cdt other.cdt --ticks 140:149",
        "focus original.cdt other.cdt --ulps 1",
        "focus original.cdt short.cdt",
        "focus original.cdt set-up.cdt",
        "focus original.cdt blip.cdt",
        "focus original.cdt stranger.cdt",
        "health original.cdt",
        "health sick.cdt",
        "verify original.cdt",
        "verify other.cdt --replay original.crd",
        "recover cut.cdt --out whole.cdt",
        "finalize capture.jsonl --out-dir out",
    ],
)
def test_what_it_prints(words: str, snapshot: SnapshotAssertion) -> None:
    assert shown(crimson_dbg(*words.split())) == snapshot


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("record original.crd --out new.cdt", RecordSummary, 0),
        ("record original.crd --out new.cdt --candidate zig", RecordSummary, 0),
        ("diff original.cdt original.cdt", DiffReport, 0),
        ("diff original.cdt other.cdt", DiffReport, 1),
        ("bisect original.cdt original.cdt", BisectReport, 0),
        ("bisect original.cdt other.cdt", BisectReport, 1),
        ("focus original.cdt original.cdt", FocusReport, 0),
        ("focus original.cdt other.cdt", FocusReport, 1),
        ("focus original.cdt short.cdt", FocusReport, 1),
        ("focus original.cdt set-up.cdt", FocusReport, 1),
        ("health original.cdt", HealthReport, 0),
        ("health sick.cdt", HealthReport, 1),
        ("verify original.cdt", VerifyReport, 0),
        ("recover cut.cdt --out whole.cdt", RecoverReport, 0),
        ("finalize capture.jsonl --out-dir out", FinalizeReport, 0),
    ],
)
def test_json_is_the_report(words: str, kind: type[ReportPart], code: int) -> None:
    outcome = crimson_dbg(*words.split(), "--json")
    assert (outcome.code, outcome.err) == (code, "")
    report = msgspec.json.decode(outcome.out, type=kind)
    # The report's own fields in order, and nothing else.
    assert msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n" == outcome.out


@pytest.mark.usefixtures("place")
def test_both_ways_to_a_diff_say_the_same() -> None:
    """A diff without options does not pass through the command line library."""
    for pair in (("original.cdt", "other.cdt"), ("original.cdt", "original.cdt"), ("original.cdt", "absent.cdt")):
        assert crimson_dbg("diff", *pair) == crimson_dbg("diff", *pair, "--sustain", "3")


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("diff original.cdt other.cdt --sustain 0", "--sustain: 0 ticks; at least 1 is needed"),
        ("diff original.cdt other.cdt --sustain -1", "--sustain: -1 ticks; at least 1 is needed"),
        ("diff original.cdt other.cdt --ulps -1", "--ulps: -1 steps; it is a distance, 0 for none"),
        ("bisect original.cdt other.cdt --ticks 5", "--ticks: '5' is no window"),
        ("bisect original.cdt absent.cdt", "absent.cdt: cannot be read: No such file or directory"),
        ("focus original.cdt other.cdt --ticks 150:151", "--ticks: 150:151 reaches behind the end of original.cdt"),
        ("focus original.cdt cut.cdt", "cut.cdt: the trace ends early"),
        ("focus original.cdt other.cdt --replay absent.crd", "absent.crd: cannot be read: No such file or directory"),
        ("focus original.cdt other.cdt --replay other.crd", "other.crd: holds another run than the traces"),
        ("focus original.cdt original.cdt --replay other.crd", "other.crd: holds another run than the traces"),
        ("diff original.cdt other.cdt --ticks 5", "--ticks: '5' is no window; write it as FIRST:LAST, such as 840:863"),
        ("diff original.cdt other.cdt --ticks 5:", "--ticks: '5:' is no window"),
        ("diff original.cdt other.cdt --ticks a:b", "--ticks: 'a:b' is no window"),
        ("diff original.cdt other.cdt --ticks 1:2:3", "--ticks: '1:2:3' is no window"),
        ("diff original.cdt other.cdt --ticks -1:3", "--ticks: '-1:3' is no window"),
        ("diff original.cdt other.cdt --ticks ٣:٤", "--ticks: '٣:٤' is no window"),
        (f"diff original.cdt other.cdt --ticks 0:{'9' * 5000}", "--ticks: '0:999"),
        ("diff original.cdt other.cdt --ticks 9:5", "--ticks: 9:5 is no window; the first tick must not come after"),
        ("diff original.cdt other.cdt --ticks 150:151", "--ticks: 150:151 reaches behind the end of original.cdt"),
        ("diff original.cdt other.cdt --ticks 140:150", "--ticks: 140:150 reaches behind the end of original.cdt"),
        ("diff short.cdt original.cdt --ticks 100:101", "--ticks: 100:101 reaches behind the end of short.cdt"),
        ("diff original.cdt absent.cdt", "absent.cdt: cannot be read: No such file or directory"),
        ("diff absent.cdt original.cdt", "absent.cdt: cannot be read: No such file or directory"),
        (
            "diff original.cdt capture.jsonl",
            "capture.jsonl: this is no .cdt trace but a raw capture (`crimson-dbg finalize` makes",
        ),
        (
            "diff original.cdt original.crd",
            "original.crd: this is no .cdt trace but a .crd replay (`crimson-dbg record` makes",
        ),
        ("diff original.cdt cut.cdt", "cut.cdt: the trace ends early"),
        (
            "tick original.cdt -2",
            "N: '-2' is no tick; write a number such as 840, or setup for the state before tick 0",
        ),
        ("record original.crd --out other.crd", "other.crd: is a .crd replay, which no trace overwrites"),
        ("record original.crd --out capture.jsonl", "capture.jsonl: is a raw capture, which no trace overwrites"),
        ("recover cut.cdt --out other.crd", "other.crd: is a .crd replay, which no trace overwrites"),
        ("health absent.cdt", "absent.cdt: cannot be read: No such file or directory"),
        ("health .", ".: cannot be read: it is a directory"),
        ("health cut.cdt", "(`crimson-dbg recover` can rebuild its index)"),
        ("verify .", ".: cannot be read: it is a directory"),
        ("verify /", "/: cannot be read: it is a directory"),
        ("verify ..", "..: cannot be read: it is a directory"),
        ("verify original.cdt --replay absent.crd", "absent.crd: cannot be read: No such file or directory"),
        ("verify original.cdt --replay original.cdt", "original.cdt: this is no replay but a .cdt trace"),
        ("verify cut.cdt", "cut.cdt: the trace ends early"),
        ("recover original.cdt --out whole.cdt", "original.cdt: the trace is whole; there is nothing to recover"),
        ("recover cut.cdt --out cut.cdt", "cut.cdt: recover does not overwrite the damaged file"),
        ("recover absent.cdt --out whole.cdt", "absent.cdt: cannot be read: No such file or directory"),
        ("record absent.crd --out new.cdt", "absent.crd: cannot be read: No such file or directory"),
        ("record original.cdt --out new.cdt", "original.cdt: this is no replay but a .cdt trace"),
        ("record capture.jsonl --out new.cdt", "capture.jsonl: this is no replay but a raw capture"),
        ("record original.crd --out original.crd", "original.crd: a recording does not overwrite its replay"),
        ("record original.crd --out new.cdt --until -1", "--until: there is no tick -1; ticks count from 0"),
        ("record original.crd --out new.cdt --candidate c", "--candidate: there is no candidate 'c'"),
        (
            "record original.crd --out original.cdt",
            "original.cdt: is a trace of the original, which nothing overwrites",
        ),
        ("record original.crd --out original.cdt --candidate zig", "original.cdt: is a trace of the original"),
        ("record original.crd --out cut.cdt", "cut.cdt: is a trace of the original"),
        ("recover cut.cdt --out original.cdt", "original.cdt: is a trace of the original, which nothing overwrites"),
        ("record absent.crd --out new.cdt --candidate zig", "absent.crd: cannot be read: No such file or directory"),
        ("record original.cdt --out new.cdt --candidate zig", "not a replay this build reads: it is a .cdt trace"),
        ("record original.crd --out . --candidate zig", ".: cannot be written: it is a directory"),
        ("record original.crd --out original.cdt/x.cdt --candidate zig", "original.cdt: cannot be written to: "),
        ("record original.crd --out original.crd --candidate zig", "original.crd: a recording does not overwrite"),
        ("record original.crd --out .", ".: cannot be written: it is a directory"),
        (
            "record original.crd --out original.cdt/x.cdt",
            "original.cdt: cannot be written to: it, or a part of its path",
        ),
        (
            "record original.crd --out original.cdt/x/y",
            "original.cdt/x: cannot be written to: it, or a part of its path",
        ),
        ("record original.crd --out /dev/null", "/dev/null: cannot be written: it is no regular file"),
        ("finalize absent.jsonl --out-dir out", "absent.jsonl: cannot be read: No such file or directory"),
        ("finalize original.cdt --out-dir out", "original.cdt: this is no raw capture but a .cdt trace"),
        ("finalize original.crd --out-dir out", "original.crd: this is no raw capture but a .crd replay"),
        (
            "finalize capture.jsonl --out-dir original.cdt",
            "original.cdt: cannot be written to: it, or a part of its path",
        ),
    ],
)
def test_bad_usage(words: str, message: str) -> None:
    before = sorted(path.name for path in Path().iterdir())
    contents = {name: Path(name).read_bytes() for name in before if Path(name).is_file()}
    outcome = crimson_dbg(*words.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.message.startswith("error: ")
    assert message in outcome.message
    assert sorted(path.name for path in Path().iterdir()) == before
    assert contents == {name: Path(name).read_bytes() for name in contents}
    assert crimson_dbg(*words.split(), "--json") == outcome


@pytest.mark.parametrize(
    "words",
    [
        "dance",
        "--dance",
        *COMMANDS,
        *(f"{command} a b c d" for command in COMMANDS),
        *(f"{command} a --dance" for command in COMMANDS),
        "diff a",
        "diff a b --sustain x",
        "diff a b --sustain 1.5",
        "diff a b --ticks",
        "record a --out",
        "record a --out b --until x",
        "record a --out b --until 99999999999999999999x",
    ],
)
def test_usage_that_the_library_refuses(words: str) -> None:
    outcome = crimson_dbg(*words.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert "Usage: crimson-dbg" in outcome.err or outcome.message.endswith(" requires an argument.")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(command: str) -> None:
    outcome = crimson_dbg(*command.split(), "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Usage: crimson-dbg")
    assert not command or "--json" in outcome.out


def test_versions() -> None:
    outcome = crimson_dbg("--version")
    assert (outcome.code, outcome.err) == (0, "")
    assert re.fullmatch(r"crimson-dbg [0-9.]+, crimsonland 0\.22\.[0-9]+, trace format 1\n", outcome.out)


def test_names_that_are_not_utf_8() -> None:
    name = os.fsdecode(b"\xff.cdt")
    for words in (["health", name], ["diff", name, name], ["finalize", name, "--out-dir", name], [name]):
        outcome = crimson_dbg(*words)
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.message == "error: '\\udcff.cdt': the name is not UTF-8 (rename the file)"


def test_names_that_the_locale_cannot_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "ascii")
    message = "error: 'r\\udcc3\\udcbcsh.cdt': the name is not ASCII (set PYTHONUTF8=1)"
    assert crimson_dbg("health", "r\udcc3\udcbcsh.cdt").message == message


def test_names_that_the_output_cannot_show(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ü.cdt", "✓ 🎯.cdt"):
        (place / "other.cdt").rename(place / name)
        shutil.copy(place / name, place / "other.cdt")
        for options in ([], ["--json", "--strict"]):
            out = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
            monkeypatch.setattr(sys, "stdout", out)
            monkeypatch.setattr(sys, "argv", ["crimson-dbg", "diff", "original.cdt", name, *options])
            with pytest.raises(SystemExit, match="1"):
                main()
            text = out.buffer.getvalue().decode("latin-1")
            shown = name if name.isascii() or name == "ü.cdt" else "\\u2713 \\ud83c\\udfaf.cdt"
            assert shown in text
            assert not options or msgspec.json.decode(text.encode(), type=DiffReport).actual.path == name


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("words", ["diff original.cdt original.cdt", "health original.cdt"])
def test_a_closed_output(words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["crimson-dbg", *words.split()])
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit, match="2"):
        main()
    assert capsys.readouterr().err == "error: standard output: is closed, and the report goes there\n"


@pytest.mark.usefixtures("place")
def test_a_closed_stream_for_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["crimson-dbg", "health", "absent.cdt"])
    monkeypatch.setattr(sys, "stderr", None)
    with pytest.raises(SystemExit, match="2"):
        main()


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("words", ["diff original.cdt original.cdt", "diff original.cdt original.cdt --strict"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_being_asked_to_end(number: signal.Signals, code: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    monkeypatch.setattr(container, "read_footer", lambda *_: signal.raise_signal(number))
    outcome = crimson_dbg(*words.split())
    assert outcome == Outcome(code, "", "")
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers


@pytest.mark.parametrize(
    "words",
    ["record original.crd --out new.cdt", "finalize capture.jsonl --out-dir .", "recover cut.cdt --out new.cdt"],
)
def test_being_asked_to_end_while_it_writes(words: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(path.name for path in place.iterdir())
    monkeypatch.setattr(container.ChunkPacker, "pack", lambda *_: signal.raise_signal(signal.SIGTERM))
    outcome = crimson_dbg(*words.split())
    assert outcome == Outcome(143, "", "")
    assert sorted(path.name for path in place.iterdir()) == before


def test_names_of_any_other_kind(original: Path, tmp_path: Path) -> None:
    for name in ("with space.cdt", "ünïcode ✓.cdt", "new\nline.cdt", "[bold]x.cdt", "-dash.cdt", "{brace}.cdt"):
        path = tmp_path / name
        shutil.copy(original, path)
        shutil.copy(original.with_suffix(".crd"), path.with_suffix(".crd"))
        assert crimson_dbg("verify", path).code == 0
        outcome = crimson_dbg("health", path, "--json")
        assert msgspec.json.decode(outcome.out, type=HealthReport).trace == str(path)
        path.write_bytes(b"")
        outcome = crimson_dbg("diff", path, path)
        assert (outcome.code, outcome.err) == (2, f"error: {path}: the file is empty (record or finalize it again)\n")
    long = tmp_path / ("x" * 300)
    assert crimson_dbg("health", long).message == f"error: {long}: cannot be read: File name too long"
    assert "File name too long" in crimson_dbg("record", original.with_suffix(".crd"), "--out", long).message


# A process of its own


def in_process(*words: str, before: Callable[[], None] | None = None, stdout: int | None = None) -> Outcome:
    code = "from crimson.dbg.entry import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        preexec_fn=before,
    )
    return Outcome(found.returncode, found.stdout or "", found.stderr)


def _small_files() -> None:
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are a matter of Unix")
@pytest.mark.parametrize(
    "words",
    [
        "record original.crd --out new.cdt",
        "record original.crd --out new.cdt --candidate zig",
        "recover cut.cdt --out new.cdt",
        "finalize capture.jsonl --out-dir .",
    ],
)
def test_a_disk_that_is_full(words: str, place: Path) -> None:
    """Files may not grow beyond 4 KiB, which a full disk looks like too."""
    before = sorted(path.name for path in place.iterdir())
    outcome = in_process(*words.split(), before=_small_files)
    assert (outcome.code, outcome.out) == (2, ""), outcome
    assert outcome.message.startswith("error: ")
    assert outcome.message.endswith(": cannot be written: File too large (nothing was left there)")
    assert sorted(path.name for path in place.iterdir()) == before


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "extra"),
    [("standin run original.crd --out-dir out", "standin"), ("capture --out new.jsonl.zst --pid 1", "capture")],
)
def test_frida_is_missing(words: str, extra: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "frida", None)
    before = sorted(path.name for path in place.iterdir())
    hint = f"(pip install 'pytest-crimson-parity[{extra}]')"
    assert crimson_dbg(*words.split()).message == f"error: capturing: needs Frida {hint}"
    assert sorted(path.name for path in place.iterdir()) == before


def test_a_standin_that_cannot_start_leaves_no_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "toaster")
    outcome = crimson_dbg("standin", "run", "original.crd", "--out-dir", "new/out")
    assert (outcome.code, "runs on Linux x86-64 only" in outcome.message) == (2, True)
    assert not (place / "new").exists()


@pytest.mark.usefixtures("place")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("words", ["diff original.cdt original.cdt", "health original.cdt --json"])
def test_output_that_cannot_be_written(words: str) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with contextlib.closing(os.fdopen(full)):
        outcome = in_process(*words.split(), stdout=full)
    assert (outcome.code, outcome.err) == (2, "error: standard output: No space left on device\n")


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("words", ["diff original.cdt other.cdt", "health original.cdt"])
def test_output_that_nobody_reads(words: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    outcome = in_process(*words.split(), stdout=writer)
    os.close(writer)
    assert (outcome.code, outcome.err) == (141, "")


def test_both_candidates_record_the_same(place: Path) -> None:
    for candidate in ("python", "zig"):
        words = ["--out", f"new/{candidate}.cdt", "--candidate", candidate, "--until", str(1 << 70)]
        assert crimson_dbg("record", "original.crd", *words).code == 0
    assert assert_same_bytes(place / "new/python.cdt", place / "new/zig.cdt") > 100


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission(place: Path) -> None:
    locked = place / "locked"
    locked.mkdir(mode=0o500)
    for words in ("record original.crd --out locked/new.cdt", "finalize capture.jsonl --out-dir locked/out"):
        outcome = crimson_dbg(*words.split())
        assert (outcome.code, outcome.out) == (2, "")
        assert "Permission denied" in outcome.message
