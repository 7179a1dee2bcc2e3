"""Rush replays made without playing them: what the players do does not depend on the game.

A run is long only if its players live. Without the original's cheat key they walk by a plan that was found by trying
what comes of it; with it they walk in rounds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crimson.aim_schemes import AimScheme
from crimson.game_modes import GameMode
from crimson.game_version import REPLAY_FORMAT_VERSION, REPLAY_RULES, current_replay_game_version
from crimson.movement_controls import MovementControlType
from crimson.replay import Replay, ReplayTick, pack_tick
from crimson.sim.input import PlayerInput
from crimson.sim.run_result import PlayerRunResult, RunOutcome, RunResult
from crimson.sim.run_spec import RunSpec, RunStatus
from crimson.weapon_usage import WEAPON_USAGE_SLOT_COUNT
from crimson.weapons import WeaponId
from grim.geom import Vec2

from crimson.dbg.replay_plans import RECORDER

# Directions of a plan's digits: none, then clockwise from the top.
_UP, _DOWN, _LEFT, _RIGHT = "up", "down", "left", "right"
_KEYS = (
    (),
    (_UP,),
    (_UP, _RIGHT),
    (_RIGHT,),
    (_DOWN, _RIGHT),
    (_DOWN,),
    (_DOWN, _LEFT),
    (_LEFT,),
    (_UP, _LEFT),
)
PLAN_TICKS = 25


@dataclass(frozen=True)
class LongRun:
    """A run in which someone lives for more than 3,000 ticks. Every player has a plan, a digit for 25 ticks."""

    seed: int
    preserve_bugs: bool
    plans: Sequence[str]
    status: RunStatus

    @property
    def name(self) -> str:
        return f"{len(self.plans)}p{'-bugs' if self.preserve_bugs else ''}"

    def replay(self) -> Replay:
        spec = RunSpec(
            game_mode_id=GameMode.RUSH,
            seed=self.seed,
            quest_level=None,
            player_count=len(self.plans),
            preserve_bugs=self.preserve_bugs,
            status=self.status,
        )
        ticks = [self._tick(tick) for tick in range(PLAN_TICKS * len(self.plans[0]))]
        return rush_replay(spec, ticks)

    def _tick(self, tick: int) -> ReplayTick:
        cheats = self.preserve_bugs and tick % 1500 < 600
        inputs = [planned_input(_KEYS[int(plan[tick // PLAN_TICKS])], cheats=cheats) for plan in self.plans]
        return pack_tick(inputs)


def planned_input(keys: Sequence[str], *, cheats: bool) -> PlayerInput:
    """The computer aims and fires, the keys walk; the cheat is Fire Bullets."""
    return PlayerInput(
        move_mode=MovementControlType.STATIC,
        aim_scheme=AimScheme.COMPUTER,
        fire_down=True,
        fire_bullets_key_down=cheats,
        move_forward_down=_UP in keys,
        move_backward_down=_DOWN in keys,
        turn_left_down=_LEFT in keys,
        turn_right_down=_RIGHT in keys,
    )


def rounds(players: int, segments: int, segment: int) -> list[str]:
    """Plans that go round and round, every other player the other way; `segment` is how long one goes straight on."""

    def digit(player: int, at: int) -> str:
        turned = (at // segment + 2 * player) % 8
        return str(1 + (turned if player % 2 == 0 else 7 - turned))

    return ["".join(digit(player, at) for at in range(segments)) for player in range(players)]


_NEW, _ALL = RunStatus(), RunStatus(quest_unlock_index=50, quest_unlock_index_hardcore=50)
# One to four players, with the original's bugs and without them.
LONG_RUNS = (
    LongRun(1, preserve_bugs=True, plans=rounds(1, 125, 12), status=_ALL),
    LongRun(0, preserve_bugs=True, plans=rounds(2, 125, 2), status=_ALL),
    LongRun(0, preserve_bugs=True, plans=rounds(3, 125, 2), status=_NEW),
    LongRun(0, preserve_bugs=True, plans=rounds(4, 125, 2), status=_NEW),
    LongRun(
        101,
        preserve_bugs=False,
        plans=(
            (
                "337000006122336447740788477666222022243330772201777770113151655"
                "53113873337742226775666333366222111011888175887788115001808878"
            ),
        ),
        status=_NEW,
    ),
    LongRun(
        100,
        preserve_bugs=False,
        plans=(
            (
                "000166067117758356888224555644745505450060288303044435557701001"
                "55402233770000224413355000044544454200477776887777577760766661"
            ),
            (
                "303638814100211166363055220433555154888854600006611121112322201"
                "07008882755088228808888618877778662860088888083171113144044455"
            ),
        ),
        status=_NEW,
    ),
    LongRun(
        100,
        preserve_bugs=False,
        plans=(
            (
                "000301357622744524664223833262287518511518877788880113088122272"
                "22303200222252225444555455555555375566666613333544444844524773"
            ),
            (
                "000070006006600662322874542565414485062243117455588665566662211"
                "43151445450827644455855555444066444224626332555525587444474647"
            ),
            (
                "065555521322100047388825347350061745588866533333447722608885555"
                "55571168664122376677003444444003000004883333334632540353742088"
            ),
        ),
        status=_NEW,
    ),
    LongRun(
        100,
        preserve_bugs=False,
        plans=(
            (
                "220833330000587756538323388662204530007551007580001111877611118"
                "11140334402257714530600147111882400027200000500000033366665663"
            ),
            (
                "055556155747700866666234431321835088477412248843863333028881117"
                "88251332662721772222710102212620334888001222620528842266666545"
            ),
            (
                "000003433244200206778887871511145070111166673700060001155722282"
                "27204370020000238273311116218118050033360018225188303382866630"
            ),
            (
                "006060008861243314452251666366666724333805225731888822224446117"
                "22552600118066231301188822444517118111111121111443332382335544"
            ),
        ),
        status=_NEW,
    ),
)


def random_replay(number: int, ticks: int) -> Replay:
    """A short run of any settings, in which everyone changes how they play every second or so."""
    chance = random.Random(number)
    players = number % 4 + 1
    spec = RunSpec(
        game_mode_id=GameMode.RUSH,
        seed=chance.getrandbits(32),
        quest_level=None,
        player_count=players,
        hardcore=chance.random() < 0.5,
        preserve_bugs=number % 8 >= 4,
        quest_fail_retry_count=chance.choice((0, 3)),
        detail_preset=chance.choice((1, 2, 3, 5)),
        violence_disabled=chance.choice((0, 0, 0, 1, 255)),
        friendly_fire=chance.random() < 0.5,
        status=RunStatus(
            quest_unlock_index=chance.choice((0, 25, 35, 50)),
            quest_unlock_index_hardcore=chance.choice((0, 39, 40)),
            weapon_usage_counts=tuple(chance.randrange(5) for _ in range(WEAPON_USAGE_SLOT_COUNT)),
        ),
    )
    seats = [_random_inputs(chance, ticks) for _ in range(players)]
    played = [pack_tick(inputs) for inputs in zip(*seats, strict=True)]
    return rush_replay(spec, played, rules=chance.choice((1, REPLAY_RULES)) if players == 1 else REPLAY_RULES)


def _random_inputs(chance: random.Random, ticks: int) -> Iterator[PlayerInput]:
    held = _random_input(chance)
    for _ in range(ticks):
        if chance.random() < 0.03:
            held = _random_input(chance)
        yield held


def _random_input(chance: random.Random) -> PlayerInput:
    def flip() -> bool:
        return chance.random() < 0.5

    def axis() -> float:
        return chance.choice((-1.0, 0.0, 1.0, chance.uniform(-1.0, 1.0)))

    move_mode = chance.choice(list(MovementControlType))
    move = Vec2(axis(), axis())
    if move_mode == MovementControlType.MOUSE_POINT_CLICK:
        move = Vec2(chance.choice((-1.0, chance.uniform(0.0, 1024.0))), chance.uniform(0.0, 1024.0))
    return PlayerInput(
        move_mode=move_mode,
        aim_scheme=chance.choice(list(AimScheme)),
        move=move,
        aim=Vec2(chance.uniform(0.0, 1024.0), chance.uniform(0.0, 1024.0)),
        fire_down=chance.random() < 0.8,
        fire_pressed=flip(),
        reload_pressed=chance.random() < 0.1,
        reload_down=chance.random() < 0.1,
        fire_bullets_key_down=chance.random() < 0.2,
        aim_turn_left=flip(),
        aim_turn_right=flip(),
        move_forward_down=flip(),
        move_backward_down=flip(),
        turn_left_down=flip(),
        turn_right_down=flip(),
    )


def rush_replay(
    spec: RunSpec,
    ticks: Sequence[ReplayTick],
    *,
    rules: int = REPLAY_RULES,
    game_version: str | None = None,
) -> Replay:
    """The replay; its result is made up, since nobody has played it."""
    nobody = PlayerRunResult(experience=0, health=100.0, most_used_weapon_id=WeaponId.ASSAULT_RIFLE)
    return Replay(
        format_version=REPLAY_FORMAT_VERSION,
        game_version=current_replay_game_version() if game_version is None else game_version,
        rules=rules,
        recorder=RECORDER,
        pilot=None,
        seat_keys=None,
        run=spec,
        result=RunResult(
            outcome=RunOutcome.INCOMPLETE,
            elapsed_ms=16 * len(ticks),
            kills=0,
            shots_fired=0,
            shots_hit=0,
            rng_state=0,
            pending_perks=0,
            quest_final_ms=None,
            players=(nobody,) * spec.player_count,
        ),
        ticks=list(ticks),
    )
