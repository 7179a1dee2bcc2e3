"""A tick on the tape: the update's call with its step, inputs and state, and the frame's draw after it."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from crimson.game_modes import GameMode
from crimson.replay.input_codec import unpack_player_input
from crimson.replay.types import (
    AIM_TURN_LEFT_FLAG,
    AIM_TURN_RIGHT_FLAG,
    FIRE_BULLETS_KEY_DOWN_FLAG,
    FIRE_DOWN_FLAG,
    FIRE_PRESSED_FLAG,
    MOVE_BACKWARD_FLAG,
    MOVE_FORWARD_FLAG,
    RELOAD_DOWN_FLAG,
    RELOAD_PRESSED_FLAG,
    REPLAY_TICK_DT,
    TURN_LEFT_FLAG,
    TURN_RIGHT_FLAG,
    PackedPlayerInput,
    ReplayTick,
)
from crimson.sim.commands import PerkPickCommand, TypoBackspaceCommand, TypoCharCommand, TypoSubmitCommand
from crimson.sim.run_result import RunOutcome, build_run_result
from crimson.sim.sessions import DeterministicSession

from crimson.dbg.floats import bits_of
from crimson.dbg.original.layout import Layout
from crimson.dbg.standin.call_sites import Site
from crimson.dbg.standin.memory import TapeMemory
from crimson.dbg.standin.run_memory import RELOAD_KEY, RunMemory, key_code
from crimson.dbg.standin.tape import TapeWriter
from crimson.dbg.standin.tape_calls import TapeCalls

# The key that Fire Bullets asks for: G.
_FIRE_BULLETS_KEY = 0x22
_BACKSPACE, _ENTER = 8, 13
_FIRE = FIRE_DOWN_FLAG | FIRE_PRESSED_FLAG
_RELOAD = RELOAD_DOWN_FLAG | RELOAD_PRESSED_FLAG
_KEYS = (
    ("forward", Site.KEY_FORWARD, MOVE_FORWARD_FLAG),
    ("backward", Site.KEY_BACKWARD, MOVE_BACKWARD_FLAG),
    ("turn_left", Site.KEY_TURN_LEFT, TURN_LEFT_FLAG),
    ("turn_right", Site.KEY_TURN_RIGHT, TURN_RIGHT_FLAG),
    ("aim_left", Site.KEY_AIM_LEFT, AIM_TURN_LEFT_FLAG),
    ("aim_right", Site.KEY_AIM_RIGHT, AIM_TURN_RIGHT_FLAG),
)
_DEATH_STATE, _RESULTS_STATE, _FAILED_STATE = 7, 8, 12
# How often calls that count for nothing are mixed in, and how many frames the perk menu stays.
_DECOY_EVERY, _DECOY_TICK = 8, 3
_MENU_FRAMES = 2


class TickTape:
    """Writes what surrounds the runtime's own doings in a tick."""

    def __init__(
        self,
        layout: Layout,
        session: DeterministicSession,
        writer: TapeWriter,
        memory: TapeMemory,
        run: RunMemory,
        calls: TapeCalls,
        *,
        pin: bool,
    ) -> None:
        self._session = session
        self._writer = writer
        self._memory = memory
        self._run = run
        self._calls = calls
        self._pin = pin
        self._places = {fact.name: fact.place for fact in layout.globals}
        self._projectiles = layout.pool("projectiles")
        self._tick = -1
        self._input = ReplayTick(inputs=[], commands=[])
        self._ended = False

    def begin(self, tick: int, recorded: ReplayTick) -> None:
        """A tick begins: before the perk picks that it may begin with."""
        self._tick = tick
        self._input = recorded
        self._writer.tick()
        if self._decoys:
            # Another caller than the perk menu.
            offered = self._session.world.state.perk_selection.choices
            self._calls.whole("perk_apply", Site.ELSEWHERE_PERK, int(offered[0]) if offered else 1)

    def enter(self) -> None:
        """The update begins: the picks are made, and nothing else yet."""
        if any(isinstance(command, PerkPickCommand) for command in self._input.commands):
            self._run.write(self._memory.put, self._memory.put_parts)
        inputs = [unpack_player_input(packed) for packed in self._input.inputs]
        self._put_i32s("config_movement_schemes", [int(player.move_mode) for player in inputs])
        self._put_i32s("config_aim_schemes", [int(player.aim_scheme) for player in inputs])
        timing = self._session.timing_for_dt(REPLAY_TICK_DT)
        step = bits_of(timing.dt_sim).to_bytes(4, "little")
        step_ms = timing.dt_sim_ms_i32.to_bytes(4, "little")
        # A real frame is never as long as the last one.
        found = bits_of(0.013 + 0.001 * (self._tick % 7)).to_bytes(4, "little")
        found_ms = (17 + self._tick % 13).to_bytes(4, "little")
        for name, right, wrong in (("frame_dt", step, found), ("frame_dt_ms", step_ms, found_ms)):
            self._memory.put(self._places[name], wrong if self._pin else right)
        typo = self._session.world.state.game_mode == GameMode.TYPO
        self._calls.begin(f"{'typo_' if typo else ''}gameplay_update_and_render", Site.GAMEPLAY_UPDATE)
        for name, right in (("frame_dt", step), ("frame_dt_ms", step_ms)):
            self._memory.assume(self._places[name], right)
            self._writer.expect(self._places[name], int.from_bytes(right, "little"))
        if typo:
            # The first frame has set the target.
            self._memory.put(self._places["typo_target_set"], b"\1")
            self._typing()
        else:
            self._inputs(self._input.inputs)
        if self._decoys:
            self._decoy_calls()

    def leave(self) -> None:
        """The update is over; the frame's draw comes next."""
        outcome = self._session.terminal_outcome()
        if outcome is not None and not self._ended:
            self._ended = True
            self._outcome(outcome)
        self._run.write(self._memory.put, self._memory.put_parts)
        self._calls.end()

    def end(self) -> None:
        """The tick is over, and the frame's draw was made."""
        if self._pin and self._session.perk_menu_open:
            # The menu's own frames draw, too. The agent undoes that; without it the stand-in must not draw.
            for _ in range(_MENU_FRAMES):
                self._calls.draw(self._calls.frame_draw)

    @property
    def _decoys(self) -> bool:
        return self._tick % _DECOY_EVERY == _DECOY_TICK

    def _outcome(self, outcome: RunOutcome) -> None:
        state = _DEATH_STATE
        if outcome == RunOutcome.QUEST_COMPLETED:
            state = _RESULTS_STATE
            final = build_run_result(self._session, outcome=outcome).quest_final_ms
            self._put_i32s("highscore_record_quest_time_ms", [0 if final is None else final])
        elif self._session.world.state.game_mode == GameMode.QUESTS:
            state = _FAILED_STATE
        self._calls.whole("game_state_set", Site.STATE_SET, state)

    def _put_i32s(self, name: str, values: Sequence[int]) -> None:
        self._memory.put_parts(self._places[name], struct.pack(f"<{len(values)}i", *values))

    # what is asked of the keyboard and the mouse

    def _inputs(self, inputs: Sequence[PackedPlayerInput]) -> None:
        """What `player_update` asks, for each player; sticks and cursors are variables."""
        axes = [axis for move_x, move_y, aim_x, aim_y, _flags in inputs for axis in (move_x, move_y, aim_x, aim_y)]
        self._memory.put_parts(self._places["input_axis_values"], struct.pack(f"<{len(axes)}f", *axes))
        for player, (*_axes, flags) in enumerate(inputs):
            self._put_i32s("render_overlay_player_index", [player])
            for key, site, flag in _KEYS:
                self._key(site, key_code(player, key), held=bool(flags & flag))
            if player == 0:
                self._calls.asked("input_primary_is_down", Site.PRIMARY_DOWN, answer=bool(flags & FIRE_DOWN_FLAG))
                pressed = bool(flags & FIRE_PRESSED_FLAG)
                self._calls.asked("input_primary_just_pressed", Site.PRIMARY_PRESSED, answer=pressed)
            else:
                self._key(Site.KEY_FIRE, key_code(player, "fire"), held=bool(flags & _FIRE))
            self._key(Site.KEY_RELOAD, RELOAD_KEY, held=bool(flags & _RELOAD))
            held = bool(flags & FIRE_BULLETS_KEY_DOWN_FLAG)
            self._key(self._calls.fire_bullets_key, _FIRE_BULLETS_KEY, held=held)

    def _key(self, site: int, code: int, *, held: bool) -> None:
        self._calls.asked("grim_is_key_active", site, code, answer=held)

    def _typing(self) -> None:
        for command in self._input.commands:
            match command:
                case TypoCharCommand(ch=character):
                    code = ord(character)
                case TypoBackspaceCommand():
                    code = _BACKSPACE
                case TypoSubmitCommand():
                    code = _ENTER
                case _:
                    continue
            self._calls.whole("typo_key", Site.TYPO_KEY, code)

    def _decoy_calls(self) -> None:
        """Calls that the agent must not count: from elsewhere, or a creature's projectile that finds its creature."""
        self._calls.asked("grim_is_key_active", Site.ELSEWHERE_KEY, key_code(0, "forward"), answer=True)
        slot, owner = self._projectiles.count - 1, 7
        place = self._projectiles.field_place(slot, "owner_id")
        position = self._projectiles.field_place(slot, "pos.x")
        self._memory.put(place, owner.to_bytes(4, "little"))
        for site in (Site.PROJECTILE_FIND, Site.ELSEWHERE_FIND):
            found = owner if site == Site.PROJECTILE_FIND else owner + 1
            self._calls.whole("creature_find_in_radius", site, position, bits_of(1.0), 0, result=found)
        self._run.write_slot(self._memory.put, "projectiles", slot)
