"""Draws of both sides aligned by call site, and what sets two streams apart in words."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crimson.dbg.draws import align, differs, explain_draws
from crimson.dbg.focus_report import Draw, DrawAlignment
from crimson.dbg.lcg import next_state, value_of

SEED = 257


def draws(callers: Sequence[int], state: int = SEED) -> list[Draw]:
    """A tick's draws by these call sites, from one state on."""
    found = []
    for position, caller in enumerate(callers, start=1):
        after = next_state(state)
        found.append(Draw(position, value_of(after), state, after, caller, f"CALL_{caller}"))
        state = after
    return found


def aligned(expected: Sequence[int], actual: Sequence[int]) -> DrawAlignment:
    return align(7, draws(expected), draws(actual))


_callers = st.lists(st.integers(1, 4), max_size=40)


@example(expected=[1, 2, 1, 1, 2, 2], actual=[2, 2, 1, 1, 1, 1])
@settings(max_examples=400)
@given(expected=_callers, actual=_callers)
def test_an_alignment_holds_every_draw_of_both_sides_in_order(expected: list[int], actual: list[int]) -> None:
    found = aligned(expected, actual)
    assert [row.expected for row in found.rows if row.expected is not None] == draws(expected)
    assert [row.actual for row in found.rows if row.actual is not None] == draws(actual)
    assert (found.expected, found.actual, found.cut) == (len(expected), len(actual), False)
    assert differs(found) == (expected != actual)
    assert all(row.mark == "same" for row in found.rows[: found.agreed])
    if differs(found):
        assert found.agreed == len(found.rows) or found.rows[found.agreed].mark != "same"
        subject, statement = explain_draws(found)
        assert subject
        assert statement
    # What both sides draw equally often is neither missing nor extra for good.
    missing = [row.expected.caller for row in found.rows if row.mark == "missing" and row.expected]
    extra = [row.actual.caller for row in found.rows if row.mark == "extra" and row.actual]
    assert not set(missing) & set(extra)


@pytest.mark.parametrize(
    ("expected", "actual", "subject"),
    [
        ([1, 2, 3], [1, 2, 2, 3], "extra draws by CALL_2"),
        ([1, 2, 3], [1, 3], "missing draws by CALL_2"),
        ([1, 2, 3], [1, 2], "missing draws by CALL_3"),
        ([1, 2], [1, 2, 3], "extra draws by CALL_3"),
        ([], [4], "extra draws by CALL_4"),
        ([4], [], "missing draws by CALL_4"),
        ([1, 2, 3], [1, 4, 3], "draws by CALL_4 instead of CALL_2"),
        ([1, 2, 3, 4], [1, 3, 2, 4], "reordered draws by CALL_2 and CALL_3"),
        ([1, 2, 3], [3, 1, 2], "reordered draws by CALL_1 and CALL_3"),
        # One site more and another less: the first in the tick leads, unless the numbers say otherwise.
        ([1, 2, 3, 4], [1, 3, 4, 4], "missing draws by CALL_2"),
        ([1, 1, 1], [1, 1, 1, 1], "extra draws by CALL_1"),
        ([1, 2, 3, 3, 3, 3], [1, 4, 3], "missing draws by CALL_2"),
    ],
)
def test_what_sets_streams_apart(expected: list[int], actual: list[int], subject: str) -> None:
    assert explain_draws(aligned(expected, actual))[0] == subject


def test_a_generator_that_jumped_is_told_by_its_distance() -> None:
    expected = draws([1, 2, 3])
    ahead = draws([1, 2, 3], next_state(next_state(SEED)))
    subject, statement = explain_draws(align(7, expected, ahead), SEED)
    assert subject == "generator state"
    assert "2 draws ahead of" in statement
    assert "2 draws behind" in explain_draws(align(7, ahead, expected))[1]
    assert "not within reach of" in explain_draws(align(7, expected, draws([1, 2, 3], SEED ^ 0x80000000)))[1]


def test_another_value_from_the_same_state_is_a_fault_of_the_generator() -> None:
    expected = draws([1, 2])
    wrong = [expected[0], msgspec.structs.replace(expected[1], value=expected[1].value ^ 0x4000)]
    found = align(7, expected, wrong)
    assert [row.mark for row in found.rows] == ["same", "value"]
    assert explain_draws(found)[0] == "draw values"


def test_a_long_set_up_is_cut_behind_what_matters() -> None:
    found = aligned([1, 2, 3] * 2000, [1, 2, 4, *[1, 2, 3] * 2000])
    assert found.cut
    assert (found.agreed, found.expected, found.actual) == (2, 6000, 6003)
    assert len(found.rows) < 2100
