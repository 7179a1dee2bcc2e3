"""Runs that nobody has played: drawn from a seed, playable, and the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from crimson.aim_schemes import AimScheme
from crimson.game_modes import GameMode
from crimson.game_version import REPLAY_RULES
from crimson.movement_controls import MovementControlType
from crimson.quests.custom import CustomQuest
from crimson.quests.level import QuestLevel
from crimson.replay import ReplayTick, pack_tick
from crimson.sim.commands import GameCommand, TypoBackspaceCommand, TypoCharCommand, TypoSubmitCommand
from crimson.sim.input import PlayerInput
from crimson.sim.run_spec import RunSpec, RunStatus
from crimson.sim.sessions import DeterministicSession
from crimson.sim.state_types import TERRAIN_SIZE
from crimson.typo.state import TypoCarry
from crimson.weapon_usage import WEAPON_USAGE_SLOT_COUNT
from grim.geom import Vec2

from crimson.dbg.fuzz_quests import drawn_quest
from crimson.dbg.replay_bots import Autopilot, Bot, Fighter, Hands, PerkPicker, Pupil, Typist, idle_inputs
from crimson.dbg.replay_plans import ReplayPlan

MODES: dict[str, GameMode] = {
    "survival": GameMode.SURVIVAL,
    "rush": GameMode.RUSH,
    "quests": GameMode.QUESTS,
    "typo": GameMode.TYPO,
    "tutorial": GameMode.TUTORIAL,
}
_ALONE = (GameMode.TYPO, GameMode.TUTORIAL)
_MOVES = tuple(mode for mode in MovementControlType if mode != MovementControlType.UNKNOWN)
_AIMS = tuple(scheme for scheme in AimScheme if scheme != AimScheme.UNKNOWN)
_RUN_DOWN = 31


def fuzz_plan(seed: int, run: int, modes: Sequence[str], ticks: int) -> ReplayPlan:
    """Run number `run` of a seed, in one of the modes, of at most so many ticks."""
    draw = random.Random(f"{seed}:{run}")
    name = draw.choice(list(modes))
    mode = MODES[name]
    players = 1 if mode in _ALONE else draw.choice((1, 1, 2, 3, 4))
    return ReplayPlan(
        name=f"fuzz-{name}-{seed}-{run}",
        spec=_spec(draw, mode, players),
        bot=_bot(draw, mode, players),
        max_ticks=ticks,
        run_down=draw.choice((0, _RUN_DOWN)),
        rules=draw.choice((REPLAY_RULES, REPLAY_RULES, 1)),
    )


def _spec(draw: random.Random, mode: GameMode, players: int) -> RunSpec:
    unlocked = draw.choice((0, 50, draw.randrange(51)))
    level, custom = _quest(draw) if mode == GameMode.QUESTS else (None, None)
    usage = tuple(0 if slot == 0 else draw.choice((0, 3, 40)) for slot in range(WEAPON_USAGE_SLOT_COUNT))
    spec = RunSpec(
        game_mode_id=mode,
        seed=draw.getrandbits(32),
        quest_level=level,
        player_count=players,
        hardcore=draw.random() < 0.3 and custom is None,
        preserve_bugs=draw.random() < 0.5,
        quest_fail_retry_count=draw.choice((0, 0, 1, 5)),
        detail_preset=draw.choice((5, 5, 1, 2, 3)),
        violence_disabled=draw.choice((0, 0, 1)),
        friendly_fire=draw.random() < 0.5,
        status=RunStatus(
            quest_unlock_index=unlocked,
            quest_unlock_index_hardcore=draw.choice((0, unlocked)),
            weapon_usage_counts=usage if draw.random() < 0.5 else (0,) * WEAPON_USAGE_SLOT_COUNT,
        ),
        custom_quest=custom,
    )
    return _with_words(draw, spec) if mode == GameMode.TYPO else spec


def _with_words(draw: random.Random, spec: RunSpec) -> RunSpec:
    """A player's own words, from one to more than a word's parts; names of a score table; what other runs left."""
    own = draw.choice((0, 0, 1, 3, 5, 40))
    names = draw.choice((0, 1, 3, 20))
    first_run = draw.random() < 0.5
    submits = draw.randrange(300)
    carry = TypoCarry(
        target_world=Vec2(float(draw.randrange(1024)), float(draw.randrange(1024))),
        submit_count=submits,
        match_count=draw.randint(0, submits),
        highscore_names_loaded=draw.random() < 0.5,
    )
    return msgspec.structs.replace(
        spec,
        typo_dictionary_words=tuple(_letters(draw, "aehlnotr -'~7", 1, 15) for _ in range(own)),
        typo_highscore_names=tuple(_letters(draw, "aehlnotrXYZ.", 1, 31) for _ in range(names)),
        typo_carry=TypoCarry() if first_run else carry,
    )


def _letters(draw: random.Random, letters: str, shortest: int, longest: int) -> str:
    return "".join(draw.choices(letters, k=draw.randint(shortest, longest)))


def _quest(draw: random.Random) -> tuple[QuestLevel | None, CustomQuest | None]:
    """One of the game's, or one of its own."""
    if draw.random() < 0.5:
        return None, drawn_quest(draw)
    return QuestLevel(draw.randint(1, 5), draw.randint(1, 10)), None


