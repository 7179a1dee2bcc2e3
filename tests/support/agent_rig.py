"""Plays small tapes on the stand-in with the real agent in it."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import frida

from crimson.dbg.lcg import next_state
from crimson.dbg.original.agent_config import (
    AgentConfig,
    AgentStats,
    Clean,
    Hello,
    MemoryRegion,
    Target,
    agent_config,
)
from crimson.dbg.original.agent_records import Record, decode
from crimson.dbg.original.agent_session import AgentSession, Ending
from crimson.dbg.original.layout import standin_layout
from crimson.dbg.standin.build import standin_program
from crimson.dbg.standin.tape import SEED, Convention, Kind, TapeFunction, TapeWriter, tape_file

LAYOUT = standin_layout()
SETUP_DRAW = 0x00413279
FRAME_DRAW = 0x0040CAC7
MENU_PICK = 0x004060FA
# Return addresses that mean nothing to the agent: in the executable, in the player's and the projectiles' update.
ELSEWHERE = 0x00450010
IN_PLAYER_UPDATE = 0x00415CEE
IN_PROJECTILE_UPDATE = 0x00421000
OBJECT = 0x10008000

_CRT = {"crt_rand": Kind.CRT_RAND, "crt_srand": Kind.CRT_SRAND, "crt_getptd": Kind.GETPTD}
_FACTS = {function.name: function for function in LAYOUT.functions}


def function(name: str) -> int:
    address = _FACTS[name].address
    assert address is not None
    return address


def variable(name: str) -> int:
    address = next(row.address for row in LAYOUT.globals if row.name == name)
    assert address is not None
    return address


def pool(name: str) -> MemoryRegion:
    """A pool as a region."""
    row = next(row for row in LAYOUT.pools if row.name == name)
    assert row.address is not None
    return MemoryRegion(row.address, row.stride, row.count)


def word(value: int) -> bytes:
    return (value & 0xFFFFFFFF).to_bytes(4, "little")


TIMERS = MemoryRegion(variable("frame_dt"), 4, 2)
REGIONS = (TIMERS, pool("players"), pool("creatures"), pool("projectiles"))
PLAYERS, CREATURES, PROJECTILES = 1, 2, 3


class Play:
    """Writes a tape in terms of the game. Follows the seed, so that `state` is what the stand-in's will be."""

    def __init__(self, tape: TapeWriter, seed: int = 0xBEEF) -> None:
        self.tape = tape
        self.state = seed
        tape.write(SEED, word(seed))

    def draw(self, caller: int = ELSEWHERE) -> None:
        self.tape.draw(function("crt_rand"), caller)
        self.state = next_state(self.state)

    def undone_draw(self) -> None:
        """A frame's draw that the agent is to undo; else the stand-in stops with exit code 3."""
        self.tape.draw(function("crt_rand"), FRAME_DRAW)
        self.tape.expect(SEED, self.state)

    def setup(self, draws: int = 3) -> None:
        self.draw(SETUP_DRAW)
        for _ in range(draws):
            self.draw()
        self.draw(FRAME_DRAW)

    def call(self, name: str, *arguments: int, at: int = ELSEWHERE, eax: int = 0) -> None:
        with self.within(name, *arguments, at=at, eax=eax):
            pass

    @contextmanager
    def within(self, name: str, *arguments: int, at: int = ELSEWHERE, eax: int = 0) -> Generator[None]:
        this = OBJECT if _FACTS[name].convention == "thiscall" else None
        self.tape.call(function(name), at, *arguments, this=this)
        yield
        self.tape.ret(eax)

    @contextmanager
    def tick(self) -> Generator[None]:
        """A frame: what the block does is within the gameplay update."""
        self.tape.tick()
        with self.within("gameplay_update_and_render", at=0x0040CAA0):
            yield
        self.draw(FRAME_DRAW)


@contextmanager
def play_file(path: Path) -> Generator[Play]:
    functions = [
        TapeFunction(
            function(row.name),
            row.arguments,
            Convention.THISCALL if row.convention == "thiscall" else Convention.CDECL,
            _CRT.get(row.name, Kind.SCRIPTED),
        )
        for row in LAYOUT.functions
    ]
    with tape_file(path, functions) as tape:
        yield Play(tape)


def config(
    regions: Iterable[MemoryRegion] = REGIONS,
    clean: Iterable[Clean] = (),
    *,
    ring_bytes: int = 4 << 20,
    window: int = 16,
    native: bool = True,
) -> AgentConfig:
    digest = hashlib.sha256(standin_program().read_bytes()).hexdigest()
    targets = [Target("the stand-in", digest)]
    return agent_config(LAYOUT, targets, regions, clean, ring_bytes=ring_bytes, window=window, native=native)


@dataclass
class Standin:
    """The program, waiting until it may play; `finish` gives its exit code and what it wrote to both streams."""

    process: subprocess.Popen[bytes]

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def finish(self) -> tuple[int, str]:
        out, _ = self.process.communicate()
        return self.process.returncode, out.decode()


@contextmanager
def standin(tape: Path, *options: str) -> Generator[Standin]:
    command = [standin_program(), tape, "--wait", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            # Frida takes itself out of a process that no session is in, and a program that exits at that very moment
            # hangs or crashes, one in ten. This one keeps it in.
            frida.attach(process.pid)
            yield Standin(process)
        finally:
            process.kill()


@dataclass
class Captured:
    hello: Hello
    stats: AgentStats | None = None
    batches: list[bytes] = field(default_factory=list)
    ending: Ending | None = None
    exit_code: int = -1
    output: str = ""

    @property
    def records(self) -> list[Record]:
        return [record for batch in self.batches for record in decode(batch)]


def capture(
    tape: Path,
    settings: AgentConfig,
    *options: str,
    on_batch: Callable[[AgentSession, int], None] = lambda session, number: None,
) -> Captured:
    """Play a tape to its end with the agent in."""
    with standin(tape, *options) as target, AgentSession.attach(target.process.pid, settings) as session:
        captured = Captured(session.hello)
        target.go()
        for number, batch in enumerate(session.batches()):
            captured.batches.append(batch)
            on_batch(session, number)
        captured.ending = session.ending
        captured.exit_code, captured.output = target.finish()
    return captured
