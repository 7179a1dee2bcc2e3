"""Watching what the runtime's functions do while it plays: each port of an original's function, as it is called.

The interpreter's own monitoring is used, since many of these functions are imported by name in several modules, and
since it leaves the runtime as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType

from crimson.bonuses.pool import BonusEntry
from crimson.perks.ids import PerkId

# What the watched functions return.
type Result = int | BonusEntry | list[PerkId] | None
type Entered = Callable[[FrameType], None]
type Left = Callable[[FrameType, Result], None]

_EVENTS = sys.monitoring.events
# Of the six tools that there may be; debuggers, coverage and profilers have theirs.
_TOOL = 4


@dataclass(frozen=True, slots=True)
class Watched:
    """What to do when a function begins, and when it returns with a result; the frame is the function's."""

    entered: Entered | None = None
    left: Left | None = None


@contextmanager
def watching(functions: Mapping[CodeType, Watched]) -> Generator[None]:
    """Watch functions, given by their code, meanwhile. Not to be nested."""
    monitoring = sys.monitoring

    def start(code: CodeType, _offset: int) -> None:
        entered = functions[code].entered
        if entered is not None:
            entered(sys._getframe(1))  # noqa: SLF001

    def leave(code: CodeType, _offset: int, result: Result) -> None:
        left = functions[code].left
        if left is not None:
            left(sys._getframe(1), result)  # noqa: SLF001

    monitoring.use_tool_id(_TOOL, "replay tape")
    try:
        monitoring.register_callback(_TOOL, _EVENTS.PY_START, start)
        monitoring.register_callback(_TOOL, _EVENTS.PY_RETURN, leave)
        for code in functions:
            monitoring.set_local_events(_TOOL, code, _EVENTS.PY_START | _EVENTS.PY_RETURN)
        yield
    finally:
        for code in functions:
            monitoring.set_local_events(_TOOL, code, 0)
        monitoring.register_callback(_TOOL, _EVENTS.PY_START, None)
        monitoring.register_callback(_TOOL, _EVENTS.PY_RETURN, None)
        monitoring.free_tool_id(_TOOL)


def code_of(function: FunctionType) -> CodeType:
    """The code of a plain function or method."""
    return function.__code__


def local[Value](frame: FrameType, name: str, kind: type[Value]) -> Value:
    """A local variable of a frame."""
    value = frame.f_locals[name]
    if not isinstance(value, kind):
        raise TypeError(f"{name} in {frame.f_code.co_qualname} is {value!r}, expected {kind.__name__}")
    return value


def local_number(frame: FrameType, name: str) -> float:
    """A local variable that the runtime computes with, and may give as an integer."""
    value = frame.f_locals[name]
    if not isinstance(value, (int, float)):
        raise TypeError(f"{name} in {frame.f_code.co_qualname} is {value!r}, expected a number")
    return value


def caller(frame: FrameType) -> FrameType:
    """The frame that called this one."""
    if frame.f_back is None:
        raise TypeError(f"{frame.f_code.co_qualname} was called by nothing")
    return frame.f_back
