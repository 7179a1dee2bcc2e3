"""No change goes unseen: one value of one field at one tick, for every field of every channel."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import synthetic

from crimson.dbg import schema
from crimson.dbg.diff import diff_traces
from crimson.dbg.layout import TABLES, Table

TICKS = 9
FIRST, MIDDLE, LAST = 0, 4, TICKS - 1


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write_trace(tmp_path_factory.mktemp("golden") / "golden.cdt", TICKS, kind="original")


def test_the_same_tables_are_equal(golden: Path, tmp_path: Path) -> None:
    report = diff_traces(golden, synthetic.write_trace(tmp_path / "same.cdt", TICKS), strict=True)
    assert (report.verdict, report.ticks_compared, report.fields, report.hidden) == ("equal", TICKS, (), ())


def _path_of(table: Table, position: int) -> str:
    row = ""
    if table.cardinality == "many":
        row = f"[{3 if table.keyed else synthetic.ROWS_PER_TICK - 1}]"
    return f"{table.name}{row}.{table.leaves[position].path}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name.replace(".", "-"))
def test_a_change_of_any_field_is_found_where_it_is(table: Table, golden: Path, tmp_path: Path) -> None:
    for position, leaf in enumerate(table.leaves):
        for tick in (schema.SETUP_TICK, FIRST, MIDDLE, LAST):
            changed = synthetic.write_trace(
                tmp_path / "changed.cdt", TICKS, change=synthetic.changing(table, position, [tick])
            )
            report = diff_traces(golden, changed, strict=True)
            where = f"{table.name}.{leaf.path} at tick {tick}"
            assert (report.verdict, report.first_bad_tick) == ("diverged", tick), where
            assert report.lead is not None
            assert report.lead.channel == table.channel, where
            if leaf.column.key:
                # A row of another slot is one row less and one more.
                found = {field.path: field.expected for field in report.fields}
                assert found == {f"{table.name}[3]": "present", f"{table.name}[2]": "absent"}, where
            else:
                assert [field.path for field in report.fields] == [_path_of(table, position)], where


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name.replace(".", "-"))
def test_without_strict_a_lasting_change_diverges(table: Table, golden: Path, tmp_path: Path) -> None:
    position = len(table.leaves) - 1
    changed = synthetic.write_trace(
        tmp_path / "changed.cdt", TICKS, change=synthetic.changing(table, position, range(MIDDLE, TICKS))
    )
    report = diff_traces(golden, changed)
    if table.channel == "hidden_state":
        (finding,) = report.hidden
        assert (report.verdict, finding.first_tick, finding.ticks) == ("equal", MIDDLE, TICKS - MIDDLE)
    else:
        assert (report.verdict, report.first_bad_tick) == ("diverged", MIDDLE)
        assert report.lead is not None
        assert report.lead.channel == table.channel


@pytest.mark.parametrize("ticks", [TICKS - 1, TICKS + 1, 300])
def test_another_length_is_a_verdict_of_its_own(ticks: int, golden: Path, tmp_path: Path) -> None:
    report = diff_traces(golden, synthetic.write_trace(tmp_path / "other.cdt", ticks))
    assert (report.verdict, report.first_bad_tick) == ("ended_early", min(ticks, TICKS))
    assert report.ticks_compared == min(ticks, TICKS)
    assert not report.ok


def test_a_trace_of_another_run_is_not_compared(golden: Path, tmp_path: Path) -> None:
    for about in (
        synthetic.meta(replay="ef" * 32),
        synthetic.meta(run=msgspec.structs.replace(synthetic.RUN, seed=8)),
        synthetic.meta(run=msgspec.structs.replace(synthetic.RUN, player_count=1)),
        synthetic.meta(run=msgspec.structs.replace(synthetic.RUN, mode_id=2)),
    ):
        report = diff_traces(golden, synthetic.write_trace(tmp_path / "other.cdt", TICKS, about=about))
        assert (report.verdict, report.ticks_compared) == ("wrong_run", 0)
        assert report.fields
        assert not report.ok


def test_comparing_nothing_is_no_pass(tmp_path: Path) -> None:
    nothing = synthetic.write_trace(tmp_path / "nothing.cdt", 0)
    report = diff_traces(nothing, nothing)
    assert (report.verdict, report.ok) == ("nothing_compared", False)


def test_differences_are_found_across_chunks(tmp_path: Path) -> None:
    table = next(table for table in TABLES if table.name == "entity_samples.creatures")
    golden = synthetic.write_trace(tmp_path / "golden.cdt", 600)
    for tick in (0, 255, 256, 300, 511, 512, 599):
        changed = synthetic.write_trace(tmp_path / "changed.cdt", 600, change=synthetic.changing(table, 20, [tick]))
        report = diff_traces(golden, changed)
        if tick == 599:
            assert (report.verdict, report.first_bad_tick) == ("diverged", 599), "the last tick must not pass"
        else:
            assert (report.verdict, [(blip.first, blip.last) for blip in report.blips]) == ("equal", [(tick, tick)])
        assert diff_traces(golden, changed, strict=True).first_bad_tick == tick
        assert diff_traces(golden, changed, ticks=(tick, tick)).first_bad_tick == tick
