"""Folders of data that lie outside of `src` in a checkout, and inside of the package in a wheel.

They are no packages: `scripts/frida` with an `__init__.py` would be found in place of Frida itself, as `scripts` is on
the path of tests. So an editable install does not know them by name, and this does.
"""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal

type ShippedFolder = Literal["frida_agent", "standin_source", "zig_source"]

# As in pyproject.toml, from src/crimson/dbg.
_IN_CHECKOUT: dict[ShippedFolder, str] = {
    "frida_agent": "../../../scripts/frida",
    "standin_source": "../../../tools/standin",
    "zig_source": "../../../crimson-zig/src",
}


def shipped_folder(name: ShippedFolder) -> Traversable:
    """The folder that a wheel has as `crimson.dbg.NAME`."""
    package = resources.files("crimson.dbg")
    in_wheel = package / name
    return in_wheel if in_wheel.is_dir() else package / _IN_CHECKOUT[name]
