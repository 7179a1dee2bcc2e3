"""A focus report as text: at most 100 columns where names allow it, the cause first, the rest by its distance."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import isfinite

from crimson.dbg.floats import f32_text, ulps_text
from crimson.dbg.focus_report import (
    Aftermath,
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
from crimson.dbg.report import FieldDifference

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
# Runs of draws by one call site, where all agree.
_MOST_AGREEING = 10
# Of a draw: its number within the tick, and its value.
_DRAW_WIDTH = 15
_MOST_ENTITIES = 5
_MOST_FIELDS = 8
_MOST_SEEN = 8
_REPEATED = ("checkpoint", "checkpoint.players")
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
        lines += ["", "cause", *_wrapped(diff.lead.statement), *_course(report)]
    if report.ancestry is not None:
        lines += _ancestry(report.ancestry, diff.first_bad_tick)
    lines += _timeline(report)
    if report.draws is not None:
        lines += _draws(report.draws)
    lines += _entities(report)
    lines += _inputs(report)
    lines += blips_line(diff)
    lines += hidden_lines(diff, report.window[1])
    lines += next_step(diff)
    return "\n".join(lines)


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _course(report: FocusReport) -> Iterator[str]:
    """How the leading difference goes on, and how often the like went right before."""
    after, before = report.aftermath, report.precedents
    if after is not None:
        yield from _wrapped(f"Afterwards: {_aftermath(after)}.")
    if before is not None:
        since = f"since tick {before.since}" if before.since else "before"
        at = f", last at {', '.join(map(str, before.ticks))}" if before.ticks else ""
        ticks = f"{before.count} tick{'' if before.count == 1 else 's'}"
        equal = f"The like was equal in {ticks} {since}{at}." if before.count else f"Nothing like it {since}."
        yield from _wrapped(equal)


def _aftermath(after: Aftermath) -> str:
    ticks = "the next tick" if after.ticks == 1 else f"each of the next {after.ticks} ticks"
    match after.course:
        case "stays":
            return f"so in {ticks}"
        case "heals":
            return f"equal again at tick {after.equal_again}"
        case course:
            shown = ", ".join(f"{distance:+.6g}" for distance in after.distances)
            return f"the distance {course} in {ticks}, as {shown}"


def _ancestry(ancestry: Ancestry, bad: int | None) -> list[str]:
    lines = []
    if ancestry.last_equal is not None:
        hidden = ", and so is what is not" if ancestry.hidden_equal else "; what is not sampled differs"
        lines.append(f"  At the end of {tick_name(ancestry.last_equal)} all that is sampled is equal{hidden}.")
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
    heads = "  ".join((*_CHANNELS.values(), "hidden"))
    return [
        "",
        f"timeline of ticks {first}..{last}: x differs; expected/actual numbers where they differ",
        f"{'tick':>16}  {heads}      draws  creatures  projectiles",
        *_timeline_rows(report),
    ]


def _timeline_rows(report: FocusReport) -> Iterator[str]:
    """Ticks that look alike are one row."""
    alike = groupby(report.timeline, key=lambda row: (row.tick == report.tick, _facts(row)))
    for _, group in alike:
        rows = list(group)
        yield _timeline_row(rows, report.tick)


def _facts(row: TimelineTick) -> tuple[tuple[str, ...], bool, bool, list[tuple[int, int]]]:
    """What a row shows; draws only where the two sides' numbers differ, since they always change."""
    return row.channels, bool(row.hidden), row.expected is None or row.actual is None, _counts(row)


def _counts(row: TimelineTick) -> list[tuple[int, int]]:
    """Numbers of both sides that differ, by the timeline's columns."""
    if row.expected is None or row.actual is None:
        return []
    left, right = row.expected, row.actual
    pairs = [(left.draws, right.draws), (left.creatures, right.creatures), (left.projectiles, right.projectiles)]
    return [pair if pair[0] != pair[1] else (0, 0) for pair in pairs]


def _timeline_row(rows: Sequence[TimelineTick], tick: int | None) -> str:
    row = rows[0]
    point = ">" if row.tick == tick else " "
    name = "set-up" if row.tick < 0 else str(row.tick)
    if len(rows) > 1:
        name = f"{name}..{rows[-1].tick}"
    if not row.channels and not row.hidden and row.expected is not None and row.actual is not None:
        return f"{point} {name:>14}  equal"
    if row.expected is None or row.actual is None:
        side = "expected" if row.expected is None else "actual"
        return f"{point} {name:>14}  {side} has no such tick" + ("s" if len(rows) > 1 else "")
    marks = "  ".join(f"{'x' if channel in row.channels else '.':^{len(head)}}" for channel, head in _CHANNELS.items())
    hidden = f"{'x' if row.hidden else '.':^6}"
    counts = [f"{one}/{two}" if one != two else "" for one, two in _counts(row)]
    return f"{point} {name:>14}  {marks}  {hidden}  {counts[0]:>9}  {counts[1]:>9}  {counts[2]:>11}".rstrip()


