"""The questions asked of a capture, one item each.

An item looks at the files in its set-up and judges in its call. So a file that cannot be read is an error,
and a file that was read and says no is a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from crimson.dbg.errors import ParityError
from crimson.dbg.report import Check
from pytest_crimson_parity.candidates import CandidateFailure
from pytest_crimson_parity.capture import Capture, in_utf8


class Disparity(Exception):
    """The answer is no; the message is the report."""


class ReportedBefore(ParityError):
    """A problem that another item of the same capture has told in full."""


def explain(problem: ParityError) -> str:
    """A problem as the text of a report. What is wrong comes first: pytest's last lines show only the first."""
    lines = [problem.problem, f"  in    {problem.where}"]
    if problem.hint:
        lines.append(f"  hint  {problem.hint}")
    if isinstance(problem, CandidateFailure) and problem.detail:
        lines += ["", problem.detail]
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

    def refused(self, problem: ParityError) -> None:
        """Told when the question cannot be answered."""

    def setup(self) -> None:
        try:
            if self.capture.problem is not None:
                raise self.capture.problem
            self._failure = self.examine()
        except ParityError as problem:
            self.refused(problem)
            first = self.capture.reported.setdefault(str(problem), self.name)
            if first == self.name:
                raise
            # The same words again for every item of a file would only bury them.
            item = f"{Path(self.capture.name).name}::{first}"
            raise ReportedBefore(problem.where, f"{problem.verdict}: see {item}") from None

    def runtest(self) -> None:
        if self._failure:
            raise Disparity(self._failure)

    def reportinfo(self) -> tuple[Path, int, str]:
        # The headline of a failure. pytest may take a dot in it for a module's. There is no line, but where an item is
        # skipped by a marker pytest insists on one.
        path = Path(in_utf8(str(self.path)))
        return path, 0, f"{path.stem.replace('.', '_')} {self.name}"


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
