"""The candidate `python`: the `crimsonland` package of this environment."""

from __future__ import annotations

import sys

from pytest_crimson_parity.libm import math_identity
from pytest_crimson_parity.recorder_process import RecorderProcess
from pytest_crimson_parity.recording import Extent, Order


class PythonCandidate:
    """Records in a process of its own, which takes at most `limit` seconds for one recording."""

    name = "python"

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._recorder: RecorderProcess | None = None

    def identity(self) -> str:
        from crimson.replay.types import current_platform

        from crimson.dbg.builds import build_identity

        # PYTHONOPTIMIZE takes assertions out of the runtime, and with them what it refuses.
        return f"{build_identity()} {current_platform()} {sys.version} {sys.flags.optimize} {math_identity()}"

    def record(self, order: Order) -> Extent:
        from crimson.dbg.builds import build_identity

        if self._recorder is None:
            self._recorder = RecorderProcess(build_identity(), math_identity(), self._limit)
        return self._recorder.record(order)

    def close(self) -> None:
        if self._recorder is not None:
            self._recorder.close()
