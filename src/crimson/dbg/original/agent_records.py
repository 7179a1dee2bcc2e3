"""The records that the agent sends, one struct for each kind, and their decoder.

A batch is a sequence of u32 words, little endian. A record is a header, `kind << 24 | words that follow`, and one word
for each field: floats and signed numbers as their bits. `RECORDS` in `scripts/frida/gameplay_diff_capture.js` is the
same table; `record_skew` compares them. Addresses are as linked.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

import msgspec

from crimson.dbg.errors import CaptureProblem
from crimson.dbg.original.agent_config import WORD_BYTES, RecordFacts

NO_OWNER = -0x80000000
NO_PERK = -1


class SetupBegin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run's set-up is about to make its first draw."""

    rng_state: int


class Draws(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Draws that nothing came between, an entry for each; a caller outside the executable is 0."""

    state_before: tuple[int, ...]
    caller: tuple[int, ...]


class SetupEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The set-up has made its last draw, and every slot of every region came before this."""


class TickEnter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The gameplay update begins; seconds and milliseconds as the agent found them and as it left them."""

    rng_state: int
    time_scale_active: int
    reflex_boost_timer: float
    found_frame_dt: float
    found_frame_dt_ms: int
    frame_dt: float
    frame_dt_ms: int


class TickLeave(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The gameplay update has ended, and every slot that changed came before this."""

    rng_state: int


class TickEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The frame has made its own draw after the gameplay update."""


class RegionSlot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A slot's bytes; `region` is its place in the configuration's regions."""

    region: int
    slot: int
    data: memoryview


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The player update asked for a key, on behalf of `player`."""

    player: int
    key: int
    result: int
    caller: int


class Primary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The game asked for the fire button: whether it was just pressed, or else whether it is down."""

    player: int
    just_pressed: int
    result: int


class CreatureAllocated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slot: int


class ProjectileSpawned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slot: int


class SecondarySpawned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slot: int


class BonusSpawned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`entry` is the bonus slot's address, or 0 when there came none."""

    entry: int


class Hit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The projectile update found a creature near `position`, an address.

    `owner` is that of the projectile slot that holds the position, or `NO_OWNER` if none does.
    """

    position: int
    creature: int
    owner: int


class Pickup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`entry` is the bonus slot's address."""

    player: int
    entry: int


class DeathBegin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A creature's death is about to be handled; `experience` is player one's, here and in `DeathEnd`."""

    creature: int
    type_id: int
    reward_value: float
    experience: int


class DeathEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    experience: int


class PerkApplyBegin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`selected_perk` is the choice that the menu's selection numbers, or `NO_PERK` if it numbers none."""

    perk_id: int
    caller: int
    selection_index: int
    selected_perk: int


class PerkApplyEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class ChoicesBegin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Perk choices are about to be generated."""


class ChoicesEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class StateSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The game is told to enter a state."""

    state: int


class QuestStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tier: int
    index: int


class CreaturesUpdated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The creatures' update has ended."""


class TypoKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: int


class IdleDrawUndone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frame without a gameplay update made its draw, and the agent saw to it that the state stayed what it was."""


class Overflow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ring was full: what happened from here on is not recorded."""


type Record = (
    SetupBegin
    | Draws
    | SetupEnd
    | TickEnter
    | TickLeave
    | TickEnd
    | RegionSlot
    | Key
    | Primary
    | CreatureAllocated
    | ProjectileSpawned
    | SecondarySpawned
    | BonusSpawned
    | Hit
    | Pickup
    | DeathBegin
    | DeathEnd
    | PerkApplyBegin
    | PerkApplyEnd
    | ChoicesBegin
    | ChoicesEnd
    | StateSet
    | QuestStart
    | CreaturesUpdated
    | TypoKey
    | IdleDrawUndone
    | Overflow
)

_DRAW = 2
_REGION = 7
_COUNT_MASK = 0xFFFFFF
_DRAW_HEADER = _DRAW << 24 | 2
_DRAW_WORDS = 3

# What the agent calls a record, its struct, and how its words are read: I unsigned, i signed, f float.
_KINDS: dict[int, tuple[str, type[Record], str]] = {
    1: ("setup_begin", SetupBegin, "I"),
    _DRAW: ("draw", Draws, "II"),
    3: ("setup_end", SetupEnd, ""),
    4: ("tick_enter", TickEnter, "IIffifi"),
    5: ("tick_leave", TickLeave, "I"),
    6: ("tick_end", TickEnd, ""),
    _REGION: ("region", RegionSlot, ""),
    8: ("key", Key, "iiII"),
    9: ("primary", Primary, "iII"),
    10: ("creature_allocated", CreatureAllocated, "i"),
    11: ("projectile_spawned", ProjectileSpawned, "i"),
    12: ("secondary_spawned", SecondarySpawned, "i"),
    13: ("bonus_spawned", BonusSpawned, "I"),
    14: ("hit", Hit, "Iii"),
    15: ("pickup", Pickup, "iI"),
    16: ("death_begin", DeathBegin, "iifi"),
    17: ("death_end", DeathEnd, "i"),
    18: ("perk_apply_begin", PerkApplyBegin, "iIii"),
    19: ("perk_apply_end", PerkApplyEnd, ""),
    20: ("choices_begin", ChoicesBegin, ""),
    21: ("choices_end", ChoicesEnd, ""),
    22: ("state_set", StateSet, "i"),
    23: ("quest_start", QuestStart, "ii"),
    24: ("creatures_updated", CreaturesUpdated, ""),
    25: ("typo_key", TypoKey, "i"),
    26: ("idle_draw_undone", IdleDrawUndone, ""),
    27: ("overflow", Overflow, ""),
}

# By the whole header: its number of words is part of the kind. Draws and regions are read otherwise.
_BY_HEADER: dict[int, tuple[type[Record], struct.Struct]] = {
    kind << 24 | len(form): (record, struct.Struct(f"<{form}"))
    for kind, (_, record, form) in _KINDS.items()
    if kind not in (_DRAW, _REGION)
}

RECORD_TABLE: Mapping[str, RecordFacts] = {
    name: RecordFacts(kind, record.__struct_fields__) for kind, (name, record, _) in _KINDS.items()
}


def record_skew(theirs: Mapping[str, RecordFacts]) -> str:
    """What first differs between the agent's record table and ours; empty if they are one."""
    for name, ours in RECORD_TABLE.items():
        facts = theirs.get(name)
        if facts is None:
            return f"the agent has no record {name}"
        if facts.kind != ours.kind:
            return f"{name} is kind {facts.kind} to the agent, and {ours.kind} here"
        for place in range(max(len(facts.fields), len(ours.fields))):
            field, wanted = (part[place] if place < len(part) else "nothing" for part in (facts.fields, ours.fields))
            if field != wanted:
                return f"field {place} of {name} is {field} to the agent, and {wanted} here"
    unknown = next((name for name in theirs if name not in RECORD_TABLE), "")
    return f"the agent's record {unknown} is unknown here" if unknown else ""


def decode(batch: bytes) -> Iterator[Record]:
    """The records of a batch in order. A `RegionSlot`'s data are a view of the batch.

    Raises `CaptureProblem` for what is no sequence of records.
    """
    view = memoryview(batch)
    if len(view) % WORD_BYTES:
        raise _problem(len(view), "ends within a word")
    words = view.cast("I")
    end = len(words)
    at = 0
    while at < end:
        header = words[at]
        fixed = _BY_HEADER.get(header)
        after = at + 1 + (header & _COUNT_MASK)
        if after > end:
            raise _problem(at * WORD_BYTES, f"has a record of {after - at} words, and only {end - at} are left")
        if header == _DRAW_HEADER:
            while after < end and words[after] == _DRAW_HEADER:
                after += _DRAW_WORDS
            if after > end:
                raise _problem(at * WORD_BYTES, "ends within a draw")
            yield Draws(tuple(words[at + 1 : after : _DRAW_WORDS]), tuple(words[at + 2 : after : _DRAW_WORDS]))
        elif fixed is not None:
            record, fields = fixed
            yield record(*fields.unpack_from(batch, (at + 1) * WORD_BYTES))
        elif header >> 24 == _REGION and after - at > 3:
            yield RegionSlot(words[at + 1], words[at + 2], view[(at + 3) * WORD_BYTES : after * WORD_BYTES])
        else:
            raise _problem(at * WORD_BYTES, f"has an unknown record: header 0x{header:08x}")
        at = after


def _problem(offset: int, problem: str) -> CaptureProblem:
    return CaptureProblem(f"the agent's records, byte {offset}", problem)
