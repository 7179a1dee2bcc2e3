"""The python candidate's recorder process: one child of a pytest process, for all its recordings.

Whatever the runtime does, it does there, and it costs one recording at most: after one that did not end well the next
gets a fresh child.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from crimson.dbg.errors import ParityError
from pytest_crimson_parity.candidates import TIME_LIMIT_HINT, CandidateCrashed, CandidateTimedOut
from pytest_crimson_parity.processes import OutputTail, end_group, exit_words, inherited_environment
from pytest_crimson_parity.recorder_messages import (
    RECORDING_BEGINS,
    REPLIES,
    Done,
    Fault,
    Ready,
    Refused,
    Reply,
    Request,
    Ticks,
    to_line,
)
from pytest_crimson_parity.recording import Extent, Order, Progress

# pytest may have put the runtime under test into its own path (ini `pythonpath`, conftest.py files).
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from pytest_crimson_parity.recorder_child import main; main()"
)
# How long a child may take to end once nobody has anything to ask of it.
_GRACE_SECONDS = 10


class RecorderFault(Exception):
    """The recorder broke down in its process; the message ends with its traceback."""


class _Gone(Exception):
    """The child has closed its end."""


class _Late(Exception):
    """The time is up."""


class RecorderProcess:
    """Records in a child, which is started when it is first needed."""

    def __init__(self, build: str, math: str, limit: float) -> None:
        # Which build of the runtime, and of what computes, the recordings are said to be of.
        self._build = build
        self._math = math
        # Seconds that a recording may take, the start of a child included.
        self._limit = limit
        self._child: _Child | None = None

    def record(self, order: Order) -> Extent:
        deadline = time.perf_counter() + self._limit
        child = self._living_child()
        try:
            if not child.greeted:
                self._greet(child, deadline)
            reply = child.ask(order, deadline)
        except _Gone:
            place = child.place()
            words = exit_words(self._end(child, _GRACE_SECONDS))
            raise CandidateCrashed(
                order.replay,
                f"the candidate python crashed {place} ({words})",
                detail=child.output.text(),
                places=_places(),
            ) from None
        except _Late:
            place = child.place()
            self._end(child, 0)
            raise CandidateTimedOut(
                order.replay,
                f"the candidate python exceeded its limit of {self._limit:g} s {place}",
                TIME_LIMIT_HINT,
                detail=child.output.text(),
                places=_places(),
            ) from None
        except BaseException:
            # Ctrl-C, for one: nobody is left who would want what it is at.
            self._end(child, 0)
            raise
        place = child.place()
        match reply:
            case Done(extent):
                return extent
            case Refused():
                self._end(child, _GRACE_SECONDS)
                raise reply.rebuilt()
            case Fault(traceback):
                self._end(child, _GRACE_SECONDS)
                raise RecorderFault(
                    f"the recorder broke down, which is a fault of pytest-crimson-parity, {place}\n{traceback}"
                )

    def close(self) -> None:
        if self._child is not None:
            self._end(self._child, _GRACE_SECONDS)

    def _end(self, child: _Child, grace: float) -> int:
        self._child = None
        return child.end(grace)

    def _living_child(self) -> _Child:
        if self._child is not None and not self._child.alive:
            # It died of something between two recordings.
            self.close()
        if self._child is None:
            self._child = _Child()
        return self._child

    def _greet(self, child: _Child, deadline: float) -> None:
        greeting = child.greeting(deadline)
        build = greeting.build
        if build != self._build:
            raise ParityError(
                sys.executable,
                f"a recorder process imports another build of crimsonland, {build[:12]}, than pytest, "
                f"{self._build[:12]}",
                "was it edited since this run began, or is another one in the path of new processes?",
            )
        if greeting.math != self._math:
            raise ParityError(
                sys.executable,
                "a recorder process computes floats otherwise than pytest",
                "is another C library loaded in new processes, by LD_PRELOAD for one?",
            )


class _Child:
    def __init__(self) -> None:
        descriptor, name = tempfile.mkstemp(prefix="crimson-parity-", suffix=".tick")
        os.close(descriptor)
        self._tick_file = Path(name)
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-c", _START, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=inherited_environment(),
            # Out of reach of the terminal's Ctrl-C, and a group that can be killed as a whole.
            start_new_session=True,
        )
        if self._process.stdin is None or self._process.stdout is None or self._process.stderr is None:
            raise AssertionError("asked for pipes")
        self._requests: IO[bytes] = self._process.stdin
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader = threading.Thread(target=_read_lines, args=(self._process.stdout, self._lines), daemon=True)
        self._reader.start()
        self.output = OutputTail(self._process.stderr, RECORDING_BEGINS)
        self.greeted = False

    @property
    def alive(self) -> bool:
        return self._process.returncode is None and self._process.poll() is None

    def greeting(self, deadline: float) -> Ready:
        reply = self._reply(deadline)
        if not isinstance(reply, Ready):
            raise RecorderFault(f"the recorder process began with {reply}")
        self.greeted = True
        return reply

    def ask(self, order: Order, deadline: float) -> Done | Refused | Fault:
        """Ask for a recording and wait for what becomes of it."""
        self._tick_file.write_bytes(b"")
        request = Request(str(order.replay.absolute()), str(order.out.absolute()), order.goal, str(self._tick_file))
        try:
            self._requests.write(to_line(request))
            self._requests.flush()
        except BrokenPipeError:
            raise _Gone from None
        while True:
            match self._reply(deadline):
                case Ticks(done, total):
                    _tell(order.progress, done, total)
                case Ready():
                    raise RecorderFault("the recorder process began twice")
                case reply:
                    return reply

    def place(self) -> str:
        """Where in the run it is or was, for a sentence."""
        written = self._tick_file.read_bytes() if self._tick_file.exists() else b""
        return f"at tick {int(written)}" if written else "before tick 0"

    def end(self, grace: float) -> int:
        """End it, by force unless it ends by itself in time, and return its exit code."""
        with suppress(BrokenPipeError):
            self._requests.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        end_group(self._process)
        self._reader.join(_GRACE_SECONDS)
        self.output.finish()
        self._tick_file.unlink(missing_ok=True)
        return self._process.returncode

    def _reply(self, deadline: float) -> Reply:
        try:
            line = self._lines.get(timeout=max(deadline - time.perf_counter(), 0))
        except queue.Empty:
            raise _Late from None
        try:
            return REPLIES.decode(line)
        except msgspec.MsgspecError:
            # Empty when the pipe has ended, and half a line when it ended within one.
            raise _Gone from None


def _places() -> Mapping[str, str]:
    """Where modules lie, as tracebacks have it."""
    return {f"{folder}{os.sep}": "" for folder in (*sys.path, sys.prefix, sys.base_prefix) if folder}


def _read_lines(pipe: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    with pipe:
        for line in pipe:
            lines.put(line)
    lines.put(b"")


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
