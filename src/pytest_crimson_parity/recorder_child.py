"""The recorder process: records with the runtime of its environment what a pytest process asks for.

Requests come by standard input and replies leave by standard output; what the runtime prints goes to standard error.
It ends when its input does, in the middle of a recording as well: then the process that asked is gone.
"""

from __future__ import annotations

import faulthandler
import os
import queue
import threading
import traceback
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from crimson.dbg.builds import build_identity
from crimson.dbg.early_stop import LiveComparison
from crimson.dbg.errors import ParityError
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.trace import TraceReader
from pytest_crimson_parity.libm import math_identity
from pytest_crimson_parity.recorder_messages import (
    RECORDING_BEGINS,
    REQUESTS,
    Done,
    Fault,
    Message,
    Ready,
    Refused,
    Request,
    Ticks,
    to_line,
)
from pytest_crimson_parity.recording import Extent, Until, UntilDiverged


def main() -> None:
    requests, replies = _take_pipes()
    faulthandler.enable(all_threads=False)
    inbox: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, inbox), daemon=True).start()
    _send(replies, Ready(build_identity(), math_identity()))
    while True:
        request = inbox.get()
        os.write(2, RECORDING_BEGINS)
        try:
            reply: Message = Done(_record(request, replies))
        except ParityError as problem:
            reply = Refused.of(problem)
        except Exception:
            _send(replies, Fault(traceback.format_exc()))
            raise
        _send(replies, reply)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for messages only: whatever else runs here reads nothing and prints elsewhere."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(requests, "rb"), os.fdopen(replies, "wb")


def _listen(requests: BinaryIO, inbox: queue.SimpleQueue[Request]) -> None:
    tick_file = None
    for line in requests:
        request = REQUESTS.decode(line)
        tick_file = Path(request.tick_file)
        inbox.put(request)
    if tick_file is not None:
        tick_file.unlink(missing_ok=True)
    os._exit(0)


def _send(replies: BinaryIO, message: Message) -> None:
    with suppress(BrokenPipeError):  # the end of the requests is about to be noticed
        replies.write(to_line(message))
        replies.flush()


def _record(request: Request, replies: BinaryIO) -> Extent:
    loaded = load_replay(Path(request.replay))
    with _watching(request) as watcher:
        report = record_replay(
            loaded,
            Path(request.out),
            until=request.goal.last if isinstance(request.goal, Until) else None,
            progress=lambda done, total: _send(replies, Ticks(done, total)),
            watcher=watcher,
        )
    if report.complete:
        return "whole"
    return "until" if isinstance(request.goal, Until) else "stopped"


class _Watcher:
    """Keeps the number of the tick that is played in a file, and compares chunks when that is the goal."""

    __slots__ = ("_live", "_tick_file")

    def __init__(self, tick_file: BinaryIO, live: LiveComparison | None) -> None:
        self._tick_file = tick_file
        self._live = live

    def tick(self, tick: int) -> None:
        self._tick_file.seek(0)
        self._tick_file.write(b"%010d" % tick)

    def chunk(self, first: int, last: int, raw: bytes) -> int | None:
        return None if self._live is None else self._live.chunk(first, last, raw)


@contextmanager
def _watching(request: Request) -> Generator[_Watcher]:
    with ExitStack() as stack:
        # Unbuffered: what was written is there however this process ends.
        tick_file = stack.enter_context(Path(request.tick_file).open("wb", buffering=0))
        live = None
        if isinstance(request.goal, UntilDiverged):
            original = stack.enter_context(TraceReader(Path(request.goal.original)))
            live = LiveComparison(original, sustain=request.goal.sustain, strict=request.goal.strict)
        yield _Watcher(tick_file, live)
