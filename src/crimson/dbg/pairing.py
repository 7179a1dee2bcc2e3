"""Where two traces of one run differ, chunk by chunk: equal parts by their bytes, the rest by their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crimson.dbg.container import ChunkEntry, inflate
from crimson.dbg.schema import CHANNELS
from crimson.dbg.trace import TraceReader

if TYPE_CHECKING:
    from crimson.dbg.records import ChunkTables

HIDDEN_CHANNEL = "hidden_state"
# Ticks that only one side has.
PRESENCE_CHANNEL = "presence"


class Found:
    """The differing ticks of each channel, table and hidden region, ascending, and how many ticks were compared."""

    def __init__(self) -> None:
        self.compared = 0
        self.channels: dict[str, list[int]] = {}
        self.tables: dict[str, list[int]] = {}
        self.regions: dict[str, list[int]] = {}

    def add(self, channel: str, ticks: list[int]) -> None:
        if ticks:
            self.channels.setdefault(channel, []).extend(ticks)

    def add_table(self, table: str, ticks: list[int]) -> None:
        if ticks:
            self.tables.setdefault(table, []).extend(ticks)

    def add_region(self, region: str, ticks: list[int]) -> None:
        if ticks:
            self.regions.setdefault(region, []).extend(ticks)

    def diverging(self, *, with_hidden: bool) -> list[int]:
        ticks: set[int] = set()
        for channel, found in self.channels.items():
            if with_hidden or channel != HIDDEN_CHANNEL:
                ticks.update(found)
        return sorted(ticks)

    def at(self, tick: int) -> set[str]:
        return {channel for channel, ticks in self.channels.items() if tick in ticks}


def proven_equal(left: TraceReader, right: TraceReader, mine: ChunkEntry, theirs: ChunkEntry) -> bool:
    """Whether two chunks hold the same raw bytes, of which each side's were read and hashed here."""
    stored, other = left.stored(mine), right.stored(theirs)
    claims = [(entry.first, entry.last, entry.raw_size, entry.digest) for entry in (mine, theirs)]
    if stored.stored == other.stored and claims[0] == claims[1]:
        # The same stored bytes inflate to the same raw bytes, so that one hash speaks for both.
        inflate(stored, left.path)
        return True
    if claims[0] != claims[1]:
        return False
    return inflate(stored, left.path) == inflate(other, right.path)


def compare_chunks(
    left: TraceReader,
    right: TraceReader,
    mine: ChunkEntry,
    theirs: ChunkEntry,
    ticks: tuple[int, int],
    found: Found,
    ulps: int = 0,
) -> None:
    """Add what differs in the ticks (first and last) of two chunks that both have them."""
    if not proven_equal(left, right, mine, theirs):
        compare_tables(left.tables(mine), right.tables(theirs), ticks, found, ulps)


def compare_tables(
    expected: ChunkTables, actual: ChunkTables, ticks: tuple[int, int], found: Found, ulps: int = 0
) -> None:
    """The same for decoded chunks; floats may lie `ulps` steps apart."""
    # Only a difference needs numpy, which takes longer to import than equal traces take to compare.
    from crimson.dbg.comparison import differing_ticks, rows_between
    from crimson.dbg.layout import TABLE_BY_NAME, TABLES

    first, last = ticks
    by_channel: dict[str, set[int]] = {channel: set() for channel in CHANNELS}
    for table in TABLES:
        left = rows_between(expected[table.name], first, last)
        right = rows_between(actual[table.name], first, last)
        differing = differing_ticks(table, left, right, ulps).tolist()
        found.add_table(table.name, differing)
        by_channel[table.channel].update(differing)
    for channel, together in by_channel.items():
        found.add(channel, sorted(together))
    if not by_channel[HIDDEN_CHANNEL]:
        return
    left = rows_between(expected[HIDDEN_CHANNEL], first, last)
    right = rows_between(actual[HIDDEN_CHANNEL], first, last)
    for leaf, mine, theirs in zip(TABLE_BY_NAME[HIDDEN_CHANNEL].leaves, left.columns, right.columns, strict=True):
        found.add_region(leaf.path, left.ticks[mine != theirs].tolist())
