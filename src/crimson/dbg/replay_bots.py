"""Scripted players: they look at a running session and choose the next tick's inputs and commands.

They make the replays that captures are built from, so all that matters is that a run is rich and repeatable.
Every choice follows from the session, the tick number and the bot's own fixed settings: there is no clock, no
environment and no random source. Positions are world units (the arena is 1024 square, y points down).
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from crimson.aim_schemes import AimScheme
from crimson.bonuses.ids import BonusId
from crimson.bonuses.pool import BonusEntry
from crimson.creatures.runtime import CreatureState
from crimson.game_modes import GameMode
from crimson.movement_controls import MovementControlType
from crimson.perks.ids import PerkId
from crimson.perks.selection import perk_selection_prepared_choices
from crimson.replay import ReplayTick, pack_tick
from crimson.sim.commands import (
    GameCommand,
    PerkMenuOpenCommand,
    PerkPickCommand,
    TypoBackspaceCommand,
    TypoCharCommand,
    TypoSubmitCommand,
)
from crimson.sim.input import PlayerInput
from crimson.sim.run_result import all_players_dead
from crimson.sim.sessions import DeterministicSession
from crimson.sim.state_types import TERRAIN_SIZE, PlayerState
from grim.geom import Vec2

_CENTRE = Vec2(TERRAIN_SIZE / 2, TERRAIN_SIZE / 2)
# Literals, not sin and cos: a platform's libm must not reach the replay's bytes through the bot.
_D, _C, _S = 0.7071067811865476, 0.9238795325112867, 0.3826834323650898
_COMPASS = tuple(
    Vec2(x, y)
    for x, y in (
        (1.0, 0.0), (_C, _S), (_D, _D), (_S, _C), (0.0, 1.0), (-_S, _C), (-_D, _D), (-_C, _S),
        (-1.0, 0.0), (-_C, -_S), (-_D, -_D), (-_S, -_C), (0.0, -1.0), (_S, -_C), (_D, -_D), (_C, -_S),
    )
)  # fmt: skip
# Perks that end the run, or may: taken only by a bot told to be reckless.
_DEADLY_PERKS = frozenset((PerkId.GRIM_DEAL, PerkId.FATAL_LOTTERY, PerkId.DEATH_CLOCK, PerkId.INFERNAL_CONTRACT))
_LEAD = 0.06
_RELOAD_HOLD_TICKS = 5
_PLAN_TICKS = 3
_THREAT_RANGE = 300.0
_WALL_MARGIN = 110.0
_PAD_AIM_REACH = 80.0
_CURSOR_HOME = Vec2(200.0, 200.0)


class Bot(Protocol):
    """One player, or one team, of one run. A bot keeps state: make a fresh one for each run."""

    def act(self, session: DeterministicSession, tick: int) -> ReplayTick:
        """Choose the inputs and commands of tick number `tick`; the session stands before that tick."""
        ...


@dataclass(frozen=True, slots=True)
class Hands:
    """How one player plays. Times are ticks (1/60 s), distances world units."""

    move: MovementControlType = MovementControlType.DUAL_ACTION_PAD
    aim: AimScheme = AimScheme.MOUSE
    # The trigger is held for `burst` ticks, then released for `rest`.
    burst: int = 50
    rest: int = 6
    # A reload by hand every so many ticks; 0 leaves it to the empty clip.
    reload_every: int = 0
    fire_range: float = 460.0
    # The trigger rests while fewer creatures than this live, which lets a crowd grow.
    spare: int = 0
    # How far the player walks for a bonus; 0 ignores them.
    bonus_range: float = 700.0
    # Original cheat key: an eligible shot grants Fire Bullets. Held for one burst every so many ticks.
    fire_bullets_every: int = 0
    # Walks into creatures instead of away from them.
    reckless: bool = False


@dataclass(slots=True)
class _Seat:
    """What a player remembers from tick to tick."""

    direction: Vec2 = field(default_factory=Vec2)
    firing: bool = False


@dataclass(slots=True)
class PerkPicker:
    """Opens the perk menu when a perk is pending and picks in the next tick, now and then cancelling."""

    stride: int = 1
    # Every so many menus are closed without a pick; 0 never.
    cancel_every: int = 0
    reckless: bool = False
    # Taken before all others where they are offered.
    wanted: tuple[PerkId, ...] = ()
    # For how many ticks each pick is put off, which changes what is offered; picks beyond are not put off.
    waits: tuple[int, ...] = ()
    waited: int = 0
    menus: int = 0
    picks: int = 0

    def commands(self, session: DeterministicSession) -> list[GameCommand]:
        """The perk commands that the game accepts in this tick, at most one."""
        state = session.world.state
        if state.game_mode in (GameMode.RUSH, GameMode.TYPO) or state.perk_selection.pending_count <= 0:
            return []
        if all_players_dead(session.world.players):
            return []
        if not session.perk_menu_open:
            if self.picks < len(self.waits) and self.waited < self.waits[self.picks]:
                self.waited += 1
                return []
            self.waited = 0
            return [PerkMenuOpenCommand(player_index=0)]
        self.menus += 1
        if self.cancel_every and self.menus % self.cancel_every == 0:
            return []
        self.picks += 1
        return [PerkPickCommand(player_index=0, choice_index=self._choice(session))]

    def _choice(self, session: DeterministicSession) -> int:
        offered = perk_selection_prepared_choices(session.world.state)
        for perk in self.wanted:
            if perk in offered:
                return offered.index(perk)
        first = (self.picks * self.stride) % len(offered)
        order = [(first + step) % len(offered) for step in range(len(offered))]
        safe = [index for index in order if self.reckless or offered[index] not in _DEADLY_PERKS]
        return (safe or order)[0]


class Fighter:
    """A team that keeps out of reach, shoots the nearest creature, takes bonuses and picks perks."""

    def __init__(self, *hands: Hands, perks: PerkPicker | None = None) -> None:
        self._hands = hands
        self._seats = [_Seat() for _ in hands]
        self._perks = PerkPicker() if perks is None else perks

    def act(self, session: DeterministicSession, tick: int) -> ReplayTick:
        """See `Bot.act`."""
        commands = self._perks.commands(session)
        living = living_creatures(session)
        bonuses = session.world.state.bonus_pool.iter_active()
        inputs = [
            self._play(index, player, living, bonuses, tick) for index, player in enumerate(session.world.players)
        ]
        return pack_tick(inputs, commands)

    def _play(
        self,
        index: int,
        player: PlayerState,
        living: Sequence[CreatureState],
        bonuses: Sequence[BonusEntry],
        tick: int,
    ) -> PlayerInput:
        hands, seat = self._hands[index], self._seats[index]
        if (tick + index) % _PLAN_TICKS == 0:
            goal = _goal(player, bonuses, hands, tick + 61 * index)
            seat.direction = _steer(player, living, goal, seat.direction, reckless=hands.reckless)
        target = nearest(player.pos, living)
        phase = tick + 17 * index
        fire = (
            target is not None
            and len(living) >= hands.spare
            and distance(player.pos, target.pos) < hands.fire_range
            and phase % (hands.burst + hands.rest) < hands.burst
        )
        pressed, seat.firing = fire and not seat.firing, fire
        reload = hands.reload_every > 0 and phase % hands.reload_every < _RELOAD_HOLD_TICKS
        cheat = hands.fire_bullets_every > 0 and phase % hands.fire_bullets_every < hands.burst
        return with_hands(
            hands,
            player,
            seat.direction,
            None if target is None else _lead(player, target),
            trigger=Trigger(fire=fire, pressed=pressed, reload=reload, fire_bullets_key=cheat),
        )


class Autopilot:
    """The game's own "Computer" control on every seat; perks are still picked by hand."""

    def __init__(self, *, perks: PerkPicker | None = None) -> None:
        self._perks = PerkPicker() if perks is None else perks

    def act(self, session: DeterministicSession, tick: int) -> ReplayTick:
        """See `Bot.act`."""
        del tick
        hands = Hands(move=MovementControlType.COMPUTER, aim=AimScheme.COMPUTER)
        inputs = [with_hands(hands, player, Vec2(), None) for player in session.world.players]
        return pack_tick(inputs, self._perks.commands(session))


