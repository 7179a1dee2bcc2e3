"""The step that the agent pins: what 1/60 s becomes once the game has scaled it.

The game scales the frame's step before the gameplay update sees it: to nine tenths under Reflex Boosted (not in Typ-o,
and only while the run goes on), then by Reflex Boost. Every operation rounds to f32, as the original's do.
"""

from __future__ import annotations

import numpy as np

from crimson.dbg.original.run_reader import TYPO
from crimson.dbg.schema import REPLAY_STEP

_F32 = np.float32


def time_scale_factor(mode: int, *, active: bool, reflex_boost_timer: float) -> float:
    """By what Reflex Boost scales a step. Typ-o has always the same factor, used or not."""
    if mode == TYPO:
        return float(_F32(0.3))
    if not active:
        return 1.0
    timer = _F32(reflex_boost_timer)
    if timer >= _F32(1.0):
        return float(_F32(0.3))
    return float((_F32(1.0) - timer) * _F32(0.7) + _F32(0.3))


def possible_steps(mode: int, *, active: bool, factor: float) -> tuple[float, ...]:
    """The steps that a tick can have, without and with Reflex Boosted, in seconds."""
    steps = [_F32(REPLAY_STEP)] if mode == TYPO else [_F32(REPLAY_STEP), _F32(REPLAY_STEP) * _F32(0.9)]
    return tuple(float(step * _F32(factor)) if active else float(step) for step in steps)


def milliseconds(step: float) -> int:
    """A step in whole milliseconds: the product rounded to f32, then cut."""
    return int(_F32(step) * _F32(1000.0))
