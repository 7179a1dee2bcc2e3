"""Finalize: a raw capture becomes, run by run, an original trace and the replay that reproduces it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crimson.replay.types import ReplayTick

from crimson.dbg import capture_replay
from crimson.dbg.atomic import atomic_file, made_folder
from crimson.dbg.capture_checks import RunChecks
from crimson.dbg.capture_lines import CaptureLines, Line
from crimson.dbg.capture_rows import (
    CAPTURE_FORMAT_VERSION,
    CapturedResult,
    CapturedTick,
    RunEnd,
    RunStart,
    SessionEnd,
    SessionStart,
)
from crimson.dbg.columns import CodecError
from crimson.dbg.errors import BadUsage, CaptureProblem, ParityError
from crimson.dbg.overwriting import finalized, require_only_of
from crimson.dbg.records import RecordError
from crimson.dbg.replays import parse_replay
from crimson.dbg.report import FinalizedRun, FinalizeReport
from crimson.dbg.schema import CaptureOrigin, Producer, RunSettings, TickRecord, TraceMeta, TraceSource
from crimson.dbg.trace_writer import copy_with_meta, writing_trace

_NO_RUN = RunSettings(
    mode_id=0, seed=0, player_count=1, rules=0, preserve_bugs=False, hardcore=False, friendly_fire=False, quest=""
)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A run whose ticks are in a provisional trace, since its replay is known only at its end."""

    start: RunStart
    trace: Path
    replay: bytes
    source: TraceSource
    ticks: int


def finalize_capture(capture: Path, out_dir: Path, *, name: str | None = None) -> FinalizeReport:
    """Write `NAME.cdt` and `NAME.crd` for the capture's run, or `NAME-run2.cdt` and so on for several.

    Raises `CaptureProblem` for the first row that breaks the contract; then no file is written. A last line that was
    cut off, and rows that are missing at the end, are tolerated and reported. What was made of the same capture before
    is replaced; `BadUsage` names what else is in its place.
    """
    stem = name or re.sub(r"\.jsonl(\.zst)?(\.part)?$", "", capture.name)
    lines = CaptureLines(capture)
    rows = iter(lines)
    session = _session_start(lines, next(rows, None))
    require_only_of(session.session_id, out_dir, stem)
    with _staging(out_dir, stem) as staging:
        drafts: list[_Draft] = []
        tolerated: list[str] = []
        _read_runs(lines, rows, session, staging, drafts, tolerated)
        if not drafts:
            raise CaptureProblem(capture, "the capture holds no run with a whole tick", "capture again")
        runs = []
        for position, draft in enumerate(drafts, 1):
            target = stem if position == 1 else f"{stem}-run{position}"
            meta = _meta(session, draft.start, draft.source, lines.sha256, tuple(tolerated))
            copy_with_meta(draft.trace, staging / f"{target}.cdt", meta)
            with atomic_file(staging / f"{target}.crd") as file:
                file.write(draft.replay)
            draft.trace.unlink()
            runs.append(FinalizedRun(str(out_dir / f"{target}.cdt"), str(out_dir / f"{target}.crd"), draft.ticks))
        more = [path for path in finalized(out_dir, stem) if not (staging / path.name).exists()]
        if more:
            raise BadUsage(more[0], f"was made of this capture, which has {len(runs)} run(s) now", "move it away")
        _publish(staging, out_dir)
    return FinalizeReport(str(capture), tuple(runs), tuple(tolerated))


@contextmanager
def _staging(out_dir: Path, stem: str) -> Generator[Path]:
    """A folder in `out_dir` for what is not whole yet; it is gone afterwards."""
    with made_folder(out_dir):
        try:
            folder = tempfile.TemporaryDirectory(prefix=f".{stem}.", suffix=".part", dir=out_dir)
        except OSError as problem:
            raise ParityError(out_dir, f"cannot be written: {problem.strerror}") from None
        with folder:
            yield Path(folder.name)


def _publish(staging: Path, out_dir: Path) -> None:
    """Give the staged files their places."""
    for file in sorted(staging.iterdir()):
        try:
            file.replace(out_dir / file.name)
        except OSError as problem:
            raise ParityError(out_dir / file.name, f"cannot be written: {problem.strerror}") from None


