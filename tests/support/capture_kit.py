"""Small captures for the plugin's tests, and ways to damage them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from synthetic import Tables, changing

# Imported here so that they stay: pytester forgets modules that a run inside this process imports, and numpy cannot
# be imported twice.
import crimson.dbg.comparison
import crimson.dbg.health
import crimson.dbg.record
import crimson.dbg.verify  # noqa: F401
import pytest_crimson_parity.session  # noqa: F401
from capture_replays import PLANS
from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.layout import TABLE_BY_NAME, Table
from crimson.dbg.replay_plans import make_replay
from crimson.dbg.schema import TraceMeta
from crimson.dbg.trace import TraceReader
from crimson.dbg.trace_writer import writing_trace
from resimulated_capture import write_capture

# name -> ticks; the order of lengths is not the order of names
SIZES = {"rush": 140, "survival": 200, "typo": 100}
KINDS = ("health", "verify", "parity-python")


def make_capture(name: str, ticks: int, folder: Path, *, to: str = "") -> None:
    """Finalize a re-simulated capture of the first ticks of a plan, under its name or another one."""
    plan = next(plan for plan in PLANS if plan.name == name)
    raw = folder / f"{to or name}.jsonl"
    write_capture(make_replay(replace(plan, max_ticks=ticks)), raw)
    finalize_capture(raw, folder, name=to or name)
    raw.unlink()


def change_trace(
    path: Path,
    change: Callable[[Tables, int], None] | None = None,
    about: Callable[[TraceMeta], TraceMeta] | None = None,
) -> None:
    """Write a trace anew with other values or other metadata."""
    copy = path.with_suffix(".tmp")
    with TraceReader(path) as reader, writing_trace(copy, about(reader.meta) if about else reader.meta) as writer:
        for entry in (reader.setup_entry, *reader.tick_entries):
            tables = dict(reader.tables(entry))
            if change is not None:
                change(tables, entry.first)
            writer.write_tables(tables, entry.first, entry.last)
    copy.replace(path)


def column(table: str, field: str) -> tuple[Table, int]:
    """A table and the position of one of its fields."""
    found = TABLE_BY_NAME[table]
    return found, [leaf.path for leaf in found.leaves].index(field)


class Captures:
    """The captures of one test, and runs over them."""

    def __init__(self, pytester: pytest.Pytester, cache: Path) -> None:
        self.pytester = pytester
        self.folder = pytester.path / "captures"
        self.cache = cache

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def keep(self, *names: str) -> None:
        """Remove every other capture."""
        for path in self.folder.iterdir():
            if path.stem not in names:
                path.unlink()

    def copy(self, name: str, to: str) -> Path:
        """One more capture of the same run."""
        for suffix in (".cdt", ".crd"):
            shutil.copy(self.folder / f"{name}{suffix}", self.folder / f"{to}{suffix}")
        return self.folder / f"{to}.cdt"

    def arguments(self, *given: str) -> list[str]:
        # pytester warns of plugins that this process has imported already
        warnings = ("-Werror", "-Wignore::pytest.PytestAssertRewriteWarning")
        # hypothesis imports itself anew in every such run, which takes longer than the run
        return [
            *("--parity=python", "captures", f"--parity-cache={self.cache}"),
            *("-p", "no:hypothesispytest", *warnings, *given),
        ]

    def run(self, *given: str) -> pytest.RunResult:
        """pytest over the captures, in this process."""
        return self.pytester.runpytest_inprocess(*self.arguments(*given))

    def run_apart(self, *given: str) -> pytest.RunResult:
        """The same in a process of its own, as xdist needs it."""
        return self.pytester.runpytest_subprocess(*self.arguments(*given))


def diverge(captures: Captures, name: str, ticks: range, table: str = "checkpoint", field: str = "kills") -> None:
    """Change a capture in these ticks, so that the candidate plays them otherwise."""
    change_trace(captures / f"{name}.cdt", changing(*column(table, field), ticks))


def ids(name: str) -> list[str]:
    """The items of a capture, in order."""
    return [f"captures/{name}.cdt::{kind}" for kind in KINDS]


def window_id(name: str, first: int, last: int) -> str:
    """The item of a window of a capture."""
    return f"captures/{name}.cdt::tick_window-python-{first}-{last}"


def outcomes(result: pytest.RunResult) -> dict[str, str]:
    """The outcome of each item of a -v run, by its id."""
    found = {}
    for line in result.outlines:
        words = [word for word in line.split() if word in ("PASSED", "FAILED", "ERROR")]
        item = next((word for word in line.split() if ".cdt::" in word), None)
        if words and item and not line.startswith(("FAILED", "ERROR")):
            found[item] = words[0]
    return found
