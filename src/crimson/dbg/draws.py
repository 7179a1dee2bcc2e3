"""The random draws of a tick on both sides, aligned by their call sites as a diff aligns lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from crimson.dbg.callers import caller_name
from crimson.dbg.focus_report import CallerCount, Draw, DrawAlignment, DrawMark, DrawRow
from crimson.dbg.lcg import next_state
from crimson.dbg.trace_pair import Side, TracePair

# More than any tick of play has; run set-up has some five thousand, whose rest is cut.
_MOST_ALIGNED = 1024
# How far a jump of the generator is followed, in draws.
_MOST_JUMP = 1 << 16


def draws_at(pair: TracePair, side: Side, tick: int) -> list[Draw]:
    """A tick's draws in order; positions count from 1."""
    return [
        Draw(
            position,
            int(row.number("value")),
            int(row.number("state_before")),
            int(row.number("state_after")),
            int(row.number("caller")),
            caller_name(int(row.number("caller"))),
        )
        for position, row in enumerate(pair.rows(side, "rng_stream", tick).values(), start=1)
    ]


def align_draws(pair: TracePair, tick: int) -> DrawAlignment:
    """Both sides' draws of a tick."""
    return align(tick, draws_at(pair, "expected", tick), draws_at(pair, "actual", tick))


def align(tick: int, expected: Sequence[Draw], actual: Sequence[Draw]) -> DrawAlignment:
    """Two lists of draws, of which those at the beginning that agree are rows as well."""
    agreed = _agreed(expected, actual)
    rest, other = expected[agreed : agreed + _MOST_ALIGNED], actual[agreed : agreed + _MOST_ALIGNED]
    rows = _with_moves([*map(_same, expected[:agreed], actual[:agreed]), *_aligned(rest, other)])
    counts = Counter(draw.name for draw in expected), Counter(draw.name for draw in actual)
    return DrawAlignment(
        tick=tick,
        expected=len(expected),
        actual=len(actual),
        agreed=agreed,
        callers=tuple(
            CallerCount(name, counts[0][name], counts[1][name])
            for name in dict.fromkeys(draw.name for draw in (*expected, *actual))
            if counts[0][name] != counts[1][name]
        ),
        rows=tuple(rows),
        cut=max(len(expected), len(actual)) - agreed > _MOST_ALIGNED,
    )


def _agreed(expected: Sequence[Draw], actual: Sequence[Draw]) -> int:
    pairs = enumerate(zip(expected, actual, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(expected), len(actual)))


def _same(expected: Draw, actual: Draw) -> DrawRow:
    return DrawRow("same", expected, actual)


def _aligned(expected: Sequence[Draw], actual: Sequence[Draw]) -> Iterator[DrawRow]:
    left, right = [draw.caller for draw in expected], [draw.caller for draw in actual]
    for kind, begin, end, other_begin, other_end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        mine, theirs = expected[begin:end], actual[other_begin:other_end]
        if kind == "equal":
            yield from (DrawRow(_mark(one, two), one, two) for one, two in zip(mine, theirs, strict=True))
        elif len(mine) == len(theirs):
            yield from (DrawRow("caller", one, two) for one, two in zip(mine, theirs, strict=True))
        else:
            yield from (DrawRow("missing", one, None) for one in mine)
            yield from (DrawRow("extra", None, two) for two in theirs)


def _mark(expected: Draw, actual: Draw) -> DrawMark:
    if expected.before != actual.before:
        return "shifted"
    return "same" if (expected.value, expected.after) == (actual.value, actual.after) else "value"


def _with_moves(rows: Sequence[DrawRow]) -> list[DrawRow]:
    """Mark what one side draws elsewhere in the tick as moved rather than missing and extra."""
    missing = Counter(row.expected.caller for row in rows if row.expected and row.mark in ("missing", "caller"))
    extra = Counter(row.actual.caller for row in rows if row.actual and row.mark in ("extra", "caller"))
    moved = missing & extra
    left, right = Counter(moved), Counter(moved)
    found = []
    for row in rows:
        mark = row.mark
        if mark == "missing" and row.expected and left[row.expected.caller]:
            left[row.expected.caller] -= 1
            mark = "moved"
        elif mark == "extra" and row.actual and right[row.actual.caller]:
            right[row.actual.caller] -= 1
            mark = "moved"
        elif mark == "caller" and row.expected and row.actual and moved[row.expected.caller]:
            mark = "moved" if moved[row.actual.caller] else mark
        found.append(DrawRow(mark, row.expected, row.actual))
    return found


def differs(alignment: DrawAlignment) -> bool:
    return not alignment.agreed == alignment.expected == alignment.actual


def leading_draw(alignment: DrawAlignment) -> Draw | None:
    """The first draw that sets the streams apart by its call site."""
    row = next((row for row in alignment.rows if row.mark not in ("same", "shifted")), None)
    return None if row is None else row.expected or row.actual


