"""The Zig simulation of the tutorial is the Python runtime's, to the last bit of every raw byte of a trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from zig_records import assert_both_record_the_same, assert_capture_is_equalled

from crimson.dbg.fuzz_plans import fuzz_plan
from crimson.dbg.replay_plans import make_replay

CAPTURE = Path(__file__).parents[1] / "captures" / "tutorial.cdt"


def test_the_capture_is_equalled_to_the_end_of_the_tutorial(tmp_path: Path) -> None:
    assert assert_capture_is_equalled(CAPTURE, tmp_path) == 6041


@pytest.mark.parametrize("run", range(3))
def test_runs_of_any_settings_are_equal(run: int, tmp_path: Path) -> None:
    assert_both_record_the_same(make_replay(fuzz_plan(1, run, ["tutorial"], 700)), tmp_path)