class Pupil:
    """Plays the tutorial: walks, takes every bonus, hunts every creature, picks the perk.

    Only the controls of its hands count. The first stage wants keys: with another way to move it never ends.
    """

    _FIRE_STAGE = 3

    def __init__(self, hands: Hands | None = None, *, perks: PerkPicker | None = None) -> None:
        self._hands = Hands(move=MovementControlType.STATIC) if hands is None else hands
        self._seat = _Seat()
        self._perks = PerkPicker() if perks is None else perks

    def act(self, session: DeterministicSession, tick: int) -> ReplayTick:
        """See `Bot.act`."""
        player = session.world.players[0]
        target = nearest(player.pos, living_creatures(session))
        bonuses = session.world.state.bonus_pool.iter_active()
        # The stage that teaches shooting has nothing to shoot at.
        wants_fire = target is not None or session.world.state.tutorial.stage_index == self._FIRE_STAGE
        fire = wants_fire and tick % 120 < 114
        pressed, self._seat.firing = fire and not self._seat.firing, fire
        inputs = [
            with_hands(
                self._hands,
                player,
                self._heading(player, target, bonuses, tick),
                None if target is None else _lead(player, target),
                trigger=Trigger(fire=fire, pressed=pressed, reload=tick % 700 >= 695),
            )
        ]
        return pack_tick(inputs, self._perks.commands(session))

    @staticmethod
    def _heading(player: PlayerState, target: CreatureState | None, bonuses: Sequence[BonusEntry], tick: int) -> Vec2:
        if bonuses:
            return unit(_closest(player.pos, bonuses) - player.pos)
        if target is None:
            return unit(_roam(tick) - player.pos)
        # Bites do no lasting harm here, and a shot from close by does not miss.
        return unit(target.pos - player.pos) if distance(player.pos, target.pos) > 60.0 else Vec2()


