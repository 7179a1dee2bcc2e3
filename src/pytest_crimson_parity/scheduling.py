"""Captures over xdist's workers: the items of one stay together, the longest come first."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from pytest_crimson_parity.capture import SUFFIX


class CaptureScheduling(LoadScopeScheduling):
    """A scope is a capture; any other test is one by itself, as with `--dist load`."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        # The workers list the items in the order of `longest_first`; the scheduler would sort by count.
        config.option.loadscopereorder = False

    def remove_node(self, node: WorkerController) -> str | None:
        """Forget a worker; what it had left goes to others, but for the item that it died of."""
        workload = self.assigned_work[node]
        left = ((unit, item) for unit in workload.values() for item, done in unit.items() if not done)
        unit, died_of = next(left, (None, None))
        if unit is not None and died_of is not None:
            # The scheduler below would give it to one worker after the other.
            unit[died_of] = True
        # A unit without items would be handed out as well, and its worker would wait for more.
        self.assigned_work[node] = {scope: unit for scope, unit in workload.items() if not all(unit.values())}
        super().remove_node(node)
        return died_of

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.rpartition("::")[0]
        return path if path.endswith(SUFFIX) else nodeid
