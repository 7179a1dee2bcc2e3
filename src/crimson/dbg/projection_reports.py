"""What `tick`, `entity` and `query` show of one trace, as typed structs: the same facts for terminals and JSON."""

from __future__ import annotations

from crimson.dbg.report import ReportPart, Value
from crimson.dbg.schema import TickRecord


class NamedValue(ReportPart, frozen=True, forbid_unknown_fields=True):
    """One column of a row. A float comes with the bits of its f32."""

    name: str
    value: Value
    bits: int | None = None


class TableRow(ReportPart, frozen=True, forbid_unknown_fields=True):
    """One row of a table with all its columns, in the schema's order."""

    # -1 is the state after run set-up.
    tick: int
    # The slot of a pool's row or the position in a log; None where a tick has one row at most.
    row: int | None
    values: tuple[NamedValue, ...]


class WildFloat(ReportPart, frozen=True, forbid_unknown_fields=True):
    """An infinity or a NaN, by its bits."""

    table: str
    row: int | None
    name: str
    bits: int


class TickReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="tick", tag_field="report"):
    """A tick as the trace has it. JSON writes null for a float that is not finite: `not_finite` has it."""

    trace: str
    record: TickRecord
    not_finite: tuple[WildFloat, ...]


class EntityLife(ReportPart, frozen=True, forbid_unknown_fields=True):
    """A slot's rows from when it was handed out until it was handed out again."""

    # None for a player, who has no generations.
    generation: int | None
    first_tick: int
    last_tick: int
    rows: tuple[TableRow, ...]


class EntityReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="entity", tag_field="report"):
    trace: str
    uid: str
    table: str
    # The ticks looked at; -1 is run set-up.
    ticks: tuple[int, int]
    lives: tuple[EntityLife, ...]

    @property
    def ok(self) -> bool:
        return bool(self.lives)


class QueryMatch(ReportPart, frozen=True, forbid_unknown_fields=True):
    found: TableRow
    # What the columns that the condition asks `prev` of were in the tick before.
    before: tuple[NamedValue, ...]


class QueryReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="query", tag_field="report"):
    trace: str
    table: str
    condition: str
    # The columns that the condition names.
    columns: tuple[str, ...]
    # How many rows match; at most `limit` of them are listed.
    matches: int
    limit: int
    rows: tuple[QueryMatch, ...]

    @property
    def ok(self) -> bool:
        return self.matches > 0
