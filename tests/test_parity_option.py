"""`--parity` takes candidates after `=` only: a path that follows it stays a path."""

import re

import pytest


@pytest.mark.parametrize(
    ("given", "candidates"),
    [
        (["--parity", "here"], "python,zig"),
        (["here", "--parity"], "python,zig"),
        (["--parity=python", "here"], "python"),
        (["-n0", "--parity", "here", "-q"], "python,zig"),
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


def test_the_other_options_mean_nothing_without_it(pytester: pytest.Pytester) -> None:
    said = pytester.runpytest_inprocess("--help").stdout.str()
    (group,) = re.findall(r"^crimson parity:\n((?:  .*\n)+)", said, re.MULTILINE)
    options = re.findall(r"^  (--[\w-]+)(=)?", group, re.MULTILINE)
    assert len(options) == 8
    for name, value in options[1:]:
        given = f"{name}=3" if value else name
        result = pytester.runpytest_inprocess(given)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: {name}: only with --parity"])


def test_the_ini_file_may_hold_them_for_runs_with_it(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\naddopts = --parity-strict\nparity_timeout = 3\n")
    assert pytester.runpytest_inprocess().ret == pytest.ExitCode.NO_TESTS_COLLECTED
