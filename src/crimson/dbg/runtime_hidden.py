"""The Python runtime's live slots, and the digests of what is not sampled.

The slots that are not live hardly ever change, so their hashes are kept; what each slot held, encoded in one pass,
tells which must be hashed anew. Encoded, since Python takes 0.0 and -0.0 for equal, and the digests do not.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Protocol

import msgspec
from crimson.bonuses.pool import BonusEntry
from crimson.quests.types import SpawnEntry
from crimson.sim.mode_updates import QuestSpawnState
from crimson.sim.sessions import DeterministicSession
from crimson.sim.state_types import PlayerState
from grim.geom import Vec2
from msgspec.structs import astuple

from crimson.dbg import digests
from crimson.dbg.layout import TABLE_BY_NAME
from crimson.dbg.rows import Cell
from crimson.dbg.runtime_paths import read_player

_WATCHED_BEYOND = 24
_ENCODE = msgspec.msgpack.Encoder().encode


class PoolSlot(Protocol):
    active: bool


class LiveSlots:
    """The live slots of a pool after a tick, in slot order."""

    __slots__ = ("entries", "indexes")

    def __init__(self) -> None:
        self.indexes: Sequence[int] = ()
        self.entries: Sequence[msgspec.Struct] = ()


class Live:
    """The live slots of every sampled pool."""

    __slots__ = ("bonuses", "creatures", "projectiles", "secondaries")

    def __init__(self) -> None:
        self.creatures = LiveSlots()
        self.projectiles = LiveSlots()
        self.secondaries = LiveSlots()
        self.bonuses = LiveSlots()


class ResidueDigest[Slot: msgspec.Struct]:
    """Splits a pool into live and other slots, and keeps the digest of the others.

    Slots are handed out from the lowest free one on, so slots far above any that was live are compared only by
    `untouched`, at chunk borders: nearly all slots are such slots, and the runtime has no reason to write to one.
    With `watch_all` every slot is compared after every tick.
    """

    def __init__(
        self,
        live: LiveSlots,
        flags_of: Callable[[Sequence[Slot]], list[Cell]],
        pack: Callable[[Slot], bytes],
        *,
        extra: Callable[[], Sequence[Slot]] = tuple,
        watch_all: bool,
    ) -> None:
        self._live = live
        self._flags_of = flags_of
        self._pack = pack
        # Slots beyond the pool, which are never live.
        self._extra = extra
        self._watch_all = watch_all
        self._flags: list[Cell] = []
        # By slot: what it held when it was hashed, nothing for a live slot, and its hash.
        self._held: list[bytes] = []
        self._hashes: list[bytes] = []
        self._watched: list[int] = []
        # Slots from here on are not watched.
        self._bound = 0
        # What the watched slots held when last hashed; nothing when the set of live slots has changed since.
        self._compared = b""
        self._digest = 0

    def sample(self, pool: Sequence[Slot]) -> int:
        """The digest of the slots that are not live; `live` is up to date afterwards."""
        if not self._held:
            self._start(pool)
        flags = self._flags_of(pool[: self._bound])
        if flags != self._flags:
            self._split(flags, pool)
        self._live.entries = [pool[index] for index in self._live.indexes]
        others = [pool[index] for index in self._watched]
        others += self._extra()
        held = _ENCODE(others)
        if held != self._compared:
            self._compared = held
            self._rehash(others, len(pool))
        return self._digest

    def untouched(self, pool: Sequence[Slot]) -> bool:
        """Whether the slots that are not watched are as they were at the start."""
        return list(map(_ENCODE, pool[self._bound :])) == self._held[self._bound : len(pool)]

    def _start(self, pool: Sequence[Slot]) -> None:
        entries = [*pool, *self._extra()]
        self._held = list(map(_ENCODE, entries))
        self._hashes = [digests.slot_hash(self._pack(entry)) for entry in entries]
        self._bound = len(pool) if self._watch_all else min(_WATCHED_BEYOND, len(pool))

    def _split(self, flags: list[Cell], pool: Sequence[Slot]) -> None:
        self._flags = flags
        self._live.indexes = [index for index, flag in enumerate(flags) if flag]
        if self._live.indexes and self._bound < len(pool):
            # A slot can be handed out and given back within a tick, so some beyond the last live one are watched.
            bound = min(self._live.indexes[-1] + 1 + _WATCHED_BEYOND, len(pool))
            if bound > self._bound:
                self._bound = bound
                self._split(self._flags_of(pool[:bound]), pool)
                return
        self._watched = [index for index, flag in enumerate(flags) if not flag]
        for index in self._live.indexes:
            self._held[index] = b""
            self._hashes[index] = digests.SAMPLED_SLOT
        # Even when no other slot changed, the digest did.
        self._compared = b""

    def _rehash(self, others: list[Slot], pool_size: int) -> None:
        positions = [*self._watched, *range(pool_size, len(self._held))]
        for position, entry in zip(positions, others, strict=True):
            held = _ENCODE(entry)
            if held != self._held[position]:
                self._held[position] = held
                self._hashes[position] = digests.slot_hash(self._pack(entry))
        self._digest = digests.digest(self._hashes)


def _active_flags(pool: Sequence[PoolSlot]) -> list[Cell]:
    return [slot.active for slot in pool]


def _bonus_flags(pool: Sequence[BonusEntry]) -> list[Cell]:
    return [slot.bonus_id for slot in pool]


def _packer(packing: struct.Struct, pool: str, renamed: Mapping[str, str]) -> Callable[[msgspec.Struct], bytes]:
    paths = digests.slot_paths(TABLE_BY_NAME[f"entity_samples.{pool}"])
    read = attrgetter(*(renamed.get(path, path) for path in paths))
    return lambda entry: packing.pack(*read(entry))


def _pack_creature() -> Callable[[msgspec.Struct], bytes]:
    paths = digests.slot_paths(TABLE_BY_NAME["entity_samples.creatures"])
    begin = paths.index("target_offset.x")
    before, after = attrgetter(*paths[:begin]), attrgetter(*paths[begin + 2 :])
    offset_of = attrgetter("target_offset")
    nowhere = Vec2()

    def pack(creature: msgspec.Struct) -> bytes:
        offset = offset_of(creature) or nowhere
        return digests.CREATURE_SLOT.pack(*before(creature), offset.x, offset.y, *after(creature))

    return pack


class HiddenSampler:
    """The `hidden_state` row of a session after a tick, and the live slots found on the way."""

    def __init__(self, session: DeterministicSession, *, watch_all: bool = False) -> None:
        self._session = session
        self.live = Live()
        world = session.world
        state = world.state
        self._creatures = ResidueDigest(
            self.live.creatures,
            _active_flags,
            _pack_creature(),
            extra=lambda: (world.creatures.phantom,),
            watch_all=watch_all,
        )
        self._projectiles = ResidueDigest(
            self.live.projectiles,
            _active_flags,
            _packer(digests.PROJECTILE_SLOT, "projectiles", {"travel_budget": "projectile_speed"}),
            watch_all=watch_all,
        )
        self._secondaries = ResidueDigest(
            self.live.secondaries,
            _active_flags,
            _packer(digests.SECONDARY_SLOT, "secondary_projectiles", {}),
            watch_all=watch_all,
        )
        self._bonuses = ResidueDigest(
            self.live.bonuses,
            _bonus_flags,
            _packer(digests.BONUS_SLOT, "bonuses", {}),
            extra=lambda: (state.bonus_pool._sentinel,),  # noqa: SLF001
            watch_all=watch_all,
        )
        self._spawn_slots = _CachedList()
        self._dormant = _CachedList()
        self._availability = _CachedTables(flag_tables=3)
        self._quest_entries: tuple[SpawnEntry, ...] | None = None
        self._nothing = digests.digest(())
        self._quest_digest = self._nothing

    def untouched(self) -> bool:
        """Whether no slot changed that was never live; if one did, its digests since the last check are stale."""
        world = self._session.world
        return (
            self._creatures.untouched(world.creatures.entries)
            and self._projectiles.untouched(world.state.projectiles.entries)
            and self._secondaries.untouched(world.state.secondary_projectiles.entries)
            and self._bonuses.untouched(world.state.bonus_pool.entries)
        )

    def sample(self) -> tuple[int, ...]:
        world = self._session.world
        state = world.state
        return (
            self._creatures.sample(world.creatures.entries),
            self._projectiles.sample(state.projectiles.entries),
            self._secondaries.sample(state.secondary_projectiles.entries),
            self._bonuses.sample(state.bonus_pool.entries),
            self._particles(),
            self._sprite_effects(),
            self._spawn_slots.digest(world.creatures.spawn_slots, _pack_spawn_slot),
            self._quest_spawns(),
            self._availability_tables(),
            self._dormant.digest([state.dormant_player], _pack_player) if len(world.players) == 1 else self._nothing,
        )

    def _particles(self) -> int:
        pool = self._session.world.state.particles.entries
        if not [1 for entry in pool if entry.active]:
            return self._nothing
        return digests.digest(
            digests.PARTICLE.pack(index, entry.style_id, entry.in_flight, *_read_particle(entry))
            for index, entry in enumerate(pool)
            if entry.active
        )

    def _sprite_effects(self) -> int:
        pool = self._session.world.state.sprite_effects.entries
        if not [1 for entry in pool if entry.active]:
            return self._nothing
        return digests.digest(
            digests.SPRITE_EFFECT.pack(index, *_read_sprite(entry)) for index, entry in enumerate(pool) if entry.active
        )

    def _quest_spawns(self) -> int:
        mode_state = self._session.mode_state
        if isinstance(mode_state, QuestSpawnState) and mode_state.spawn_entries is not self._quest_entries:
            self._quest_entries = mode_state.spawn_entries
            self._quest_digest = digests.digest(
                digests.QUEST_SPAWN.pack(
                    entry.pos.x, entry.pos.y, entry.heading, entry.spawn_id, entry.trigger_ms, entry.count
                )
                for entry in mode_state.spawn_entries
            )
        return self._quest_digest

    def _availability_tables(self) -> int:
        state = self._session.world.state
        return self._availability.digest(
            (
                state.bonus_available,
                state.perk_available,
                state.weapon_available,
                state.status.weapon_usage_counts,
                state.status.quest_play_counts,
            )
        )


_read_particle = attrgetter(
    "pos.x",
    "pos.y",
    "vel.x",
    "vel.y",
    "color_r",
    "color_g",
    "color_b",
    "color_a",
    "intensity",
    "angle",
    "rotation",
    "target_id",
)
_read_sprite = attrgetter(
    "color.r", "color.g", "color.b", "color.a", "rotation", "pos.x", "pos.y", "vel.x", "vel.y", "scale"
)


def _pack_spawn_slot(slot: msgspec.Struct) -> bytes:
    return digests.SPAWN_SLOT.pack(*astuple(slot))


def _pack_player(player: PlayerState) -> bytes:
    return digests.PLAYER_SLOT.pack(*read_player(player)[1:])


class _CachedList:
    """The digest of a list of structs, computed anew when one of them has changed."""

    def __init__(self) -> None:
        self._held = b""
        self._digest = 0

    def digest[Entry: msgspec.Struct](self, entries: Sequence[Entry], pack: Callable[[Entry], bytes]) -> int:
        held = _ENCODE(entries)
        if held != self._held:
            self._held = held
            self._digest = digests.digest(map(pack, entries))
        return self._digest


class _CachedTables:
    """The digest of lists of flags and counters: bytes for flags, u32 for counters."""

    def __init__(self, flag_tables: int) -> None:
        self._flag_tables = flag_tables
        self._copies: list[list[int]] = []
        self._digest = 0

    def digest(self, tables: Sequence[Sequence[int]]) -> int:
        """The digest of these tables, of which the first ones are flags."""
        if list(map(list, tables)) != self._copies:
            self._copies = [list(table) for table in tables]
            flags, counters = self._copies[: self._flag_tables], self._copies[self._flag_tables :]
            packed = [bytes(map(int, table)) for table in flags]
            packed += [struct.pack(f"<{len(table)}I", *table) for table in counters]
            self._digest = digests.digest(packed)
        return self._digest
