"""The draws of run set-up, which happen before a driver's generator can be given a sink."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import crimson.sim.gameplay_state as gameplay_state
from crimson.replay.driver.playback_driver import RngTraceDraw
from grim.rand import Crand


@contextmanager
def tracing_setup() -> Generator[list[RngTraceDraw]]:
    """Collect the draws of generators that the runtime makes meanwhile; afterwards they are traced no longer.

    The runtime makes its generator through a module global, which is replaced for the time being.
    """
    draws: list[RngTraceDraw] = []
    made: list[Crand] = []

    class TracedRand(Crand):
        def __init__(self, seed: int) -> None:
            super().__init__(seed)
            self.set_trace_sink(lambda before, after, value, caller: draws.append((before, value, after, caller)))
            made.append(self)

    original = gameplay_state.Crand
    gameplay_state.Crand = TracedRand  # ty: ignore[invalid-assignment]
    try:
        yield draws
    finally:
        gameplay_state.Crand = original
        for rng in made:
            rng.set_trace_sink(None)
