"""What is written when the items have run: by the controller alone, each file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

import pytest

from crimson.dbg.errors import ParityError
from pytest_crimson_parity.absent import absent_captures
from pytest_crimson_parity.artifacts import Artifacts
from pytest_crimson_parity.cell import Cell
from pytest_crimson_parity.folder_lock import locked_folder
from pytest_crimson_parity.frontier import Blessing, bless, read_frontier, write_frontier
from pytest_crimson_parity.github import append_job_summary, is_on_github
from pytest_crimson_parity.known import Known
from pytest_crimson_parity.leftovers import remove_leftovers
from pytest_crimson_parity.markdown import markdown_summary
from pytest_crimson_parity.memory import write_memory
from pytest_crimson_parity.options import ParityOptions
from pytest_crimson_parity.summary import WAIVED


class Conclusion:
    """Writes the files of a run and keeps what the terminal should say of them."""

    def __init__(self, config: pytest.Config, options: ParityOptions, known: Known, artifacts: Artifacts) -> None:
        self._config = config
        self._options = options
        self._known = known
        self._artifacts = artifacts
        # Files that could not be written, and what else makes the run no pass.
        self.problems: list[str] = []
        # What was done to the frontier, when that was asked for.
        self.blessing: Blessing | None = None

    def conclude(self, cells: Iterable[Cell]) -> None:
        """Write everything; a run that was interrupted writes what finished."""
        cells = sorted(cells, key=lambda cell: (cell.capture, cell.candidate, cell.window))
        if self._options.blessing:
            self._try(lambda: self._bless(cells))
        self._try(lambda: write_memory(self._config, cells))
        if cells:
            self._try(lambda: self._artifacts.write_overview(cells))
            if is_on_github(os.environ):
                self._try(lambda: append_job_summary(markdown_summary(cells), os.environ))
            if all(cell.verdict in WAIVED for cell in cells):
                self.problems.append("nothing was compared: every comparison was skipped")

    def require_captures(self, candidates: Collection[str], collected: Collection[Path]) -> None:
        """Tell of what is blessed and was not compared, as nothing was there to compare: that is no pass."""
        path, root = self._options.frontier, self._config.rootpath
        # What was blessed is ruled over already, and entries of captures that are gone went with that.
        entries = self._known.frontier if self.blessing is None else self.blessing.entries
        for entry, reason in absent_captures(entries, candidates, collected, root):
            self.problems.append(
                f"{path}: {entry.capture} {entry.candidate}: blessed when it {entry.brief}, but {reason}"
                " (put the capture back, or take the entry out)"
            )

    def _bless(self, cells: Sequence[Cell]) -> None:
        path = self._options.frontier
        with locked_folder(path.parent, "to bless what is in it"):
            remove_leftovers(path)
            # Not what was known when this run began: what others blessed meanwhile stays.
            blessing = bless(read_frontier(path), cells, self._config.rootpath)
            if blessing.changes:
                write_frontier(path, blessing.entries)
        self.blessing = blessing

    def _try(self, write: Callable[[], None]) -> None:
        """One file that cannot be written is no reason to lose the others."""
        try:
            write()
        except ParityError as problem:
            self.problems.append(str(problem))
