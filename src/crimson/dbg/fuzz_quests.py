"""Custom quests that nobody has written: drawn, and as the game's own check of them wants them."""

from __future__ import annotations

import random

import msgspec
from crimson.bonuses.ids import BonusId
from crimson.creatures.spawn import RANDOM_HEADING_SENTINEL, SpawnId
from crimson.math_parity import f32
from crimson.perks.ids import PerkId
from crimson.quests.custom import UNPLAYABLE_TEMPLATES, CustomQuest, validate_custom_quest
from crimson.quests.types import SpawnEntry
from crimson.weapons import WeaponId
from grim.geom import Vec2

_TEMPLATES = tuple(template for template in SpawnId if template not in UNPLAYABLE_TEMPLATES)
_WEAPONS = tuple(weapon for weapon in WeaponId if weapon != WeaponId.NONE and not weapon.name.startswith("UNUSED_"))
_BONUSES = tuple(BonusId(number) for number in range(2, 15))
_PERKS = tuple(PerkId(number) for number in range(1, 58) if number != PerkId.INSTANT_WINNER)
_DROPPED_WEAPONS = tuple(WeaponId(number) for number in range(2, 34))
# Much experience for few hits.
_PREY = (
    SpawnId.ALIEN_SPAWNER_RING_24_0E,
    SpawnId.DEN_LIZARD_WEAK_0C,
    SpawnId.DEN_LIZARD_WEAK_SLOWER_0D,
    SpawnId.DEN_SPIDER_WEAK_10,
    SpawnId.SPIDER_SP1_STOP_AND_GO_38,
    SpawnId.ALIEN_DEADLY_FAST_2B,
    SpawnId.ALIEN_CONST_GREY_FAST_2A,
    SpawnId.ALIEN_HIDDEN_3_23,
)
# World units around the arena in which creatures appear.
_NEAR, _FAR = -300.0, 1324.0
# What hardly anybody writes, and what chance hardly draws: zeros of either sign, the borders of the arena and of the
# ground around it, the middle.
_EDGES = (0.0, -0.0, 512.0, 1024.0, -64.0, 1088.0)
# More than the pool of creatures holds, together with what is there. At once there may be 384.
_CROWD = 340


def drawn_quest(draw: random.Random) -> CustomQuest:
    """A quest with something to fight from its first seconds on."""
    time_ms = 0
    entries = []
    for _ in range(draw.choice((1, draw.randint(2, 12), draw.randint(2, 40)))):
        # Some come together, some late, and some are out of order.
        time_ms += draw.choice((0, 0, draw.randrange(400), draw.randrange(3000), -draw.randrange(1000)))
        time_ms = max(time_ms, 0)
        entries.append(_entry(draw, time_ms))
    if draw.random() < 0.1:
        entries.append(msgspec.structs.replace(_entry(draw, time_ms + 500), count=_CROWD))
    if draw.random() < 0.6:
        entries += _prey(draw)
    quest = CustomQuest(
        title="Drawn",
        start_weapon_id=draw.choice(_WEAPONS),
        terrain_slots=(draw.randrange(8), draw.randrange(8), draw.randrange(8)),
        entries=tuple(entries),
        no_bonuses=_some(draw, _BONUSES, most=0.9),
        # With hardly a perk left, a menu draws millions of times.
        no_perks=_some(draw, _PERKS, most=0.5),
        no_weapons=_some(draw, _DROPPED_WEAPONS, most=0.9),
    )
    validate_custom_quest(quest)
    return quest


def _entry(draw: random.Random, time_ms: int) -> SpawnEntry:
    heading = draw.choice((0.0, -0.0, RANDOM_HEADING_SENTINEL, RANDOM_HEADING_SENTINEL, draw.uniform(-4.0, 4.0)))
    return SpawnEntry(
        pos=Vec2(_coordinate(draw), _coordinate(draw)),
        heading=f32(heading),
        spawn_id=draw.choice(_TEMPLATES),
        trigger_ms=time_ms,
        count=draw.choice((1, 1, 1, 2, draw.randint(1, 9))),
    )


def _coordinate(draw: random.Random) -> float:
    return f32(draw.choice(_EDGES) if draw.random() < 0.1 else draw.uniform(_NEAR, _FAR))


def _prey(draw: random.Random) -> list[SpawnEntry]:
    """What gives a run many levels within its first minute, and so many perks at once."""
    every_ms = draw.choice((100, 400, 1500))
    kinds = draw.choices(_PREY, k=draw.randint(1, 3))
    return [
        SpawnEntry(
            pos=Vec2(f32(draw.uniform(100.0, 924.0)), f32(draw.uniform(100.0, 924.0))),
            heading=0.0,
            spawn_id=draw.choice(kinds),
            trigger_ms=every_ms * number,
            count=1,
        )
        for number in range(draw.randint(5, 60))
    ]


def _some[Id: int](draw: random.Random, ids: tuple[Id, ...], *, most: float) -> tuple[Id, ...]:
    """None, a few, or the greater part, in order."""
    odds = draw.choice((0.0, 0.0, 0.2, most))
    return tuple(number for number in ids if draw.random() < odds)
