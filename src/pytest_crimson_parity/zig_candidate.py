"""The candidate `zig`: the program crimson-zig, built from the sources that the package carries."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path

from crimson.dbg.errors import ParityError
from pytest_crimson_parity.candidates import CandidateFailure, CandidateNotBuilt, ToolchainAbsent
from pytest_crimson_parity.command_candidate import OUT, REPLAY, UNTIL, CommandCandidate, CommandFailed
from pytest_crimson_parity.recording import Extent, Order


class ZigCandidate:
    """Records by crimson-zig; it is built when it is first needed, once for each state of its sources."""

    name = "zig"

    def __init__(self, folder: Path, limit: float) -> None:
        self._folder = folder
        self._limit = limit
        self._built: Path | ParityError | None = None
        self._command: CommandCandidate | None = None

    def prepare(self, tell: Callable[[str], None]) -> None:
        """Build the program, saying so, if that has to be done; what keeps it from being built is told by items."""
        from crimson.dbg.zig_build import CompilerMissing
        from crimson.dbg.zig_program import zig_program

        try:
            self._built = zig_program(lambda words: tell(f"crimson parity: {words}"))
        except CompilerMissing as problem:
            self._built = ToolchainAbsent(problem.where, problem.problem, problem.hint)
        except ParityError as problem:
            self._built = CandidateNotBuilt(problem.where, problem.problem, problem.hint)

    @property
    def flaw(self) -> tuple[str, ...]:
        """What keeps it from being built, for a process that need not try again; empty when that is not known."""
        found = self._built
        return (found.where, found.problem, found.hint) if isinstance(found, CandidateNotBuilt) else ()

    def take(self, flaw: Sequence[str]) -> None:
        """Be told the `flaw` of another process."""
        if flaw:
            self._built = CandidateNotBuilt(*flaw)

    def identity(self) -> str:
        # The program's name holds digests of what it was built from, and of what came of it, and the platform.
        return self._program.name

    def record(self, order: Order) -> Extent:
        from crimson.dbg.zig_program import CRIMSON_ZIG, zig_refusal

        if self._command is None:
            words = (str(self._program), "record", REPLAY, "--out", OUT, "--until", UNTIL)
            self._command = CommandCandidate(self.name, words, folder=self._folder, limit=self._limit)
        try:
            return self._command.record(order)
        except CandidateFailure as failure:
            if isinstance(failure, CommandFailed):
                refusal = zig_refusal(failure.code, failure.said, str(order.replay.absolute()))
                if refusal is not None:
                    raise refusal from None
            failure.places = {**failure.places, str(self._program): CRIMSON_ZIG.title}
            raise

    def close(self) -> None:
        """Nothing of it outlives a recording."""

    @property
    def _program(self) -> Path:
        if self._built is None:
            self.prepare(lambda line: None)
        if isinstance(self._built, Path):
            return self._built
        # A compiler that failed would fail again: every item is told of the one time.
        if self._built is None:
            raise AssertionError("it was built, or the reason is known")
        raise copy.copy(self._built)
