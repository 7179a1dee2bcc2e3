"""The order of items within an xdist worker, which is the order in which they are handed out."""

from __future__ import annotations

import pytest

from pytest_crimson_parity.items import CaptureItem, ParityItem


def longest_first(items: list[pytest.Item]) -> None:
    """Sort captures by their length, longest first, and in each the recordings first.

    A worker is given its next capture when two items of the last one are left: they should be short ones.
    """
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> tuple[int, str, bool]:
    if not isinstance(item, CaptureItem):
        return 1, "", False
    return -item.capture.ticks, str(item.path), not isinstance(item, ParityItem)
