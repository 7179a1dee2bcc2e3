"""Which candidates there are: the built-in ones, those of the ini file, and those of hooks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

import pytest

from pytest_crimson_parity.candidates import Candidate
from pytest_crimson_parity.capture import MODES
from pytest_crimson_parity.command_candidate import OUT, REPLAY, UNTIL, CommandCandidate
from pytest_crimson_parity.options import ParityOptions
from pytest_crimson_parity.python_candidate import PythonCandidate
from pytest_crimson_parity.zig_candidate import ZigCandidate

# A shell's ${NAME} is none.
_PLACEHOLDER = re.compile(r"(?<!\$)\{[A-Za-z_]\w*\}")
# A name is part of item ids, file names and -m expressions.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
# Candidates are markers as well, so a name must not mean another one: to pytest, to xdist, or to this plugin.
_TAKEN = frozenset(
    (
        *("skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings"),
        *("tryfirst", "trylast", "xdist_group"),
        *("health", "verify", "parity", "tick_window", *MODES),
    )
)


def choose_candidates(config: pytest.Config, options: ParityOptions) -> tuple[Candidate, ...]:
    """The candidates that were asked for; an unknown one, and any with an unusable name, is a usage error."""
    known: dict[str, Candidate] = {}
    for candidate in _known(config, options):
        name = candidate.name
        if _NAME.fullmatch(name) is None:
            raise pytest.UsageError(f"{name!r} is no name for a candidate: use letters, digits, _ and -")
        if name in _TAKEN:
            raise pytest.UsageError(f"a candidate cannot be called {name!r}, which is a marker of its own")
        if name in known:
            raise pytest.UsageError(f"there are two candidates {name!r}")
        known[name] = candidate
    unknown = [name for name in options.candidates if name not in known]
    if unknown:
        raise pytest.UsageError(
            f"--parity: unknown candidate {', '.join(map(repr, unknown))}; known: {', '.join(known)}"
            " (captures are given as paths: --parity captures/)"
        )
    return tuple(known[name] for name in options.candidates)


def _known(config: pytest.Config, options: ParityOptions) -> Iterator[Candidate]:
    yield PythonCandidate(options.timeout)
    yield ZigCandidate(config.rootpath, options.timeout)
    yield from _of_commands(config, options.timeout)
    for given in config.hook.pytest_crimson_parity_candidates(config=config):
        for candidate in given:
            if not isinstance(candidate, Candidate):
                raise pytest.UsageError(
                    f"pytest_crimson_parity_candidates: {candidate!r} is no candidate; "
                    "see pytest_crimson_parity.candidates.Candidate"
                )
            yield candidate


def _of_commands(config: pytest.Config, limit: float) -> Iterator[CommandCandidate]:
    commands, identities = _commands(config, "parity_candidates"), _commands(config, "parity_identities")
    for name in identities:
        if name not in commands:
            raise pytest.UsageError(f"parity_identities: there is no candidate {name!r} in parity_candidates")
    for name, command in commands.items():
        for placeholder in (REPLAY, OUT):
            if not any(placeholder in word for word in command):
                raise pytest.UsageError(f"parity_candidates: the command of {name!r} lacks {placeholder}")
        if unknown := set(_PLACEHOLDER.findall(" ".join(command))).difference((REPLAY, OUT, UNTIL)):
            raise pytest.UsageError(
                f"parity_candidates: the command of {name!r} has {', '.join(sorted(unknown))}, "
                f"which nothing is put in place of; known: {REPLAY}, {OUT}, {UNTIL}"
            )
        yield CommandCandidate(
            name, command, folder=config.rootpath, limit=limit, identity_command=identities.get(name, ())
        )


def _commands(config: pytest.Config, ini: str) -> Mapping[str, Sequence[str]]:
    """The commands of an ini list, whose lines are `NAME = COMMAND`."""
    lines: list[str] = config.getini(ini)
    commands: dict[str, Sequence[str]] = {}
    for line in lines:
        name, equals, text = line.partition("=")
        name = name.strip()
        try:
            command = shlex.split(text)
        except ValueError as problem:
            raise pytest.UsageError(f"{ini}: {line!r}: {problem}") from None
        if not (name and equals and command):
            raise pytest.UsageError(f"{ini}: {line!r} is not NAME = COMMAND")
        if name in commands:
            raise pytest.UsageError(f"{ini}: {name!r} is there twice")
        commands[name] = command
    return commands
