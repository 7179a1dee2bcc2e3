"""The tape of a replay: what the original would write and call while it plays that run, from a re-simulation.

The stand-in that plays it is then what the agent captures. What surrounds a run is made harder than need be: slots
hold garbage until the agent cleans them, steps are wrong until it pins them, and calls that count for nothing are
mixed in. What the runtime does is in its own order; only what it has no order for (inputs, writes) comes at fixed
places of a tick.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crimson.replay.driver.playback_driver import PlaybackDriver, ReplayRunnerError, RngTraceDraw
from crimson.replay.rng_call_order import RngCallOrder
from crimson.replay.types import Replay
from crimson.rng_caller_static import RngCallerStatic
from crimson.sim.commands import TypoCharCommand
from grim.rand import RecordedCallerStatic

from crimson.dbg.errors import CaptureProblem, RecordRefused
from crimson.dbg.original.layout import Layout, standin_layout
from crimson.dbg.original.run_start import clean_image
from crimson.dbg.setup_draws import tracing_setup
from crimson.dbg.standin.before_run import write_before_run
from crimson.dbg.standin.call_sites import Site
from crimson.dbg.standin.memory import TapeMemory
from crimson.dbg.standin.run_memory import RunMemory
from crimson.dbg.standin.run_watch import RunWatch
from crimson.dbg.standin.runtime_calls import watching
from crimson.dbg.standin.tape import TapeWriter, tape_file
from crimson.dbg.standin.tape_calls import TapeCalls, tape_functions
from crimson.dbg.standin.tick_tape import TickTape

# The generator's callers that the tape treats apart.
_FRAME_DRAW = RngCallerStatic.GAME_FRAME_UPDATE_DISCARDED
# Keys that Typ-o takes as deleting and submitting.
_TYPO_COMMANDS = "\b\r"


@dataclass(frozen=True, slots=True)
class TapeReport:
    """What a tape holds: `ticks` of the replay, in a file of `size` bytes."""

    ticks: int
    size: int


def make_tape(replay: Replay, out: Path, *, where: str, ticks: int | None = None, pin: bool = True) -> TapeReport:
    """Write the tape of a replay's run, or of its first ticks; `where` names the replay in messages.

    Without `pin` the steps are right and the perk menu takes no frames: the stand-in then plays the tape without the
    agent. `CaptureProblem` says why the original could not play such a run, `RecordRefused` why the runtime does not.
    """
    _require_original(replay, where)
    layout = standin_layout()
    with tape_file(out, tape_functions(layout)) as writer:
        played = _write(replay, layout, writer, where, ticks, pin=pin)
    return TapeReport(played, out.stat().st_size)


def _require_original(replay: Replay, where: str) -> None:
    run = replay.run
    if not run.preserve_bugs:
        raise CaptureProblem(where, "the original has its bugs: a tape needs a replay with preserve_bugs")
    if run.custom_quest is not None or run.typo_dictionary_words:
        raise CaptureProblem(where, "the original has neither custom quests nor custom dictionaries")
    for index, tick in enumerate(replay.ticks):
        for command in tick.commands:
            if isinstance(command, TypoCharCommand) and (command.ch in _TYPO_COMMANDS or ord(command.ch) > 0xFF):
                raise CaptureProblem(where, f"tick {index} types {command.ch!r}, which the original's keyboard has not")


def _write(replay: Replay, layout: Layout, writer: TapeWriter, where: str, limit: int | None, *, pin: bool) -> int:
    memory = TapeMemory(writer)
    calls = TapeCalls(layout, writer)
    write_before_run(layout, memory.put, replay.run, where)
    try:
        with tracing_setup() as draws:
            driver = PlaybackDriver(replay, max_ticks=limit, warn_on_version_mismatch=False)
        run = RunMemory(layout, driver.session)
        _write_setup(replay, memory, calls, run, draws)
        ticks = TickTape(layout, driver.session, writer, memory, run, calls, pin=pin)
        driver.rng_call_order = _LiveDraws(calls, ticks)
        with watching(RunWatch(layout, driver.session, calls, memory, run).functions(ticks)):
            for tick in range(driver.tick_limit):
                ticks.begin(tick, replay.ticks[tick])
                driver.step_tick(tick)
                ticks.end()
    except ReplayRunnerError as problem:
        raise RecordRefused(where, str(problem)) from problem
    writer.end()
    return driver.tick_limit


def _write_setup(
    replay: Replay, memory: TapeMemory, calls: TapeCalls, run: RunMemory, draws: list[RngTraceDraw]
) -> None:
    """Set-up's draws, then its state, then the draw that ends its frame."""
    level = replay.run.quest_level
    if level is not None:
        calls.begin("quest_start_selected", Site.QUEST_START, int(level.major), int(level.minor))
    for *_states, caller in draws[:-1]:
        calls.draw(caller)
    # At the first draw the agent has cleaned the slots: set-up writes only what differs from that.
    for address, data in clean_image(replay.run.player_count):
        memory.assume(address, data)
    run.write(memory.put_parts, memory.put_parts)
    if level is not None:
        calls.end()
    calls.draw(calls.frame_draw)


class _LiveDraws(RngCallOrder):
    """Writes the draws of ticks as they are made; the frame's draw ends the update."""

    def __init__(self, calls: TapeCalls, ticks: TickTape) -> None:
        super().__init__()
        self._calls = calls
        self._ticks = ticks

    def __call__(self, _state_before: int, _state_after: int, _value: int, caller: RecordedCallerStatic) -> None:
        super().__call__(_state_before, _state_after, _value, caller)
        if caller == _FRAME_DRAW:
            self._ticks.leave()
        self._calls.draw(caller)
