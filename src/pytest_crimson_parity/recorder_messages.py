"""What a pytest process and its recorder process say to each other: one JSON message a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from crimson.dbg import errors
from crimson.dbg.errors import ParityError, RecordRefused
from pytest_crimson_parity.recording import Extent, Until, UntilDiverged


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Any message."""


class Request(Message, frozen=True, forbid_unknown_fields=True, tag=True):
    """Asks for one recording."""

    replay: str
    out: str
    goal: Until | UntilDiverged | None
    # A file that is kept to hold the number of the tick that is being played, for whoever finds the process dead.
    tick_file: str


class Ready(Message, frozen=True, forbid_unknown_fields=True, tag=True):
    """Said once, before the first request is read: which build of the runtime this process has, and how it computes."""

    build: str
    math: str


class Ticks(Message, frozen=True, forbid_unknown_fields=True, tag=True):
    """How far a recording is."""

    done: int
    total: int


class Done(Message, frozen=True, forbid_unknown_fields=True, tag=True):
    """The trace is there."""

    extent: Extent


ProblemKind = Literal[
    "DamagedTrace", "UnsupportedTrace", "ReplayProblem", "CaptureProblem", "RecordRefused", "BadUsage", "ParityError"
]
_KINDS: Mapping[ProblemKind, type[ParityError]] = {
    "DamagedTrace": errors.DamagedTrace,
    "UnsupportedTrace": errors.UnsupportedTrace,
    "ReplayProblem": errors.ReplayProblem,
    "CaptureProblem": errors.CaptureProblem,
    "RecordRefused": errors.RecordRefused,
    "BadUsage": errors.BadUsage,
    # Last, since it is any of them.
    "ParityError": errors.ParityError,
}


class Refused(Message, frozen=True, forbid_unknown_fields=True, tag=True):
    """There is no trace, and why."""

    kind: ProblemKind
    where: str
    problem: str
    hint: str
    tick: int | None

    @classmethod
    def of(cls, problem: ParityError) -> Refused:
        kind = next(kind for kind, found in _KINDS.items() if isinstance(problem, found))
        tick = problem.tick if isinstance(problem, RecordRefused) else None
        return cls(kind, problem.where, problem.problem, problem.hint, tick)

    def rebuilt(self) -> ParityError:
        if self.kind == "RecordRefused":
            return RecordRefused(self.where, self.problem, self.hint, tick=self.tick)
        return _KINDS[self.kind](self.where, self.problem, self.hint)


class Fault(Message, frozen=True, forbid_unknown_fields=True, tag=True):
    """The recorder broke down, which is nobody's fault but this project's; its last message."""

    traceback: str


# Printed before each recording, so that what was printed for another one is not taken for its output.
RECORDING_BEGINS = b"\0recording begins\0\n"

type Reply = Ready | Ticks | Done | Refused | Fault


def to_line(message: Message) -> bytes:
    return msgspec.json.encode(message) + b"\n"


REQUESTS = msgspec.json.Decoder(Request)
REPLIES: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Ready | Ticks | Done | Refused | Fault)
