"""One tick of a trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from crimson.dbg.comparison import rows_between, rows_by_key
from crimson.dbg.errors import BadUsage
from crimson.dbg.layout import TABLES, Table
from crimson.dbg.projection_reports import TickReport, WildFloat
from crimson.dbg.rows import TableRows, not_finite
from crimson.dbg.schema import SETUP_TICK
from crimson.dbg.trace import TraceReader

SETUP_NAMES = ("setup", str(SETUP_TICK))


def tick_number(text: str) -> int:
    """The tick that a user names: a number, or `setup`."""
    if text in SETUP_NAMES:
        return SETUP_TICK
    if re.fullmatch(r"[0-9]{1,12}", text) is None:
        raise BadUsage("N", f"{text!r} is no tick; write a number such as 840, or setup for the state before tick 0")
    return int(text)


def report_tick(path: Path, tick: int) -> TickReport:
    """Everything that a trace holds of a tick, or of run set-up for -1."""
    with TraceReader(path) as reader:
        if tick != SETUP_TICK and not 0 <= tick < reader.tick_count:
            last = f"ticks 0..{reader.tick_count - 1}" if reader.tick_count else "no ticks"
            raise BadUsage("N", f"{path} has no tick {tick}; it has {last}")
        tables = reader.tables(reader.entry_of(tick))
        wild = [each for table in TABLES for each in _not_finite(table, rows_between(tables[table.name], tick, tick))]
        return TickReport(str(path), reader.tick(tick), tuple(wild))


def _not_finite(table: Table, rows: TableRows) -> Iterator[WildFloat]:
    keys = list(rows_by_key(table, rows))
    for leaf, words in zip(table.leaves, rows.columns, strict=True):
        if leaf.column.wire == "f4":
            for position in np.flatnonzero(not_finite(words)).tolist():
                yield WildFloat(table.name, keys[position], leaf.path, int(words[position]))
