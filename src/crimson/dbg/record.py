"""The Python recorder: re-simulates a replay without a display and streams its trace to a file."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Protocol

from crimson.game_version import current_replay_game_version
from crimson.replay.codec import ReplayCodecError
from crimson.replay.driver.playback_driver import (
    PlaybackDriver,
    PlaybackWalkObserver,
    ReplayRunnerError,
    RngTraceDraw,
)
from crimson.replay.types import current_platform
from crimson.sim.hooks import TickResult
from crimson.sim.run_result import run_result_mismatches
from crimson.sim.world_state import WorldState

from crimson.dbg.builds import build_identity
from crimson.dbg.capture_rows import ORIGINAL_VERSION
from crimson.dbg.columns import MAX_LOG_ROWS
from crimson.dbg.container import TICKS_PER_CHUNK
from crimson.dbg.errors import RecordRefused
from crimson.dbg.layout import TABLES
from crimson.dbg.records import RecordError
from crimson.dbg.replays import LoadedReplay
from crimson.dbg.runtime_sampler import RuntimeSampler, StaleDigests
from crimson.dbg.schema import SETUP_TICK, Producer, TraceMeta
from crimson.dbg.setup_draws import tracing_setup
from crimson.dbg.trace_writer import TraceWriter, writing_trace

type Progress = Callable[[int, int], None]
# How many ticks are buffered before the caller hears of progress.
_PROGRESS_TICKS = 128


class RecordWatcher(Protocol):
    """Looks on while a replay is recorded, and may end it early."""

    def tick(self, tick: int) -> None:
        """This tick is about to be played."""
        ...

    def chunk(self, first: int, last: int, raw: bytes) -> int | None:
        """These ticks were written, as these raw bytes: the last tick that is wanted, or None to go on.

        The set-up record (-1..-1) comes first. When it comes again, the recording has begun anew.
        """
        ...


# What a runtime that is being written raises: its own refusals, and the usual bugs.
_RUNTIME_ERRORS = (
    *(ReplayRunnerError, ValueError, ArithmeticError, LookupError, RuntimeError),
    *(AttributeError, TypeError, AssertionError, NameError, OSError),
)


@dataclass(frozen=True, slots=True)
class RecordReport:
    """What a recording found beside its trace."""

    ticks: int
    # Whether these are all ticks of the replay.
    complete: bool
    # Fields of the replay's recorded result that the re-simulation did not reach; empty for a prefix.
    result_mismatches: tuple[str, ...]
    # The build that recorded the replay, when it is another than this one.
    other_game_version: str


def record_notes(report: RecordReport) -> tuple[str, ...]:
    """What a user should know of a recording beside its ticks."""
    notes = []
    # The original's replays name the original, which is no news.
    if report.other_game_version not in ("", ORIGINAL_VERSION):
        notes.append(f"note: the replay names game version {report.other_game_version}, this is {game_version()}")
    if report.result_mismatches:
        notes.append(f"note: the replay's recorded result differs in {', '.join(report.result_mismatches)}")
    return tuple(notes)


def game_version() -> str:
    """The installed game's version and build, as it names itself in replays."""
    return current_replay_game_version()


def python_producer() -> Producer:
    """How this recorder names itself in a trace."""
    return Producer(
        kind="candidate",
        implementation="crimsonland",
        version=metadata.version("crimsonland"),
        platform=current_platform(),
        build=build_identity(),
    )


def record_replay(
    loaded: LoadedReplay,
    out: Path,
    *,
    until: int | None = None,
    progress: Progress | None = None,
    watcher: RecordWatcher | None = None,
) -> RecordReport:
    """Record a replay's trace, or its ticks up to and including `until`, or as far as the watcher wants.

    `RecordRefused` names the tick at which the runtime refuses the replay; then there is no file.
    `progress` is told the ticks done and in all, now and then.
    """
    total = len(loaded.replay.ticks)
    limit = total if until is None else min(total, until + 1)
    try:
        driver, ticks = _record(loaded, out, limit, progress, watcher, watch_all=False)
    except StaleDigests:
        driver, ticks = _record(loaded, out, limit, progress, watcher, watch_all=True)
    complete = ticks == total
    mismatches = run_result_mismatches(loaded.replay.result, driver.build_result()) if complete else []
    version = loaded.replay.game_version
    return RecordReport(ticks, complete, tuple(mismatches), "" if version == game_version() else version)


def _record(
    loaded: LoadedReplay,
    out: Path,
    limit: int,
    progress: Progress | None,
    watcher: RecordWatcher | None,
    *,
    watch_all: bool,
) -> tuple[PlaybackDriver, int]:
    with writing_trace(out, TraceMeta(python_producer(), loaded.source, None)) as writer:
        driver, setup_draws = _start(loaded)
        recorder = _Recorder(RuntimeSampler(driver.session, watch_all=watch_all), writer, limit, progress, watcher)
        _walk(loaded, driver, recorder, setup_draws)
    return driver, recorder.next_tick