@dataclass(slots=True)
class Typist:
    """Plays Typ-o: types the nearest creature's name, sometimes wrongly, and submits.

    Word number n (from 1) is submitted misspelt if n % `miss_every` is 0, else typed with a slip that is
    taken back if n % `slip_every` is 0; every `reload_every` words the word "reload" is entered instead. A
    word whose creature died is deleted again.
    """

    # Ticks from one key to the next, and how many are hit together.
    key_ticks: int = 4
    keys: int = 1
    slip_every: int = 3
    miss_every: int = 7
    reload_every: int = 11
    _words: int = 0
    _keys: deque[GameCommand] = field(default_factory=deque)
    _word: str = ""

    def act(self, session: DeterministicSession, tick: int) -> ReplayTick:
        """See `Bot.act`."""
        commands: list[GameCommand] = []
        if tick % self.key_ticks == 0 and not all_players_dead(session.world.players):
            commands = [key for _ in range(self.keys) for key in self._next_key(session)]
        return pack_tick(idle_inputs(session), commands)

    def _next_key(self, session: DeterministicSession) -> list[GameCommand]:
        names = _typo_names(session)
        if self._word and self._word not in names:
            # The creature is gone: take back what was typed.
            self._word = ""
            self._keys = deque(_backspaces(len(session.world.state.typo.typing.text)))
        if not self._keys and names:
            self._plan(names[0])
        return [self._keys.popleft()] if self._keys else []

    def _plan(self, name: str) -> None:
        self._words += 1
        self._word = name
        if self._words % self.reload_every == 0:
            self._word, name = "", "reload"
        keys: list[GameCommand] = [*_typed(name), TypoSubmitCommand(player_index=0)]
        if self._words % self.miss_every == 0:
            keys[-2] = TypoCharCommand(player_index=0, ch=_neighbour(name[-1]))
        elif self._words % self.slip_every == 0:
            middle = len(name) // 2
            keys[middle:middle] = [*_typed(_neighbour(name[middle]) * 2), *_backspaces(2)]
        self._keys = deque(keys)


def _typed(text: str) -> list[GameCommand]:
    return [TypoCharCommand(player_index=0, ch=ch) for ch in text]


