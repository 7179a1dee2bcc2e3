"""Where a run's state lies in the original's memory: packs the runtime's objects as the layout says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter

from crimson.bonuses.pool import BonusEntry
from crimson.creatures.runtime import CreatureState
from crimson.creatures.spawn import SpawnSlot
from crimson.effects import Particle, SpriteEffect
from crimson.projectiles.types import Projectile, SecondaryProjectile
from crimson.quests.types import SpawnEntry
from crimson.sim.mode_updates import QuestSpawnState
from crimson.sim.sessions import DeterministicSession
from crimson.sim.state_types import PlayerState

from crimson.dbg.layout import TABLE_BY_NAME
from crimson.dbg.original.layout import Layout, Pool
from crimson.dbg.original.slots import SlotFormat, Value
from crimson.dbg.runtime_paths import read_player
from crimson.dbg.standin.run_globals import GlobalReader

type Put = Callable[[int, bytes], None]
type Slot = (
    CreatureState | Projectile | SecondaryProjectile | BonusEntry | Particle | SpriteEffect | SpawnSlot | SpawnEntry
)

# Where a slot's fields lie in the runtime's objects, if not under the field's name.
_RENAMED = {
    "projectiles": {"travel_budget": "projectile_speed"},
    "particles": {f"color.{part}": f"color_{part}" for part in "rgba"},
}

# A player's keys, in the layout's order. Their codes are distinct, so that a query names its player and key.
PLAYER_KEYS = ("forward", "backward", "turn_left", "turn_right", "fire", "aim_left", "aim_right")

RELOAD_KEY = 0x13


def key_code(player: int, key: str) -> int:
    """The code that a player's key has in the tape's configuration."""
    return 0x80 + 0x10 * player + PLAYER_KEYS.index(key)


class SlotReader:
    """Packs the slots of one pool from the runtime's objects."""

    def __init__(self, pool: Pool) -> None:
        form = SlotFormat(pool)
        renamed = _RENAMED.get(pool.name, {})
        self._places = [pool.slot_place(slot) for slot in range(pool.slots)]
        self._read = attrgetter(*(renamed.get(name, name) for name in form.names))
        self._pack = form.pack

    def slot(self, index: int, entry: Slot) -> tuple[int, bytes]:
        """The address of the slot and its bytes."""
        return self._places[index], self._pack(*self._read(entry))


class _CreatureReader(SlotReader):
    """A creature without a target offset has one of zeros in the original."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        names = SlotFormat(pool).names
        self._offset = names.index("target_offset.x")
        self._before = attrgetter(*names[: self._offset])
        self._after = attrgetter(*names[self._offset + 2 :])

    def slot(self, index: int, entry: Slot) -> tuple[int, bytes]:
        if isinstance(entry, CreatureState) and entry.target_offset is None:
            return self._places[index], self._pack(*self._before(entry), 0.0, 0.0, *self._after(entry))
        return super().slot(index, entry)


class _PlayerReader:
    """Packs a player's slot, and what lies elsewhere of the player."""

    def __init__(self, layout: Layout) -> None:
        self._columns = [leaf.path for leaf in TABLE_BY_NAME["sim_state.players"].leaves]
        self._players = layout.pool("players")
        self._hover = layout.pool("player_hover")
        self._forms = {pool.name: SlotFormat(pool) for pool in (self._players, self._hover)}

    def write(self, put: Put, index: int, player: PlayerState, perks: Sequence[int]) -> None:
        values = dict(zip(self._columns, read_player(player), strict=True))
        for pool in (self._players, self._hover):
            put(pool.slot_place(index), self._forms[pool.name].pack(*_slot_values(pool, index, values, perks)))


