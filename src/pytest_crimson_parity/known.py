"""What is known of captures before they run. All processes of a run know the same, whatever the files say by then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from pytest_crimson_parity.standings import Standing
from pytest_crimson_parity.windows import Window, window_around


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Read by the controller, and sent to its workers."""

    # Where candidates stood when they ran last.
    remembered: tuple[Standing, ...] = ()

    def windows(self, capture: str, candidate: str, run: str, ticks: int) -> Sequence[Window]:
        """The windows around what is known of one capture and candidate, in order, each once."""
        standings = (found for found in self._standings() if found.key == (capture, candidate) and found.run == run)
        windows = (window_around(found.first_bad_tick, ticks) for found in standings)
        return sorted({window for window in windows if window is not None})

    def _standings(self) -> Iterable[Standing]:
        return self.remembered


def encode_known(known: Known) -> str:
    return msgspec.json.encode(known).decode()


def decode_known(text: str) -> Known:
    return msgspec.json.decode(text, type=Known)
