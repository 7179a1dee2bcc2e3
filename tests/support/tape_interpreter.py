"""Plays a tape in pure Python, with an agent that cleans, pins and undoes: what a capture of the stand-in sees."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crimson.dbg.floats import bits_of, from_bits
from crimson.dbg.lcg import INCREMENT, MULTIPLIER, next_state, value_of
from crimson.dbg.original.layout import Layout, standin_layout
from crimson.dbg.original.run_start import clean_image
from crimson.dbg.schema import RngDraw
from crimson.dbg.standin.memory import IMAGE_BASE, IMAGE_END
from crimson.dbg.standin.tape import SEED

_INVERSE = pow(MULTIPLIER, -1, 1 << 32)
_STEP = from_bits(0x3C888889)
UPDATES = ("gameplay_update_and_render", "typo_gameplay_update_and_render")
# PerkId.REFLEX_BOOSTED, which shortens every step of a run that goes on.
REFLEX_BOOSTED = 44


@dataclass(frozen=True, slots=True)
class Call:
    """A call that has returned; `around` are the functions that it was made in."""

    name: str
    caller: int
    arguments: tuple[int, ...]
    result: int
    around: tuple[str, ...]
    # What memory had when it was called: the asked for facts of deaths, picks and hits.
    seen: tuple[int, ...]
    # Player one's experience when it returned.
    experience: int


@dataclass(slots=True)
class Moment:
    """What happened up to the end of set-up (tick -1) or of a tick, and the memory then."""

    tick: int
    memory: bytearray
    draws: list[RngDraw] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    # frame_dt, frame_dt_ms, time_scale_active and the reflex boost timer as the update began.
    timing: tuple[float, int, int, float] | None = None


@dataclass(slots=True)
class _Open:
    name: str
    caller: int
    arguments: tuple[int, ...]
    seen: tuple[int, ...]


class ExpectationFailed(Exception):
    """Memory does not hold what an `expect` names."""


class TapeInterpreter:
    """Plays the bytes of a tape; `agent=False` leaves memory and generator alone, as the stand-in does on its own."""

    def __init__(self, tape: bytes, *, agent: bool = True) -> None:
        self.layout: Layout = standin_layout()
        self.memory = bytearray(IMAGE_END - IMAGE_BASE)
        self._agent = agent
        magic, version, functions, sites = struct.unpack_from("<8sIII", tape)
        assert (magic, version) == (b"CRIMTAPE", 1)
        rows = [struct.unpack_from("<IIII", tape, 20 + 16 * index) for index in range(functions)]
        begin = 20 + 16 * functions
        self._sites = [struct.unpack_from("<II", tape, begin + 8 * index) for index in range(sites)]
        self._tape = tape
        self._at = begin + 8 * sites
        names = {function.address: function.name for function in self.layout.functions}
        self._names = [names[address] for address, *_rest in rows]
        self._open: list[_Open] = []
        self._cleaned = False
        self._drawn_since_tick = False

    @classmethod
    def of(cls, path: Path, *, agent: bool = True) -> TapeInterpreter:
        return cls(path.read_bytes(), agent=agent)

    def moments(self) -> Iterator[Moment]:
        """The end of set-up and of each tick; the memory is this interpreter's own, and goes on changing."""
        moment = Moment(-1, self.memory)
        for op in iter(self._byte, 7):
            match op:
                case 1:
                    address, size = self._take("<IH")
                    self.put(address, self._tape[self._at : self._at + size])
                    self._at += size
                case 2:
                    self._call(moment)
                case 3:
                    self._return(moment, *self._take("<I"))
                case 4:
                    (site,) = self._take("<H")
                    if self._draw(moment, self._sites[site][0]):
                        yield moment
                        moment = Moment(moment.tick + 1, self.memory)
                case 5:
                    address, value = self._take("<II")
                    if self.u32(address) != value:
                        found = self.u32(address)
                        raise ExpectationFailed(f"{moment.tick}: {address:08x} is {found:08x}, not {value:08x}")
                case 6:
                    self._drawn_since_tick = False
                case _:
                    raise ValueError(f"op {op} at {self._at - 1}")
        assert not self._open
        assert self._at == len(self._tape)

    # memory

    def put(self, address: int, data: bytes) -> None:
        self.memory[address - IMAGE_BASE : address - IMAGE_BASE + len(data)] = data

    def u32(self, address: int) -> int:
        return int.from_bytes(self.memory[address - IMAGE_BASE : address - IMAGE_BASE + 4], "little")

    def i32(self, address: int) -> int:
        value = self.u32(address)
        return value - (value >> 31 << 32)

    def variable(self, name: str) -> int:
        fact = self.layout.variable(name)
        return self.u32(fact.place) & 0xFF if fact.type == "u8" else self.u32(fact.place)

    # ops

    def _byte(self) -> int:
        self._at += 1
        return self._tape[self._at - 1]

    def _take(self, code: str) -> tuple[int, ...]:
        values = struct.unpack_from(code, self._tape, self._at)
        self._at += struct.calcsize(code)
        return values

    def _call(self, moment: Moment) -> None:
        site, count = self._take("<HB")
        arguments = self._take(f"<{count}I")
        caller, function = self._sites[site]
        name = self._names[function]
        if name in ("grim_is_key_active", "grim_is_key_down"):
            arguments = arguments[1:]
        self._open.append(_Open(name, caller, arguments, self._seen(name, arguments)))
        if name in UPDATES:
            self._enter(moment)

    def _return(self, moment: Moment, result: int) -> None:
        call = self._open.pop()
        experience = self.i32(self.layout.pool("players").field_place(0, "experience"))
        around = tuple(frame.name for frame in self._open)
        moment.calls.append(Call(call.name, call.caller, call.arguments, result, around, call.seen, experience))

    def _seen(self, name: str, arguments: tuple[int, ...]) -> tuple[int, ...]:
        match name:
            case "creature_handle_death":
                pool = self.layout.pool("creatures")
                places = [pool.field_place(arguments[0], part) for part in ("type_id", "reward_value")]
                places.append(self.layout.pool("players").field_place(0, "experience"))
                return tuple(self.u32(place) for place in places)
            case "creature_find_in_radius":
                pool = self.layout.pool("projectiles")
                slot, rest = divmod(arguments[0] - pool.field_place(0, "pos.x"), pool.stride)
                known = rest == 0 and 0 <= slot < pool.count
                return (self.i32(pool.field_place(slot, "owner_id")),) if known else ()
            case "input_primary_is_down" | "grim_is_key_active":
                return (self.variable("render_overlay_player_index"),)
            case "perk_apply":
                choice = self.variable("perk_selection_index")
                place = self.layout.variable("perk_choice_ids").place
                return (choice, self.u32(place + 4 * choice)) if choice < 7 else (choice,)
            case _:
                return ()

    def _enter(self, moment: Moment) -> None:
        active = self.variable("time_scale_active")
        boost = from_bits(self.variable("bonus_reflex_boost_timer"))
        if self._agent:
            step = self._pinned(active, boost)
            self.put(self.layout.variable("frame_dt").place, struct.pack("<f", step))
            self.put(self.layout.variable("frame_dt_ms").place, struct.pack("<i", int(_f32(step * 1000))))
        frame_dt = from_bits(self.variable("frame_dt"))
        moment.timing = frame_dt, self.variable("frame_dt_ms"), active, boost

    def _pinned(self, active: int, boost: float) -> float:
        step = _STEP
        perks = self.layout.pool("players").field_place(0, "perk_counts")
        # Typ-o has a frame of its own, which no perk shortens.
        boosted = self.u32(perks + 4 * REFLEX_BOOSTED) > 0 and self.variable("run_active")
        if boosted and self.variable("config_game_mode") != 4:
            step = _f32(step * _f32(0.9))
        if not active:
            return step
        factor = _f32(0.3) if boost >= 1 else _f32(_f32(_f32(1 - boost) * _f32(0.7)) + _f32(0.3))
        return _f32(step * factor)

    def _draw(self, moment: Moment, caller: int) -> bool:
        """Whether the draw ends set-up or a tick."""
        before = self.u32(SEED)
        if caller == 0x00413279 and not self._cleaned and self._agent:
            self._cleaned = True
            for address, data in clean_image(self.variable("config_player_count")):
                self.put(address, data)
        outside = not any(frame.name in UPDATES for frame in self._open)
        frame = caller == 0x0040CAC7 and outside
        if frame and self._drawn_since_tick and self._agent:
            before = (before - INCREMENT) * _INVERSE & 0xFFFFFFFF
        after = next_state(before)
        self.put(SEED, after.to_bytes(4, "little"))
        if frame and self._drawn_since_tick:
            return False
        target = self.layout.target
        known = target.image_base <= caller < target.image_base + target.image_size
        moment.draws.append(RngDraw(value_of(after), before, after, caller if known else 0))
        self._drawn_since_tick |= frame
        return frame


def _f32(value: float) -> float:
    return from_bits(bits_of(value))
