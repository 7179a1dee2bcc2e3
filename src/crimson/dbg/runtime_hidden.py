"""The Python runtime's live slots, and the digests of what is not sampled.

The slots that are not live hardly ever change, so their hashes are kept; a copy of each slot, compared in one pass,
tells which must be hashed anew.
"""

from __future__ import annotations

import copy
import struct
from collections.abc import Callable, Sequence
from operator import attrgetter

import msgspec
from msgspec.structs import astuple

from crimson.quests.types import SpawnEntry
from crimson.sim.mode_updates import QuestSpawnState
from crimson.sim.sessions import DeterministicSession
from crimson.sim.state_types import PlayerState
from grim.geom import Vec2

from . import digests
from .layout import TABLE_BY_NAME
from .rows import Cell
from .runtime_paths import read_player


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


class ResidueDigest:
    """Splits a pool into live and other slots, and keeps the digest of the others.

    `live_of` reads a slot's liveness; `extra` gives slots beyond the pool that are never live.
    """

    def __init__(
        self,
        live: LiveSlots,
        live_of: str,
        pack: Callable[[msgspec.Struct], bytes],
        extra: Callable[[], Sequence[msgspec.Struct]] = tuple,
    ) -> None:
        self._live = live
        self._live_of = attrgetter(live_of)
        self._pack = pack
        self._extra = extra
        self._flags: list[Cell] = []
        self._others: list[int] = []
        # By slot: a copy of the slot as it was hashed, and its hash; none for a live slot.
        self._copies: list[msgspec.Struct | None] = []
        self._hashes: list[bytes] = []
        self._compared: list[msgspec.Struct | None] = []
        self._digest = 0

    def sample(self, pool: Sequence[msgspec.Struct]) -> int:
        """The digest of the slots that are not live; `live` is up to date afterwards."""
        flags = list(map(self._live_of, pool))
        extra = self._extra()
        if flags != self._flags:
            self._split(flags, len(extra))
        self._live.entries = [pool[index] for index in self._live.indexes]
        others = [pool[index] for index in self._others]
        others += extra
        if others != self._compared:
            self._rehash(others, len(pool))
        return self._digest

    def _split(self, flags: list[Cell], extra: int) -> None:
        if not self._flags:
            self._copies = [None] * (len(flags) + extra)
            self._hashes = [digests.SAMPLED_SLOT] * (len(flags) + extra)
        self._flags = flags
        self._live.indexes = [index for index, flag in enumerate(flags) if flag]
        self._others = [index for index, flag in enumerate(flags) if not flag]
        for index in self._live.indexes:
            self._copies[index] = None
            self._hashes[index] = digests.SAMPLED_SLOT
        # Even when no other slot changed, the digest did.
        self._compared = []

    def _rehash(self, others: list[msgspec.Struct], pool_size: int) -> None:
        positions = [*self._others, *range(pool_size, len(self._copies))]
        for position, entry in zip(positions, others, strict=True):
            if entry != self._copies[position]:
                self._copies[position] = copy.copy(entry)
                self._hashes[position] = digests.slot_hash(self._pack(entry))
        self._compared = [self._copies[position] for position in positions]
        self._digest = digests.digest(self._hashes)


def _packer(packing: struct.Struct, paths: Sequence[str]) -> Callable[[msgspec.Struct], bytes]:
    read = attrgetter(*paths)
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

    def __init__(self, session: DeterministicSession) -> None:
        self._session = session
        self.live = Live()
        world = session.world
        state = world.state
        self._creatures = ResidueDigest(
            self.live.creatures, "active", _pack_creature(), lambda: (world.creatures.phantom,)
        )
        projectile_paths = [
            {"travel_budget": "projectile_speed"}.get(path, path)
            for path in digests.slot_paths(TABLE_BY_NAME["entity_samples.projectiles"])
        ]
        self._projectiles = ResidueDigest(
            self.live.projectiles, "active", _packer(digests.PROJECTILE_SLOT, projectile_paths)
        )
        self._secondaries = ResidueDigest(
            self.live.secondaries,
            "active",
            _packer(
                digests.SECONDARY_SLOT, digests.slot_paths(TABLE_BY_NAME["entity_samples.secondary_projectiles"])
            ),
        )
        self._bonuses = ResidueDigest(
            self.live.bonuses,
            "bonus_id",
            _packer(digests.BONUS_SLOT, digests.slot_paths(TABLE_BY_NAME["entity_samples.bonuses"])),
            lambda: (state.bonus_pool._sentinel,),
        )
        self._spawn_slots = _CachedList()
        self._dormant = _CachedList()
        self._availability = _CachedTables()
        self._quest_entries: tuple[SpawnEntry, ...] | None = None
        self._quest_digest = digests.digest(())
        self._nothing = digests.digest(())

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
        packed = [
            digests.PARTICLE.pack(index, entry.style_id, entry.in_flight, *_read_particle(entry))
            for index, entry in enumerate(self._session.world.state.particles.entries)
            if entry.active
        ]
        return digests.digest(packed) if packed else self._nothing

    def _sprite_effects(self) -> int:
        packed = [
            digests.SPRITE_EFFECT.pack(index, *_read_sprite(entry))
            for index, entry in enumerate(self._session.world.state.sprite_effects.entries)
            if entry.active
        ]
        return digests.digest(packed) if packed else self._nothing

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
        self._copies: list[msgspec.Struct] = []
        self._digest = 0

    def digest(self, entries: Sequence[msgspec.Struct], pack: Callable[[msgspec.Struct], bytes]) -> int:
        if list(entries) != self._copies:
            self._copies = [copy.deepcopy(entry) for entry in entries]
            self._digest = digests.digest(map(pack, entries))
        return self._digest


class _CachedTables:
    """The digest of lists of flags and counters: bytes for flags, u32 for counters."""

    def __init__(self) -> None:
        self._copies: list[list[int]] = []
        self._digest = 0

    def digest(self, tables: tuple[Sequence[int], ...]) -> int:
        current = [list(table) for table in tables]
        if current != self._copies:
            self._copies = current
            flags, counters = current[:3], current[3:]
            packed = [bytes(map(int, table)) for table in flags]
            packed += [struct.pack(f"<{len(table)}I", *table) for table in counters]
            self._digest = digests.digest(packed)
        return self._digest
