"""The cache of candidate traces: recorded once, never half, never too many, never trusted unread."""

from __future__ import annotations

import errno
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest
import synthetic
from capture_kit import Captures

from crimson.dbg import builds
from crimson.dbg.errors import ParityError
from crimson.dbg.locks import locked_now
from pytest_crimson_parity.cache import CacheProblem, Entry, TraceCache
from pytest_crimson_parity.python_candidate import PythonCandidate
from pytest_crimson_parity.recording import Extent, Goal, Order, Until, UntilDiverged

TICKS = 5
REPLAY = Path("some.crd")


def run_of(number: int = 0) -> str:
    """The fingerprint of a replay."""
    return f"{number:064x}"


class Recorder:
    """A candidate that writes made-up traces and counts them."""

    name = "made-up"

    def __init__(self, run: str, build: str | None = "1", ticks: int = TICKS) -> None:
        self.run = run
        self.build = build
        self.ticks = ticks
        self.recorded = 0
        # What the next recording turns out to be.
        self.extent: Extent = "whole"

    def identity(self) -> str | None:
        return self.build

    def record(self, order: Order) -> Extent:
        assert (order.replay, order.progress) == (REPLAY, None)
        assert not order.out.exists()
        self.recorded += 1
        synthetic.write_trace(order.out, self.ticks, about=synthetic.meta(replay=self.run))
        return self.extent

    def close(self) -> None:
        pass


class WaitingRecorder(Recorder):
    """Goes on only when it is told to."""

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self.started = threading.Event()
        self.go_on = threading.Event()

    def record(self, order: Order) -> Extent:
        self.started.set()
        assert self.go_on.wait(60)
        return super().record(order)


def look_up(cache: TraceCache, recorder: Recorder, goal: Goal = None) -> Entry:
    with cache.entry(recorder, REPLAY, recorder.run, None, goal) as entry:
        assert entry.path.is_file()
        return entry


def files(cache: TraceCache) -> list[str]:
    return sorted(path.suffix for path in cache.folder.glob("*/*"))


def cache_in(folder: Path, limit: int = 1 << 30, session: str = "session") -> TraceCache:
    return TraceCache(folder, limit, session)


@pytest.fixture
def cache(tmp_path: Path) -> TraceCache:
    return cache_in(tmp_path / "cache")


def test_an_entry_is_recorded_once(cache: TraceCache) -> None:
    recorder = Recorder(run_of())
    first, second = look_up(cache, recorder), look_up(cache, recorder)
    assert (first.recorded, second.recorded, recorder.recorded) == (True, False, 1)
    assert first.path == second.path
    assert files(cache) == [".cdt", ".lock"]


def test_another_build_or_run_is_another_entry(cache: TraceCache) -> None:
    recorders = [Recorder(run_of()), Recorder(run_of(), build="2"), Recorder(run_of(1))]
    # a candidate is one build in a run
    assert len({look_up(cache_in(cache.folder), recorder).path for recorder in recorders}) == 3
    assert [recorder.recorded for recorder in recorders] == [1, 1, 1]


def test_the_folder_asks_not_to_be_kept(cache: TraceCache) -> None:
    look_up(cache, Recorder(run_of()))
    assert (cache.folder / ".gitignore").read_text() == "*\n"
    assert (cache.folder / "CACHEDIR.TAG").read_text().startswith("Signature: ")


def test_a_folder_of_the_user_gets_nothing_but_traces(tmp_path: Path) -> None:
    look_up(cache_in(tmp_path), Recorder(run_of()))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["recording", "traces"]


