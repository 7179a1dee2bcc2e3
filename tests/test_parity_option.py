"""`--parity` takes candidates after `=` only: a path that follows it stays a path."""

import pytest

from pytest_crimson_parity.options import DEFAULT_CANDIDATES


@pytest.mark.parametrize(
    ("given", "candidates"),
    [
        (["--parity", "here"], DEFAULT_CANDIDATES),
        (["here", "--parity"], DEFAULT_CANDIDATES),
        (["--parity=python", "here"], "python"),
        (["-n0", "--parity", "here", "-q"], DEFAULT_CANDIDATES),
        (["here"], None),
    ],
)
def test_a_path_after_parity(pytester: pytest.Pytester, given: list[str], candidates: str | None) -> None:
    pytester.mkdir("here")
    config = pytester.parseconfig(*given)
    assert config.args == ["here"]
    assert config.getoption("parity") == candidates


def test_the_folders_conftest_is_loaded_early(pytester: pytest.Pytester) -> None:
    # an option that the conftest of that folder adds is known
    pytester.mkdir("here").joinpath("conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--mine', action='store_true')\n"
    )
    config = pytester.parseconfig("--parity", "here", "--mine")
    assert config.args == ["here"]
    assert config.getoption("mine")
