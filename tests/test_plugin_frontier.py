"""The frontier: what is known to diverge is blessed, and any step from there is told."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

import pytest
from capture_kit import SIZES, Captures, diverge, window_id
from child_faults import plant

from crimson.dbg.errors import ParityError
from pytest_crimson_parity import conclusion
from pytest_crimson_parity.cell import Cell
from pytest_crimson_parity.frontier import FrontierProblem, bless, read_frontier, write_frontier
from pytest_crimson_parity.ruling import Judge
from pytest_crimson_parity.standings import Standing

FRONTIER = "parity-frontier.json"
RUN = "ab" * 32
UPDATE = "--snapshot-update"


def standing(capture: str = "captures/rush.cdt", tick: int = 70, candidate: str = "python") -> Standing:
    return Standing(capture, candidate, RUN, tick, "diverged", "checkpoint.kills (summary)")


@pytest.fixture
def blessed(captures: Captures) -> Captures:
    """Captures of which rush is blessed at tick 70; its unchanged capture is kept as `whole`."""
    captures.keep("rush")
    captures.copy("rush", "../whole")
    diverge(captures, "rush", range(70, 140))
    captures.run(UPDATE, "-m", "parity").assert_outcomes(xfailed=1, deselected=2)
    return captures


def change_again(captures: Captures, first: int, table: str = "checkpoint", field: str = "kills") -> None:
    """Let rush diverge at another tick."""
    captures.copy("../whole", "rush")
    diverge(captures, "rush", range(first, 140), table, field)


def rush(captures: Captures, *given: str) -> pytest.RunResult:
    return captures.run("-m", "parity", *given)


def test_a_divergence_is_blessed_and_then_fails_as_expected(captures: Captures) -> None:
    diverge(captures, "rush", range(70, 140))
    diverge(captures, "typo", range(-1, 100))
    result = captures.run(UPDATE, "-rx")
    result.assert_outcomes(passed=7, xfailed=2)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "captures/rush.cdt *70, blessed *checkpoint.kills (summary)*",
            "captures/typo.cdt *set-up, blessed *",
            "2 diverged, 1 equal, 0 errors",
            "frontier blessed: 2 added, 0 moved, 0 removed; 2 in all",
            "  added    captures/rush.cdt python: diverged at tick 70, lead: checkpoint.kills (summary)",
            "  added    captures/typo.cdt python: diverged at run set-up, lead: *",
            "XFAIL captures/rush.cdt::parity-python - blessed: diverged at tick 70, *",
        ]
    )
    before = Path(FRONTIER).read_bytes()
    again = captures.run("-rx")
    # the windows are of the same divergences
    again.assert_outcomes(passed=7, xfailed=4)
    assert again.ret == pytest.ExitCode.OK
    again.stdout.fnmatch_lines(
        ["XFAIL captures/rush.cdt::parity-python - frontier: diverged at tick 70, lead: checkpoint.kills (summary)"]
    )
    again.stdout.no_fnmatch_line("*frontier blessed*")
    assert Path(FRONTIER).read_bytes() == before


@pytest.mark.usefixtures("blessed")
def test_the_file_has_an_entry_a_line() -> None:
    lines = Path(FRONTIER).read_text().splitlines()
    assert lines[0] == "["
    assert lines[1].startswith('{"capture": "captures/rush.cdt", "candidate": "python", "run": "')
    assert lines[1].endswith('"tick": 70, "verdict": "diverged", "lead": "checkpoint.kills (summary)"},')
    assert lines[2:] == ['{"version": 1}', "]"]


def test_an_earlier_divergence_is_a_regression(blessed: Captures) -> None:
    change_again(blessed, 30)
    result = rush(blessed)
    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines(
        [
            "frontier regressed from 70 to 30",
            "diverged at tick 30, *",
            "captures/rush.cdt python: frontier regressed from 70 to 30",
            "FAILED captures/rush.cdt::parity-python - frontier regressed from 70 to 30",
        ]
    )
    change_again(blessed, -1)
    rush(blessed).stdout.fnmatch_lines(["frontier regressed from 70 to set-up"])


def test_a_later_divergence_is_to_be_blessed(blessed: Captures) -> None:
    change_again(blessed, 90)
    result = rush(blessed)
    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines(["frontier advanced from 70 to 90: bless it with --snapshot-update"])
    moved = rush(blessed, UPDATE)
    moved.assert_outcomes(xfailed=1, deselected=4)
    moved.stdout.fnmatch_lines(
        [
            "frontier blessed: 0 added, 1 moved, 0 removed; 1 in all",
            "  moved    captures/rush.cdt python: diverged at tick 90, *; was diverged at tick 70, *",
        ]
    )
    rush(blessed).assert_outcomes(xfailed=1, deselected=3)


def test_a_divergence_that_is_gone_is_to_be_blessed(blessed: Captures) -> None:
    blessed.copy("../whole", "rush")
    result = rush(blessed)
    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines(
        [
            "frontier: equal now, was diverged at tick 70, lead: *: bless it with --snapshot-update",
            "equal over 140 ticks",
            "0 diverged, 1 equal, 0 errors",
        ]
    )
    # a window asks about its own ticks only
    blessed.run("-k", "tick_window").assert_outcomes(passed=1, deselected=3)
    gone = rush(blessed, UPDATE)
    gone.assert_outcomes(passed=1, deselected=3)
    gone.stdout.fnmatch_lines(["  removed  captures/rush.cdt python: equal now, was diverged at tick 70, *"])
    assert not Path(FRONTIER).exists()
    rush(blessed).assert_outcomes(passed=1, deselected=2)


def test_another_lead_at_the_same_tick_is_told(blessed: Captures) -> None:
    change_again(blessed, 70, "timing_samples", "frame_dt_ms")
    result = rush(blessed, "-rx")
    result.assert_outcomes(xfailed=1, deselected=3)
    result.stdout.fnmatch_lines(
        ["XFAIL *: diverged at tick 70, lead: timing.* (timing); blessed when it diverged at tick 70, lead: *(summary)"]
    )


@pytest.fixture
def refusing(captures: Captures) -> Captures:
    """Rush, which the candidate refuses to play on at tick 80; its unchanged capture is kept as `whole`."""
    captures.keep("rush")
    captures.copy("rush", "../whole")
    captures.cache = captures.pytester.path / "own-cache"
    plant(captures.pytester, "if tick == 80:\n    raise ValueError('no such perk')")
    return captures


@pytest.mark.parametrize("how", [[], ["--parity-full"]], ids=["stopping", "full"])
def test_a_divergence_before_a_blessed_refusal_is_a_regression(refusing: Captures, how: list[str]) -> None:
    rush(refusing, UPDATE, *how).stdout.fnmatch_lines(["  added    captures/rush.cdt python: refused at tick 80"])
    rush(refusing, *how).assert_outcomes(xfailed=1, deselected=2)
    change_again(refusing, 30)
    result = rush(refusing, *how)
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(
        [
            "frontier regressed from 80 to 30",
            "diverged at tick 30, lead: checkpoint.kills (summary)",
            "behind the divergence, the runtime refuses the replay at tick 80: no such perk",
        ]
    )
    # the last tick that was played: there are no three in a row, and it does not heal
    change_again(refusing, 79)
    rush(refusing, *how).stdout.fnmatch_lines(["frontier regressed from 80 to 79", "diverged at tick 79, *"])


def test_a_window_and_a_refusal(refusing: Captures) -> None:
    rush(refusing, UPDATE).assert_outcomes(xfailed=1, deselected=2)

    def window(ticks: str) -> pytest.RunResult:
        return refusing.run("-m", "tick_window", f"--tick-window={ticks}")

    window("70:79").assert_outcomes(passed=1, deselected=3)
    window("70:90").assert_outcomes(xfailed=1, deselected=3)
    # none of its ticks was played
    behind = window("90:99")
    behind.assert_outcomes(failed=1, deselected=3)
    behind.stdout.fnmatch_lines(["the runtime refuses the replay at tick 80: *", "tick windows: 0 *, 1 error"])
    change_again(refusing, 75)
    window("70:90").stdout.fnmatch_lines(["frontier regressed from 80 to 75", "diverged at tick 75, *"])


def test_a_refusal_at_the_tick_of_a_blessed_divergence_is_a_failure(refusing: Captures) -> None:
    plant(refusing.pytester, "")
    change_again(refusing, 80)
    rush(refusing, UPDATE).assert_outcomes(xfailed=1, deselected=2)
    refusing.copy("../whole", "rush")
    plant(refusing.pytester, "if tick == 80:\n    raise ValueError('no such perk')")
    refusing.cache = refusing.pytester.path / "another-cache"
    result = rush(refusing)
    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines(["frontier: refused at tick 80 now, was diverged at tick 80, *: bless it with *"])


def test_a_refusal_that_nothing_was_compared_before_is_not_blessed(refusing: Captures) -> None:
    plant(refusing.pytester, "if tick == 0:\n    raise ValueError('no such perk')")
    result = rush(refusing, UPDATE)
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["the runtime refuses the replay at tick 0: *", "  hint  nothing before that could *"])


def test_an_entry_of_another_run_is_a_failure(blessed: Captures) -> None:
    text = Path(FRONTIER).read_text()
    before, _, rest = text.partition('"run": "')
    Path(FRONTIER).write_text(f'{before}"run": "{RUN}{rest[64:]}')
    result = rush(blessed)
    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines(["frontier: its entry is of run abababababababab, *was made anew: bless it *"])
    moved = rush(blessed, UPDATE)
    moved.stdout.fnmatch_lines(["  moved    captures/rush.cdt python: *in another run"])
    assert Path(FRONTIER).read_text() == text


def test_an_entry_whose_capture_is_gone_is_dropped(blessed: Captures) -> None:
    blessed.copy("rush", "other")
    rush(blessed, UPDATE).assert_outcomes(xfailed=2, deselected=5)
    (blessed / "other.cdt").unlink()
    rush(blessed).assert_outcomes(xfailed=1, deselected=3)
    assert "other.cdt" in Path(FRONTIER).read_text()
    result = blessed.run("-k", "health", UPDATE)
    result.stdout.fnmatch_lines(["  removed  captures/other.cdt python: the capture is gone"])
    # rush was not asked about: it stays as it is
    assert [entry.capture for entry in read_frontier(Path(FRONTIER))] == ["captures/rush.cdt"]


@pytest.mark.parametrize("how", [["-p", "no:xdist"], ["-n1"]], ids=["serial", "xdist"])
def test_an_entry_without_a_capture_does_not_pass(blessed: Captures, how: list[str]) -> None:
    blessed.copy("rush", "other")
    rush(blessed, UPDATE).assert_outcomes(xfailed=2, deselected=5)
    rush(blessed).assert_outcomes(xfailed=2, deselected=6)
    (blessed / "other.cdt").unlink()
    gone = blessed.run_apart("-m", "parity", *how)
    assert gone.ret == pytest.ExitCode.TESTS_FAILED
    gone.stdout.fnmatch_lines(
        ["ERROR: *parity-frontier.json: captures/other.cdt python: blessed when it *, but the capture is gone (*)"]
    )
    # a folder that was not asked about, and a candidate
    (blessed.pytester.path / "more").mkdir()
    blessed.copy("../whole", "../more/rush")
    given = ["more" if word == "captures" else word for word in blessed.arguments("-m", "parity")]
    assert blessed.pytester.runpytest_inprocess(*given).ret == pytest.ExitCode.OK
    # and it is no original that the candidate's own trace is put in its place
    (trace,) = blessed.pytester.path.glob(".crimson-parity/artifacts/captures/rush.cdt/python/actual.cdt")
    shutil.copy(trace, blessed / "other.cdt")
    for more in ([], [UPDATE]):
        result = rush(blessed, *more)
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.stdout.fnmatch_lines(["ERROR: *other.cdt python: *, but the file is a trace of a candidate now (*)"])


def test_the_frontier_knows_windows_without_pytests_cache(blessed: Captures) -> None:
    result = blessed.run("-p", "no:cacheprovider", "-v", "-k", "tick_window")
    result.assert_outcomes(xfailed=1, deselected=3)
    result.stdout.fnmatch_lines([f"{window_id('rush', 58, 81)} XFAIL*"])
    blessed.run("-p", "no:cacheprovider", "-k", "tick_window", UPDATE).assert_outcomes(xfailed=1, deselected=3)


def test_a_window_alone_blesses_nothing(blessed: Captures) -> None:
    change_again(blessed, 75)
    result = blessed.run("-k", "tick_window", UPDATE)
    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines(
        ["frontier advanced from 70 to 75: *", "frontier blessed: 0 added, 0 moved, 0 removed*"]
    )
    # with the whole run it is part of what is blessed
    blessed.run(UPDATE).assert_outcomes(passed=2, xfailed=2)


def test_what_another_run_blesses_meanwhile_stays(blessed: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    expect = Judge.expect
    blessed.copy("rush", "other")
    other = standing("captures/other.cdt", candidate="zig")

    def meanwhile(judge: Judge, whole: Collection[tuple[str, str]]) -> None:
        write_frontier(Path(FRONTIER), [*read_frontier(Path(FRONTIER)), other])
        expect(judge, whole)

    monkeypatch.setattr(Judge, "expect", meanwhile)
    result = rush(blessed, UPDATE)
    result.stdout.fnmatch_lines(["frontier blessed: 1 added, 0 moved, 0 removed; 3 in all"])
    assert other in read_frontier(Path(FRONTIER))


def test_a_frontier_that_cannot_be_removed_is_told(tmp_path: Path) -> None:
    path = tmp_path / "frontier.json"
    path.mkdir()
    with pytest.raises(ParityError, match="cannot be removed, and no entry is left: Is a directory"):
        write_frontier(path, [])


def test_an_error_is_not_blessed(blessed: Captures) -> None:
    before = Path(FRONTIER).read_text()
    (blessed / "rush.crd").unlink()
    rush(blessed, UPDATE).assert_outcomes(errors=1, deselected=3)
    assert Path(FRONTIER).read_text() == before


def test_collecting_blesses_nothing(blessed: Captures) -> None:
    before = Path(FRONTIER).read_text()
    blessed.copy("../whole", "rush")
    blessed.run(UPDATE, "--co").stdout.no_fnmatch_line("*frontier blessed*")
    assert Path(FRONTIER).read_text() == before


def test_runxfail_shows_the_failure(blessed: Captures) -> None:
    result = rush(blessed, "--runxfail")
    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines(["diverged at tick 70, *"])


@pytest.mark.parametrize("how", ["-x", "--maxfail=1"])
def test_a_run_that_stops_blesses_what_finished(captures: Captures, how: str) -> None:
    diverge(captures, "rush", range(70, 140))
    (captures / "survival.crd").unlink()
    diverge(captures, "typo", range(70, 100))
    captures.run(UPDATE, "-m", "parity", how).assert_outcomes(xfailed=1, errors=1, deselected=6)
    assert [entry.capture for entry in read_frontier(Path(FRONTIER))] == ["captures/rush.cdt"]


def test_snapshots_of_tests_are_left_alone(captures: Captures) -> None:
    diverge(captures, "rush", range(70, 140))
    kept = [captures.pytester.path / place / "__snapshots__/test_it.ambr" for place in (".", "tests", "captures")]
    for path in kept:
        path.parent.mkdir(parents=True)
        path.parent.parent.joinpath("test_it.py").write_text("def test_it(snapshot):\n    assert 1 == snapshot\n")
        path.write_text("# serializer version: 1\n# name: test_it\n  1\n# ---\n")
    before = [path.read_bytes() for path in kept]
    for given in ([], ["-k", "rush"]):
        captures.run(UPDATE, *given)
        assert [path.read_bytes() for path in kept] == before


def test_xdist_blesses_the_same(blessed: Captures) -> None:
    serial = Path(FRONTIER).read_bytes()
    Path(FRONTIER).unlink()
    result = blessed.run_apart("-n2", UPDATE)
    result.assert_outcomes(passed=2, xfailed=2)
    result.stdout.fnmatch_lines(["frontier blessed: 1 added, *"])
    assert Path(FRONTIER).read_bytes() == serial


def test_without_syrupy_the_frontier_is_read(blessed: Captures) -> None:
    result = blessed.run_apart("-p", "no:syrupy", "-m", "parity")
    result.assert_outcomes(xfailed=1, deselected=3)


def test_strict_mode_has_nothing_against_it(blessed: Captures) -> None:
    blessed.pytester.makepyprojecttoml(f'[tool.pytest]\nstrict = true\nparity_frontier = "{FRONTIER}"\n')
    rush(blessed).assert_outcomes(xfailed=1, deselected=3)
    blessed.copy("../whole", "rush")
    rush(blessed).stdout.fnmatch_lines(["frontier: equal now, *"])


def test_the_file_may_lie_elsewhere(captures: Captures) -> None:
    captures.pytester.makeini("[pytest]\nparity_frontier = known/parity.json\n")
    diverge(captures, "rush", range(70, 140))
    captures.run("-m", "parity", UPDATE)
    assert [entry.capture for entry in read_frontier(Path("known/parity.json"))] == ["captures/rush.cdt"]


def test_a_frontier_that_cannot_be_written_is_no_success(captures: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, _entries: Iterable[Standing]) -> None:
        raise ParityError(path, "cannot be written: No space left on device")

    monkeypatch.setattr(conclusion, "write_frontier", fail)
    diverge(captures, "rush", range(70, 140))
    result = captures.run("-m", "parity", UPDATE)
    result.assert_outcomes(passed=2, xfailed=1, deselected=6)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["ERROR: *parity-frontier.json: cannot be written: *"])
    # what else the run leaves is there
    captures.run("-k", "tick_window").assert_outcomes(failed=1, deselected=9)


def test_a_frontier_in_a_place_that_is_none(captures: Captures) -> None:
    captures.pytester.makeini("[pytest]\nparity_frontier = file/parity.json\n")
    Path("file").touch()
    result = captures.run("-m", "parity", UPDATE)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *parity.json: cannot be read: Not a directory"])


ENTRY = (
    '{"capture": "captures/rush.cdt", "candidate": "python", "run": "ab", "tick": 3, "verdict": "diverged", "lead": ""}'
)
END = '{"version": 1}'
MALFORMED = {
    "empty": ("", "malformed|truncated"),
    "no array": (END, "Expected `array`"),
    "no end": (f"[\n{ENTRY}\n]", "does not end with .*version"),
    "other version": (f'[\n{ENTRY},\n{{"version": 2}}\n]', "does not end with .*version"),
    "conflict": (f"[\n{ENTRY},\n<<<<<<< HEAD\n{END}\n]", "line 3: "),
    "comma": (f"[\n{ENTRY}\n{END}\n]", "malformed"),
    "unknown field": (f"[\n{ENTRY.replace('lead', 'leads')},\n{END}\n]", "entry 1: .*leads"),
    "missing field": (f"[\n{ENTRY},\n{{}},\n{END}\n]", "entry 2: "),
    "tick": (f"[\n{ENTRY.replace(': 3', ': -1')},\n{END}\n]", "entry 1: .*tick"),
    "verdict": (f"[\n{ENTRY.replace('diverged', 'crashed')},\n{END}\n]", "entry 1: .*verdict"),
    "twice": (f"[\n{ENTRY},\n{ENTRY},\n{END}\n]", "entry 2: a second one for captures/rush.cdt"),
    "not text": ('["\udcff"]', "does not end with"),
}


@pytest.mark.parametrize("how", MALFORMED)
def test_a_malformed_file_is_refused_with_the_place_in_it(tmp_path: Path, how: str) -> None:
    text, message = MALFORMED[how]
    path = tmp_path / "frontier.json"
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(FrontierProblem, match=message) as caught:
        read_frontier(path)
    assert caught.value.where == str(path)


def test_a_malformed_file_is_bad_usage(blessed: Captures) -> None:
    path = Path(FRONTIER)
    path.write_text(path.read_text().replace("diverged", "vanished"))
    for given in ([], [UPDATE], ["--co"]):
        result = blessed.run(*given)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["ERROR: *parity-frontier.json: entry 1: *vanished*"])
    assert "vanished" in path.read_text()


def test_entries_are_sorted_and_come_back(tmp_path: Path) -> None:
    entries = [standing("b.cdt"), standing("a.cdt", candidate="zig"), standing("a.cdt")]
    path = tmp_path / "frontier.json"
    write_frontier(path, entries)
    assert read_frontier(path) == (entries[2], entries[1], entries[0])
    write_frontier(path, [])
    assert not path.exists()
    assert read_frontier(path) == ()


@pytest.mark.parametrize(
    ("verdict", "tick", "blessed"),
    [
        ("diverged", 5, True),
        ("ended_early", 5, True),
        ("refused", 5, True),
        ("refused", None, False),
        ("crashed", 5, False),
        ("timed out", 5, False),
        ("tool fault", 5, False),
        ("weak evidence", 5, False),
        ("wrong_run", None, False),
        ("nothing_compared", None, False),
    ],
)
def test_only_an_answer_is_blessed(tmp_path: Path, verdict: str, tick: int | None, blessed: bool) -> None:
    (tmp_path / "a.cdt").touch()
    cell = Cell("a.cdt", "python", run=RUN, verdict=verdict, first_bad_tick=tick, ticks=SIZES["rush"])
    found = bless([standing("a.cdt")], [cell], tmp_path)
    assert len(found.entries) == 1
    assert bool(found.moved) == blessed
    assert found.entries[0].tick == (5 if blessed else 70)