def _walk(loaded: LoadedReplay, driver: PlaybackDriver, recorder: _Recorder, setup_draws: list[RngTraceDraw]) -> None:
    try:
        recorder.setup(setup_draws)
        # The limit may come nearer at the end of each chunk.
        while (begin := recorder.next_tick) < recorder.limit:
            stop = min(begin - begin % TICKS_PER_CHUNK + TICKS_PER_CHUNK, recorder.limit)
            driver.walk_ticks(start_tick=begin, stop_tick=stop, observer=recorder)
            if recorder.next_tick < stop:
                # A runtime may end a run before its replay does; that is for the comparison to say.
                break
        recorder.flush()
    except RecordError as problem:
        reason = f"the runtime made a value no trace can hold: {problem}"
        tick = None if problem.tick == SETUP_TICK else problem.tick
        raise RecordRefused(loaded.path, reason, tick=tick) from None
    except _TooMany as problem:
        if problem.tick == SETUP_TICK:
            raise RecordRefused(loaded.path, f"run set-up has more {problem.what} than a chunk can hold") from None
        words = f"ticks {recorder.chunk_start}..{problem.tick} have more {problem.what} than a chunk can hold"
        raise RecordRefused(loaded.path, words, tick=problem.tick) from None
    except _RUNTIME_ERRORS as problem:
        if recorder.sampling:
            # Not the runtime's doing but a fault of this recorder, which must not pass for a refusal.
            raise
        tick = recorder.next_tick
        words = f"the runtime refuses the replay at tick {tick}: {_reason(problem, tick)}"
        raise RecordRefused(loaded.path, words, tick=tick) from None


def _reason(problem: Exception, tick: int) -> str:
    """What the runtime says, and where it broke down when it does not say so itself."""
    # The driver's own messages already begin with the tick.
    told = str(problem).removeprefix(f"tick {tick}: ")
    if told and isinstance(problem, ReplayRunnerError | ReplayCodecError | ValueError):
        return told
    *_, frame = traceback.extract_tb(problem.__traceback__)
    return f"{type(problem).__name__}: {told} ({Path(frame.filename).name}:{frame.lineno})"


def _start(loaded: LoadedReplay) -> tuple[PlaybackDriver, list[RngTraceDraw]]:
    with tracing_setup() as draws:
        try:
            driver = PlaybackDriver(loaded.replay, trace_rng=True, warn_on_version_mismatch=False)
        except (ReplayCodecError, *_RUNTIME_ERRORS) as problem:
            words = f"the runtime refuses the replay before tick 0: {_reason(problem, SETUP_TICK)}"
            raise RecordRefused(loaded.path, words) from None
    return driver, draws


class _TooMany(Exception):
    """Rows of a log beyond what a chunk can hold, such as draws: a menu of perks can draw for as long as it likes."""

    def __init__(self, what: str, tick: int) -> None:
        super().__init__(what, tick)
        self.what = what
        self.tick = tick


class _Recorder(PlaybackWalkObserver):
    """Samples after each tick, and hands a chunk to the writer whenever one is full."""

    sampler: RuntimeSampler
    writer: TraceWriter
    limit: int
    report: Progress | None
    watcher: RecordWatcher | None
    next_tick: int = 0
    chunk_start: int = 0
    # The draws of the chunk so far.
    drawn: int = 0
    # Whether the code that runs is the recorder's own.
    sampling: bool = False

    def setup(self, draws: list[RngTraceDraw]) -> None:
        self.sampling = True
        self.sampler.setup(draws)
        self.write(SETUP_TICK, SETUP_TICK)
        self.sampling = False

    def before_tick(self, tick_index: int, world: WorldState, dt_tick: float) -> None:
        self.next_tick = tick_index
        if self.watcher is not None:
            # What it does to files is not the runtime's doing.
            self.sampling = True
            self.watcher.tick(tick_index)
            self.sampling = False
        self.sampler.reflex_boost_at_entry = world.state.bonuses.reflex_boost

    def rng_trace(self, tick_result: TickResult, draws: tuple[RngTraceDraw, ...]) -> None:
        self.sampling = True
        self.drawn += len(draws)
        if self.drawn > MAX_LOG_ROWS:
            # At once: a tick may never come to an end of them.
            raise _TooMany("draws", self.next_tick)
        self.sampler.tick(tick_result.tick_index, tick_result.payload, draws)

    def progress(self, next_tick_index: int) -> None:
        self.next_tick = next_tick_index
        if next_tick_index % TICKS_PER_CHUNK == 0:
            self.flush()
        if self.report is not None and (next_tick_index % _PROGRESS_TICKS == 0 or next_tick_index == self.limit):
            self.report(next_tick_index, self.limit)
        self.sampling = False

    def flush(self) -> None:
        self.sampling = True
        if self.next_tick > self.chunk_start:
            self.write(self.chunk_start, self.next_tick - 1)
            self.chunk_start = self.next_tick

    def write(self, first: int, last: int) -> None:
        tables = self.sampler.take()
        for table in TABLES:
            ticks = tables[table.name].ticks
            if not table.keyed and len(ticks) > MAX_LOG_ROWS:
                raise _TooMany(table.name.rpartition(".")[2].replace("_", " "), int(ticks[MAX_LOG_ROWS]))
        raw = self.writer.write_tables(tables, first, last)
        self.drawn = 0
        wanted = None if self.watcher is None else self.watcher.chunk(first, last, raw)
        if wanted is not None:
            self.limit = min(self.limit, max(wanted + 1, self.next_tick))
