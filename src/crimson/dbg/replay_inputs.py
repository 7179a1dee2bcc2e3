"""What a replay feeds the game around a tick: the inputs of each player, and commands such as a perk pick."""

from __future__ import annotations

from crimson.replay.input_codec import unpack_tick_inputs
from crimson.replay.types import Replay
from crimson.sim.commands import (
    GameCommand,
    PerkMenuOpenCommand,
    PerkPickCommand,
    TypoBackspaceCommand,
    TypoCharCommand,
    TypoSubmitCommand,
)
from crimson.sim.input import PlayerInput as GameInput

from crimson.dbg.focus_report import PlayerCommand, PlayerInput

# The game's names of held and pressed controls, as reports call them.
_CONTROLS = {
    "fire_down": "fire",
    "fire_pressed": "fire pressed",
    "reload_down": "reload",
    "reload_pressed": "reload pressed",
    "fire_bullets_key_down": "fire bullets key",
    "move_forward_down": "forward",
    "move_backward_down": "backward",
    "turn_left_down": "left",
    "turn_right_down": "right",
    "aim_turn_left": "aim left",
    "aim_turn_right": "aim right",
}


def inputs_between(replay: Replay, first: int, last: int) -> tuple[PlayerInput, ...]:
    """Each player's input of the ticks `first`..`last` that the replay has."""
    return tuple(
        _input(tick, player, given)
        for tick in range(max(first, 0), min(last + 1, len(replay.ticks)))
        for player, given in enumerate(unpack_tick_inputs(replay.ticks[tick].inputs))
    )


def commands_between(replay: Replay, first: int, last: int) -> tuple[PlayerCommand, ...]:
    """Likewise the commands, in the order in which the game gets them."""
    return tuple(
        PlayerCommand(tick, command.player_index, _words(command))
        for tick in range(max(first, 0), min(last + 1, len(replay.ticks)))
        for command in replay.ticks[tick].commands
    )


def _input(tick: int, player: int, given: GameInput) -> PlayerInput:
    pressed = tuple(word for name, word in _CONTROLS.items() if getattr(given, name))
    scheme = f"move {given.move_mode.name.lower()}, aim {given.aim_scheme.name.lower()}".replace("_", " ")
    return PlayerInput(tick, player, (given.move.x, given.move.y), (given.aim.x, given.aim.y), pressed, scheme)


def _words(command: GameCommand) -> str:
    match command:
        case PerkMenuOpenCommand():
            return "opens the perk menu"
        case PerkPickCommand(choice_index=choice):
            return f"picks perk choice {choice}"
        case TypoCharCommand(ch=letter):
            return f"types {letter!r}"
        case TypoBackspaceCommand():
            return "types backspace"
        case TypoSubmitCommand():
            return "submits the word"