def _read_runs(
    lines: CaptureLines,
    rows: Iterator[Line],
    session: SessionStart,
    staging: Path,
    drafts: list[_Draft],
    tolerated: list[str],
) -> None:
    ended = False
    for line in rows:
        where = f"{lines.path}: line {line.number}"
        if ended:
            raise CaptureProblem(where, f"a {_event(line.row)} row after session_end, which must be the last")
        match line.row:
            case RunStart() as start:
                if start.run_id != len(drafts):
                    raise CaptureProblem(where, f"run_id is {start.run_id}, expected {len(drafts)}")
                draft = _read_run(lines, rows, session, line.number, start, staging, tolerated)
                if draft is not None:
                    drafts.append(draft)
            case SessionEnd():
                ended = True
            case other:
                raise CaptureProblem(where, f"a {_event(other)} row outside a run; expected run_start or session_end")
    if lines.truncated:
        tolerated.append(lines.truncated)
    elif not ended:
        tolerated.append("the capture ends without session_end")


def _event(row: SessionStart | RunStart | CapturedTick | RunEnd | SessionEnd) -> str:
    return str(row.__struct_config__.tag)


def _session_start(lines: CaptureLines, line: Line | None) -> SessionStart:
    if line is None:
        raise CaptureProblem(lines.path, "the capture is empty", "capture again")
    if not isinstance(line.row, SessionStart):
        raise CaptureProblem(f"{lines.path}: line 1", f"a {_event(line.row)} row; the first must be session_start")
    version = line.row.capture_format_version
    if version != CAPTURE_FORMAT_VERSION:
        raise CaptureProblem(
            f"{lines.path}: line 1",
            f"capture format version {version}; this build reads version {CAPTURE_FORMAT_VERSION}",
            "capture again with this build's agent",
        )
    return line.row


def _read_run(
    lines: CaptureLines,
    rows: Iterator[Line],
    session: SessionStart,
    number: int,
    start: RunStart,
    staging: Path,
    tolerated: list[str],
) -> _Draft | None:
    """Stream a run's ticks to a provisional trace and its inputs to a replay; None when the capture ends before any."""
    run = f"run {start.run_id}"
    checks = RunChecks(lines.path, number, start)
    ticks: list[ReplayTick] = []
    last: TickRecord | None = None
    result: CapturedResult | None = None
    trace = staging / f"{run}.draft"
    try:
        with writing_trace(trace, _meta(session, start, TraceSource("", "", _NO_RUN), "", ())) as writer:
            writer.append(start.setup)
            for line in rows:
                where = f"{lines.path}: line {line.number}"
                match line.row:
                    case CapturedTick() as tick:
                        checks.see(line.number, tick)
                        writer.append(tick.record)
                        # The rows are large; a replay needs only inputs and commands.
                        ticks.append(capture_replay.captured_input(tick))
                        last = tick.record
                    case RunEnd() as end:
                        checks.require_run(where, end.run_id)
                        if last is None:
                            raise CaptureProblem(where, f"{run} ends without a tick")
                        result = end.result
                        break
                    case other:
                        raise CaptureProblem(where, f"a {_event(other)} row inside {run}; expected tick or run_end")
    except RecordError as problem:
        # Rows are stored some ticks after they were read; those of a run follow its first row line by line.
        raise CaptureProblem(f"{lines.path}: line {number + 1 + problem.tick}", str(problem)) from None
    except CodecError as problem:
        raise CaptureProblem(f"{lines.path}: line {number}", f"{run}: {problem}") from None
    if last is None:
        trace.unlink()
        tolerated.append(f"{run} has no whole tick and was left out")
        return None
    if result is None:
        tolerated.append(f"{run} ends without run_end, after tick {last.tick}")
    where = f"{lines.path}: line {number}: {run}"
    replay = capture_replay.replay_bytes(where, session, start, ticks, last, result)
    return _Draft(start, trace, replay, parse_replay(replay, Path(where)).source, len(ticks))


def _meta(
    session: SessionStart, start: RunStart, source: TraceSource, raw_sha256: str, tolerated: tuple[str, ...]
) -> TraceMeta:
    producer = Producer(
        "original", session.target.name, session.target.version, session.platform, session.target.sha256
    )
    origin = CaptureOrigin(session.method, session.session_id, raw_sha256, list(start.interventions), list(tolerated))
    return TraceMeta(producer, source, origin)
