"""Short replays and their captures, made once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from crimson.replay.codec import dump_replay_file
from crimson.replay.types import Replay

from capture_replays import PLANS, make_replay
from crimson.dbg.frida_finalize import finalize_capture
from resimulated_capture import write_capture

SHORT_TICKS = 150


def replay_of(name: str, ticks: int) -> Replay:
    """The first ticks of a plan's replay."""
    from dataclasses import replace

    plan = next(plan for plan in PLANS if plan.name == name)
    return make_replay(replace(plan, max_ticks=ticks))


@pytest.fixture(scope="session")
def short_replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A survival replay of `SHORT_TICKS` ticks, as a file."""
    path = tmp_path_factory.mktemp("replay") / "short.crd"
    dump_replay_file(path, replay_of("survival-2p-arms", SHORT_TICKS))
    return path


@pytest.fixture(scope="session")
def raw_capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw capture of a survival run, as plain text."""
    path = tmp_path_factory.mktemp("raw") / "short.jsonl"
    write_capture(replay_of("survival-2p-arms", SHORT_TICKS), path)
    return path


@pytest.fixture(scope="session")
def original(raw_capture: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The original trace of that capture, with its `.crd` beside it. Not to be changed."""
    (run,) = finalize_capture(raw_capture, tmp_path_factory.mktemp("original")).runs
    return Path(run.trace)
