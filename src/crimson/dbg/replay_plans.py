"""A replay as a plan: what is to be played and by whom, and playing it.

A replay here is a real run of the game's own simulation: a bot (`replay_bots`) plays a `RunSpec`, every tick is packed
as the file stores it before the simulation sees it, and the result is the one that playback must give. The same plan
gives the same payload with the same `crimsonland`: nothing of the machine, the environment or the time goes in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crimson.game_version import REPLAY_FORMAT_VERSION, REPLAY_RULES, current_replay_game_version
from crimson.replay import Recorder, Replay, ReplayTick
from crimson.replay.ticks import step_replay_tick
from crimson.sim.run_init import initialize_run
from crimson.sim.run_result import RunOutcome, build_run_result
from crimson.sim.run_spec import RunSpec
from crimson.sim.sessions import DeterministicSession, DeterministicSessionTick

from crimson.dbg.replay_bots import Bot

# Fixed, not `current_recorder()`: that names the machine, and the replay's bytes must not.
RECORDER = Recorder(client="pytest-crimson-parity", version="1", platform="any")

type Watch = Callable[[DeterministicSession, DeterministicSessionTick], None]


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """One replay to make. `max_ticks` bounds the run itself; a run that ends sooner is followed by `run_down`
    ticks more (at most 31, the half second that the game keeps simulating)."""

    name: str
    spec: RunSpec
    # A fresh bot for each run: bots keep state.
    bot: Callable[[], Bot]
    max_ticks: int
    run_down: int = 0
    # The simulation's rules: 2 mends what 1 got wrong where `preserve_bugs` is off.
    rules: int = REPLAY_RULES


def make_replay(plan: ReplayPlan, *, watch: Watch | None = None) -> Replay:
    """Play the plan to its end; `watch` sees the session after every tick."""
    session = initialize_run(plan.spec, rules=plan.rules).session
    bot = plan.bot()
    ticks: list[ReplayTick] = []
    stop = plan.max_ticks
    while len(ticks) < stop:
        tick = bot.act(session, len(ticks))
        ticks.append(tick)
        step = step_replay_tick(session, tick)
        if watch is not None:
            watch(session, step)
        if stop == plan.max_ticks and _ended(session, step):
            stop = min(stop, len(ticks) + plan.run_down)
    return Replay(
        format_version=REPLAY_FORMAT_VERSION,
        game_version=current_replay_game_version(),
        rules=plan.rules,
        recorder=RECORDER,
        pilot=None,
        seat_keys=None,
        run=plan.spec,
        result=build_run_result(session, outcome=session.end_outcome()),
        ticks=ticks,
    )


def _ended(session: DeterministicSession, step: DeterministicSessionTick) -> bool:
    # The tutorial has no last tick of its own: the player leaves it by the menu.
    return step.outcome is not None or session.end_outcome() == RunOutcome.TUTORIAL_COMPLETED
