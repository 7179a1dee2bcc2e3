"""Typed rows to tables and back: the one place that knows how a `TickRecord` is spread over a chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter

import numpy as np

from crimson.dbg import schema
from crimson.dbg.layout import TABLES, Hint, Table, column_of, field_hints, is_row_type, list_row, optional_row
from crimson.dbg.rows import Cell, ColumnError, TableRows, values_from_words, words_from_values

type ChunkTables = Mapping[str, TableRows]


class RecordError(ValueError):
    """A value of a tick that the trace cannot hold."""

    def __init__(self, tick: int, table: Table, problem: ColumnError) -> None:
        super().__init__(f"tick {tick}: {table.name}.{problem.path}: {problem.problem}")
        self.tick = tick


def tables_from_records(records: Sequence[schema.TickRecord]) -> dict[str, TableRows]:
    """The tables of successive ticks; `RecordError` names the first value that does not fit its column."""
    return {table.name: _table_from_records(table, records) for table in TABLES}


def _rows_of(table: Table) -> Callable[[schema.TickRecord], Sequence[schema.Row]]:
    at_path = attrgetter(table.name)
    match table.cardinality:
        case "many":
            return at_path
        case "one":
            return lambda record: (at_path(record),)
        case "optional":
            return lambda record: () if at_path(record) is None else (at_path(record),)


def _table_from_records(table: Table, records: Sequence[schema.TickRecord]) -> TableRows:
    rows_of = _rows_of(table)
    ticks: list[int] = []
    rows: list[schema.Row] = []
    for record in records:
        found = rows_of(record)
        ticks.extend([record.tick] * len(found))
        rows.extend(found)
    columns = []
    for leaf in table.leaves:
        try:
            columns.append(words_from_values(leaf, list(map(attrgetter(leaf.path), rows))))
        except ColumnError as problem:
            raise RecordError(ticks[problem.row], table, problem) from None
    tick_words = np.array(ticks, dtype=np.int64)
    _require_order(table, tick_words, columns)
    return TableRows(tick_words, tuple(columns))


def _require_order(table: Table, ticks: np.ndarray, columns: Sequence[np.ndarray]) -> None:
    position = unordered_row(table, ticks, columns)
    if position is not None and table.key is not None:
        problem = ColumnError(table.leaves[table.key].path, position, "the rows of a tick must ascend by it")
        raise RecordError(int(ticks[position]), table, problem)


def unordered_row(table: Table, ticks: np.ndarray, columns: Sequence[np.ndarray]) -> int | None:
    """The first row of a keyed table that does not come after its predecessor."""
    if table.key is None or len(ticks) < 2:
        return None
    keys = columns[table.key].astype(np.int64)
    wrong = (ticks[1:] == ticks[:-1]) & (keys[1:] <= keys[:-1])
    return int(np.flatnonzero(wrong)[0]) + 1 if wrong.any() else None


# Building rows

type Part = Cell | schema.Row | list[schema.Row] | None
type _Builder = Callable[[Sequence[Cell], Mapping[str, list[schema.Row]]], schema.Row]


def _row_builder(row_type: type[schema.Row], table: Table, prefix: str) -> _Builder:
    """A function of a table row's values, and of the tick's rows of other tables, that makes the struct."""
    makers: list[Callable[[Sequence[Cell], Mapping[str, list[schema.Row]]], Part]] = []
    for name, hint in field_hints(row_type).items():
        path = prefix + name
        if column_of(hint) is not None:
            makers.append(_value_at(table.positions[path]))
        elif is_row_type(hint):
            makers.append(_row_builder(hint, table, path + "."))
        elif list_row(hint) is not None:
            makers.append(_list_at(f"{table.name}.{path}"))
        elif optional_row(hint) is not None:
            makers.append(_optional_at(f"{table.name}.{path}"))
        else:
            raise TypeError(f"{row_type.__name__}.{name} is no column, row, list or optional row")
    return lambda values, others: _assemble(row_type, [make(values, others) for make in makers])


def _value_at(position: int) -> Callable[[Sequence[Cell], Mapping[str, list[schema.Row]]], Cell]:
    return lambda values, others: values[position]


def _list_at(name: str) -> Callable[[Sequence[Cell], Mapping[str, list[schema.Row]]], list[schema.Row]]:
    return lambda values, others: others[name]


def _optional_at(name: str) -> Callable[[Sequence[Cell], Mapping[str, list[schema.Row]]], schema.Row | None]:
    return lambda values, others: others[name][0] if others[name] else None


_BUILDERS: dict[str, _Builder] = {table.name: _row_builder(table.row_type, table, "") for table in TABLES}
# Tables that hang off another table's rows come first, so that their rows are there to be put in.
_BUILD_ORDER = sorted(TABLES, key=lambda table: -table.name.count("."))


def records_from_tables(tables: ChunkTables, first: int, last: int) -> Iterator[schema.TickRecord]:
    """The typed ticks `first`..`last` of decoded tables."""
    spans = {table.name: np.searchsorted(tables[table.name].ticks, np.arange(first, last + 2)) for table in TABLES}
    for offset, tick in enumerate(range(first, last + 1)):
        built: dict[str, list[schema.Row]] = {}
        for table in _BUILD_ORDER:
            begin, end = int(spans[table.name][offset]), int(spans[table.name][offset + 1])
            built[table.name] = _build_rows(table, tables[table.name].take(slice(begin, end)), built)
        yield _record(tick, built)


def _build_rows(table: Table, rows: TableRows, built: Mapping[str, list[schema.Row]]) -> list[schema.Row]:
    columns = [
        values_from_words(leaf.column.wire, words) for leaf, words in zip(table.leaves, rows.columns, strict=True)
    ]
    builder = _BUILDERS[table.name]
    return [builder(values, built) for values in zip(*columns, strict=True)]


# A channel of nothing but lists has no table of its own to be built from.
_PLAIN_CHANNELS: dict[str, _Builder] = {
    channel: _row_builder(hint, Table(channel, hint, "one"), "")
    for channel, hint in field_hints(schema.TickRecord).items()
    if is_row_type(hint) and channel not in _BUILDERS
}


def _record(tick: int, built: Mapping[str, list[schema.Row]]) -> schema.TickRecord:
    hints = field_hints(schema.TickRecord)
    return _assemble(schema.TickRecord, [tick, *(_channel(name, hints[name], built) for name in schema.CHANNELS)])


def _assemble[R: schema.Row](row_type: type[R], parts: Sequence[Part]) -> R:
    return row_type(*parts)


def _channel(name: str, hint: Hint, built: Mapping[str, list[schema.Row]]) -> schema.Row | list[schema.Row]:
    if name in _PLAIN_CHANNELS:
        return _PLAIN_CHANNELS[name]((), built)
    return built[name] if list_row(hint) is not None else built[name][0]
