"""Differential fuzzing: random runs, recorded by both candidates, compared to the last bit."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path

import msgspec
from crimson.replay.codec import dump_replay_file
from crimson.replay.types import Replay

from crimson.dbg.atomic import atomic_file, make_folder
from crimson.dbg.diff import Options, diff_traces
from crimson.dbg.errors import BadUsage, RecordRefused
from crimson.dbg.focus import focus_traces
from crimson.dbg.fuzz_plans import fuzz_plan
from crimson.dbg.record import record_replay
from crimson.dbg.render_focus import render_focus
from crimson.dbg.replay_plans import ReplayPlan, make_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.report import DiffReport, FuzzFinding, FuzzReport, to_json
from crimson.dbg.trace import TraceReader
from crimson.dbg.trace_coverage import Coverage, cover
from crimson.dbg.zig_record import CandidateDied, record_by_zig

_PYTHON, _ZIG = "python.cdt", "zig.cdt"
_STRICTLY = Options(sustain=1, strict=True)
# What `compare_candidates` raises for a run that one of them does not record.
_UNRECORDED = (CandidateDied, RecordRefused)


class FuzzOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to play: `runs` runs of a seed, each in one of the modes and of at most `ticks` ticks.

    A run of fewer than `least_ticks` ticks is compared as well, but another one is played in its place.
    """

    modes: tuple[str, ...]
    runs: int
    seed: int
    ticks: int
    jobs: int = 1
    least_ticks: int = 0


class _Played(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    run: int
    name: str
    ticks: int
    # What was found, empty for equal traces.
    problem: str
    first_bad_tick: int | None = None
    # Of both traces, where they are equal.
    coverage: Coverage = msgspec.field(default_factory=Coverage)


def fuzz(options: FuzzOptions, out: Path, progress: Callable[[int, int], None] | None = None) -> FuzzReport:
    """Play until the first run that differs, or to the end.

    What differs is kept in `out`: the replay cut to its shortest prefix that still differs, both traces of it, and the
    focus report. A run that a candidate does not record is kept as well. Raises `ParityError` when the program cannot
    be built, or `out` is no folder.
    """
    _require_folder(out)
    ticks = played = short = 0
    coverage = Coverage()
    finding = None
    for result in _results(options):
        ticks += result.ticks
        coverage.add(result.coverage)
        if result.problem:
            played += 1
            finding = _keep(options, result, out)
            break
        if result.ticks < options.least_ticks:
            short += 1
            continue
        played += 1
        if progress is not None:
            progress(played, options.runs)
        if played == options.runs:
            break
    return FuzzReport(options.modes, options.seed, played, short, ticks, coverage.report(), finding)


def _require_folder(out: Path) -> None:
    """Hours of play must not end with nowhere to keep the finding. A folder is made only for one."""
    there = next((part for part in (out, *out.parents) if part.exists()), None)
    if there is not None and not there.is_dir():
        raise BadUsage(out, f"cannot be a folder: {there} is a file", "name another with --out-dir")


def _results(options: FuzzOptions) -> Iterator[_Played]:
    """Without end, in the order of the runs, so that the finding is the same however many work on it."""
    play = partial(_play, options)
    if options.jobs == 1:
        yield from map(play, count())
        return
    with ProcessPoolExecutor(options.jobs) as pool:
        # One that takes long does not keep the others waiting.
        ahead = deque(pool.submit(play, run) for run in range(4 * options.jobs))
        try:
            for run in count(len(ahead)):
                yield ahead.popleft().result()
                ahead.append(pool.submit(play, run))
        finally:
            pool.shutdown(cancel_futures=True)


def _plan(options: FuzzOptions, run: int) -> ReplayPlan:
    return fuzz_plan(options.seed, run, options.modes, options.ticks)


def _play(options: FuzzOptions, run: int) -> _Played:
    plan = _plan(options, run)
    with tempfile.TemporaryDirectory(prefix="crimson-fuzz-") as scratch:
        replay = make_replay(plan)
        try:
            report = compare_candidates(replay, Path(scratch))
        except _UNRECORDED as problem:
            return _Played(run, plan.name, len(replay.ticks), str(problem))
        coverage = cover([Path(scratch) / _PYTHON])
    bad = report.first_bad_tick
    if bad is None and report.hidden:
        bad = report.hidden[0].first_tick
    return _Played(run, plan.name, len(replay.ticks), difference(report), bad, coverage)


def compare_candidates(replay: Replay, folder: Path) -> DiffReport:
    """Record by both, beside the replay, and compare: every tick, hidden state too.

    Raises `RecordRefused` where Python refuses the run, and `CandidateDied` where Zig does not record what Python does.
    """
    path = folder / "replay.crd"
    dump_replay_file(path, replay)
    expected, actual = folder / _PYTHON, folder / _ZIG
    record_replay(load_replay(path), expected)
    try:
        record_by_zig(path, actual)
    except RecordRefused as problem:
        raise CandidateDied("crimson-zig record", str(problem)) from None
    report = diff_traces(expected, actual, **_STRICTLY)
    with TraceReader(expected) as trace:
        if report.ok and report.ticks_compared != trace.tick_count:
            raise CandidateDied(path, f"compared {report.ticks_compared} of {trace.tick_count} ticks")
    return report


def difference(report: DiffReport) -> str:
    """What sets two traces apart, in a few words; empty when nothing does, hidden state included."""
    if not report.ok:
        return report.verdict
    return "hidden state differs" if report.hidden else ""


def _keep(options: FuzzOptions, found: _Played, out: Path) -> FuzzFinding:
    """Cut the run to what is needed to show the difference, and leave it with its reports."""
    replay = make_replay(_plan(options, found.run))
    folder = out / found.name
    make_folder(folder)
    bad = found.first_bad_tick
    shortest = _cut(replay, _ticks_to_die(replay) if bad is None else max(bad, 0) + 1)
    try:
        report = compare_candidates(shortest, folder)
    except _UNRECORDED as problem:
        return FuzzFinding(str(folder / "replay.crd"), found.run, len(shortest.ticks), str(problem), "")
    focus = focus_traces(folder / _PYTHON, folder / _ZIG, replay=folder / "replay.crd", **_STRICTLY)
    for name, text in (("focus.txt", render_focus(focus) + "\n"), ("focus.json", to_json(focus) + "\n")):
        with atomic_file(folder / name) as file:
            file.write(text.encode())
    lead = report.lead.brief if report.lead is not None else found.problem
    return FuzzFinding(str(folder / "replay.crd"), found.run, len(shortest.ticks), lead, str(folder / "focus.txt"))


def _ticks_to_die(replay: Replay) -> int:
    """How many ticks it takes until a candidate fails to record: what fails once fails with more ticks, too."""
    good, bad = 0, len(replay.ticks)
    while bad - good > 1:
        middle = (good + bad) // 2
        with tempfile.TemporaryDirectory(prefix="crimson-fuzz-") as scratch:
            try:
                compare_candidates(_cut(replay, middle), Path(scratch))
            except _UNRECORDED:
                bad = middle
            else:
                good = middle
    return bad


def _cut(replay: Replay, ticks: int) -> Replay:
    """The first ticks of a replay; its result is no longer that of the run, which nobody asks for here."""
    return msgspec.structs.replace(replay, ticks=replay.ticks[:ticks])
