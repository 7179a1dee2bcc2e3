"""What is written when the items have run: by the controller alone, each file whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from crimson.dbg.errors import ParityError
from pytest_crimson_parity.cell import Cell
from pytest_crimson_parity.memory import write_memory


class Conclusion:
    """Writes the files of a run and keeps what the terminal should say of them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        # Files that could not be written.
        self.problems: list[str] = []

    def conclude(self, cells: Iterable[Cell]) -> None:
        """Write everything; a run that was interrupted writes what finished."""
        cells = sorted(cells, key=lambda cell: (cell.capture, cell.candidate, cell.window))
        try:
            write_memory(self._config, cells)
        except ParityError as problem:
            self.problems.append(str(problem))
