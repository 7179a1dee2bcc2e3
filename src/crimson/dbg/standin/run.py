"""A tape played by the stand-in under Frida, and captured by the agent as if it were the game."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from crimson.dbg.capture_rows import ORIGINAL_VERSION, Target
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.original import agent_config
from crimson.dbg.original.agent_session import AgentSession
from crimson.dbg.original.capture_config import capture_config
from crimson.dbg.original.capture_host import CaptureOptions, CaptureProgress, capture
from crimson.dbg.original.layout import standin_layout
from crimson.dbg.report import CaptureReport
from crimson.dbg.standin.build import source_digest, standin_program

_NAME = "crimsonland stand-in"
_BAD_TAPE, _NOT_AS_EXPECTED = 2, 3

type Progress = Callable[[CaptureProgress], None]


def capture_tape(
    tape: Path,
    out: Path,
    *,
    session_id: str,
    options: Sequence[str] = (),
    native: bool = True,
    ring_bytes: int = agent_config.RING_BYTES,
    window: int = agent_config.WINDOW,
    runs: int | None = None,
    progress: Progress | None = None,
) -> CaptureReport:
    """Capture what the stand-in does on a tape, or so many of its runs; `options` are the program's own.

    Raises `CaptureProblem` for a tape that cannot be played, for one that is played on to where it expects what is not
    there, and for everything that a capture of the game is refused for.
    """
    program = standin_program()
    layout = standin_layout()
    config = capture_config(
        layout,
        agent_config.Target(_NAME, hashlib.sha256(program.read_bytes()).hexdigest()),
        native=native,
        ring_bytes=ring_bytes,
        window=window,
    )
    with (
        # A pipe could fill up while nobody reads it.
        tempfile.TemporaryFile() as complaints,
        _waiting_standin([str(program), str(tape), "--wait", *options], complaints) as process,
    ):
        with AgentSession.attach(process.pid, config) as session:
            facts = CaptureOptions(
                method="stand-in",
                session_id=session_id,
                target=Target(name=_NAME, version=ORIGINAL_VERSION, sha256=source_digest()),
                runs=runs,
            )
            _begin(process)
            report = capture(session, layout, out, facts, progress)
        if report.ended != "stopped":
            _require_played(tape, process.wait(), complaints)
    return report


@contextmanager
def _waiting_standin(command: Sequence[str], complaints: IO[bytes]) -> Generator[subprocess.Popen[bytes]]:
    """The stand-in, its memory laid out and its tape checked, waiting to be told to begin."""
    pipe = subprocess.PIPE
    # A Ctrl-C in our terminal is meant for us: the stand-in has a group of its own.
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=complaints, process_group=0) as process:
        try:
            if process.stdout is None or process.stdout.readline() != b"ready\n":
                raise CaptureProblem(_NAME, f"did not start: {_complaint(process.wait(), complaints)}")
            yield process
        finally:
            process.kill()


def _begin(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.write(b"\n")
        process.stdin.close()


def _require_played(tape: Path, code: int, complaints: IO[bytes]) -> None:
    if code in (_BAD_TAPE, _NOT_AS_EXPECTED):
        raise CaptureProblem(tape, f"was not played to its end: {_complaint(code, complaints)}")


def _complaint(code: int, complaints: IO[bytes]) -> str:
    complaints.seek(0)
    return complaints.read().decode(errors="replace").strip() or f"exit code {code}"
