"""Finalize: a raw capture becomes, run by run, an original trace and the replay that reproduces it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crimson.replay.types import ReplayTick

from crimson.dbg import capture_replay
from crimson.dbg.atomic import atomic_file
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
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.records import RecordError
from crimson.dbg.replays import parse_replay
from crimson.dbg.report import FinalizedRun, FinalizeReport
from crimson.dbg.schema import CaptureOrigin, Producer, RunSettings, TraceMeta, TraceSource
from crimson.dbg.trace_writer import TraceWriter, copy_with_meta, writing_trace

_NO_RUN = RunSettings(
    mode_id=0, seed=0, player_count=1, rules=0, preserve_bugs=False, hardcore=False, friendly_fire=False, quest=""
)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A run whose ticks are in a provisional trace, waiting for its replay's fingerprint."""

    start: RunStart
    trace: Path
    replay: bytes
    ticks: int


def finalize_capture(capture: Path, out_dir: Path, *, name: str | None = None) -> FinalizeReport:
    """Write `NAME.cdt` and `NAME.crd` for the capture's run, or `NAME-run2.cdt` and so on for several.

    Raises `CaptureProblem` for the first row that breaks the contract; then no file is written. A last line that was
    cut off, and rows that are missing at the end, are tolerated and reported.
    """
    stem = name or re.sub(r"\.jsonl(\.zst)?$", "", capture.name)
    lines = CaptureLines(capture)
    drafts: list[_Draft] = []
    tolerated: list[str] = []
    out_dir.mkdir(parents=True, exist_ok=True)
    try:
        session = _read_session(lines, out_dir, drafts, tolerated)
        if not drafts:
            raise CaptureProblem(capture, "the capture holds no run with a whole tick")
        runs = [
            _publish(
                session,
                lines,
                draft,
                out_dir / (stem if position == 1 else f"{stem}-run{position}"),
                tolerated,
            )
            for position, draft in enumerate(drafts, 1)
        ]
    finally:
        for draft in drafts:
            draft.trace.unlink(missing_ok=True)
    return FinalizeReport(str(capture), tuple(runs), tuple(tolerated))


def _read_session(lines: CaptureLines, out_dir: Path, drafts: list[_Draft], tolerated: list[str]) -> SessionStart:
    rows = iter(lines)
    session = _session_start(lines, next(rows, None))
    ended = False
    for line in rows:
        where = f"{lines.path}: line {line.number}"
        if ended:
            raise CaptureProblem(where, "a row after session_end, which must be the last")
        match line.row:
            case RunStart() as start:
                if start.run_id != len(drafts):
                    raise CaptureProblem(where, f"run_id is {start.run_id}, expected {len(drafts)}")
                _read_run(lines, rows, session, line, start, out_dir, drafts, tolerated)
            case SessionEnd():
                ended = True
            case other:
                raise CaptureProblem(where, f"a {_event(other)} row outside a run; expected run_start or session_end")
    if lines.truncated:
        tolerated.append(lines.truncated)
    elif not ended:
        tolerated.append("the capture ends without session_end")
    return session


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
    line: Line,
    start: RunStart,
    out_dir: Path,
    drafts: list[_Draft],
    tolerated: list[str],
) -> None:
    """Stream a run's ticks to a provisional trace and its inputs to a replay."""
    checks = RunChecks(lines.path, line.number, start)
    ticks: list[ReplayTick] = []
    provisional = out_dir / f".{lines.path.name}.run{start.run_id}.draft"
    result: CapturedResult | None = None
    with writing_trace(provisional, _meta(session, start, TraceSource("", "", _NO_RUN), "", ())) as writer:
        writer.append(start.setup)
        last = None
        for tick_line in rows:
            where = f"{lines.path}: line {tick_line.number}"
            match tick_line.row:
                case CapturedTick() as tick:
                    checks.see(tick_line.number, tick)
                    _append(writer, where, tick)
                    # The rows are large; a replay needs only inputs and commands.
                    ticks.append(capture_replay.captured_input(tick))
                    last = tick.record
                case RunEnd() as end:
                    checks.require_run(where, end.run_id)
                    result = end.result
                    break
                case other:
                    raise CaptureProblem(where, f"a {_event(other)} row inside run {start.run_id}")
        if last is None:
            provisional.unlink(missing_ok=True)
            raise CaptureProblem(f"{lines.path}: line {line.number}", f"run {start.run_id} has no whole tick")
    drafts.append(
        _Draft(
            start,
            provisional,
            capture_replay.replay_bytes(lines.path, session, start, ticks, last, result),
            len(ticks),
        )
    )
    if result is None:
        tolerated.append(f"run {start.run_id} ends without run_end, after tick {last.tick}")


def _append(writer: TraceWriter, where: str, tick: CapturedTick) -> None:
    try:
        writer.append(tick.record)
    except RecordError as problem:
        raise CaptureProblem(where, str(problem)) from None


def _publish(
    session: SessionStart, lines: CaptureLines, draft: _Draft, target: Path, tolerated: list[str]
) -> FinalizedRun:
    trace, replay = target.with_name(target.name + ".cdt"), target.with_name(target.name + ".crd")
    source = parse_replay(draft.replay, replay).source
    copy_with_meta(draft.trace, trace, _meta(session, draft.start, source, lines.sha256, tuple(tolerated)))
    with atomic_file(replay) as file:
        file.write(draft.replay)
    return FinalizedRun(str(trace), str(replay), draft.ticks)


def _meta(
    session: SessionStart, start: RunStart, source: TraceSource, raw_sha256: str, tolerated: tuple[str, ...]
) -> TraceMeta:
    producer = Producer(
        "original", session.target.name, session.target.version, session.platform, session.target.sha256
    )
    origin = CaptureOrigin(session.method, session.session_id, raw_sha256, list(start.interventions), list(tolerated))
    return TraceMeta(producer, source, origin)
