"""The candidates: each turns a replay into a trace of what it makes of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from crimson.dbg.errors import ParityError

type Progress = Callable[[int, int], None]


class CandidateFailure(ParityError):
    """Something that the candidate, or what was asked of it, did wrong: an item's failure, not an error."""

    verdict = "failed"


class Candidate(Protocol):
    """A program whose play is measured against the original's."""

    @property
    def name(self) -> str: ...

    def identity(self) -> str:
        """What a recording depends on besides the replay: two builds that may differ say so here."""
        ...

    def record(self, replay: Path, out: Path, progress: Progress | None) -> None:
        """Play a replay and write its trace; `ParityError` when that cannot be done."""
        ...


class PythonCandidate:
    """The `crimsonland` package of this environment."""

    name = "python"

    def identity(self) -> str:
        from crimson.replay.types import current_platform

        from crimson.dbg.builds import build_identity

        # libm, which another interpreter may bring, decides the last bit of some floats.
        return f"{build_identity()} {current_platform()} {sys.version}"

    def record(self, replay: Path, out: Path, progress: Progress | None) -> None:
        from crimson.dbg.record import record_replay
        from crimson.dbg.replays import load_replay

        record_replay(load_replay(replay), out, progress=progress)


def known_candidates() -> Mapping[str, Candidate]:
    python = PythonCandidate()
    return {python.name: python}


def choose_candidates(names: Sequence[str]) -> tuple[Candidate, ...]:
    """The candidates of these names; an unknown one is a usage error."""
    known = known_candidates()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise pytest.UsageError(
            f"--parity: unknown candidate {', '.join(map(repr, unknown))}; known: {', '.join(known)}"
            " (captures are given as paths: --parity captures/)"
        )
    return tuple(known[name] for name in names)
