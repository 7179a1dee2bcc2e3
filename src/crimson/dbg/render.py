"""Reports as text for people: plain, at most 100 columns where names allow it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from crimson.dbg.floats import f32_text, ulps_text
from crimson.dbg.report import (
    BisectReport,
    ChannelDifference,
    Check,
    DiffReport,
    FieldDifference,
    HealthReport,
    TraceSummary,
    Value,
    VerifyReport,
)
from crimson.dbg.schema import SETUP_TICK

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


_NOT_COMPARED = {
    "wrong_run": "not compared: the traces are of different runs",
    "nothing_compared": "not compared: no tick lies in both traces",
}


def render_diff(report: DiffReport) -> str:
    """The verdict, where each channel differs first, and every field that differs at the first bad tick."""
    lines = [headline(report), "", *sides(report)]
    if report.lead is not None:
        lines += ["", f"cause     {report.lead.statement}"]
    if report.channels:
        lines += ["", "channel           first tick   differing ticks   for good since   blips"]
        lines += [_channel(row) for row in report.channels]
    if report.fields:
        lines += ["", *_fields(report.fields)]
    return "\n".join([*lines, *blips_line(report), *hidden_lines(report), *next_step(report)])


def headline(report: DiffReport) -> str:
    """The verdict in a line."""
    where = tick_name(report.first_bad_tick) if report.first_bad_tick is not None else ""
    within = f" within {report.ulps} ulp" if report.ulps else ""
    match report.verdict:
        case "equal":
            return f"equal over {report.ticks_compared} ticks{within}"
        case "diverged":
            return f"diverged at {where}, lead: {report.lead.brief if report.lead else 'none'}"
        case "ended_early":
            shorter = "expected" if report.expected.ticks < report.actual.ticks else "actual"
            return f"ended early: the {shorter} trace has no {where}"
        case "wrong_run" | "nothing_compared":
            return _NOT_COMPARED[report.verdict]


def sides(report: DiffReport) -> list[str]:
    """Which run, and which two traces."""
    run = report.run
    quest = f" {run.quest}" if run.quest else ""
    first, last = report.window
    whole = (first, last) == (0, max(report.expected.ticks, report.actual.ticks) - 1)
    window = "" if whole else f", ticks {first}..{last} only"
    return [
        f"run       {mode_name(run.mode_id)}{quest}, seed {run.seed}, {run.player_count} player(s){window}",
        _side("expected", report.expected),
        _side("actual", report.actual),
    ]


def _side(name: str, trace: TraceSummary) -> str:
    return f"{name:<8}  {trace.path} ({trace.implementation} {trace.version}, {trace.ticks} ticks)"


def _channel(row: ChannelDifference) -> str:
    onset = "-" if row.onset is None else tick_name(row.onset)
    return f"  {row.channel:<16}{tick_name(row.first_tick):>12}{row.ticks:>18}{onset:>17}{row.blips:>8}"


def blips_line(report: DiffReport) -> list[str]:
    if not report.blips:
        return []
    shown = ", ".join(f"{blip.first}..{blip.last}" for blip in report.blips[:8])
    more = f" and {len(report.blips) - 8} more" if len(report.blips) > 8 else ""
    return ["", f"{len(report.blips)} blip(s) healed within {report.sustain - 1} tick(s): {shown}{more}"]


def hidden_lines(report: DiffReport, until: int | None = None) -> list[str]:
    """The hidden regions that differ; those that do so only behind the tick `until` are just counted."""
    near = [found for found in report.hidden if until is None or found.first_tick <= until]
    later = len(report.hidden) - len(near)
    rows = [f"  {found.region:<22}{tick_name(found.first_tick):>12}{found.ticks:>18}" for found in near]
    if later and near:
        rows.append(f"  and {later} more that differ later on")
    return ["", "hidden state              first tick   differing ticks", *rows] if rows else []


def next_step(report: DiffReport) -> list[str]:
    return ["", _NEXT_STEPS[report.verdict]] if report.verdict in _NEXT_STEPS else []


def render_bisect(report: BisectReport) -> str:
    """The verdict, the two traces, and the command that looks at the window."""
    lines = [_NOT_COMPARED.get(report.verdict, f"equal over {report.ticks_compared} ticks")]
    if report.first_bad_tick is not None and report.window is not None:
        first, last = report.window
        bad = tick_name(report.first_bad_tick)
        good = "none" if report.last_good_tick is None else tick_name(report.last_good_tick)
        lines = [f"first bad: {bad}, last good: {good}, window {first}:{last}"]
    lines += [f"expected  {report.expected}", f"actual    {report.actual}"]
    if report.lead is not None:
        lines.append(f"cause     {report.lead.statement}")
    if report.window is not None:
        lines.append(f"look at   crimson-dbg focus {shlex.quote(report.expected)} {shlex.quote(report.actual)}")
    return "\n".join(lines)


def _fields(fields: Sequence[FieldDifference]) -> list[str]:
    lines = []
    for field in fields[:_FIELDS_SHOWN]:
        lines.append(f"  {field.path}")
        lines.append(f"      expected {value_text(field.expected, field.expected_bits)}")
        distance = "" if field.ulps is None else f"   {ulps_text(field.ulps)}"
        lines.append(f"      actual   {value_text(field.actual, field.actual_bits)}{distance}")
    if len(fields) > _FIELDS_SHOWN:
        lines.append(f"  and {len(fields) - _FIELDS_SHOWN} more fields; --json has them all")
    return lines


def value_text(value: Value, bits: int | None) -> str:
    """A value with its bits where it is a float, or where decimals say little."""
    if bits is not None:
        return f"{f32_text(value) if isinstance(value, float) else value} (0x{bits:08x})"
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