def _backspaces(count: int) -> list[GameCommand]:
    return [TypoBackspaceCommand(player_index=0) for _ in range(count)]


def _neighbour(ch: str) -> str:
    return "q" if ch == "z" else "z"


def _typo_names(session: DeterministicSession) -> list[str]:
    """The names of the living creatures, nearest first."""
    world = session.world
    named = zip(world.creatures.entries, world.state.typo.names.names, strict=False)
    pos = world.players[0].pos
    alive = [
        (distance(pos, creature.pos), name)
        for creature, name in named
        if name and creature.active and creature.hp > 0.0
    ]
    return [name for _, name in sorted(alive)]


def idle_inputs(session: DeterministicSession) -> list[PlayerInput]:
    """Nobody presses anything."""
    return [with_hands(Hands(), player, Vec2(), None) for player in session.world.players]


def living_creatures(session: DeterministicSession) -> list[CreatureState]:
    """The creatures that can still bite, in pool order."""
    return [entry for entry in session.world.creatures.entries if entry.active and entry.hp > 0.0]


def distance(a: Vec2, b: Vec2) -> float:
    """How far apart two points are, in world units."""
    dx, dy = a.x - b.x, a.y - b.y
    return math.sqrt(dx * dx + dy * dy)


def unit(vector: Vec2) -> Vec2:
    """The vector's direction with length 1, or zero for a vector too short to have one."""
    size = vector.length()
    return Vec2() if size < 1e-6 else Vec2(vector.x / size, vector.y / size)


def nearest(pos: Vec2, creatures: Sequence[CreatureState]) -> CreatureState | None:
    """The creature closest to `pos`; the first in pool order among equals."""
    return min(creatures, key=lambda creature: distance(pos, creature.pos), default=None)


