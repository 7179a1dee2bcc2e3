"""The plugin under xdist: captures stay together, the longest come first, and the outcomes are the same."""

from __future__ import annotations

import re

import pytest
from capture_kit import KINDS, SIZES, Captures, change_trace, column, ids, outcomes
from synthetic import changing

_LINE = re.compile(r"\[(gw\d+)\].*? (?:PASSED|FAILED|ERROR) (\S+)")


def workers(result: pytest.RunResult) -> dict[str, list[str]]:
    """The items that each worker reported, in its order."""
    found: dict[str, list[str]] = {}
    for line in result.outlines:
        if match := _LINE.match(line):
            found.setdefault(match[1], []).append(match[2])
    return found


@pytest.fixture
def mixed(captures: Captures) -> Captures:
    """Captures that pass, diverge and cannot be read."""
    captures.copy("rush", "other")
    change_trace(captures / "other.cdt", changing(*column("checkpoint", "kills"), range(70, 140)))
    captures.copy("typo", "torn").write_bytes(b"")
    return captures


def test_captures_stay_together_with_the_same_outcomes(mixed: Captures) -> None:
    serial = mixed.run_apart("-v")
    spread = mixed.run_apart("-v", "-n2", "--cache-clear")
    assert outcomes(spread) == outcomes(serial)
    assert len(outcomes(serial)) == 15
    spread.assert_outcomes(passed=11, failed=1, errors=3)
    by_worker = workers(spread)
    assert len(by_worker) == 2
    for name in (*SIZES, "other", "torn"):
        places = {worker for worker, items in by_worker.items() for item in items if f"/{name}.cdt" in item}
        assert len(places) == 1, name
    # the same table, written once and in the same order
    table = [line.split("  ")[0] for line in serial.outlines if line.startswith("captures/") and "python" in line]
    assert len([line for line in table if ".cdt::" not in line]) == 5
    for line in (
        "*other.cdt *70 *checkpoint.kills (summary) *",
        "*torn.cdt *unsupported *",
        "1 diverged, 3 equal, 1 error",
    ):
        serial.stdout.fnmatch_lines([line])
        spread.stdout.fnmatch_lines([line])


def test_the_longest_capture_comes_first_and_its_recording_before_the_rest(captures: Captures) -> None:
    result = captures.run_apart("-v", "-n1")
    (order,) = workers(result).values()
    by_length = sorted(SIZES, key=lambda name: -SIZES[name])
    assert order == [ids(name)[KINDS.index(kind)] for name in by_length for kind in ("parity-python", *KINDS[:2])]


def test_another_distribution_that_is_asked_for_is_used(captures: Captures) -> None:
    result = captures.run_apart("-v", "-n1", "--dist=loadfile", "-k", "health")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["scheduling tests via LoadFileScheduling"])


def test_without_xdist(captures: Captures) -> None:
    captures.run_apart("-p", "no:xdist", "-k", "rush").assert_outcomes(passed=3, deselected=6)


def test_workers_find_a_cache_named_relative_to_where_pytest_was_started(captures: Captures) -> None:
    captures.keep("rush")
    result = captures.run_apart("-n1", "--parity-cache=here")
    result.assert_outcomes(passed=3)
    assert len(list(captures.pytester.path.glob("here/traces/*.cdt"))) == 1


DYING = """
import os
from pytest_crimson_parity.python_candidate import PythonCandidate

class Dying(PythonCandidate):
    name = "dying"

    def record(self, order):
        if order.replay.stem == "rush":
            os._exit(9)
        return super().record(order)

def pytest_crimson_parity_candidates(config):
    return [Dying(60)]
"""


def test_a_crash_costs_one_item(captures: Captures) -> None:
    captures.cache = captures.pytester.path / "own-cache"
    captures.pytester.makeconftest(DYING)
    # syrupy warns of workers that did not report to it
    result = captures.run_apart("--parity=dying", "-n2", "-Wdefault")
    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines(
        [
            "worker 'gw*' crashed while running 'captures/rush.cdt::parity-dying'",
            "captures/rush.cdt *dying *crashed *",
            "0 diverged, 2 equal, 1 error",
        ]
    )
