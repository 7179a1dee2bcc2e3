"""The tables of a chunk, derived from the schema's structs.

A channel's plain fields are one table; each list or optional struct in it is a table of its own. A nested struct's
fields are columns of the table that holds it, with dotted names.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, TypeIs, Union, get_args, get_origin, get_type_hints

from crimson.dbg import schema
from crimson.dbg.wire import Column

Cardinality = Literal["one", "optional", "many"]
# An annotation, as typing hands it out: of any type.
# ast-grep-ignore: no-object-value
type Hint = object


@dataclass(frozen=True, slots=True)
class Leaf:
    """One column: its dotted path within the table's row, and its storage."""

    path: str
    column: Column


class Table:
    """One table of a chunk: rows of one struct, at a path within `TickRecord`."""

    def __init__(self, name: str, row_type: type[schema.Row], cardinality: Cardinality) -> None:
        self.name = name
        self.channel = name.split(".", 1)[0]
        self.row_type = row_type
        self.cardinality: Cardinality = cardinality
        self.leaves: tuple[Leaf, ...] = tuple(_leaves(row_type, ""))
        # The position of the column that names a row within its tick; None for a log.
        self.key = next((position for position, leaf in enumerate(self.leaves) if leaf.column.key), None)
        self.keyed = self.key is not None

    def __repr__(self) -> str:
        return f"Table({self.name})"

    @cached_property
    def positions(self) -> dict[str, int]:
        return {leaf.path: position for position, leaf in enumerate(self.leaves)}


def is_row_type(hint: Hint) -> TypeIs[type[schema.Row]]:
    return isinstance(hint, type) and issubclass(hint, schema.Row)


def column_of(hint: Hint) -> Column | None:
    """The storage of a field that is a column itself."""
    if get_origin(hint) is Annotated:
        return next((extra for extra in get_args(hint) if isinstance(extra, Column)), None)
    return None


def field_hints(row_type: type[schema.Row]) -> dict[str, Hint]:
    """A struct's fields in order, with their annotations."""
    hints: dict[str, Hint] = get_type_hints(row_type, include_extras=True)
    return {name: hints[name] for name in row_type.__struct_fields__}


def optional_row(hint: Hint) -> type[schema.Row] | None:
    """The struct of a field that a tick has or has not."""
    if isinstance(hint, types.UnionType) or get_origin(hint) is Union:
        return next((part for part in get_args(hint) if is_row_type(part)), None)
    return None


def list_row(hint: Hint) -> type[schema.Row] | None:
    """The struct of a field that is a list of rows."""
    if get_origin(hint) is list:
        (element,) = get_args(hint)
        return element if is_row_type(element) else None
    return None


def _leaves(row_type: type[schema.Row], prefix: str) -> Iterator[Leaf]:
    for name, hint in field_hints(row_type).items():
        column = column_of(hint)
        if column is not None:
            yield Leaf(prefix + name, column)
        elif is_row_type(hint):
            yield from _leaves(hint, f"{prefix}{name}.")


def _tables_of(row_type: type[schema.Row], name: str) -> Iterator[Table]:
    if any(True for _ in _leaves(row_type, "")):
        yield Table(name, row_type, "one")
    for field, hint in field_hints(row_type).items():
        path = f"{name}.{field}"
        many, optional = list_row(hint), optional_row(hint)
        if many is not None:
            yield Table(path, many, "many")
        elif optional is not None:
            yield Table(path, optional, "optional")


def _all_tables() -> Iterator[Table]:
    hints = field_hints(schema.TickRecord)
    for channel in schema.CHANNELS:
        hint = hints[channel]
        many = list_row(hint)
        if many is not None:
            yield Table(channel, many, "many")
        elif is_row_type(hint):
            yield from _tables_of(hint, channel)
        else:
            raise TypeError(f"channel {channel} is neither a row nor a list of rows")


TABLES: tuple[Table, ...] = tuple(_all_tables())
TABLE_BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
