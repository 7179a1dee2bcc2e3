"""The table at the end of a run: where each capture stands with each candidate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from crimson.dbg.schema import SETUP_TICK
from pytest_crimson_parity.cell import Cell

_HEADS = ("capture", "mode", "ticks", "candidate", "first divergence", "lead", "blips", "hidden", "time")
_RIGHT = frozenset(("ticks", "blips", "hidden", "time"))
_DIVERGED = ("diverged", "ended_early")


def write_summary(reporter: pytest.TerminalReporter, cells: Sequence[Cell]) -> None:
    """The table, what is worth knowing of captures that passed, and the counts."""
    cells = sorted(cells, key=lambda cell: (cell.capture, cell.candidate, cell.window))
    reporter.section("crimson parity")
    rows = [_row(cell) for cell in cells]
    widths = [max(len(row[column]) for row in (_HEADS, *rows)) for column in range(len(_HEADS))]
    reporter.line(_line(_HEADS, widths))
    for cell, row in zip(cells, rows, strict=True):
        equal = cell.verdict == "equal"
        reporter.line(_line(row, widths), red=not equal, yellow=equal and bool(cell.note))
    for line in _notes(cells):
        reporter.line(line)
    for line in counts_lines(cells):
        reporter.line(line)


def counts_lines(cells: Sequence[Cell]) -> Iterator[str]:
    """The one line that says it all, and another one for windows: they are parts of runs, and not to be added."""
    runs = [cell for cell in cells if not cell.window]
    windows = [cell for cell in cells if cell.window]
    if runs or not windows:
        yield _counts(runs)
    if windows:
        yield f"tick windows: {_counts(windows)}"


def _counts(cells: Sequence[Cell]) -> str:
    diverged = sum(cell.verdict in _DIVERGED for cell in cells)
    equal = sum(cell.verdict == "equal" for cell in cells)
    return f"{diverged} diverged, {equal} equal, {len(cells) - diverged - equal} errors"


def _row(cell: Cell) -> tuple[str, ...]:
    return (
        cell.capture,
        cell.mode or "?",
        str(cell.ticks),
        f"{cell.candidate} {cell.window}".rstrip(),
        _divergence(cell),
        cell.lead or "-",
        str(cell.blips),
        str(cell.hidden),
        f"{cell.seconds:.2f}s{' cached' if cell.cached else ''}",
    )


def _divergence(cell: Cell) -> str:
    match cell.verdict:
        case "equal":
            return "none"
        case "diverged" if cell.first_bad_tick is not None:
            return "set-up" if cell.first_bad_tick == SETUP_TICK else str(cell.first_bad_tick)
        case "ended_early":
            return f"{cell.first_bad_tick} (ended early)"
        case verdict:
            return verdict.replace("_", " ")


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    parts = [
        text.rjust(width) if head in _RIGHT else text.ljust(width)
        for head, text, width in zip(_HEADS, row, widths, strict=True)
    ]
    return "  ".join(parts).rstrip()


def _notes(cells: Sequence[Cell]) -> Iterator[str]:
    for cell in cells:
        if cell.note:
            yield f"{cell.capture} {cell.candidate}: {cell.note}"
