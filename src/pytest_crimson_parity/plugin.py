"""Entry point of the plugin: options now, everything else only with `--parity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("crimson parity")
    group.addoption(
        "--parity", nargs="?", const="python", default=None, help="collect captures as parity items"
    )
