"""A player's input in a tick, from the queries that the original makes of keyboard and mouse.

Movement and aim keys are those that `player_update` asks for, told apart by the player's bindings. The mouse's aim is
what the update makes of it, the player's aim point; the schemes without keys take raw axes. Facts: the original's
`player_update` 0x004136b0 and the bindings at +0x31c of a player.
"""

from __future__ import annotations

from collections import defaultdict

from crimson.aim_schemes import AimScheme
from crimson.movement_controls import MovementControlType
from crimson.replay import pack_tick
from crimson.sim.input import PlayerInput
from grim.geom import Vec2

from crimson.dbg.capture_rows import InputSample
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.original.agent_records import Key, Primary
from crimson.dbg.original.finite import require_finite
from crimson.dbg.original.run_reader import RunReader
from crimson.dbg.schema import Player

_BINDINGS = ("forward", "backward", "turn_left", "turn_right", "aim_left", "aim_right", "fire")
# Schemes whose axes are no keys.
_ANALOG_MOVE = (MovementControlType.DUAL_ACTION_PAD, MovementControlType.MOUSE_POINT_CLICK)
_ANALOG_AIM = (AimScheme.DUAL_ACTION_PAD, AimScheme.MOUSE_RELATIVE)


class TickInputs:
    """Collects the queries of a tick."""

    def __init__(self, reader: RunReader, fire_bullets_caller: int) -> None:
        self._reader = reader
        self._fire_bullets_caller = fire_bullets_caller
        # Per player, the names of the keys that were down.
        self._down: defaultdict[int, set[str]] = defaultdict(set)
        self._fired_before: set[int] = set()

    def clear(self) -> None:
        """Start on a new run: no key was down before it."""
        self._down.clear()

    def begin(self) -> None:
        self._fired_before = {player for player, names in self._down.items() if "fire" in names}
        self._down.clear()

    def key(self, row: Key) -> None:
        if not row.result:
            return
        if row.caller == self._fire_bullets_caller:
            self._down[row.player].add("fire_bullets")
            return
        if row.key == self._reader.statics.integer("config_key_reload"):
            self._down[row.player].add("reload")
        for name in _BINDINGS:
            if row.key == self._reader.player_field(row.player, f"key_{name}"):
                self._down[row.player].add(name)

    def primary(self, row: Primary) -> None:
        if row.result:
            self._down[row.player].add("fire_pressed" if row.just_pressed else "fire")

    def samples(self, where: str, players: list[Player]) -> tuple[InputSample, ...]:
        """The inputs as a replay has them; `CaptureProblem` for a scheme that none can have."""
        packed = pack_tick([self._input(where, player) for player in players])
        return tuple(InputSample(*row) for row in packed.inputs)

    def _input(self, where: str, player: Player) -> PlayerInput:
        statics = self._reader.statics
        index = player.index
        move_mode = statics.integers("config_movement_schemes")[index]
        aim_scheme = statics.integers("config_aim_schemes")[index]
        try:
            move, aim = MovementControlType(move_mode), AimScheme(aim_scheme)
        except ValueError:
            raise CaptureProblem(
                where, f"player {index} moves by scheme {move_mode} and aims by scheme {aim_scheme}, expected schemes "
                "that the game has",
            ) from None  # fmt: skip
        axes = statics.numbers("input_axis_values")[4 * index : 4 * index + 4]
        for axis, value in enumerate(axes):
            require_finite(where, f"input_axis_values[{4 * index + axis}]", value)
        down = self._down[index]
        # The original asks for the edge of player one's trigger only.
        pressed = "fire_pressed" in down or (index > 0 and "fire" in down and index not in self._fired_before)
        return PlayerInput(
            move_mode=move,
            aim_scheme=aim,
            move=Vec2(axes[0], axes[1]) if move in _ANALOG_MOVE else Vec2(),
            aim=_aim(aim, player, axes),
            fire_down="fire" in down,
            fire_pressed=pressed,
            reload_down="reload" in down,
            fire_bullets_key_down="fire_bullets" in down,
            aim_turn_left="aim_left" in down,
            aim_turn_right="aim_right" in down,
            move_forward_down="forward" in down,
            move_backward_down="backward" in down,
            turn_left_down="turn_left" in down,
            turn_right_down="turn_right" in down,
        )


def _aim(scheme: AimScheme, player: Player, axes: list[float]) -> Vec2:
    if scheme == AimScheme.MOUSE:
        return Vec2(player.aim.x, player.aim.y)
    return Vec2(axes[2], axes[3]) if scheme in _ANALOG_AIM else Vec2()
