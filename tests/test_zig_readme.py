"""The README of crimson-zig: its three commands print what it shows, and its lists are whole."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from zig_kit import CROSS_TARGETS, PROJECT, crimson_zig, said_by

from crimson.dbg.zig_program import zig_program

ROOT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text()


def _shown() -> Sequence[tuple[str, str]]:
    """Each command of the README's example, with what it prints."""
    (example,) = re.findall(r"<!-- commands -->\n```console\n(.*?)```", README, re.DOTALL)
    return re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", example, re.MULTILINE)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the commands need of a clone; returns the folder of crimson-zig."""
    project = tmp_path / "crimson-zig"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("zig-out", ".zig-cache"))
    (tmp_path / "captures").symlink_to(ROOT / "captures")
    return project


def test_the_commands_print_what_is_shown(clone: Path) -> None:
    (build, _), *shown = _shown()
    if os.environ.get("CRIMSON_LONG_TESTS"):
        said_by(clone, build.split())
    else:
        # what the build would make; compiling it once more takes minutes
        assert build == "python -m ziglang build"
        (clone / "zig-out/bin").mkdir(parents=True)
        (clone / "zig-out/bin/crimson-zig").symlink_to(zig_program())
    assert len(shown) == 2
    for command, output in shown:
        assert said_by(clone, command.split()) == output, command


def test_the_commands_are_those_of_the_usage() -> None:
    said = re.findall(r"crimson-zig (.*)", crimson_zig().err)
    (table,) = re.findall(r"\| command \|.*\n\|---\|---\|\n((?:\|.*\n)+)", README)
    assert sorted(re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE)) == sorted(said)


def test_the_compiler_is_the_one_that_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert [f'pip install "{wanted}"' in README for wanted in project["project"]["optional-dependencies"]["zig"]] == [
        True
    ]


def test_the_targets_are_those_of_the_build() -> None:
    assert CROSS_TARGETS
    assert [target for target in CROSS_TARGETS if f"`{target}`" not in README] == []


def test_the_map_names_what_is_there() -> None:
    table = README.split("## What is where")[1]
    missing = [name for name in re.findall(r"`([\w*/]+(?:\.zig|/))`", table) if not any((PROJECT / "src").glob(name))]
    assert missing == []
