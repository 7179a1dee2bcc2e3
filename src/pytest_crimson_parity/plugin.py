"""Entry point of the plugin: options now, everything else only with `--parity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_crimson_parity import hooks, options

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hooks)


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
            args[index] = f"--parity={options.DEFAULT_CANDIDATES}"
    # the conftest of that folder is loaded by what was parsed before
    parser.parse_known_args(args, namespace=early_config.known_args_namespace)
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("parity") is None:
        options.require_no_options(config)
        return
    from pytest_crimson_parity.session import ParitySession

    config.pluginmanager.register(ParitySession(config), "crimson_parity_session")
