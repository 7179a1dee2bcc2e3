"""The items that set a candidate against a capture: over the whole run, or in one window of ticks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from crimson.dbg.errors import ParityError, RecordRefused
from crimson.dbg.render import render_diff
from crimson.dbg.report import DiffReport
from crimson.dbg.windows import Window
from pytest_crimson_parity.artifacts import Artifacts, Kept
from pytest_crimson_parity.candidates import Candidate, CandidateFailure, CandidateNotBuilt, ToolchainAbsent
from pytest_crimson_parity.capture import Capture
from pytest_crimson_parity.cell import Cell
from pytest_crimson_parity.compare import Comparer, end_line, remarks, shortfall
from pytest_crimson_parity.items import CaptureItem, Disparity, explain
from pytest_crimson_parity.progress import tick_progress
from pytest_crimson_parity.ruling import Judge


@dataclass(frozen=True, slots=True)
class Tools:
    """What comparisons are made, ruled over and kept with."""

    comparer: Comparer
    judge: Judge
    artifacts: Artifacts
    # Candidates whose missing toolchain is an error.
    required: frozenset[str]


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
        tools: Tools,
    ) -> None:
        super().__init__(name=name, parent=parent, capture=capture, marks=marks)
        self._candidate = candidate
        self._tools = tools
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
        progress = tick_progress(self.config, f"recording {self._candidate.name}")
        try:
            compared = self._tools.comparer.compare(self.capture, self._candidate, progress, window=self.window)
        except ToolchainAbsent as problem:
            if self._candidate.name in self._tools.required:
                self._tell(msgspec.structs.replace(self._cell, note=str(problem)))
                raise CandidateNotBuilt(problem.where, problem.problem, problem.hint) from None
            self._tell(msgspec.structs.replace(self._cell, verdict=problem.verdict, note=str(problem)))
            pytest.skip(f"the candidate {self._candidate.name} was not tried: {problem}")
        except (RecordRefused, CandidateFailure) as problem:
            # The files are fine: it is the candidate that does not play on.
            self.refused(problem)
            if isinstance(problem, RecordRefused):
                self._tell(msgspec.structs.replace(self._cell, first_bad_tick=problem.tick))
            text, places = explain(problem), problem.places if isinstance(problem, CandidateFailure) else {}
            return self._conclude(
                lambda: self._tools.artifacts.keep_failure(self._cell, self.capture, text, places), text
            )
        finally:
            if progress is not None:
                progress.wipe()
        problem = shortfall(compared.report, self._cell.ticks)
        self._tell(msgspec.structs.replace(self._cell, cached=not compared.recorded))
        self._tell_report(compared.report, "weak evidence" if problem else compared.report.verdict)
        text = "\n".join(filter(None, (problem, render_diff(compared.report))))
        if compared.report.ok and self._cell.note and not problem:
            self.add_report_section("setup", "parity", text)
        return self._conclude(
            lambda: self._tools.artifacts.keep(self._cell, self.capture, compared),
            text,
            headline=problem,
            remark=end_line(compared),
        )

    def _conclude(self, keep: Callable[[], Kept], text: str, *, headline: str = "", remark: str = "") -> str:
        """What the cell means, as the text of a failure; what does not pass is kept."""
        ruling = self._tools.judge.rule(self._cell)
        self._tell(msgspec.structs.replace(self._cell, frontier=ruling.statement, blessed=ruling.outcome == "xfailed"))
        artifacts = self._tools.artifacts
        if ruling.outcome == "passed":
            try:
                artifacts.discard(self._cell)
            except ParityError as problem:
                self.add_report_section("setup", "parity", str(problem))
            return ""
        trouble = ""
        self._tell(msgspec.structs.replace(self._cell, artifacts=artifacts.place_of(self._cell)))
        try:
            kept = keep()
        except ParityError as problem:
            self._tell(msgspec.structs.replace(self._cell, artifacts=""))
            trouble = f"artifacts could not be kept: {problem}"
        else:
            text = kept.text
            if kept.diff is not None:
                self._tell_report(kept.diff, self._cell.verdict)
        if ruling.outcome == "xfailed":
            # Evaluated when the item is called: then the report of it is its failure.
            self.add_marker(pytest.mark.xfail(reason=ruling.statement, raises=Disparity, strict=True))
        statement = ruling.statement if ruling.outcome == "failed" else ""
        footer = "\n".join(filter(None, (trouble, artifacts.footer(self._cell))))
        return "\n".join(filter(None, (statement, headline, text, f"\n{remark}" if remark else "", f"\n{footer}")))

    def _tell_report(self, report: DiffReport, verdict: str) -> None:
        self._tell(
            msgspec.structs.replace(
                self._cell,
                verdict=verdict,
                first_bad_tick=report.first_bad_tick,
                lead=report.lead.brief if report.lead else "",
                blips=len(report.blips),
                hidden=len(report.hidden),
                note=remarks(report),
            )
        )

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
        tools: Tools,
        window: Window,
    ) -> None:
        super().__init__(
            name=name,
            parent=parent,
            capture=capture,
            marks=marks,
            candidate=candidate,
            tools=tools,
        )
        first, last = self.window = window
        self._tell(msgspec.structs.replace(self._cell, window=f"{first}:{last}", ticks=last - first + 1))
