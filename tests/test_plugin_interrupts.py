"""Runs that are interrupted or killed: nothing half is trusted, nothing is locked, and the next run goes on from there.

The signals are sent from within, at a given point, so that no test waits for the right moment.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from pathlib import Path

import pytest
from capture_kit import Captures, make_capture
from child_faults import whole_entries, write_site

TICKS = {"first": 40, "second": 60, "third": 50}


@pytest.fixture(scope="module")
def few_captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few") / "captures"
    folder.mkdir()
    for name, ticks in TICKS.items():
        make_capture("rush", ticks, folder, to=name)
    return folder


@pytest.fixture
def few(pytester: pytest.Pytester, few_captures: Path) -> Captures:
    shutil.copytree(few_captures, pytester.path / "captures")
    return Captures(pytester, pytester.path / "own-cache")


# In the recorder, of the second capture: each sends SIGNAL to the pytest process and stays as it is.
HEAD = """
import os, signal, sys, threading

def interrupt(pid, wait=True):
    if not os.path.exists("struck"):
        open("struck", "x").close()
        os.kill(pid, signal.{signal})
        if wait:
            threading.Event().wait()

if any("recorder_child" in word for word in sys.orig_argv):
    import fcntl
    alive = open("alive", "w")
    fcntl.flock(alive, fcntl.LOCK_SH)
"""
IN_RECORDER = {
    # Before it listens, so that it goes on to where it does.
    "start": "    interrupt(os.getppid(), wait=False)\n",
    "tick": """
    from crimson.replay.driver.playback_driver import PlaybackDriver
    step = PlaybackDriver.step_tick

    def step_tick(driver, tick):
        if (len(driver.replay.ticks), tick) == (60, 30):
            print("printed before the end", flush=True)
            interrupt(os.getppid())
        return step(driver, tick)

    PlaybackDriver.step_tick = step_tick
""",
    "written": """
    sync = os.fsync

    def fsync(file):
        sync(file)
        if any("-" in name for name in os.listdir("own-cache/traces")):
            interrupt(os.getppid())

    os.fsync = fsync
""",
}
# In the pytest process itself.
IN_PYTEST = {
    "rename": "TraceCache._path = after(2, TraceCache._path)",
    "made": "TraceCache._make_room = after(2, TraceCache._make_room)",
    "compared": "Comparer._compared = after(2, Comparer._compared)",
}
CONFTEST = """
import os, signal
from pytest_crimson_parity.cache import TraceCache
from pytest_crimson_parity.compare import Comparer

def after(count, function):
    calls = []

    def counted(*given):
        calls.append(1)
        if len(calls) == count and not os.path.exists("struck"):
            open("struck", "x").close()
            os.kill(os.getpid(), signal.{signal})
        return function(*given)

    return counted

{code}
"""
CODES = {"SIGINT": pytest.ExitCode.INTERRUPTED, "SIGKILL": -signal.SIGKILL}


def recover(few: Captures) -> None:
    """What is true after any interruption."""
    # Every recorder has ended: each holds this lock as long as it lives.
    with (few.pytester.path / "alive").open("w") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
    whole = whole_entries(few.cache)
    again = few.run("-m", "parity", "-v")
    again.assert_outcomes(passed=3, deselected=6)
    assert sum(line.endswith(" cached") for line in again.outlines) == len(whole)
    assert len(whole_entries(few.cache)) == 3
    assert list(few.cache.glob("recording/*")) == []


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("point", [*IN_RECORDER, *IN_PYTEST])
def test_a_run_that_is_struck_at_any_point(few: Captures, point: str, name: str) -> None:
    write_site(few.pytester, HEAD.format(signal=name) + IN_RECORDER.get(point, ""))
    if point in IN_PYTEST:
        few.pytester.makeconftest(CONFTEST.format(signal=name, code=IN_PYTEST[point]))
    result = few.run_apart("-m", "parity", "-p", "no:xdist")
    assert (few.pytester.path / "struck").exists()
    assert result.ret == CODES[name]
    if name == "SIGINT":
        assert list(few.cache.glob("recording/*")) == []
    recover(few)


@pytest.mark.parametrize("name", CODES)
def test_a_worker_that_is_struck(few: Captures, name: str) -> None:
    write_site(few.pytester, HEAD.format(signal=name) + IN_RECORDER["tick"])
    result = few.run_apart("-m", "parity", "-n2", "-Wdefault")
    assert (few.pytester.path / "struck").exists()
    assert result.ret in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.TESTS_FAILED)
    recover(few)


@pytest.mark.parametrize("name", CODES)
def test_a_controller_that_is_struck(few: Captures, name: str) -> None:
    # The recorder's parent is a worker, and that one's is the controller.
    controller = "int(open(f'/proc/{os.getppid()}/stat').read().rpartition(')')[2].split()[1])"
    code = HEAD.format(signal=name) + IN_RECORDER["tick"].replace("os.getppid()", controller)
    write_site(few.pytester, code)
    result = few.run_apart("-m", "parity", "-n2", "-Wdefault")
    assert (few.pytester.path / "struck").exists()
    assert result.ret == CODES[name]
    recover(few)


# Once the command is there and pytest waits for it.
STRIKING_WAIT = """
import os, signal, subprocess

real = subprocess.Popen.wait

def wait(process, timeout=None):
    if "hang" in str(process.args) and timeout is not None:
        with open("ready") as ready:
            ready.read()
        os.kill(os.getpid(), signal.SIGINT)
    return real(process, timeout)

subprocess.Popen.wait = wait
"""


def test_a_command_ends_when_its_run_is_interrupted(few: Captures) -> None:
    few.keep("first")
    script = few.pytester.path / "hang"
    script.write_text("#!/bin/sh\nexec 9>alive\nflock -s 9\nmkfifo never\ncat never & echo > ready\ncat never\n")
    script.chmod(0o755)
    os.mkfifo(few.pytester.path / "ready")
    few.pytester.makeconftest(STRIKING_WAIT)
    few.pytester.makeini("[pytest]\nparity_candidates = mine = ./hang {replay} {out}\n")
    result = few.run_apart("--parity=mine", "-m", "parity", "-p", "no:xdist")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    with (few.pytester.path / "alive").open("w") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
    assert list(few.cache.glob("recording/*")) == []
