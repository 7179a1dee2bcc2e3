"""One capture against one candidate: the facts that an item sends to whoever writes the summary."""

from __future__ import annotations

import msgspec
import pytest

from pytest_crimson_parity.standings import Standing, standing_at
from pytest_crimson_parity.windows import parse_item_name

ITEM_PREFIX = "parity-"
_PREFIX = "parity_"


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is so whenever it is asked, in whatever order and by however many processes."""

    capture: str
    candidate: str
    # FIRST:LAST when only these ticks were asked about.
    window: str = ""
    # The fingerprint of the replay; empty where the capture is not one of the original, or unreadable.
    run: str = ""
    mode: str = ""
    # How many were asked about.
    ticks: int = 0
    # A verdict of diff, or the word for what kept the two from being compared. Where neither came
    # to replace this one, it was this tool that broke down.
    verdict: str = "tool fault"
    # -1 is the state after run set-up; absent when nothing diverged.
    first_bad_tick: int | None = None
    lead: str = ""
    blips: int = 0
    # How many regions of unsampled state differ.
    hidden: int = 0
    # Where the blips and the hidden differences are.
    note: str = ""
    # What the frontier has to say of it.
    frontier: str = ""
    # Whether it stands where the frontier has it.
    blessed: bool = False
    # Its folder within the folder of artifacts; empty when nothing was kept.
    artifacts: str = ""


class Cell(Facts, frozen=True, forbid_unknown_fields=True):
    """Travels as user properties, which xdist forwards and JUnit files show."""

    # Whether the candidate's trace was there already.
    cached: bool = False
    seconds: float = 0.0

    def facts(self) -> Facts:
        return Facts(*(getattr(self, name) for name in Facts.__struct_fields__))

    @property
    def standing(self) -> Standing | None:
        """Where the candidate leaves the run; None when it does not, or when that was not found out."""
        if not self.run or self.first_bad_tick is None or self.verdict not in ("diverged", "ended_early", "refused"):
            return None
        return standing_at(self.capture, self.candidate, self.run, self.verdict, self.first_bad_tick, self.lead)

    @property
    def is_settled(self) -> bool:
        """Whether it was found out how the candidate plays this run."""
        return self.verdict == "equal" or self.standing is not None

    def properties(self) -> list[tuple[str, str]]:
        return [
            (f"{_PREFIX}{name}", str(value))
            for name, value in msgspec.structs.asdict(self).items()
            if value is not None
        ]


def cell_of(report: pytest.TestReport) -> Cell | None:
    """The cell that a report carries, if it is one of a parity item.

    xdist makes the report of an item whose worker died, without what the item would have told.
    """
    capture, _, name = report.nodeid.rpartition("::")
    if report.when not in ("setup", "call", "teardown"):
        if (window := parse_item_name(name)) is not None:
            candidate, (first, last) = window
            return Cell(capture, candidate, window=f"{first}:{last}", verdict="crashed")
        if name.startswith(ITEM_PREFIX):
            return Cell(capture, name.removeprefix(ITEM_PREFIX), verdict="crashed")
    facts = {name.removeprefix(_PREFIX): value for name, value in report.user_properties if name.startswith(_PREFIX)}
    return msgspec.convert(facts, Cell, strict=False) if facts else None
