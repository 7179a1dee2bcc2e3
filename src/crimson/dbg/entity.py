"""The lives of one entity's slot in a trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from crimson.dbg.comparison import rows_between
from crimson.dbg.errors import BadUsage
from crimson.dbg.layout import TABLE_BY_NAME, Table
from crimson.dbg.named_rows import named_rows, row_positions
from crimson.dbg.projection_reports import EntityLife, EntityReport, TableRow
from crimson.dbg.schema import SETUP_TICK
from crimson.dbg.trace import TraceReader
from crimson.dbg.windows import require_within

_TABLES = {
    "creature": "entity_samples.creatures",
    "projectile": "entity_samples.projectiles",
    "secondary": "entity_samples.secondary_projectiles",
    "bonus": "entity_samples.bonuses",
    "player": "sim_state.players",
}
_UID = re.compile(r"([a-z]+):([0-9]{1,5})(?::([0-9]{1,10}))?")


def report_entity(path: Path, uid: str, ticks: tuple[int, int] | None = None) -> EntityReport:
    """A slot's rows by life, over all ticks and run set-up, or over `ticks` (first and last, inclusive).

    `uid` is `creature:SLOT` or `creature:SLOT:GENERATION`, likewise for projectile, secondary, bonus and player.
    """
    table, slot, generation = _parse(uid)
    with TraceReader(path) as reader:
        if ticks is not None:
            require_within(ticks, path, reader.tick_count)
        first, last = ticks or (SETUP_TICK, reader.tick_count - 1)
        rows = list(_rows(reader, table, slot, generation, first, last))
    lives = tuple(
        EntityLife(life, found[0].tick, found[-1].tick, tuple(found))
        for life, found in ((life, list(group)) for life, group in groupby(rows, _generation))
    )
    return EntityReport(str(path), uid, table.name, (first, last), lives)


def _parse(uid: str) -> tuple[Table, int, int | None]:
    parts = _UID.fullmatch(uid)
    if parts is None or parts[1] not in _TABLES:
        kinds = ", ".join(_TABLES)
        raise BadUsage("UID", f"{uid!r} names no entity; write KIND:SLOT or KIND:SLOT:GENERATION with KIND of {kinds}")
    if parts[3] is not None and parts[1] == "player":
        raise BadUsage("UID", f"{uid!r}: a player has no generations; write player:{parts[2]}")
    return TABLE_BY_NAME[_TABLES[parts[1]]], int(parts[2]), None if parts[3] is None else int(parts[3])


def _rows(
    reader: TraceReader, table: Table, slot: int, generation: int | None, first: int, last: int
) -> Iterator[TableRow]:
    for entry in (reader.setup_entry, *reader.tick_entries):
        if entry.last < first or entry.first > last:
            continue
        rows = rows_between(reader.tables(entry)[table.name], first, last)
        positions = row_positions(table, rows)
        found = positions == slot
        if generation is not None:
            found &= rows.columns[table.positions["generation"]] == generation
        yield from named_rows(table, rows.take(found), positions[found])


def _generation(row: TableRow) -> int | None:
    return next((int(value.value or 0) for value in row.values if value.name == "generation"), None)
