"""The summary of a run as Markdown, for GitHub's job summaries and for the folder of artifacts."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from pytest_crimson_parity.cell import Cell
from pytest_crimson_parity.summary import counts_lines, divergence_text, groups_of


def markdown_summary(cells: Sequence[Cell]) -> str:
    """The counts, each cause once with the captures that it hits, then every cell, folded."""
    lines = ["### crimson parity", ""]
    for line in counts_lines(cells):
        lines += [line, ""]
    groups = groups_of(cells)
    if groups:
        lines += _row("cause", "captures", "where"), _row("---", "---:", "---")
        lines += [_group(cause, hit) for cause, hit in groups]
        lines.append("")
    lines += ["<details><summary>every capture and candidate</summary>", ""]
    lines += list(_table(cells))
    lines += ["", "</details>", ""]
    return "\n".join(lines)


def _group(cause: str, cells: Sequence[Cell]) -> str:
    where = ", ".join(f"{_code(f'{cell.capture} {cell.candidate}')} {divergence_text(cell)}" for cell in cells)
    return _row(_code(cause), str(len({cell.capture for cell in cells})), where)


def _table(cells: Sequence[Cell]) -> Iterator[str]:
    yield _row("capture", "mode", "ticks", "candidate", "first divergence", "lead", "blips", "hidden", "frontier")
    yield _row("---", "---", "---:", "---", "---", "---", "---:", "---:", "---")
    for cell in cells:
        yield _row(
            _code(cell.capture),
            cell.mode or "?",
            str(cell.ticks),
            f"{cell.candidate} {cell.window}".rstrip(),
            divergence_text(cell),
            _code(cell.lead) if cell.lead else "",
            str(cell.blips),
            str(cell.hidden),
            _escaped(cell.frontier),
        )


def _row(*texts: str) -> str:
    return f"| {' | '.join(texts)} |"


def _code(text: str) -> str:
    return f"<code>{_escaped(text)}</code>"


def _escaped(text: str) -> str:
    # As entities: a bar would end the table's cell, and an underscore begin emphasis.
    table = {ord(char): f"&#{ord(char)};" for char in "|_*`[]\\~"}
    return html.escape(text).replace("\n", " ").translate(table)
