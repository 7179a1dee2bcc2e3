"""Windows of ticks around what is known to diverge: remembered from the last run, or asked for by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest
from capture_kit import SIZES, Captures, diverge, window_id

from crimson.dbg.locks import locked_now
from pytest_crimson_parity import memory
from pytest_crimson_parity.known import Known
from pytest_crimson_parity.standings import Standing
from pytest_crimson_parity.windows import Window

MEMORY = ".pytest_cache/d/crimson-parity/standings.json"


def listed(captures: Captures, *given: str) -> list[str]:
    """The windows that a run would have."""
    return [line for line in captures.run("--co", "-q", *given).outlines if "::tick_window-" in line]


@pytest.mark.parametrize(
    ("tick", "windows"),
    [
        (852, [(840, 863)]),
        (5, [(0, 16)]),
        ("set-up", [(0, 10)]),
        (990, [(978, 999)]),
        (999, [(987, 999)]),
        # the original has no such tick
        (1000, []),
    ],
)
def test_a_window_is_clamped_at_the_ends_of_the_run(tick: int | Literal["set-up"], windows: list[Window]) -> None:
    standing = Standing("a.cdt", "python", "ab", tick, "diverged", "")
    known = Known(remembered=(standing,), frontier=(standing,))
    assert known.windows("a.cdt", "python", "ab", 1000) == windows
    assert known.windows("a.cdt", "python", "of another run", 1000) == []
    assert known.windows("a.cdt", "zig", "ab", 1000) == []


def test_a_refused_recording_has_no_window() -> None:
    # it left no trace to show ticks of
    refused = Standing("a.cdt", "python", "ab", 852, "refused", "")
    assert Known(remembered=(refused,), frontier=(refused,)).windows("a.cdt", "python", "ab", 1000) == []


def test_of_runs_that_end_at_the_same_time_one_waits_to_remember(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []

    def read(_config: pytest.Config) -> tuple[Standing, ...]:
        with locked_now((pytester.path / MEMORY).parent) as free:
            held.append(not free)
        return ()

    monkeypatch.setattr(memory, "read_memory", read)
    memory.write_memory(pytester.parseconfigure(), [])
    assert held == [True]


def test_the_last_runs_divergence_is_a_window_of_the_next(captures: Captures) -> None:
    diverge(captures, "rush", range(70, 140))
    captures.run().assert_outcomes(passed=8, failed=1)
    result = captures.run("-k", "tick_window", "-v")
    result.assert_outcomes(failed=1, deselected=9)
    result.stdout.fnmatch_lines(
        [
            f"{window_id('rush', 58, 81)} FAILED*",
            "*_ rush tick_window-python-58-81 _*",
            "diverged at tick 70, lead: checkpoint.kills (summary)",
            "captures/rush.cdt *rush *24 *python 58:81 *70 *checkpoint.kills (summary) *",
            "tick windows: 1 diverged, 0 equal, 0 errors",
        ]
    )
    # by marker, beside its mode's and its candidate's
    assert listed(captures, "-m", "tick_window and rush and python") == [window_id("rush", 58, 81)]
    # a window says nothing of the rest of the run, so it changes nothing
    assert listed(captures) == [window_id("rush", 58, 81)]
    again = captures.run()
    again.assert_outcomes(passed=8, failed=2)
    again.stdout.fnmatch_lines(["1 diverged, 2 equal, 0 errors", "tick windows: 1 diverged, 0 equal, 0 errors"])


def test_a_divergence_that_is_gone_is_no_window_any_more(captures: Captures) -> None:
    captures.copy("rush", "kept")
    diverge(captures, "rush", range(70, 140))
    captures.run("-m", "parity")
    assert listed(captures) == [window_id("rush", 58, 81)]
    captures.copy("kept", "rush")
    captures.run("-k", "tick_window").assert_outcomes(passed=1, deselected=12)
    captures.run("-k", "survival")
    assert listed(captures) == [window_id("rush", 58, 81)]
    captures.run("-k", "rush and parity")
    assert listed(captures) == []


def test_a_capture_that_is_gone_or_of_another_run_has_no_window(captures: Captures) -> None:
    for name in ("rush", "typo"):
        diverge(captures, name, range(70, SIZES[name]))
    captures.run("-m", "parity")
    assert listed(captures) == [window_id("rush", 58, 81), window_id("typo", 58, 81)]
    captures.copy("survival", "rush")
    (captures / "typo.cdt").unlink()
    assert listed(captures) == []
    captures.run("-k", "health")
    assert [entry["capture"] for entry in json.loads(Path(MEMORY).read_text())] == ["captures/rush.cdt"]


def test_set_up_has_the_first_ticks_as_its_window(captures: Captures) -> None:
    diverge(captures, "rush", range(-1, 2))
    captures.run("-m", "parity")
    result = captures.run("-k", "tick_window")
    result.assert_outcomes(failed=1, deselected=9)
    result.stdout.fnmatch_lines(["diverged at run set-up, lead: *", "*python 0:10 *set-up *"])


def test_an_item_without_an_answer_forgets_nothing(captures: Captures) -> None:
    captures.keep("rush")
    diverge(captures, "rush", range(70, 140))
    captures.run("-m", "parity")
    replay = (captures / "rush.crd").rename(captures / "elsewhere")
    captures.run("-m", "parity").assert_outcomes(errors=1, deselected=3)
    replay.rename(captures / "rush.crd")
    assert listed(captures) == [window_id("rush", 58, 81)]


def test_a_window_by_hand_replaces_the_known_ones(captures: Captures) -> None:
    diverge(captures, "rush", range(70, 140))
    captures.run("-m", "parity")
    everywhere = [window_id(name, 60, 79) for name in ("rush", "survival", "typo")]
    assert listed(captures, "--tick-window=60:79") == everywhere
    result = captures.run("--tick-window", "60:79", "-k", "tick_window")
    result.assert_outcomes(passed=2, failed=1, deselected=9)
    captures.run("--tick-window", "60:79", "-k", "rush and not parity").assert_outcomes(
        passed=2, failed=1, deselected=9
    )
    # before the divergence all is well
    captures.run("--tick-window", "0:69", "-k", "tick_window and rush").assert_outcomes(passed=1, deselected=11)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("5000:5010", "the ticks 5000..5010 lie behind the end: it has 140, 0..139"),
        ("130:140", "the ticks 130..140 lie behind the end: it has 140, 0..139"),
    ],
)
def test_a_window_behind_the_end_fails(captures: Captures, given: str, message: str) -> None:
    captures.keep("rush")
    result = captures.run("--tick-window", given, "-k", "tick_window")
    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines([message, "  in *captures/rush.cdt", "*weak evidence*", "tick windows: 0 *, 1 error"])
    assert captures.run("--tick-window", "130:139", "-k", "tick_window").ret == pytest.ExitCode.OK


@pytest.mark.parametrize("given", ["", "5", "9:5", "-1:5", "a:b", "1:2:3"])
def test_what_is_no_window_is_bad_usage(captures: Captures, given: str) -> None:
    result = captures.run(f"--tick-window={given}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --tick-window: *is no window; *"])


def test_an_unreadable_capture_has_its_window_reported_like_its_other_items(captures: Captures) -> None:
    captures.keep("rush")
    (captures / "rush.cdt").write_bytes(b"")
    result = captures.run("--tick-window", "0:5")
    result.assert_outcomes(errors=4)
    result.stdout.fnmatch_lines(["ERROR captures/rush.cdt::tick_window-python-0-5 - unsupported: see *"])


def test_without_the_cacheprovider_nothing_is_remembered(captures: Captures) -> None:
    diverge(captures, "rush", range(70, 140))
    captures.run("-p", "no:cacheprovider").assert_outcomes(passed=8, failed=1)
    assert not Path(".pytest_cache").exists()
    captures.run()
    assert len(listed(captures)) == 1
    assert listed(captures, "-p", "no:cacheprovider") == []


@pytest.mark.parametrize("left", ["", "[{", "[{}]", '{"a": 1}', "\udcff"])
def test_a_damaged_memory_is_an_empty_one(captures: Captures, left: str) -> None:
    captures.keep("rush")
    diverge(captures, "rush", range(70, 140))
    captures.run("-m", "parity")
    Path(MEMORY).write_text(left, errors="surrogateescape")
    assert listed(captures) == []
    captures.run("-m", "parity")
    assert listed(captures) == [window_id("rush", 58, 81)]


def test_cache_clear_forgets(captures: Captures) -> None:
    captures.keep("rush")
    diverge(captures, "rush", range(70, 140))
    captures.run("-m", "parity")
    assert listed(captures, "--cache-clear") == []


def test_workers_collect_what_the_controller_knows(captures: Captures) -> None:
    diverge(captures, "rush", range(70, 140))
    captures.run().assert_outcomes(passed=8, failed=1)
    result = captures.run_apart("-n2", "-v", "-k", "rush or typo")
    result.assert_outcomes(passed=5, failed=2)
    result.stdout.fnmatch_lines([f"*FAILED {window_id('rush', 58, 81)}*"])


def test_a_window_is_judged_by_the_frontier_where_it_holds_the_blessed_tick(captures: Captures) -> None:
    captures.keep("rush")
    captures.copy("rush", "../whole")
    diverge(captures, "rush", range(70, 140))
    captures.run("--snapshot-update", "-m", "parity").assert_outcomes(xfailed=1, deselected=2)
    behind = captures.run("-m", "tick_window", "--tick-window=90:99")
    behind.assert_outcomes(failed=1, deselected=3)
    behind.stdout.fnmatch_lines(["diverged at tick 90, *"])
    behind.stdout.no_fnmatch_line("*frontier advanced*")
    captures.run("-m", "tick_window", "--tick-window=60:69").assert_outcomes(passed=1, deselected=3)
    captures.run("-m", "tick_window", "--tick-window=70:79").assert_outcomes(xfailed=1, deselected=3)
    # earlier than its window: that is of the run which is blessed with it
    captures.copy("../whole", "rush")
    diverge(captures, "rush", range(30, 140))
    captures.run("--snapshot-update").assert_outcomes(passed=2, xfailed=2)
