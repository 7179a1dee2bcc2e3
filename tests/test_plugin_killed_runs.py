"""A run may end at any moment: what it leaves is whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import interrupted_runs
import msgspec
import pytest
from capture_kit import Captures, diverge

from crimson.dbg.focus_report import FocusReport
from pytest_crimson_parity.artifacts import Index
from pytest_crimson_parity.frontier import read_frontier
from pytest_crimson_parity.standings import Standing

# Sixty take two minutes, and find no more.
POINTS = 4
FRONTIER = "parity-frontier.json"
MEMORY = ".pytest_cache/d/crimson-parity/standings.json"
ARTIFACTS = ".crimson-parity/artifacts"
WHOLE = {"actual.cdt", "expected.cdt", "replay.crd", "report.json", "report.txt", "reproduce.txt"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each run is a fork")
@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_whatever_ends_a_run_its_files_are_whole(captures: Captures, name: str) -> None:
    captures.keep("rush", "typo")
    captures.copy("rush", "../whole")
    diverge(captures, "rush", range(70, 140))
    diverge(captures, "typo", range(50, 100))
    captures.run("--snapshot-update", "-m", "parity").assert_outcomes(xfailed=2, deselected=4)
    # the next run has something to change in each file
    captures.copy("../whole", "rush")
    diverge(captures, "rush", range(90, 140))
    (captures.pytester.path / "whole.cdt").unlink()
    # unfinished files of an earlier run that was killed
    for target in (FRONTIER, MEMORY, f"{ARTIFACTS}/summary.md"):
        Path(target).with_name(f".{Path(target).name}.dead.part").touch()
    for kept in (FRONTIER, ".crimson-parity", ".pytest_cache"):
        target = Path("before") / kept
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(kept, target) if Path(kept).is_dir() else shutil.copy(kept, target)
    command = [
        *(sys.executable, interrupted_runs.__file__, name, str(POINTS)),
        *captures.arguments("--snapshot-update", "-m", "parity", "-p", "no:xdist"),
    ]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stderr
    left = sorted(Path("after").iterdir())
    assert len(left) >= POINTS
    frontiers = {tuple(entry.tick for entry in read_frontier(folder / FRONTIER)) for folder in left}
    # what finished, or nothing
    assert frontiers <= {(70, 50), (90, 50)}
    for folder in left:
        check(folder)
    for folder in ("before", "after"):
        shutil.rmtree(folder)
    # and the next run mends what was left lying about; how many windows it has is up to the last run's end
    result = captures.run("--snapshot-update", "-m", "parity")
    assert (result.ret, result.parseoutcomes()["xfailed"]) == (pytest.ExitCode.OK, 2)
    assert [entry.tick for entry in read_frontier(Path(FRONTIER))] == [90, 50]
    assert not [path for place in (FRONTIER, MEMORY, ARTIFACTS) for path in Path(place).parent.rglob(".*.part")]


def check(folder: Path) -> None:
    """Every file that is there under its own name is whole."""
    memory = folder / MEMORY
    assert msgspec.json.decode(memory.read_bytes(), type=tuple[Standing, ...])
    msgspec.json.decode((folder / ARTIFACTS / "index.json").read_bytes(), type=Index)
    for cell in (folder / ARTIFACTS).glob("captures/*/[!.]*"):
        assert {path.name for path in cell.iterdir()} == WHOLE
        msgspec.json.decode((cell / "report.json").read_bytes(), type=FocusReport)
