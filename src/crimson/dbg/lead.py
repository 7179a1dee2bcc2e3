"""What explains the rest of a divergence: the cause before the symptom."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crimson.dbg.pairing import HIDDEN_CHANNEL, PRESENCE_CHANNEL
from crimson.dbg.report import FieldDifference, Lead, LeadKind

_KINDS: dict[str, LeadKind] = {
    PRESENCE_CHANNEL: "end",
    "timing_samples": "timing",
    "rng_stream": "rng",
    "entity_samples": "drift",
    "sim_state": "drift",
    "checkpoint": "summary",
    HIDDEN_CHANNEL: "hidden",
}
_SLOT = re.compile(r"\[[0-9]+\]")


def lead_of(fields: Sequence[FieldDifference]) -> Lead | None:
    """The lead among the differences of the first bad tick; None when there is none."""
    for channel, kind in _KINDS.items():
        field = next((field for field in fields if field.channel == channel), None)
        if field is not None:
            statement = f"{field.path} is {field.actual}, expected {field.expected}"
            return Lead(kind, channel, _SLOT.sub("", field.path), field.path, statement)
    return None
