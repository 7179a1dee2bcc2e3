"""Which of the game's call sites of `rand` traces have reached: one that nothing reaches is an untested rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from crimson.rng_caller_static import RngCallerStatic

from crimson.dbg.callers import caller_name
from crimson.dbg.layout import TABLE_BY_NAME
from crimson.dbg.report import CallSite, CoverageReport
from crimson.dbg.trace import TraceReader

_DRAWS = "rng_stream"
_CALLER = TABLE_BY_NAME[_DRAWS].positions["caller"]


def count_draws(path: Path) -> Counter[int]:
    """The draws of a trace by call site, those of run set-up too."""
    counts: Counter[int] = Counter()
    with TraceReader(path) as trace:
        for entry in (trace.setup_entry, *trace.tick_entries):
            counts.update(trace.tables(entry)[_DRAWS].columns[_CALLER].tolist())
    return counts


def coverage_of(counts: Counter[int]) -> CoverageReport:
    """Reached call sites, those that draw most first, and known ones that were not reached, in the runtime's order."""
    reached = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return CoverageReport(
        draws=counts.total(),
        reached=tuple(CallSite(caller_name(caller), draws) for caller, draws in reached),
        missing=tuple(site.name for site in RngCallerStatic if not counts[site]),
    )


def cover(traces: Iterable[Path]) -> CoverageReport:
    """What traces reach together."""
    counts: Counter[int] = Counter()
    for trace in traces:
        counts += count_draws(trace)
    return coverage_of(counts)


def render_coverage(report: CoverageReport) -> str:
    """Both lists, a line each."""
    known = len(RngCallerStatic)
    lines = [
        f"{report.draws} draws from {len(report.reached)} call sites; {len(report.missing)} of {known} not reached"
    ]
    lines += [f"{site.draws:>9}  {site.name}" for site in report.reached]
    lines += [f"{'-':>9}  {name}" for name in report.missing]
    return "\n".join(lines)
