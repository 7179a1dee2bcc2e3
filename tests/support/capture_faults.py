"""Faults of a captured process: a run's tape with something changed, and what must be left of its capture."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from short_replays import replay_of
from standin_loop import DRAW, RETURN, WRITE, Change, EditedTape, Op, raw_chunks, recorded, save, write_op

from crimson.dbg.errors import CaptureProblem
from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.lcg import next_state
from crimson.dbg.original.agent_config import RING_BYTES
from crimson.dbg.original.layout import standin_layout
from crimson.dbg.report import CaptureReport
from crimson.dbg.standin.replay_tape import make_tape
from crimson.dbg.standin.run import capture_tape
from crimson.dbg.standin.tape import SEED

LAYOUT = standin_layout()
RAND = LAYOUT.function("crt_rand").place
UPDATE = LAYOUT.function("gameplay_update_and_render").place


def function(name: str) -> int:
    return LAYOUT.function(name).place


def variable(name: str) -> int:
    return LAYOUT.variable(name).place


class Scene:
    """The first ticks of a plan's run: its tape, and what the runtime records of it."""

    def __init__(self, name: str, ticks: int, folder: Path) -> None:
        self.name = name
        self.ticks = ticks
        self.folder = folder
        self.replay = replay_of(name, ticks)
        tape = folder / f"{name}-{ticks}.tape"
        make_tape(self.replay, tape, where=name)
        self.tape = EditedTape(tape)
        self._chunks: dict[int, list[bytes]] = {}

    def recording(self, ticks: int) -> Path:
        """The runtime's trace of so many ticks."""
        trace = self.folder / f"{self.name}-{ticks}.cdt"
        if not trace.exists():
            recorded(save(replay_of(self.name, ticks), trace.with_suffix(".crd")), trace)
        return trace

    def chunks(self, ticks: int) -> list[bytes]:
        """The raw chunks of that trace."""
        if ticks not in self._chunks:
            self._chunks[ticks] = raw_chunks(self.recording(ticks))
        return self._chunks[ticks]

    def edited(self, path: Path, change: Change) -> Path:
        self.tape.write(path, change)
        return path

    # Changes

    def in_update(self, tick: int, *ops: bytes) -> Change:
        """Something more at the end of an update."""

        def change(op: Op) -> Iterable[bytes]:
            ends = op.code == RETURN and op.function == UPDATE and op.tick == tick
            return (*ops, op.data) if ends else (op.data,)

        return change

    def before_tick(self, tick: int, *ops: bytes) -> Change:
        """Something more at the end of the tick before."""
        first = next(op for op in self.tape.ops if op.tick == tick)
        return lambda op: (*ops, op.data) if op is first else (op.data,)

    def before_run(self, *ops: bytes) -> Change:
        """Something more before the run's first draw."""
        first = next(op for op in self.tape.ops if op.code == DRAW)
        return lambda op: (*ops, op.data) if op is first else (op.data,)

    def until(self, tick: int, *ops: bytes) -> Change:
        """An end within a tick's update."""
        end = next(op for op in self.tape.ops if op.code == RETURN and op.function == UPDATE and op.tick == tick)
        past = self.tape.ops.index(end)
        before = set(self.tape.ops[:past])

        def change(op: Op) -> Iterable[bytes]:
            if op is end:
                return ops
            return (op.data,) if op in before else ()

        return change

    def without(self, *ops: Op) -> Change:
        return lambda op: () if op in ops else (op.data,)

    def returning(self, call: Op, result: int) -> Change:
        """Another result of a call."""
        (_, end) = self.whole(call)
        return lambda op: (struct.pack("<BI", RETURN, result & 0xFFFFFFFF),) if op is end else (op.data,)

    # Ops

    def first(self, name: str, tick: int = 0, *, caller: int = 0) -> Op:
        """The first call of a function from a tick on."""
        address = function(name)
        return next(
            op
            for op in self.tape.ops
            if op.tick >= tick and op.function == address and op.code != RETURN and caller in (0, op.caller)
        )

    def whole(self, call: Op) -> tuple[Op, Op]:
        """A call and its return."""
        later = self.tape.ops[self.tape.ops.index(call) :]
        return call, next(op for op in later if op.code == RETURN and op.depth == call.depth)

    def unseen_draw(self, tick: int) -> Change:
        """A tick's first draw is made without a call: the state steps all the same."""
        left_out = next(op for op in self.tape.ops if op.code == DRAW and op.tick == tick)
        state = 0
        for op in self.tape.ops:
            if op.code == WRITE and op.data[1:5] == SEED.to_bytes(4, "little"):
                state = int.from_bytes(op.data[7:11], "little")
            if op.code == DRAW:
                state = next_state(state)
            if op is left_out:
                break
        return lambda op: (write(SEED, "<I", state),) if op is left_out else (op.data,)


@cache
def _scene(name: str, ticks: int, folder: Path) -> Scene:
    return Scene(name, ticks, folder)


class Scenes:
    """Scenes in a folder, each made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str, ticks: int) -> Scene:
        return _scene(name, ticks, self._folder)


def write(address: int, form: str, *values: float) -> bytes:
    return write_op(address, struct.pack(form, *values))


def unchanged(op: Op) -> Iterator[bytes]:
    yield op.data


def refused(tape: Path, folder: Path, *, ring_bytes: int = RING_BYTES) -> str:
    """Why the capture of a tape ended; what came before is in `run.jsonl.zst`."""
    out = folder / "run.jsonl.zst"
    try:
        capture_tape(tape, out, session_id="a test's", ring_bytes=ring_bytes)
    except CaptureProblem as problem:
        return str(problem).replace(str(folder), "FOLDER")
    raise AssertionError("the capture went well")


def accepted(tape: Path, folder: Path) -> CaptureReport:
    return capture_tape(tape, folder / "run.jsonl.zst", session_id="a test's")


def kept(scene: Scene, raw: Path) -> int:
    """How many ticks of a run can be had of what is left of its capture; they equal the recording's to the byte."""
    (run,) = finalize_capture(raw, raw.parent / "kept", name="run").runs
    assert raw_chunks(Path(run.trace)) == scene.chunks(run.ticks)
    return run.ticks
