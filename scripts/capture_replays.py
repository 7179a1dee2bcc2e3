"""The replays behind the captures, as data.

All plans have `preserve_bugs`, since the original has its bugs.
"""

from dataclasses import replace

from crimson.aim_schemes import AimScheme
from crimson.creatures.spawn_ids import SpawnId
from crimson.game_modes import GameMode
from crimson.movement_controls import MovementControlType
from crimson.quests.custom import DROPPABLE_WEAPONS, UNPLAYABLE_TEMPLATES, CustomQuest, validate_custom_quest
from crimson.quests.level import QuestLevel
from crimson.quests.types import SpawnEntry
from crimson.sim.run_spec import RunSpec, RunStatus
from crimson.weapon_usage import WEAPON_USAGE_SLOT_COUNT
from crimson.weapons import WeaponId
from grim.geom import Vec2

from crimson.dbg.replay_bots import Autopilot, Fighter, Hands, PerkPicker, Pupil, Typist
from crimson.dbg.replay_plans import ReplayPlan

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
    custom: CustomQuest | None = None,
    quest_fail_retry_count: int = 0,
    detail_preset: int = 5,
    violence_disabled: int = 0,
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
        custom_quest=custom,
        quest_fail_retry_count=quest_fail_retry_count,
        detail_preset=detail_preset,
        violence_disabled=violence_disabled,
    )


# Where quest creatures come in: the middles of the edges and the corners, outside the arena.
_DOORS = tuple(Vec2(x, y) for x in (-64.0, 512.0, 1088.0) for y in (-64.0, 512.0, 1088.0) if (x, y) != (512.0, 512.0))
# Nests stay where they appear, so they appear inside.
_NEST_SITES = tuple(Vec2(x, y) for x in (224.0, 800.0) for y in (224.0, 800.0))
_NESTS = range(SpawnId.DEN_ALIEN_BASIC_07, SpawnId.DEN_SPIDER_WEAK_10 + 1)
_SPAWNERS = (SpawnId.ZOMBIE_BOSS_SPAWNER_00, *_NESTS)


def quest_entry(index: int, template: SpawnId, trigger_ms: int, count: int = 1) -> SpawnEntry:
    sites = _NEST_SITES if template in _NESTS else _DOORS
    return SpawnEntry(pos=sites[index % len(sites)], heading=0.0, spawn_id=template, trigger_ms=trigger_ms, count=count)


def _menagerie() -> CustomQuest:
    """Every creature template that a table may hold, one a second; those that spawn others come last."""
    templates = sorted(
        (template for template in SpawnId if template not in UNPLAYABLE_TEMPLATES),
        key=lambda template: (template in _SPAWNERS, template),
    )
    quest = CustomQuest(
        title="Menagerie",
        start_weapon_id=WeaponId.SPLITTER_GUN,
        terrain_slots=(2, 3, 2),
        entries=tuple(quest_entry(index, template, 1000 + 1000 * index) for index, template in enumerate(templates)),
    )
    validate_custom_quest(quest)
    return quest


# Rockets are secondary projectiles and flames are particles; nothing else drops.
_FIREWORKS = (
    WeaponId.FLAMETHROWER,
    WeaponId.ROCKET_LAUNCHER,
    WeaponId.SEEKER_ROCKETS,
    WeaponId.BLOW_TORCH,
    WeaponId.HR_FLAMER,
    WeaponId.MINI_ROCKET_SWARMERS,
    WeaponId.ROCKET_MINIGUN,
)


