"""The closed loop: replay, tape, stand-in under Frida, capture, finalize, and the recording that must equal it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard
from crimson.replay.codec import dump_replay_file
from crimson.replay.types import Replay

from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.report import CaptureReport
from crimson.dbg.standin.replay_tape import make_tape
from crimson.dbg.standin.run import capture_tape
from crimson.dbg.trace import TraceReader


def captured(replay: Replay, folder: Path, *, ticks: int | None = None, native: bool = True) -> CaptureReport:
    """The capture `run.jsonl.zst` in `folder` of a replay's run, or of its first ticks."""
    tape = folder / "run.tape"
    make_tape(replay, tape, where="the replay", ticks=ticks)
    return capture_tape(tape, folder / "run.jsonl.zst", session_id="a test's", native=native)


def finalized(folder: Path, raw: str = "run.jsonl.zst") -> Path:
    """The trace that a capture is finalized to; its replay lies beside it."""
    (run,) = finalize_capture(folder / raw, folder / "final", name="run").runs
    return Path(run.trace)


def recorded(replay: Path, out: Path) -> Path:
    """The Python runtime's trace of a replay."""
    record_replay(load_replay(replay), out)
    return out


def raw_chunks(trace: Path) -> list[bytes]:
    """Every INIT and TICK chunk, inflated and hashed."""
    with TraceReader(trace) as reader:
        return [reader.raw(entry) for entry in (reader.setup_entry, *reader.tick_entries)]


def raw_text(path: Path) -> bytes:
    """The text of a capture."""
    with path.open("rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read()


def save(replay: Replay, path: Path) -> Path:
    dump_replay_file(path, replay)
    return path


# Tapes, op by op

_SIZES = {2: 4, 3: 5, 4: 3, 5: 9, 6: 1, 7: 1, 8: 1}
WRITE, CALL, RETURN, DRAW, TICK, END, DIE = 1, 2, 3, 4, 6, 7, 8


@dataclass(frozen=True, slots=True)
class Op:
    """One op of a tape: its bytes, the tick it is in, and how deep in calls."""

    data: bytes
    tick: int
    depth: int

    @property
    def code(self) -> int:
        return self.data[0]


class EditedTape:
    """The ops of a tape, to be written again with some changed."""

    def __init__(self, path: Path) -> None:
        tape = path.read_bytes()
        _, _, functions, sites = struct.unpack_from("<8sIII", tape)
        begin = 20 + 16 * functions
        self.functions = [struct.unpack_from("<I", tape, 20 + 16 * index)[0] for index in range(functions)]
        self.sites = [struct.unpack_from("<II", tape, begin + 8 * index) for index in range(sites)]
        begin += 8 * sites
        self._header = tape[:begin]
        self.ops = list(_ops(tape, begin))

    def function_of(self, op: Op) -> int:
        """The address of the function that a call or draw goes to."""
        return self.functions[self.sites[struct.unpack_from("<H", op.data, 1)[0]][1]]

    def write(self, path: Path, change: Callable[[Op], Iterable[bytes]]) -> None:
        """Every op becomes what `change` makes of it."""
        path.write_bytes(self._header + b"".join(part for op in self.ops for part in change(op)))


def _ops(tape: bytes, at: int) -> Iterator[Op]:
    tick, depth = -1, 0
    while at < len(tape):
        code = tape[at]
        size = _SIZES.get(code, 0)
        if code == WRITE:
            size = 7 + struct.unpack_from("<H", tape, at + 5)[0]
        elif code == CALL:
            size += 4 * tape[at + 3]
        tick += code == TICK
        depth -= code == RETURN
        yield Op(tape[at : at + size], tick, depth)
        depth += code == CALL
        at += size


def write_op(address: int, content: bytes) -> bytes:
    return struct.pack("<BIH", WRITE, address, len(content)) + content
