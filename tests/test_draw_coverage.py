"""Coverage counts the draws of traces by call site, and names what was not reached."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from command import crimson_dbg
from crimson.rng_caller_static import RngCallerStatic

from crimson.dbg.draw_coverage import count_draws, coverage_of
from crimson.dbg.report import CoverageReport
from crimson.dbg.trace import TraceReader

CAPTURES = Path(__file__).parents[1] / "captures"
RUSH, TUTORIAL = CAPTURES / "rush.cdt", CAPTURES / "tutorial.cdt"


def drawn_one_by_one(path: Path) -> Counter[int]:
    with TraceReader(path) as trace:
        return Counter(draw.caller for record in trace.ticks(-1, trace.tick_count - 1) for draw in record.rng_stream)


def test_every_draw_counts_once() -> None:
    assert count_draws(TUTORIAL) == drawn_one_by_one(TUTORIAL)


def test_traces_count_together() -> None:
    found = crimson_dbg("coverage", RUSH, TUTORIAL, "--json")
    assert (found.code, found.err) == (0, "")
    report = msgspec.json.decode(found.out, type=CoverageReport)
    assert report == coverage_of(count_draws(RUSH) + count_draws(TUTORIAL))
    reached = {site.name for site in report.reached}
    assert reached.isdisjoint(report.missing)
    assert reached | set(report.missing) == {site.name for site in RngCallerStatic}
    assert sum(site.draws for site in report.reached) == report.draws


def test_the_text_tells_the_same() -> None:
    report = coverage_of(count_draws(TUTORIAL))
    lines = crimson_dbg("coverage", TUTORIAL).out.splitlines()
    head = f"{report.draws} draws from {len(report.reached)} call sites; {len(report.missing)} of 372 not reached"
    assert lines[0] == head
    assert [line.split() for line in lines[1:]] == [
        *([str(site.draws), site.name] for site in report.reached),
        *(["-", name] for name in report.missing),
    ]


@pytest.mark.parametrize("name", ["nothing.cdt", "rush.crd"])
def test_what_is_no_trace_is_refused(name: str) -> None:
    found = crimson_dbg("coverage", RUSH, CAPTURES / name)
    assert found.code == 2
    assert name in found.message
