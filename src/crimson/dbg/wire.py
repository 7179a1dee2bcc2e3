"""How one schema field is stored: its width and what predicts it from the rows before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

WireType = Literal["u1", "u2", "u4", "u8", "i4", "f4", "b1", "text"]
Predictor = Literal["difference", "travel", "rng_before", "rng_after", "rng_value"]

WIDTHS: dict[WireType, int] = {"u1": 1, "u2": 2, "u4": 4, "u8": 8, "i4": 4, "f4": 4, "b1": 1, "text": 4}


@dataclass(frozen=True, slots=True)
class Column:
    """A field's storage. `order` is how often differences are taken; `along` names a travel's velocity column."""

    wire: WireType
    order: int = 1
    predictor: Predictor = "difference"
    along: str = ""
    key: bool = False

    @property
    def width(self) -> int:
        return WIDTHS[self.wire]