def _roam(tick: int) -> Vec2:
    """A waypoint that circles the arena, a new one every 1.5 seconds."""
    return _CENTRE + 280.0 * _COMPASS[(tick // 90 * 3) % len(_COMPASS)]


def _goal(player: PlayerState, bonuses: Sequence[BonusEntry], hands: Hands, tick: int) -> Vec2:
    waiting = [entry for entry in bonuses if not entry.picked and entry.bonus_id != BonusId.UNUSED]
    near = [entry for entry in waiting if distance(player.pos, entry.pos) < hands.bonus_range]
    return _closest(player.pos, near) if near else _roam(tick)


def _closest(pos: Vec2, bonuses: Sequence[BonusEntry]) -> Vec2:
    return min((entry.pos for entry in bonuses), key=lambda at: distance(pos, at))


def _lead(player: PlayerState, creature: CreatureState) -> Vec2:
    """Where the creature is when a bullet arrives; `vel` is its last step, a bullet does 16 units a tick."""
    return creature.pos + (_LEAD * distance(player.pos, creature.pos)) * creature.vel


def _steer(
    player: PlayerState,
    living: Sequence[CreatureState],
    goal: Vec2,
    current: Vec2,
    *,
    reckless: bool,
) -> Vec2:
    """The compass direction that leads to the goal with the least danger on the way."""
    toward = unit(goal - player.pos)
    if reckless:
        return toward
    threats = [creature.pos for creature in living if distance(player.pos, creature.pos) < _THREAT_RANGE]

    def cost(direction: Vec2) -> float:
        ahead = -0.9 * _dot(direction, toward) - 0.25 * _dot(direction, current)
        for reach in (25.0, 70.0, 130.0):
            at = player.pos + direction * reach
            ahead += _crowding(at, threats) + _wall_cost(at)
        return ahead

    return min(_COMPASS, key=cost)


def _crowding(at: Vec2, threats: Sequence[Vec2]) -> float:
    total = 0.0
    for threat in threats:
        dx, dy = threat.x - at.x, threat.y - at.y
        total += 2600.0 / (dx * dx + dy * dy + 250.0)
    return total


def _wall_cost(at: Vec2) -> float:
    room = min(at.x, at.y, TERRAIN_SIZE - at.x, TERRAIN_SIZE - at.y)
    return max(0.0, (_WALL_MARGIN - room) / _WALL_MARGIN) * 1.6


def _dot(a: Vec2, b: Vec2) -> float:
    return a.x * b.x + a.y * b.y


def _cross(a: Vec2, b: Vec2) -> float:
    """Positive when `b` is clockwise of `a` (y points down)."""
    return a.x * b.y - a.y * b.x


@dataclass(frozen=True, slots=True)
class Trigger:
    """The buttons of one tick."""

    fire: bool = False
    pressed: bool = False
    # Held, not pressed: the original knows no reload edge.
    reload: bool = False
    fire_bullets_key: bool = False


@dataclass(frozen=True, slots=True)
class _Keys:
    forward: bool = False
    backward: bool = False
    left: bool = False
    right: bool = False


def with_hands(
    hands: Hands, player: PlayerState, direction: Vec2, target: Vec2 | None, *, trigger: Trigger | None = None
) -> PlayerInput:
    """Press the controls of `hands` so that the player walks along `direction` (length 1 or 0) and aims at
    `target` (world position; None keeps the aim ahead)."""
    buttons = Trigger() if trigger is None else trigger
    aim_at = player.pos + 100.0 * (direction if direction.length_sq() else Vec2(1.0, 0.0))
    aim_at = aim_at if target is None else target
    turn = _aim_turn(player, aim_at) if hands.aim in (AimScheme.KEYBOARD, AimScheme.JOYSTICK) else 0
    keys = _move_keys(hands.move, player, direction)
    return PlayerInput(
        move_mode=hands.move,
        aim_scheme=hands.aim,
        move=_move_axes(hands.move, player, direction),
        aim=_aim_axes(hands.aim, player, aim_at),
        fire_down=buttons.fire,
        fire_pressed=buttons.pressed,
        reload_down=buttons.reload,
        fire_bullets_key_down=buttons.fire_bullets_key,
        aim_turn_left=turn < 0,
        aim_turn_right=turn > 0,
        move_forward_down=keys.forward,
        move_backward_down=keys.backward,
        turn_left_down=keys.left,
        turn_right_down=keys.right,
    )


def _move_axes(mode: MovementControlType, player: PlayerState, direction: Vec2) -> Vec2:
    if mode == MovementControlType.DUAL_ACTION_PAD:
        return direction
    if mode == MovementControlType.MOUSE_POINT_CLICK:
        return (player.pos + 90.0 * direction).clamp_rect(30.0, 30.0, TERRAIN_SIZE - 30.0, TERRAIN_SIZE - 30.0)
    return Vec2()


def _aim_axes(scheme: AimScheme, player: PlayerState, aim_at: Vec2) -> Vec2:
    if scheme == AimScheme.MOUSE:
        return aim_at
    if scheme == AimScheme.DUAL_ACTION_PAD:
        return _PAD_AIM_REACH * unit(aim_at - player.pos)
    if scheme == AimScheme.MOUSE_RELATIVE:
        return _CURSOR_HOME + 120.0 * unit(aim_at - player.pos)
    return Vec2()


def _aim_turn(player: PlayerState, aim_at: Vec2) -> int:
    """-1, 0 or 1: which way to turn the aim keys."""
    now, wanted = unit(player.aim - player.pos), unit(aim_at - player.pos)
    side = _cross(now, wanted)
    if _dot(now, wanted) > 0.0 and abs(side) < 0.04:
        return 0
    return 1 if side >= 0.0 else -1


def _move_keys(mode: MovementControlType, player: PlayerState, direction: Vec2) -> _Keys:
    if not direction.length_sq():
        return _Keys()
    if mode == MovementControlType.STATIC:
        return _Keys(
            forward=direction.y < -_S,
            backward=direction.y > _S,
            left=direction.x < -_S,
            right=direction.x > _S,
        )
    if mode == MovementControlType.RELATIVE:
        # Only signs of the trigonometry are used: its last bit cannot matter.
        facing = Vec2.from_heading(player.heading)
        ahead, side = _dot(facing, direction), _cross(facing, direction)
        return _Keys(forward=ahead > -0.2, backward=ahead < -0.9, left=side < -0.15, right=side > 0.15)
    return _Keys()