def _fireworks(start_weapon: WeaponId) -> CustomQuest:
    """Waves against rockets and flames only."""
    waves = (
        SpawnId.ALIEN_RANDOM_1D,
        SpawnId.SPIDER_SP1_RANDOM_32,
        SpawnId.LIZARD_RANDOM_2E,
        SpawnId.ZOMBIE_RANDOM_41,
        SpawnId.SPIDER_PLASMA_SHOOTER_3C,
    )
    quest = CustomQuest(
        title="Fireworks",
        start_weapon_id=start_weapon,
        terrain_slots=(4, 5, 4),
        entries=tuple(
            quest_entry(wave, waves[wave % len(waves)], 1000 + 1500 * wave, 2 + wave // 6) for wave in range(36)
        ),
        no_weapons=tuple(weapon for weapon in DROPPABLE_WEAPONS if weapon not in _FIREWORKS),
    )
    validate_custom_quest(quest)
    return quest


_PAD = Hands(move=MovementControlType.DUAL_ACTION_PAD, aim=AimScheme.DUAL_ACTION_PAD)
_MOUSE = Hands(move=MovementControlType.STATIC, aim=AimScheme.MOUSE, reload_every=420)
_CLICK = Hands(move=MovementControlType.MOUSE_POINT_CLICK, aim=AimScheme.MOUSE)
_TANK = Hands(move=MovementControlType.RELATIVE, aim=AimScheme.KEYBOARD, burst=80)
_CURSOR = Hands(move=MovementControlType.DUAL_ACTION_PAD, aim=AimScheme.MOUSE_RELATIVE)
_STICK = Hands(move=MovementControlType.STATIC, aim=AimScheme.JOYSTICK, reload_every=500)


def _range(weapon: WeaponId) -> CustomQuest:
    """A shooting range for one weapon: small packs close by, and no other weapon drops."""
    packs = (SpawnId.ZOMBIE_RANDOM_41, SpawnId.ALIEN_RANDOM_1D, SpawnId.SPIDER_SP1_RANDOM_32)
    quest = CustomQuest(
        title=weapon.name,
        start_weapon_id=weapon,
        terrain_slots=(6, 7, 6),
        entries=tuple(
            SpawnEntry(pos=site, heading=0.0, spawn_id=packs[index % 3], trigger_ms=200 + 800 * index, count=3)
            for index, site in enumerate(_NEST_SITES)
        ),
        no_weapons=DROPPABLE_WEAPONS,
    )
    validate_custom_quest(quest)
    return quest


# Tired weapons: a drop of a used weapon is drawn again half of the time, which favours the others.
_RARE = (*_FIREWORKS, WeaponId.PLASMA_CANNON, WeaponId.SPLITTER_GUN, WeaponId.FLAMEBURST)
_VETERAN = RunStatus(
    quest_unlock_index=50,
    quest_unlock_index_hardcore=50,
    weapon_usage_counts=tuple(0 if slot == 0 or slot in _RARE else 7 for slot in range(WEAPON_USAGE_SLOT_COUNT)),
)

PLANS: tuple[ReplayPlan, ...] = (
    ReplayPlan(
        "survival",
        _spec(GameMode.SURVIVAL, 0x101),
        lambda: Fighter(_MOUSE, perks=PerkPicker(stride=2, cancel_every=5)),
        4200,
    ),
    ReplayPlan(
        "survival-2p-arms",
        _spec(GameMode.SURVIVAL, 0x5EED0429, players=2, status=_VETERAN),
        lambda: Fighter(_MOUSE, replace(_PAD, fire_bullets_every=1500), perks=PerkPicker(stride=2, cancel_every=5)),
        4200,
        run_down=30,
    ),
    ReplayPlan(
        "survival-2p-friendly-fire",
        _spec(GameMode.SURVIVAL, 0x5EED0501, players=2, friendly_fire=True),
        lambda: Fighter(_MOUSE, _STICK, perks=PerkPicker(stride=3)),
        3000,
        run_down=30,
    ),
    ReplayPlan(
        "survival-4p-friendly-fire",
        _spec(GameMode.SURVIVAL, 0x5EED0502, players=4, friendly_fire=True),
        lambda: Fighter(_PAD, _TANK, _CLICK, _CURSOR, perks=PerkPicker(stride=3)),
        1800,
        run_down=30,
    ),
    ReplayPlan(
        "survival-autopilot",
        _spec(GameMode.SURVIVAL, 0x5EED0009),
        lambda: Autopilot(perks=PerkPicker(stride=1)),
        2400,
        run_down=30,
    ),
    ReplayPlan("rush", _spec(GameMode.RUSH, 0x5EED0302), lambda: Fighter(_PAD), 4200, run_down=30),
    ReplayPlan(
        "rush-4p",
        _spec(GameMode.RUSH, 0x5EED0004, players=4, detail_preset=2, violence_disabled=1),
        lambda: Fighter(_PAD, _STICK, _CLICK, _MOUSE),
        1200,
        run_down=30,
    ),
    ReplayPlan(
        "quest-1-1",
        _spec(GameMode.QUESTS, 0x5EED0005, quest="1.1", status=RunStatus()),
        lambda: Fighter(_MOUSE),
        4200,
    ),
    ReplayPlan(
        "quest-3-5-hardcore",
        _spec(GameMode.QUESTS, 0x5EED0600, quest="3.5", hardcore=True),
        lambda: Fighter(_PAD, perks=PerkPicker(stride=3)),
        4200,
        run_down=30,
    ),
    ReplayPlan(
        "quest-4-8-2p",
        _spec(GameMode.QUESTS, 0x5EED0125, quest="4.8", players=2, quest_fail_retry_count=2),
        lambda: Fighter(_MOUSE, _CLICK, perks=PerkPicker(stride=4)),
        3000,
        run_down=30,
    ),
    ReplayPlan(
        "quest-5-6-death",
        _spec(GameMode.QUESTS, 0x5EED012D, quest="5.6"),
        lambda: Fighter(_PAD),
        4200,
        run_down=30,
    ),
    ReplayPlan(
        "quest-5-7",
        _spec(GameMode.QUESTS, 0x5EED0600, quest="5.7"),
        lambda: Fighter(_PAD, perks=PerkPicker(stride=2)),
        3000,
        run_down=30,
    ),
    ReplayPlan(
        "quest-custom-menagerie",
        _spec(GameMode.QUESTS, 0x5EED000A, custom=_menagerie()),
        lambda: Fighter(_MOUSE, perks=PerkPicker(stride=2)),
        4200,
        run_down=30,
    ),
    ReplayPlan(
        "quest-custom-rockets-2p",
        _spec(
            GameMode.QUESTS,
            0x5EED000B,
            custom=_fireworks(WeaponId.ROCKET_LAUNCHER),
            players=2,
        ),
        lambda: Fighter(_PAD, _CURSOR, perks=PerkPicker(stride=3, cancel_every=4)),
        4200,
        run_down=30,
    ),
    ReplayPlan(
        "quest-custom-flames",
        _spec(GameMode.QUESTS, 0x5EED0A03, custom=_fireworks(WeaponId.FLAMETHROWER)),
        lambda: Fighter(_MOUSE, perks=PerkPicker(stride=3)),
        3600,
        run_down=30,
    ),
    ReplayPlan("tutorial", _spec(GameMode.TUTORIAL, 0x5EED0007, status=RunStatus()), Pupil, 6600),
    ReplayPlan("typo", _spec(GameMode.TYPO, 0x5EED0008), lambda: Typist(key_ticks=6), 3600, run_down=30),
)

# The benchmark's replay: a survival run with about 60 active creatures a tick.
BENCH_PLAN = ReplayPlan(
    "bench-survival",
    _spec(GameMode.SURVIVAL, 0x5EED0060),
    lambda: Fighter(Hands(move=MovementControlType.DUAL_ACTION_PAD, aim=AimScheme.MOUSE, spare=80, bonus_range=0.0)),
    4200,
)

# Short runs, one for each weapon that a player can hold: what the long captures do not reach.
ARSENAL_PLANS: tuple[ReplayPlan, ...] = tuple(
    ReplayPlan(
        f"arsenal-{weapon.name.lower().replace('_', '-')}",
        _spec(GameMode.QUESTS, 0x5EED1000 + weapon, custom=_range(weapon)),
        lambda: Fighter(replace(_MOUSE, reload_every=200), perks=PerkPicker(stride=2)),
        360,
    )
    for weapon in WeaponId
    if weapon != WeaponId.NONE and not weapon.name.startswith("UNUSED_")
)
