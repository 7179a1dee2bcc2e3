"""The replays of `corpus/`, as data: short runs, most of them for one weapon, perk, bonus or quest.

Seeds of survival are those, among the first ninety, whose run comes to the thing first; the tick is when it does. The
captures' plans hold what an original can have played; what only a rebuild plays, such as custom quests, is here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from crimson.aim_schemes import AimScheme
from crimson.bonuses import BonusId
from crimson.creatures.spawn_ids import SpawnId
from crimson.game_modes import GameMode
from crimson.movement_controls import MovementControlType
from crimson.perks.ids import PerkId
from crimson.quests.custom import DROPPABLE_WEAPONS, CustomQuest, validate_custom_quest
from crimson.quests.level import QUEST_COUNT, QuestLevel
from crimson.replay import ReplayTick, pack_tick
from crimson.sim.input import PlayerInput
from crimson.sim.run_spec import RunSpec, RunStatus
from crimson.sim.sessions import DeterministicSession
from crimson.weapons import WeaponId

from capture_replays import ARSENAL_PLANS, PLANS, quest_entry
from crimson.dbg.replay_bots import Bot, Fighter, Hands, PerkPicker, Typist, idle_inputs
from crimson.dbg.replay_plans import ReplayPlan

_EVERYTHING = RunStatus(quest_unlock_index=50, quest_unlock_index_hardcore=50)
# The half second that the game goes on after the end.
_RUN_DOWN = 31
_HUNTER = Hands(burst=400, rest=1, fire_range=600.0, bonus_range=2000.0)

# The tick at which the first perk menu offers it, and the run's seed.
_PERKS: dict[PerkId, tuple[int, int]] = {
    PerkId.BLOODY_MESS_QUICK_LEARNER: (2052, 4),
    PerkId.SHARPSHOOTER: (1644, 2),
    PerkId.FASTLOADER: (1891, 44),
    PerkId.LEAN_MEAN_EXP_MACHINE: (1944, 26),
    PerkId.LONG_DISTANCE_RUNNER: (1894, 27),
    PerkId.PYROKINETIC: (1904, 1),
    PerkId.INSTANT_WINNER: (1220, 21),
    PerkId.GRIM_DEAL: (1528, 79),
    PerkId.ALTERNATE_WEAPON: (1796, 28),
    PerkId.PLAGUEBEARER: (1756, 64),
    PerkId.EVIL_EYES: (1528, 79),
    PerkId.AMMO_MANIAC: (1644, 2),
    PerkId.RADIOACTIVE: (2083, 81),
    PerkId.FASTSHOT: (1796, 28),
    PerkId.FATAL_LOTTERY: (1827, 5),
    PerkId.RANDOM_WEAPON: (2006, 73),
    PerkId.MR_MELEE: (1756, 64),
    PerkId.ANXIOUS_LOADER: (1894, 27),
    PerkId.FINAL_REVENGE: (1749, 86),
    PerkId.TELEKINETIC: (1528, 79),
    PerkId.PERK_EXPERT: (1220, 21),
    PerkId.UNSTOPPABLE: (1904, 1),
    PerkId.REGRESSION_BULLETS: (1891, 44),
    PerkId.INFERNAL_CONTRACT: (2072, 37),
    PerkId.POISON_BULLETS: (1827, 5),
    PerkId.DODGER: (1749, 86),
    PerkId.BONUS_MAGNET: (1930, 70),
    PerkId.URANIUM_FILLED_BULLETS: (2046, 20),
    PerkId.DOCTOR: (1944, 26),
    PerkId.MONSTER_VISION: (2006, 73),
    PerkId.HOT_TEMPERED: (1891, 44),
    PerkId.BONUS_ECONOMIST: (1749, 86),
    PerkId.THICK_SKINNED: (1894, 27),
    PerkId.BARREL_GREASER: (1944, 26),
    PerkId.AMMUNITION_WITHIN: (1796, 28),
    PerkId.VEINS_OF_POISON: (1528, 79),
    PerkId.REGENERATION: (2105, 7),
    PerkId.HIGHLANDER: (2005, 80),
    PerkId.JINXED: (1644, 2),
    PerkId.REFLEX_BOOSTED: (2117, 6),
    PerkId.BREATHING_ROOM: (1796, 28),
    PerkId.DEATH_CLOCK: (1858, 34),
    PerkId.MY_FAVOURITE_WEAPON: (1220, 21),
    PerkId.BANDAGE: (1644, 2),
    PerkId.ANGRY_RELOADER: (2023, 11),
    PerkId.ION_GUN_MASTER: (1220, 21),
    PerkId.STATIONARY_RELOADER: (1796, 28),
    PerkId.MAN_BOMB: (1220, 21),
    PerkId.FIRE_CAUGH: (2509, 13),
    PerkId.LIVING_FORTRESS: (2321, 14),
    PerkId.TOUGH_RELOADER: (2005, 80),
}

# The tick at which the weapon is picked up, and the run's seed.
_WEAPONS: dict[WeaponId, tuple[int, int]] = {
    WeaponId.PISTOL: (2089, 58),
    WeaponId.ASSAULT_RIFLE: (723, 60),
    WeaponId.SHOTGUN: (1260, 43),
    WeaponId.SAWED_OFF_SHOTGUN: (853, 75),
    WeaponId.SUBMACHINE_GUN: (700, 55),
    WeaponId.GAUSS_GUN: (624, 21),
    WeaponId.MEAN_MINIGUN: (750, 25),
    WeaponId.FLAMETHROWER: (766, 15),
    WeaponId.PLASMA_RIFLE: (582, 81),
    WeaponId.MULTI_PLASMA: (586, 51),
    WeaponId.PLASMA_MINIGUN: (598, 8),
    WeaponId.ROCKET_LAUNCHER: (596, 86),
    WeaponId.SEEKER_ROCKETS: (725, 22),
    WeaponId.PLASMA_SHOTGUN: (576, 11),
    WeaponId.BLOW_TORCH: (635, 33),
    WeaponId.MINI_ROCKET_SWARMERS: (582, 46),
    WeaponId.ROCKET_MINIGUN: (699, 48),
    WeaponId.PULSE_GUN: (716, 1),
    WeaponId.JACKHAMMER: (617, 74),
    WeaponId.ION_RIFLE: (668, 50),
    WeaponId.ION_MINIGUN: (714, 17),
    WeaponId.ION_CANNON: (630, 27),
    WeaponId.PLASMA_CANNON: (1309, 80),
    WeaponId.SPLITTER_GUN: (599, 44),
    WeaponId.GAUSS_SHOTGUN: (614, 47),
    WeaponId.ION_SHOTGUN: (569, 20),
}

_BONUSES: dict[BonusId, tuple[int, int]] = {
    BonusId.POINTS: (853, 39),
    BonusId.WEAPON: (569, 20),
    BonusId.WEAPON_POWER_UP: (1254, 71),
    BonusId.NUKE: (1003, 26),
    BonusId.DOUBLE_EXPERIENCE: (1135, 86),
    BonusId.SHOCK_CHAIN: (794, 81),
    BonusId.FIREBLAST: (1331, 85),
    BonusId.REFLEX_BOOST: (640, 84),
    BonusId.SHIELD: (659, 55),
    BonusId.FREEZE: (1400, 77),
    BonusId.MEDIKIT: (1769, 8),
    BonusId.SPEED: (1250, 59),
    BonusId.FIRE_BULLETS: (1251, 73),
}


# Perks that need another one, or a weapon: how long the menus are put off until they are offered, and then the same.
_CHAINS: dict[PerkId, tuple[tuple[int, ...], tuple[PerkId, ...], int, int]] = {
    PerkId.PYROMANIAC: ((2,), (), 3764, 15),
    PerkId.GREATER_REGENERATION: ((0, 4), (PerkId.REGENERATION,), 4184, 7),
    PerkId.TOXIC_AVENGER: ((0, 30), (PerkId.VEINS_OF_POISON,), 3274, 79),
    PerkId.PERK_MASTER: ((), (PerkId.PERK_EXPERT,), 2565, 21),
    PerkId.NINJA: ((), (PerkId.DODGER,), 3203, 86),
}


def _survival(name: str, seed: int, ticks: int, bot: Callable[[], Bot]) -> ReplayPlan:
    spec = RunSpec(game_mode_id=GameMode.SURVIVAL, seed=seed, preserve_bugs=seed % 2 == 0, status=_EVERYTHING)
    return ReplayPlan(f"survival-{name}", spec, bot, ticks, run_down=_RUN_DOWN)


def _hunt(name: str, found: tuple[int, int], ticks: int, *wanted: PerkId, waits: tuple[int, ...] = ()) -> ReplayPlan:
    tick, seed = found
    return _survival(
        name,
        seed,
        tick + ticks,
        lambda: Fighter(_HUNTER, perks=PerkPicker(stride=seed % 7 + 1, wanted=wanted, waits=waits)),
    )


def _named(kind: PerkId | WeaponId | BonusId) -> str:
    return kind.name.lower().replace("_", "-")


@dataclass(slots=True)
class _Waiter:
    """Stands still until the tick, then lets the computer aim, and fires."""

    until: int

    def act(self, session: DeterministicSession, tick: int) -> ReplayTick:
        """See `Bot.act`."""
        waits = tick < self.until
        return pack_tick(
            [
                PlayerInput(
                    move_mode=MovementControlType.RELATIVE,
                    aim_scheme=AimScheme.KEYBOARD if waits else AimScheme.COMPUTER,
                    fire_down=not waits,
                    fire_pressed=tick == self.until,
                    move_forward_down=False,
                    move_backward_down=False,
                    turn_left_down=False,
                    turn_right_down=False,
                )
                for _ in session.world.players
            ]
        )


@dataclass(slots=True)
class _Relay:
    """One plays until the tick, then the other."""

    until: int
    first: Bot
    second: Bot

    def act(self, session: DeterministicSession, tick: int) -> ReplayTick:
        """See `Bot.act`."""
        return (self.first if tick < self.until else self.second).act(session, tick)


def _pacifist() -> Bot:
    evader, hunter = Fighter(Hands(fire_range=0.0, bonus_range=0.0)), Fighter(replace(_HUNTER, bonus_range=0.0))
    return _Relay(4005, evader, hunter)


class _Stander(Fighter):
    """Once it has the perk it stands still, and is bitten."""

    def __init__(self, perk: PerkId, *others: PerkId) -> None:
        super().__init__(_HUNTER, perks=PerkPicker(wanted=(perk, *others)))
        self._perk = perk

    def act(self, session: DeterministicSession, tick: int) -> ReplayTick:
        """See `Bot.act`."""
        if self._perk not in session.world.state.perks:
            return super().act(session, tick)
        return pack_tick(idle_inputs(session))


def _standing(perk: PerkId, found: tuple[int, int], ticks: int, *others: PerkId) -> ReplayPlan:
    tick, seed = found
    return _survival(f"standing-{_named(perk)}", seed, tick + ticks, lambda: _Stander(perk, *others))


# Perks that show when their owner stands still, or is bitten.
_STANDING = (
    *(_standing(perk, _PERKS[perk], 900) for perk in (PerkId.MAN_BOMB, PerkId.HIGHLANDER, PerkId.LIVING_FORTRESS)),
    _standing(PerkId.RADIOACTIVE, _PERKS[PerkId.RADIOACTIVE], 900),
    _standing(PerkId.DODGER, _PERKS[PerkId.DODGER], 2400),
    _standing(PerkId.NINJA, (3203, 86), 2400, PerkId.DODGER),
)

# Weapons whose hits take a while to come.
_LONGER = ("arsenal-bubblegun", "arsenal-rocket-minigun")

# A team that gets to level 29, where creatures are of all kinds.
_FAR = ReplayPlan(
    "survival-4p-far",
    RunSpec(game_mode_id=GameMode.SURVIVAL, seed=3, player_count=4, status=_EVERYTHING),
    lambda: Fighter(*[Hands(burst=400, rest=1, fire_range=700.0, bonus_range=400.0)] * 4, perks=PerkPicker(stride=4)),
    17500,
)

# Words become longer with time, and some are names of the score table.
_TYPO = ReplayPlan(
    "typo-words",
    RunSpec(
        game_mode_id=GameMode.TYPO,
        seed=0x70,
        status=_EVERYTHING,
        typo_highscore_names=("ada", "grace.hopper", "linus"),
    ),
    lambda: Typist(key_ticks=1, slip_every=50, miss_every=90),
    14000,
    run_down=_RUN_DOWN,
)


def _handout(weapon: WeaponId, seed: int, ticks: int, bot: Callable[[], Bot]) -> ReplayPlan:
    status = _EVERYTHING if weapon == WeaponId.SHRINKIFIER_5K else RunStatus()
    spec = RunSpec(game_mode_id=GameMode.SURVIVAL, seed=seed, status=status)
    return ReplayPlan(f"survival-handout-{_named(weapon)}", spec, bot, ticks, run_down=_RUN_DOWN)


_HANDOUTS = (
    # Who neither shoots nor is hurt for 64 seconds, which are 4,000 ticks of 16 whole milliseconds.
    _handout(WeaponId.SHRINKIFIER_5K, 3, 4700, _pacifist),
    # Who, almost dead, makes the first three kills around themselves.
    _handout(WeaponId.BLADE_GUN, 0, 2100, lambda: _Waiter(1730)),
)


def _quest(index: int) -> ReplayPlan:
    """The beginning of each quest, which its table and its first creatures decide."""
    level = QuestLevel.from_global_index(index)
    players = 1 + index % 4
    return ReplayPlan(
        f"quest-{level.major}-{level.minor}",
        RunSpec(
            game_mode_id=GameMode.QUESTS,
            seed=0x0DDBA11 + index,
            quest_level=level,
            player_count=players,
            hardcore=index % 2 == 1,
            preserve_bugs=index % 3 == 0,
            status=_EVERYTHING,
        ),
        lambda: Fighter(*[_HUNTER] * players, perks=PerkPicker()),
        400,
    )


_PACK = (SpawnId.ZOMBIE_RANDOM_41, SpawnId.ALIEN_RANDOM_1D, SpawnId.SPIDER_SP1_RANDOM_32)


def _siege(
    weapon: WeaponId,
    *,
    pack: Sequence[SpawnId] = _PACK,
    packs: int,
    pack_size: int,
    every_ms: int,
    weapons: Sequence[WeaponId] = (),
    bonuses: Sequence[BonusId] | None = None,
    perks: Sequence[PerkId] | None = None,
) -> CustomQuest:
    """Packs from all sides, against players who find these weapons only, and these bonuses and perks if given."""
    quest = CustomQuest(
        title="Siege",
        start_weapon_id=weapon,
        terrain_slots=(2, 3, 2),
        entries=tuple(
            quest_entry(number, pack[number % len(pack)], 500 + every_ms * number, pack_size) for number in range(packs)
        ),
        no_weapons=tuple(weapon for weapon in DROPPABLE_WEAPONS if weapon not in weapons),
        # Points cannot be withheld.
        no_bonuses=() if bonuses is None else tuple(bonus for bonus in BonusId if bonus >= 2 and bonus not in bonuses),
        no_perks=() if perks is None else tuple(perk for perk in PerkId if 1 <= perk < 58 and perk not in perks),
    )
    validate_custom_quest(quest)
    return quest


def _besieged(
    name: str, quest: CustomQuest, seed: int, ticks: int, bot: Callable[[], Bot], *, players: int = 1
) -> ReplayPlan:
    spec = RunSpec(
        game_mode_id=GameMode.QUESTS, seed=seed, player_count=players, custom_quest=quest, status=_EVERYTHING
    )
    return ReplayPlan(f"siege-{name}", spec, bot, ticks, run_down=_RUN_DOWN)


def _collector(*, reckless: bool) -> Bot:
    wanted = (
        PerkId.BONUS_MAGNET,
        PerkId.LEAN_MEAN_EXP_MACHINE,
        PerkId.DODGER,
        PerkId.THICK_SKINNED,
        PerkId.FASTSHOT,
        PerkId.REGENERATION,
    )
    return Fighter(replace(_HUNTER, bonus_range=3000.0, reckless=reckless), perks=PerkPicker(wanted=wanted))


_MITES = (SpawnId.ALIEN_SMALL_GREEN_MAN_25,)
_TRIGGER_HAPPY = replace(_HUNTER, burst=5000, fire_range=2000.0)
_FEW_PERKS = (
    PerkId.SHARPSHOOTER,
    PerkId.FASTLOADER,
    PerkId.INSTANT_WINNER,
    PerkId.LONG_DISTANCE_RUNNER,
    PerkId.EVIL_EYES,
    PerkId.AMMO_MANIAC,
    PerkId.FASTSHOT,
    PerkId.ANXIOUS_LOADER,
    PerkId.DODGER,
    PerkId.URANIUM_FILLED_BULLETS,
    PerkId.REGENERATION,
    PerkId.JINXED,
    PerkId.BANDAGE,
)

# What is rare: a full pool of particles, rockets that hit the frozen, a team with bad luck, an Energizer.
_SIEGES = (
    _besieged(
        "flames-4p",
        _siege(WeaponId.FLAMETHROWER, packs=20, pack_size=3, every_ms=1500),
        1,
        900,
        lambda: Fighter(*[_TRIGGER_HAPPY] * 4, perks=PerkPicker()),
        players=4,
    ),
    _besieged(
        "bubbles-4p",
        _siege(
            WeaponId.BUBBLEGUN,
            pack=_MITES,
            packs=100,
            pack_size=5,
            every_ms=400,
            weapons=(WeaponId.FLAMETHROWER,),
            bonuses=(BonusId.WEAPON,),
        ),
        10,
        3267,
        lambda: Fighter(replace(_TRIGGER_HAPPY, bonus_range=0.0), *[_TRIGGER_HAPPY] * 3, perks=PerkPicker()),
        players=4,
    ),
    _besieged(
        "frost",
        _siege(WeaponId.ROCKET_MINIGUN, packs=40, pack_size=3, every_ms=900, bonuses=(BonusId.FREEZE,)),
        0,
        2400,
        lambda: Fighter(_HUNTER, perks=PerkPicker()),
    ),
    _besieged(
        "jinxed-3p",
        _siege(WeaponId.PULSE_GUN, packs=40, pack_size=3, every_ms=900, perks=_FEW_PERKS),
        0,
        2400,
        lambda: Fighter(*[_HUNTER] * 3, perks=PerkPicker(wanted=(PerkId.JINXED,))),
        players=3,
    ),
    _besieged(
        "energizer",
        _siege(
            WeaponId.ION_MINIGUN,
            pack=_MITES,
            packs=100,
            pack_size=10,
            every_ms=300,
            bonuses=(BonusId.ENERGIZER,),
        ),
        104,
        1900,
        # The Energizer drops in tick 1068, behind a crowd.
        lambda: _Relay(1069, _collector(reckless=False), _collector(reckless=True)),
    ),
)


CORPUS_PLANS: tuple[ReplayPlan, ...] = (
    *(_hunt(f"bonus-{_named(bonus)}", found, 400) for bonus, found in _BONUSES.items()),
    *(_hunt(f"weapon-{_named(weapon)}", found, 300) for weapon, found in _WEAPONS.items()),
    *(_hunt(f"perk-{_named(perk)}", found, 300, perk) for perk, found in _PERKS.items()),
    *(
        _hunt(f"perk-{_named(perk)}", (tick, seed), 300, perk, *first, waits=waits)
        for perk, (waits, first, tick, seed) in _CHAINS.items()
    ),
    *_HANDOUTS,
    *_STANDING,
    _FAR,
    _TYPO,
    *(_quest(index) for index in range(QUEST_COUNT)),
    *_SIEGES,
    *(plan for plan in PLANS if plan.spec.custom_quest is not None),
    *(replace(plan, max_ticks=1500 if plan.name in _LONGER else plan.max_ticks) for plan in ARSENAL_PLANS),
)
