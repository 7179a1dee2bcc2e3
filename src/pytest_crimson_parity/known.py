"""What is known of captures before they run. All processes of a run know the same, whatever the files say by then."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crimson.dbg.windows import Window, window_around
from pytest_crimson_parity.standings import Standing


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Read by the controller, and sent to its workers."""

    # Where candidates stood when they ran last.
    remembered: tuple[Standing, ...] = ()
    # Where they were blessed.
    frontier: tuple[Standing, ...] = ()

    def windows(self, capture: str, candidate: str, run: str, ticks: int) -> Sequence[Window]:
        """The windows around what is known of one capture and candidate, in order, each once."""
        sought = capture, candidate, run
        standings = (known for known in (*self.remembered, *self.frontier) if (*known.key, known.run) == sought)
        # Before a refusal all ticks are equal, and it left no trace of those behind.
        bad = (standing.first_bad_tick for standing in standings if standing.verdict != "refused")
        # An original that ended early has nothing to show there.
        return sorted({window_around(tick, ticks) for tick in bad if tick < ticks})


def encode_known(known: Known) -> str:
    return msgspec.json.encode(known).decode()


def decode_known(text: str) -> Known:
    return msgspec.json.decode(text, type=Known)
