"""The items that set a candidate against a capture: over the whole run, or in one window of ticks."""

from __future__ import annotations

import time

import msgspec
import pytest

from crimson.dbg.errors import ParityError, RecordRefused
from pytest_crimson_parity.candidates import Candidate, CandidateFailure
from pytest_crimson_parity.capture import Capture
from pytest_crimson_parity.cell import Cell
from pytest_crimson_parity.compare import Comparer, remarks, shortfall, stop_line
from pytest_crimson_parity.items import CaptureItem, Disparity, explain
from pytest_crimson_parity.progress import tick_progress
from pytest_crimson_parity.ruling import Judge
from pytest_crimson_parity.windows import Window


class ParityItem(CaptureItem):
    """Does the candidate play the capture's run as the original did?"""

    window: Window | None = None

    def __init__(
        self,
        *,
        name: str,
        parent: pytest.Collector,
        capture: Capture,
        marks: tuple[str, ...],
        candidate: Candidate,
        comparer: Comparer,
        judge: Judge,
    ) -> None:
        super().__init__(name=name, parent=parent, capture=capture, marks=marks)
        self._candidate = candidate
        self._comparer = comparer
        self._judge = judge
        self._tell(
            Cell(
                capture=capture.name,
                candidate=candidate.name,
                run=capture.run,
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

    @property
    def key(self) -> tuple[str, str]:
        return self._cell.capture, self._cell.candidate

    def examine(self) -> str:
        text = self._compare()
        ruling = self._judge.rule(self._cell)
        self._tell(msgspec.structs.replace(self._cell, frontier=ruling.statement, blessed=ruling.outcome == "xfailed"))
        match ruling.outcome:
            case "passed":
                return ""
            case "xfailed":
                # Evaluated when the item is called: then the report of it is its failure.
                self.add_marker(pytest.mark.xfail(reason=ruling.statement, raises=Disparity, strict=True))
                return text
            case "failed":
                return f"{ruling.statement}\n{text}".lstrip("\n")

    def _compare(self) -> str:
        """Compare, and tell of it; the report as text."""
        from crimson.dbg.render import render_diff

        progress = tick_progress(self.config, f"recording {self._candidate.name}")
        try:
            compared = self._comparer.compare(self.capture, self._candidate, progress, window=self.window)
        except (RecordRefused, CandidateFailure) as problem:
            # The files are fine: it is the candidate that does not play on.
            self.refused(problem)
            if isinstance(problem, RecordRefused):
                self._tell(msgspec.structs.replace(self._cell, first_bad_tick=problem.tick))
            return explain(problem)
        finally:
            if progress is not None:
                progress.wipe()
        report = compared.report
        note = remarks(report)
        problem = shortfall(report, self._cell.ticks)
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
        text = "\n".join(filter(None, (render_diff(report), stop_line(compared))))
        if report.ok and note and not problem:
            self.add_report_section("setup", "parity", text)
        return f"{problem}\n{text}".lstrip("\n")

    def refused(self, problem: ParityError) -> None:
        self._tell(msgspec.structs.replace(self._cell, verdict=problem.verdict))

    def _tell(self, cell: Cell) -> None:
        self._cell = cell
        self.user_properties[:] = cell.properties()


class WindowItem(ParityItem):
    """How does the candidate play these ticks?"""

    def __init__(
        self,
        *,
        name: str,
        parent: pytest.Collector,
        capture: Capture,
        marks: tuple[str, ...],
        candidate: Candidate,
        comparer: Comparer,
        judge: Judge,
        window: Window,
    ) -> None:
        super().__init__(
            name=name,
            parent=parent,
            capture=capture,
            marks=marks,
            candidate=candidate,
            comparer=comparer,
            judge=judge,
        )
        first, last = self.window = window
        self._tell(msgspec.structs.replace(self._cell, window=f"{first}:{last}", ticks=last - first + 1))
