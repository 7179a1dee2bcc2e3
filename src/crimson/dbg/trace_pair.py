"""Two traces of one run side by side: single rows by tick and slot, for the analyses that look at few of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Literal

from crimson.dbg.comparison import differences_at, rows_between, rows_by_key
from crimson.dbg.layout import TABLE_BY_NAME, Table
from crimson.dbg.report import FieldDifference, Value
from crimson.dbg.rows import TableRows, values_from_words
from crimson.dbg.schema import SETUP_TICK
from crimson.dbg.trace import TraceReader

type Side = Literal["expected", "actual"]
type Key = int | None

# More than a tick has with every pool full; only a forged trace has more to tell.
_MOST_DIFFERENCES = 1 << 16


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of one tick."""

    table: Table
    rows: TableRows
    position: int

    def bits(self, field: str) -> int | str:
        """The stored word: a float's or integer's bits, a text itself."""
        word = self.rows.columns[self.table.positions[field]][self.position]
        return word if isinstance(word, str) else int(word)

    def value(self, field: str) -> Value:
        column = self.table.positions[field]
        words = self.rows.columns[column][self.position : self.position + 1]
        return values_from_words(self.table.leaves[column].column.wire, words)[0]

    def number(self, field: str) -> float:
        """The value of a numeric field."""
        value = self.value(field)
        if not isinstance(value, int | float):
            raise TypeError(f"{self.table.name}.{field} is no number")
        return value


def same_thing(one: RowView | None, two: RowView | None) -> bool:
    """Whether two rows of a slot, of two ticks or sides, are of one tenant; where slots have none, any two rows are."""
    if one is None or two is None:
        return False
    return "generation" not in one.table.positions or one.bits("generation") == two.bits("generation")


class TracePair:
    """The readers of both sides; a tick that a side does not have has no rows there."""

    def __init__(self, expected: TraceReader, actual: TraceReader) -> None:
        self._readers: dict[Side, TraceReader] = {"expected": expected, "actual": actual}
        # The same few ticks are asked for again and again.
        self._recent = lru_cache(1024)(self._rows)
        self._recent_differences = lru_cache(64)(self._differences)

    def reader(self, side: Side) -> TraceReader:
        return self._readers[side]

    def has(self, tick: int) -> bool:
        """Whether both sides have the tick."""
        return SETUP_TICK <= tick < min(reader.tick_count for reader in self._readers.values())

    def rows(self, side: Side, table: str, tick: int) -> dict[Key, RowView]:
        """A tick's rows of a table, by slot, or by position in a log."""
        return self._recent(side, table, tick)

    def _rows(self, side: Side, table: str, tick: int) -> dict[Key, RowView]:
        reader = self._readers[side]
        if not SETUP_TICK <= tick < reader.tick_count:
            return {}
        layout = TABLE_BY_NAME[table]
        rows = rows_between(reader.tables(reader.entry_of(tick))[table], tick, tick)
        return {key: RowView(layout, rows, position) for key, position in rows_by_key(layout, rows).items()}

    def row(self, side: Side, table: str, key: Key, tick: int) -> RowView | None:
        return self.rows(side, table, tick).get(key)

    def differences(self, tick: int, ulps: int = 0) -> tuple[FieldDifference, ...]:
        """Every difference of a tick that both sides have, in the schema's order."""
        return self._recent_differences(tick, ulps)

    def _differences(self, tick: int, ulps: int) -> tuple[FieldDifference, ...]:
        left, right = self._readers["expected"], self._readers["actual"]
        tables = left.tables(left.entry_of(tick)), right.tables(right.entry_of(tick))
        return tuple(islice(differences_at(tick, *tables, ulps), _MOST_DIFFERENCES))

    def both(self, table: str, tick: int) -> Iterator[tuple[Key, RowView | None, RowView | None]]:
        """Each row that either side has, in order of the keys' first appearance."""
        expected, actual = self.rows("expected", table, tick), self.rows("actual", table, tick)
        for key in dict.fromkeys([*expected, *actual]):
            yield key, expected.get(key), actual.get(key)
