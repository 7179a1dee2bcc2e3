"""The table at the end of a run: where each capture stands with each candidate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from crimson.dbg.schema import SETUP_TICK
from pytest_crimson_parity.candidates import ToolchainAbsent
from pytest_crimson_parity.cell import Cell
from pytest_crimson_parity.frontier import Blessing

_HEADS = ("capture", "mode", "ticks", "candidate", "first divergence", "lead", "blips", "hidden", "time")
# The verdict of a candidate whose toolchain is missing.
NOT_TRIED = ToolchainAbsent.verdict
# The verdict of an item that was skipped by a marker.
SKIPPED = "skipped"
# Nothing was compared, and nobody wanted it.
WAIVED = (NOT_TRIED, SKIPPED)
_RIGHT = frozenset(("ticks", "blips", "hidden", "time"))


def write_summary(reporter: pytest.TerminalReporter, cells: Sequence[Cell]) -> None:
    """The table, what is worth knowing of captures that passed, and the counts."""
    cells = sorted(cells, key=lambda cell: (cell.capture, cell.candidate, cell.window))
    reporter.section("crimson parity")
    rows = [_row(cell) for cell in cells]
    widths = [max(len(row[column]) for row in (_HEADS, *rows)) for column in range(len(_HEADS))]
    reporter.line(_line(_HEADS, widths))
    for cell, row in zip(cells, rows, strict=True):
        red = not is_fine(cell)
        reporter.line(_line(row, widths), red=red, yellow=not red and (cell.verdict != "equal" or bool(cell.note)))
    for line in (*_notes(cells), *_shared(cells)):
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


def is_fine(cell: Cell) -> bool:
    """Whether the cell stands as it should: equal, or where it was blessed."""
    return cell.blessed or cell.verdict in WAIVED or (cell.verdict == "equal" and not cell.frontier)


def has_diverged(cell: Cell) -> bool:
    """Whether the candidate left the run, rather than that this could not be found out."""
    return cell.verdict in ("diverged", "ended_early") or (
        cell.verdict == "refused" and cell.first_bad_tick is not None
    )


def _counts(cells: Sequence[Cell]) -> str:
    diverged = sum(has_diverged(cell) for cell in cells)
    equal = sum(cell.verdict == "equal" for cell in cells)
    waived = {verdict: sum(cell.verdict == verdict for cell in cells) for verdict in WAIVED}
    errors = len(cells) - diverged - equal - sum(waived.values())
    counts = f"{diverged} diverged, {equal} equal, {counted(errors, 'error')}"
    return counts + "".join(f", {count} {verdict}" for verdict, count in waived.items() if count)


def counted(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or f'{one}s'}"


def _row(cell: Cell) -> tuple[str, ...]:
    return (
        cell.capture,
        cell.mode or "?",
        str(cell.ticks),
        f"{cell.candidate} {cell.window}".rstrip(),
        divergence_text(cell),
        cell.lead or "-",
        str(cell.blips),
        str(cell.hidden),
        f"{cell.seconds:.2f}s{' cached' if cell.cached else ''}",
    )


def groups_of(cells: Sequence[Cell]) -> list[tuple[str, list[Cell]]]:
    """The cells that do not equal the original by what causes that, the cause of most of them first.

    Windows are parts of runs, so they count only where there are no runs.
    """
    found: dict[str, list[Cell]] = {}
    for cell in [cell for cell in cells if not cell.window] or cells:
        if cell.verdict not in ("equal", *WAIVED):
            found.setdefault(cell.lead or cell.verdict.replace("_", " "), []).append(cell)
    return sorted(found.items(), key=lambda group: (-len(group[1]), group[0]))


def divergence_text(cell: Cell) -> str:
    """Where the candidate leaves the run, in a word or two."""
    blessed = ", blessed" if cell.blessed else ""
    if cell.verdict == "equal":
        return "none"
    if not has_diverged(cell) or cell.first_bad_tick is None:
        return cell.verdict.replace("_", " ")
    where = "set-up" if cell.first_bad_tick == SETUP_TICK else str(cell.first_bad_tick)
    how = "" if cell.verdict == "diverged" else f" ({cell.verdict.replace('_', ' ')})"
    return f"{where}{how}{blessed}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    parts = [
        text.rjust(width) if head in _RIGHT else text.ljust(width)
        for head, text, width in zip(_HEADS, row, widths, strict=True)
    ]
    return "  ".join(parts).rstrip()


def _notes(cells: Sequence[Cell]) -> Iterator[str]:
    untried = {cell.candidate: cell.note for cell in cells if cell.verdict == NOT_TRIED}
    for candidate, reason in sorted(untried.items()):
        yield f"the candidate {candidate} was not tried: {reason}"
    for cell in cells:
        if cell.verdict == NOT_TRIED:
            continue
        for note in (cell.note, "" if cell.blessed else cell.frontier):
            if note:
                yield f"{cell.capture} {cell.candidate}: {note}"


def _shared(cells: Sequence[Cell]) -> Iterator[str]:
    """Each cause that more than one capture has."""
    for cause, hit in groups_of(cells):
        captures = sorted({cell.capture for cell in hit})
        if len(captures) > 1:
            what = "share" if hit[0].lead else "have the verdict"
            yield f"{len(captures)} captures {what} {cause}: {', '.join(captures)}"


def write_blessing(reporter: pytest.TerminalReporter, blessing: Blessing) -> None:
    """What was blessed in this run."""
    counts = f"{len(blessing.added)} added, {len(blessing.moved)} moved, {len(blessing.removed)} removed"
    reporter.line(f"frontier blessed: {counts}; {len(blessing.entries)} in all")
    for what, lines in (("added", blessing.added), ("moved", blessing.moved), ("removed", blessing.removed)):
        for line in lines:
            reporter.line(f"  {what:<9}{line}")
