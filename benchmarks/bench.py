"""What this project must reach, measured as ratios in one run; `just bench`.

The two sides of a ratio take turns, and the least CPU time of each counts, since other work on the machine only adds
to it.
The peer is the `dbg` of crimsonland 0.10.0, installed into an environment of its own where packages can be had.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "support")]

import agent  # noqa: E402
import numpy as np  # noqa: E402
import sweep  # noqa: E402
import synthetic  # noqa: E402
from crimson.replay.codec import dump_replay_file  # noqa: E402
from crimson.replay.driver.playback_driver import PlaybackDriver  # noqa: E402

from capture_replays import BENCH_PLAN, PLANS  # noqa: E402
from corpus import CORPUS, read_index  # noqa: E402
from crimson.dbg.container import TICKS_PER_CHUNK  # noqa: E402
from crimson.dbg.diff import diff_traces  # noqa: E402
from crimson.dbg.layout import TABLE_BY_NAME  # noqa: E402
from crimson.dbg.record import record_replay  # noqa: E402
from crimson.dbg.replay_plans import make_replay  # noqa: E402
from crimson.dbg.replays import LoadedReplay, load_replay  # noqa: E402
from crimson.dbg.rows import TableRows  # noqa: E402
from crimson.dbg.trace import TraceReader  # noqa: E402
from crimson.dbg.trace_writer import TraceWriter  # noqa: E402
from crimson.dbg.zig_program import zig_program  # noqa: E402

PEER = "crimsonland==0.10.0"
# Pools that are nearly full.
_CROWD = next(plan for plan in PLANS if plan.name == "rush-4p")


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    measured: str
    target: str
    reached: bool | None


def _cpu(action: Callable[[], None]) -> float:
    begin = time.process_time()
    action()
    return time.process_time() - begin


def _run(*command: str | Path, codes: Sequence[int] = (0,)) -> tuple[float, int]:
    """User CPU seconds and peak memory (KiB) of a whole process that ends with one of these exit codes."""
    code = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)\n"
        f"if done.returncode not in {tuple(codes)}: sys.exit(done.stderr or 'no message')\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime, used.ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr.strip()}")
    seconds, peak = done.stdout.split()
    return float(seconds), int(peak)


def _least(rounds: int, *command: str | Path) -> tuple[float, int]:
    runs = [_run(*command) for _ in range(rounds)]
    return min(run[0] for run in runs), max(run[1] for run in runs)


def _record_beside_bare(loaded: LoadedReplay, trace: Path) -> tuple[list[float], list[float]]:
    """CPU seconds of successive slices of a recording, and of the same ticks without one, taken in turns."""
    recorded: list[float] = []
    stepped: list[float] = []
    driver = PlaybackDriver(loaded.replay, warn_on_version_mismatch=False)
    position = 0
    mark = time.process_time()

    def progress(done: int, _total: int) -> None:
        nonlocal position, mark
        recorded.append(time.process_time() - mark)
        first, position = position, done
        stepped.append(_cpu(lambda: driver.walk_ticks(start_tick=first, stop_tick=done)))
        mark = time.process_time()

    record_replay(loaded, trace, progress=progress)
    recorded.append(time.process_time() - mark)
    return recorded, [*stepped, 0.0]


def record_rows(work: Path, rounds: int) -> Iterator[Row]:
    """Recording against the bare re-simulation, and the size of what it writes."""
    replay = work / "bench.crd"
    dump_replay_file(replay, make_replay(BENCH_PLAN))
    loaded, trace = load_replay(replay), work / "bench.cdt"

    slices = [_record_beside_bare(loaded, trace) for _ in range(rounds)]
    # The least of each slice over the rounds: a busy moment of the machine spoils one slice, not the ratio.
    record_time = sum(min(times) for times in zip(*(recorded for recorded, _ in slices), strict=True))
    bare_time = sum(min(times) for times in zip(*(stepped for _, stepped in slices), strict=True))
    with TraceReader(trace) as reader:
        ticks = reader.tick_count
        creatures = sum(len(reader.tables(entry)["entity_samples.creatures"]) for entry in reader.tick_entries) / ticks
    ratio, size = record_time / bare_time, trace.stat().st_size / ticks
    rate = f"{ticks / record_time:.0f} against {ticks / bare_time:.0f} ticks/s, {creatures:.0f} creatures a tick"
    yield Row("record against bare re-simulation", f"{ratio:.3f}  ({rate})", "at most 1.10", ratio <= 1.10)
    yield Row("trace size", f"{size:.0f} bytes a tick", "at most 500", size <= 500)


def diff_rows(work: Path, rounds: int, tool: Path, peer: Path | None) -> Iterator[Row]:
    """Comparing two equal traces, as whole processes."""
    trace, copy = work / "bench.cdt", work / "copy.cdt"
    shutil.copyfile(trace, copy)
    old = None if peer is None else _peer_trace(work, peer)
    our_runs, their_runs = [], []
    for _ in range(rounds):
        our_runs += [_run(tool, "diff", trace, copy) for _ in range(4)]
        if peer is not None and old is not None:
            their_runs.append(_run(peer.with_name("crimson"), "dbg", "diff", old, old))
    ours, our_peak = min(run[0] for run in our_runs), max(run[1] for run in our_runs)
    yield Row("diff of equal traces, whole process", f"{ours:.3f} s user, {our_peak // 1024} MB", "see below", None)
    if old is None:
        yield Row("the same, peer", "could not be installed", "", None)
        return
    theirs, peak = min(run[0] for run in their_runs), max(run[1] for run in their_runs)
    size = old.stat().st_size / BENCH_PLAN.max_ticks
    yield Row("the same, peer", f"{theirs:.3f} s user, {peak // 1024} MB; {size:.0f} bytes a tick", "", None)
    yield Row("peer's time over ours", f"{theirs / ours:.1f} times", "at least 20", theirs / ours >= 20)


def _peer_trace(work: Path, peer: Path) -> Path:
    inputs, replay, trace = work / "inputs.json", work / "peer.crd", work / "peer.cdt"
    ticks = load_replay(work / "bench.crd").replay.ticks
    inputs.write_text(json.dumps([list(tick.inputs[0]) for tick in ticks]))
    script = Path(__file__).with_name("peer_replay.py")
    _run(peer, script, inputs, str(BENCH_PLAN.spec.seed), replay)
    _run(peer.with_name("crimson"), "dbg", "record", replay, "--out", trace)
    return trace


def _install(folder: Path, requirement: str) -> Path | None:
    """The python of a fresh environment with this requirement, as a user would install it; None when it fails."""
    python = folder / "bin" / "python"
    for command in (
        ["uv", "venv", "-q", "--python", "3.13", str(folder)],
        ["uv", "pip", "install", "-q", "--python", str(python), requirement],
    ):
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return None
    return python


def scaling_rows(work: Path, rounds: int) -> Iterator[Row]:
    """Time and memory of a diff against the number of ticks."""
    paths = [work / f"long{chunks}.cdt" for chunks in (200, 800)]
    for path, chunks in zip(paths, (200, 800), strict=True):
        _write_long(path, chunks)
    times = [[_cpu(lambda path=path: _same(path)) for path in paths] for _ in range(rounds * 3)]
    short, long = (min(column) for column in zip(*times, strict=True))
    growth = long / short
    peaks = [_run(sys.executable, "-c", _DIFF_CODE, path, path)[1] for path in paths]
    memory = peaks[1] / peaks[0]
    yield Row("diff, time for 4 times the ticks", f"{growth:.2f} times", "linear: about 4", growth < 5)
    yield Row("diff, memory for 4 times the ticks", f"{memory:.2f} times", "flat: about 1", memory < 1.1)


def _same(path: Path) -> None:
    if not diff_traces(path, path).ok:
        raise RuntimeError(f"{path} differs from itself")


_DIFF_CODE = (
    "import sys\nfrom pathlib import Path\nfrom crimson.dbg.diff import diff_traces\n"
    "diff_traces(Path(sys.argv[1]), Path(sys.argv[2]))\n"
)


def _write_long(path: Path, chunks: int) -> None:
    with path.open("wb") as file:
        writer = TraceWriter(file, synthetic.meta())
        writer.write_tables(synthetic.tables_of(-1, -1), -1, -1)
        for chunk in range(chunks):
            first = chunk * TICKS_PER_CHUNK
            writer.write_tables(
                synthetic.tables_of(first, first + TICKS_PER_CHUNK - 1), first, first + TICKS_PER_CHUNK - 1
            )
        writer.finish()


_FOCUS_CHUNKS = 79
_FOCUS_BAD_TICK = 15_000


def focus_rows(work: Path, rounds: int, tool: Path) -> Iterator[Row]:
    """From two traces of 20,000 ticks, of which one drifts from tick 15,000 on, to the report; as whole processes."""
    expected, actual = work / "focus-expected.cdt", work / "focus-actual.cdt"
    _write_tiled(work / "bench.cdt", expected, None)
    _write_tiled(work / "bench.cdt", actual, _FOCUS_BAD_TICK)
    same = work / "focus-same.cdt"
    shutil.copyfile(expected, same)
    looks, plain = [], []
    for _ in range(rounds):
        looks.append(_run(tool, "focus", expected, actual, codes=(1,)))
        plain.append(_run(tool, "diff", expected, same))
    took, peak = min(run[0] for run in looks), max(run[1] for run in looks)
    ratio = took / min(run[0] for run in plain)
    ticks = _FOCUS_CHUNKS * TICKS_PER_CHUNK
    measured = f"{took:.2f} s user, {peak // 1024} MB ({ratio:.1f} times an equal diff of {ticks} ticks)"
    yield Row("first bad tick to focus report, cold", measured, "", None)


def _write_tiled(source: Path, out: Path, bad: int | None) -> None:
    """The whole chunks of a trace over and over; from the tick `bad` on one creature's x is one ulp off."""
    table = TABLE_BY_NAME["entity_samples.creatures"]
    column = table.positions["pos.x"]
    with TraceReader(source) as reader, out.open("wb") as file:
        writer = TraceWriter(file, reader.meta)
        writer.write_tables(reader.tables(reader.setup_entry), -1, -1)
        whole = reader.tick_entries[:-1]
        for chunk in range(_FOCUS_CHUNKS):
            entry, first = whole[chunk % len(whole)], chunk * TICKS_PER_CHUNK
            shift = first - entry.first
            tables = {name: TableRows(rows.ticks + shift, rows.columns) for name, rows in reader.tables(entry).items()}
            rows = tables[table.name]
            if bad is not None and bad < first + TICKS_PER_CHUNK:
                drifted = rows.columns[column].copy()
                begins = np.flatnonzero((np.diff(rows.ticks, prepend=-1) != 0) & (rows.ticks >= bad))
                drifted[begins] += 1
                columns = (*rows.columns[:column], drifted, *rows.columns[column + 1 :])
                tables[table.name] = TableRows(rows.ticks, columns)
            writer.write_tables(tables, first, first + TICKS_PER_CHUNK - 1)
        writer.finish()