def _draws(draws: DrawAlignment) -> list[str]:
    if draws.agreed == draws.expected == draws.actual:
        return ["", f"draws of {tick_name(draws.tick)}: {draws.expected} on both sides, all agree", *_agreeing(draws)]
    lines = [
        "",
        f"draws of {tick_name(draws.tick)}: {draws.expected} expected, {draws.actual} actual; {draws.agreed} agree",
        "  - missing, + extra, * moved, ! another call site or value, ~ from another state",
    ]
    lines += [f"    {row.name}: {row.expected} expected, {row.actual} actual" for row in draws.callers[:6]]
    if len(draws.callers) > 6:
        lines.append(f"    and {len(draws.callers) - 6} more call sites that draw more or less often")
    heads = f"{'expected':<{_DRAW_WIDTH}}{'actual':<{_DRAW_WIDTH - 1}}"
    lines.append(f"      {heads}call site, with a draw's number and value")
    return [*lines, *_draw_rows(draws)]


def _agreeing(draws: DrawAlignment) -> Iterator[str]:
    """Which call sites drew what: the branches that the tick took."""
    groups = [list(group) for _, group in groupby(draws.rows, key=lambda row: row.expected and row.expected.name)]
    if len(groups) < 2:
        return
    for group in groups[:_MOST_AGREEING]:
        found = [row.expected for row in group if row.expected is not None]
        values = " ".join(str(draw.value) for draw in found[:4]) + (" ..." if len(found) > 4 else "")
        yield f"    {found[0].position:>5}  {found[0].name}  {values}"
    if len(groups) > _MOST_AGREEING:
        yield f"    and {sum(map(len, groups[_MOST_AGREEING:]))} more draws"


def _draw_rows(draws: DrawAlignment) -> Iterator[str]:
    """The rows that matter, and a few around each, as a diff shows lines."""
    matter = [at for at, row in enumerate(draws.rows) if row.mark not in ("same", "shifted")]
    # Where only the state differs every row is shifted; the first ones show it.
    matter = matter or [draws.agreed]
    near = {at for spot in matter for at in range(spot - _CONTEXT, spot + _CONTEXT + 1) if 0 <= at < len(draws.rows)}
    shown, last = sorted(near)[:_MOST_DRAWS], -1
    for at in shown:
        if at > last + 1:
            yield f"     {at - last - 1:>5} more of the same call sites on both sides"
        yield from _draw_row(draws.rows[at])
        last = at
    left = len(draws.rows) - last - 1
    if left and len(shown) < len(near):
        yield f"     and {left} more rows; --json has them"
    elif left:
        yield f"     {left:>5} more of the same call sites on both sides"


def _draw_row(row: DrawRow) -> Iterator[str]:
    """A row of the alignment; two where two call sites stand side by side."""
    expected, actual = row.expected, row.actual
    names = list(dict.fromkeys(draw.name for draw in (expected, actual) if draw is not None))
    yield f"   {_MARKS[row.mark]} {_draw(expected)}{_draw(actual)}{names[0]}".rstrip()
    if len(names) > 1:
        yield f"{'':<{5 + 2 * _DRAW_WIDTH}}in actual: {names[1]}"


def _draw(draw: Draw | None) -> str:
    return " " * _DRAW_WIDTH if draw is None else f"{draw.position:>5} {draw.value:>6}   "


def _entities(report: FocusReport) -> list[str]:
    if not report.entities:
        return []
    lines = ["", f"what differs at {tick_name(report.tick if report.tick is not None else 0)}"]
    # The summary repeats what state says in more detail.
    told = [entity for entity in report.entities if entity.table not in _REPEATED] or report.entities
    for entity in told[:_MOST_ENTITIES]:
        lines += _entity(entity)
    left = [entity for entity in report.entities if entity not in told[:_MOST_ENTITIES]]
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
        yield f"      {name}  before   {value_text(field.before, field.before_bits)}{_named(field.before_name)}"
        name = blank
    expected = value_text(difference.expected, difference.expected_bits)
    actual = value_text(difference.actual, difference.actual_bits)
    apart = _distance(difference)
    yield f"      {name}  expected {expected}{_named(field.expected_name)}"
    line = f"      {blank}  actual   {actual}{_named(field.actual_name)}"
    if len(line) + len(apart) <= WIDTH:
        yield line + apart
    else:
        yield line
        yield f"      {blank}        {apart}"
    for relation in field.relations[:3]:
        yield from _wrapped(f"= {relation}", f"      {blank}    ")


def _distance(difference: FieldDifference) -> str:
    """How far actual is from expected, in numbers and in f32 steps."""
    expected, actual = difference.expected, difference.actual
    if difference.ulps is None or not isinstance(expected, float) or not isinstance(actual, float):
        return ""
    apart = f"{actual - expected:+.6g}, " if difference.ulps and isfinite(actual - expected) else ""
    return f"   {apart}{ulps_text(difference.ulps)}"


def _named(name: str) -> str:
    return f" ({name})" if name else ""


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
    move = f"move {f32_text(given.move[0])},{f32_text(given.move[1])}"
    aim = f"aim {f32_text(given.aim[0])},{f32_text(given.aim[1])}"
    pressed = " + ".join(given.pressed) or "nothing pressed"
    return f"{point} {given.tick:>7}  player {given.player}  {move}  {aim}  {pressed}"
