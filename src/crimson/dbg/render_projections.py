"""One trace's ticks, entities and queries as text: plain, at most 100 columns where names allow it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crimson.dbg.callers import caller_name
from crimson.dbg.named_rows import record_rows
from crimson.dbg.names import name_of
from crimson.dbg.projection_reports import EntityLife, EntityReport, NamedValue, QueryReport, TableRow, TickReport
from crimson.dbg.render import tick_name, value_text
from crimson.dbg.schema import RngDraw

_WIDTH = 100
_INDENT = " " * 6
_DRAWS_SHOWN = 64


def render_tick(report: TickReport) -> str:
    """Every table's rows of the tick, and its draws with the names of their callers."""
    record = report.record
    lines = [f"{tick_name(record.tick)} of {report.trace}"]
    for table, rows in record_rows(record):
        if table.name == "rng_stream":
            lines += _draws(record.rng_stream)
            continue
        for row in rows:
            lines += ["", _row_title(table.name, row.row), *_wrapped(_values(table.name, row.values))]
    return "\n".join(lines)


def _draws(draws: Sequence[RngDraw]) -> list[str]:
    lines = ["", f"rng_stream: {len(draws)} draws"]
    if draws:
        lines.append(f"  {'draw':>5}  {'before':>10}  {'value':>5}  {'after':>10}  call site")
    for number, draw in enumerate(draws[:_DRAWS_SHOWN]):
        states = f"0x{draw.state_before:08x}  {draw.value:>5}  0x{draw.state_after:08x}"
        lines.append(f"  {number:>5}  {states}  {caller_name(draw.caller)}")
    return [*lines, *_more(len(draws) - _DRAWS_SHOWN, "draws")]


def render_entity(report: EntityReport) -> str:
    """Each life: its first row in full, then what changes from row to row."""
    first, last = report.ticks
    where = f"{report.uid} in {report.table} of {report.trace}"
    span = f"{tick_name(first)} to {tick_name(last)}"
    if not report.lives:
        return f"{where}: never there, {span}"
    lines = [f"{where}, {span}: {_count(len(report.lives), 'life', 'lives')}"]
    for life in report.lives:
        lines += ["", *_life(report.table, life)]
    return "\n".join(lines)


def _life(table: str, life: EntityLife) -> Iterator[str]:
    named = "" if life.generation is None else f"generation {life.generation}: "
    span = f"{tick_name(life.first_tick)} to {tick_name(life.last_tick)}"
    yield f"{named}{span}, {_count(len(life.rows), 'tick', 'ticks')}"
    before: TableRow | None = None
    for row in life.rows:
        if before is None:
            yield f"  {tick_name(row.tick)}"
            yield from _wrapped(_values(table, row.values))
        else:
            if row.tick > before.tick + 1:
                yield f"  not there for {_count(row.tick - before.tick - 1, 'tick', 'ticks')}"
            yield from _changes(table, before, row)
        before = row


def _changes(table: str, before: TableRow, row: TableRow) -> list[str]:
    changed = [_value(table, value) for old, value in zip(before.values, row.values, strict=True) if old != value]
    return _wrapped(changed or ["(nothing changes)"], first=f"  {tick_name(row.tick)}:")


def render_query(report: QueryReport) -> str:
    """Each matching row by the columns that the condition names."""
    headline = f"{_count(report.matches, 'row matches', 'rows match')} in {report.table}: {report.condition}"
    lines = [headline]
    shown, scope = frozenset(report.columns), report.table.rpartition(".")[2]
    for match in report.rows:
        row = match.found
        values = [_value(report.table, value) for value in row.values if value.name in shown or not shown]
        values += [f"prev({value.name}) {_value_alone(report.table, value)}" for value in match.before]
        place = "" if row.row is None else f", {scope}[{row.row}]"
        lines += _wrapped(values, first=f"  {tick_name(row.tick)}{place}:")
    return "\n".join([*lines, *_more(report.matches - len(report.rows), "rows", "--limit lists them")])


def _row_title(name: str, row: int | None) -> str:
    return name if row is None else f"{name}[{row}]"


def _more(count: int, what: str, hint: str = "--json has them all") -> list[str]:
    return [f"  and {count} more {what}; {hint}"] if count > 0 else []


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _values(table: str, values: Sequence[NamedValue]) -> Iterator[str]:
    return (_value(table, value) for value in values)


def _value(table: str, value: NamedValue) -> str:
    return f"{value.name} {_value_alone(table, value)}"


def _value_alone(table: str, value: NamedValue) -> str:
    if value.name == "caller" and isinstance(value.value, int):
        return caller_name(value.value)
    if isinstance(value.value, str):
        return repr(value.value)
    name = name_of(table, value.name, value.value)
    return value_text(value.value, value.bits) + (f" ({name})" if name else "")


def _wrapped(items: Iterable[str], first: str = "") -> list[str]:
    """The items side by side, as many to a line as fit, after `first` or else on indented lines of their own."""
    lines: list[str] = []
    line, fresh = first or _INDENT, True
    for item in items:
        gap = " " if fresh and first and not lines else "" if fresh else "  "
        if not fresh and len(line) + len(gap) + len(item) > _WIDTH:
            lines.append(line)
            line, gap = _INDENT, ""
        line += gap + item
        fresh = False
    return [*lines, line]