def plugin_row(work: Path) -> Row:
    """The slowest parity item of a run whose candidate traces are all there, without the process's first item."""
    captures, log = work / "captures", work / "report.jsonl"
    captures.mkdir()
    for name in _CACHED_CAPTURES:
        for suffix in ("cdt", "crd"):
            shutil.copy(ROOT / "captures" / f"{name}.{suffix}", captures)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--parity=python",
        captures,
        "--parity-cache",
        work / "traces",
        "-p",
        "no:xdist",
    ]
    _run(*command)
    _run(*command, "--report-log", log)
    seconds: dict[str, float] = {}
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        if entry.get("$report_type") == "TestReport" and entry["nodeid"].endswith("::parity-python"):
            seconds[entry["nodeid"]] = seconds.get(entry["nodeid"], 0.0) + entry["duration"]
    slowest = max(list(seconds.values())[1:])
    rest = f"of {len(seconds) - 1}, slowest; {max(seconds.values()) * 1000:.0f} ms with the process's first"
    return Row("plugin, item that hits the cache", f"{slowest * 1000:.1f} ms ({rest})", "under 30 ms", slowest < 0.030)


# Up to 6,041 ticks.
_CACHED_CAPTURES = ("quest-1-1", "quest-4-8-2p", "survival", "tutorial", "typo")


