"""Candidates by command and by hook: what they are given, what they must leave, and what becomes of those that fail."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
from capture_kit import Captures, change_trace, column
from child_faults import whole_entries
from synthetic import changing

from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay

TICKS = 140


@pytest.fixture(scope="module")
def recorded(made_captures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a candidate makes of the rush replay."""
    path = tmp_path_factory.mktemp("recorded") / "rush.cdt"
    record_replay(load_replay(made_captures / "rush.crd"), path)
    return path


@pytest.fixture
def project(captures: Captures, recorded: Path) -> Captures:
    """The rush capture, a program `bin/play REPLAY OUT` that plays it well, and its log."""
    captures.keep("rush")
    captures.cache = captures.pytester.path / "own-cache"
    shutil.copy(recorded, captures.pytester.path / "good.cdt")
    program(captures, 'echo "$@" >> log; cp good.cdt "$2"')
    return captures


def program(captures: Captures, script: str, name: str = "play") -> None:
    path = captures.pytester.path / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def configure(captures: Captures, command: str = "bin/play {replay} {out}", identity: str = "", more: str = "") -> None:
    text = f"[pytest]\nparity_candidates =\n    mine = {command}\n"
    captures.pytester.path.joinpath("pytest.ini").write_text(
        text + (f"parity_identities = mine = {identity}\n" if identity else "") + more
    )


def run(captures: Captures, *given: str) -> pytest.RunResult:
    return captures.run("--parity=mine", "-m", "parity", *given)


def log(captures: Captures) -> list[list[str]]:
    """The arguments of each time the program ran."""
    path = captures.pytester.path / "log"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def test_a_command_records(project: Captures) -> None:
    configure(project)
    result = run(project, "-v")
    result.assert_outcomes(passed=1, deselected=2)
    result.stdout.fnmatch_lines(["captures/rush.cdt::parity-mine PASSED*", "captures/rush.cdt *mine *none *"])
    ((replay, out),) = log(project)
    assert replay == str(project / "rush.crd")
    assert not Path(out).exists()
    # without an identity nothing is kept, not even when nobody asks for it again
    assert [path.name for path in project.cache.glob("*/*")] == []
    run(project).assert_outcomes(passed=1, deselected=2)
    assert len(log(project)) == 2


def test_native_toml_and_both_candidates(project: Captures) -> None:
    project.pytester.makepyprojecttoml(
        '[tool.pytest]\nparity_candidates = ["mine = bin/play {replay} {out}"]\nparity_timeout = 60\n'
    )
    run(project).assert_outcomes(passed=1, deselected=2)
    result = project.run_apart("--parity=python,mine", "-m", "parity", "-v")
    result.assert_outcomes(passed=2, deselected=2)
    # the last --parity counts; alone it is python
    project.run("-m", "parity").assert_outcomes(passed=1, deselected=2)
    assert len(log(project)) == 2


def test_within_a_run_it_is_recorded_once(project: Captures) -> None:
    configure(project)
    project.copy("rush", "again")
    project.run_apart("--parity=mine", "-m", "parity", "-n2").assert_outcomes(passed=2)
    assert len(log(project)) == 1
    assert [path.name for path in project.cache.glob("*/*")] == []


def test_with_an_identity_its_traces_are_kept_for_that_build(project: Captures) -> None:
    configure(project, identity="cat version")
    version = project.pytester.path / "version"
    version.write_text("1")
    run(project).assert_outcomes(passed=1, deselected=2)
    again = run(project)
    again.assert_outcomes(passed=1, deselected=2)
    again.stdout.fnmatch_lines(["captures/rush.cdt *cached"])
    assert len(log(project)) == 1
    version.write_text("2")
    run(project).assert_outcomes(passed=1, deselected=2)
    assert len(log(project)) == 2
    # another command is another candidate
    configure(project, command="bin/play {replay} {out} fast", identity="cat version")
    run(project).assert_outcomes(passed=1, deselected=2)
    assert len(log(project)) == 3


