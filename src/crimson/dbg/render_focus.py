"""A focus report as text: at most 100 columns where names allow it, the cause first, the rest by its distance."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from crimson.dbg.focus_report import (
    Ancestry,
    Draw,
    DrawAlignment,
    DrawRow,
    FocusEntity,
    FocusField,
    FocusReport,
    PlayerInput,
    TimelineTick,
)
from crimson.dbg.labels import row_name
from crimson.dbg.render import blips_line, headline, hidden_lines, next_step, sides, tick_name, value_text

WIDTH = 100
_MARKS = {
    "same": " ",
    "shifted": "~",
    "value": "!",
    "caller": "!",
    "missing": "-",
    "extra": "+",
    "moved": "*",
}
_CONTEXT = 3
_MOST_DRAWS = 24
_MOST_ENTITIES = 12
_MOST_FIELDS = 10
_MOST_SEEN = 8
_CHANNELS = {
    "timing_samples": "timing",
    "rng_stream": "draws",
    "entity_samples": "entities",
    "sim_state": "state",
    "checkpoint": "summary",
}


def render_focus(report: FocusReport) -> str:
    """The report's sections, each left out when it has nothing to say."""
    diff = report.diff
    lines = [headline(diff), "", *sides(diff)]
    if diff.lead is not None:
        lines += ["", "cause", *_wrapped(diff.lead.statement)]
    if report.ancestry is not None:
        lines += _ancestry(report.ancestry, diff.first_bad_tick)
    lines += _timeline(report)
    if report.draws is not None:
        lines += _draws(report.draws)
    lines += _entities(report)
    lines += _inputs(report)
    lines += blips_line(diff)
    lines += hidden_lines(diff)
    lines += next_step(diff)
    return "\n".join(lines)


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _ancestry(ancestry: Ancestry, bad: int | None) -> list[str]:
    lines = []
    if ancestry.last_equal is not None:
        lines.append(f"  Up to {tick_name(ancestry.last_equal)} all that is sampled is equal.")
    seen = [row for row in ancestry.first_seen if row.tick != ancestry.origin]
    if seen or ancestry.origin != bad:
        lines.append("  Then differ, by the tick at which each did first:")
        rows = ancestry.first_seen[:_MOST_SEEN]
        lines += [f"    {tick_name(row.tick):<12} {row.name}" for row in rows]
        if len(ancestry.first_seen) > len(rows):
            lines.append(f"    and {len(ancestry.first_seen) - len(rows)} more")
    for run in ancestry.healed[-3:]:
        ticks = f"tick {run.first}" if run.first == run.last else f"ticks {run.first}..{run.last}"
        lines.append(f"  Before that it differed at {ticks} and healed: {', '.join(run.fields)}")
    return ["", "ancestry", *lines] if lines else []


def _timeline(report: FocusReport) -> list[str]:
    if not report.timeline:
        return []
    first, last = report.window
    heads = "  ".join(f"{name:^{max(len(name), 3)}}" for name in (*_CHANNELS.values(), "hidden"))
    lines = ["", f"timeline of ticks {first}..{last}: x differs, . equal; actual's counts where they differ"]
    lines.append(f"    tick    {heads}    draws  creatures  projectiles")
    rows = list(_timeline_rows(report))
    return [*lines, *rows]


def _timeline_rows(report: FocusReport) -> Iterator[str]:
    quiet: list[TimelineTick] = []
    for row in report.timeline:
        if row.channels or row.hidden or row.expected is None or row.actual is None:
            yield from _quiet_rows(quiet)
            quiet = []
            yield _timeline_row(report, row)
        else:
            quiet.append(row)
    yield from _quiet_rows(quiet)


def _quiet_rows(rows: Sequence[TimelineTick]) -> Iterator[str]:
    if len(rows) == 1:
        yield f"  {rows[0].tick:>6}    equal"
    elif rows:
        yield f"  {rows[0].tick:>6} to {rows[-1].tick} are equal"


def _timeline_row(report: FocusReport, row: TimelineTick) -> str:
    point = ">" if row.tick == report.tick else " "
    name = "set-up" if row.tick < 0 else str(row.tick)
    marks = "  ".join(
        f"{'x' if channel in row.channels else '.':^{max(len(name), 3)}}" for channel, name in _CHANNELS.items()
    )
    hidden = f"{'x' if row.hidden else '.':^6}"
    if row.expected is None or row.actual is None:
        side = "expected" if row.expected is None else "actual"
        return f"{point} {name:>6}    {side} has no such tick"
    counts = [
        (row.expected.draws, row.actual.draws),
        (row.expected.creatures, row.actual.creatures),
        (row.expected.projectiles, row.actual.projectiles),
    ]
    texts = [str(one) if one == two else f"{one}/{two}" for one, two in counts]
    return f"{point} {name:>6}    {marks}  {hidden}    {texts[0]:>5}  {texts[1]:>9}  {texts[2]:>11}"


