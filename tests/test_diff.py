"""A diff finds just the differences there are, whatever they are."""

from __future__ import annotations

from pathlib import Path

import pytest
import synthetic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from synthetic import Tables

from crimson.dbg.diff import diff_traces
from crimson.dbg.errors import BadUsage
from crimson.dbg.layout import TABLE_BY_NAME, TABLES
from crimson.dbg.pairing import HIDDEN_CHANNEL
from crimson.dbg.schema import SETUP_TICK
from crimson.dbg.sustained import first_sustained

TICKS = 300

_changes = st.lists(
    st.tuples(
        st.integers(0, len(TABLES) - 1), st.integers(0, 200), st.sets(st.integers(SETUP_TICK, TICKS - 1), max_size=8)
    ),
    max_size=5,
)


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write_trace(tmp_path_factory.mktemp("golden") / "golden.cdt", TICKS)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=_changes, sustain=st.integers(1, 4))
def test_it_finds_just_what_was_changed(
    changes: list[tuple[int, int, set[int]]], sustain: int, golden: Path, tmp_path: Path
) -> None:
    # One change for each table, so that none undoes another.
    chosen = {number: (position, ticks) for number, position, ticks in changes}

    def change(tables: Tables, first: int) -> None:
        for number, (position, ticks) in chosen.items():
            table = TABLES[number]
            synthetic.changing(table, position % len(table.leaves), sorted(ticks))(tables, first)

    changed = synthetic.write_trace(tmp_path / "changed.cdt", TICKS, change=change)
    report = diff_traces(golden, changed, sustain=sustain)
    expected: dict[str, set[int]] = {}
    for number, (_, ticks) in chosen.items():
        expected.setdefault(TABLES[number].channel, set()).update(ticks)
    found = {row.channel: (row.first_tick, row.ticks) for row in report.channels}
    assert found == {
        channel: (min(ticks), len(ticks)) for channel, ticks in expected.items() if ticks and channel != HIDDEN_CHANNEL
    }
    hidden = expected.get(HIDDEN_CHANNEL, set())
    assert [(row.first_tick, row.ticks) for row in report.hidden] == ([(min(hidden), len(hidden))] if hidden else [])
    visible = sorted(set().union(*(ticks for channel, ticks in expected.items() if channel != HIDDEN_CHANNEL)))
    rule = first_sustained(visible, (-1, TICKS - 1), sustain)
    assert (report.first_bad_tick, report.blips) == (rule.onset, rule.blips)
    assert report.ok == (rule.onset is None)
    assert report.ticks_compared == TICKS


def test_a_window_compares_its_ticks_only(golden: Path, tmp_path: Path) -> None:
    table = TABLES[0]
    changed = synthetic.write_trace(
        tmp_path / "changed.cdt", TICKS, change=synthetic.changing(table, 1, range(100, 120))
    )
    assert diff_traces(golden, changed, ticks=(0, 99)).verdict == "equal"
    assert diff_traces(golden, changed, ticks=(120, 299)).verdict == "equal"
    inside = diff_traces(golden, changed, ticks=(90, 110))
    assert (inside.verdict, inside.first_bad_tick, inside.ticks_compared) == ("diverged", 100, 21)


@pytest.mark.parametrize("window", [(5, 4), (-1, 4), (TICKS - 1, TICKS), (TICKS, TICKS + 5)])
def test_a_window_that_is_not_there_is_refused(window: tuple[int, int], golden: Path) -> None:
    with pytest.raises(BadUsage):
        diff_traces(golden, golden, ticks=window)


def test_the_lead_is_the_cause_before_the_symptom(golden: Path, tmp_path: Path) -> None:
    """Of the channels that differ at the first bad tick, timing explains draws, draws explain state."""
    names = ["checkpoint", "sim_state", "entity_samples.creatures", "rng_stream", "timing_samples"]
    for count in range(1, len(names) + 1):
        tables = [table for table in TABLES if table.name in names[:count]]

        def change(chunk: Tables, first: int, tables: list[synthetic.Table] = tables) -> None:
            for table in tables:
                synthetic.changing(table, 3, range(7, TICKS))(chunk, first)

        changed = synthetic.write_trace(tmp_path / "changed.cdt", TICKS, change=change)
        lead = diff_traces(golden, changed).lead
        assert lead is not None
        assert lead.channel == names[count - 1].split(".")[0]


