"""On GitHub: an annotation for each failure, escaped, not too many of them, and the summary of the job."""

from __future__ import annotations

from pathlib import Path

import pytest
from capture_kit import SIZES, Captures, diverge

from pytest_crimson_parity.cell import Cell
from pytest_crimson_parity.github import Failure, annotation_lines
from pytest_crimson_parity.markdown import markdown_summary


@pytest.fixture
def on_github(captures: Captures, monkeypatch: pytest.MonkeyPatch) -> Captures:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(captures.pytester.path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "job.md")
    return captures


def annotated(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("::")]


@pytest.mark.parametrize("apart", [[], ["-n2"]], ids=["serial", "xdist"])
def test_each_failure_is_annotated_once_and_the_job_summed_up(on_github: Captures, apart: list[str]) -> None:
    for name in ("rush", "typo"):
        diverge(on_github, name, range(70, SIZES[name]))
    Path("job.md").write_text("what another step wrote\n")
    result = on_github.run_apart(*apart) if apart else on_github.run("-q", "--tb=no")
    told = "::diverged at tick 70, lead: checkpoint.kills (summary)"
    assert sorted(annotated(result)) == [
        f"::error file=captures/{name}.cdt,title={name}.cdt%3A%3Aparity-python{told}" for name in ("rush", "typo")
    ]
    lines = Path("job.md").read_text().splitlines()
    assert lines[:4] == ["what another step wrote", "### crimson parity", "", "2 diverged, 1 equal, 0 errors"]
    assert "<details><summary>every capture and candidate</summary>" in lines


def test_what_is_blessed_is_not_annotated(on_github: Captures) -> None:
    diverge(on_github, "rush", range(70, 140))
    assert annotated(on_github.run("--snapshot-update")) == []
    assert annotated(on_github.run()) == []
    (on_github / "typo.crd").unlink()
    # errors are, one for each item
    assert [line.partition(",")[0] for line in annotated(on_github.run())] == ["::error file=captures/typo.cdt"] * 2


def test_nothing_of_it_elsewhere(captures: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "job.md")
    diverge(captures, "rush", range(70, 140))
    assert annotated(captures.run()) == []
    assert not Path("job.md").exists()


def test_a_job_summary_that_cannot_be_written_is_told(on_github: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "captures")
    result = on_github.run("-m", "parity")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["ERROR: captures: the job summary cannot be written: Is a directory"])


def test_the_tenth_is_followed_by_a_count() -> None:
    failures = [Failure("a.cdt", f"parity-{number}", "no") for number in range(13)]
    lines = list(annotation_lines(failures, Path("/root"), {}))
    assert len(lines) == 11
    assert lines[9] == "::error file=a.cdt,title=a.cdt%3A%3Aparity-9::no"
    assert lines[10].startswith("::error title=crimson parity::and 3 more failures")
    assert len(list(annotation_lines(failures[:10], Path("/root"), {}))) == 10


def test_commands_are_escaped() -> None:
    failure = Failure("50%, a:b.cdt", "health", "100% wrong\r\n::error::no, it: is not")
    (line,) = annotation_lines([failure], Path("/root"), {})
    assert line == (
        "::error file=50%25%2C a%3Ab.cdt,title=50%25%2C a%3Ab.cdt%3A%3Ahealth::"
        "100%25 wrong%0D%0A::error::no, it: is not"
    )


def test_files_are_named_from_the_checkout() -> None:
    failure = Failure("captures/a.cdt", "health", "no")
    found = [
        next(annotation_lines([failure], Path("/runner/repo/game"), {"GITHUB_WORKSPACE": workspace})).partition(",")[0]
        for workspace in ("/runner/repo", "/runner/repo/game", "/elsewhere", "")
    ]
    assert [line.removeprefix("::error file=") for line in found] == ["game/captures/a.cdt", *["captures/a.cdt"] * 3]


def test_names_do_not_break_the_table() -> None:
    cell = Cell("a|b_<c>`.cdt", "python", verdict="diverged", first_bad_tick=3, lead="a | b", frontier="x | y\nz")
    lines = markdown_summary([cell]).splitlines()
    (row,) = [line for line in lines if line.startswith("| <code>a&#124;b&#95;&lt;c&gt;&#96;.cdt</code> |")]
    assert row.count("|") == 10
    assert "x &#124; y z" in row