def test_who_comes_while_it_is_recorded_gets_the_same(cache: TraceCache) -> None:
    recorder = WaitingRecorder(run_of())
    entries: list[Entry] = []
    threads = [threading.Thread(target=lambda: entries.append(look_up(cache, recorder))) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert recorder.started.wait(60)
    recorder.go_on.set()
    for thread in threads:
        thread.join(60)
    assert (len(entries), recorder.recorded) == (3, 1)
    assert sorted(entry.recorded for entry in entries) == [False, False, True]


KILLED = """
import os, signal, sys
from pathlib import Path
from crimson.dbg.atomic import atomic_file
from test_plugin_cache import REPLAY, Recorder, cache_in, run_of

class Dying(Recorder):
    def record(self, order):
        with atomic_file(order.out) as file:
            file.write(b"half a trace")
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)

with cache_in(Path(sys.argv[1])).entry(Dying(run_of()), REPLAY, run_of(), None):
    pass
"""


def test_a_killed_recorder_leaves_nothing_in_the_way(cache: TraceCache) -> None:
    path = os.pathsep.join(["tests", "tests/support", "scripts"])
    done = subprocess.run(
        [sys.executable, "-c", KILLED, cache.folder],
        env={**os.environ, "PYTHONPATH": path},
        cwd=Path(__file__).parent.parent,
    )
    assert done.returncode == -signal.SIGKILL
    assert files(cache) == [".lock", ".part"]
    # others make room without it
    look_up(cache, Recorder(run_of(1)))
    assert files(cache) == [".cdt", ".lock"]
    assert look_up(cache, Recorder(run_of())).recorded


def test_a_part_of_a_living_recorder_is_not_touched(cache: TraceCache) -> None:
    recorder = WaitingRecorder(run_of())
    thread = threading.Thread(target=look_up, args=(cache, recorder))
    thread.start()
    assert recorder.started.wait(60)
    (lock,) = (cache.folder / "traces").iterdir()
    part = cache.folder / "recording" / f".{lock.stem}.cdt.x.part"
    part.touch()
    look_up(cache, Recorder(run_of(1)))
    assert part.exists()
    assert lock.exists()
    recorder.go_on.set()
    thread.join(60)


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = cache_in(tmp_path / "cache")
    recorders = [Recorder(run_of(number)) for number in range(4)]
    paths = [look_up(cache, recorder).path for recorder in recorders[:3]]
    for age, path in zip((1, 3, 2), paths, strict=True):
        os.utime(path, (1e9 - age, 1e9 - age))
    look_up(cache, recorders[1])  # a use makes it the youngest
    small = cache_in(cache.folder, paths[0].stat().st_size * 7 // 2)
    newest = look_up(small, recorders[3]).path
    assert {path for path in [*paths, newest] if path.exists()} == {paths[0], paths[1], newest}
    assert files(cache) == [".cdt"] * 3 + [".lock"] * 3


def test_an_entry_in_use_stays(tmp_path: Path) -> None:
    cache = cache_in(tmp_path / "cache", 0)
    with ExitStack() as stack:
        held = [
            stack.enter_context(cache.entry(Recorder(run), REPLAY, run, None)).path for run in (run_of(0), run_of(1))
        ]
        assert all(path.exists() for path in held)
        with locked_now(held[0].with_suffix(".lock")) as free:
            assert not free
    # and goes with the next recording
    newest = look_up(cache, Recorder(run_of(2))).path
    assert [path.exists() for path in (*held, newest)] == [False, False, True]


@pytest.mark.parametrize("damage", [b"", b"text", b"\x89CDT\r\n\x1a\n"])
def test_an_entry_that_is_no_trace_is_recorded_again(cache: TraceCache, damage: bytes) -> None:
    recorder = Recorder(run_of())
    look_up(cache, recorder).path.write_bytes(damage)
    assert look_up(cache, recorder).recorded


def test_a_candidate_must_record_the_run_it_was_given(cache: TraceCache) -> None:
    with pytest.raises(ParityError, match="made no trace of this replay's run"):  # noqa: SIM117
        with cache.entry(Recorder(run_of(1)), REPLAY, run_of(0), None):
            pass
    assert files(cache) == [".lock"]


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = cache_in(tmp_path / "file" / "cache", 1)
    with pytest.raises(CacheProblem, match="--parity-cache"):
        look_up(cache, Recorder(run_of()))


def test_a_full_disk(cache: TraceCache) -> None:
    class Filling(Recorder):
        def record(self, order: Order) -> Extent:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(CacheProblem, match="No space left"):
        look_up(cache, Filling(run_of()))


def test_an_error_of_the_user_of_an_entry_passes_through(cache: TraceCache) -> None:
    with pytest.raises(FileNotFoundError), cache.entry(Recorder(run_of()), REPLAY, run_of(), None):
        raise FileNotFoundError(2, "not here", "elsewhere")


def test_a_part_of_a_run_never_passes_for_the_whole(cache: TraceCache) -> None:
    recorder = Recorder(run_of())
    recorder.extent = "until"
    first = look_up(cache, recorder, Until(4))
    assert (first.recorded, first.stopped) == (True, False)
    recorder.extent = "whole"
    assert look_up(cache, recorder).recorded
    # and the whole serves every part
    assert [look_up(cache, recorder, Until(last)).recorded for last in (4, 3, 9)] == [False] * 3
    assert recorder.recorded == 2


def test_a_longer_part_serves_a_shorter_one(cache: TraceCache) -> None:
    recorder = Recorder(run_of())
    recorder.extent = "until"
    longer = look_up(cache, recorder, Until(4))
    assert look_up(cache, recorder, Until(3)).path == longer.path
    recorder.ticks = 9
    assert look_up(cache, recorder, Until(8)).recorded
    assert recorder.recorded == 2


def test_a_part_that_ended_before_its_tick_is_not_recorded_again(cache: TraceCache) -> None:
    recorder = Recorder(run_of())
    recorder.extent = "until"
    assert [look_up(cache, recorder, Until(100)).recorded for _ in range(2)] == [True, False]


def test_a_stopped_recording_serves_its_comparison_only(cache: TraceCache, tmp_path: Path) -> None:
    original, other = tmp_path / "original.cdt", tmp_path / "other.cdt"
    original.write_bytes(b"one")
    other.write_bytes(b"two")
    recorder = Recorder(run_of())
    recorder.extent = "stopped"
    goals = [UntilDiverged(str(path), sustain, strict) for path in (original, other) for sustain, strict in RULES]
    entries = [look_up(cache, recorder, goal) for goal in goals]
    assert all(entry.stopped and entry.recorded for entry in entries)
    assert len({entry.path for entry in entries}) == 6
    # by content: the same original under another name
    other.write_bytes(b"one")
    assert [look_up(cache, recorder, goal).path for goal in goals[3:]] == [entry.path for entry in entries[:3]]
    # as far as it goes it is what the candidate does
    assert look_up(cache, recorder, Until(TICKS - 1)).path in [entry.path for entry in entries]
    recorder.extent = "whole"
    whole = look_up(cache, recorder)
    assert whole.recorded
    assert not whole.stopped
    found = look_up(cache, recorder, goals[0])
    assert (found.path, found.stopped) == (whole.path, False)


RULES = ((3, False), (2, False), (3, True))


def test_a_candidate_cannot_claim_to_have_stopped_unasked(cache: TraceCache) -> None:
    recorder = Recorder(run_of())
    recorder.extent = "stopped"
    with pytest.raises(ValueError, match="which it was not asked for"):
        look_up(cache, recorder)
    assert files(cache) == [".lock"]


def test_a_candidate_that_does_not_know_its_build_is_recorded_in_each_run(cache: TraceCache) -> None:
    recorder = Recorder(run_of(), build=None)
    assert [look_up(cache, recorder).recorded for _ in range(2)] == [True, False]
    another = cache_in(cache.folder, session="another")
    assert look_up(another, recorder).recorded
    look_up(cache_in(cache.folder), Recorder(run_of()))
    another.forget_session()
    assert files(cache) == [".cdt", ".cdt", ".lock", ".lock"]
    assert not look_up(cache, recorder).recorded
    cache.forget_session()
    assert files(cache) == [".cdt", ".lock"]


@pytest.mark.parametrize("name", ["sin", "cos", "tan", "atan2", "sqrt", "pow", "exp", "log"])
def test_another_c_library_makes_another_build(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    candidate = PythonCandidate(1.0)
    before = candidate.identity()
    assert candidate.identity() == before
    function: Callable[..., float] = getattr(math, name)
    monkeypatch.setattr(math, name, lambda *given: math.nextafter(function(*given), 9.0))
    assert candidate.identity() != before


def test_a_runtime_without_assertions_is_another_build(monkeypatch: pytest.MonkeyPatch) -> None:
    candidate = PythonCandidate(1.0)
    before = candidate.identity()
    monkeypatch.setattr(sys, "flags", SimpleNamespace(optimize=1))
    assert candidate.identity() != before


def test_any_file_of_the_game_makes_another_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    game = tmp_path / "crimson"
    monkeypatch.setattr(builds, "crimson", SimpleNamespace(__file__=str(game / "__init__.py")))
    found = set()
    for name in ("__init__.py", "fast.so", "quests/stock/1.1.quest", "../grim/filtering.glsl"):
        for text in ("1", "2"):
            (game / name).parent.mkdir(parents=True, exist_ok=True)
            (game / name).write_text(text)
            found.add(builds.build_identity.__wrapped__())
    assert len(found) == 8
    # what runs of it leave there, and where a wheel has the sources of this package
    for name in ("__pycache__/a.pyc", "dbg/zig_source/main.zig"):
        (game / name).parent.mkdir(parents=True)
        (game / name).touch()
    assert builds.build_identity.__wrapped__() in found


# The plugin with its cache


def test_a_second_run_records_nothing(captures: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    captures.cache = captures.pytester.path / "own-cache"
    first = captures.run("-k", "rush")
    first.assert_outcomes(passed=3, deselected=6)
    first.stdout.fnmatch_lines(["captures/rush.cdt *s"])
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    # pytest's own cache has nothing to do with it
    second = captures.run("-k", "rush", "--cache-clear")
    second.assert_outcomes(passed=3, deselected=6)
    second.stdout.fnmatch_lines(["captures/rush.cdt *s cached"])


def test_a_flipped_byte_in_an_entry_is_found_and_mended(captures: Captures) -> None:
    captures.cache = captures.pytester.path / "own-cache"
    captures.run("-k", "rush and parity").assert_outcomes(passed=1, deselected=8)
    (entry,) = captures.cache.glob("traces/*.cdt")
    whole = entry.read_bytes()
    # in the middle of the last chunk, which only its hash protects
    damaged = bytearray(whole)
    damaged[len(damaged) * 2 // 3] ^= 1
    entry.write_bytes(damaged)
    again = captures.run("-k", "rush and parity")
    again.assert_outcomes(passed=1, deselected=8)
    again.stdout.fnmatch_lines(["captures/rush.cdt *none *s"])
    assert entry.read_bytes() == whole


def test_where_the_cache_is(captures: Captures) -> None:
    captures.keep("rush")
    run = ("--parity=python", "captures", "-k", "parity", "-p", "no:hypothesispytest")
    captures.pytester.runpytest_inprocess(*run).assert_outcomes(passed=1, deselected=2)
    assert len(list(captures.pytester.path.glob(".crimson-parity/traces/*.cdt"))) == 1
    captures.pytester.makeini("[pytest]\nparity_cache_dir = of-the-ini")
    captures.pytester.runpytest_inprocess(*run).assert_outcomes(passed=1, deselected=2)
    assert len(list(captures.pytester.path.glob("of-the-ini/traces/*.cdt"))) == 1


def test_a_cache_that_cannot_be_used_is_an_error(captures: Captures) -> None:
    captures.cache = captures.pytester.path / "file"
    captures.cache.touch()
    result = captures.run("-k", "rush and parity")
    result.assert_outcomes(errors=1, deselected=8)
    result.stdout.fnmatch_lines(["the cache of candidate traces cannot be used: *", "  hint  *--parity-cache*"])
