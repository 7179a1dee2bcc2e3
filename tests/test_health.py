"""Each question of `health` fails a trace that is wrong in just that, and says where."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import synthetic
from command import crimson_dbg
from short_replays import replay_of
from synthetic import Tables, dropping, setting

from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.health import check_health
from crimson.dbg.report import HealthReport
from crimson.dbg.rows import TableRows
from crimson.dbg.trace import TraceReader
from crimson.dbg.trace_writer import copy_with_meta
from resimulated_capture import write_capture

NAMES = (
    "coverage",
    "rng steps",
    "no draws outside ticks",
    "callers known",
    "timing",
    "entity names unique",
    "floats finite",
    "summaries",
)
PLAYERS = "sim_state.players"
type Change = Callable[[Tables, int], None]


def failures(report: HealthReport) -> dict[str, str]:
    assert tuple(check.name for check in report.checks) == NAMES
    failed = {check.name: check.evidence for check in report.checks if not check.ok}
    assert report.ok == (not failed)
    return failed


def test_a_good_trace_is_healthy(original: Path) -> None:
    report = check_health(original)
    assert (report.verdict, report.ticks, failures(report)) == ("healthy", 150, {})
    evidence = {check.name: check.evidence for check in report.checks}
    assert re.fullmatch(r"150 ticks, \d+ draws, \d+ entity rows, 2 player\(s\)", evidence["coverage"])
    assert evidence["timing"] == "150 steps, 0 of them scaled"
    assert re.fullmatch(r"\d+ slots, each tenure with its own generation", evidence["entity names unique"])


def _twice(name: str, tick: int) -> Change:
    """One row of a tick given twice."""

    def change(tables: Tables, _first: int) -> None:
        rows = tables[name]
        found = np.flatnonzero(rows.ticks == tick)[:1]
        tables[name] = rows.take(np.sort(np.concatenate((np.arange(len(rows)), found))))

    return change


def _both(*changes: Change) -> Change:
    def change(tables: Tables, first: int) -> None:
        for each in changes:
            each(tables, first)

    return change


# What fails alone: the change, the check, its evidence.
CASES: dict[str, tuple[Change, str, str]] = {
    "no timing": (
        dropping("timing_samples", [40]),
        "coverage",
        "tick 40 has 0 timing samples, expected 1",
    ),
    "timing twice": (_twice("timing_samples", 149), "coverage", "tick 149 has 2 timing samples, expected 1"),
    "no player": (dropping(PLAYERS, [40]), "coverage", "tick 40 has 1 rows in sim_state.players, expected 2"),
    "no player at set-up": (
        dropping(PLAYERS, [-1]),
        "coverage",
        "tick -1 has 1 rows in sim_state.players, expected 2",
    ),
    "no vitals": (
        dropping("checkpoint.players", [40, 41, 42]),
        "coverage",
        "tick 40 has 1 rows in checkpoint.players, expected 2, and 2 more",
    ),
    "value": (
        setting("rng_stream", "value", 40, lambda value: value ^ 1),
        "rng steps",
        r"tick 40: 0x[0-9a-f]{8} to 0x[0-9a-f]{8} is no step",
    ),
    "value at set-up": (
        setting("rng_stream", "value", -1, lambda value: value ^ 1),
        "rng steps",
        r"tick -1: 0x[0-9a-f]{8} to 0x[0-9a-f]{8} is no step",
    ),
    "state": (
        setting("checkpoint", "rng_state", 40, lambda state: state ^ 1),
        "no draws outside ticks",
        r"tick 40: the state is 0x[0-9a-f]{8}, its last draw ended at 0x[0-9a-f]{8}",
    ),
    "last state": (
        setting("checkpoint", "rng_state", 149, lambda state: state ^ 1),
        "no draws outside ticks",
        r"tick 149: the state is 0x[0-9a-f]{8}, its last draw ended at 0x[0-9a-f]{8}",
    ),
    "first draws": (
        dropping("rng_stream", [-1]),
        "no draws outside ticks",
        r"tick -1: a draw starts at 0x[0-9a-f]{8}, the last one ended at 0x[0-9a-f]{8}",
    ),
    "caller": (
        _both(*(setting("rng_stream", "caller", tick, lambda caller: 0) for tick in (40, 50))),
        "callers known",
        "tick 40 has a draw without a caller",
    ),
    "step": (
        setting("timing_samples", "frame_dt", 40, lambda bits: bits + 1),
        "timing",
        "tick 40: frame_dt 0.01666666939854622 is neither the replay's step nor that step scaled",
    ),
    "scaled step that is not": (
        _both(
            setting("timing_samples", "time_scale_active", 40, lambda active: 1),
            setting("timing_samples", "time_scale_factor", 40, lambda bits: 0x3F000000),
        ),
        "timing",
        "tick 40: frame_dt 0.01666666753590107 is neither the replay's step nor that step scaled",
    ),
    "milliseconds": (
        setting("timing_samples", "frame_dt_ms", 40, lambda milliseconds: 17),
        "timing",
        "tick 40: frame_dt 0.01666666753590107 does not give the milliseconds beside it",
    ),
    "generation falls": (
        setting("entity_samples.creatures", "generation", 100, lambda generation: 0),
        "entity names unique",
        r"tick 100: entity_samples.creatures\[0\] returned without a new generation",
    ),
    "gap in a tenure": (
        dropping("entity_samples.projectiles", [105]),
        "entity names unique",
        r"tick 106: entity_samples.projectiles\[0\] returned without a new generation",
    ),
    "infinity": (
        setting(PLAYERS, "heading", 40, lambda bits: 0x7F800000),
        "floats finite",
        "tick 40: sim_state.players.heading is not finite",
    ),
    "not a number": (
        setting("sim_state", "gameplay.bonus_timers.freeze", -1, lambda bits: 0xFFC00000),
        "floats finite",
        "tick -1: sim_state.gameplay.bonus_timers.freeze is not finite",
    ),
    "creatures": (
        setting("checkpoint", "creature_count", 40, lambda count: count + 1),
        "summaries",
        r"tick 40: the checkpoint has \d living creatures, the rows \d",
    ),
    "no creature": (
        dropping("entity_samples.creatures", range(150)),
        "summaries",
        r"tick 0: the checkpoint has \d living creatures, the rows \d, and 149 more",
    ),
    "perks": (
        setting("checkpoint", "perk_pending", 149, lambda count: 3),
        "summaries",
        "tick 149: the checkpoint has 3 pending perks, the rows 0",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_fault_fails_one_check(name: str, original: Path, tmp_path: Path) -> None:
    change, check, evidence = CASES[name]
    path = synthetic.rewrite(original, tmp_path / "bad.cdt", change)
    report = check_health(path)
    failed = failures(report)
    assert (report.verdict, [*failed]) == ("unhealthy", [check])
    assert re.fullmatch(evidence + r"(, and \d+ more)?", failed[check]) or failed[check] == evidence
    outcome = crimson_dbg("health", path)
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.startswith(f"unhealthy: {path}, 150 ticks\n")
    (line,) = [line for line in outcome.out.splitlines() if line.startswith("  FAIL ")]
    assert line.split(maxsplit=1)[1].startswith(check)
    assert line.endswith(failed[check])


def test_another_seed_is_no_unbroken_chain(original: Path, tmp_path: Path) -> None:
    with TraceReader(original) as reader:
        source = reader.meta.source
        run = msgspec.structs.replace(source.run, seed=source.run.seed ^ 1)
        meta = msgspec.structs.replace(reader.meta, source=msgspec.structs.replace(source, run=run))
    copy_with_meta(original, tmp_path / "bad.cdt", meta)
    failed = failures(check_health(tmp_path / "bad.cdt"))
    assert [*failed] == ["no draws outside ticks"]
    assert failed["no draws outside ticks"].startswith("tick -1: a draw starts at 0x")


def test_a_tick_without_draws(original: Path, tmp_path: Path) -> None:
    def change(tables: Tables, _first: int) -> None:
        rows = tables["rng_stream"]
        tables["rng_stream"] = rows.take(rows.ticks != 40)

    failed = failures(check_health(synthetic.rewrite(original, tmp_path / "bad.cdt", change)))
    assert failed["coverage"] == "tick 40 has no rng_stream rows"
    assert failed["no draws outside ticks"].startswith("tick 41: a draw starts at 0x")


def test_a_trace_without_ticks(tmp_path: Path) -> None:
    failed = failures(check_health(synthetic.write_trace(tmp_path / "none.cdt", 0)))
    assert failed["coverage"].endswith("more") or failed["coverage"] == "the trace has no ticks"
    assert crimson_dbg("health", tmp_path / "none.cdt").code == 1


def test_faults_across_chunks(tmp_path: Path) -> None:
    """A chain, and a tenure, go on from one chunk to the next."""
    write_capture(replay_of("rush", 300), tmp_path / "run.jsonl")
    (run,) = finalize_capture(tmp_path / "run.jsonl", tmp_path).runs
    good = Path(run.trace)
    assert check_health(good).ok
    creatures = "entity_samples.creatures"

    def renewing(tables: Tables, first: int) -> None:
        if first != 256:
            return
        rows = tables[creatures]
        slot = rows.columns[0] == rows.columns[0][0]
        generations = np.where(slot, 0, rows.columns[1]).astype(np.uint32)
        tables[creatures] = TableRows(rows.ticks, (rows.columns[0], generations, *rows.columns[2:]))

    failed = failures(check_health(synthetic.rewrite(good, tmp_path / "bad.cdt", renewing)))
    assert [*failed] == ["entity names unique"]
    assert failed["entity names unique"].startswith("tick 256: entity_samples.creatures[")
    failed = failures(check_health(synthetic.rewrite(good, tmp_path / "bad.cdt", dropping("rng_stream", [256]))))
    assert failed["no draws outside ticks"].startswith("tick 256: a draw starts at 0x")