def explain_draws(alignment: DrawAlignment, before: int | None = None) -> tuple[str, str]:
    """What sets the streams apart, as a lead's subject and statement.

    `before` is the generator's state at the end of the tick before, on both sides.
    """
    left = [row.expected for row in alignment.rows if row.expected is not None]
    right = [row.actual for row in alignment.rows if row.actual is not None]
    names, others = [draw.name for draw in left], [draw.name for draw in right]
    agree = _agreement(alignment.agreed)
    if names == others:
        return _values_differ(alignment, before)
    if Counter(names) == Counter(others):
        return _reordered(alignment, agree)
    swaps = [row for row in alignment.rows if row.mark == "caller"]
    if swaps and not any(row.mark in ("missing", "extra", "moved") for row in alignment.rows):
        one, two = swaps[0].expected, swaps[0].actual
        if one is not None and two is not None:
            more = f", and {len(swaps) - 1} more such" if len(swaps) > 1 else ""
            return (
                f"draws by {two.name} instead of {one.name}",
                f"{agree}{two.name} draws where {one.name} is expected{more}",
            )
    return _counts_differ(alignment, agree)


def _agreement(count: int) -> str:
    match count:
        case 0:
            return "at the tick's first draw, "
        case 1:
            return "after 1 draw that agrees, "
        case _:
            return f"after {count} draws that agree, "


def _counts_differ(alignment: DrawAlignment, agree: str) -> tuple[str, str]:
    missing = [row.expected for row in alignment.rows if row.expected and row.mark in ("missing", "caller")]
    extra = [row.actual for row in alignment.rows if row.actual and row.mark in ("extra", "caller")]
    if not missing and not extra:
        # All rows are moves, and yet a call site draws more often: the numbers tell.
        count = alignment.callers[0]
        word = "missing" if count.expected > count.actual else "extra"
        numbers = f"{count.name} draws {count.actual} times, expected {count.expected}, in another order"
        return f"{word} draws by {count.name}", f"{agree}{numbers}"
    # What comes first in the tick decides; the rest may follow from it.
    first_extra = bool(extra) and (not missing or _first_at(alignment, "extra") < _first_at(alignment, "missing"))
    if missing and extra and alignment.expected != alignment.actual:
        first_extra = alignment.actual > alignment.expected
    rows, word = (extra, "extra") if first_extra else (missing, "missing")
    name = rows[0].name
    count = sum(draw.name == name for draw in rows)
    others = [other for other in dict.fromkeys(draw.name for draw in rows) if other != name]
    more = f", and {len(rows) - count} by {_listed(others)}" if others else ""
    side = "actual draws" if first_extra else "actual lacks"
    return f"{word} draws by {name}", f"{agree}{side} {count} {'more ' if first_extra else ''}by {name}{more}"


def _first_at(alignment: DrawAlignment, mark: DrawMark) -> int:
    marks = [row.mark for row in alignment.rows]
    return marks.index(mark) if mark in marks else len(marks)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} other call sites" if len(names) > 3 else shown


def _reordered(alignment: DrawAlignment, agree: str) -> tuple[str, str]:
    moved = [row for row in alignment.rows if row.mark in ("moved", "caller")]
    first = next(at for at, row in enumerate(alignment.rows) if row.mark in ("moved", "caller"))
    names = [draw.name for row in alignment.rows[first:] if (draw := row.expected) is not None]
    others = [draw.name for row in alignment.rows[first:] if (draw := row.actual) is not None]
    one = names[0]
    two = next((name for name in others if name != one), one)
    return (
        f"reordered draws by {one} and {two}",
        f"{agree}{two} draws before {one}; all call sites draw as often as expected, {len(moved)} out of order",
    )


def _values_differ(alignment: DrawAlignment, before: int | None) -> tuple[str, str]:
    row = next(row for row in alignment.rows if row.mark in ("shifted", "value"))
    expected, actual = row.expected, row.actual
    if expected is None or actual is None:
        raise ValueError("an aligned draw has both sides")
    where = f"draw {actual.position} of the tick, by {actual.name}"
    if row.mark == "value":
        return "draw values", f"{where}: from the same state 0x{actual.before:08x} another value or state is made"
    jump = _jump(expected.before, actual.before)
    how = f"{abs(jump)} draws {'ahead of' if jump > 0 else 'behind'}" if jump else "not within reach of"
    origin = "" if before is None or alignment.agreed else f"; the tick before ended in 0x{before:08x} on both sides"
    return (
        "generator state",
        f"{where}: the state is 0x{actual.before:08x}, {how} the expected 0x{expected.before:08x}{origin}",
    )


def _jump(expected: int, actual: int) -> int:
    """How many draws `actual` is ahead of `expected`; 0 when neither is reached from the other soon."""
    ahead, behind = expected, actual
    for count in range(1, _MOST_JUMP):
        ahead, behind = next_state(ahead), next_state(behind)
        if ahead == actual:
            return count
        if behind == expected:
            return -count
    return 0