def sweep_rows(work: Path, rounds: int) -> Iterator[Row]:
    """A sweep over many short captures, and what the recorder process adds to a recording."""
    captures = work / "sweep"
    sweep.make_captures(captures)
    # In turns, each with an empty cache.
    walls = [[sweep.sweep(captures, work / f"{n}-{turn}", "-n", n) for n in ("1", "2")] for turn in range(rounds)]
    one, two = (min(column) for column in zip(*walls, strict=True))
    rate = sweep.cached_items_per_second(captures, work / "2-0", work / "sweep.jsonl")
    apart, here = sweep.recorded_in_turns(work / "bench.crd", work, rounds)
    yield Row("items that hit the cache", f"{rate:.0f} items/s, of {sweep.CAPTURES}", "", None)
    yield Row("sweep of 100, one worker over two", f"{one / two:.2f} times  ({one:.1f} s and {two:.1f} s)", "", None)
    yield Row("recorder process over in process", f"{apart / here:.3f}  ({apart:.2f} s and {here:.2f} s)", "", None)


def agent_rows(work: Path, rounds: int) -> Iterator[Row]:
    """The Frida agent on the 32-bit stand-in: alone, and with its host."""
    usual, more_draws, crowd = agent.Load(50, 30), agent.Load(50, 130), agent.Load(250, 100)
    times: dict[agent.Load, tuple[float, float]] = {}
    for load in (usual, more_draws, crowd):
        tape = work / "load.tape"
        agent.write_tape(tape, load)
        times[load] = agent.unhooked_seconds(tape, rounds), agent.hooked_seconds(tape, rounds)
    rate = agent.TICKS / times[usual][1]
    yield Row("agent, 50 creatures, 30 draws a tick", f"{rate:.0f} ticks/s", "at least 3000", rate >= 3000)
    for load in (usual, crowd):
        bare, hooked = times[load]
        yield Row(
            f"agent's overhead, {load.creatures} creatures, {load.draws} draws",
            f"{(hooked - bare) / agent.TICKS * 1e6:.0f} us a tick, {agent.TICKS / hooked:.0f} against "
            f"{agent.TICKS / bare:.0f} ticks/s",
            "",
            None,
        )
    each = (times[more_draws][1] - times[usual][1]) / agent.TICKS / (more_draws.draws - usual.draws)
    yield Row("agent, a draw more", f"{each * 1e6:.2f} us", "", None)
    agent.write_tape(work / "load.tape", usual, agent.TICKS // 10)
    script = agent.hooked_seconds(work / "load.tape", 1, native=False) * 10
    yield Row("agent, C against JavaScript", f"{script / times[usual][1]:.1f} times", "", None)
    for name, plan, ticks in (("survival", BENCH_PLAN, 4200), ("rush, four players", _CROWD, 1200)):
        found = agent.captured(make_replay(replace(plan, max_ticks=ticks)), work)
        yield Row(
            f"capture of {name}",
            f"{found.ticks / found.seconds:.0f} ticks/s, {found.creatures:.0f} creatures and {found.draws:.0f} draws a "
            f"tick: {found.report.text_bytes // found.ticks} bytes, {found.report.file_bytes // found.ticks} packed",
            "",
            None,
        )


def zig_rows(work: Path, rounds: int, tool: Path) -> Iterator[Row]:
    """The Zig candidate against the Python one: whole processes, user time, on the same replays."""
    program = zig_program()
    wanted = ("rush", "rush-4p", "quest-5-7", "tutorial", "typo")
    for plan in (BENCH_PLAN, *(plan for plan in PLANS if plan.name in wanted)):
        name = plan.name
        replay, trace, again = work / f"{name}.crd", work / f"{name}.cdt", work / f"{name}-zig.cdt"
        dump_replay_file(replay, make_replay(plan))
        python, _ = _least(max(1, rounds - 1), tool, "record", replay, "--out", trace)
        zig, peak = _least(rounds * 2, program, "record", replay, "--out", again)
        ratio = python / zig
        yield Row(
            f"Zig record of {name}",
            f"{ratio:.0f} times as fast  ({zig:.2f} s against {python:.2f} s, {peak // 1024} MB)",
            "at least 50",
            ratio >= 50,
        )
        if name == "tutorial":
            # As few creatures at its end as in the middle, so that only the number of ticks differs.
            _, less = _least(1, program, "record", replay, "--out", work / "half.cdt", "--until", "3000")
            told = f"{peak / less:.2f} times  ({peak // 1024} MB against {less // 1024} MB)"
            yield Row("Zig's memory, all ticks against half of them", told, "at most 1.1", peak <= less * 1.1)
    traces = work / "rush.cdt", work / "rush-zig.cdt"
    python, _ = _least(rounds * 2, tool, "diff", *traces)
    zig, _ = _least(rounds * 2, program, "diff", *traces)
    yield Row("Zig diff of equal traces", f"{python / zig:.0f} times  ({zig:.3f} s against {python:.3f} s)", "", None)
    yield _corpus_row(work, program)


def _corpus_row(work: Path, program: Path) -> Row:
    entries = read_index()
    ticks = sum(entry.ticks for entry in entries)
    replays = [CORPUS / f"{entry.name}.crd" for entry in entries]
    seconds = sum(_least(1, program, "record", replay, "--out", work / "zig.cdt")[0] for replay in replays)
    return Row("Zig record of the corpus", f"{seconds:.1f} s for {len(entries)} replays, {ticks} ticks", "", None)


def start_row(rounds: int, tool: Path) -> Row:
    seconds, _ = _least(rounds * 2, tool, "--help")
    return Row("command start, --help", f"{seconds:.3f} s user", "under 0.25", seconds < 0.25)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="measure what this project must reach")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", type=Path, help=f"python of an environment that has {PEER}")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        peer = options.peer or _install(work / "peer", PEER)
        # From a wheel, as users have it: an editable install adds its own finder to each start.
        ours = _install(work / "ours", str(ROOT))
        tool = (ours or Path(sys.executable)).with_name("crimson-dbg")
        rows: list[Row] = []
        for group in (
            record_rows(work, options.rounds),
            diff_rows(work, options.rounds, tool, peer),
            scaling_rows(work, options.rounds),
            focus_rows(work, options.rounds, tool),
            iter((start_row(options.rounds, tool), plugin_row(work))),
            sweep_rows(work, options.rounds),
            agent_rows(work, options.rounds),
            zig_rows(work, options.rounds, tool),
        ):
            for row in group:
                rows.append(row)
                mark = "" if row.reached is None else "reached" if row.reached else "MISSED"
                sys.stdout.write(f"{row.what:<38}{row.measured:<60}{row.target:<18}{mark}\n")
                sys.stdout.flush()
    sys.stdout.write(f"peak memory of this run: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
