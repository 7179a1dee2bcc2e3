"""Captures over xdist's workers: the items of one stay together, the longest come first."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from pytest_crimson_parity.capture import SUFFIX


class CaptureScheduling(LoadScopeScheduling):
    """A scope is a capture; any other test is one by itself, as with `--dist load`."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        # The workers list the items in the order of `longest_first`; the scheduler would sort by count.
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.rpartition("::")[0]
        return path if path.endswith(SUFFIX) else nodeid