def _slot_values(
    pool: Pool, index: int, columns: dict[str, bool | int | float | str], perks: Sequence[int]
) -> list[Value]:
    values: list[Value] = []
    for field in sorted(pool.fields, key=attrgetter("place")):
        if field.path:
            value = columns[field.path]
            if isinstance(value, str):
                raise TypeError(f"{field.path} is text")
            values.append(value)
        elif field.name == "perk_counts":
            # The one table of perks is player one's.
            values += perks if index == 0 else [0] * field.count
        else:
            values.append(key_code(index, field.name.removeprefix("key_")))
    return values


class RunMemory:
    """Reads a session as the original's memory."""

    def __init__(self, layout: Layout, session: DeterministicSession) -> None:
        self._session = session
        self._globals = GlobalReader(layout, session)
        self._players = _PlayerReader(layout)
        self._names = layout.pool("typo_names")
        self._readers = {
            "creatures": _CreatureReader(layout.pool("creatures")),
            **{
                name: SlotReader(layout.pool(name))
                for name in (
                    *("projectiles", "secondary_projectiles", "bonuses", "particles", "sprite_effects"),
                    *("spawn_slots", "quest_spawns"),
                )
            },
        }
        self._pools = {name: layout.pool(name) for name in ("particles", "sprite_effects")}
        self._spawned: tuple[SpawnEntry, ...] = ()
        self._named: list[str] = []

    def write_slot(self, put: Put, pool: str, index: int) -> None:
        """One slot of a pool, as it is now."""
        put(*self._readers[pool].slot(index, self.entries(pool)[index]))

    def entries(self, pool: str) -> Sequence[Slot]:
        """The runtime's slots of a pool, in the original's order."""
        world = self._session.world
        state = world.state
        match pool:
            case "creatures":
                return (*world.creatures.entries, world.creatures.phantom)
            case "projectiles":
                return state.projectiles.entries
            case "secondary_projectiles":
                return state.secondary_projectiles.entries
            case "bonuses":
                return (*state.bonus_pool.entries, state.bonus_pool._sentinel)  # noqa: SLF001
            case "spawn_slots":
                return world.creatures.spawn_slots
            case _:
                raise ValueError(f"{pool} is no pool of plain slots")

    def write(self, put: Put, put_variable: Put) -> None:
        """All that the original keeps of the run, as it is now: slots by `put`, variables by `put_variable`."""
        world = self._session.world
        state = world.state
        self._globals.write(put_variable)
        players = [*world.players, state.dormant_player] if len(world.players) == 1 else world.players
        for index, player in enumerate(players):
            self._players.write(put, index, player, state.perks.counts)
        for name in ("creatures", "projectiles", "secondary_projectiles", "bonuses", "spawn_slots"):
            read = self._readers[name].slot
            for index, entry in enumerate(self.entries(name)):
                put(*read(index, entry))
        self._write_used(put, "particles", state.particles.entries)
        self._write_used(put, "sprite_effects", state.sprite_effects.entries)
        self._write_spawns(put)
        self._write_names(put)

    def _write_used(self, put: Put, name: str, entries: Sequence[Particle] | Sequence[SpriteEffect]) -> None:
        """Slots in use; what lies in the others decides nothing, but that they are not in use."""
        reader = self._readers[name]
        pool = self._pools[name]
        active = pool.field("active").place
        for index, entry in enumerate(entries):
            if entry.active:
                put(*reader.slot(index, entry))
            else:
                put(pool.slot_place(index) + active, b"\0")

    def _write_spawns(self, put: Put) -> None:
        state = self._session.mode_state
        if not isinstance(state, QuestSpawnState) or state.spawn_entries is self._spawned:
            return
        self._spawned = state.spawn_entries
        for index, entry in enumerate(state.spawn_entries):
            put(*self._readers["quest_spawns"].slot(index, entry))

    def _write_names(self, put: Put) -> None:
        """Typ-o's words by creature slot."""
        names = self._session.world.state.typo.names.names
        if names == self._named:
            return
        self._named = list(names)
        for index, name in enumerate(names):
            put(self._names.slot_place(index), name.encode("latin-1").ljust(self._names.stride, b"\0"))
