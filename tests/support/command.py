"""Running the command line in this process, and in one of its own where memory or limits are in question."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from crimson.dbg import entry

# a regular file, as the system says, that a disk fails to read
UNREADABLE = Path("/proc/self/mem")

_MEASURED = """
import resource, subprocess, sys
found = subprocess.run([sys.executable, "-c", "from crimson.dbg.entry import main; main()", *sys.argv[1:]])
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(found.returncode)
"""


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The one line of a refusal."""
        (line,) = self.err.splitlines()
        return line


def crimson_dbg(*arguments: str | Path) -> Outcome:
    """What `crimson-dbg` prints and returns; an exception that it lets out comes out here."""
    out, err = io.StringIO(), io.StringIO()
    words = ["crimson-dbg", *map(str, arguments)]
    code = 0
    with mock.patch.object(sys, "argv", words), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            entry.main()
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    return Outcome(code, out.getvalue(), err.getvalue())


def measured(*arguments: str | Path) -> tuple[Outcome, int]:
    """The outcome in a process of its own, and that process's peak memory in MiB."""
    found = subprocess.run(
        [sys.executable, "-c", _MEASURED, *map(str, arguments)], capture_output=True, text=True, timeout=120
    )
    *lines, peak = found.stdout.splitlines()
    return Outcome(found.returncode, "\n".join(lines), found.stderr), int(peak.removeprefix("peak "))
