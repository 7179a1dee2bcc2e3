"""The window of ticks around a divergence that reports look at and reruns record."""

from __future__ import annotations

TICKS_BEFORE, TICKS_AFTER = 12, 11


def window_around(tick: int, ticks: int) -> tuple[int, int]:
    """First and last tick of the window around `tick`, within a run of so many ticks; run set-up is before tick 0."""
    last = max(ticks - 1, 0)
    return min(max(tick - TICKS_BEFORE, 0), last), max(min(tick + TICKS_AFTER, last), 0)
