"""What a cell means in the light of the frontier: whether it passes, fails, or fails as it is known to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from crimson.dbg.schema import SETUP_TICK
from crimson.dbg.windows import Window, parse_window
from pytest_crimson_parity.cell import Cell
from pytest_crimson_parity.known import Known
from pytest_crimson_parity.standings import Standing

_BLESS = "bless it with --snapshot-update"

Outcome = Literal["passed", "failed", "xfailed"]


@dataclass(frozen=True, slots=True)
class Ruling:
    outcome: Outcome
    # What the frontier has to say of it, if anything.
    statement: str = ""


class Judge:
    """Rules over the cells of a run."""

    def __init__(self, known: Known, *, blessing: bool) -> None:
        self._entries = {entry.key: entry for entry in known.frontier}
        self._blessing = blessing
        self._whole: Collection[tuple[str, str]] = ()
        # The first bad ticks of what this run blesses; the windows of a capture come behind its whole run.
        self._blessed: dict[tuple[str, str], int] = {}

    def expect(self, whole: Collection[tuple[str, str]]) -> None:
        """Tell the captures and candidates that this run compares as a whole: only these it can bless."""
        self._whole = whole

    def rule(self, cell: Cell) -> Ruling:
        """Rule over a cell that was judged by itself: its verdict is final."""
        found, key = cell.standing, (cell.capture, cell.candidate)
        if not cell.is_settled:
            return Ruling("failed")
        if found is None and (cell.window or self._blessing):
            # A window that is equal answers its own question, and the rest of the run is none of it.
            return Ruling("passed")
        if found is not None and self._blesses(cell, found):
            return Ruling("xfailed", f"blessed: {found.brief}")
        entry = self._entries.get(key)
        if entry is None or (cell.window and not _holds(parse_window(cell.window), entry.first_bad_tick)):
            return Ruling("passed" if found is None else "failed")
        return _against(entry, cell.run, found)

    def _blesses(self, cell: Cell, found: Standing) -> bool:
        """Whether this is blessed in this run, or is behind what was."""
        if not self._blessing or found.key not in self._whole:
            return False
        if not cell.window:
            self._blessed[found.key] = found.first_bad_tick
        tick = self._blessed.get(found.key)
        return tick is not None and tick <= found.first_bad_tick


def _holds(window: Window, tick: int) -> bool:
    """Whether a tick lies in a window; run set-up is part of those that begin with tick 0."""
    first, last = window
    return first <= max(tick, 0) <= last


def _against(entry: Standing, run: str, found: Standing | None) -> Ruling:
    if entry.run != run:
        return Ruling(
            "failed",
            f"frontier: its entry is of run {entry.run[:16]}, the capture is of run {run[:16]} "
            f"and was made anew: {_BLESS}",
        )
    if found is None:
        return Ruling("failed", f"frontier: equal now, was {entry.brief}: {_BLESS}")
    before, now = entry.first_bad_tick, found.first_bad_tick
    if now < before:
        return Ruling("failed", f"frontier regressed from {_tick(before)} to {_tick(now)}")
    if now > before:
        return Ruling("failed", f"frontier advanced from {_tick(before)} to {_tick(now)}: {_BLESS}")
    if entry.verdict != found.verdict:
        return Ruling("failed", f"frontier: {found.brief} now, was {entry.brief}: {_BLESS}")
    other = "" if entry.lead == found.lead else f"; blessed when it {entry.brief}"
    return Ruling("xfailed", f"frontier: {found.brief}{other}")


def _tick(tick: int) -> str:
    return "set-up" if tick == SETUP_TICK else str(tick)