def _bot(draw: random.Random, mode: GameMode, players: int) -> Callable[[], Bot]:
    if mode == GameMode.TYPO:
        return _typist(draw)
    if mode == GameMode.TUTORIAL:
        return _pupil(draw)
    stride, cancel = draw.randint(1, 6), draw.choice((0, 0, 3))
    # Takes perks that may end the run.
    reckless = draw.random() < 0.2
    bot_seed = draw.getrandbits(32)
    hands = [_hands(draw) for _ in range(players)]

    def perks() -> PerkPicker:
        return PerkPicker(stride=stride, cancel_every=cancel, reckless=reckless)

    kind = draw.choice(("fighter", "fighter", "fighter", "autopilot", "fool"))
    match kind:
        case "autopilot":
            return lambda: Autopilot(perks=perks())
        case "fool":
            return lambda: Fool(bot_seed, perks())
        case _:
            return lambda: Fighter(*hands, perks=perks())


def _typist(draw: random.Random) -> Callable[[], Bot]:
    """One who errs now and then, or leaves the keys to a monkey for some of the time, or falls asleep."""
    key_ticks, keys = draw.choice((1, 2, 3, 5, 9)), draw.choice((1, 1, 2, 40))
    slip, miss, reload = draw.randint(2, 9), draw.randint(3, 20), draw.randint(2, 15)
    diligence = draw.choice((1.0, 1.0, 0.9, 0.6))
    sleeps = draw.random() < 0.3
    bot_seed = draw.getrandbits(32)

    def typist() -> Bot:
        duty = Typist(key_ticks, keys, slip_every=slip, miss_every=miss, reload_every=reload)
        return Distracted(bot_seed, duty, Idler() if sleeps else Monkey(bot_seed), diligence)

    return typist


def _pupil(draw: random.Random) -> Callable[[], Bot]:
    """A good one, or one who dawdles or does as he likes for much of the time; a few have no keys to walk with."""
    move = draw.choice((MovementControlType.STATIC, MovementControlType.STATIC, MovementControlType.RELATIVE, *_MOVES))
    hands = Hands(move=move, aim=draw.choice(_AIMS))
    stride, cancel, reckless = draw.randint(1, 6), draw.choice((0, 0, 2)), draw.random() < 0.5
    diligence = draw.choice((1.0, 0.9, 0.7, 0.4))
    idles = draw.random() < 0.4
    bot_seed = draw.getrandbits(32)

    def pupil() -> Bot:
        perks = PerkPicker(stride=stride, cancel_every=cancel, reckless=reckless)
        distraction = Idler() if idles else Fool(bot_seed, perks)
        return Distracted(bot_seed, Pupil(hands, perks=perks), distraction, diligence)

    return pupil


