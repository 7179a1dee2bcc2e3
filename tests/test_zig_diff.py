"""The Zig program gives the verdicts that crimson-dbg gives: on faulty traces, and on traces changed anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import faults
import msgspec
import numpy as np
import pytest
import synthetic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from short_replays import replay_of
from zig_kit import crimson_zig, refused_by_zig

from crimson.dbg.diff import Options, diff_traces
from crimson.dbg.errors import BadUsage
from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.layout import TABLES, Table
from crimson.dbg.report import Blip, ChannelDifference, DiffReport, HiddenFinding
from crimson.dbg.schema import SETUP_TICK
from crimson.dbg.verify import verify_trace
from resimulated_capture import write_capture

CAPTURES = Path(__file__).parents[1] / "captures"


class ZigField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    path: str
    expected: str
    actual: str


class ZigDiff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    report: str
    verdict: str
    first_bad_tick: int | None
    ticks_compared: int
    window: tuple[int, int]
    sustain: int
    strict: bool
    ulps: int
    channels: tuple[ChannelDifference, ...]
    hidden: tuple[HiddenFinding, ...]
    blip_count: int
    blips: tuple[Blip, ...]
    identity: tuple[str, ...]
    field: ZigField | None


class ZigCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    ok: bool


class ZigVerify(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    report: str
    verdict: str
    ticks: int
    checks: tuple[ZigCheck, ...]


def agreed(expected: Path, actual: Path, **options: Unpack[Options]) -> DiffReport:
    """Python's report, with which Zig's must agree in all that it says."""
    python = diff_traces(expected, actual, **options)
    words = [f"--{name}={value}" for name, value in options.items() if name not in ("strict", "ticks")]
    arguments = [part for word in words for part in word.split("=")]
    ticks = options.get("ticks")
    if ticks is not None:
        arguments += ["--ticks", f"{ticks[0]}:{ticks[1]}"]
    if options.get("strict"):
        arguments.append("--strict")
    outcome = crimson_zig("diff", expected, actual, "--json", *arguments)
    assert (outcome.code, outcome.err) == (0 if python.ok else 1, ""), outcome
    zig = msgspec.json.decode(outcome.out, type=ZigDiff)
    for name in ("verdict", "first_bad_tick", "ticks_compared", "window", "channels"):
        assert getattr(zig, name) == getattr(python, name), name
    # Python lists the regions as it meets them
    assert {finding.region: finding for finding in zig.hidden} == {finding.region: finding for finding in python.hidden}
    assert zig.blip_count == len(python.blips)
    assert zig.blips == python.blips[: len(zig.blips)]
    named = [field.path for field in python.fields]
    if python.verdict == "wrong_run":
        assert [f"source.{name}" for name in zig.identity] == named
    if python.verdict == "diverged":
        assert zig.field is not None
        assert zig.field.path == named[0]
    text = crimson_zig("diff", expected, actual, *arguments)
    assert (text.code, text.err) == (outcome.code, "")
    assert len(text.out.splitlines()) <= 3
    return python


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write_trace(tmp_path_factory.mktemp("golden") / "golden.cdt", 600, kind="original")


# Each takes a second or more to record; the changes of single fields below reach what these leave out.
FAULTS = [fault.name for fault in faults.FAULTS][::5]


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_runtime(name: str, tmp_path: Path) -> None:
    faults.record_pair(faults.fault_named(name), tmp_path)
    report = agreed(tmp_path / "expected.cdt", tmp_path / "actual.cdt")
    assert not report.ok or report.hidden
    agreed(tmp_path / "expected.cdt", tmp_path / "actual.cdt", strict=True)
    agreed(tmp_path / "actual.cdt", tmp_path / "expected.cdt", sustain=40)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name.replace(".", "-"))
def test_a_change_of_any_field_at_any_tick(table: Table, golden: Path, tmp_path: Path) -> None:
    for position in range(len(table.leaves)):
        ticks = [[SETUP_TICK], [0], [255, 256], [257, 258, 259], [599], [3, 300, 301, 302, 303]][position % 6]
        changed = synthetic.write_trace(
            tmp_path / "changed.cdt", 600, change=synthetic.changing(table, position, ticks)
        )
        report = agreed(golden, changed, strict=position % 2 == 0)
        assert report.channels or report.hidden


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ticks=st.lists(st.integers(-1, 40), max_size=25, unique=True),
    lengths=st.tuples(st.integers(35, 41), st.integers(35, 41)),
    sustain=st.integers(1, 6),
    window=st.none() | st.tuples(st.integers(0, 34), st.integers(0, 50)),
)
def test_any_ticks_that_differ(
    ticks: Sequence[int], lengths: tuple[int, int], sustain: int, window: tuple[int, int] | None, tmp_path: Path
) -> None:
    table = TABLES[14]
    left = synthetic.write_trace(tmp_path / "left.cdt", lengths[0])
    change = synthetic.changing(table, 20, sorted(ticks))
    right = synthetic.write_trace(tmp_path / "right.cdt", lengths[1], change=change)
    if window is not None and (window[0] > window[1] or window[1] >= lengths[0]):
        with pytest.raises(BadUsage) as refusal:
            diff_traces(left, right, ticks=window)
        assert refused_by_zig("diff", left, right, "--ticks", f"{window[0]}:{window[1]}") == str(refusal.value)
        return
    agreed(left, right, sustain=sustain, ticks=window)


def test_rows_that_only_one_side_has(golden: Path, tmp_path: Path) -> None:
    for table in TABLES:
        if table.cardinality == "one":
            continue
        change = synthetic.dropping(table.name, [7, 8, 9, 400])
        fewer = synthetic.write_trace(tmp_path / "fewer.cdt", 600, change=change)
        agreed(golden, fewer)
        agreed(fewer, golden, strict=True)


@pytest.mark.parametrize("ulps", [1, 2, 5])
def test_floats_within_a_distance(ulps: int, golden: Path, tmp_path: Path) -> None:
    for by in (1, 2, -1, 6):
        near = synthetic.setting("entity_samples.creatures", "hp", 30, lambda bits, by=by: bits + by)
        agreed(golden, synthetic.write_trace(tmp_path / "near.cdt", 600, change=near), ulps=ulps, strict=True)
    zero = synthetic.setting("entity_samples.creatures", "hp", 30, lambda bits: 0x80000001)
    one = synthetic.write_trace(tmp_path / "one.cdt", 600, change=zero)
    other = synthetic.setting("entity_samples.creatures", "hp", 30, lambda bits: 1)
    agreed(one, synthetic.write_trace(tmp_path / "other.cdt", 600, change=other), ulps=ulps, strict=True)


def test_traces_of_other_runs_and_of_nothing(golden: Path, tmp_path: Path) -> None:
    for about in (
        synthetic.meta(replay="ef" * 32),
        synthetic.meta(run=msgspec.structs.replace(synthetic.RUN, seed=8, quest="1.1", hardcore=True)),
        synthetic.meta(run=msgspec.structs.replace(synthetic.RUN, player_count=1)),
    ):
        assert agreed(golden, synthetic.write_trace(tmp_path / "other.cdt", 9, about=about)).verdict == "wrong_run"
    nothing = synthetic.write_trace(tmp_path / "nothing.cdt", 0)
    assert agreed(nothing, nothing).verdict == "nothing_compared"
    assert agreed(golden, nothing).verdict == "nothing_compared"
    other = synthetic.write_trace(tmp_path / "other.cdt", 3)
    assert agreed(golden, other).verdict == "ended_early"
    assert "reaches behind the end" in refused_by_zig("diff", other, golden, "--ticks", "3:9")


# verify


def verified(trace: Path, *replay: Path) -> bool:
    """Python's verdict, with which Zig's must agree, check by check."""
    python = verify_trace(trace, *replay)
    outcome = crimson_zig("verify", trace, "--json", *(word for path in replay for word in ("--replay", str(path))))
    assert (outcome.code, outcome.err) == (0 if python.ok else 1, ""), outcome
    zig = msgspec.json.decode(outcome.out, type=ZigVerify)
    assert (zig.verdict, zig.ticks) == (python.verdict, python.ticks)
    # that chunks and index are whole was found out before there was a report
    assert [(check.name, check.ok) for check in zig.checks] == [(check.name, check.ok) for check in python.checks[2:]]
    return python.ok


@pytest.mark.parametrize("name", ["quest-1-1", "typo", "tutorial"])
def test_captures_are_verified(name: str) -> None:
    assert verified(CAPTURES / f"{name}.cdt")


def test_what_contradicts_is_found(golden: Path, tmp_path: Path) -> None:
    assert not verified(CAPTURES / "quest-1-1.cdt", CAPTURES / "typo.crd")
    assert verified(synthetic.write_trace(tmp_path / "candidate.cdt", 300))
    assert not verified(synthetic.write_trace(tmp_path / "nothing.cdt", 0))
    assert "No such file" in refused_by_zig("verify", golden)
    write_capture(replay_of("rush", 5), tmp_path / "run.jsonl")
    (run,) = finalize_capture(tmp_path / "run.jsonl", tmp_path).runs
    trace, replay = Path(run.trace), Path(run.replay)
    assert verified(trace, replay)

    def other_seed(tables: synthetic.Tables, first: int) -> None:
        if first == SETUP_TICK:
            rows = tables["rng_stream"]
            columns = [column.copy() for column in rows.columns]
            columns[1][0] = np.uint32(columns[1][0] ^ 1)
            tables["rng_stream"] = type(rows)(rows.ticks, tuple(columns))

    assert not verified(synthetic.rewrite(trace, tmp_path / "other.cdt", other_seed), replay)
