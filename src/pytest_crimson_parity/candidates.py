"""The candidates: each turns a replay into a trace of what it makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from crimson.dbg.errors import ParityError
from pytest_crimson_parity.recording import Extent, Order

TIME_LIMIT_HINT = "--parity-timeout or the ini option parity_timeout sets another"


class CandidateFailure(ParityError):
    """Something that the candidate, or what was asked of it, did wrong: an item's failure, not an error.

    `detail` is what helps to find out why, such as the end of its output: lines of text. `places` are paths in it that
    differ from machine to machine or from run to run, and what artifacts have in place of them.
    """

    verdict = "failed"

    def __init__(
        self,
        where: str | Path,
        problem: str,
        hint: str = "",
        *,
        detail: str = "",
        places: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(where, problem, hint)
        self.detail = detail
        self.places = places


class CandidateCrashed(CandidateFailure):
    """It ended without having recorded."""

    verdict = "crashed"


class CandidateTimedOut(CandidateFailure):
    """It took longer than it may."""

    verdict = "timed out"


class ToolchainAbsent(ParityError):
    """What builds a candidate is not installed: its items are skipped, unless the candidate is required."""

    verdict = "not tried"


class CandidateNotBuilt(ParityError):
    """The same for a candidate that is required, or one that does not compile: an error of its items."""

    verdict = "not built"


@runtime_checkable
class Candidate(Protocol):
    """A program whose play is measured against the original's.

    The hook `pytest_crimson_parity_candidates` may return any object that has these members; `CommandCandidate` is
    one that runs a command. One object serves one pytest process, from one thread.
    """

    @property
    def name(self) -> str:
        """For `--parity=NAME`, for items (`parity-NAME`) and as a marker: letters, digits, `_` and `-`."""
        ...

    def identity(self) -> str | None:
        """What a recording depends on besides the replay: two builds that may differ say so here.

        None when it is not known; then nothing that it recorded outlives the run. `ParityError` when it cannot be told.
        It is asked before the first recording and after each: what was recorded in between of another build is not
        kept.
        """
        ...

    def record(self, order: Order) -> Extent:
        """Play a replay, write its trace to `order.out`, and tell how much of the run it holds.

        `"whole"` is always right; `"until"` only for the goal `Until`, `"stopped"` only for `UntilDiverged`. Raises
        `RecordRefused` or `CandidateFailure` when it is the candidate that fails, any other `ParityError` when it
        could not be tried.
        """
        ...

    def close(self) -> None:
        """Called once when the pytest process is about to end."""
        ...
