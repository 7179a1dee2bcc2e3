"""Windows of ticks, first and last inclusive: as users write them, within a trace, and around a divergence."""

from __future__ import annotations

import re
from pathlib import Path

from crimson.dbg.errors import BadUsage

TICKS_BEFORE, TICKS_AFTER = 12, 11

type Window = tuple[int, int]


def parse_window(text: str, option: str = "--ticks") -> Window:
    """The window that a user writes as FIRST:LAST; raises `BadUsage` for anything else."""
    found = re.fullmatch(r"([0-9]{1,12}):([0-9]{1,12})", text)
    if found is None:
        raise BadUsage(option, f"{text!r} is no window; write it as FIRST:LAST, such as 840:863")
    window = int(found[1]), int(found[2])
    _require_order(window, option)
    return window


def require_within(window: Window, trace: Path, ticks: int) -> None:
    """Raise `BadUsage` for a window that is not wholly within a trace of so many ticks."""
    first, last = window
    _require_order(window, "--ticks")
    if last >= ticks:
        raise BadUsage("--ticks", f"{first}:{last} reaches behind the end of {trace}, which has {ticks} ticks")


def _require_order(window: Window, option: str) -> None:
    first, last = window
    if not 0 <= first <= last:
        raise BadUsage(option, f"{first}:{last} is no window; the first tick must not come after the last")


def window_around(tick: int, ticks: int) -> Window:
    """First and last tick of the window around `tick`, within a run of so many ticks; run set-up is before tick 0."""
    last = max(ticks - 1, 0)
    return min(max(tick - TICKS_BEFORE, 0), last), max(min(tick + TICKS_AFTER, last), 0)
