"""pytest's own options do with captures what they do with tests."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from capture_kit import Captures, diverge, ids, window_id

HEADLINE = "diverged at tick 70, lead: checkpoint.kills (summary)"
WINDOW = window_id("rush", 58, 81)


@pytest.fixture
def diverged(captures: Captures) -> Captures:
    """Captures of which rush diverges, which pytest does not know yet."""
    diverge(captures, "rush", range(70, 140))
    return captures


def ran(result: pytest.RunResult) -> list[str]:
    """The items of a -v run, in order."""
    return [line.split()[0] for line in result.outlines if ".cdt::" in line and line.endswith("%]")]


def test_last_failed_runs_what_failed_and_nothing_new(diverged: Captures) -> None:
    diverged.run()
    result = diverged.run("--lf", "-v")
    # the window is new, and did not fail
    assert ran(result) == [ids("rush")[2]]
    result.stdout.fnmatch_lines(["run-last-failure: rerun previous 1 failure*"])
    diverged.run()
    assert ran(diverged.run("--lf", "-v")) == [ids("rush")[2], WINDOW]


def test_last_failed_forgets_what_is_blessed(diverged: Captures) -> None:
    diverged.run()
    diverged.run("--snapshot-update")
    result = diverged.run("--lf", "-v")
    assert len(ran(result)) == 10
    result.stdout.fnmatch_lines(["run-last-failure: no previously failed tests, not deselecting items."])


def test_failed_first_and_new_first(diverged: Captures) -> None:
    diverged.run("-m", "not parity and not tick_window")
    for age, name in enumerate(("survival", "rush", "typo"), start=1):
        os.utime(diverged / f"{name}.cdt", (9 - age, 9 - age))
    new = ran(diverged.run("--nf", "-v", "-m", "not verify"))
    assert new[:3] == [ids(name)[2] for name in ("survival", "rush", "typo")]
    assert ran(diverged.run("--ff", "-v"))[0] == ids("rush")[2]


def test_stepwise_goes_on_where_it_stopped(diverged: Captures) -> None:
    assert ran(diverged.run("--sw", "-v")) == ids("rush")
    result = diverged.run("--sw", "-v")
    # the window of that failure is no item here: with more items than before, pytest would start anew
    assert ran(result) == [ids("rush")[2]]
    result.stdout.fnmatch_lines(["stepwise: skipping 2 already passed items*"])
    diverged.run("-m", "parity", "--snapshot-update")
    diverged.run("--sw").assert_outcomes(passed=8, xfailed=2)


@pytest.mark.parametrize("how", ["-x", "--maxfail=1", "--exitfirst"])
def test_a_run_stops_at_its_first_failure(diverged: Captures, how: str) -> None:
    result = diverged.run("-v", how)
    assert ran(result) == ids("rush")
    result.stdout.fnmatch_lines(["*captures/rush.cdt *70 *", "*! stopping after 1 failures !*"])
    # what is blessed is no failure to stop at
    diverged.run("--snapshot-update")
    diverged.run(how).assert_outcomes(passed=8, xfailed=2)


def test_collecting_lists_windows_by_ids_that_run(diverged: Captures) -> None:
    diverged.run("-m", "parity")
    quiet = [line for line in diverged.run("--co", "-q").outlines if "::" in line]
    assert quiet == [*ids("rush"), WINDOW, *ids("survival"), *ids("typo")]
    tree = diverged.run("--co")
    tree.stdout.fnmatch_lines(["*<CaptureFile rush.cdt>", "*<ParityItem parity-python>", "*<WindowItem tick_window-*>"])
    for name in quiet[2:4]:
        result = diverged.pytester.runpytest_inprocess(
            "--parity=python", name, f"--parity-cache={diverged.cache}", "-v"
        )
        assert ran(result) == [name]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["--tb=no"], []),
        (["--tb=line"], [HEADLINE]),
        (["--tb=short"], ["*_ rush parity-python _*", HEADLINE, "what differs at tick 70"]),
        (["--tb=native"], ["*_ rush parity-python _*", HEADLINE, "what differs at tick 70"]),
        (["-q"], ["*_ rush parity-python _*", HEADLINE]),
    ],
)
def test_how_much_of_a_failure_is_shown(diverged: Captures, given: list[str], shown: list[str]) -> None:
    result = diverged.run("-k", "rush", *given)
    result.stdout.fnmatch_lines(
        [*shown, "captures/rush.cdt *70 *", f"FAILED {ids('rush')[2]} - diverged at tick 70, lead: *"]
    )
    if given == ["--tb=no"]:
        result.stdout.no_fnmatch_line("what differs*")
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_summary_of_all_outcomes(diverged: Captures) -> None:
    diverged.run("-k", "rush", "--snapshot-update")
    (diverged / "typo.crd").unlink()
    result = diverged.run("-rA", "-m", "parity")
    result.stdout.fnmatch_lines_random(
        [
            f"PASSED {ids('survival')[2]}",
            f"XFAIL {ids('rush')[2]} - frontier: {HEADLINE}",
            f"ERROR {ids('typo')[2]} - cannot be read: *",
        ]
    )


def test_verbose_lines_have_the_reason(diverged: Captures) -> None:
    diverged.run("-k", "rush", "--snapshot-update")
    result = diverged.run("-v", "-k", "rush")
    result.stdout.fnmatch_lines([f"{ids('rush')[2]} XFAIL (frontier: diverged*", f"{WINDOW} XFAIL*"])


def test_xfail_tracebacks_are_the_report(diverged: Captures) -> None:
    result = diverged.run("-k", "rush", "--snapshot-update", "--xfail-tb", "-rx")
    result.stdout.fnmatch_lines(["*= XFAILURES =*", HEADLINE, "artifacts *"])


def test_durations_are_those_of_the_comparisons(diverged: Captures) -> None:
    result = diverged.run("--durations=3", "--durations-min=0", "-m", "parity")
    result.stdout.fnmatch_lines(["*slowest 3 durations*", f"*s setup * {ids('rush')[2]}"])


def test_without_pytests_cache_everything_else_works(diverged: Captures) -> None:
    result = diverged.run("-p", "no:cacheprovider", "--snapshot-update")
    result.assert_outcomes(passed=8, xfailed=1)
    diverged.run("-p", "no:cacheprovider").assert_outcomes(passed=8, xfailed=2)
    assert not Path(".pytest_cache").exists()


def test_without_a_terminal_the_files_are_written(diverged: Captures) -> None:
    diverged.run("-p", "no:terminal", "--snapshot-update")
    assert "rush.cdt" in Path("parity-frontier.json").read_text()
    assert Path(".crimson-parity/artifacts/index.json").is_file()


@pytest.mark.parametrize("apart", [[], ["-n2"]], ids=["serial", "xdist"])
def test_junit_has_the_facts_of_windows_and_of_the_frontier(diverged: Captures, apart: list[str]) -> None:
    diverged.run("-k", "rush", "--snapshot-update")
    given = ["--junitxml=out.xml", "-o", "junit_logging=all", "-k", "rush", *apart]
    (diverged.run_apart if apart else diverged.run)(*given)
    root = ET.parse("out.xml").getroot()
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert sorted(map(str, cases)) == ["health", "parity-python", "tick_window-python-58-81", "verify"]
    facts = {
        name: {item.get("name"): item.get("value") for item in case.iter("property")} for name, case in cases.items()
    }
    assert facts["health"] == facts["verify"] == {}
    parity, window = facts["parity-python"], facts["tick_window-python-58-81"]
    assert (parity["parity_ticks"], parity["parity_window"]) == ("140", "")
    assert (window["parity_ticks"], window["parity_window"]) == ("24", "58:81")
    for found in (parity, window):
        assert found["parity_blessed"] == "True"
        assert found["parity_frontier"] == f"frontier: {HEADLINE}"
        assert found["parity_first_bad_tick"] == "70"
    assert parity["parity_artifacts"] == "captures/rush.cdt/python"
    skipped = cases["parity-python"].find("skipped")
    assert skipped is not None
    assert skipped.get("type") == "pytest.xfail"
    assert skipped.get("message") == f"frontier: {HEADLINE}"
    # reports are in failures; output would repeat them
    outputs = [node.text or "" for tag in ("system-out", "system-err") for node in root.iter(tag)]
    assert not any("tick" in text for text in outputs)


def test_report_log_lines_parse_back(diverged: Captures) -> None:
    diverged.run("-m", "parity", "--report-log=log.jsonl")
    lines = [json.loads(line) for line in Path("log.jsonl").read_text().splitlines()]
    reports = [line for line in lines if line["$report_type"] == "TestReport" and line["when"] == "call"]
    by_id = {line["nodeid"]: line for line in reports}
    assert sorted(by_id) == [ids(name)[2] for name in ("rush", "survival", "typo")]
    failed = by_id[ids("rush")[2]]
    assert (failed["outcome"], dict(failed["user_properties"])["parity_verdict"]) == ("failed", "diverged")
    assert failed["longrepr"].startswith(f"{HEADLINE}\n")


def test_a_dot_in_a_name_is_no_module(diverged: Captures) -> None:
    diverged.copy("rush", "rush.v1.2")
    result = diverged.run_apart("-v", "-n1", "-k", "v1 and parity")
    result.stdout.fnmatch_lines(["*FAILED captures/rush.v1.2.cdt::parity-python*", "*_ rush_v1_2 parity-python _*"])


@pytest.mark.parametrize(("which", "counts"), [("rush", "0 diverged, 2 equal, 0 errors, 1 skipped"), ("parity", "")])
def test_markers_of_a_conftest_skip_and_skipping_all_is_no_pass(captures: Captures, which: str, counts: str) -> None:
    captures.pytester.makeconftest(
        f"""
        import pytest
        def pytest_collection_modifyitems(items):
            for item in items:
                if "{which}" in item.nodeid:
                    item.add_marker(pytest.mark.skip(reason="too long"))
        """
    )
    result = captures.run("-rs", "-m", "parity")
    if counts:
        result.assert_outcomes(passed=2, skipped=1, deselected=6)
        assert result.ret == pytest.ExitCode.OK
        result.stdout.fnmatch_lines(["captures/rush.cdt *skipped *", counts, "SKIPPED * captures/rush.cdt: too long"])
    else:
        result.assert_outcomes(skipped=3, deselected=6)
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.stdout.fnmatch_lines(["ERROR: nothing was compared: every comparison was skipped"])
