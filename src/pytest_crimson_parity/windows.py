"""Tick windows: the ticks around a divergence, asked for again by themselves."""

from __future__ import annotations

import re

import pytest

ITEM_PREFIX = "tick_window-"

# First and last tick, inclusive.
type Window = tuple[int, int]


def parse_window(given: str) -> Window:
    """The window of `--tick-window A:B`."""
    found = re.fullmatch(r"([0-9]{1,12}):([0-9]{1,12})", given)
    if found is None:
        raise pytest.UsageError(f"--tick-window: {given!r} is no window; write it as FIRST:LAST, such as 840:863")
    first, last = int(found[1]), int(found[2])
    if first > last:
        raise pytest.UsageError(f"--tick-window: {given} is no window; its first tick comes after its last")
    return first, last


def item_name(candidate: str, window: Window) -> str:
    """The name of a window's item. No brackets: with pytest 9.2, --lf does not find items that have them."""
    return f"{ITEM_PREFIX}{candidate}-{window[0]}-{window[1]}"


def parse_item_name(name: str) -> tuple[str, Window] | None:
    """The candidate and window of an item's name, when it is a window's."""
    found = re.fullmatch(rf"{ITEM_PREFIX}(.+)-([0-9]+)-([0-9]+)", name)
    return None if found is None else (found[1], (int(found[2]), int(found[3])))
