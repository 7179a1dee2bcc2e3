"""Seeded faults of the runtime: each is found at its true tick, and a table says how often the lead is the cause."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from fault_kit import Fault, Run, Witness, load_run, record
from faults import FAULTS, fault_named, main, record_pair, watched_ticks
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from crimson.dbg.diff import diff_traces
from crimson.dbg.focus import focus_traces
from crimson.dbg.focus_report import FocusReport
from crimson.dbg.render_focus import WIDTH, render_focus
from crimson.dbg.replays import LoadedReplay
from crimson.dbg.report import DiffReport, to_json
from crimson.dbg.sustained import DEFAULT_SUSTAIN
from crimson.dbg.trace import TraceReader


class ReportText(SingleFileSnapshotExtension):
    """A snapshot that is the report's text."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


# Of all leads, how many must name the cause.
LEAST_RIGHT = 0.95


@dataclass(frozen=True, slots=True)
class Baseline:
    """A run without faults."""

    loaded: LoadedReplay
    trace: Path
    witness: Witness


class Named(NamedTuple):
    """A lead without its place."""

    kind: str
    subject: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a comparison finds of a fault."""

    fault: Fault
    focus: FocusReport

    @property
    def report(self) -> DiffReport:
        return self.focus.diff

    @property
    def tick(self) -> int | None:
        return self.report.first_bad_tick

    @property
    def lead(self) -> Named | None:
        lead = self.report.lead
        return None if lead is None else Named(lead.kind, lead.subject)

    @property
    def truth(self) -> Named:
        return Named(self.fault.truth.kind, self.fault.truth.subject)

    @property
    def placed(self) -> bool:
        """Whether the lead is at the right entity or field; a hidden cause may be placed at what first shows it."""
        lead, truth = self.report.lead, self.fault.truth
        return lead is not None and (truth.kind == "hidden" or lead.path.startswith(truth.path))

    @property
    def timed(self) -> bool:
        """Whether the lead is at the tick at which the fault begins, which may be long before it is seen."""
        return self.report.lead is not None and self.report.lead.tick == self.fault.tick

    @property
    def right(self) -> bool:
        return self.placed and self.timed and self.lead == self.truth


def judge(fault: Fault, baseline: Baseline, folder: Path) -> Judged:
    """Record the fault, see that it is what its record says, and compare the traces."""
    actual, witness = folder / f"{fault.name}.cdt", Witness(baseline.witness.ticks)
    record(baseline.loaded, actual, fault, witness)
    before, after = (
        [side.seen.get(tick) for tick in (fault.tick - 1, fault.tick)] for side in (baseline.witness, witness)
    )
    assert before[0] == after[0], f"{fault.name} acts before tick {fault.tick}"
    assert before[1] != after[1], f"{fault.name} does not act at tick {fault.tick}"
    sustain = DEFAULT_SUSTAIN if fault.heals_after is None else 1
    # As a user calls it, from the folder of the traces.
    with contextlib.chdir(folder):
        return Judged(fault, focus_traces(Path(baseline.trace.name), Path(actual.name), sustain=sustain))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[Judged]:
    """All faults, each compared with the unfaulted recording of its run."""
    folder = tmp_path_factory.mktemp("faults")
    baselines: dict[Run, Baseline] = {}
    for run in dict.fromkeys(fault.run for fault in FAULTS):
        found = Baseline(load_run(run, folder), folder / f"{run.name}.cdt", Witness(watched_ticks(run)))
        record(found.loaded, found.trace, witness=found.witness)
        baselines[run] = found
    return [judge(fault, baselines[fault.run], folder) for fault in FAULTS]


def test_every_fault_is_found_and_its_lead_judged(judged: list[Judged], snapshot: SnapshotAssertion) -> None:
    """One test, since the recordings are made anew in every process that runs one."""
    for found in judged:
        fault, report = found.fault, found.report
        assert (report.verdict, found.tick) == (
            "ended_early" if fault.truth.kind == "end" else "diverged",
            fault.found_at,
        ), fault.name
        if fault.truth.kind == "hidden":
            region = fault.truth.subject.removeprefix("hidden_state.")
            assert (region, fault.tick) in [(hidden.region, hidden.first_tick) for hidden in report.hidden], fault.name
    assert table(judged) == snapshot
    right = sum(found.right for found in judged)
    assert right >= LEAST_RIGHT * len(judged), f"{right} of {len(judged)} leads name the cause"
    for found in judged:
        text = render_focus(found.focus)
        # The headline stays one line, since pytest's last lines show it.
        assert [line for line in text.splitlines()[1:] if len(line) > WIDTH] == [], found.fault.name
        assert shown(text) == snapshot(name=found.fault.name, extension_class=ReportText)
        assert msgspec.json.decode(to_json(found.focus), type=FocusReport) == found.focus


def shown(text: str) -> str:
    """A report without the game's release."""
    return re.sub(r"\(crimsonland [0-9.]+,", "(crimsonland VERSION,", text) + "\n"


