"""One capture against one candidate: whatever must be true before the two can be called equal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crimson.dbg.diff import diff_traces
from crimson.dbg.errors import ParityError
from crimson.dbg.render import tick_name
from crimson.dbg.replays import replay_fingerprint
from crimson.dbg.report import DiffReport
from pytest_crimson_parity.cache import TraceCache
from pytest_crimson_parity.candidates import Candidate, CandidateFailure, Progress
from pytest_crimson_parity.capture import Capture


class ForeignReplay(ParityError):
    """A `.crd` of another run than the capture beside it."""

    verdict = "wrong run"


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


@dataclass(frozen=True, slots=True)
class Comparer:
    """Compares captures with what candidates make of their replays."""

    cache: TraceCache
    sustain: int
    strict: bool

    def compare(
        self,
        capture: Capture,
        candidate: Candidate,
        progress: Progress | None,
        *,
        window: tuple[int, int] | None = None,
    ) -> Compared:
        """Record or look up the candidate's trace and diff it, over all its ticks or over a window's.

        `window` is its first and last tick; no more is recorded than its last one. `CandidateFailure`, `WindowRefused`
        for one, is the fault of candidate or window; any other `ParityError` says why there is no comparison.
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
        with self.cache.entry(candidate, replay, run, progress) as entry:
            try:
                return Compared(self._diff(original, entry.path, window), entry.path, entry.recorded)
            except ParityError as problem:
                if entry.recorded or problem.where != str(entry.path):
                    raise
        # The disk lost some of it since it was recorded.
        self.cache.discard(entry)
        with self.cache.entry(candidate, replay, run, progress) as entry:
            return Compared(self._diff(original, entry.path, window), entry.path, entry.recorded)

    def _diff(self, original: Path, candidate: Path, window: tuple[int, int] | None) -> DiffReport:
        report = diff_traces(original, candidate, ticks=window, sustain=self.sustain, strict=self.strict)
        if window is not None and report.verdict != "wrong_run":
            wanted = window[1] - window[0] + 1
            if report.ticks_compared != wanted:
                raise WindowRefused(
                    original,
                    f"compared {report.ticks_compared} of the {wanted} ticks {window[0]}..{window[1]}: "
                    f"the candidate's trace has {report.actual.ticks}",
                )
        return report


def _require_window(capture: Capture, window: tuple[int, int]) -> None:
    first, last = window
    if not 0 <= first <= last:
        raise WindowRefused(capture.path, f"{first}..{last} is no window: the first tick must not come after the last")
    if last >= capture.ticks:
        raise WindowRefused(
            capture.path,
            f"the ticks {first}..{last} lie behind the end: it has {capture.ticks}, 0..{capture.ticks - 1}",
        )


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
