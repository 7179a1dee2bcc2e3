"""The candidate `zig`: the program crimson-zig, built from the sources that the package carries."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from crimson.dbg.errors import ParityError
from pytest_crimson_parity.candidates import ToolchainAbsent
from pytest_crimson_parity.command_candidate import OUT, REPLAY, UNTIL, CommandCandidate
from pytest_crimson_parity.recording import Extent, Order


class ZigCandidate:
    """Records by crimson-zig; it is built when it is first needed, once for each state of its sources."""

    name = "zig"

    def __init__(self, folder: Path, limit: float) -> None:
        self._folder = folder
        self._limit = limit
        self._command: CommandCandidate | None = None

    def prepare(self, tell: Callable[[str], None]) -> None:
        """Build the program, saying so, if that has to be done; what keeps it from being built is told later."""
        from crimson.dbg.zig_program import zig_program

        with suppress(ParityError):
            zig_program(lambda words: tell(f"crimson parity: {words}"))

    def identity(self) -> str:
        # The program's name holds the digest of its sources, of the compiler and of its options.
        return self._program.name

    def record(self, order: Order) -> Extent:
        if self._command is None:
            words = (str(self._program), "record", REPLAY, "--out", OUT, "--until", UNTIL)
            self._command = CommandCandidate(self.name, words, folder=self._folder, limit=self._limit)
        return self._command.record(order)

    def close(self) -> None:
        """Nothing of it outlives a recording."""

    @cached_property
    def _program(self) -> Path:
        from crimson.dbg.zig_build import CompilerMissing
        from crimson.dbg.zig_program import zig_program

        try:
            return zig_program()
        except CompilerMissing as problem:
            raise ToolchainAbsent(problem.where, problem.problem, problem.hint) from None
