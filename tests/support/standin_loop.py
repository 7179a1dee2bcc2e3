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


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """One op of a tape: its bytes, the tick it is in, and how deep in calls.

    Of calls, draws and returns also the function's address and the return address.
    """

    data: bytes
    tick: int
    depth: int
    function: int = 0
    caller: int = 0

    @property
    def code(self) -> int:
        return self.data[0]


type Change = Callable[[Op], Iterable[bytes]]


class EditedTape:
    """The ops of a tape, to be written again with some changed. `call` and `draw` make ops that it did not have."""

    def __init__(self, path: Path) -> None:
        tape = path.read_bytes()
        _, _, functions, sites = struct.unpack_from("<8sIII", tape)
        begin = 20 + 16 * functions
        self._magic = tape[:12]
        self._functions = tape[20:begin]
        self.functions = [struct.unpack_from("<I", tape, 20 + 16 * index)[0] for index in range(functions)]
        self.sites: list[tuple[int, int]] = [
            struct.unpack_from("<II", tape, begin + 8 * index) for index in range(sites)
        ]
        self.ops = list(self._ops(tape, begin + 8 * sites))

    def call(self, function: int, caller: int, *arguments: int, result: int = 0) -> bytes:
        """A call and its return; of a method, the object is the first argument."""
        words = struct.pack(f"<{len(arguments)}I", *arguments)
        site = struct.pack("<BHB", CALL, self._site(function, caller), len(arguments))
        return site + words + struct.pack("<BI", RETURN, result & 0xFFFFFFFF)

    def draw(self, function: int, caller: int) -> bytes:
        return struct.pack("<BH", DRAW, self._site(function, caller))

    def moved(self, op: Op) -> bytes:
        """An op of another tape of the same functions, as this one has it."""
        if op.code not in (CALL, DRAW):
            return op.data
        return op.data[:1] + struct.pack("<H", self._site(op.function, op.caller)) + op.data[3:]

    def write(self, path: Path, change: Change) -> None:
        """Every op becomes what `change` makes of it."""
        ops = b"".join(part for op in self.ops for part in change(op))
        counts = struct.pack("<II", len(self.functions), len(self.sites))
        sites = b"".join(struct.pack("<II", *site) for site in self.sites)
        path.write_bytes(self._magic + counts + self._functions + sites + ops)

    def _site(self, function: int, caller: int) -> int:
        site = (caller, self.functions.index(function))
        if site not in self.sites:
            self.sites.append(site)
        return self.sites.index(site)

    def _ops(self, tape: bytes, at: int) -> Iterator[Op]:
        tick = -1
        calls: list[tuple[int, int]] = []
        while at < len(tape):
            code = tape[at]
            size = _SIZES.get(code, 0)
            place = (0, 0)
            if code == WRITE:
                size = 7 + struct.unpack_from("<H", tape, at + 5)[0]
            elif code == CALL:
                size += 4 * tape[at + 3]
            if code in (CALL, DRAW):
                caller, function = self.sites[struct.unpack_from("<H", tape, at + 1)[0]]
                place = (self.functions[function], caller)
            elif code == RETURN:
                place = calls.pop()
            tick += code == TICK
            yield Op(tape[at : at + size], tick, len(calls), *place)
            if code == CALL:
                calls.append(place)
            at += size


def write_op(address: int, content: bytes) -> bytes:
    """Puts bytes into memory, as many ops as that takes."""
    parts = (content[begin : begin + 0xFFFF] for begin in range(0, len(content), 0xFFFF))
    return b"".join(
        struct.pack("<BIH", WRITE, address + 0xFFFF * place, len(part)) + part for place, part in enumerate(parts)
    )
