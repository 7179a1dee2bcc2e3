"""When a difference counts: the first sustained divergence, and the blips that healed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crimson.dbg.report import Blip

DEFAULT_SUSTAIN = 3


@dataclass(frozen=True, slots=True)
class Divergence:
    """The onset of the first sustained divergence, if any, and the shorter runs before it."""

    onset: int | None
    blips: tuple[Blip, ...]


def runs_of(ticks: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Maximal runs of consecutive ticks, as first and last, of ascending ticks."""
    first = last = None
    for tick in ticks:
        if first is None or last is None:
            first = last = tick
        elif tick == last + 1:
            last = tick
        else:
            yield first, last
            first = last = tick
    if first is not None and last is not None:
        yield first, last


def first_sustained(diverging: Iterable[int], compared: tuple[int, int], sustain: int) -> Divergence:
    """The first run of at least `sustain` ticks, or that touches the first or the last of the ticks `compared`.

    A difference at set-up, the first tick of whole traces, cannot heal into the same run, so it counts however short it
    is. One at an edge of a window may go on outside.
    """
    # The command line asks for the default above only, and reports take longer to import than its help to be written.
    from crimson.dbg.report import Blip

    begin, end = compared
    blips: list[Blip] = []
    for first, last in runs_of(diverging):
        if last - first + 1 >= sustain or last >= end or first <= begin:
            return Divergence(first, tuple(blips))
        blips.append(Blip(first, last))
    return Divergence(None, tuple(blips))
