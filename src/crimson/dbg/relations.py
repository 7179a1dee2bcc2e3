"""How a difference is composed, where a simple relation holds: one ulp, one tick late, one step of a rate.

All are found in the values of a few ticks; a relation that float rounding could fake is not claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isclose, isfinite, tau
from typing import TYPE_CHECKING

from crimson.dbg.cause_order import whole_field
from crimson.dbg.floats import bits_of
from crimson.dbg.names import name_of
from crimson.dbg.report import FieldDifference
from crimson.dbg.trace_pair import RowView, TracePair

if TYPE_CHECKING:
    from crimson.dbg.focus_report import PlayerInput

# Differences of so few steps come from rounding, at a store or by the order of operations.
_FEW_ULPS = 16
# A ratio of rates that a person would write down.
_MOST_RATIO, _RATIO_PARTS = 16, 12
# The fastest that a timer or heat is likely to change in a second; beyond that two decimals are no evidence.
_MOST_RATE = 50
# How exact a composed value must be, in steps of the field's float.
_EXACT_ULPS = 2


@dataclass(frozen=True, slots=True)
class _Moment:
    """A numeric field in the tick and before it, on both sides; None where there is no such row or number."""

    before: float | None
    before_actual: float | None
    expected: float
    actual: float
    # The least step of f32 near the values, or 0 for integers.
    grain: float


def relations_of(
    pair: TracePair, tick: int, difference: FieldDifference, inputs: Sequence[PlayerInput] = ()
) -> tuple[str, ...]:
    """The relations that hold for one differing field, plainest first."""
    expected, actual = difference.expected, difference.actual
    if not difference.field:
        return ()
    if isinstance(expected, bool | str | None) or isinstance(actual, bool | str | None):
        return tuple(_late(pair, tick, difference))
    if not isfinite(expected) or not isfinite(actual):
        return ("not a finite number",)
    moment = _moment(pair, tick, difference, expected, actual)
    return tuple(
        dict.fromkeys(
            [
                *_by_inputs(tick, difference, inputs),
                *_ulps(difference),
                *_exchanged(pair, tick, difference),
                *_late(pair, tick, difference),
                *_steps(pair, tick, difference, moment),
                *_rates(pair, tick, difference, moment),
                *_turns(difference, moment),
                *_movements(pair, tick, difference),
            ]
        )
    )


def _moment(pair: TracePair, tick: int, difference: FieldDifference, expected: float, actual: float) -> _Moment:
    def before(side: int) -> float | None:
        row = _row(pair, difference, tick - 1, side)
        number = None if row is None else row.number(difference.field)
        return number if number is not None and isfinite(number) else None

    grain = 0.0
    if difference.expected_bits is not None:
        grain = max(max(abs(expected), abs(actual), abs(before(0) or 0.0)) * 2.0**-23, 2.0**-149)
    return _Moment(before(0), before(1), expected, actual, grain)


def _row(pair: TracePair, difference: FieldDifference, tick: int, side: int) -> RowView | None:
    return pair.row("actual" if side else "expected", difference.table, difference.row, tick)


def _ulps(difference: FieldDifference) -> Iterator[str]:
    ulps = difference.ulps
    if not ulps or abs(ulps) > _FEW_ULPS:
        return
    if abs(ulps) == 1:
        yield "one ulp: rounded otherwise at a store"
    else:
        yield f"{abs(ulps)} ulps: operations in another order or width"


def _late(pair: TracePair, tick: int, difference: FieldDifference) -> Iterator[str]:
    """A change that one side makes in this tick and the other does not: later, earlier, or not soon."""

    def bits(side: int, at: int) -> int | str | None:
        row = _row(pair, difference, at, side)
        return None if row is None else row.bits(difference.field)

    before, expected, actual = bits(0, tick - 1), bits(0, tick), bits(1, tick)
    if before is None or before != bits(1, tick - 1):
        return
    if before == actual:
        late = bits(1, tick + 1) == expected
        yield (
            f"one tick late: actual has the expected value at tick {tick + 1}"
            if late
            else ("only expected changes in this tick")
        )
    elif before == expected:
        early = bits(0, tick + 1) == actual
        yield (
            f"one tick early: expected has actual's value at tick {tick + 1}"
            if early
            else ("only actual changes in this tick")
        )


def _steps(pair: TracePair, tick: int, difference: FieldDifference, moment: _Moment) -> Iterator[str]:
    """Differences of whole frame steps, in seconds or milliseconds."""
    apart = moment.actual - moment.expected
    if difference.expected_bits is None:
        # Numbers that are names do not count.
        named = name_of(difference.table, whole_field(difference.field), difference.expected)
        if abs(apart) == 1 and not named:
            yield "one more than expected" if apart > 0 else "one less than expected"
        if abs(apart) == _step_ms(pair, tick):
            yield f"one frame step of {abs(apart):g} ms {'more' if apart > 0 else 'less'}"
        return
    for step, unit in ((_step(pair, tick), "s"), (float(_step_ms(pair, tick)), "ms")):
        if not step or _is_rounding(difference):
            continue
        count = round(apart / step)
        if 1 <= abs(count) <= 2 and abs(apart - count * step) <= _EXACT_ULPS * moment.grain < step / 64:
            steps = "one frame step" if abs(count) == 1 else "two frame steps"
            yield f"{steps} ({step:.9g} {unit}) {'more' if apart > 0 else 'less'}"


def _is_rounding(difference: FieldDifference) -> bool:
    return difference.ulps is not None and abs(difference.ulps) <= _FEW_ULPS


def _step(pair: TracePair, tick: int) -> float:
    rows = pair.rows("expected", "timing_samples", tick)
    step = rows[0].number("frame_dt") if rows else 0.0
    return step if isfinite(step) else 0.0


def _step_ms(pair: TracePair, tick: int) -> int:
    rows = pair.rows("expected", "timing_samples", tick)
    return int(rows[0].number("frame_dt_ms")) if rows else 0


def _rates(pair: TracePair, tick: int, difference: FieldDifference, moment: _Moment) -> Iterator[str]:
    """Changes in this tick that are one rate or another times the frame step, or one a simple multiple of the other."""
    before, step = moment.before, _step(pair, tick)
    if before is None or before != moment.before_actual or not moment.grain or not step or _is_rounding(difference):
        return
    if not before:
        # Not changing but starting: a timer that is set.
        return
    mine, theirs = moment.expected - before, moment.actual - before
    if not mine or not theirs or mine == theirs:
        return
    rate, other = _plain_rate(mine / step, moment.grain / step), _plain_rate(theirs / step, moment.grain / step)
    if rate is not None and other is not None and rate != other:
        yield f"changes by dt * {other} in this tick, expected dt * {rate}"
        return
    ratio = _plain_ratio(theirs / mine, _EXACT_ULPS * moment.grain / abs(mine))
    if ratio is not None:
        yield f"changes {ratio} times as much as expected in this tick"


def _plain_rate(rate: float, grain: float) -> str | None:
    """A rate with at most two decimals, where that is no accident."""
    plain = round(rate, 2)
    exact = max(grain * _EXACT_ULPS, abs(rate) * 1e-6)
    if not plain or abs(plain) > _MOST_RATE or exact > 0.001 or abs(rate - plain) > exact:
        return None
    return f"{plain:g}"


def _plain_ratio(ratio: float, tolerance: float) -> str | None:
    if tolerance > 1e-3 or abs(ratio) > _MOST_RATIO:
        return None
    for part in range(1, _RATIO_PARTS + 1):
        whole = round(ratio * part)
        if whole not in (0, part) and abs(ratio - whole / part) <= max(tolerance, 1e-7):
            return f"{whole}" if part == 1 else f"{whole}/{part}"
    return None


def _turns(difference: FieldDifference, moment: _Moment) -> Iterator[str]:
    apart = abs(moment.actual - moment.expected)
    if not moment.grain or ("heading" not in difference.field and "angle" not in difference.field):
        return
    if isclose(apart, tau, rel_tol=1e-6):
        yield "a full turn apart: the same direction"
    elif isclose(apart, tau / 2, rel_tol=1e-6):
        yield "half a turn apart"
    elif moment.actual and moment.actual == -moment.expected:
        yield "the opposite sign"


def _movements(pair: TracePair, tick: int, difference: FieldDifference) -> Iterator[str]:
    """Positions that lie apart by what something moved in this tick."""
    field = whole_field(difference.field)
    if difference.expected_bits is None or difference.field == field or field not in ("pos", "origin", "aim", "target"):
        return
    if _is_rounding(difference):
        return
    apart = _apart(pair, tick, difference, field)
    if apart is None:
        return
    for key, now in pair.rows("expected", "sim_state.players", tick).items():
        then = pair.row("expected", "sim_state.players", key, tick - 1)
        if then is None:
            continue
        moved = tuple(now.number(f"pos.{part}") - then.number(f"pos.{part}") for part in "xy")
        yield from _as_movement(apart, moved, f"player {key}'s movement of this tick")
    row = _row(pair, difference, tick, 0)
    if row is not None and "vel.x" in row.table.positions:
        vel = (row.number("vel.x"), row.number("vel.y"))
        yield from _as_movement(apart, vel, "its own vel")
        step = _step(pair, tick)
        yield from _as_movement(apart, (vel[0] * step, vel[1] * step), "dt * its own vel")


def _apart(pair: TracePair, tick: int, difference: FieldDifference, field: str) -> tuple[float, float, float] | None:
    """The vector from expected to actual, and how exact it is."""
    rows = [_row(pair, difference, tick, side) for side in (0, 1)]
    if rows[0] is None or rows[1] is None:
        return None
    points = [[row.number(f"{field}.{part}") for part in "xy"] for row in rows if row is not None]
    grain = max(abs(part) for point in points for part in point) * 2.0**-23
    return points[1][0] - points[0][0], points[1][1] - points[0][1], 4 * grain


def _as_movement(apart: tuple[float, float, float], moved: tuple[float, ...], name: str) -> Iterator[str]:
    x, y, exact = apart
    if max(abs(moved[0]), abs(moved[1])) <= 8 * exact:
        return
    for sign, word in ((-1.0, "behind"), (1.0, "ahead of")):
        if abs(x - sign * moved[0]) <= exact and abs(y - sign * moved[1]) <= exact:
            yield f"{word} expected by just {name}"


def _exchanged(pair: TracePair, tick: int, difference: FieldDifference) -> Iterator[str]:
    """Two fields of a row that have each other's value."""
    rows = [_row(pair, difference, tick, side) for side in (0, 1)]
    expected, actual = rows
    if expected is None or actual is None:
        return
    wire = expected.table.leaves[expected.table.positions[difference.field]].column.wire
    mine, theirs = expected.bits(difference.field), actual.bits(difference.field)
    for leaf in expected.table.leaves:
        if leaf.path == difference.field or leaf.column.wire != wire or not _alike(leaf.path, difference.field):
            continue
        if (expected.bits(leaf.path), actual.bits(leaf.path)) == (theirs, mine):
            yield f"exchanged with {leaf.path.rpartition('.')[2]}"


def _alike(path: str, other: str) -> bool:
    """Fields of one vector, list or struct."""
    return path.rpartition(".")[0] == other.rpartition(".")[0] and bool(path.rpartition(".")[0])


def _by_inputs(tick: int, difference: FieldDifference, inputs: Sequence[PlayerInput]) -> Iterator[str]:
    """An aim that is the replay's input of another tick."""
    if difference.table != "sim_state.players" or whole_field(difference.field) != "aim":
        return
    part = 0 if difference.field.endswith(".x") else 1
    for given in inputs:
        if given.player != difference.row:
            continue
        if given.tick != tick and bits_of(given.aim[part]) == difference.actual_bits:
            late = tick - given.tick
            ticks = f"{abs(late)} tick{'s' if abs(late) > 1 else ''}"
            yield f"the replay's aim of tick {given.tick}, used {ticks} {'late' if late > 0 else 'early'}"
