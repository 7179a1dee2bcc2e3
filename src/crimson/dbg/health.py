"""Is a trace fit for parity analysis? Each check names its evidence."""

from __future__ import annotations

from pathlib import Path

from crimson.dbg.checks import (
    Callers,
    Coverage,
    EntityNames,
    FiniteFloats,
    HealthQuestion,
    RngChain,
    Summaries,
    Timing,
)
from crimson.dbg.report import HealthReport
from crimson.dbg.trace import TraceReader


def check_health(path: Path) -> HealthReport:
    """Read a whole trace and answer every question; `ParityError` when it cannot be read."""
    with TraceReader(path) as reader:
        run = reader.meta.source.run
        chain = RngChain(run)
        questions: list[HealthQuestion] = [
            Coverage(run),
            chain,
            Callers(),
            Timing(),
            EntityNames(),
            FiniteFloats(),
            Summaries(),
        ]
        for entry in (reader.setup_entry, *reader.tick_entries):
            tables = reader.tables(entry)
            for question in questions:
                question.see(tables, entry.first, entry.last)
        checks = [question.answer() for question in questions]
        checks.insert(2, chain.between())
        verdict = "healthy" if all(check.ok for check in checks) else "unhealthy"
        return HealthReport(str(path), verdict, reader.tick_count, tuple(checks))