def test_a_program_that_is_edited_while_it_records_fails_and_nothing_is_kept(project: Captures) -> None:
    configure(project, identity="cat bin/play")
    program(project, 'cp good.cdt "$2"; echo "# edited" >> bin/play')
    result = run(project)
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(
        ["the candidate mine was changed since this run began", "  hint  run again: *", "captures/rush.cdt *changed *"]
    )
    assert whole_entries(project.cache) == []
    assert list(project.cache.glob("recording/*")) == []


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        ("false", "cannot be told: exit code 1"),
        ("true", "cannot be told: it printed nothing"),
        ("bin/none", "cannot be started: No such file or directory"),
    ],
)
def test_a_build_that_cannot_be_told_is_an_error(project: Captures, identity: str, told: str) -> None:
    configure(project, identity=identity)
    result = run(project)
    result.assert_outcomes(errors=1, deselected=2)
    result.stdout.fnmatch_lines([f"the * of the candidate mine {told}", "captures/rush.cdt *not started *"])
    assert log(project) == []


def test_the_last_tick_that_is_wanted(project: Captures) -> None:
    configure(project, command="bin/play {replay} {out} --until={until}")
    # it stops for nobody: the whole run serves the window
    run(project, "--tick-window=20:43").assert_outcomes(passed=1, deselected=3)
    result = project.run("--parity=mine", "-m", "tick_window", "--tick-window=20:43")
    result.assert_outcomes(passed=1, deselected=3)
    assert [words[2] for words in log(project)] == ["--until=2147483647", "--until=43"]


def test_a_command_that_ignores_until_is_recorded_whole(project: Captures) -> None:
    configure(project, identity="echo 1")
    for selected in ("tick_window", "parity"):
        result = project.run("--parity=mine", "-m", selected, "--tick-window=20:43")
        result.assert_outcomes(passed=1, deselected=3)
    assert len(log(project)) == 1


BAD = {
    'echo "cannot play"; echo "$@" "$PWD"; exit 3': ("failed: exit code 3", "crashed", "    cannot play"),
    "kill -9 $$": ("failed: signal 9, SIGKILL", "crashed", "it printed nothing"),
    "true": ("ended well and left no trace at {out}", "bad trace", "it printed nothing"),
    'echo text > "$2"': ("left a trace that cannot be read: this is no .cdt trace*", "bad trace", "*"),
    'head -c 9000 good.cdt > "$2"': ("left a trace that cannot be read: the trace ends early*", "bad trace", "*"),
    'cp flipped.cdt "$2"': ("left a trace that cannot be read: byte *", "bad trace", "*"),
    'cp other.cdt "$2"': ("left a trace of another run, *; the replay is of run *", "bad trace", "*"),
    'cp captures/rush.cdt "$2"; echo 1 >&2': ("left a trace of kind 'original', *", "bad trace", "    1"),
    'ln -s "$PWD/good.cdt" "$2"': ("left a link at {out} in place of a trace", "bad trace", "*"),
    'mkdir "$2"': ("left a trace that cannot be read: cannot be read: it is a directory", "bad trace", "*"),
}


