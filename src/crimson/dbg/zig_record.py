"""Recording by the Zig candidate, as a program that is run."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from crimson.dbg.atomic import prepare, telling_of
from crimson.dbg.errors import EXIT_UNREADABLE, ParityError
from crimson.dbg.trace import TraceReader
from crimson.dbg.zig_program import zig_program, zig_refusal

# No replay has as many ticks, and the program takes no number beyond it.
_LAST_TICK = (1 << 32) - 1


class CandidateDied(ParityError):
    """A candidate that ended without a trace, and not by refusing the replay."""

    verdict = "crashed"


def record_by_zig(replay: Path, out: Path, *, until: int | None = None) -> int:
    """Write the trace of a replay, up to the tick `until` if given; returns how many ticks it has.

    Raises `RecordRefused` with the program's reason, a `ParityError` for a file that cannot be written or for a program
    that cannot be built, and `CandidateDied` for one that crashed.
    """
    program = zig_program()
    prepare(out)
    # The program cannot clean up when it is ended, as by Ctrl-C.
    with telling_of(out):
        scratch = tempfile.TemporaryDirectory(prefix=f".{out.name}.", suffix=".part", dir=out.parent)
    with scratch as folder:
        part = Path(folder) / out.name
        limit = () if until is None else ("--until", str(min(until, _LAST_TICK)))
        command = [str(program), "record", str(replay), "--out", str(part), *limit]
        # A file that grows too large is an error to tell, as it is for Python, and not the program's death.
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, errors="replace", restore_signals=False
        )
        if done.returncode:
            raise _problem(done, replay, part, out)
        with TraceReader(part) as trace:
            ticks = trace.tick_count
        with telling_of(out):
            part.replace(out)
    return ticks


def _problem(done: subprocess.CompletedProcess[str], replay: Path, part: Path, out: Path) -> ParityError:
    last = (done.stderr.strip().splitlines() or ["no output"])[-1]
    if (refusal := zig_refusal(done.returncode, last, str(replay))) is not None:
        return refusal
    words = last.removeprefix(f"error: {part}: ")
    if done.returncode == EXIT_UNREADABLE and words != last:
        return ParityError(out, words)
    return CandidateDied("crimson-zig record", f"exit code {done.returncode}: {last}")
