"""The questions asked of a capture, one item each.

An item looks at the files in its set-up and judges in its call. So a file that cannot be read is an error,
and a file that was read and says no is a failure.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from crimson.dbg.errors import ParityError, RecordRefused
from crimson.dbg.report import Check
from pytest_crimson_parity.candidates import Candidate, CandidateFailure
from pytest_crimson_parity.capture import Capture
from pytest_crimson_parity.cell import Cell
from pytest_crimson_parity.compare import Comparer, remarks, shortfall
from pytest_crimson_parity.progress import tick_progress


class Disparity(Exception):
    """The answer is no; the message is the report."""


class ReportedBefore(ParityError):
    """A problem that another item of the same capture has told in full."""


def explain(problem: ParityError) -> str:
    """A problem as the text of a report. What is wrong comes first: pytest's last lines show only the first."""
    lines = [problem.problem, f"  in    {problem.where}"]
    if problem.hint:
        lines.append(f"  hint  {problem.hint}")
    return "\n".join(lines)


class CaptureItem(pytest.Item):
    """One question; `examine` answers with the text of a failure, or with nothing when all is well."""

    def __init__(self, *, name: str, parent: pytest.Collector, capture: Capture, marks: tuple[str, ...]) -> None:
        super().__init__(name, parent)
        self.capture = capture
        self._failure = ""
        for mark in (*marks, *capture.marks):
            self.add_marker(mark)

    def examine(self) -> str:
        raise NotImplementedError

    def refused(self, verdict: str) -> None:
        """Told when the question cannot be answered."""

    def setup(self) -> None:
        try:
            if self.capture.problem is not None:
                raise self.capture.problem
            self._failure = self.examine()
        except ParityError as problem:
            self.refused(problem.verdict)
            first = self.capture.reported.setdefault(str(problem), self.name)
            if first == self.name:
                raise
            # The same words again for every item of a file would only bury them.
            raise ReportedBefore(problem.where, f"{problem.verdict}: see {self.path.name}::{first}") from None

    def runtest(self) -> None:
        if self._failure:
            raise Disparity(self._failure)

    def reportinfo(self) -> tuple[Path, None, str]:
        # The headline of a failure. pytest may take a dot in it for a module's.
        return self.path, None, f"{self.path.stem.replace('.', '_')} {self.name}"


def _failed(verdict: str, checks: Sequence[Check], text: str) -> str:
    """Which checks failed, and the whole report."""
    return f"{verdict}: {', '.join(check.name for check in checks if not check.ok)}\n{text}"


class HealthItem(CaptureItem):
    """Is the capture fit for parity analysis?"""

    def examine(self) -> str:
        from crimson.dbg.health import check_health
        from crimson.dbg.render import render_health

        report = check_health(self.path)
        return "" if report.ok else _failed(report.verdict, report.checks, render_health(report))


class VerifyItem(CaptureItem):
    """Is the capture whole, and of the run in its replay?"""

    def examine(self) -> str:
        from crimson.dbg.render import render_verify
        from crimson.dbg.verify import verify_trace

        report = verify_trace(self.path, self.capture.replay)
        return "" if report.ok else _failed(report.verdict, report.checks, render_verify(report))


class ParityItem(CaptureItem):
    """Does the candidate play the capture's run as the original did?"""

    def __init__(
        self,
        *,
        name: str,
        parent: pytest.Collector,
        capture: Capture,
        marks: tuple[str, ...],
        candidate: Candidate,
        comparer: Comparer,
    ) -> None:
        super().__init__(name=name, parent=parent, capture=capture, marks=marks)
        self._candidate = candidate
        self._comparer = comparer
        self._tell(
            Cell(
                capture=self.nodeid.rpartition("::")[0],
                candidate=candidate.name,
                mode=capture.mode,
                ticks=capture.ticks,
            )
        )

    def setup(self) -> None:
        start = time.perf_counter()
        try:
            super().setup()
        finally:
            self._tell(msgspec.structs.replace(self._cell, seconds=round(time.perf_counter() - start, 3)))

    def examine(self) -> str:
        from crimson.dbg.render import render_diff

        progress = tick_progress(self.config, f"recording {self._candidate.name}")
        try:
            compared = self._comparer.compare(self.capture, self._candidate, progress)
        except (RecordRefused, CandidateFailure) as problem:
            # The files are fine: it is the candidate that does not play on.
            self.refused(problem.verdict)
            return explain(problem)
        finally:
            if progress is not None:
                progress.wipe()
        report = compared.report
        note = remarks(report)
        problem = shortfall(report, self.capture.ticks)
        self._tell(
            msgspec.structs.replace(
                self._cell,
                verdict="weak evidence" if problem else report.verdict,
                first_bad_tick=report.first_bad_tick,
                lead=report.lead.brief if report.lead else "",
                blips=len(report.blips),
                hidden=len(report.hidden),
                note=note,
                cached=not compared.recorded,
            )
        )
        text = render_diff(report)
        if problem:
            return f"{problem}\n{text}"
        if report.ok and note:
            self.add_report_section("setup", "parity", text)
        return "" if report.ok else text

    def refused(self, verdict: str) -> None:
        self._tell(msgspec.structs.replace(self._cell, verdict=verdict))

    def _tell(self, cell: Cell) -> None:
        self._cell = cell
        self.user_properties[:] = cell.properties()