def _hands(draw: random.Random) -> Hands:
    return Hands(
        move=draw.choice(_MOVES),
        aim=draw.choice(_AIMS),
        burst=draw.randint(1, 90),
        rest=draw.randint(1, 20),
        reload_every=draw.choice((0, 0, 97, 420)),
        spare=draw.choice((0, 0, 0, 8, 30)),
        fire_bullets_every=draw.choice((0, 0, 700)),
        reckless=draw.random() < 0.1,
    )


@dataclass(frozen=True, slots=True)
class Distracted:
    """Does what it should for the part `diligence` of the time, and else what the distraction does."""

    seed: int
    duty: Bot
    distraction: Bot
    diligence: float

    def act(self, session: DeterministicSession, tick: int) -> ReplayTick:
        """See `Bot.act`."""
        diligent = random.Random(f"{self.seed}:{tick // 61}").random() < self.diligence
        return (self.duty if diligent else self.distraction).act(session, tick)


@dataclass(frozen=True, slots=True)
class Idler:
    """Presses nothing."""

    def act(self, session: DeterministicSession, tick: int) -> ReplayTick:
        """See `Bot.act`."""
        del tick
        return pack_tick(idle_inputs(session))


@dataclass(frozen=True, slots=True)
class Monkey:
    """Hits typ-o's keys, whatever they are, several of them at once."""

    seed: int
    _CHARACTERS = "aehlnotr .\u00e9\u4e2d\U0001f600"

    def act(self, session: DeterministicSession, tick: int) -> ReplayTick:
        """See `Bot.act`."""
        whim = random.Random(f"{self.seed}:{tick}")
        keys = [self._key(whim) for _ in range(whim.choice((0, 0, 1, 1, 2, 25)))]
        return pack_tick(idle_inputs(session), keys)

    def _key(self, whim: random.Random) -> GameCommand:
        match whim.choice("ccccbs"):
            case "b":
                return TypoBackspaceCommand(player_index=0)
            case "s":
                return TypoSubmitCommand(player_index=0)
            case _:
                return TypoCharCommand(player_index=0, ch=whim.choice(self._CHARACTERS))


@dataclass(slots=True)
class Fool:
    """Presses whatever comes to mind, for as long as it comes to mind; perks are picked all the same."""

    seed: int
    perks: PerkPicker

    def act(self, session: DeterministicSession, tick: int) -> ReplayTick:
        """See `Bot.act`."""
        inputs = [self._input(player.index, tick) for player in session.world.players]
        return pack_tick(inputs, self.perks.commands(session))

    def _input(self, player: int, tick: int) -> PlayerInput:
        # A whim lasts a while: keys that change in every tick go nowhere.
        whim = random.Random(f"{self.seed}:{player}:{tick // 23}")

        def held(odds: float) -> bool:
            return whim.random() < odds

        return PlayerInput(
            move_mode=whim.choice(_MOVES),
            aim_scheme=whim.choice(_AIMS),
            move=Vec2(whim.uniform(-1.0, 1.0), whim.uniform(-1.0, 1.0)),
            aim=Vec2(whim.uniform(0.0, TERRAIN_SIZE), whim.uniform(0.0, TERRAIN_SIZE)),
            fire_down=held(0.7),
            fire_pressed=held(0.2),
            reload_pressed=held(0.05),
            reload_down=held(0.05),
            fire_bullets_key_down=held(0.05),
            aim_turn_left=held(0.3),
            aim_turn_right=held(0.3),
            move_forward_down=held(0.6),
            move_backward_down=held(0.2),
            turn_left_down=held(0.3),
            turn_right_down=held(0.3),
        )
