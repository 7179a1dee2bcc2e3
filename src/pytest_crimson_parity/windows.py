"""The items of tick windows: the ticks around a divergence, asked for again by themselves."""

from __future__ import annotations

import re

from crimson.dbg.windows import Window

ITEM_PREFIX = "tick_window-"


def item_name(candidate: str, window: Window) -> str:
    """The name of a window's item. No brackets: with pytest 9.2, --lf does not find items that have them."""
    return f"{ITEM_PREFIX}{candidate}-{window[0]}-{window[1]}"


def parse_item_name(name: str) -> tuple[str, Window] | None:
    """The candidate and window of an item's name, when it is a window's."""
    found = re.fullmatch(rf"{ITEM_PREFIX}(.+)-([0-9]+)-([0-9]+)", name)
    return None if found is None else (found[1], (int(found[2]), int(found[3])))
