"""The candidate `zig`: built once, measured like any other, and honest about the modes that it does not play yet."""

from __future__ import annotations

import json
from unittest import mock

import pytest
from capture_kit import Captures

from crimson.dbg import zig_build
from crimson.dbg.trace import TraceReader

# pytester has a home of its own, in which nothing is built yet.
_CACHE = zig_build.cache_folder().parent


@pytest.fixture(autouse=True)
def _built_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(_CACHE))


def lines_of(captures: Captures) -> list[str]:
    return (captures.pytester.path / "parity-frontier.json").read_text().splitlines()


def test_rush_is_played_like_the_original(captures: Captures) -> None:
    captures.keep("rush")
    result = captures.run("--parity=python,zig", "-m", "parity")
    result.assert_outcomes(passed=2)
    result.stdout.re_match_lines([r"captures/rush.cdt +rush +140 +zig +none .*", "0 diverged, 2 equal, 0 errors"])


def test_a_window_is_recorded_to_its_end(captures: Captures) -> None:
    captures.keep("rush")
    captures.cache = captures.pytester.path / "own-cache"
    captures.run("--parity=zig", "--tick-window", "20:40", "-k", "tick_window").assert_outcomes(passed=1)
    (trace,) = captures.cache.rglob("*.cdt")
    with TraceReader(trace) as reader:
        assert reader.tick_count == 41


def test_a_mode_that_it_does_not_play_is_a_standing_at_tick_0(
    captures: Captures, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = captures.pytester.path / "not-yet"
    program.write_text("#!/bin/sh\necho mode not implemented >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr("crimson.dbg.zig_program.zig_program", lambda: program)
    captures.keep("typo")
    captures.cache = captures.pytester.path / "own-cache"
    result = captures.run("--parity=zig", "-m", "parity")
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([r"captures/typo.cdt +typo +100 +zig +0 \(refused\) +mode not implemented .*"])
    captures.run("--parity=zig", "-m", "parity", "--snapshot-update").assert_outcomes(xfailed=1)
    entry, _ = [json.loads(line.rstrip(",")) for line in lines_of(captures) if line.startswith("{")]
    assert (entry["tick"], entry["verdict"], entry["lead"]) == (0, "refused", "mode not implemented")
    captures.run("--parity=zig", "-m", "parity").assert_outcomes(xfailed=1)


@pytest.fixture
def without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = zig_build.metadata.PackageNotFoundError
    monkeypatch.setattr(
        zig_build, "metadata", mock.Mock(version=mock.Mock(side_effect=absent), PackageNotFoundError=absent)
    )


@pytest.mark.usefixtures("without_compiler")
def test_without_a_compiler_its_items_are_skipped_and_that_is_said_once(captures: Captures) -> None:
    captures.keep("rush", "survival")
    result = captures.run("--parity=zig", "-m", "parity")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines(
        [
            "captures/rush.cdt*zig*not tried*",
            (
                "the candidate zig was not tried: crimson-zig: is compiled by ziglang, which is missing "
                "(pip install 'pytest-crimson-parity[[]zig[]]')"
            ),
            "0 diverged, 0 equal, 0 errors, 2 not tried",
        ]
    )
    assert result.stdout.str().count("was not tried:") == 1


@pytest.mark.usefixtures("without_compiler")
def test_a_required_candidate_is_not_skipped(captures: Captures) -> None:
    captures.keep("rush")
    result = captures.run("--parity=zig", "--parity-require=zig", "-m", "parity")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*is compiled by ziglang, which is missing"])


def test_only_a_candidate_of_the_run_can_be_required(captures: Captures) -> None:
    result = captures.run("--parity-require=zig")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --parity-require: zig is not among --parity=python"])
