"""The agent on the stand-in: how fast it lets the target run, what a draw costs, and how much it writes."""

from __future__ import annotations

import json
import struct
import time
from dataclasses import dataclass
from pathlib import Path

import agent_rig as rig
from crimson.replay.types import Replay

from crimson.dbg.capture_lines import CaptureLines
from crimson.dbg.capture_rows import CapturedTick
from crimson.dbg.original.agent_config import AgentConfig
from crimson.dbg.original.capture_config import memory_regions
from crimson.dbg.original.layout import standin_layout
from crimson.dbg.report import CaptureReport
from crimson.dbg.standin.replay_tape import make_tape
from crimson.dbg.standin.run import capture_tape

TICKS = 4000
# More than any run has messages: the target is not to wait for its host.
_ENDLESS = 1 << 20


@dataclass(frozen=True, slots=True)
class Load:
    """What happens in every tick: creatures that change, and draws."""

    creatures: int
    draws: int


def write_tape(path: Path, load: Load, ticks: int = TICKS) -> None:
    creatures = rig.pool("creatures")
    with rig.play_file(path) as play:
        play.setup()
        for tick in range(ticks):
            with play.tick():
                for _ in range(load.draws - 1):
                    play.draw()
                for slot in range(load.creatures):
                    slot_bytes = struct.pack("<I", tick + 1) + bytes(creatures.slot_size - 4)
                    play.tape.write(creatures.address + slot * creatures.slot_size, slot_bytes)
        play.tape.end()


def unhooked_seconds(tape: Path, rounds: int) -> float:
    """The least time that the stand-in takes by itself."""
    return min(_seconds(_played(tape)) for _ in range(rounds))


def hooked_seconds(tape: Path, rounds: int, *, native: bool = True) -> float:
    """The least time that it takes with the agent in; what the host does with the records does not count."""
    settings: AgentConfig = rig.config(
        memory_regions(standin_layout()), ring_bytes=16 << 20, window=_ENDLESS, native=native
    )
    return min(_seconds(rig.capture(tape, settings, "--stats").output) for _ in range(rounds))


def _played(tape: Path) -> str:
    with rig.standin(tape, "--stats") as target:
        target.go()
        return target.finish()[1]


def _seconds(output: str) -> float:
    found: dict[str, int] = json.loads(output)
    return found["nanoseconds"] / 1e9


@dataclass(frozen=True, slots=True)
class Captured:
    """A capture by agent and host together, and how long it took."""

    report: CaptureReport
    seconds: float
    ticks: int
    creatures: float
    draws: float


def captured(replay: Replay, folder: Path) -> Captured:
    """Capture a run as fast as the host can follow."""
    tape, raw = folder / "run.tape", folder / "run.jsonl.zst"
    raw.unlink(missing_ok=True)
    make_tape(replay, tape, where="the benchmark's replay")
    begin = time.monotonic()
    report = capture_tape(tape, raw, session_id="benchmark")
    seconds = time.monotonic() - begin
    records = [line.row.record for line in CaptureLines(raw) if isinstance(line.row, CapturedTick)]
    creatures = sum(len(record.entity_samples.creatures) for record in records)
    draws = sum(len(record.rng_stream) for record in records)
    return Captured(report, seconds, len(records), creatures / len(records), draws / len(records))
