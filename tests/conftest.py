"""Fixtures of more than one test module."""

from __future__ import annotations

import shutil
from pathlib import Path

import capture_kit
import pytest


@pytest.fixture(scope="session")
def made_captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "captures"
    folder.mkdir()
    for name, ticks in capture_kit.SIZES.items():
        capture_kit.make_capture(name, ticks, folder)
    return folder


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # what the candidate makes of these replays never changes within a session
    return tmp_path_factory.mktemp("cache") / "parity"


@pytest.fixture
def captures(pytester: pytest.Pytester, made_captures: Path, shared_cache: Path) -> capture_kit.Captures:
    """Three small captures in `captures`, as finalize writes them."""
    shutil.copytree(made_captures, pytester.path / "captures")
    return capture_kit.Captures(pytester, shared_cache)