def test_other_compression_of_equal_rows_is_equal(
    golden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Producers may compress otherwise; what counts is the raw bytes."""
    monkeypatch.setattr("crimson.dbg.container._ZSTD_LEVEL", 1)
    other = synthetic.write_trace(tmp_path / "other.cdt", TICKS)
    assert other.read_bytes() != golden.read_bytes()
    assert diff_traces(golden, other, strict=True).verdict == "equal"


_patterns = st.lists(st.sampled_from(["", "checkpoint", "sim_state", "hidden_state", "both"]), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=_patterns, offset=st.integers(250, 259), sustain=st.integers(1, 4), extra=st.integers(-2, 2))
def test_no_pattern_of_differences_and_no_length_passes_unseen(
    pattern: list[str], offset: int, sustain: int, extra: int, tmp_path: Path
) -> None:
    """Around a chunk border, and with traces that end before, at or behind each other's end."""
    ticks = offset + len(pattern)
    channels = {
        "checkpoint": {"checkpoint", "both"},
        "sim_state": {"sim_state", "both"},
        "hidden_state": {"hidden_state"},
    }
    marked = {
        name: [offset + at for at, mark in enumerate(pattern) if mark in marks] for name, marks in channels.items()
    }

    def change(tables: Tables, first: int) -> None:
        for name, at in marked.items():
            synthetic.changing(TABLE_BY_NAME[name], 2, at)(tables, first)

    expected = synthetic.write_trace(tmp_path / "expected.cdt", ticks)
    actual = synthetic.write_trace(tmp_path / "actual.cdt", ticks + extra, change=change)
    report = diff_traces(expected, actual, sustain=sustain)
    shared = min(ticks, ticks + extra)
    last = max(ticks, ticks + extra) - 1
    visible = {tick for name in ("checkpoint", "sim_state") for tick in marked[name] if tick < shared}
    differing = sorted(visible | set(range(shared, last + 1)))
    rule = first_sustained(differing, (-1, last), sustain)
    assert (report.first_bad_tick, report.blips) == (rule.onset, rule.blips)
    assert report.ticks_compared == shared
    assert not (report.ok and extra)
    assert not (report.ok and ticks - 1 in visible)
    if rule.onset is not None and rule.onset < shared:
        assert report.verdict == "diverged"
        assert report.lead is not None
        assert report.lead.tick <= rule.onset
    for row in report.channels:
        own = sorted(visible & set(marked[row.channel])) if row.channel in marked else list(range(shared, last + 1))
        wanted = first_sustained(own, (-1, last), sustain)
        assert (row.first_tick, row.ticks) == (own[0], len(own))
        assert (row.onset, row.blips) == (wanted.onset, len(wanted.blips))
    assert diff_traces(expected, actual, strict=True).ok == (not differing and not marked["hidden_state"])


def test_a_tolerance_passes_over_what_is_close_and_the_lead_goes_back_to_it(tmp_path: Path) -> None:
    """A heading is one ulp off from tick 100, and far off from tick 280."""
    expected = synthetic.write_trace(tmp_path / "expected.cdt", TICKS)
    table = TABLE_BY_NAME["entity_samples.creatures"]

    def change(tables: Tables, _first: int) -> None:
        for tick in range(100, TICKS):
            synthetic.setting(table.name, "heading", tick, lambda bits, far=tick >= 280: bits + (999 if far else 1))(
                tables, _first
            )

    actual = synthetic.write_trace(tmp_path / "actual.cdt", TICKS, change=change)
    exact = diff_traces(expected, actual)
    assert (exact.first_bad_tick, exact.lead and exact.lead.tick) == (100, 100)
    for ulps, found in ((1, 280), (998, 280)):
        report = diff_traces(expected, actual, ulps=ulps)
        assert (report.verdict, report.first_bad_tick) == ("diverged", found)
        assert report.lead is not None
        assert (report.lead.tick, report.lead.subject) == (100, "creatures.heading")
        assert [field.ulps for field in report.fields] == [999]
    assert diff_traces(expected, actual, ulps=999).verdict == "equal"
    # Only floats have a tolerance.
    kills = synthetic.write_trace(
        tmp_path / "kills.cdt", TICKS, change=synthetic.changing(TABLE_BY_NAME["checkpoint"], 3, range(9, TICKS))
    )
    assert diff_traces(expected, kills, ulps=1 << 40).first_bad_tick == 9


def test_a_window_behind_the_cause_still_leads_to_it(golden: Path, tmp_path: Path) -> None:
    table = TABLE_BY_NAME["entity_samples.creatures"]
    position = table.positions["heading"]
    actual = synthetic.write_trace(
        tmp_path / "actual.cdt", TICKS, change=synthetic.changing(table, position, range(40, TICKS))
    )
    report = diff_traces(golden, actual, ticks=(270, 290))
    assert (report.first_bad_tick, report.lead and report.lead.tick) == (270, 40)
