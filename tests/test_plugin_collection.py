"""What `--parity` collects, what it refuses, and that no file it cannot read stops it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from capture_kit import Captures, change_trace, ids

from crimson.dbg.schema import TraceMeta


def test_items_and_their_names(captures: Captures) -> None:
    result = captures.run("--co", "-q")
    listed = [line for line in result.outlines if "::" in line]
    assert listed == [*ids("rush"), *ids("survival"), *ids("typo")]
    assert result.ret == pytest.ExitCode.OK


def test_nothing_without_the_option(captures: Captures) -> None:
    result = captures.pytester.runpytest_inprocess("captures")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.no_fnmatch_line("*parity*python*")


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        (["-k", "health"], [ids(name)[0] for name in ("rush", "survival", "typo")]),
        (["-m", "verify"], [ids(name)[1] for name in ("rush", "survival", "typo")]),
        (["-m", "parity"], [ids(name)[2] for name in ("rush", "survival", "typo")]),
        (["-m", "python and typo"], [ids("typo")[2]]),
        (["-m", "survival"], ids("survival")),
        (["-k", "typo and not parity"], ids("typo")[:2]),
    ],
)
def test_selection(captures: Captures, selection: list[str], selected: list[str]) -> None:
    result = captures.run("--co", "-q", "--strict-markers", *selection)
    assert [line for line in result.outlines if "::" in line] == selected


def test_one_item_by_its_id(captures: Captures) -> None:
    result = captures.pytester.runpytest_inprocess(
        "--parity=python", ids("rush")[2], f"--parity-cache={captures.cache}", "-v"
    )
    result.assert_outcomes(passed=1)


def test_markers_are_explained(captures: Captures) -> None:
    result = captures.run("--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.health: *", "@pytest.mark.tutorial: *", "@pytest.mark.python: *"])


def test_test_files_run_only_when_named(captures: Captures) -> None:
    captures.folder.joinpath("test_other.py").write_text("def test_it(): pass")
    captures.run("-k", "not parity").assert_outcomes(passed=6, deselected=3)
    captures.run("captures/test_other.py", "-k", "test_other").assert_outcomes(passed=1, deselected=9)


def test_traces_of_candidates_are_counted_and_skipped(captures: Captures) -> None:
    def of_a_candidate(meta: TraceMeta) -> TraceMeta:
        producer = msgspec.structs.replace(meta.producer, kind="candidate")
        return msgspec.structs.replace(meta, producer=producer, capture=None)

    change_trace(captures.copy("rush", "other"), about=of_a_candidate)
    result = captures.run("--co")
    result.stdout.no_fnmatch_line("*other*")
    result.stdout.fnmatch_lines(["skipped 1 trace of candidates: *"])


def test_the_cache_is_no_place_for_captures(captures: Captures) -> None:
    captures.keep("rush")
    captures.cache = captures / "kept"
    captures.run().assert_outcomes(passed=3)
    captures.run().assert_outcomes(passed=3)
    captures.run("--co").stdout.no_fnmatch_line("*skipped*")


@pytest.mark.parametrize("apart", [[], ["-n1"]], ids=["serial", "xdist"])
def test_a_run_without_a_capture_is_no_success(pytester: pytest.Pytester, apart: list[str]) -> None:
    pytester.makepyfile("def test_it(): pass")
    pytester.mkdir("none").joinpath("test_it.py").write_text("def test_it(): pass")
    result = pytester.runpytest_subprocess("--parity", "none", *apart)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["ERROR: --parity found no capture, * in none"])
    if not apart:
        named = pytester.runpytest_subprocess("--parity", "none/test_it.py")
        named.assert_outcomes(passed=1)
        assert named.ret == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.parametrize("apart", [[], ["-n1"]], ids=["serial", "xdist"])
def test_a_path_that_does_not_exist(captures: Captures, apart: list[str]) -> None:
    result = captures.run_apart("nosuch", *apart)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: file or directory not found: nosuch"])
    result.stdout.no_fnmatch_line("*found no capture*")


@pytest.mark.parametrize("given", ["zag", "python,nosuch", "captures", ","])
def test_unknown_candidates(pytester: pytest.Pytester, given: str) -> None:
    result = pytester.runpytest_inprocess(f"--parity={given}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --parity*candidate*"])
    assert "python" in result.stderr.str() or given == ","


def _damage(path: Path, how: str) -> None:
    data = bytearray(path.read_bytes())
    match how:
        case "empty":
            data.clear()
        case "text":
            data[:] = b"not a trace\n"
        case "cut":
            del data[len(data) // 2 :]
        case "flipped":
            data[len(data) // 2] ^= 0x10
        case "version":
            data[8] = 99
    path.write_bytes(data)


DAMAGES = {
    "empty": ("the file is empty", "unsupported"),
    "text": ("this is no .cdt trace*", "unsupported"),
    "cut": ("the trace ends early, *", "damaged"),
    "flipped": ("byte *", "damaged"),
    "version": ("the trace has format version 99; *", "unsupported"),
}


def test_damaged_captures_are_errors_and_the_others_run(captures: Captures) -> None:
    for how in DAMAGES:
        _damage(captures.copy("rush", how), how)
    result = captures.run()
    result.assert_outcomes(passed=9, errors=15)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    lines = result.outlines
    for how, (message, verdict) in DAMAGES.items():
        start = next(number for number, line in enumerate(lines) if f" {how} health " in line)
        told = "\n".join(lines[start + 1 : start + 3])
        assert pytest.LineMatcher(told.splitlines()).fnmatch_lines([message, f"  in *{how}.cdt"]) is None
        result.stdout.fnmatch_lines([f"captures/{how}.cdt *{verdict} *"])
        # told once in full, not once for each item
        result.stdout.fnmatch_lines([f"ERROR captures/{how}.cdt::verify - {verdict}: see {how}.cdt::health"])
    result.stdout.fnmatch_lines(["0 diverged, 3 equal, 5 errors"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


@pytest.mark.parametrize("how", ["missing", "text", "empty"])
def test_a_capture_without_its_replay(captures: Captures, how: str) -> None:
    captures.keep("rush")
    if how == "missing":
        (captures / "rush.crd").unlink()
    else:
        _damage(captures / "rush.crd", how)
    result = captures.run()
    result.assert_outcomes(passed=1, errors=2)
    problem = "cannot be read: No such file*" if how == "missing" else "not a replay this game build reads: *"
    result.stdout.fnmatch_lines([problem, "  in    *rush.crd", "captures/rush.cdt *unreadable *"])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize("how", [["-p", "no:xdist"], ["-n1"]], ids=["serial", "xdist"])
def test_a_name_that_is_not_utf_8_is_that_captures_problem(
    captures: Captures, monkeypatch: pytest.MonkeyPatch, how: list[str]
) -> None:
    captures.keep("rush")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "job.md")
    captures.copy("rush", "caf\udce9")
    result = captures.run_apart("--junitxml=junit.xml", *how)
    result.assert_outcomes(passed=3, errors=3)
    result.stdout.fnmatch_lines(
        [
            "its path is not in UTF-8, and cannot be told",
            "  in    captures/caf?udce9.cdt",
            "0 diverged, 1 equal, 1 error",
        ]
    )
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert "udce9" in Path("job.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("apart", [[], ["-n1"]], ids=["serial", "xdist"])
def test_a_link_to_nothing_is_no_pass(captures: Captures, apart: list[str]) -> None:
    captures.keep("rush")
    (captures / "gone.cdt").symlink_to("annex/gone.cdt")
    run = captures.run_apart if apart else captures.run
    result = run("-m", "health", *apart)
    assert result.parseoutcomes()["passed"] == 1
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["ERROR: captures/gone.cdt: a link to a file that is not there"])
    if not apart:
        argument = [given for given in captures.arguments("-m", "health") if given != "captures"]
        assert captures.pytester.runpytest_inprocess(*argument, "captures/rush.cdt").ret == pytest.ExitCode.OK
