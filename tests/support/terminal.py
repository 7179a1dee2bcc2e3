"""`crimson-dbg` in a terminal of its own, so that a test can see its status line and press Ctrl-C."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# The terminal becomes the process's own: what is typed there reaches it, and all of its group.
_MAIN = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from crimson.dbg.entry import main
main()
"""


@dataclass
class Terminal:
    """A running command. `shown` is what its terminal shows so far."""

    process: subprocess.Popen[str]
    screen: int
    shown: str = field(default="")

    def tick(self, wanted: int) -> int:
        """Wait until the status line shows this tick of a run, or a later one."""
        while (tick := self._last_tick()) < wanted:
            assert self._read(), f"ended early: {self.shown}"
        return tick

    def press_ctrl_c(self, times: int = 1) -> None:
        os.write(self.screen, b"\x03" * times)

    def finish(self) -> tuple[int, str]:
        """The exit code, and what went to standard output."""
        while self._read():
            pass
        out, _ = self.process.communicate()
        return self.process.returncode, out

    @property
    def message(self) -> str:
        """What is left on the terminal without the status line."""
        return self.shown.rpartition("\x1b[K")[2].replace("\r\n", "\n").strip()

    def _last_tick(self) -> int:
        found = re.findall(r" tick (\d+) ·", self.shown)
        return int(found[-1]) if found else -1

    def _read(self) -> bool:
        try:
            more = os.read(self.screen, 1 << 16)
        except OSError:
            # Nobody has the terminal open any more.
            return False
        self.shown += more.decode(errors="replace")
        return bool(more)


@contextmanager
def in_terminal(*arguments: str | Path) -> Generator[Terminal]:
    screen, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", _MAIN, *map(str, arguments)],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        try:
            yield Terminal(process, screen)
        finally:
            process.kill()
            os.close(screen)
