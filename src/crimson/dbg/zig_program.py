"""The Zig candidate as a program: how it is compiled, where it is, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from crimson.dbg.errors import EXIT_UNREADABLE, ParityError, RecordRefused
from crimson.dbg.schema import SETUP_TICK
from crimson.dbg.zig_build import ZigProgram, built_program

CRIMSON_ZIG = ZigProgram(
    name="crimson-zig",
    title="crimson-zig",
    folder="zig_source",
    root="main.zig",
    # Safety checks stay on. For any processor of its kind: no instruction that fuses a product and a sum.
    options=("-OReleaseSafe", "-mcpu=baseline"),
    extra="zig",
    problem=ParityError,
    stamp="build_identity.zig",
)


def zig_program(tell: Callable[[str], None] | None = None) -> Path:
    """The program, built if it is not in the cache yet; `tell` hears of that before.

    Raises `ParityError` that says what is missing, or what the compiler says.
    """
    return built_program(CRIMSON_ZIG, tell=tell)


def zig_refusal(code: int, said: str, replay: str) -> RecordRefused | None:
    """What `crimson-zig record` refused, as the Python recorder raises it; None when it ended otherwise.

    `said` is the last line of its output, and `replay` the path as it was given.
    """
    words = said.removeprefix(f"error: {replay}: ")
    if code != EXIT_UNREADABLE or words == said:
        return None
    if (found := re.match(r"tick (-?[0-9]+): ", words)) is not None:
        tick, words = int(found[1]), words[found.end() :]
        place = "before tick 0" if tick == SETUP_TICK else f"at tick {tick}"
        words = f"{CRIMSON_ZIG.title} refuses the replay {place}: {words}"
    else:
        found = re.match(r"ticks -?[0-9]+\.\.(-?[0-9]+) have more rows ", words)
        tick = SETUP_TICK if found is None else int(found[1])
    return RecordRefused(replay, words, tick=None if tick == SETUP_TICK else tick)
