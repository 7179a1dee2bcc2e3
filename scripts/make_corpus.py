"""Make `corpus/` anew: play each plan, record it by the Python runtime, and list what it adds.

It makes the same bytes every time.

`python scripts/make_corpus.py [-j N] [--new]`; with `--new` only plans whose replay is not there yet are played, and
the others are recorded by crimson-zig, whose digest must be the one that the index has.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from crimson.replay.codec import dump_replay_file

from corpus import CORPUS, CorpusEntry, contents, read_index, trace_digest, write_index
from corpus_replays import CORPUS_PLANS
from crimson.dbg.record import record_replay
from crimson.dbg.replay_plans import make_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.trace_coverage import cover
from crimson.dbg.zig_program import zig_program
from crimson.dbg.zig_record import record_by_zig

_PLANS = {plan.name: plan for plan in CORPUS_PLANS}


def played(name: str, known: dict[str, CorpusEntry]) -> tuple[int, str, dict[str, None]]:
    """The ticks, the digest, and all that the run contains."""
    replay = CORPUS / f"{name}.crd"
    with tempfile.TemporaryDirectory() as scratch:
        trace = Path(scratch) / "trace.cdt"
        if name in known:
            record_by_zig(replay, trace)
        else:
            dump_replay_file(replay, make_replay(_PLANS[name]))
            record_replay(load_replay(replay), trace)
        ticks, digest = trace_digest(trace)
        if name in known and known[name].digest != digest:
            raise SystemExit(f"{name}: crimson-zig and the index differ")
        return ticks, digest, contents(cover([trace]).report())


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="make corpus/ anew")
    parser.add_argument("--new", action="store_true", help="keep the replays that are there")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    CORPUS.mkdir(exist_ok=True)
    known = {entry.name: entry for entry in read_index() if entry.name in _PLANS} if options.new else {}
    zig_program()
    entries: list[CorpusEntry] = []
    before: dict[str, None] = {}
    with ProcessPoolExecutor(options.jobs) as pool:
        results = pool.map(partial(played, known=known), _PLANS)
        for name, (ticks, digest, found) in zip(_PLANS, results, strict=True):
            adds = tuple(fact for fact in found if fact not in before)
            before |= found
            entries.append(CorpusEntry(name, ticks, digest, adds))
            sys.stdout.write(f"{name:<44}{ticks:>6} ticks, adds {len(adds)}\n")
            sys.stdout.flush()
    write_index(tuple(entries))
    for stale in {path.stem for path in CORPUS.glob("*.crd")} - set(_PLANS):
        (CORPUS / f"{stale}.crd").unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
