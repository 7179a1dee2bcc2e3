"""Runs pytest again and again, each in a fork that gets a signal at its next touch of a file that a run leaves.

Arguments: the signal's name, how many points to try, a file with what to run before each, and pytest's own.
Prints for each point what it left, as a line of JSON.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

# What the controller and the items write.
KEPT = ("parity-frontier.json", "crimson-parity", ".crimson-parity")
_EVENTS = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.copyfile")


def _run(arguments: list[str], at: int, number: signal.Signals) -> int:
    """The touches of a whole run when `at` is 0; otherwise the signal comes at that one."""
    seen = 0

    def watch(event: str, given: tuple[object, ...]) -> None:
        nonlocal seen
        if event in _EVENTS and any(name in str(given[0]) for name in KEPT):
            seen += 1
            if seen == at:
                signal.raise_signal(number)

    # a shell may have started the tests with it ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.addaudithook(watch)
    pytest.main(arguments)
    return seen


def in_fork(arguments: list[str], at: int, number: signal.Signals) -> tuple[int, int]:
    """How a forked run ended, and its touches if it came to its end."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        seen = _run(arguments, at, number)
        os.write(write, str(seen).encode())
        os._exit(0)
    os.close(write)
    told = os.read(read, 64)
    os.close(read)
    _, status = os.waitpid(child, 0)
    return status, int(told or 0)


def main() -> None:
    name, points, *arguments = sys.argv[1:]
    number = signal.Signals[name]
    kept = Path("before")
    # imports are made once, before the first fork
    pytest.main([*arguments, "--co", "-q"])
    _, touches = in_fork(arguments, 0, number)
    step = max(1, touches // int(points))
    for at in range(1, touches + 1, step):
        for path in (*KEPT[::2], ".pytest_cache"):
            shutil.rmtree(path, ignore_errors=True) if Path(path).is_dir() else Path(path).unlink(missing_ok=True)
        shutil.copytree(kept, ".", dirs_exist_ok=True)
        in_fork(arguments, at, number)
        shutil.copytree(".", Path("after") / str(at), ignore=shutil.ignore_patterns("after", "before", "captures"))


if __name__ == "__main__":
    main()
