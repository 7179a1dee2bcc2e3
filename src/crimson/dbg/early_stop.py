"""Comparing a recording with its original while it is made, to stop when the divergence and its surroundings are there.

What is found here only decides when to stop: a verdict takes a diff of the two files.
"""

from __future__ import annotations

from crimson.dbg.diff import Rules
from crimson.dbg.pairing import Found, compare_tables
from crimson.dbg.schema import SETUP_TICK
from crimson.dbg.sustained import runs_of
from crimson.dbg.trace import TraceReader

# How many ticks behind the onset are recorded, since a focus window shows what came of it.
FOCUS_TICKS = 32


class LiveComparison:
    """Fed with the chunks of a recording; says which tick is the last that is wanted."""

    __slots__ = ("_onset", "_original", "_rules", "_run")

    def __init__(self, original: TraceReader, *, sustain: int, strict: bool) -> None:
        self._original = original
        self._rules = Rules(sustain=sustain, strict=strict)
        # The ticks that differ and reach the end of the chunks so far.
        self._run: list[int] = []
        self._onset: int | None = None

    def chunk(self, first: int, last: int, raw: bytes) -> int | None:
        """Compare one more chunk: the last tick that is wanted, or None while nothing has diverged for good.

        The set-up record (-1..-1) starts over. `DamagedTrace` for an original that cannot be read there.
        """
        if first == SETUP_TICK:
            self._run, self._onset = [], None
        if first >= self._original.tick_count:
            return None  # that the original ended early is seen at the end
        if self._onset is None:
            self._look(self._differing(first, last, raw), last)
        return None if self._onset is None else self._onset + max(FOCUS_TICKS, self._rules.sustain)

    def _look(self, differing: list[int], last: int) -> None:
        differing = [*self._run, *differing]
        self._onset = self._rules.first(differing, (SETUP_TICK, self._original.tick_count - 1)).onset
        *_, run = (None, *runs_of(differing))
        self._run = list(range(run[0], last + 1)) if run is not None and run[1] == last else []

    def _differing(self, first: int, last: int, raw: bytes) -> list[int]:
        found = Found()
        entry = self._original.entry_of(first)
        if self._original.raw(entry) != raw:
            # Only a difference needs numpy.
            from crimson.dbg.payload import decode_chunk

            expected, actual = self._original.tables(entry), decode_chunk(raw, first, last)
            compare_tables(expected, actual, (first, min(last, entry.last)), found)
        return found.diverging(with_hidden=self._rules.strict)
