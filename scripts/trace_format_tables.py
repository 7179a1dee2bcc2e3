"""Writes the mechanical parts of `docs/cdt-trace-format.md`: the tables of columns and the worked example.

Each part stands between two HTML comments that name it. `python scripts/trace_format_tables.py` rewrites them;
a test compares them with the code.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from crimson.dbg.layout import TABLES, Leaf, Table
from trace_format_example import example_lines
from trace_format_prose import PROSE

DOCUMENT = Path(__file__).parent.parent / "docs" / "cdt-trace-format.md"


def prediction(leaf: Leaf) -> str:
    """How the document writes a column's prediction."""
    column = leaf.column
    match column.predictor:
        case "difference":
            return f"diff {column.order}"
        case "travel":
            return f"travel `{column.along}`"
        case _:
            return column.predictor


def table_lines(number: int, table: Table) -> Iterator[str]:
    """A table's section of the document."""
    prose = PROSE[table.name]
    yield f"### Table {number}: `{table.name}`"
    yield ""
    key = "; key `index`" if table.keyed else ""
    yield f"Rows: {table.cardinality}{key}."
    yield ""
    yield from textwrap.wrap(prose.about, 120, break_long_words=False, break_on_hyphens=False)
    yield ""
    yield "| # | column | wire | prediction | meaning | source |"
    yield "|---|---|---|---|---|---|"
    for position, leaf in enumerate(table.leaves):
        meaning, source = prose.columns[leaf.path]
        cells = (str(position), f"`{leaf.path}`", leaf.column.wire, prediction(leaf), meaning, source)
        yield f"| {' | '.join(cells)} |"
    yield ""


def _all_tables() -> Iterator[str]:
    yield ""
    for number, table in enumerate(TABLES):
        yield from table_lines(number, table)


def _replace(text: str, part: str, lines: Iterator[str]) -> str:
    begin, end = f"<!-- begin {part} -->", f"<!-- end {part} -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"the document must have one {begin} and one {end}")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return "\n".join([before + begin, *lines, end + after])


def updated(text: str) -> str:
    """The document with its mechanical parts as the code has them now."""
    return _replace(_replace(text, "tables", _all_tables()), "example", example_lines())


def main() -> None:
    DOCUMENT.write_text(updated(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
