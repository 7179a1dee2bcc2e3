"""The first sustained divergence, against its definition read naively."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crimson.dbg.report import Blip
from crimson.dbg.sustained import first_sustained, runs_of


@given(
    pattern=st.lists(st.booleans(), min_size=1, max_size=60),
    sustain=st.integers(1, 6),
)
def test_it_is_the_definition(pattern: list[bool], sustain: int) -> None:
    last = len(pattern) - 1
    found = first_sustained([tick for tick, differs in enumerate(pattern) if differs], (-1, last), sustain)
    onsets = [
        tick
        for tick in range(len(pattern))
        if pattern[tick]
        and (tick == 0 or not pattern[tick - 1])
        and (all(pattern[tick : tick + sustain]) and (tick + sustain <= len(pattern) or all(pattern[tick:])))
    ]
    assert found.onset == (onsets[0] if onsets else None)
    healed = sum(blip.last - blip.first + 1 for blip in found.blips)
    assert healed == sum(pattern[: found.onset]), "what differs before the onset is in the blips, and nothing else"
    assert all(blip.last - blip.first + 1 < sustain for blip in found.blips)


@pytest.mark.parametrize(
    ("ticks", "last", "onset", "blips"),
    [
        ([], 9, None, ()),
        ([4], 9, None, (Blip(4, 4),)),
        ([4, 5, 6], 9, 4, ()),
        ([1, 2, 5, 6, 7], 9, 5, (Blip(1, 2),)),
        ([9], 9, 9, ()),
        ([8, 9], 9, 8, ()),
        ([-1], 9, -1, ()),
        ([-1, 3], 9, -1, ()),
    ],
)
def test_cases(ticks: list[int], last: int, onset: int | None, blips: tuple[Blip, ...]) -> None:
    found = first_sustained(ticks, (-1, last), 3)
    assert (found.onset, found.blips) == (onset, blips)


@pytest.mark.parametrize(
    ("ticks", "onset", "blips"),
    [
        ([5], 5, ()),
        ([5, 6, 8], 5, ()),
        ([6], None, (Blip(6, 6),)),
        ([6, 7, 9], 9, (Blip(6, 7),)),
    ],
)
def test_what_touches_an_edge_of_a_window_may_go_on_outside(
    ticks: list[int], onset: int | None, blips: tuple[Blip, ...]
) -> None:
    found = first_sustained(ticks, (5, 9), 3)
    assert (found.onset, found.blips) == (onset, blips)


def test_runs() -> None:
    assert list(runs_of([1, 2, 3, 7, 9, 10])) == [(1, 3), (7, 7), (9, 10)]
    assert list(runs_of([])) == []
