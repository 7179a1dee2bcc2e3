"""Turns the agent's records into the rows of a capture.

It follows the run's course, set-up, ticks, and what happens between them, and refuses what a replay cannot say.
Facts: the order of the original's frame, as `docs/frida/gameplay-diff-capture.md` has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum, auto

from crimson.dbg import schema
from crimson.dbg.capture_rows import (
    FRAME_DRAW_CALLER,
    AnyCommand,
    CapturedTick,
    PerkMenuOpen,
    PerkPick,
    RunEnd,
    RunStart,
    TypoBackspace,
    TypoChar,
    TypoSubmit,
)
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.lcg import next_state, value_of
from crimson.dbg.original import agent_records as records
from crimson.dbg.original.finite import require_finite
from crimson.dbg.original.layout import Layout, Pool
from crimson.dbg.original.mirror import Mirror
from crimson.dbg.original.pinned_step import milliseconds, possible_steps, time_scale_factor
from crimson.dbg.original.run_reader import TYPO, RunReader, TickEvents
from crimson.dbg.original.run_settings import (
    GAME_OVER,
    PERK_MENU,
    QUEST_FAILED,
    QUEST_RESULTS,
    FoundAtStart,
    result_of,
    settings_of,
)
from crimson.dbg.original.slot_rows import PoolRows
from crimson.dbg.original.tick_inputs import TickInputs
from crimson.dbg.schema import REPLAY_STEP

INTERVENTIONS = (
    "step pinned to f32(1/60)",
    "pools cleaned at run set-up",
    "draws of frames without a tick undone",
)
_BACKSPACE, _SUBMIT = 8, 13
_LAST_CHARACTER = 0xFF

type Row = RunStart | CapturedTick | RunEnd


class _Phase(Enum):
    IDLE = auto()
    SETUP = auto()
    BETWEEN = auto()
    TICK = auto()
    # The update has returned, the frame's draw is due.
    FRAME = auto()


class CaptureAssembler:
    """Feeds on records and writes rows; `ticks` counts those of the run, or of the last one."""

    def __init__(self, layout: Layout, write: Callable[[Row], None]) -> None:
        self._write = write
        self._mirror = Mirror(layout)
        self._reader = RunReader(self._mirror)
        sites = {site.name: site.address for site in layout.call_sites}
        self._inputs = TickInputs(self._reader, sites["fire_bullets_key"])
        self._menu_pick = sites["menu_pick"]
        self._pools = {pool.name: pool for pool in layout.pools}
        self._phase = _Phase.IDLE
        self._run_id = -1
        self.ticks = 0
        self._seed = 0
        self._rng_state = 0
        self._found: FoundAtStart | None = None
        self._events = TickEvents()
        self._commands: list[AnyCommand] = []
        # The deaths that are being handled: position in the list, experience before, experience of those within.
        self._dying: list[list[int]] = []
        # Draws between two updates are the next tick's if a pick or the menu's choices made them.
        self._spans = 0
        self._end_state: int | None = None
        self._last: schema.TickRecord | None = None

    @property
    def mode(self) -> int:
        """The mode of the run that goes on, 0 when there is none."""
        return 0 if self._phase in (_Phase.IDLE, _Phase.SETUP) else self._reader.statics.integer("config_game_mode")

    @property
    def within_tick(self) -> bool:
        """Whether a tick has begun that is not whole."""
        return self._phase in (_Phase.TICK, _Phase.FRAME)

    @property
    def over(self) -> bool:
        """Whether the run that goes on has reached its end."""
        return self._end_state is not None and self._phase is _Phase.BETWEEN

    def _where(self) -> str:
        if self._phase is _Phase.IDLE:
            return "capture"
        if self._phase is _Phase.SETUP:
            return f"run {self._run_id}: set-up"
        return f"run {self._run_id}: tick {self.ticks}"

    def feed(self, rows: Iterable[records.Record]) -> None:
        """Take records in order; raises `CaptureProblem` at the first that a capture cannot hold."""
        for row in rows:
            self._see(row)

    def end_run(self, *, stopped: bool) -> None:
        """Close the run that goes on, if one does. A tick that is not whole is left out."""
        if self._phase in (_Phase.IDLE, _Phase.SETUP):
            self._phase = _Phase.IDLE
            return
        result = result_of(self._reader, self._last, self._end_state)
        ended = result.outcome != "incomplete"
        reason = "run_end" if ended else "stopped" if stopped else "left_gameplay"
        self._write(RunEnd(run_id=self._run_id, reason=reason, result=result))
        self._phase = _Phase.IDLE

    def _see(self, row: records.Record) -> None:
        match row:
            case records.RegionSlot():
                self._mirror.apply(row.region, row.slot, row.data)
            case records.Draws():
                for before, caller in zip(row.state_before, row.caller, strict=True):
                    self._draw(before, caller)
            case records.Key():
                self._inputs.key(row)
            case records.Primary():
                self._inputs.primary(row)
            case records.TickEnter():
                self._enter(row)
            case records.TickLeave():
                self._leave(row)
            case records.TickEnd():
                self._end_tick()
            case records.Hit():
                if self._is_hit(row):
                    self._events.hits += 1
            case records.Pickup():
                self._pickup(row)
            case records.DeathBegin():
                self._death(row)
            case records.DeathEnd():
                self._death_done(row)
            case records.CreatureAllocated():
                self._allocated(row.slot)
            case records.ProjectileSpawned():
                self._handed_out(self._reader.projectiles, row.slot)
            case records.SecondarySpawned():
                self._handed_out(self._reader.secondaries, row.slot)
            case records.BonusSpawned():
                self._bonus(row.entry)
            case records.CreaturesUpdated():
                self._reader.creature_updates += 1
            case records.PerkApplyBegin():
                self._pick(row)
            case records.ChoicesBegin():
                self._spans += 1
            case records.PerkApplyEnd() | records.ChoicesEnd():
                self._spans -= 1
            case records.StateSet():
                self._state_set(row.state)
            case records.TypoKey():
                self._typo_key(row.code)
            case records.SetupBegin():
                self._setup(row)
            case records.SetupEnd():
                self._setup_done()
            case records.Overflow():
                raise CaptureProblem(
                    self._where(),
                    "the agent's ring was full and records are lost",
                    "the target ran faster than the capture can follow: capture at 60 ticks a second",
                )
            case records.QuestStart() | records.IdleDrawUndone():
                pass

    # Set-up

    def _setup(self, row: records.SetupBegin) -> None:
        self.end_run(stopped=False)
        self._phase = _Phase.SETUP
        self._run_id += 1
        self.ticks = 0
        self._seed = self._rng_state = row.rng_state
        self._reader.clear()
        self._inputs.clear()
        self._found = None
        self._events = TickEvents()
        self._commands = []
        self._dying.clear()
        self._spans = 0
        self._end_state = None
        self._last = None

    def _setup_done(self) -> None:
        where = self._where()
        if self._found is None:
            raise CaptureProblem(where, "set-up ended without a draw")
        settings = settings_of(where, self._reader, self._found)
        self._last = self._reader.record(where, schema.SETUP_TICK, self._rng_state, self._events)
        self._write(
            RunStart(
                run_id=self._run_id,
                rng_state_before_setup=self._seed,
                interventions=INTERVENTIONS,
                settings=settings,
                setup=self._last,
            )
        )
        self._phase = _Phase.BETWEEN
        self._events = TickEvents()

    # Draws

    def _draw(self, before: int, caller: int) -> None:
        if before != self._rng_state:
            raise CaptureProblem(
                self._where(),
                f"a draw from 0x{caller:08x} starts at 0x{before:08x}, the last one ended at 0x{self._rng_state:08x}",
                "draws were made that the agent did not see",
            )
        if not caller:
            raise CaptureProblem(self._where(), "a draw from outside the executable")
        match self._phase:
            case _Phase.SETUP:
                if self._found is None:
                    self._found = FoundAtStart(self._where(), self._reader)
            case _Phase.BETWEEN:
                if not self._spans:
                    raise CaptureProblem(
                        self._where(), f"a draw from 0x{caller:08x} outside of a tick, which a replay cannot say"
                    )
            case _Phase.FRAME:
                if caller != FRAME_DRAW_CALLER:
                    raise CaptureProblem(
                        self._where(),
                        f"a draw from 0x{caller:08x} between the update and the frame's end, which a replay cannot say",
                    )
            case _Phase.TICK | _Phase.IDLE:
                pass
        self._rng_state = after = next_state(before)
        self._events.draws.append(schema.RngDraw(value_of(after), before, after, caller))

    # Ticks

    def _enter(self, row: records.TickEnter) -> None:
        where = self._where()
        if self._phase is not _Phase.BETWEEN:
            raise CaptureProblem(where, "a gameplay update begins before the last one ended")
        self._same_state(where, "begins", row.rng_state)
        active = row.time_scale_active != 0
        timer, step = row.reflex_boost_timer, row.frame_dt
        mode = self._reader.mode(where)
        require_finite(where, "bonus_reflex_boost_timer", timer)
        factor = time_scale_factor(mode, active=active, reflex_boost_timer=timer)
        if step not in possible_steps(mode, active=active, factor=factor) or row.frame_dt_ms != milliseconds(step):
            raise CaptureProblem(where, f"frame_dt is {step} s and {row.frame_dt_ms} ms after it was pinned")
        self._events.timing.append(
            schema.TimingSample(
                frame_dt=step,
                frame_dt_ms=row.frame_dt_ms,
                time_scale_active=active,
                time_scale_factor=factor,
                reflex_boost_timer=timer,
            )
        )
        self._inputs.begin()
        self._phase = _Phase.TICK

    def _leave(self, row: records.TickLeave) -> None:
        if self._phase is not _Phase.TICK:
            raise CaptureProblem(self._where(), "a gameplay update ends that did not begin")
        self._same_state(self._where(), "ends", row.rng_state)
        self._phase = _Phase.FRAME

    def _same_state(self, where: str, what: str, state: int) -> None:
        if state != self._rng_state:
            raise CaptureProblem(
                where,
                f"the update {what} at generator state 0x{state:08x}, the last draw ended at 0x{self._rng_state:08x}",
                "draws were made that the agent did not see",
            )

    def _end_tick(self) -> None:
        where = self._where()
        if self._phase is not _Phase.FRAME:
            raise CaptureProblem(where, "a frame ends without a gameplay update")
        if self._dying:
            raise CaptureProblem(where, f"{len(self._dying)} deaths were not handled to their end")
        record = self._reader.record(where, self.ticks, self._rng_state, self._events)
        self._require_same_run(where, record)
        self._write(
            CapturedTick(
                run_id=self._run_id,
                step=REPLAY_STEP,
                inputs=self._inputs.samples(where, record.sim_state.players),
                commands=tuple(self._commands),
                record=record,
            )
        )
        self._last = record
        self.ticks += 1
        self._events = TickEvents()
        self._commands = []
        self._phase = _Phase.BETWEEN

    def _require_same_run(self, where: str, record: schema.TickRecord) -> None:
        """A replay has one mode and one number of players."""
        if self._last is None:
            return
        for name, before, now in (
            ("config_game_mode", self._last.sim_state.gameplay.mode_id, record.sim_state.gameplay.mode_id),
            ("config_player_count", len(self._last.sim_state.players), len(record.sim_state.players)),
        ):
            if now != before:
                raise CaptureProblem(where, f"{name} is {now}, it was {before} when the run began")

    # What happens in ticks

    def _slot_at(self, pool: Pool, entry: int, what: str) -> int:
        slot, rest = divmod(entry - pool.place, pool.stride)
        if rest or not 0 <= slot < pool.slots:
            raise CaptureProblem(self._where(), f"a bonus was {what} at 0x{entry:08x}, which is no slot of {pool.name}")
        return slot

    def _require_creature(self, what: str, creature: int) -> None:
        last = self._pools["creatures"].slots - 1
        if not 0 <= creature <= last:
            raise CaptureProblem(self._where(), f"creature {creature} {what}, expected 0..{last}")

    def _pickup(self, row: records.Pickup) -> None:
        self._slot_at(self._pools["bonuses"], row.entry, "picked up")
        self._events.pickups += 1

    def _is_hit(self, row: records.Hit) -> bool:
        """A projectile passes over who fired it; particles ask the same question, and what they find is no hit."""
        self._require_creature("was hit", row.creature)
        if row.owner != records.NO_OWNER:
            return row.owner != row.creature
        secondaries = self._pools["secondary_projectiles"]
        return 0 <= row.position - secondaries.place < secondaries.stride * secondaries.count

    def _handed_out(self, pool: PoolRows, slot: int) -> None:
        pool.handed_out(self._where(), slot)

    def _allocated(self, slot: int) -> None:
        self._handed_out(self._reader.creatures, slot)
        if slot < self._pools["creatures"].count:
            self._reader.creatures_spawned += 1

    def _bonus(self, entry: int) -> None:
        if entry:
            self._handed_out(self._reader.bonuses, self._slot_at(self._pools["bonuses"], entry, "spawned"))

    def _death(self, row: records.DeathBegin) -> None:
        self._require_creature("died", row.creature)
        require_finite(self._where(), f"creatures[{row.creature}].reward_value", row.reward_value)
        self._dying.append([len(self._events.deaths), row.experience, 0])
        self._events.deaths.append(schema.CreatureDeath(row.creature, row.type_id, row.reward_value, 0))

    def _death_done(self, row: records.DeathEnd) -> None:
        if not self._dying:
            raise CaptureProblem(self._where(), "a death ends that did not begin")
        position, before, within = self._dying.pop()
        gained = row.experience - before
        begun = self._events.deaths[position]
        self._events.deaths[position] = schema.CreatureDeath(
            begun.creature, begun.type_id, begun.reward_value, gained - within
        )
        if self._dying:
            self._dying[-1][2] += gained

    def _pick(self, row: records.PerkApplyBegin) -> None:
        self._spans += 1
        if row.caller != self._menu_pick:
            return
        if self._phase is not _Phase.BETWEEN:
            raise CaptureProblem(self._where(), "a perk is picked within a tick, which a replay cannot say")
        if row.selected_perk != row.perk_id:
            offered = "nothing" if row.selected_perk == records.NO_PERK else f"perk {row.selected_perk}"
            raise CaptureProblem(
                self._where(),
                f"perk {row.perk_id} is picked, but place {row.selection_index} of the menu offers {offered}",
            )
        self._commands.append(PerkPick(0, row.selection_index))

    def _state_set(self, state: int) -> None:
        if self._phase is _Phase.TICK and state == PERK_MENU:
            self._commands.append(PerkMenuOpen(0))
        if state in (GAME_OVER, QUEST_RESULTS, QUEST_FAILED):
            self._end_state = state

    def _typo_key(self, code: int) -> None:
        if self._reader.mode(self._where()) != TYPO:
            raise CaptureProblem(self._where(), "a key was typed, and the mode is not Typ-o")
        if not 0 <= code <= _LAST_CHARACTER:
            raise CaptureProblem(self._where(), f"key {code} was typed, expected a character of Latin-1, 0..255")
        if code == _BACKSPACE:
            self._commands.append(TypoBackspace(0))
        elif code == _SUBMIT:
            self._commands.append(TypoSubmit(0))
        else:
            self._commands.append(TypoChar(0, chr(code)))
