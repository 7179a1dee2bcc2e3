"""Builds a row from its values in column order; nested structs take their part of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crimson.dbg import schema
from crimson.dbg.layout import column_of, field_hints, is_row_type
from crimson.dbg.rows import Cell

type FlatBuilder[R: schema.Row] = Callable[[Sequence[Cell]], R]


def flat_builder[R: schema.Row](row_type: type[R]) -> FlatBuilder[R]:
    """A function of a row's values, one for each column in order, for structs without lists."""
    parts = _parts(row_type, 0)[0]

    def build(values: Sequence[Cell]) -> R:
        return _assemble(row_type, parts, values)

    return build


# A run of plain columns, or a nested struct with its own parts.
type _Part = tuple[type[schema.Row] | None, tuple[_Part, ...], int, int]


def _parts(row_type: type[schema.Row], begin: int) -> tuple[tuple[_Part, ...], int]:
    parts: list[_Part] = []
    at = run = begin
    for name, hint in field_hints(row_type).items():
        if column_of(hint) is not None:
            at += 1
            continue
        if not is_row_type(hint):
            raise TypeError(f"{row_type.__name__}.{name} is neither a column nor a row")
        if at > run:
            parts.append((None, (), run, at))
        inner, end = _parts(hint, at)
        parts.append((hint, inner, at, end))
        at = run = end
    if at > run:
        parts.append((None, (), run, at))
    return tuple(parts), at


def _assemble[R: schema.Row](row_type: type[R], parts: tuple[_Part, ...], values: Sequence[Cell]) -> R:
    arguments: list[Cell | schema.Row] = []
    for nested, inner, begin, end in parts:
        if nested is None:
            arguments += values[begin:end]
        elif len(inner) == 1 and inner[0][0] is None:
            arguments.append(nested(*values[begin:end]))
        else:
            arguments.append(_assemble(nested, inner, values))
    return row_type(*arguments)
