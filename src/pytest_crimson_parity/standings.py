"""Where a candidate leaves a capture's run: the fact that the frontier keeps and the last run leaves behind."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from crimson.dbg.render import tick_name
from crimson.dbg.schema import SETUP_TICK

type StandingVerdict = Literal["diverged", "ended_early", "refused"]

_SAYS: dict[StandingVerdict, str] = {"diverged": "diverged", "ended_early": "ended early", "refused": "refused"}


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One candidate on one capture, which it does not play to the end as the original did."""

    # The path of the capture, relative to the rootdir.
    capture: str
    candidate: str
    # The fingerprint of the replay: a capture that was made anew is of another run.
    run: str
    tick: Annotated[int, msgspec.Meta(ge=0)] | Literal["set-up"]
    verdict: StandingVerdict
    # The brief form of the lead; empty where there is none.
    lead: str

    @property
    def key(self) -> tuple[str, str]:
        return self.capture, self.candidate

    @property
    def first_bad_tick(self) -> int:
        return SETUP_TICK if self.tick == "set-up" else self.tick

    @property
    def brief(self) -> str:
        """The standing in a few words, without capture and candidate."""
        lead = f", lead: {self.lead}" if self.lead else ""
        return f"{_SAYS[self.verdict]} at {tick_name(self.first_bad_tick)}{lead}"


def standing_at(
    capture: str, candidate: str, run: str, verdict: StandingVerdict, first_bad_tick: int, lead: str
) -> Standing:
    """A standing from a tick number, which is -1 for run set-up."""
    tick = "set-up" if first_bad_tick == SETUP_TICK else first_bad_tick
    return Standing(capture, candidate, run, tick, verdict, lead)
