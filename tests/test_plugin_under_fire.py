"""Candidates that crash, hang, print and fill the disk: each costs its own item, and the sweep goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from capture_kit import Captures, diverge, make_capture, outcomes
from child_faults import plant, plant_at_start, whole_entries

# The faults are told apart by the lengths of the runs.
RUNS = {"segfault": 41, "leaves": 42, "aborts": 43, "fills": 44, "chats": 45, "breaks": 46, "fine": 47}
FIRE = """
if tick == 30:
    match ticks:
        case 41:
            ctypes.string_at(0)
        case 42:
            os._exit(3)
        case 43:
            for _ in range(400):
                print("x" * 9999)
            sys.stderr.write("the last words\\n")
            os.abort()
        case 44:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
        case 45:
            for _ in range(400):
                print("x" * 9999)
        case 46:
            raise AttributeError("a bug that nobody expected")
"""
OUTCOMES = {"segfault": "FAILED", "leaves": "FAILED", "aborts": "FAILED", "fills": "ERROR", "chats": "PASSED"}


@pytest.fixture(scope="module")
def burning_captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fire") / "captures"
    folder.mkdir()
    for name, ticks in RUNS.items():
        make_capture("rush", ticks, folder, to=name)
    return folder


@pytest.fixture
def burning(pytester: pytest.Pytester, burning_captures: Path) -> Captures:
    shutil.copytree(burning_captures, pytester.path / "captures")
    plant(pytester, FIRE)
    return Captures(pytester, pytester.path / "own-cache")


@pytest.mark.parametrize("how", [["-p", "no:xdist"], ["-n2"]], ids=["serial", "xdist"])
def test_each_fault_costs_its_own_item(burning: Captures, how: list[str]) -> None:
    result = burning.run_apart("-v", "-m", "parity", *how)
    found = {name.split("/")[1].split(".")[0]: outcome for name, outcome in outcomes(result).items()}
    assert found == {**OUTCOMES, "breaks": "FAILED", "fine": "PASSED"}
    result.stdout.fnmatch_lines_random(
        [
            "the candidate python crashed at tick 30 (signal 11, SIGSEGV)",
            "    Fatal Python error: Segmentation fault",
            "the candidate python crashed at tick 30 (exit code 3)",
            "it printed nothing",
            "the candidate python crashed at tick 30 (signal 6, SIGABRT)",
            "the end of the 400* bytes that it printed:",
            "    the last words",
            "the cache of candidate traces cannot be used: cannot be written: File too large",
            "the runtime refuses the replay at tick 30: AttributeError: a bug that nobody expected (sitecustomize*)",
            "captures/segfault.cdt *crashed *",
            "captures/fills.cdt *unreadable *",
            "captures/breaks.cdt *30 (refused) *",
            "captures/fine.cdt *none *",
            "1 diverged, 2 equal, 4 errors",
        ]
    )
    # the runs that are equal, and the ticks before the refusal
    assert len(whole_entries(burning.cache)) == 3
    assert list(burning.cache.glob("recording/*")) == []


HANG = """
if ticks == 41 and tick == 7:
    print("and now for something else", flush=True)
    threading.Event().wait()
"""


@pytest.mark.parametrize("how", [["-p", "no:xdist"], ["-n1"]], ids=["serial", "xdist"])
def test_a_candidate_that_hangs_is_ended(burning: Captures, how: list[str]) -> None:
    plant(burning.pytester, HANG)
    burning.keep("segfault", "fine")
    burning.run_apart("-k", "fine").assert_outcomes(passed=3, deselected=3)
    result = burning.run_apart("-m", "parity", "--parity-timeout=8", *how)
    result.assert_outcomes(passed=1, failed=1, deselected=0 if "-n1" in how else 4)
    result.stdout.fnmatch_lines(
        [
            "the candidate python exceeded its limit of 8 s at tick 7",
            "  hint  --parity-timeout *",
            "it printed:",
            "    and now for something else",
            "captures/segfault.cdt *timed out *",
        ]
    )


def test_a_recorder_that_cannot_start_is_a_crash_before_tick_0(burning: Captures) -> None:
    burning.keep("fine")
    plant_at_start(burning.pytester, "raise SystemExit('no way')")
    result = burning.run("-m", "parity")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["the candidate python crashed before tick 0 (exit code 1)", "*SystemExit: no way"])


def test_a_recorder_of_another_build_is_an_error(burning: Captures) -> None:
    burning.keep("fine")
    plant_at_start(
        burning.pytester, "from crimson.dbg import builds\nbuilds.build_identity = lambda: 'another build of it'"
    )
    result = burning.run("-m", "parity")
    result.assert_outcomes(errors=1, deselected=2)
    result.stdout.fnmatch_lines(["a recorder process imports another build of crimsonland, another buil, than *"])
    assert whole_entries(burning.cache) == []


def test_a_recorder_that_computes_otherwise_is_an_error(burning: Captures) -> None:
    burning.keep("fine")
    # one step further for one argument
    plant_at_start(
        burning.pytester,
        "import math\n"
        "sin = math.sin\n"
        "math.sin = lambda angle: math.nextafter(sin(angle), 4) if angle < -6.3 else sin(angle)",
    )
    result = burning.run("-m", "parity")
    result.assert_outcomes(errors=1, deselected=2)
    result.stdout.fnmatch_lines(["a recorder process computes floats otherwise than pytest"])
    assert whole_entries(burning.cache) == []


def test_a_recorder_inherits_nothing_of_pytest(burning: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    burning.keep("fine")
    monkeypatch.setenv("COVERAGE_PROCESS_START", "x")
    plant(
        burning.pytester,
        "found = [name for name in os.environ if name.startswith(('PYTEST', 'COV'))]\n"
        "print(found, sys.stdin.read())\nos._exit(1)",
    )
    result = burning.run("-m", "parity")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["it printed:", "    [[]] "])


def test_one_recorder_serves_a_run(burning: Captures) -> None:
    plant_at_start(burning.pytester, "with open('started', 'a') as file:\n    file.write('x')")
    burning.run("-m", "parity").assert_outcomes(passed=7, deselected=14)
    assert (burning.pytester.path / "started").read_text() == "x"


def test_a_run_that_diverges_is_recorded_no_further_than_it_is_shown(burning: Captures) -> None:
    plant(burning.pytester, "")
    burning.keep("fine")
    diverge(burning, "fine", range(47))
    result = burning.run("-m", "parity")
    result.assert_outcomes(failed=1, deselected=2)
