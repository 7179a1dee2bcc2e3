"""One capture against one candidate: whatever must be true before the two can be called equal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from crimson.dbg.diff import diff_traces
from crimson.dbg.errors import ParityError, RecordRefused
from crimson.dbg.render import tick_name
from crimson.dbg.replays import replay_fingerprint
from crimson.dbg.report import DiffReport
from crimson.dbg.trace import TraceReader
from pytest_crimson_parity.cache import Entry, TraceCache
from pytest_crimson_parity.candidates import Candidate, CandidateFailure
from pytest_crimson_parity.capture import Capture
from pytest_crimson_parity.recording import Goal, Progress, Until, UntilDiverged


class ForeignReplay(ParityError):
    """A `.crd` of another run than the capture beside it."""

    verdict = "wrong run"


class DamagedRecording(CandidateFailure):
    """A trace that was recorded just now and cannot be read."""

    verdict = "bad trace"


class StoppedInVain(ParityError):
    """A recording that was stopped for a divergence which is not there."""

    verdict = "weak evidence"


class WindowRefused(CandidateFailure):
    """A window of ticks that one of the traces does not have."""

    verdict = "weak evidence"


@dataclass(frozen=True, slots=True)
class Compared:
    report: DiffReport
    # The candidate's trace. It lies in the cache, where another recording may push it out later on.
    trace: Path
    # Whether the candidate was recorded for this, or came from the cache.
    recorded: bool
    # The last tick of a recording that was stopped because it had shown the divergence; None for any other.
    stopped_at: int | None = None
    # What the candidate said when it refused to play on, behind the divergence.
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Comparer:
    """Compares captures with what candidates make of their replays."""

    cache: TraceCache
    sustain: int
    strict: bool
    # Whether to record on behind a divergence.
    full: bool

    def compare(
        self,
        capture: Capture,
        candidate: Candidate,
        progress: Progress | None,
        *,
        window: tuple[int, int] | None = None,
    ) -> Compared:
        """Record or look up the candidate's trace and diff it, over all its ticks or over a window's.

        `window` is its first and last tick; no more is recorded than its last one. `RecordRefused` has a tick when all
        before it was compared and is equal. `CandidateFailure`, `WindowRefused` for one, is the fault of candidate or
        window; any other `ParityError` says why there is no comparison.
        """
        original, replay, run = capture.path, capture.replay, capture.source.replay_sha256
        if window is not None:
            _require_window(capture, window)
        if (other := replay_fingerprint(replay)) != run:
            raise ForeignReplay(
                replay,
                f"holds run {other[:16]}, but {original.name} is of run {run[:16]}",
                "finalize writes the two together: put back the .crd that came with this .cdt",
            )
        try:
            return self._recorded(capture, candidate, progress, self._goal(original, window), window)
        except RecordRefused as problem:
            return self._before(problem, capture, candidate, progress, window)

    def _recorded(
        self,
        capture: Capture,
        candidate: Candidate,
        progress: Progress | None,
        goal: Goal,
        window: tuple[int, int] | None,
    ) -> Compared:
        replay, run = capture.replay, capture.source.replay_sha256
        with self.cache.entry(candidate, replay, run, progress, goal) as entry:
            try:
                return self._compared(capture, entry, window)
            except ParityError as problem:
                # An original that was replaced while it was recorded against leaves an entry that was stopped in vain.
                if problem.where != str(entry.path) and (entry.recorded or not isinstance(problem, StoppedInVain)):
                    raise
                flaw = problem
        self.cache.discard(entry)
        if entry.recorded:
            raise DamagedRecording(replay, f"the candidate {candidate.name} made a damaged trace: {flaw.problem}")
        # The disk lost some of it since it was recorded.
        with self.cache.entry(candidate, replay, run, progress, goal) as entry:
            return self._compared(capture, entry, window)

    def _before(
        self,
        refusal: RecordRefused,
        capture: Capture,
        candidate: Candidate,
        progress: Progress | None,
        window: tuple[int, int] | None,
    ) -> Compared:
        """A divergence in the ticks before a refusal, recorded again up to there; without one the refusal stands."""
        first, last = window or (0, capture.ticks - 1)
        last = min(last, -1 if refusal.tick is None else refusal.tick - 1)
        if last < first:
            raise _unproven(refusal)
        try:
            compared = self._recorded(capture, candidate, progress, Until(last), (first, last))
        except RecordRefused:
            raise _unproven(refusal) from None
        if not compared.report.ok:
            return replace(compared, refusal=refusal.problem)
        raise _unproven(refusal) if shortfall(compared.report, last - first + 1) else refusal

    def _goal(self, original: Path, window: tuple[int, int] | None) -> Goal:
        if window is not None:
            return Until(window[1])
        return None if self.full else UntilDiverged(str(original), self.sustain, self.strict)

    def _compared(self, capture: Capture, entry: Entry, window: tuple[int, int] | None) -> Compared:
        stopped_at = None
        # A window that a stopped recording serves has all its ticks there.
        if entry.stopped and window is None:
            with TraceReader(entry.path) as reader:
                stopped_at = reader.tick_count - 1
            # Behind that, nothing is known of the candidate.
            window = (0, min(stopped_at, capture.ticks - 1))
        report = diff_traces(capture.path, entry.path, ticks=window, sustain=self.sustain, strict=self.strict)
        if stopped_at is not None and report.verdict not in ("diverged", "wrong_run"):
            # Not about the trace, which may be sound: it would be taken for a damaged one.
            raise StoppedInVain(
                capture.path,
                f"the recording was stopped at tick {stopped_at}, but the comparison finds it {report.verdict}",
                "this is a fault of pytest-crimson-parity; --parity-full does without",
            )
        # A divergence is one however few ticks show it.
        if window is not None and stopped_at is None and report.verdict in ("equal", "nothing_compared"):
            _require_all_of(window, report)
        return Compared(report, entry.path, entry.recorded, stopped_at)


def _unproven(refusal: RecordRefused) -> RecordRefused:
    """The same without its tick: as nothing before it was compared, the candidate may have left the run earlier."""
    return RecordRefused(refusal.where, refusal.problem, refusal.hint or "nothing before that could be compared")


def _require_all_of(window: tuple[int, int], report: DiffReport) -> None:
    wanted = window[1] - window[0] + 1
    if report.ticks_compared != wanted:
        raise WindowRefused(
            report.expected.path,
            f"compared {report.ticks_compared} of the {wanted} ticks {window[0]}..{window[1]}: "
            f"the candidate's trace has {report.actual.ticks}",
        )


def _require_window(capture: Capture, window: tuple[int, int]) -> None:
    first, last = window
    if not 0 <= first <= last:
        raise WindowRefused(capture.path, f"{first}..{last} is no window: the first tick must not come after the last")
    if last >= capture.ticks:
        raise WindowRefused(
            capture.path,
            f"the ticks {first}..{last} lie behind the end: it has {capture.ticks}, 0..{capture.ticks - 1}",
        )


def end_line(compared: Compared) -> str:
    """Why the recording ended before the run did, as one line; empty when it did not."""
    if compared.refusal:
        return f"behind the divergence, {compared.refusal}"
    if compared.stopped_at is None:
        return ""
    return f"recording was stopped at tick {compared.stopped_at}, behind the divergence; --parity-full records on"


def shortfall(report: DiffReport, ticks: int) -> str:
    """Why a report without a divergence still shows nothing; empty when it covers the whole original."""
    if not report.ok:
        return ""
    if (report.expected.kind, report.actual.kind) != ("original", "candidate"):
        return f"compared a trace of kind {report.actual.kind!r} with one of kind {report.expected.kind!r}"
    if not 0 < ticks == report.ticks_compared:
        return f"compared {report.ticks_compared} ticks, the original has {ticks}"
    return ""


def remarks(report: DiffReport) -> str:
    """What differs without being a divergence, as one line."""
    parts = []
    if report.blips:
        first = report.blips[0]
        more = f" and {len(report.blips) - 1} more" if len(report.blips) > 1 else ""
        parts.append(f"blip at {tick_name(first.first)}..{first.last}{more}")
    parts += [f"hidden {found.region} since {tick_name(found.first_tick)}" for found in report.hidden]
    return "; ".join(parts)
