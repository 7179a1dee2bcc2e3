"""Tapes for the tests of the stand-in, and playing them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from crimson.dbg.lcg import next_state
from crimson.dbg.standin.build import standin_program
from crimson.dbg.standin.tape import Convention, Kind, TapeFunction

RAND = TapeFunction(0x00461746, kind=Kind.CRT_RAND)
SRAND = TapeFunction(0x00461739, arguments=1, kind=Kind.CRT_SRAND)
GETPTD = TapeFunction(0x004654B8, kind=Kind.GETPTD)
UPDATE = TapeFunction(0x0040AAB0)
FIND = TapeFunction(0x004206A0, arguments=3)
KEY_ACTIVE = TapeFunction(0x10006FE0, arguments=1, convention=Convention.THISCALL)
FUNCTIONS = (RAND, SRAND, GETPTD, UPDATE, FIND, KEY_ACTIVE)
GRIM = 0x10000100


def play(tape: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Plays a tape to its end."""
    return subprocess.run(
        [standin_program(), tape, *options], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
    )


def stepped(state: int, draws: int = 1) -> int:
    """The generator's state after some draws."""
    for _ in range(draws):
        state = next_state(state)
    return state
