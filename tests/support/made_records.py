"""The agent's records of a run that nobody played: memory as set-up leaves it, and ticks in which nothing happens."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crimson.game_modes import GameMode
from crimson.quests.level import QuestLevel
from crimson.sim.run_spec import RunSpec

from crimson.dbg.capture_checks import REPLAY_STEP
from crimson.dbg.capture_rows import FRAME_DRAW_CALLER
from crimson.dbg.lcg import next_state
from crimson.dbg.original import agent_records as records
from crimson.dbg.original.assembler import CaptureAssembler, Row
from crimson.dbg.original.layout import standin_layout
from crimson.dbg.original.mirror import regions_of
from crimson.dbg.original.pinned_step import milliseconds
from crimson.dbg.original.run_start import clean_image
from crimson.dbg.standin.before_run import write_before_run

LAYOUT = standin_layout()
REGIONS = regions_of(LAYOUT)
SETUP_DRAW = LAYOUT.call_site("setup_first_draw").address
MENU_PICK = LAYOUT.call_site("menu_pick").address
ELSEWHERE = 0x00401100
_BASE, _SIZE = 0x00400000, 0x00100000
_SEED = 0xBEEF


@dataclass
class MadeRun:
    """A run being assembled. `put` changes memory, which the next set-up or tick then tells."""

    mode: GameMode = GameMode.SURVIVAL
    state: int = _SEED
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.assembler = CaptureAssembler(LAYOUT, self.rows.append)
        self._image = bytearray(_SIZE)
        self._known: dict[tuple[int, int], bytes] = {}
        quest = QuestLevel(1, 1) if self.mode == GameMode.QUESTS else None
        write_before_run(LAYOUT, self._put, RunSpec(game_mode_id=self.mode, seed=_SEED, quest_level=quest), "a run")
        for pool in LAYOUT.pools:
            self._put(pool.place, bytes(pool.stride * pool.slots))
        for address, content in clean_image(1):
            self._put(address, content)

    def put(self, address: int, form: str, *values: float) -> None:
        self._put(address, struct.pack(form, *values))

    def global_(self, name: str, value: float) -> None:
        """Set a variable, or an array's first value."""
        fact = LAYOUT.variable(name)
        code = {"u8": "<B", "u16": "<H", "i32": "<i", "u32": "<I", "f32": "<f"}[fact.type]
        self.put(fact.place, code, value)

    def slot(self, pool: str, slot: int, name: str, value: float) -> None:
        where = LAYOUT.pool(pool)
        code = {"u8": "<B", "i32": "<i", "u32": "<I", "f32": "<f"}[where.field(name).type]
        self.put(where.field_place(slot, name), code, value)

    def feed(self, *rows: records.Record) -> None:
        self.assembler.feed(rows)

    def draw(self, caller: int = ELSEWHERE) -> records.Draws:
        before = self.state
        self.state = next_state(before)
        return records.Draws((before,), (caller,))

    def frame_draw(self) -> records.Draws:
        return self.draw(FRAME_DRAW_CALLER)

    def begin(self) -> None:
        """A set-up's first part: what it found, and its first draw."""
        self.feed(records.SetupBegin(self.state), *self.changes(everything=True), self.draw(SETUP_DRAW))

    def setup(self) -> None:
        self.begin()
        self.feed(*self.changes(), self.frame_draw(), records.SetupEnd())

    def enter(self, *, frame_dt: float = REPLAY_STEP, timer: float = 0.0) -> records.TickEnter:
        return records.TickEnter(self.state, 0, timer, 0.02, 20, frame_dt, milliseconds(REPLAY_STEP))

    def tick(self, *within: records.Record) -> None:
        self.feed(self.enter(), *within)
        self.feed(*self.changes(), records.TickLeave(self.state), self.frame_draw(), records.TickEnd())

    def changes(self, *, everything: bool = False) -> Sequence[records.RegionSlot]:
        """The slots that changed since the last time."""
        return list(self._changes(everything=everything))

    def _changes(self, *, everything: bool) -> Iterable[records.RegionSlot]:
        for index, region in enumerate(REGIONS):
            for slot in range(region.slots):
                begin = region.address - _BASE + slot * region.slot_size
                content = bytes(self._image[begin : begin + region.slot_size])
                if everything or self._known.get((index, slot)) != content:
                    self._known[index, slot] = content
                    yield records.RegionSlot(index, slot, memoryview(content))

    def _put(self, address: int, content: bytes) -> None:
        begin = address - _BASE
        if 0 <= begin < _SIZE:
            self._image[begin : begin + len(content)] = content
