"""Collection: the items of a `.cdt` file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from crimson.dbg.windows import Window
from pytest_crimson_parity.candidates import Candidate
from pytest_crimson_parity.capture import MODES, Capture, capture_name, in_utf8
from pytest_crimson_parity.cell import ITEM_PREFIX
from pytest_crimson_parity.comparison_items import ParityItem, Tools, WindowItem
from pytest_crimson_parity.items import CaptureItem, HealthItem, VerifyItem
from pytest_crimson_parity.known import Known
from pytest_crimson_parity.windows import item_name

type CountedFacts = tuple[int, int, tuple[str, ...], tuple[str, ...]]


@dataclass(slots=True)
class Counts:
    """What a collection came across."""

    captures: int = 0
    # Traces of candidates, which are not compared with anything.
    candidate_traces: int = 0
    # Folders NAME.cdt, as artifacts have them.
    kept: set[str] = field(default_factory=set)
    # Links to captures that are not there, which pytest does not collect.
    dangling: set[str] = field(default_factory=set)

    def facts(self) -> CountedFacts:
        """The same, as xdist sends it."""
        return self.captures, self.candidate_traces, tuple(self.kept), tuple(self.dangling)

    def join(self, facts: CountedFacts) -> None:
        """Add what another process came across in the same places."""
        captures, candidate_traces, kept, dangling = facts
        self.captures = max(self.captures, captures)
        self.candidate_traces = max(self.candidate_traces, candidate_traces)
        self.kept.update(kept)
        self.dangling.update(dangling)


@dataclass(frozen=True, slots=True)
class Questions:
    """Makes the items of a capture."""

    candidates: Sequence[Candidate]
    tools: Tools
    counts: Counts
    known: Known
    # Asked for by hand; the known ones are not collected then.
    window: Window | None

    def items(self, parent: pytest.Collector, path: Path) -> Iterator[CaptureItem]:
        capture = Capture(path, parent.config.rootpath)
        if capture.is_candidate:
            self.counts.candidate_traces += 1
            return
        self.counts.captures += 1
        yield HealthItem.from_parent(parent, name="health", capture=capture, marks=("health",))
        yield VerifyItem.from_parent(parent, name="verify", capture=capture, marks=("verify",))
        for candidate in self.candidates:
            # No brackets: with pytest 9.2, --lf does not find items that have them.
            yield ParityItem.from_parent(
                parent,
                name=f"{ITEM_PREFIX}{candidate.name}",
                capture=capture,
                marks=("parity", candidate.name),
                candidate=candidate,
                tools=self.tools,
            )
            for window in self._windows(capture, candidate):
                yield WindowItem.from_parent(
                    parent,
                    name=item_name(candidate.name, window),
                    capture=capture,
                    marks=("tick_window", candidate.name),
                    candidate=candidate,
                    tools=self.tools,
                    window=window,
                )

    def _windows(self, capture: Capture, candidate: Candidate) -> Sequence[Window]:
        if self.window is not None:
            return (self.window,)
        return self.known.windows(capture.name, candidate.name, capture.run, capture.ticks)


class CaptureFile(pytest.File):
    """A `.cdt` file; one of a candidate has no items."""

    questions: Questions

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path, questions: Questions) -> Self:
        # Set afterwards: pytest warns of file nodes whose constructor takes arguments of its own.
        name = capture_name(path, parent.config.rootpath)
        told = in_utf8(name)
        if told == name:
            node = cls.from_parent(parent, path=path)
        else:
            # xdist sends no other names.
            node = cls.from_parent(parent, path=path, name=Path(told).name, nodeid=told)
        node.questions = questions
        return node

    def collect(self) -> Iterator[CaptureItem]:
        return self.questions.items(self, self.path)


def add_markers(config: pytest.Config, candidates: Sequence[Candidate]) -> None:
    """Register what the items are marked with, for -m, -k and --markers."""
    described = {
        "health": "is a capture fit for parity analysis",
        "verify": "is a capture whole, and of the run in its replay",
        "tick_window": "how does a candidate play the ticks around a divergence",
        "parity": "does a candidate play as the original did",
        **{mode: f"captures of the game mode {mode}" for mode in MODES},
        **{candidate.name: f"comparisons with the candidate {candidate.name}" for candidate in candidates},
    }
    for name, text in described.items():
        config.addinivalue_line("markers", f"{name}: {text}")