@pytest.mark.parametrize("script", BAD)
def test_what_a_command_must_not_leave_is_its_failure(
    project: Captures, made_captures: Path, recorded: Path, script: str
) -> None:
    configure(project)
    data = bytearray(recorded.read_bytes())
    data[len(data) * 2 // 3] ^= 1
    project.pytester.path.joinpath("flipped.cdt").write_bytes(data)
    if "other" in script:
        record_replay(load_replay(made_captures / "typo.crd"), project.pytester.path / "other.cdt", until=5)
    program(project, script)
    problem, verdict, output = BAD[script]
    result = run(project)
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(
        [
            f"the candidate mine {problem}",
            "  in    *rush.crd",
            f"cd {shlex.quote(str(project.pytester.path))} && */bin/play */captures/rush.crd *.cdt",
            output,
            f"captures/rush.cdt *{verdict} *",
            "0 diverged, 0 equal, 1 error",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    assert list(project.cache.glob("*/*.cdt")) == []
    # the same wherever and whenever it fails
    kept = Path(".crimson-parity/artifacts/captures/rush.cdt/mine/report.txt").read_text()
    assert "\ncd . && bin/play captures/rush.crd {out}\n" in kept
    assert str(project.pytester.path) not in kept
    assert "-only-" not in kept


def test_a_command_that_diverges_is_a_divergence(project: Captures) -> None:
    configure(project)
    change_trace(project.pytester.path / "good.cdt", changing(*column("checkpoint", "kills"), range(70, TICKS)))
    result = run(project)
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["diverged at tick 70, *", "captures/rush.cdt *mine *70 *"])


def test_a_shorter_trace_ended_early(project: Captures, made_captures: Path) -> None:
    configure(project)
    record_replay(load_replay(made_captures / "rush.crd"), project.pytester.path / "good.cdt", until=99)
    result = run(project)
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["ended early: *", "captures/rush.cdt *mine *100 (ended early) *"])


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("bin/none {replay} {out}", "No such file or directory"),
        ("captures/rush.crd {replay} {out}", "Permission denied"),
        ("nobody-has-this-program {replay} {out}", "No such file or directory"),
    ],
)
def test_a_command_that_cannot_be_started_is_an_error(project: Captures, command: str, told: str) -> None:
    configure(project, command=command)
    result = run(project)
    result.assert_outcomes(errors=1, deselected=2)
    result.stdout.fnmatch_lines(
        [
            f"the command of the candidate mine cannot be started: {told}",
            "  hint  *",
            "captures/rush.cdt *not started *",
        ]
    )


def test_a_command_that_hangs_ends_with_all_it_started(project: Captures) -> None:
    configure(project, more="parity_timeout = 4\n")
    # both hold the pipe that is waited for
    program(project, "mkfifo never; cat never & echo waiting; cat never")
    result = run(project)
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(
        ["the candidate mine exceeded its limit of 4 s", "  hint  *", "    waiting", "captures/rush.cdt *timed out *"]
    )


def test_what_a_command_leaves_running_ends_with_it(project: Captures) -> None:
    configure(project)
    program(project, 'mkfifo never; cat never & cp good.cdt "$2"')
    run(project).assert_outcomes(passed=1, deselected=2)


def test_arguments_are_no_shell_text(project: Captures) -> None:
    configure(project, command="bin/play {replay} {out} '$(touch a b)' \"two words\" ; {} ${HOME}")
    run(project).assert_outcomes(passed=1, deselected=2)
    assert log(project)[0][2:] == ["$(touch", "a", "b)", "two", "words", ";", "{}", "${HOME}"]


def test_names_with_placeholders_in_them_are_names(project: Captures) -> None:
    (project / "rush.cdt").rename(project / "{out} it's.cdt")
    (project / "rush.crd").rename(project / "{out} it's.crd")
    program(project, 'test -f "$1" && cp good.cdt "$2"')
    configure(project)
    run(project).assert_outcomes(passed=1, deselected=2)
    program(project, "exit 1")
    result = run(project)
    result.stdout.fnmatch_lines(["cd * && *{out} it'\"'\"'s.crd' *"])


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("mine", "parity_candidates: 'mine' is not NAME = COMMAND"),
        ("mine =", "parity_candidates: 'mine =' is not NAME = COMMAND"),
        ("mine = a {replay}", "parity_candidates: the command of 'mine' lacks {out}"),
        ("mine = a {out}", "parity_candidates: the command of 'mine' lacks {replay}"),
        (
            "mine = a {replay} {out} {untl} {seed}",
            "parity_candidates: the command of 'mine' has {seed}, {untl}, *; known: {replay}, {out}, {until}",
        ),
        ("mine = a 'b {replay} {out}", "parity_candidates: *No closing quotation"),
        ("mine = a {replay} {out}\n    mine = b {replay} {out}", "parity_candidates: 'mine' is there twice"),
        ("python = a {replay} {out}", "there are two candidates 'python'"),
        ("rush = a {replay} {out}", "a candidate cannot be called 'rush', *"),
        ("skip = a {replay} {out}", "a candidate cannot be called 'skip', *"),
        *((f"{name} = a {{replay}} {{out}}", f"{name!r} is no name*") for name in ("a[b]", "a.b", "a:b", "a b", "a,b")),
    ],
)
def test_candidates_that_cannot_be_are_usage_errors(captures: Captures, lines: str, told: str) -> None:
    captures.pytester.makeini(f"[pytest]\nparity_candidates =\n    {lines}\n")
    result = captures.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {told.replace('[', '[[]')}"])


