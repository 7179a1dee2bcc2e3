"""Make `captures/` anew: plan, play, and capture the run from the stand-in by Frida. The same bytes every time.

`python scripts/make_captures.py [--out DIR] [NAME ...]`; with `--check` nothing is written and a difference from what
is there ends in exit code 1.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from crimson.replay.codec import dump_replay_file

from capture_replays import PLANS
from crimson.dbg.replay_plans import ReplayPlan, make_replay
from crimson.dbg.standin.capture_replay import run_standin

CAPTURES = Path(__file__).parent.parent / "captures"


def capture_plans() -> tuple[ReplayPlan, ...]:
    """The plans that the original could have played; it has no custom quests."""
    return tuple(plan for plan in PLANS if plan.spec.custom_quest is None)


def make_capture(name: str, out: Path) -> int:
    """Play the plan of this name, capture it and finalize the capture into `out`; returns its ticks."""
    plan = next(plan for plan in capture_plans() if plan.name == name)
    with tempfile.TemporaryDirectory() as scratch:
        replay = Path(scratch) / f"{plan.name}.crd"
        dump_replay_file(replay, make_replay(plan))
        (run,) = run_standin(replay, Path(scratch) / "out").finalized.runs
        # finalize would not replace the captures of other plans
        out.mkdir(parents=True, exist_ok=True)
        for made in (run.trace, run.replay):
            shutil.copyfile(made, out / Path(made).name)
    return run.ticks


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="make captures/ anew")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these captures")
    parser.add_argument("--out", type=Path, default=CAPTURES)
    parser.add_argument("--check", action="store_true", help="compare with what is there")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    known = [plan.name for plan in capture_plans()]
    unknown = sorted(set(options.names) - set(known))
    if unknown:
        parser.error(f"there is no capture {', '.join(unknown)}; there are {', '.join(known)}")
    names = options.names or known
    # Frida has threads, which a forked process would lack.
    processes = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as scratch, ProcessPoolExecutor(options.jobs, processes) as pool:
        target = Path(scratch) if options.check else options.out
        for name, ticks in zip(names, pool.map(partial(make_capture, out=target), names), strict=True):
            sizes = [(target / f"{name}.{suffix}").stat().st_size for suffix in ("cdt", "crd")]
            sys.stdout.write(f"{name:<28}{ticks:>6} ticks{sizes[0]:>10} + {sizes[1]} bytes\n")
        return _compare(target, options.out, names) if options.check else 0


def _compare(made: Path, there: Path, names: Sequence[str]) -> int:
    other = []
    for file in (f"{name}.{suffix}" for name in names for suffix in ("cdt", "crd")):
        present = there / file
        if not present.exists() or present.read_bytes() != (made / file).read_bytes():
            other.append(file)
    sys.stdout.write("".join(f"differs: {file}\n" for file in other))
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
