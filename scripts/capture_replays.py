"""The replays behind the captures, as data, and how one is played.

A replay here is a real run of the game's own simulation: a bot (`replay_bots`) plays a `RunSpec`, every tick is
packed as the file stores it before the simulation sees it, and the result is the one that playback must give.
All plans have `preserve_bugs`, since the original has its bugs. The same plan gives the same payload on any
machine: nothing of the machine, the environment or the time goes in.
"""

from collections.abc import Callable
from dataclasses import dataclass

from crimson.aim_schemes import AimScheme
from crimson.game_modes import GameMode
from crimson.game_version import REPLAY_FORMAT_VERSION, REPLAY_RULES, current_replay_game_version
from crimson.movement_controls import MovementControlType
from crimson.quests.level import QuestLevel
from crimson.replay import Recorder, Replay, ReplayTick
from crimson.replay.ticks import step_replay_tick
from crimson.sim.run_init import initialize_run
from crimson.sim.run_result import RunOutcome, build_run_result
from crimson.sim.run_spec import RunSpec, RunStatus
from crimson.sim.sessions import DeterministicSession, DeterministicSessionTick

from replay_bots import Autopilot, Bot, Fighter, Hands, PerkPicker, Pupil, Typist

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


def make_replay(plan: ReplayPlan, *, watch: Watch | None = None) -> Replay:
    """Play the plan to its end; `watch` sees the session after every tick."""
    session = initialize_run(plan.spec, rules=REPLAY_RULES).session
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
        rules=REPLAY_RULES,
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


_EVERYTHING = RunStatus(quest_unlock_index=50, quest_unlock_index_hardcore=50)


def _spec(
    mode: GameMode,
    seed: int,
    *,
    players: int = 1,
    quest: str | None = None,
    hardcore: bool = False,
    friendly_fire: bool = False,
    status: RunStatus = _EVERYTHING,
) -> RunSpec:
    return RunSpec(
        game_mode_id=mode,
        seed=seed,
        player_count=players,
        quest_level=None if quest is None else QuestLevel.parse(quest),
        hardcore=hardcore,
        preserve_bugs=True,
        friendly_fire=friendly_fire,
        status=status,
    )


_PAD = Hands(move=MovementControlType.DUAL_ACTION_PAD, aim=AimScheme.DUAL_ACTION_PAD)
_MOUSE = Hands(move=MovementControlType.STATIC, aim=AimScheme.MOUSE, reload_every=420)
_CLICK = Hands(move=MovementControlType.MOUSE_POINT_CLICK, aim=AimScheme.MOUSE)
_TANK = Hands(move=MovementControlType.RELATIVE, aim=AimScheme.KEYBOARD, burst=80)
_CURSOR = Hands(move=MovementControlType.DUAL_ACTION_PAD, aim=AimScheme.MOUSE_RELATIVE)
_STICK = Hands(move=MovementControlType.STATIC, aim=AimScheme.JOYSTICK, reload_every=500)

PLANS: tuple[ReplayPlan, ...] = (
    ReplayPlan(
        "survival",
        _spec(GameMode.SURVIVAL, 0x5EED0001),
        lambda: Fighter(_MOUSE, perks=PerkPicker(stride=2, cancel_every=5)),
        4200,
        run_down=30,
    ),
    ReplayPlan(
        "survival-4p-friendly-fire",
        _spec(GameMode.SURVIVAL, 0x5EED0002, players=4, friendly_fire=True),
        lambda: Fighter(_PAD, _TANK, _CLICK, _CURSOR, perks=PerkPicker(stride=3)),
        2400,
        run_down=30,
    ),
    ReplayPlan(
        "rush",
        _spec(GameMode.RUSH, 0x5EED0003),
        lambda: Fighter(_PAD),
        4200,
        run_down=30,
    ),
    ReplayPlan(
        "rush-4p",
        _spec(GameMode.RUSH, 0x5EED0004, players=4),
        lambda: Fighter(_PAD, _STICK, _CLICK, _MOUSE),
        1500,
        run_down=30,
    ),
    ReplayPlan(
        "quest-1-1",
        _spec(GameMode.QUESTS, 0x5EED0005, quest="1.1", status=RunStatus()),
        lambda: Fighter(_MOUSE),
        4200,
    ),
    ReplayPlan(
        "quest-2-7-hardcore",
        _spec(GameMode.QUESTS, 0x5EED0006, quest="2.7", hardcore=True),
        lambda: Fighter(_PAD),
        4200,
        run_down=30,
    ),
    ReplayPlan("tutorial", _spec(GameMode.TUTORIAL, 0x5EED0007, status=RunStatus()), Pupil, 9000),
    ReplayPlan("typo", _spec(GameMode.TYPO, 0x5EED0008), Typist, 3600, run_down=30),
    ReplayPlan(
        "survival-autopilot-2p",
        _spec(GameMode.SURVIVAL, 0x5EED0009, players=2),
        lambda: Autopilot(perks=PerkPicker(stride=1)),
        3000,
        run_down=30,
    ),
)

# The benchmark's replay: a survival run with about 60 active creatures a tick.
BENCH_PLAN = ReplayPlan(
    "bench-survival",
    _spec(GameMode.SURVIVAL, 0x5EED0060),
    lambda: Fighter(Hands(move=MovementControlType.DUAL_ACTION_PAD, spare=50)),
    4200,
)