def test_an_identity_of_nobody_is_a_usage_error(captures: Captures) -> None:
    captures.pytester.makeini("[pytest]\nparity_identities = mine = a\n")
    result = captures.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: parity_identities: there is no candidate 'mine' in parity_candidates"])


@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf"])
def test_a_time_limit_is_some_seconds(captures: Captures, given: str) -> None:
    result = captures.run(f"--parity-timeout={given}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --parity-timeout is {given}; expected a number of seconds above 0"])


@pytest.mark.parametrize(
    ("name", "given", "shown", "expected"),
    [
        *(("timeout", text, text, "a number of seconds above 0") for text in ("0", "-1", "nan", "inf")),
        *(("timeout", text, repr(text), "a number of seconds above 0") for text in ("", "x")),
        ("sustain", "x", "'x'", "a whole number of ticks in a row, 1 to *"),
        ("sustain", "0", "0", "a whole number of ticks in a row, 1 to *"),
        ("sustain", "9" * 20, "9" * 20, "a whole number of ticks in a row, 1 to *"),
        ("cache_mib", "1.5", "'1.5'", "a whole number of MiB, 0 to *"),
        ("cache_mib", "-1", "-1", "a whole number of MiB, 0 to *"),
    ],
)
def test_a_bad_number_of_the_ini_file_is_named(
    captures: Captures, name: str, given: str, shown: str, expected: str
) -> None:
    told = f"parity_{name} is {shown}; expected {expected}"
    for place, more in ((captures.pytester.makeini(f"[pytest]\nparity_{name} = {given}"), ()), ("", ("-o",))):
        result = captures.run(*more, *(f"parity_{name}={given}" for _ in more))
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: {place}: {told}" if place else f"ERROR: {told}"])


def test_a_number_of_the_ini_file_that_is_of_another_type_is_named(captures: Captures) -> None:
    captures.pytester.makepyprojecttoml("[tool.pytest]\nparity_sustain = true\n")
    result = captures.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *pyproject.toml: config option 'parity_sustain' expects *, got bool: True"])


HOOKED = """
import sys
from pathlib import Path
from pytest_crimson_parity.command_candidate import CommandCandidate
from pytest_crimson_parity.recording import Extent, Order

class Copying:
    name = "copying"

    def identity(self):
        return "1"

    def record(self, order):
        order.out.write_bytes(Path("good.cdt").read_bytes())
        return "whole"

    def close(self):
        Path("closed").touch()

def pytest_crimson_parity_candidates(config):
    command = ("bin/play", "{replay}", "{out}")
    return [Copying(), CommandCandidate("hooked", command, folder=config.rootpath, limit=60)]
"""


def test_hooks_add_candidates(project: Captures) -> None:
    project.pytester.makeconftest(HOOKED)
    result = project.run("--parity=hooked,copying", "-m", "parity and not health", "-v")
    result.assert_outcomes(passed=2, deselected=2)
    result.stdout.fnmatch_lines(["*::parity-hooked PASSED*", "*::parity-copying PASSED*"])
    assert (project.pytester.path / "closed").exists()
    assert len(whole_entries(project.cache)) == 1
    unknown = project.run("--parity=nosuch")
    unknown.stderr.fnmatch_lines(["ERROR: --parity: unknown candidate 'nosuch'; known: python, zig, copying, hooked*"])


def test_what_is_no_candidate_is_a_usage_error(project: Captures) -> None:
    project.pytester.makeconftest("def pytest_crimson_parity_candidates(config):\n    return ['mine']\n")
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: pytest_crimson_parity_candidates: 'mine' is no candidate; *"])
