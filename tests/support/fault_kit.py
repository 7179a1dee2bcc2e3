"""Seeding faults in the Python runtime while it is recorded, and telling by its objects when the run left its course.

A fault replaces a function of the `crimson` package for the time of a recording, as a porting bug would: state then
evolves from it. What is true of a fault is measured here on the session's objects, never by comparing traces.
"""

from __future__ import annotations

import hashlib
import inspect
import textwrap
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Concatenate
from unittest import mock

import msgspec
from crimson.replay.codec import dump_replay_file
from crimson.replay.driver.playback_driver import PlaybackDriver
from crimson.sim.hooks import TickResult
from crimson.sim.sessions import DeterministicSession
from crimson.sim.world_state import WorldState
from grim.rand import CrtRand
from short_replays import replay_of

from crimson.dbg.record import record_replay
from crimson.dbg.replays import LoadedReplay, load_replay
from crimson.dbg.report import LeadKind


@dataclass(frozen=True, slots=True)
class Run:
    """The first ticks of a plan of `capture_replays`; faults of one run share its unfaulted recording."""

    plan: str
    ticks: int

    @property
    def name(self) -> str:
        return f"{self.plan}-{self.ticks}"


@dataclass(frozen=True, slots=True)
class Truth:
    """What a report should say of a fault, in the taxonomy of `crimson.dbg.report.Lead`."""

    kind: LeadKind
    subject: str
    # The entity or field, where there is one: a prefix of the paths that may be named.
    path: str = ""


class Clock:
    """Which tick of which run a fault is in; a recording may start over, and the clock with it."""

    def __init__(self, fault_tick: int) -> None:
        self.fault_tick = fault_tick
        self.tick = -1
        self._session: DeterministicSession | None = None

    def enter(self, tick: int, session: DeterministicSession) -> None:
        self.tick, self._session = tick, session

    @property
    def now(self) -> bool:
        """Whether this is the fault's tick."""
        return self.tick == self.fault_tick

    @property
    def since(self) -> bool:
        """Whether this is the fault's tick or a later one."""
        return self.tick >= self.fault_tick

    @property
    def session(self) -> DeterministicSession:
        assert self._session is not None, "no tick has begun"
        return self._session

    @property
    def world(self) -> WorldState:
        return self.session.world


