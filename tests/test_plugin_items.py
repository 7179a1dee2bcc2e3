"""What the items of a capture say: pass, failure, error, and the summary of them all."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import msgspec
import pytest
from capture_kit import SIZES, Captures, change_trace, column, diverge, ids
from child_faults import plant, plant_at_start
from synthetic import changing

from crimson.dbg.schema import TraceMeta
from crimson.dbg.trace import TraceReader
from crimson.dbg.trace_writer import writing_trace

RNG = "rng_stream"


def test_captures_that_the_candidate_plays_alike_pass(captures: Captures) -> None:
    result = captures.run("-v")
    result.assert_outcomes(passed=9)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "crimson parity: python; candidate traces: *",
            "*= crimson parity =*",
            "capture *mode *ticks *candidate *first divergence *lead *blips *hidden *time",
            "captures/rush.cdt *rush *140 *python *none *-  *0 *0 *s*",
            "captures/survival.cdt *survival *200 *python *none *",
            "captures/typo.cdt *typo *100 *python *none *",
            "0 diverged, 3 equal, 0 errors",
        ],
        consecutive=False,
    )


def test_a_divergence_names_tick_channel_and_field(captures: Captures) -> None:
    diverge(captures, "rush", range(70, 140))
    result = captures.run("-k", "rush and parity")
    result.assert_outcomes(failed=1, deselected=8)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*_ rush parity-python _*",
            "diverged at tick 70, lead: checkpoint.kills (summary)",
            "what differs at tick 70",
            "  summary, last equal at tick 69",
            "*kills*",
            "artifacts  .crimson-parity/artifacts/captures/rush.cdt/python",
            "reproduce  pytest --parity=python --tick-window=58:81 captures/rush.cdt::tick_window-python-58-81",
            "captures/rush.cdt *rush *140 *python *70 *checkpoint.kills (summary) *",
            "1 diverged, 0 equal, 0 errors",
            "FAILED captures/rush.cdt::parity-python - diverged at tick 70, lead: *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*Error*")


@pytest.mark.parametrize("tick", [-1, 0, 139])
def test_the_first_and_the_last_tick_do_not_pass(captures: Captures, tick: int) -> None:
    diverge(captures, "rush", range(tick, 140 if tick == 139 else tick + 3))
    result = captures.run("-k", "rush and parity")
    result.assert_outcomes(failed=1, deselected=8)
    where = "run set-up" if tick == -1 else f"tick {tick}"
    result.stdout.fnmatch_lines([f"diverged at {where}, lead: *"])


def test_a_blip_is_shown_and_fails_only_when_strict(captures: Captures) -> None:
    diverge(captures, "rush", range(70, 72))
    result = captures.run("-k", "rush and parity", "-rP")
    result.assert_outcomes(passed=1, deselected=8)
    result.stdout.fnmatch_lines(
        [
            "*Captured parity setup*",
            "equal over 140 ticks",
            "captures/rush.cdt *none *-  *1  *0 *",
            "captures/rush.cdt python: blip at tick 70..71",
            "0 diverged, 1 equal, 0 errors",
        ]
    )
    strict = captures.run("-k", "rush and parity", "--parity-strict")
    strict.assert_outcomes(failed=1, deselected=8)
    strict.stdout.fnmatch_lines(
        ["diverged at tick 70, lead: checkpoint.kills (summary)*", "1 diverged, 0 equal, 0 errors"]
    )


def test_how_long_a_blip_may_be_is_an_ini_option(captures: Captures) -> None:
    diverge(captures, "rush", range(70, 72))
    captures.pytester.makeini("[pytest]\nparity_sustain = 2")
    captures.run("-k", "rush and parity").assert_outcomes(failed=1, deselected=8)
    captures.pytester.makeini("[pytest]\nparity_sustain = 0")
    result = captures.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *: parity_sustain is 0; *"])


def test_hidden_state_is_shown_and_fails_only_when_strict(captures: Captures) -> None:
    diverge(captures, "rush", range(70, 140), "hidden_state", "creatures")
    result = captures.run("-k", "rush and parity")
    result.assert_outcomes(passed=1, deselected=8)
    result.stdout.fnmatch_lines(
        ["captures/rush.cdt *none *-  *0  *1 *", "captures/rush.cdt python: hidden creatures since tick 70"]
    )
    strict = captures.run("-k", "rush and parity", "--parity-strict")
    strict.assert_outcomes(failed=1, deselected=8)
    strict.stdout.fnmatch_lines(["diverged at tick 70, lead: hidden_state.creatures (hidden)"])


def test_an_original_of_another_length_is_a_failure(captures: Captures) -> None:
    # the replay goes on for longer than the trace that claims to be of it
    path = captures / "rush.cdt"
    with TraceReader(path) as reader, writing_trace(captures / "short", reader.meta) as writer:
        for tick in reader.ticks(-1, 99):
            writer.append(tick)
    (captures / "short").replace(path)
    result = captures.run("-k", "rush and parity")
    result.assert_outcomes(failed=1, deselected=8)
    result.stdout.fnmatch_lines(["ended early: *", "captures/rush.cdt *100 *python *100 (ended early) *"])


def test_health_fails_with_its_checks(captures: Captures) -> None:
    change_trace(captures / "rush.cdt", changing(*column(RNG, "state_after"), [70]))
    result = captures.run("-k", "rush and health")
    result.assert_outcomes(failed=1, deselected=8)
    result.stdout.fnmatch_lines(["*_ rush health _*", "unhealthy: rng steps*", "*FAIL rng steps *"])
    result.stdout.no_fnmatch_line("*Traceback*")
    # no comparison ran, so there is no table
    result.stdout.no_fnmatch_line("*crimson parity =*")


def test_verify_fails_with_its_checks(captures: Captures) -> None:
    (captures / "typo.crd").replace(captures / "rush.crd")
    result = captures.run("-k", "rush and not health")
    result.assert_outcomes(failed=1, errors=1, deselected=7)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of rush parity-python*",
            "holds run *, but rush.cdt is of run *",
            "*_ rush verify _*",
            "contradicted: replay, *",
            "*FAIL replay *",
            "captures/rush.cdt *wrong run *",
            "0 diverged, 0 equal, 1 error",
        ]
    )


def test_a_replay_that_the_candidate_refuses_is_its_failure(captures: Captures) -> None:
    plant(captures.pytester, "if tick == 12:\n    raise ValueError('no such perk')")
    captures.cache = captures.pytester.path / "own-cache"
    result = captures.run("-k", "rush and parity")
    result.assert_outcomes(failed=1, deselected=8)
    result.stdout.fnmatch_lines(
        [
            "the runtime refuses the replay at tick 12: no such perk",
            "captures/rush.cdt *12 (refused) *",
            "1 diverged, *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_fault_of_the_tool_keeps_its_traceback(captures: Captures) -> None:
    plant_at_start(captures.pytester, "from crimson.dbg import record\nrecord.RuntimeSampler.tick = lambda *_: 1 // 0")
    captures.cache = captures.pytester.path / "own-cache"
    result = captures.run("-k", "rush and parity")
    result.assert_outcomes(errors=1, deselected=8)
    result.stdout.fnmatch_lines(
        [
            "the recorder broke down*, at tick 0",
            "*in rng_trace",
            "ZeroDivisionError: *",
            "captures/rush.cdt *tool fault *",
        ]
    )


def test_only_a_candidate_can_equal_an_original(captures: Captures) -> None:
    # a trace that pretends to be of neither kind is not passed over
    def of_no_kind(meta: TraceMeta) -> TraceMeta:
        return msgspec.structs.replace(meta, producer=msgspec.structs.replace(meta.producer, kind="other"))

    change_trace(captures / "rush.cdt", about=of_no_kind)
    result = captures.run("-k", "rush and not health")
    result.assert_outcomes(failed=2, deselected=7)
    result.stdout.fnmatch_lines(["compared a trace of kind 'candidate' with one of kind 'other'"])
    result.stdout.fnmatch_lines(["captures/rush.cdt *weak evidence *"])


def test_metadata_of_another_run_is_a_wrong_run(captures: Captures) -> None:
    def of_another_seed(meta: TraceMeta) -> TraceMeta:
        run = msgspec.structs.replace(meta.source.run, seed=1)
        return msgspec.structs.replace(meta, source=msgspec.structs.replace(meta.source, run=run))

    change_trace(captures / "rush.cdt", about=of_another_seed)
    result = captures.run("-k", "rush and parity")
    result.assert_outcomes(failed=1, deselected=8)
    result.stdout.fnmatch_lines(["not compared: *different runs", "*run.seed*", "captures/rush.cdt *wrong run *"])


def test_junit_files_hold_the_verdicts(captures: Captures) -> None:
    diverge(captures, "rush", range(70, 140))
    captures.run("--junitxml=out.xml")
    cases = ET.parse(captures.pytester.path / "out.xml").getroot().iter("testcase")
    by_id = {f"{case.get('classname')}::{case.get('name')}": case for case in cases}
    assert len(by_id) == 9
    case = by_id["captures.rush.cdt::parity-python"]
    found = {item.get("name"): item.get("value") for item in case.iter("property")}
    assert found["parity_verdict"] == "diverged"
    assert (found["parity_first_bad_tick"], found["parity_lead"]) == ("70", "checkpoint.kills (summary)")
    assert (found["parity_mode"], found["parity_ticks"]) == ("rush", str(SIZES["rush"]))
    failure = case.find("failure")
    assert failure is not None
    assert "checkpoint.kills" in (failure.text or "")


def test_lf_runs_what_failed_and_x_stops(captures: Captures) -> None:
    diverge(captures, "rush", range(70, 140))
    captures.run().assert_outcomes(passed=8, failed=1)
    again = captures.run("--lf", "-v")
    again.assert_outcomes(failed=1)
    again.stdout.fnmatch_lines([f"{ids('rush')[2]} FAILED*"])
    captures.run("-x").assert_outcomes(passed=2, failed=1)
    without = captures.run("-p", "no:cacheprovider")
    without.assert_outcomes(passed=8, failed=1)


@pytest.mark.parametrize("given", [(), ("-vv",), ("-n1",)])
def test_summaries_on_ci_have_the_headline_alone(
    captures: Captures, given: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """pytest does not cut messages there."""
    monkeypatch.setenv("CI", "true")
    captures.keep("rush")
    diverge(captures, "rush", range(70, 140))
    result = captures.run_apart("-k", "parity", "--junitxml=out.xml", *given)
    failed = next(at for at, line in enumerate(result.outlines) if line.startswith("FAILED captures/rush.cdt"))
    assert result.outlines[failed].endswith(" - diverged at tick 70, lead: checkpoint.kills (summary)")
    assert result.outlines[failed + 1].startswith("===")
    (failure,) = ET.parse(captures.pytester.path / "out.xml").getroot().iter("failure")
    assert failure.get("message") == "diverged at tick 70, lead: checkpoint.kills (summary)"
    assert "what differs at tick 70" in (failure.text or "")


@pytest.mark.parametrize("workers", [(), ("-n1",)])
def test_failure_texts_have_colours_on_terminals_and_none_in_files(
    captures: Captures, workers: tuple[str, ...]
) -> None:
    captures.keep("rush")
    diverge(captures, "rush", range(70, 140))
    result = captures.run_apart("-k", "parity", "--color=yes", "--junitxml=out.xml", *workers)
    assert "\x1b[1;31mdiverged at tick 70, lead: checkpoint.kills (summary)\x1b[0m" in result.outlines
    assert not any("\x1b" in line for line in captures.run_apart("-k", "parity", *workers).outlines)
    assert "[1;31m" not in (captures.pytester.path / "out.xml").read_text()
    assert "diverged at tick 70, lead: checkpoint.kills (summary)" in (captures.pytester.path / "out.xml").read_text()
