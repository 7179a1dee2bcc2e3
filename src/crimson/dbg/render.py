"""Reports as text for people: plain, at most 100 columns where names allow it."""

from __future__ import annotations

from collections.abc import Sequence

from crimson.dbg.report import (
    Check,
    DiffReport,
    FieldDifference,
    HealthReport,
    TraceSummary,
    Value,
    VerifyReport,
)
from crimson.dbg.schema import SETUP_TICK, RunSettings

_MODES = {1: "survival", 2: "rush", 3: "quests", 4: "typo", 8: "tutorial"}
_FIELDS_SHOWN = 24

_NEXT_STEPS = {
    "wrong_run": "These traces are not of one run: compare a candidate recorded from the original's own .crd.",
    "nothing_compared": "No tick was compared, so nothing was shown: check both traces and the window.",
    "ended_early": "One side has no such tick: find out why its run ended, or record it again to the end.",
}


def mode_name(mode_id: int) -> str:
    """The game mode's name; its number when it has none."""
    return _MODES.get(mode_id, f"mode {mode_id}")


def tick_name(tick: int) -> str:
    return "run set-up" if tick == SETUP_TICK else f"tick {tick}"


def render_diff(report: DiffReport) -> str:
    lines = [*_headline(report), "", *_sides(report.run, report.expected, report.actual)]
    if report.channels:
        lines += ["", "channel           first tick   differing ticks"]
        lines += [f"  {row.channel:<16}{tick_name(row.first_tick):>12}{row.ticks:>12}" for row in report.channels]
    if report.fields:
        lines += ["", *_fields(report.fields)]
    if report.blips:
        shown = ", ".join(f"{blip.first}..{blip.last}" for blip in report.blips[:8])
        lines += ["", f"{len(report.blips)} blip(s) healed within {report.sustain - 1} tick(s): {shown}"]
    lines += [
        f"hidden state differs since {tick_name(found.first_tick)}: {found.region} ({found.ticks} ticks)"
        for found in report.hidden
    ]
    if report.verdict in _NEXT_STEPS:
        lines += ["", _NEXT_STEPS[report.verdict]]
    return "\n".join(lines)


def _headline(report: DiffReport) -> list[str]:
    where = tick_name(report.first_bad_tick) if report.first_bad_tick is not None else ""
    match report.verdict:
        case "equal":
            return [f"equal over {report.ticks_compared} ticks"]
        case "diverged":
            return [f"diverged at {where}, lead: {report.lead.brief if report.lead else 'none'}"]
        case "ended_early":
            shorter = "expected" if report.expected.ticks < report.actual.ticks else "actual"
            return [f"ended early: the {shorter} trace has no {where}"]
        case "wrong_run":
            return ["not compared: the traces are of different runs"]
        case "nothing_compared":
            return ["not compared: no tick lies in both traces"]


def _sides(run: RunSettings, expected: TraceSummary, actual: TraceSummary) -> list[str]:
    quest = f" {run.quest}" if run.quest else ""
    return [
        f"run       {mode_name(run.mode_id)}{quest}, seed {run.seed}, {run.player_count} player(s)",
        f"expected  {expected.path} ({expected.implementation} {expected.version}, {expected.ticks} ticks)",
        f"actual    {actual.path} ({actual.implementation} {actual.version}, {actual.ticks} ticks)",
    ]


def _fields(fields: Sequence[FieldDifference]) -> list[str]:
    lines = []
    for field in fields[:_FIELDS_SHOWN]:
        lines.append(f"  {field.path}")
        lines.append(f"      expected {_value(field.expected, field.expected_bits)}")
        distance = "" if field.ulps is None else f"   {field.ulps:+d} ulp"
        lines.append(f"      actual   {_value(field.actual, field.actual_bits)}{distance}")
    if len(fields) > _FIELDS_SHOWN:
        lines.append(f"  and {len(fields) - _FIELDS_SHOWN} more fields; --json has them all")
    return lines


def _value(value: Value, bits: int | None) -> str:
    if bits is not None:
        return f"{value!r} (0x{bits:08x})"
    return f"{value} (0x{value:08x})" if isinstance(value, int) and value > 0xFFFF else str(value)


def render_health(report: HealthReport) -> str:
    return _render_checks(f"{report.verdict}: {report.trace}, {report.ticks} ticks", report.checks)


def render_verify(report: VerifyReport) -> str:
    beside = f" against {report.replay}" if report.replay else ""
    return _render_checks(f"{report.verdict}: {report.trace}{beside}, {report.ticks} ticks", report.checks)


def _render_checks(headline: str, checks: Sequence[Check]) -> str:
    width = max(len(check.name) for check in checks)
    return "\n".join(
        [
            headline,
            *(f"  {'ok  ' if check.ok else 'FAIL'} {check.name:<{width}}  {check.evidence}" for check in checks),
        ]
    )