type Plant = Callable[[Clock], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, and the truth about it."""

    name: str
    # What was broken, in a sentence. Never shown in reports.
    broken: str
    run: Run
    # The first tick whose state or draws are other than they should be.
    tick: int
    truth: Truth
    plant: Plant
    # The first tick that shows it in what traces sample, when that is later.
    visible: int | None = None
    # How many ticks it lasts, when it heals by itself.
    heals_after: int | None = None

    @property
    def found_at(self) -> int:
        """The tick that a comparison should name."""
        return self.tick if self.visible is None else self.visible


@dataclass(slots=True)
class Catalogue:
    """The faults of a module, in the order of their definition."""

    faults: list[Fault] = field(default_factory=list)

    def add(
        self,
        name: str,
        broken: str,
        run: Run,
        tick: int,
        truth: Truth,
        *,
        visible: int | None = None,
        heals_after: int | None = None,
    ) -> Callable[[Callable[[Clock], Generator[None]]], Plant]:
        """Register a generator that plants the fault, yields while it is there, and takes it away."""

        def register(plant: Callable[[Clock], Generator[None]]) -> Plant:
            planted = contextmanager(plant)
            self.faults.append(Fault(name, broken, run, tick, truth, planted, visible, heals_after))
            return planted

        return register


@contextmanager
def replaced[**P, R](
    owner: type | ModuleType, name: str, original: Callable[P, R], put: Callable[P, R]
) -> Generator[None]:
    """Put another function in the place of `owner.name`, which is `original`."""
    assert getattr(owner, name) is original, f"{owner.__name__}.{name} is another function"
    with mock.patch.object(owner, name, put):
        yield


def replaced_method[Self, **P, R](
    owner: type, name: str, original: Callable[Concatenate[Self, P], R], put: Callable[Concatenate[Self, P], R]
) -> AbstractContextManager[None]:
    """The same for a method, whose first parameter may have any name."""
    return replaced(owner, name, original, put)


def around[**P, R](
    owner: type | ModuleType,
    name: str,
    original: Callable[P, R],
    *,
    before: Callable[[], None] | None = None,
    after: Callable[[], None] | None = None,
) -> AbstractContextManager[None]:
    """Do something whenever `owner.name` is called, before or after it runs."""

    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        if before is not None:
            before()
        result = original(*args, **kwargs)
        if after is not None:
            after()
        return result

    return replaced(owner, name, original, wrapped)


def reading(owner: type | ModuleType, name: str, true: str, reads: str) -> Generator[None]:
    """Let `owner.name` be as if its source had `reads` where it has `true`, wherever it was imported to."""
    function = inspect.getattr_static(owner, name)
    assert isinstance(function, FunctionType), f"{owner.__name__}.{name} is no plain function"
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(true) == 1, f"{owner.__name__}.{name} has {source.count(true)} times {true!r}, expected one"
    module = compile(source.replace(true, reads), function.__code__.co_filename, "exec", dont_inherit=True)
    code = next(const for const in module.co_consts if isinstance(const, CodeType) and const.co_name == name)
    kept, function.__code__ = function.__code__, code
    try:
        yield
    finally:
        function.__code__ = kept


# The state of a run by its objects


def _plain(value: object) -> object:
    return {"state": value.state} if isinstance(value, CrtRand) else vars(value)


_SESSION = msgspec.msgpack.Encoder(enc_hook=_plain)


def session_state(driver: PlaybackDriver) -> bytes:
    """Every object of a session with all its fields, sampled in traces or not, and the draws of its last tick."""
    return _SESSION.encode((driver.session, driver._last_tick_rng_rows))


@dataclass(slots=True)
class Witness:
    """Fingerprints of the session after some ticks."""

    # All ticks when none are named.
    ticks: frozenset[int] | None = frozenset()
    seen: dict[int, bytes] = field(default_factory=dict)

    def look(self, tick: int, driver: PlaybackDriver) -> None:
        if self.ticks is None or tick in self.ticks:
            self.seen[tick] = hashlib.blake2b(session_state(driver), digest_size=16).digest()


@contextmanager
def stepping(witness: Witness, fault: Fault | None) -> Generator[None]:
    """Recordings made meanwhile have the fault, and the witness sees their sessions."""
    clock = Clock(-1 if fault is None else fault.tick)
    begin, step = PlaybackDriver.__init__, PlaybackDriver.step_tick

    def watched(driver: PlaybackDriver, tick_index: int) -> TickResult:
        clock.enter(tick_index, driver.session)
        result = step(driver, tick_index)
        witness.look(tick_index, driver)
        return result

    with ExitStack() as stack:
        stack.enter_context(replaced_method(PlaybackDriver, "__init__", begin, _witnessed(begin, witness)))
        stack.enter_context(replaced_method(PlaybackDriver, "step_tick", step, watched))
        if fault is not None:
            stack.enter_context(fault.plant(clock))
        yield


def _witnessed[**P](
    begin: Callable[Concatenate[PlaybackDriver, P], None], witness: Witness
) -> Callable[Concatenate[PlaybackDriver, P], None]:
    """Set-up, seen by a witness as tick -1."""

    def watched(driver: PlaybackDriver, *args: P.args, **kwargs: P.kwargs) -> None:
        begin(driver, *args, **kwargs)
        witness.look(-1, driver)

    return watched


def load_run(run: Run, folder: Path) -> LoadedReplay:
    """The run's replay, as a file in this folder."""
    path = folder / f"{run.name}.crd"
    dump_replay_file(path, replay_of(run.plan, run.ticks))
    return load_replay(path)


def record(loaded: LoadedReplay, out: Path, fault: Fault | None = None, witness: Witness | None = None) -> None:
    """Record a run with a fault, or without one."""
    with stepping(witness or Witness(), fault):
        record_replay(loaded, out)
