"""What can go wrong with the user's files, each as one message that says where and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

EXIT_FOUND = 1
EXIT_UNREADABLE = 2


class ParityError(Exception):
    """A problem the user can act on.

    `where` names the file and the place in it, `problem` what was expected and found, `hint` the next step.
    """

    verdict = "unreadable"

    def __init__(self, where: str | Path, problem: str, hint: str = "") -> None:
        self.where = str(where)
        self.problem = problem
        self.hint = hint
        super().__init__(f"{self.where}: {problem}" + (f" ({hint})" if hint else ""))

    def __reduce__(self) -> tuple[Callable[..., ParityError], tuple[str, str, str]]:
        return type(self), (self.where, self.problem, self.hint)


class DamagedTrace(ParityError):
    """Bytes of a `.cdt` file that contradict each other or the specification."""

    verdict = "damaged"


class UnsupportedTrace(ParityError):
    """A file that is no trace, or a trace of another format version."""

    verdict = "unsupported"


class ReplayProblem(ParityError):
    """A `.crd` file that is missing, unreadable, or of another game build."""


class CaptureProblem(ParityError):
    """A raw capture row that breaks the capture contract."""


class RecordRefused(ParityError):
    """A replay that the runtime refuses to play on; `tick` is where, or None before tick 0."""

    verdict = "refused"

    def __init__(self, where: str | Path, problem: str, hint: str = "", *, tick: int | None = None) -> None:
        super().__init__(where, problem, hint)
        self.tick = tick

    def __reduce__(self) -> tuple[Callable[..., RecordRefused], tuple[str, str, str]]:
        return partial(RecordRefused, tick=self.tick), (self.where, self.problem, self.hint)


class BadUsage(ParityError):
    """Arguments that ask for something that does not exist."""

    verdict = "usage"
