"""The capture loop: batches from the agent become rows of a capture, until the target, the run or the user ends it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Literal

import msgspec

from crimson.dbg.capture_rows import (
    CAPTURE_FORMAT_VERSION,
    CapturedTick,
    RunEnd,
    RunStart,
    SessionEnd,
    SessionStart,
    Target,
)
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.original.agent_records import decode
from crimson.dbg.original.agent_session import AgentSession
from crimson.dbg.original.assembler import CaptureAssembler
from crimson.dbg.original.capture_file import CaptureFile
from crimson.dbg.original.layout import Layout
from crimson.dbg.report import CapturedRun, CaptureEnd, CaptureReport

_TARGET_ENDED = "process-terminated"
# How soon Ctrl-C is seen, and rows reach the disk, while nothing happens.
_IDLE_SECONDS = 0.25


class CaptureOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a capture says of itself, and when it ends by itself: after `runs` runs, if that is given."""

    method: Literal["frida", "stand-in"]
    session_id: str
    target: Target
    runs: int | None = None


class CaptureProgress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the status line shows."""

    mode_id: int
    tick: int
    ticks: int
    text_bytes: int
    waiting: int


class _Rows:
    """Writes rows and keeps count of the runs."""

    def __init__(self, file: CaptureFile, wanted: int | None) -> None:
        self._file = file
        self._wanted = wanted
        self.runs: list[CapturedRun] = []
        self._mode = 0
        self._ticks = 0
        self.all_ticks = 0

    @property
    def enough(self) -> bool:
        """Whether there are as many runs as were wanted."""
        return self._wanted is not None and len(self.runs) >= self._wanted

    def write(self, row: RunStart | CapturedTick | RunEnd) -> None:
        """Append a row, unless it is of a run too many: a run often ends when the next one begins."""
        if self.enough:
            return
        self._file.write(row)
        match row:
            case RunStart():
                self._mode, self._ticks = row.settings.mode_id, 0
            case CapturedTick():
                self._ticks += 1
                self.all_ticks += 1
            case RunEnd():
                self.runs.append(CapturedRun(self._mode, self._ticks, row.result.outcome))


def capture(
    session: AgentSession,
    layout: Layout,
    out: Path,
    options: CaptureOptions,
    progress: Callable[[CaptureProgress], None] | None = None,
) -> CaptureReport:
    """Write the capture of a session to `out`; Ctrl-C ends it well.

    Raises `CaptureProblem` for the first record that a capture cannot hold, and for a file that cannot be written;
    what came before is in the file.
    """
    interrupt = _Interrupt()
    with CaptureFile(out) as file, interrupt.watching():
        rows = _Rows(file, options.runs)
        file.write(
            SessionStart(
                capture_format_version=CAPTURE_FORMAT_VERSION,
                session_id=options.session_id,
                method=options.method,
                platform=f"{session.hello.platform}-{session.hello.arch}",
                target=options.target,
            )
        )
        assembler = CaptureAssembler(layout, rows.write)
        stopping = False
        try:
            for batch in session.batches(idle=_IDLE_SECONDS):
                if not rows.enough:
                    assembler.feed(decode(batch))
                file.flush_if_due()
                if progress is not None:
                    progress(
                        CaptureProgress(assembler.mode, assembler.ticks, rows.all_ticks, file.bytes, session.waiting)
                    )
                enough = options.runs is not None and len(rows.runs) + assembler.over >= options.runs
                if (interrupt.wanted or enough) and not stopping:
                    stopping = True
                    if not interrupt.lets(session.stop):
                        session.give_up()
                        break
        except CaptureProblem as problem:
            _close(file, assembler, stopped=True)
            raise CaptureProblem(
                problem.where, problem.problem, f"{_hint(problem)}what was captured before that is in {out}"
            ) from None
        within, ending = assembler.within_tick, session.ending
        exited = ending is not None and ending.reason == _TARGET_ENDED
        died = ending is not None and exited and (within or not ending.orderly)
        ended: CaptureEnd = "stopped" if not exited else "target_died" if died else "target_exit"
        _close(file, assembler, stopped=not exited)
        note = ""
        if died:
            note = (
                f"the target ended within tick {assembler.ticks}, which is left out"
                if within
                else f"the target was killed or crashed; tick {assembler.ticks} and what may have followed is left out"
            )
        if not rows.runs:
            note = "no run was captured: attach before a run begins"
        return CaptureReport(str(out), tuple(rows.runs), file.rows, file.bytes, out.stat().st_size, ended, note)


def _hint(problem: CaptureProblem) -> str:
    return f"{problem.hint}; " if problem.hint else ""


def _close(file: CaptureFile, assembler: CaptureAssembler, *, stopped: bool) -> None:
    assembler.end_run(stopped=stopped)
    file.write(SessionEnd("stopped" if stopped else "target_exit"))
    file.finish()


class _Interrupt:
    """Whether Ctrl-C was pressed; another one breaks off what waits for the target, but tears no row."""

    def __init__(self) -> None:
        self.wanted = False
        self._waiting = False

    def _press(self, _number: int, _frame: FrameType | None) -> None:
        if self.wanted and self._waiting:
            raise KeyboardInterrupt
        self.wanted = True

    def lets[T](self, wait: Callable[[], T]) -> bool:
        """Wait for the target; False if the user did not want to wait that long."""
        try:
            self._waiting = True
            wait()
        except KeyboardInterrupt:
            return False
        finally:
            self._waiting = False
        return True

    @contextmanager
    def watching(self) -> Generator[None]:
        before = signal.signal(signal.SIGINT, self._press)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