def _draws(draws: DrawAlignment) -> list[str]:
    if draws.agreed == draws.expected == draws.actual:
        return ["", f"draws of {tick_name(draws.tick)}: all {draws.expected} agree"]
    lines = [
        "",
        f"draws of {tick_name(draws.tick)}: {draws.expected} expected, {draws.actual} actual, {draws.agreed} agree first",
        "  - missing, + extra, * moved, ! another call site or value, ~ from another state",
    ]
    lines += [f"    {row.name}: {row.expected} expected, {row.actual} actual" for row in draws.callers[:6]]
    if len(draws.callers) > 6:
        lines.append(f"    and {len(draws.callers) - 6} more call sites that draw more or less often")
    lines.append(f"     {'expected':<23}{'actual':<23}call site")
    begin = max(draws.agreed - _CONTEXT, 0)
    shown = draws.rows[begin : begin + _MOST_DRAWS]
    lines += [_draw_row(row) for row in shown]
    left = len(draws.rows) - begin - len(shown)
    if left > 0:
        lines.append(f"    and {left} more rows; --json has them")
    return lines


def _draw_row(row: DrawRow) -> str:
    expected, actual = row.expected, row.actual
    names = dict.fromkeys(draw.name for draw in (expected, actual) if draw is not None)
    return f"   {_MARKS[row.mark]} {_draw(expected)}{_draw(actual)}{' / '.join(names)}".rstrip()


def _draw(draw: Draw | None) -> str:
    return f"{'':<23}" if draw is None else f"{draw.position:>4} {draw.value:>6} {draw.before:08x}   "


def _entities(report: FocusReport) -> list[str]:
    if not report.entities:
        return []
    lines = ["", f"what differs at {tick_name(report.tick if report.tick is not None else 0)}"]
    for entity in report.entities[:_MOST_ENTITIES]:
        lines += _entity(entity)
    left = report.entities[_MOST_ENTITIES:]
    if left:
        names = ", ".join(row_name(entity.table, entity.row) for entity in left[:6])
        more = f" and {len(left) - 6} more" if len(left) > 6 else ""
        lines += _wrapped(f"and also {names}{more}; --json has all of them")
    return lines


def _entity(entity: FocusEntity) -> list[str]:
    label = f" ({entity.label})" if entity.label else ""
    since = f", last equal at {tick_name(entity.last_equal)}" if entity.last_equal is not None else ""
    status = "" if entity.status == "changed" else f", {entity.status}"
    lines = [f"  {row_name(entity.table, entity.row)}{label}{status}{since}"]
    if entity.remark:
        lines += _wrapped(entity.remark, "      ")
    if entity.fields:
        width = max(len(field.difference.field) for field in entity.fields[:_MOST_FIELDS])
        for field in entity.fields[:_MOST_FIELDS]:
            lines += _field(field, width)
    if len(entity.fields) > _MOST_FIELDS:
        names = ", ".join(field.difference.field for field in entity.fields[_MOST_FIELDS:])
        lines += _wrapped(f"and {names}", "      ")
    return lines


def _field(field: FocusField, width: int) -> Iterator[str]:
    difference = field.difference
    name = f"{difference.field:<{width}}"
    blank = " " * width
    if field.before is not None:
        yield f"      {name}  before   {value_text(field.before, field.before_bits)}"
        name = blank
    yield f"      {name}  expected {value_text(difference.expected, difference.expected_bits)}"
    apart = "" if difference.ulps is None else f"   {difference.ulps:+,d} ulp"
    yield f"      {blank}  actual   {value_text(difference.actual, difference.actual_bits)}{apart}"
    for relation in field.relations[:3]:
        yield from _wrapped(f"= {relation}", f"      {blank}    ")


def _inputs(report: FocusReport) -> list[str]:
    if not report.replay:
        return []
    tick = report.tick if report.tick is not None else report.diff.first_bad_tick
    if tick is None or tick < 0:
        return []
    near = [given for given in report.inputs if tick - 2 <= given.tick <= tick + 1]
    lines = ["", f"inputs around tick {tick}, of {report.replay}"]
    if not near:
        return [*lines, "  the replay has none: it ends before"]
    lines += [_input(given, tick) for given in near]
    lines += [
        f"  {command.tick:>7}  player {command.player} {command.what}"
        for command in report.commands
        if tick - 6 <= command.tick <= tick + 1
    ]
    return lines


def _input(given: PlayerInput, tick: int) -> str:
    point = ">" if given.tick == tick else " "
    move = f"move {given.move[0]:g},{given.move[1]:g}"
    aim = f"aim {given.aim[0]:.9g},{given.aim[1]:.9g}"
    pressed = " + ".join(given.pressed) or "nothing pressed"
    return f"{point} {given.tick:>7}  player {given.player}  {move}  {aim}  {pressed}"
