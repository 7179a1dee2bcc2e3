"""Short replays and their captures, made once for all tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import capture_kit
import pytest
from crimson.replay.codec import dump_replay_file
from short_replays import SHORT_TICKS, replay_of

from crimson.dbg.frida_finalize import finalize_capture
from resimulated_capture import write_capture


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


@pytest.fixture(scope="session")
def made_captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "captures"
    folder.mkdir()
    for name, ticks in capture_kit.SIZES.items():
        capture_kit.make_capture(name, ticks, folder)
    return folder


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For tests that are not about the cache: what the candidate makes of these replays stays the same."""
    return tmp_path_factory.mktemp("cache") / "parity"


@pytest.fixture
def captures(
    pytester: pytest.Pytester, made_captures: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> capture_kit.Captures:
    """Three small captures in `captures`, as finalize writes them; the test may change them."""
    # The runs of tests are none of the job that runs the tests.
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    shutil.copytree(made_captures, pytester.path / "captures")
    return capture_kit.Captures(pytester, shared_cache)