def table(judged: list[Judged]) -> list[str]:
    """A fault's name, the tick found and the true one, the lead named and the true one."""
    lines = [f"{'fault':<22}{'found':>6}{'true':>6}  lead, and the true lead where it is another"]
    for found in judged:
        ticks = f"{found.tick:>6}{found.fault.tick:>6}"
        lines.append(f"{found.fault.name:<22}{ticks}  {found.lead or 'none'}")
        if not found.right:
            place = "" if found.placed else f", at {found.fault.truth.path}"
            tick = "" if found.timed else f", at tick {found.fault.tick}"
            lines.append(f"{'':<36}but {found.truth}{place}{tick}")
    return [*lines, f"{sum(found.right for found in judged)} of {len(judged)} leads are right"]


def test_a_fault_that_heals_is_a_blip(tmp_path: Path) -> None:
    fault = fault_named("blip")
    record_pair(fault, tmp_path)
    report = diff_traces(tmp_path / "expected.cdt", tmp_path / "actual.cdt")
    assert (report.verdict, [(blip.first, blip.last) for blip in report.blips]) == ("equal", [(fault.tick, fault.tick)])


def test_a_drift_that_shows_hundreds_of_ticks_later_is_traced_back(tmp_path: Path) -> None:
    fault = fault_named("heading-drift")
    record_pair(fault, tmp_path)
    found = []
    for ulps in (1 << 12, 1 << 16, 1 << 18):
        report = diff_traces(tmp_path / "expected.cdt", tmp_path / "actual.cdt", ulps=ulps)
        assert report.lead is not None
        assert report.first_bad_tick is not None
        assert (report.lead.tick, report.lead.subject) == (fault.tick, fault.truth.subject)
        found.append(report.first_bad_tick)
    assert found == sorted(found)
    assert found[1] > fault.tick + 300
    text = render_focus(focus_traces(tmp_path / "expected.cdt", tmp_path / "actual.cdt", ulps=1 << 16))
    assert "At the end of tick 149 all that is sampled is equal" in text


def test_a_fault_leaves_the_runtime_as_it_was(tmp_path: Path) -> None:
    """Faults replace functions of the runtime; a recording after one is like a recording before it."""
    record_pair(fault_named("last-tick"), tmp_path)
    record(load_run(fault_named("last-tick").run, tmp_path), tmp_path / "after.cdt")
    assert (tmp_path / "after.cdt").read_bytes() == (tmp_path / "expected.cdt").read_bytes()


def test_faults_are_listed_and_recorded_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    assert [fault.name for fault in FAULTS if fault.name not in shown] == []
    assert main(["record", "last-tick", str(tmp_path / "new")]) == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "actual.cdt",
        "expected.cdt",
        "survival-120.crd",
    ]
    with TraceReader(tmp_path / "new" / "actual.cdt") as reader:
        assert reader.tick_count == 119
