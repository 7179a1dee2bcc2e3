"""What a candidate is asked to record, and how much of it it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

# Told the ticks done and in all, now and then.
type Progress = Callable[[int, int], None]


class Until(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="until"):
    """The run up to and including a tick."""

    last: int


class UntilDiverged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="until_diverged"):
    """The run, which may end once it has diverged from this original and a focus window behind that is there.

    `sustain` and `strict` say what a divergence is, as for a diff. Who cannot look on while recording records all of
    it.
    """

    original: str
    sustain: int
    strict: bool


# None is the whole run.
type Goal = Until | UntilDiverged | None

# The whole run; its ticks up to the one asked for; or stopped when it had diverged.
type Extent = Literal["whole", "until", "stopped"]


@dataclass(frozen=True, slots=True)
class Order:
    """One recording that is asked of a candidate."""

    replay: Path
    # The replay's fingerprint, which the trace must carry.
    run: str
    # Where the trace is to be written. Its folder is there; nobody else reads or writes this file.
    out: Path
    goal: Goal
    progress: Progress | None
