"""What becomes of a divergence, and how often the like went right before it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import synthetic
from synthetic import Tables

from crimson.dbg.floats import bits_of, from_bits
from crimson.dbg.focus import focus_traces
from crimson.dbg.layout import TABLE_BY_NAME
from crimson.dbg.render_focus import render_focus
from crimson.dbg.rows import TableRows

TICKS, BAD = 40, 20
PLAYERS = TABLE_BY_NAME["sim_state.players"]


def off_by(distance: Callable[[int], float]) -> Callable[[Tables, int], None]:
    """Player 3's spread heat is off by so much, from tick 20 on."""

    def change(tables: Tables, _first: int) -> None:
        rows, position = tables[PLAYERS.name], PLAYERS.positions["spread_heat"]
        columns = list(rows.columns)
        columns[position] = columns[position].copy()
        for at, (tick, slot) in enumerate(zip(rows.ticks.tolist(), rows.columns[0].tolist(), strict=True)):
            if tick >= BAD and slot == 3:
                columns[position][at] = bits_of(from_bits(int(columns[position][at])) + distance(tick - BAD))
        tables[PLAYERS.name] = TableRows(rows.ticks, tuple(columns))

    return change


@pytest.mark.parametrize(
    ("distance", "course", "again", "told"),
    [
        (lambda _: 0.5, "stays", None, "Afterwards: so in each of the next 11 ticks."),
        (lambda k: 0.5 + k, "grows", None, "the distance grows in each of the next 11 ticks, as +1.5, +2.5, +3.5."),
        (lambda k: 4.0 / (k + 1), "changes", None, "the distance changes in each of the next 11 ticks, as +2, "),
        (lambda k: 0.5 if k < 3 else 0.0, "heals", BAD + 3, f"Afterwards: equal again at tick {BAD + 3}."),
    ],
)
def test_the_course_of_a_field(
    distance: Callable[[int], float], course: str, again: int | None, told: str, tmp_path: Path
) -> None:
    expected = synthetic.write_trace(tmp_path / "expected.cdt", TICKS)
    actual = synthetic.write_trace(tmp_path / "actual.cdt", TICKS, change=off_by(distance))
    report = focus_traces(expected, actual)
    assert report.tick == BAD
    assert report.aftermath is not None
    assert (report.aftermath.course, report.aftermath.equal_again) == (course, again)
    assert told in render_focus(report)


def test_draws_that_agree_again_and_those_that_were_like_it_before(tmp_path: Path) -> None:
    """One draw of a tick is by another call site; the expected one draws at four earlier ticks as well."""
    table = TABLE_BY_NAME["rng_stream"]
    callers = table.positions["caller"]

    def drawing(wrong: bool) -> Callable[[Tables, int], None]:
        def change(tables: Tables, _first: int) -> None:
            rows = tables[table.name]
            columns = list(rows.columns)
            columns[callers] = columns[callers].copy()
            for tick in (3, 7, 11, 15, BAD, BAD + 1, BAD + 2):
                first = next((at for at, found in enumerate(rows.ticks.tolist()) if found == tick), None)
                if first is not None:
                    columns[callers][first] = 0x00417777 if wrong and tick >= BAD else 0x00415555
            tables[table.name] = TableRows(rows.ticks, tuple(columns))

        return change

    expected = synthetic.write_trace(tmp_path / "expected.cdt", TICKS, change=drawing(wrong=False))
    actual = synthetic.write_trace(tmp_path / "actual.cdt", TICKS, change=drawing(wrong=True))
    report = focus_traces(expected, actual)
    assert report.aftermath is not None
    assert (report.aftermath.course, report.aftermath.ticks, report.aftermath.equal_again) == ("heals", 2, BAD + 3)
    assert report.precedents is not None
    assert (report.precedents.since, report.precedents.count, report.precedents.ticks) == (0, 4, (7, 11, 15))
    assert "The like was equal in 4 ticks before, last at 7, 11, 15." in render_focus(report)
