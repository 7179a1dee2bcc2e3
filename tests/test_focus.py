"""Focus explains whatever diff finds: any field of any table, at the first, a middle and the last tick."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import synthetic
from synthetic import Tables

from crimson.dbg.focus import bisect_traces, focus_traces
from crimson.dbg.focus_report import FocusReport
from crimson.dbg.layout import TABLE_BY_NAME, TABLES, Table
from crimson.dbg.pairing import HIDDEN_CHANNEL
from crimson.dbg.render import render_bisect
from crimson.dbg.render_focus import WIDTH, render_focus
from crimson.dbg.report import to_json
from crimson.dbg.rows import TableRows
from crimson.dbg.schema import SETUP_TICK
from crimson.dbg.windows import TICKS_AFTER, TICKS_BEFORE, window_around

TICKS = 40
NAN, INFINITY = 0x7FC00000, 0x7F800000


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write_trace(tmp_path_factory.mktemp("golden") / "golden.cdt", TICKS, kind="original")


def told(report: FocusReport, table: Table, path: str) -> bool:
    """Whether a report speaks of a field, and its text of the row or the channel."""
    text = render_focus(report)
    # Behind the headline and the files, whose names may be long.
    assert [line for line in text.splitlines()[5:] if len(line) > WIDTH] == []
    # A NaN is null in JSON, where its bits stand beside it.
    assert to_json(msgspec.json.decode(to_json(report), type=FocusReport)) == to_json(report)
    if table.name == "rng_stream":
        return report.draws is not None and not report.draws.agreed == report.draws.expected == report.draws.actual
    if table.channel == HIDDEN_CHANNEL:
        return path in text
    fields = [field.difference.field for entity in report.entities for field in entity.fields]
    return path in fields or (table.keyed and any(entity.status != "changed" for entity in report.entities))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name.replace(".", "-"))
def test_a_change_of_any_field_is_told(table: Table, golden: Path, tmp_path: Path) -> None:
    for position, leaf in enumerate(table.leaves):
        tick = (SETUP_TICK, 0, TICKS // 2, TICKS - 1)[position % 4]
        changed = synthetic.write_trace(
            tmp_path / "changed.cdt", TICKS, change=synthetic.changing(table, position, range(tick, TICKS))
        )
        report = focus_traces(golden, changed, strict=True)
        where = f"{table.name}.{leaf.path} at {tick}"
        assert (report.diff.first_bad_tick, report.tick) == (tick, tick), where
        assert report.diff.lead is not None, where
        assert report.diff.lead.tick == tick, where
        assert told(report, table, leaf.path), where
        assert report.window == window_around(tick, TICKS), where
        marked = [row.tick for row in report.timeline if row.channels or row.hidden]
        assert marked == [at for at in range(tick, report.window[1] + 1) if at >= 0 or tick == SETUP_TICK], where


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name.replace(".", "-"))
@pytest.mark.parametrize("bits", [NAN, INFINITY], ids=["nan", "infinity"])
def test_numbers_that_are_not_finite_are_told_as_well(table: Table, bits: int, tmp_path: Path) -> None:
    """In every float of a row, on one side from a tick on, and on both sides before it."""
    floats = [position for position, leaf in enumerate(table.leaves) if leaf.column.wire == "f4"]
    if not floats:
        return

    def planting(first: int, wild: int) -> Path:
        def change(tables: Tables, _first: int) -> None:
            rows = tables[table.name]
            columns = list(rows.columns)
            for position in floats:
                columns[position] = columns[position].copy()
                columns[position][rows.ticks == 9] = bits
                columns[position][rows.ticks >= first] = wild
            tables[table.name] = TableRows(rows.ticks, tuple(columns))

        return synthetic.write_trace(tmp_path / f"{wild}.cdt", TICKS, change=change)

    calm, wild = planting(10, 0x40490FDB), planting(10, bits)
    for expected, actual in ((calm, wild), (wild, calm)):
        report = focus_traces(expected, actual)
        assert (report.diff.verdict, report.tick) == ("diverged", 10)
        assert told(report, table, table.leaves[floats[0]].path)


@pytest.mark.parametrize(
    ("tick", "ticks", "window"),
    [
        (100, 500, (100 - TICKS_BEFORE, 100 + TICKS_AFTER)),
        (5, 500, (0, 5 + TICKS_AFTER)),
        (499, 500, (499 - TICKS_BEFORE, 499)),
        (SETUP_TICK, 500, (0, SETUP_TICK + TICKS_AFTER)),
        (0, 1, (0, 0)),
    ],
)
def test_a_window_stays_within_its_run(tick: int, ticks: int, window: tuple[int, int]) -> None:
    assert window_around(tick, ticks) == window


def test_an_entity_is_followed_back_to_where_it_was_equal(golden: Path, tmp_path: Path) -> None:
    table = TABLE_BY_NAME["entity_samples.creatures"]
    position = table.positions["heading"]
    healed = [4, 5, *range(20, TICKS)]
    changed = synthetic.write_trace(tmp_path / "changed.cdt", TICKS, change=synthetic.changing(table, position, healed))
    report = focus_traces(golden, changed)
    assert report.tick == 20
    assert [(entity.row, entity.last_equal) for entity in report.entities] == [(3, 19)]
    assert report.ancestry is not None
    assert [(run.first, run.last, run.fields) for run in report.ancestry.healed] == [(4, 5, ("heading",))]
    assert "Before that it differed at ticks 4..5 and healed: heading" in render_focus(report)
    inside = focus_traces(golden, changed, ticks=(25, 30))
    assert (inside.window, inside.diff.first_bad_tick, inside.tick) == ((25, 30), 25, 20)


def test_bisect_names_the_window_that_focus_shows(golden: Path, tmp_path: Path) -> None:
    changed = synthetic.write_trace(
        tmp_path / "changed.cdt", TICKS, change=synthetic.changing(TABLES[0], 3, range(22, TICKS))
    )
    bisect, focus = bisect_traces(golden, changed), focus_traces(golden, changed)
    assert (bisect.first_bad_tick, bisect.last_good_tick, bisect.window) == (22, 21, focus.window)
    assert bisect.lead == focus.diff.lead
    assert bisect_traces(golden, golden).ok
    other = msgspec.structs.replace(bisect, verdict="wrong_run", ticks_compared=0, window=None, first_bad_tick=None)
    assert render_bisect(other).splitlines()[0] == "not compared: the traces are of different runs"
