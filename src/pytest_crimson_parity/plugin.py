"""Entry point of the plugin: options now, everything else only with `--parity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_CANDIDATES = "python"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("crimson parity")
    group.addoption(
        "--parity",
        nargs="?",
        const=DEFAULT_CANDIDATES,
        default=None,
        metavar="CANDIDATES",
        help="collect captures as parity items; choose candidates with =python,zig",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Iterator[None]:
    # argparse would read `--parity captures/` as --parity=captures/. pytest parses `args`
    # for good right after this hook, so a bare --parity gets its value here.
    for index, arg in enumerate(args):
        if arg == "--":
            break
        if arg == "--parity":
            args[index] = f"--parity={DEFAULT_CANDIDATES}"
    # the conftest of that folder is loaded by what was parsed before
    parser.parse_known_args(args, namespace=early_config.known_args_namespace)
    return (yield)
