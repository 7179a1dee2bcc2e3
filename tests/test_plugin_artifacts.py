"""What is kept of comparisons that do not pass: whole, the same whoever runs them, and enough to ask again."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest
from capture_kit import SIZES, Captures, diverge
from command import crimson_dbg

from crimson.dbg import atomic
from crimson.dbg.atomic import atomic_file
from crimson.dbg.errors import ParityError, RecordRefused
from crimson.dbg.focus_report import FocusReport
from crimson.dbg.locks import claimed
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.report import DiffReport
from crimson.dbg.trace import TraceReader
from pytest_crimson_parity.artifacts import Artifacts, Index
from pytest_crimson_parity.cell import Cell, Facts
from pytest_crimson_parity.compare import Comparer
from pytest_crimson_parity.excerpt import write_beginning
from pytest_crimson_parity.kept_folders import new_folder, remove_folder
from pytest_crimson_parity.leftovers import remove_leftovers

ARTIFACTS = Path(".crimson-parity/artifacts")
RUSH = ARTIFACTS / "captures/rush.cdt/python"
WHOLE = ["actual.cdt", "expected.cdt", "replay.crd", "report.json", "report.txt", "reproduce.txt"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def commands(folder: Path) -> list[list[str]]:
    return [shlex.split(line) for line in (folder / "reproduce.txt").read_text().splitlines() if line[0] != "#"]


def test_a_divergence_leaves_all_that_it_takes_to_look_at_it(captures: Captures) -> None:
    captures.keep("survival")
    diverge(captures, "survival", range(70, 200))
    captures.run()
    folder = ARTIFACTS / "captures/survival.cdt/python"
    assert names(folder) == WHOLE
    assert (folder / "expected.cdt").read_bytes() == (captures / "survival.cdt").read_bytes()
    assert (folder / "replay.crd").read_bytes() == (captures / "survival.crd").read_bytes()
    with TraceReader(folder / "actual.cdt") as reader:
        assert reader.tick_count == 70 + 32 + 1
    report = msgspec.json.decode((folder / "report.json").read_bytes(), type=FocusReport)
    assert (report.diff.verdict, report.diff.first_bad_tick) == ("diverged", 70)
    assert (report.diff.expected.path, report.diff.actual.path) == ("captures/survival.cdt", "actual.cdt")
    # that no more was kept is no difference
    assert [(row.channel, row.ticks) for row in report.diff.channels] == [("checkpoint", 33)]
    text = (folder / "report.txt").read_text()
    assert text.startswith("diverged at tick 70, lead: checkpoint.kills (summary)\n")
    for name in WHOLE[3:]:
        assert str(captures.pytester.path) not in (folder / name).read_text()


def test_what_is_kept_tells_how_to_ask_again(captures: Captures) -> None:
    odd = 'it\'s a "rush" $HOME'
    captures.keep("rush")
    captures.copy("rush", odd)
    captures.keep(odd)
    diverge(captures, odd, range(70, 140))
    captures.run()
    folder = ARTIFACTS / f"captures/{odd}.cdt/python"
    rerun, look = commands(folder)
    result = captures.pytester.runpytest_inprocess(*rerun[1:], f"--parity-cache={captures.cache}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["diverged at tick 70, *"])
    assert look[0] == "crimson-dbg"
    outcome = crimson_dbg(*look[1:])
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.startswith("diverged at tick 70, ")
    # the window kept its own
    assert names(folder.with_name("tick_window-python-58-81")) == WHOLE


def test_a_window_keeps_no_more_than_its_ticks(captures: Captures) -> None:
    captures.keep("survival")
    diverge(captures, "survival", range(70, 200))
    captures.run("--tick-window=60:79", "-k", "tick_window")
    folder = ARTIFACTS / "captures/survival.cdt/tick_window-python-60-79"
    with TraceReader(folder / "actual.cdt") as reader:
        assert reader.tick_count == 80
    report = msgspec.json.decode((folder / "report.json").read_bytes(), type=FocusReport)
    assert (report.diff.window, report.diff.ticks_compared) == ((60, 79), 20)
    assert report.diff.actual.ticks == 80


def test_what_passes_now_is_not_kept(captures: Captures) -> None:
    captures.keep("rush")
    captures.copy("rush", "../whole")
    diverge(captures, "rush", range(70, 140))
    captures.run()
    captures.run()
    assert names(RUSH.parent) == ["python", "tick_window-python-58-81"]
    # a window that is no more goes with the comparison that says so
    captures.copy("../whole", "rush")
    diverge(captures, "rush", range(40, 140))
    captures.run("-m", "parity")
    assert names(RUSH.parent) == ["python"]
    captures.copy("../whole", "rush")
    captures.run().assert_outcomes(passed=4)
    assert names(ARTIFACTS) == [".gitignore", "captures", "index.json", "summary.md"]
    assert names(ARTIFACTS / "captures") == []


def test_what_is_blessed_is_kept_too(captures: Captures) -> None:
    captures.keep("rush")
    captures.copy("rush", "../whole")
    diverge(captures, "rush", range(70, 140))
    captures.run("--snapshot-update", "-m", "parity").assert_outcomes(xfailed=1, deselected=2)
    assert names(RUSH) == WHOLE
    captures.copy("../whole", "rush")
    captures.run("-m", "parity").assert_outcomes(failed=1, deselected=3)
    assert (RUSH / "report.txt").read_text().startswith("equal over 140 ticks\n")


def test_a_refusal_keeps_what_there_is(captures: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Comparer, *_given: str, **_named: str) -> None:
        raise RecordRefused(captures / "rush.crd", "the runtime refuses the replay at tick 12: no such perk", tick=12)

    captures.keep("rush")
    monkeypatch.setattr(Comparer, "compare", refuse)
    result = captures.run("-m", "parity")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["captures/rush.cdt *12 (refused)*", "1 diverged, 0 equal, 0 errors"])
    assert names(RUSH) == [name for name in WHOLE if name != "actual.cdt"]
    text = (RUSH / "report.txt").read_text()
    assert text == "the runtime refuses the replay at tick 12: no such perk\n  in    captures/rush.crd\n"
    facts = msgspec.json.decode((RUSH / "report.json").read_bytes(), type=Facts)
    assert (facts.verdict, facts.first_bad_tick) == ("refused", 12)
    assert commands(RUSH) == [
        ["pytest", "--parity=python", "--tick-window=0:23", "captures/rush.cdt::tick_window-python-0-23"]
    ]


def test_the_overview_has_every_cell_and_each_cause_once(captures: Captures) -> None:
    for name in ("rush", "typo"):
        diverge(captures, name, range(70, SIZES[name]))
    captures.run()
    index = msgspec.json.decode((ARTIFACTS / "index.json").read_bytes(), type=Index)
    assert [(cell.capture, cell.verdict, cell.artifacts) for cell in index.cells] == [
        ("captures/rush.cdt", "diverged", "captures/rush.cdt/python"),
        ("captures/survival.cdt", "equal", ""),
        ("captures/typo.cdt", "diverged", "captures/typo.cdt/python"),
    ]
    lines = (ARTIFACTS / "summary.md").read_text().splitlines()
    assert lines[2] == "2 diverged, 1 equal, 0 errors"
    where = "<code>captures/rush.cdt python</code> 70, <code>captures/typo.cdt python</code> 70"
    assert f"| <code>checkpoint.kills (summary)</code> | 2 | {where} |" in lines
    row = next(line for line in lines if "survival" in line)
    assert row.startswith("| <code>captures/survival.cdt</code> | survival |")


def test_the_terminal_says_what_captures_share(captures: Captures) -> None:
    for name in ("rush", "typo"):
        diverge(captures, name, range(70, SIZES[name]))
    diverge(captures, "survival", range(70, 200), "timing_samples", "frame_dt_ms")
    result = captures.run("-m", "parity")
    result.stdout.fnmatch_lines(["2 captures share checkpoint.kills (summary): captures/rush.cdt, captures/typo.cdt"])
    result.stdout.no_fnmatch_line("*share timing*")


def test_the_folder_is_the_same_in_any_order_and_under_xdist(captures: Captures) -> None:
    diverge(captures, "survival", range(70, 200))
    # of one run, one of which needs all of it and the other only its beginning
    captures.copy("rush", "bent")
    diverge(captures, "bent", range(10, 140))
    window = "--tick-window=60:79"
    reverse = [f"captures/{name}.cdt" for name in ("typo", "survival", "rush", "bent")]
    found = []
    for number, order in enumerate((["captures"], reverse, ["captures", "-n2"])):
        shutil.rmtree(ARTIFACTS, ignore_errors=True)
        arguments = [argument for argument in captures.arguments(window, "--cache-clear") if argument != "captures"]
        run = captures.pytester.runpytest_subprocess if "-n2" in order else captures.pytester.runpytest_inprocess
        # each records anew
        run(*arguments, f"--parity-cache=cache{number}", *order).assert_outcomes(passed=12, failed=4)
        found.append(tree(ARTIFACTS))
    assert len(found[0]) == 4 * 6 + 3
    for other in found[1:]:
        assert other == found[0]


def test_a_folder_given_by_way_of_others_is_not_collected(captures: Captures) -> None:
    captures.keep("rush")
    diverge(captures, "rush", range(70, 140))
    Path("link").symlink_to("captures")
    for place in ("elsewhere/../captures/kept", "link/kept"):
        Path("elsewhere").mkdir(exist_ok=True)
        for _ in range(2):
            result = captures.run("-m", "parity", f"--parity-artifacts={place}")
            assert result.parseoutcomes()["failed"] == 1
            result.stdout.fnmatch_lines(["1 diverged, 0 equal, 0 errors"])
        assert names(captures / "kept/captures/rush.cdt/python") == WHOLE
        shutil.rmtree(captures / "kept")


@pytest.mark.parametrize("apart", [[], ["-n1"]], ids=["serial", "xdist"])
def test_what_a_run_kept_elsewhere_is_not_collected_unless_it_is_named(captures: Captures, apart: list[str]) -> None:
    captures.keep("rush")
    diverge(captures, "rush", range(70, 140))
    captures.run("-m", "parity", "--parity-artifacts=captures/kept")
    (captures / os.fsdecode(b"named \xff.cdt")).mkdir()
    run = captures.run_apart if apart else captures.run
    result = run("-m", "parity", *apart)
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["1 diverged, 0 equal, 0 errors", "skipped 2 folders NAME.cdt: *"])
    if not apart:
        for name in ("captures/kept/captures/rush.cdt", "captures/kept/captures/rush.cdt/python/expected.cdt"):
            # next to the capture, whose window is known by now
            assert captures.run("--co", "-q", name).parseoutcomes() == {"tests": 7}


def test_windows_of_a_candidate_with_a_longer_name_stay(captures: Captures) -> None:
    captures.keep("rush")
    for name in ("python-new-3-9", "python-3-9", "python-new"):
        (RUSH.parent / f"tick_window-{name}").mkdir(parents=True)
    captures.run("-m", "parity").assert_outcomes(passed=1, deselected=2)
    assert names(RUSH.parent) == ["tick_window-python-new", "tick_window-python-new-3-9"]


@pytest.mark.parametrize("how", ["option", "ini"])
def test_the_folder_may_lie_elsewhere(captures: Captures, how: str) -> None:
    captures.keep("rush")
    diverge(captures, "rush", range(70, 140))
    given = ["--parity-artifacts=captures/kept"] if how == "option" else []
    captures.pytester.makeini("[pytest]\nparity_artifacts_dir = captures/kept\n" if how == "ini" else "[pytest]\n")
    for _ in range(2):
        result = captures.run("-m", "parity", *given)
        # the traces in it are no captures
        assert len(result.parseoutcomes()) == 2
        result.stdout.fnmatch_lines(["artifacts  captures/kept/captures/rush.cdt/python"])
    assert names(captures / "kept/captures/rush.cdt/python") == WHOLE


def test_a_folder_that_cannot_be_is_told_and_costs_no_report(captures: Captures) -> None:
    captures.keep("rush")
    diverge(captures, "rush", range(70, 140))
    Path("file").touch()
    result = captures.run("-m", "parity", "--parity-artifacts=file/kept")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(
        [
            "diverged at tick 70, *",
            "artifacts could not be kept: *file/kept*",
            "reproduce  pytest *",
            "ERROR: *file/kept*",
        ]
    )


def test_paths_outside_of_the_rootdir_stay_in_the_folder() -> None:
    artifacts = Artifacts(Path("kept"), Path("/root"), sustain=3, strict=False, full=False)
    assert artifacts.place_of(Cell("../other/a.cdt", "python")) == "__/other/a.cdt/python"
    assert artifacts.place_of(Cell("a.cdt", "zig", window="5:9")) == "a.cdt/tick_window-zig-5-9"


@pytest.mark.parametrize("last", [0, 63, 64, 100, 149, 500])
def test_the_beginning_of_a_trace_is_what_a_shorter_recording_writes(
    short_replay: Path, tmp_path: Path, last: int
) -> None:
    loaded = load_replay(short_replay)
    whole, begun, recorded = (tmp_path / name for name in ("whole.cdt", "begun.cdt", "recorded.cdt"))
    record_replay(loaded, whole)
    record_replay(loaded, recorded, until=last)
    write_beginning(whole, begun, last)
    assert begun.read_bytes() == recorded.read_bytes()


def test_a_folder_appears_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b"
    for text in ("first", "second"):
        with new_folder(target) as fresh:
            (fresh / "file").write_text(text)
            assert not target.exists() or text == "second"
        assert (target / "file").read_text() == text
    with pytest.raises(ZeroDivisionError), new_folder(target) as fresh:
        (fresh / "file").write_text(str(1 // 0))
    assert (target / "file").read_text() == "second"
    # what a killed process left goes with the next one
    (target.parent / ".b.dead.part/new").mkdir(parents=True)
    remove_folder(target)
    assert names(tmp_path) == []


def test_what_a_living_process_writes_is_not_taken_for_left_behind(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "file") as file, new_folder(tmp_path / "folder") as fresh:
        (fresh / "a").touch()
        for name in ("file", "folder"):
            remove_leftovers(tmp_path / name)
        file.write(b"all of it")
        (fresh / "b").touch()
    assert names(tmp_path) == ["file", "folder"]
    assert names(tmp_path / "folder") == ["a", "b"]
    # two that keep the same
    with new_folder(tmp_path / "folder"), new_folder(tmp_path / "folder") as later:
        (later / "c").touch()
    assert names(tmp_path) == ["file", "folder"]
    assert names(tmp_path / "folder") == []


def test_a_part_that_is_taken_before_it_is_claimed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def taking(path: Path) -> AbstractContextManager[bool]:
        made.append(path)
        if len(made) == 1:
            remove_leftovers(tmp_path / "file")
        return claimed(path)

    monkeypatch.setattr(atomic, "claimed", taking)
    with atomic_file(tmp_path / "file") as file:
        file.write(b"all of it")
    assert len(made) == 2
    assert names(tmp_path) == ["file"]


def test_what_cannot_be_removed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, **_given: bool) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    (tmp_path / ".file.dead.part").touch()
    monkeypatch.setattr(Path, "unlink", fail)
    remove_leftovers(tmp_path / "file")
    assert names(tmp_path) == [".file.dead.part"]


def test_a_folder_in_a_place_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ParityError, match="file"), new_folder(tmp_path / "file" / "a"):
        pytest.fail("there is no such folder")


def test_reports_decode_as_what_they_are(captures: Captures) -> None:
    captures.keep("rush")
    diverge(captures, "rush", range(70, 140))
    captures.run("-m", "parity", "--parity-strict")
    report = msgspec.json.decode((RUSH / "report.json").read_bytes(), type=FocusReport)
    assert isinstance(report.diff, DiffReport)
    assert report.diff.strict
    rerun, look = commands(RUSH)
    assert "--parity-strict" in rerun
    assert "--strict" in look
