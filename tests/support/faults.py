"""The seeded faults: a list of them, their recordings, and what the runtime's objects say of each.

`python tests/support/faults.py list`; `... record NAME OUT_DIR` writes `expected.cdt`, `actual.cdt` and the replay;
`... measure NAME` runs both and prints the first tick at which their sessions differ, and how.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

if __name__ == "__main__":
    # pytest's `pythonpath` has it
    sys.path.append(str(Path(__file__).parents[2] / "scripts"))

import faults_draws
import faults_entities
import faults_hidden
import faults_more
import faults_state
import msgspec
from crimson.replay.driver.playback_driver import PlaybackDriver
from fault_kit import Fault, Run, Witness, load_run, record, session_state, stepping

from crimson.dbg.diff import diff_traces

FAULTS: tuple[Fault, ...] = tuple(
    fault
    for module in (faults_draws, faults_state, faults_entities, faults_hidden, faults_more)
    for fault in module.catalogue.faults
)


def fault_named(name: str) -> Fault:
    """The fault of this name."""
    return next(fault for fault in FAULTS if fault.name == name)


def watched_ticks(run: Run) -> frozenset[int]:
    """The ticks of a run at which its faults are judged: each one's own, and the one before."""
    ticks = [fault.tick for fault in FAULTS if fault.run == run]
    return frozenset([*ticks, *(tick - 1 for tick in ticks)])


def record_pair(fault: Fault, folder: Path) -> None:
    """Write the run without the fault, the run with it, and the replay of both."""
    loaded = load_run(fault.run, folder)
    record(loaded, folder / "expected.cdt")
    record(loaded, folder / "actual.cdt", fault)


# Measuring by hand


type Tree = dict[str, Tree] | list[Tree] | str | int | float | bytes | bool | None


class _StateAt(Witness):
    """Keeps one tick's session as a tree."""

    def __init__(self, tick: int) -> None:
        super().__init__(frozenset([tick]))
        self.tree: Tree = None

    def look(self, tick: int, driver: PlaybackDriver) -> None:
        if self.ticks is not None and tick in self.ticks:
            self.tree = msgspec.msgpack.decode(session_state(driver), strict=False)


def _changes(path: str, left: Tree, right: Tree) -> Iterator[str]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left | right:
            yield from _changes(f"{path}.{key}", left.get(key), right.get(key))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (mine, theirs) in enumerate(zip(left, right, strict=True)):
            yield from _changes(f"{path}[{index}]", mine, theirs)
    elif left != right:
        yield f"{path}: {str(left)[:60]} -> {str(right)[:60]}"


def measure(fault: Fault) -> Iterator[str]:
    """What the sessions' objects say of a fault, and then what a comparison of the traces says."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        loaded = load_run(fault.run, folder)
        good, bad = Witness(None), Witness(None)
        record(loaded, folder / "expected.cdt", None, good)
        record(loaded, folder / "actual.cdt", fault, bad)
        differing = sorted(tick for tick in good.seen if good.seen[tick] != bad.seen.get(tick))
        yield f"{fault.name}: {fault.broken}"
        yield f"sessions differ in {len(differing)} of {len(good.seen)} ticks, first {differing[:5]}"
        if differing and differing[0] in bad.seen:
            states = []
            for seeded in (None, fault):
                at = _StateAt(differing[0])
                with stepping(at, seeded):
                    driver = PlaybackDriver(loaded.replay, trace_rng=True, warn_on_version_mismatch=False)
                    for tick in range(differing[0] + 1):
                        driver.step_tick(tick)
                states.append(at.tree)
            yield from list(_changes("", states[0], states[1]))[:40]
        report = diff_traces(folder / "expected.cdt", folder / "actual.cdt")
        yield f"diff: {report.verdict} at {report.first_bad_tick}, {report.blips}, {report.hidden}"
        yield f"lead: {report.lead}"
        yield from (f"  {field.path}: {field.expected} -> {field.actual}" for field in report.fields[:40])
        yield f"truth: {fault.tick} {fault.visible} {fault.truth}"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="seeded faults of the Python runtime")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every fault and the truth about it")
    for command, about in (("record", "write a fault's traces and replay"), ("measure", "what is true of a fault")):
        named = commands.add_parser(command, help=about)
        named.add_argument("name", choices=[fault.name for fault in FAULTS], metavar="NAME")
        if command == "record":
            named.add_argument("out_dir", type=Path)
    options = parser.parse_args(arguments)
    match options.command:
        case "list":
            for fault in FAULTS:
                sys.stdout.write(
                    f"{fault.name:<22}{fault.run.name:<32}{fault.tick:>5}  {fault.truth.kind}: {fault.truth.subject}\n"
                )
                sys.stdout.write(f"{'':<22}{fault.broken}\n")
        case "record":
            options.out_dir.mkdir(parents=True, exist_ok=True)
            record_pair(fault_named(options.name), options.out_dir)
        case "measure":
            sys.stdout.writelines(f"{line}\n" for line in measure(fault_named(options.name)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
