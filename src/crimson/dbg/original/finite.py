"""Floats of the original's memory must be finite: no trace can hold another one."""

from __future__ import annotations

import math

from crimson.dbg.errors import CaptureProblem


def require_finite(where: str, name: str, value: float) -> None:
    """Raise `CaptureProblem` that names a float which is NaN or infinite."""
    if not math.isfinite(value):
        raise CaptureProblem(where, f"{name} is {value}, expected a finite f32")
