"""Candidates by command: any program that turns a `.crd` into a `.cdt`."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crimson.dbg.errors import ParityError
from crimson.dbg.trace import TraceReader
from pytest_crimson_parity.candidates import TIME_LIMIT_HINT, CandidateFailure, CandidateTimedOut
from pytest_crimson_parity.processes import OutputTail, end_group, exit_words, inherited_environment
from pytest_crimson_parity.recording import Extent, Order, Until

REPLAY, OUT, UNTIL = "{replay}", "{out}", "{until}"
_PLACEHOLDER = re.compile("|".join(map(re.escape, (REPLAY, OUT, UNTIL))))
# What `{until}` stands for when all of a run is wanted: no run is that long.
NO_LAST_TICK = 2**31 - 1


class CommandUnusable(ParityError):
    """A command that cannot be started, or an identity that cannot be told."""

    verdict = "not started"


class BadTrace(CandidateFailure):
    """What a command left is not what it was asked for."""

    verdict = "bad trace"


class CommandFailed(CandidateFailure):
    """A command that ended with an exit code, or by a signal, whose number is then negative.

    `said` is the last line of its output.
    """

    verdict = "crashed"

    def __init__(
        self, where: str | Path, problem: str, code: int, said: str, *, detail: str, places: Mapping[str, str]
    ) -> None:
        super().__init__(where, problem, detail=detail, places=places)
        self.code = code
        self.said = said


class CommandCandidate:
    """Records by a command; it runs in `folder`, in a process group that ends with it.

    In `command`, the words `{replay}`, `{out}` and `{until}` are replaced within each argument; `{until}` is the last
    tick that is wanted. A program that is named by a relative path lies in `folder`. `identity_command` prints what
    the build is; without it nothing that is recorded outlives the run. `limit` is in seconds.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        limit: float,
        identity_command: Sequence[str] = (),
    ) -> None:
        self.name = name
        self._command = tuple(command)
        self._identity_command = tuple(identity_command)
        self._folder = folder
        self._limit = limit

    def identity(self) -> str | None:
        return f"{self._build()} {shlex.join(self._command)}" if self._identity_command else None

    def _build(self) -> str:
        ended = self._run(self._identity_command)
        if ended.problem or ended.output.blank:
            raise CommandUnusable(
                shlex.join(ended.arguments),
                f"the identity of the candidate {self.name} cannot be told: {ended.problem or 'it printed nothing'}",
                "parity_identities names a command that prints what the build is",
            )
        return ended.output.digest

    def record(self, order: Order) -> Extent:
        asked_until = isinstance(order.goal, Until) and any(UNTIL in word for word in self._command)
        last = order.goal.last if isinstance(order.goal, Until) else NO_LAST_TICK
        values = {REPLAY: str(order.replay.absolute()), OUT: str(order.out.absolute()), UNTIL: str(last)}
        ended = self._run([_filled(word, values) for word in self._command])
        places = dict.fromkeys((values[OUT], shlex.quote(values[OUT]), order.out.name), OUT)
        if ended.timed_out:
            raise CandidateTimedOut(
                order.replay,
                f"the candidate {self.name} exceeded its limit of {self._limit:g} s",
                TIME_LIMIT_HINT,
                detail=ended.account(),
                places=places,
            )
        if ended.problem:
            raise CommandFailed(
                order.replay,
                f"the candidate {self.name} failed: {ended.problem}",
                ended.code,
                ended.output.last_line,
                detail=ended.account(),
                places=places,
            )
        if flaw := _flaw(order):
            raise BadTrace(order.replay, f"the candidate {self.name} {flaw}", detail=ended.account(), places=places)
        return "until" if asked_until else "whole"

    def close(self) -> None:
        """Nothing of it outlives a recording."""

    def _run(self, command: Sequence[str]) -> _Ended:
        program, *rest = command
        if os.sep in program:
            program = str(self._folder / Path(program).expanduser())
        arguments = (program, *rest)
        try:
            process = subprocess.Popen(
                arguments,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=inherited_environment(),
                start_new_session=True,
            )
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else str(problem)
            raise CommandUnusable(
                shlex.join(arguments),
                f"the command of the candidate {self.name} cannot be started: {reason}",
                "relative paths of programs are taken from the rootdir, other names from PATH",
            ) from None
        if process.stdout is None:
            raise AssertionError("asked for a pipe")
        output = OutputTail(process.stdout)
        timed_out = False
        try:
            process.wait(self._limit)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            # Also on Ctrl-C, and also what it left running.
            end_group(process)
            output.finish()
        return _Ended(arguments, self._folder, process.returncode, timed_out, output)


@dataclass(frozen=True, slots=True)
class _Ended:
    """A command that has ended."""

    arguments: tuple[str, ...]
    folder: Path
    code: int
    timed_out: bool
    output: OutputTail

    @property
    def problem(self) -> str:
        """Why it did not end well; empty when it did."""
        if self.timed_out:
            return "it took too long"
        return exit_words(self.code) if self.code else ""

    def account(self) -> str:
        """The command, ready to paste, and the end of its output."""
        return f"cd {shlex.quote(str(self.folder))} && {shlex.join(self.arguments)}\n{self.output.text()}"


def _filled(word: str, values: Mapping[str, str]) -> str:
    # In one pass: a path may contain what looks like a placeholder.
    return _PLACEHOLDER.sub(lambda found: values[found[0]], word)


def _flaw(order: Order) -> str:
    """What is wrong with the trace that a command left, for a sentence; empty when all of it can be read."""
    if order.out.is_symlink():
        return f"left a link at {OUT} in place of a trace"
    if not order.out.exists():
        return f"ended well and left no trace at {OUT}"
    try:
        with TraceReader(order.out) as reader:
            if reader.meta.producer.kind != "candidate":
                return f"left a trace of kind {reader.meta.producer.kind!r}, which is no candidate's"
            found = reader.meta.source.replay_sha256
            if found != order.run:
                return f"left a trace of another run, {found[:16]}; the replay is of run {order.run[:16]}"
            if not reader.tick_count:
                return "left a trace without a tick"
            for entry in (reader.setup_entry, *reader.tick_entries):
                reader.tables(entry)
    except ParityError as problem:
        return f"left a trace that cannot be read: {problem.problem}"
    return ""
