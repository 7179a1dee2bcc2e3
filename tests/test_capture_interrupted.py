"""A capture whose target or host ends before its time: what came before is a trace, equal to the recording."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
import zstandard
from capture_faults import Scene, Scenes, accepted, kept, unchanged
from command import crimson_dbg
from standin_loop import DIE, raw_chunks, raw_text, save
from terminal import Terminal, in_terminal

from crimson.dbg.capture_lines import CaptureLines
from crimson.dbg.capture_rows import RunEnd, SessionEnd
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.original import capture_host
from crimson.dbg.original.capture_file import CaptureFile
from crimson.dbg.original.capture_host import CaptureProgress
from crimson.dbg.original.layout import known_layout
from crimson.dbg.standin import capture_replay, run

TICKS = 150
RATE = "100"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scenes(tmp_path_factory.mktemp("scenes"))("survival-2p-arms", TICKS)


@pytest.fixture
def replay(scene: Scene, tmp_path: Path) -> Path:
    return save(scene.replay, tmp_path / "run.crd")


# ------------------------------------------------------------------------------------------------- the target's end


def test_a_target_that_dies_within_a_tick(
    scene: Scene, replay: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = scene.until(70, bytes([DIE]))
    monkeypatch.setattr(capture_replay, "make_tape", lambda _replay, out, **_where: scene.edited(out, dying))
    outcome = crimson_dbg("standin", "run", replay, "--out-dir", tmp_path / "out", "--keep-raw")
    assert (outcome.code, outcome.err) == (1, "")
    # what Frida had not handed on yet is gone with the target
    ticks = kept(scene, tmp_path / "out" / "run.jsonl.zst")
    assert 0 < ticks <= 70
    assert (
        f"note: the target was killed or crashed; tick {ticks} and what may have followed is left out\n" in outcome.out
    )
    assert ends(tmp_path / "out" / "run.jsonl.zst") == ("left_gameplay", "target_exit")


def test_a_target_that_is_killed(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = started(monkeypatch)

    def kill(now: CaptureProgress) -> None:
        if now.tick == 40:
            found[0].kill()

    report = run.capture_tape(
        scene.edited(tmp_path / "run.tape", unchanged),
        tmp_path / "run.jsonl.zst",
        session_id="a test's",
        options=["--rate", RATE],
        progress=kill,
    )
    assert report.ended == "target_died"
    assert not report.ok
    assert 40 <= kept(scene, tmp_path / "run.jsonl.zst") == report.runs[0].ticks < TICKS
    assert ends(tmp_path / "run.jsonl.zst") == ("left_gameplay", "target_exit")


def test_a_target_that_freezes_does_not_hold_the_user(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C asks the target to let go; a second one does without its answer."""
    found = started(monkeypatch)
    wait = capture_host._Interrupt.lets

    def lets(interrupt: capture_host._Interrupt, stop: Callable[[], object]) -> bool:
        def pressed_again() -> None:
            threading.Timer(0, os.kill, (os.getpid(), signal.SIGINT)).start()
            stop()

        return wait(interrupt, pressed_again)

    def freeze(now: CaptureProgress) -> None:
        if now.tick == 40:
            found[0].send_signal(signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(capture_host._Interrupt, "lets", lets)
    report = run.capture_tape(
        scene.edited(tmp_path / "run.tape", unchanged),
        tmp_path / "run.jsonl.zst",
        session_id="a test's",
        options=["--rate", RATE],
        progress=freeze,
    )
    assert (report.ended, report.note) == ("stopped", "")
    assert kept(scene, tmp_path / "run.jsonl.zst") >= 40
    assert ends(tmp_path / "run.jsonl.zst") == ("stopped", "stopped")


def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The stand-in, once it was told to begin."""
    found: list[subprocess.Popen[bytes]] = []
    begin = run._begin

    def noting(process: subprocess.Popen[bytes]) -> None:
        found.append(process)
        begin(process)

    monkeypatch.setattr(run, "_begin", noting)
    return found


def ends(raw: Path) -> tuple[str, str]:
    """Why the capture's last run ended, and why the capture."""
    *_, run_end, session_end = [line.row for line in CaptureLines(raw)]
    assert isinstance(run_end, RunEnd)
    assert isinstance(session_end, SessionEnd)
    return run_end.reason, session_end.reason


# --------------------------------------------------------------------------------------------------- the host's end


def captured_in_terminal(replay: Path, act: Callable[[Terminal], None]) -> tuple[int, str, str]:
    """The exit code, output and message of a capture that something happens to."""
    words = ("standin", "run", replay, "--out-dir", replay.parent / "out", "--keep-raw", "--rate", RATE)
    with in_terminal(*words) as terminal:
        act(terminal)
        code, out = terminal.finish()
    return code, out, terminal.message.replace(str(replay.parent), "FOLDER")


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_a_capture_well(times: int, scene: Scene, replay: Path) -> None:
    def press(terminal: Terminal) -> None:
        terminal.tick(30)
        terminal.press_ctrl_c(times)

    code, out, message = captured_in_terminal(replay, press)
    assert (code, message) == (0, "")
    raw = replay.parent / "out" / "run.jsonl.zst"
    ticks = kept(scene, raw)
    assert 30 <= ticks < TICKS
    assert out.startswith(f"survival: {ticks} ticks, incomplete\n")
    assert "note" not in out
    assert ends(raw) == ("stopped", "stopped")


def test_a_host_that_is_killed(scene: Scene, replay: Path) -> None:
    """The first second's rows are in the file by then."""

    def kill(terminal: Terminal) -> None:
        terminal.tick(125)
        terminal.process.kill()

    code, _, _ = captured_in_terminal(replay, kill)
    assert code == -signal.SIGKILL
    (part,) = (replay.parent / "out").glob("*.part")
    assert part.name == "run.jsonl.zst.part"
    assert 0 < kept(scene, part) < TICKS


def test_a_disk_that_gets_full(scene: Scene, replay: Path) -> None:
    """Files may not grow any more from some tick on."""

    def fill(terminal: Terminal) -> None:
        terminal.tick(30)
        limit = resource.prlimit(terminal.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(terminal.process.pid, resource.RLIMIT_FSIZE, (20_000, limit[1]))

    code, out, message = captured_in_terminal(replay, fill)
    assert (code, out) == (2, "")
    part = "FOLDER/out/run.jsonl.zst.part"
    assert message.replace("\n", "") == (
        f"error: {part}: cannot be written: File too large "
        f"(all but the last second remains: crimson-dbg finalize {part} --out-dir DIR)"
    )
    assert 0 < kept(scene, replay.parent / "out" / "run.jsonl.zst.part") < TICKS


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None:
        pytest.skip("no mount here")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=160k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield disk
    finally:
        subprocess.run([unmount, disk], check=True)


def test_a_disk_that_is_small(scene: Scene, small_disk: Path, tmp_path: Path) -> None:
    tape = scene.edited(tmp_path / "run.tape", unchanged)
    with pytest.raises(CaptureProblem) as problem:
        run.capture_tape(tape, small_disk / "run.jsonl.zst", session_id="a test's")
    part = small_disk / "run.jsonl.zst.part"
    assert str(problem.value) == (
        f"{part}: cannot be written: No space left on device "
        f"(all but the last second remains: crimson-dbg finalize {part} --out-dir DIR)"
    )
    shutil.copy(part, tmp_path)
    assert 0 < kept(scene, tmp_path / part.name) < TICKS


# ---------------------------------------------------------------------------------------------------- the file itself


@pytest.fixture(scope="module")
def whole(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The capture of the scene."""
    folder = tmp_path_factory.mktemp("whole")
    accepted(scene.edited(folder / "run.tape", unchanged), folder)
    return folder / "run.jsonl.zst"


def test_rows_are_in_the_file_within_a_second(
    scene: Scene, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    rows = [line.row for line in CaptureLines(whole)]
    with CaptureFile(tmp_path / "run.jsonl.zst") as file:
        for row in rows[:60]:
            file.write(row)
        now = 1.0
        file.flush_if_due()
        for row in rows[60:70]:
            file.write(row)
        # as a killed host leaves it
        shutil.copy(file.part, tmp_path / "cut.jsonl.zst.part")
    # a session's and a run's start come before the ticks
    assert kept(scene, tmp_path / "cut.jsonl.zst.part") >= 58


def test_nothing_is_written_behind_a_gap(
    scene: Scene, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full for a moment: what comes after what was lost would make the rest unreadable."""
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    rows = [line.row for line in CaptureLines(whole)]
    with CaptureFile(tmp_path / "run.jsonl.zst") as file:
        for row in rows[:30]:
            file.write(row)
        now += 1
        file.flush_if_due()
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file.part.stat().st_size, limits[1]))
        now += 1
        with pytest.raises(CaptureProblem, match="File too large"):
            file.write(rows[30])
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        for row in rows[31:60]:
            with pytest.raises(CaptureProblem, match="File too large"):
                file.write(row)
    # the row that did not fit may have come in when the file was closed
    assert kept(scene, tmp_path / "run.jsonl.zst.part") in (28, 29)


def test_a_capture_that_was_cut_anywhere(scene: Scene, whole: Path, tmp_path: Path) -> None:
    """What is left of a whole row is had, and of a torn one nothing; the cut is told by its line."""
    data = whole.read_bytes()
    found = set()
    for place, size in enumerate((*range(0, len(data), len(data) // 40), len(data) - 1, len(data))):
        folder = tmp_path / str(place)
        folder.mkdir()
        name = "run.jsonl.zst.part" if place % 2 else "run.jsonl.zst"
        (folder / name).write_bytes(data[:size])
        try:
            report = finalize_capture(folder / name, folder / "kept")
        except CaptureProblem as problem:
            found.add(str(problem).replace(f"{folder / name}: ", ""))
            assert not (folder / "kept").exists() or not list((folder / "kept").iterdir())
            continue
        (only,) = report.runs
        assert Path(only.trace).name == "run.cdt"
        assert raw_chunks(Path(only.trace)) == scene.chunks(only.ticks)
        lines = raw_text_of(data[:size]).count(b"\n")
        assert only.ticks == min(max(lines - 2, 0), TICKS)
        torn = raw_text_of(data[:size]).rpartition(b"\n")[2]
        expected = [f"run 0 ends without run_end, after tick {only.ticks - 1}"] if lines < TICKS + 3 else []
        if torn:
            expected.append(f"line {lines + 1} was cut off after {len(torn)} bytes")
        elif lines < TICKS + 4:
            expected.append("the capture ends without session_end")
        assert list(report.tolerated) == expected
    assert found == {
        "the capture is empty (capture again)",
        "the capture holds no run with a whole tick (capture again)",
    }


def raw_text_of(data: bytes) -> bytes:
    """What can be had of cut compressed text."""
    return zstandard.ZstdDecompressor().decompressobj().decompress(data) if data else b""


# ------------------------------------------------------------------------------------------------- what is captured


@pytest.fixture
def harmless() -> Generator[subprocess.Popen[bytes]]:
    """A process that waits, and ends well if nothing was done to it."""
    with subprocess.Popen(
        [sys.executable, "-c", "print(1, flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.communicate(b"\n")
        assert process.returncode == 0


def test_another_executable(harmless: subprocess.Popen[bytes], tmp_path: Path) -> None:
    program = Path(f"/proc/{harmless.pid}/exe").resolve()
    outcome = crimson_dbg("capture", "--pid", str(harmless.pid), "--out", tmp_path / "new.jsonl.zst")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.message == (
        f"error: {program}: is not crimsonland.exe 1.9.93: it has {program.stat().st_size} bytes and SHA-256 "
        f"{hashlib.sha256(program.read_bytes()).hexdigest()}, expected SHA-256 "
        f"{known_layout().target.sha256} (nothing was hooked; start the build that the addresses were taken from)"
    )
    assert list(tmp_path.iterdir()) == []
    assert "frida" not in Path(f"/proc/{harmless.pid}/maps").read_text()


def refusal(tmp_path: Path, *words: str) -> str:
    before = sorted(tmp_path.rglob("*"))
    outcome = crimson_dbg("capture", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert sorted(tmp_path.rglob("*")) == before
    return outcome.message.replace(str(tmp_path), "FOLDER")


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (["--name", "nobody.exe"], "process nobody.exe: Frida says: unable to find process with name 'nobody.exe'"),
        (["--pid", "4194304"], "process 4194304: is not running"),
        ([], "process crimsonland.exe: Frida says: unable to find process with name 'crimsonland.exe'"),
        (["--spawn", "nothing.exe"], "nothing.exe: cannot be started: No such file or directory"),
        # a file, as it is called from here, and no command
        (["--spawn", "sh"], "sh: cannot be started: No such file or directory"),
        (["--spawn", "tests/conftest.py"], "tests/conftest.py: cannot be started: Permission denied"),
        (
            ["--name", "x", "--pid", "1"],
            "--name, --pid and --spawn: only one of them can choose the process",
        ),
    ],
)
def test_no_such_process(choice: list[str], message: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, *choice, "--out", str(tmp_path / "new.jsonl.zst")) == f"error: {message}"


def test_a_file_that_no_capture_can_be(harmless: subprocess.Popen[bytes], tmp_path: Path) -> None:
    (tmp_path / "there.jsonl.zst").touch()
    (tmp_path / "half.jsonl.zst.part").touch()
    (tmp_path / "folder.jsonl.zst").mkdir()
    taken = "exists, and a capture overwrites nothing (move it away, or name another file)"
    for name, message in {
        "new.cdt": "FOLDER/new.cdt: a capture is called NAME.jsonl.zst (name it so)",
        "there.jsonl.zst": f"FOLDER/there.jsonl.zst: {taken}",
        "half.jsonl.zst": f"FOLDER/half.jsonl.zst.part: {taken}",
        "folder.jsonl.zst": f"FOLDER/folder.jsonl.zst: {taken}",
        "there.jsonl.zst/a.jsonl.zst": "FOLDER/there.jsonl.zst/a.jsonl.zst: lies in a file, not in a folder",
    }.items():
        assert refusal(tmp_path, "--pid", str(harmless.pid), "--out", str(tmp_path / name)) == f"error: {message}"


def test_a_capture_makes_its_folder(whole: Path, tmp_path: Path) -> None:
    with CaptureFile(tmp_path / "deep" / "down" / "run.jsonl.zst") as file:
        for line in CaptureLines(whole):
            file.write(line.row)
        file.finish()
    assert raw_text(file.target) == raw_text(whole)
