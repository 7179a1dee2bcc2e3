"""Digests of simulation state that is not sampled: what each one covers, byte for byte.

Two forms. A *residue* digest covers the slots of a pool that are not sampled, since later spawns read what the last
tenant left; its input is one 8-byte BLAKE2b-64 for each slot in order, zero for a sampled slot. A *list* digest is
BLAKE2b-64 over packed rows. Rows are little endian without padding: f32, i32, u32, or one byte for a flag.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

from crimson.dbg.layout import TABLE_BY_NAME, Table
from crimson.dbg.wire import WireType

SAMPLED_SLOT = bytes(8)

_STRUCT_CODES: dict[WireType, str] = {
    "f4": "f",
    "i4": "i",
    "u4": "I",
    "b1": "?",
    "u1": "B",
    "u2": "H",
    "u8": "Q",
}
# Trace bookkeeping, not memory of the original.
_NOT_IN_SLOTS = frozenset({"index", "generation"})


def slot_paths(table: Table) -> tuple[str, ...]:
    """The leaves of a pool's row that a residue digest covers, in order."""
    return tuple(leaf.path for leaf in table.leaves if leaf.path not in _NOT_IN_SLOTS)


def slot_struct(table: Table) -> struct.Struct:
    """The packing of those leaves."""
    codes = [_STRUCT_CODES[leaf.column.wire] for leaf in table.leaves if leaf.path not in _NOT_IN_SLOTS]
    return struct.Struct("<" + "".join(codes))


CREATURE_SLOT = slot_struct(TABLE_BY_NAME["entity_samples.creatures"])
PROJECTILE_SLOT = slot_struct(TABLE_BY_NAME["entity_samples.projectiles"])
SECONDARY_SLOT = slot_struct(TABLE_BY_NAME["entity_samples.secondary_projectiles"])
BONUS_SLOT = slot_struct(TABLE_BY_NAME["entity_samples.bonuses"])
PLAYER_SLOT = slot_struct(TABLE_BY_NAME["sim_state.players"])

# index, style, in flight, pos, vel, colour, intensity, angle, rotation, target creature
PARTICLE = struct.Struct("<Hi?" + "f" * 11 + "i")
# index, colour, rotation, pos, vel, scale
SPRITE_EFFECT = struct.Struct("<H" + "f" * 10)
# owner creature, timer, count, limit, interval, child template
SPAWN_SLOT = struct.Struct("<ifiifi")
# pos, heading, template, trigger time in ms, count
QUEST_SPAWN = struct.Struct("<fffiii")


def slot_hash(packed: bytes) -> bytes:
    """BLAKE2b-64 of one slot's bytes."""
    return hashlib.blake2b(packed, digest_size=8).digest()


def digest(parts: Iterable[bytes]) -> int:
    """BLAKE2b-64 of the parts' concatenation, as a little-endian integer."""
    return int.from_bytes(hashlib.blake2b(b"".join(parts), digest_size=8).digest(), "little")
