"""The order of items within an xdist worker, which is the order in which they are handed out."""

from __future__ import annotations

import pytest

from pytest_crimson_parity.comparison_items import ParityItem, WindowItem
from pytest_crimson_parity.items import CaptureItem


def longest_first(items: list[pytest.Item]) -> None:
    """Sort captures by their length, longest first, and in each the recordings first.

    A worker is given its next capture when two items of the last one are left: they should be short ones.
    """
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> tuple[int, str, int]:
    if not isinstance(item, CaptureItem):
        return 1, "", 0
    # A window is cut from the whole recording, once there is one.
    place = 1 if isinstance(item, WindowItem) else 0 if isinstance(item, ParityItem) else 2
    return -item.capture.ticks, str(item.path), place
