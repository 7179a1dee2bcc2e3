"""What a sweep over many captures costs: cached, with one worker and with two, and in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from capture_kit import make_capture
from crimson.replay.codec import dump_replay_file

from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.trace import TraceReader
from crimson.dbg.trace_writer import copy_with_meta
from pytest_crimson_parity.python_candidate import PythonCandidate
from pytest_crimson_parity.recording import Order

CAPTURES = 100
_TICKS = 120


def make_captures(folder: Path) -> None:
    """Short captures of one set of ticks under distinct runs: their replays claim different results."""
    folder.mkdir()
    make_capture("rush", _TICKS, folder, to="base")
    base, replay = folder / "base.cdt", load_replay(folder / "base.crd").replay
    with TraceReader(base) as reader:
        meta = reader.meta
    for number in range(CAPTURES):
        path = folder / f"run{number:03}.crd"
        result = msgspec.structs.replace(replay.result, kills=1000 + number)
        dump_replay_file(path, msgspec.structs.replace(replay, result=result))
        copy_with_meta(base, path.with_suffix(".cdt"), msgspec.structs.replace(meta, source=load_replay(path).source))
    base.unlink()


def sweep(captures: Path, cache: Path, *given: str | Path) -> float:
    """Wall seconds of a parity run over them that must pass."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--parity=python",
        "-m",
        "parity",
        "-q",
        captures,
        "--parity-cache",
        cache,
    ]
    begin = time.perf_counter()
    done = subprocess.run([*command, *given], capture_output=True, text=True, check=False)
    if done.returncode or f"{CAPTURES} equal, 0 errors" not in done.stdout:
        raise RuntimeError(done.stdout + done.stderr)
    return time.perf_counter() - begin


def cached_items_per_second(captures: Path, cache: Path, log: Path) -> float:
    """How many items a second a process judges whose traces are all in the cache."""
    sweep(captures, cache, "-p", "no:xdist", "--report-log", log)
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    return CAPTURES / sum(entry["duration"] for entry in entries if entry.get("$report_type") == "TestReport")


def recorded_in_turns(replay: Path, work: Path, rounds: int) -> tuple[float, float]:
    """The least wall seconds of a recording by the recorder process, once it runs, and of one in this process."""
    loaded = load_replay(replay)
    candidate = PythonCandidate(limit=900)
    order = Order(replay, loaded.source.replay_sha256, work / "apart.cdt", goal=None, progress=None)
    candidate.record(order)
    pairs = [
        (_wall(lambda: candidate.record(order)), _wall(lambda: record_replay(load_replay(replay), work / "here.cdt")))
        for _ in range(rounds)
    ]
    candidate.close()
    apart, here = zip(*pairs, strict=True)
    return min(apart), min(here)


def _wall[T](action: Callable[[], T]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin
