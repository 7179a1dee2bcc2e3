"""Compares the memory that a tape leaves with the records of the same run."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from functools import cache
from operator import attrgetter

import msgspec
from tape_interpreter import Call, Moment

from crimson.dbg import digests, schema
from crimson.dbg.floats import bits_of, from_bits
from crimson.dbg.layout import TABLE_BY_NAME, Table
from crimson.dbg.original.layout import Field, Global, Layout, Pool, standin_layout
from crimson.dbg.original.slots import SlotFormat, kind_format
from crimson.dbg.schema import TickRecord
from crimson.dbg.standin.memory import IMAGE_BASE

type Cell = bool | int | float | str
type Found = int | float | str

PROJECTILE_UPDATE = range(0x00420B90, 0x00422C70)
MENU_PICK = 0x004060FA


class TapeCounts:
    """What the host counts over a run."""

    def __init__(self) -> None:
        self.spawned = 0
        self.updates = 0
        self.generations: Counter[tuple[str, int]] = Counter()


class MemoryCheck:
    """Goes along with a run's moments and says where they differ from its records."""

    def __init__(self) -> None:
        self.layout: Layout = standin_layout()
        self.counts = TapeCounts()

    def count_problems(self, moment: Moment, record: TickRecord) -> list[str]:
        """Differences in draws and counts; they go on, so each moment is to be given once and in order."""
        return list(self._counted(moment, record))

    def memory_problems(self, moment: Moment, record: TickRecord) -> list[str]:
        """Differences of memory, and of the generations that were counted so far."""
        reader = _Reader(moment.memory)
        return [
            *self._variables(reader, record),
            *self._tables(reader, record),
            *self._players(reader, record),
            *self._pools(reader, record),
            *self._names(reader, record),
            *self._hidden(reader, record),
        ]

    def _variables(self, reader: _Reader, record: TickRecord) -> Iterator[str]:
        for fact in self.layout.globals:
            traced = _at(record, fact.path)
            if traced is not None and not _same(found := reader.value(fact.place, fact), traced):
                yield f"{fact.name}: {found} for {traced}"

    def _tables(self, reader: _Reader, record: TickRecord) -> Iterator[str]:
        choices = record.sim_state.gameplay.perks.choices
        pairs: list[tuple[str, list[int], list[int]]] = [
            (
                "perk_choice_ids",
                reader.numbers(self.layout.variable("perk_choice_ids")),
                [getattr(choices, f"choice_{place}") for place in range(7)],
            ),
            (
                "weapon_usage_time",
                reader.numbers(self.layout.variable("weapon_usage_time")),
                _dense(64, {row.index: row.time_ms for row in record.sim_state.weapon_times}),
            ),
            (
                "perk_counts",
                reader.raw_numbers(self.layout.pool("players").field_place(0, "perk_counts"), 128),
                _dense(128, {row.index: row.count for row in record.checkpoint.perks}),
            ),
        ]
        for name, found, traced in pairs:
            if found != traced:
                yield f"{name}: {found} for {traced}"

    def _players(self, reader: _Reader, record: TickRecord) -> Iterator[str]:
        for pool in (self.layout.pool("players"), self.layout.pool("player_hover")):
            for row in record.sim_state.players:
                yield from _slot_problems(reader, pool, row.index, row)

    def _pools(self, reader: _Reader, record: TickRecord) -> Iterator[str]:
        for pool in self.layout.pools:
            if not pool.rows or not pool.live:
                continue
            rows = {row.index: row for row in attrgetter(pool.rows)(record)}
            live = pool.field(pool.live)
            used = [slot for slot in range(pool.count) if reader.value(pool.slot_place(slot) + live.place, live)]
            if used != list(rows):
                yield f"{pool.name}: slots {used} for {list(rows)}"
                continue
            for slot, row in rows.items():
                yield from _slot_problems(reader, pool, slot, row)
                if self.counts.generations[pool.name, slot] != row.generation:
                    generation = self.counts.generations[pool.name, slot]
                    yield f"{pool.name}[{slot}]: {generation} allocations for {row.generation}"

    def _names(self, reader: _Reader, record: TickRecord) -> Iterator[str]:
        pool = self.layout.pool("typo_names")
        for row in record.checkpoint.typo_names:
            found = reader.value(pool.slot_place(row.index), pool.field("name"))
            if found != row.name:
                yield f"typo_names[{row.index}]: {found} for {row.name}"

    # hidden state

    def _hidden(self, reader: _Reader, record: TickRecord) -> Iterator[str]:
        for name, found in self._digests(reader, record):
            traced = getattr(record.hidden_state, name)
            if found != traced:
                yield f"hidden_state.{name}: {found:016x} for {traced:016x}"

    def _digests(self, reader: _Reader, record: TickRecord) -> Iterator[tuple[str, int]]:
        for name in ("creatures", "projectiles", "secondary_projectiles", "bonuses"):
            pool = self.layout.pool(name)
            table = TABLE_BY_NAME[pool.rows]
            sampled = {row.index for row in attrgetter(pool.rows)(record)}
            yield (
                name,
                digests.digest(
                    digests.SAMPLED_SLOT if slot in sampled else digests.slot_hash(_packed(reader, table, [pool], slot))
                    for slot in range(pool.slots)
                ),
            )
        for name, packing, columns in _LISTS:
            pool = self.layout.pool(name)
            yield name, digests.digest(_listed(reader, pool, packing, columns, self._count(reader, record, pool)))
        variables = [self.layout.variable(f"{kind}_available") for kind in ("bonus", "perk", "weapon")]
        counters = [self.layout.variable(name) for name in ("status_weapon_usage_counts", "status_quest_play_counts")]
        yield "availability", digests.digest(reader.raw(fact.place, fact.size) for fact in (*variables, *counters))
        players = [self.layout.pool("players"), self.layout.pool("player_hover")]
        alone = len(record.sim_state.players) == 1
        dormant = _packed(reader, TABLE_BY_NAME["sim_state.players"], players, 1)
        yield "dormant_player", digests.digest([dormant] if alone else [])

    def _count(self, reader: _Reader, record: TickRecord, pool: Pool) -> int:
        if pool.name != "quest_spawns":
            return pool.count
        if record.sim_state.quest is None:
            return 0
        return reader.numbers(self.layout.variable("quest_spawn_count"))[0]

    # what is counted

    def _counted(self, moment: Moment, record: TickRecord) -> Iterator[str]:
        hits, pickups = 0, 0
        deaths: list[schema.CreatureDeath] = []
        for call in moment.calls:
            self._allocation(call)
            pickups += call.name == "bonus_apply"
            hits += self.is_hit(call)
            self.counts.updates += call.name == "creature_update_all"
            if call.name == "creature_handle_death":
                kind, reward, experience = call.seen
                gained = (call.experience - experience) & 0xFFFFFFFF
                deaths.append(schema.CreatureDeath(call.arguments[0], kind, from_bits(reward), gained))
        gameplay = record.sim_state.gameplay
        pairs = (
            ("draws", moment.draws, record.rng_stream),
            ("deaths", deaths, record.checkpoint.deaths),
            ("hits", hits, record.checkpoint.hit_count),
            ("pickups", pickups, record.checkpoint.pickup_count),
            ("creatures spawned", self.counts.spawned, gameplay.creatures_spawned),
            ("creature updates", self.counts.updates, gameplay.creature_update_count),
        )
        for name, found, traced in pairs:
            if found != traced:
                yield f"{name}: {found} for {traced}"
        for row in record.timing_samples:
            traced = (row.frame_dt, row.frame_dt_ms, int(row.time_scale_active), row.reflex_boost_timer)
            if moment.timing != traced:
                yield f"timing: {moment.timing} for {traced}"

    def _allocation(self, call: Call) -> None:
        counted = self.counts.generations
        bonuses = self.layout.pool("bonuses")
        match call.name:
            case "creature_alloc_slot":
                counted["creatures", call.result] += 1
                self.counts.spawned += call.result < self.layout.pool("creatures").count
            case "projectile_spawn":
                counted["projectiles", call.result] += 1
            case "secondary_projectile_spawn":
                counted["secondary_projectiles", call.result] += 1
            case "bonus_spawn_at" | "bonus_spawn_at_pos":
                counted["bonuses", (call.result - bonuses.place) // bonuses.stride] += 1

    def is_hit(self, call: Call) -> bool:
        """Whether a projectile found a creature that is not its own."""
        if call.name != "creature_find_in_radius" or call.caller not in PROJECTILE_UPDATE:
            return False
        if call.result >> 31:
            return False
        if call.seen:
            return call.seen[0] != call.result
        secondaries = self.layout.pool("secondary_projectiles")
        return call.arguments[0] in range(secondaries.place, secondaries.slot_place(secondaries.count))


class _Reader:
    def __init__(self, memory: bytearray) -> None:
        self._memory = memory

    def slot(self, pool: Pool, slot: int) -> dict[str, Found]:
        """A slot's fields that are no arrays, by their names."""
        form = _form(pool.name)
        return dict(zip(form.names, form.unpack(self.raw(pool.slot_place(slot), pool.stride)), strict=True))

    def raw(self, address: int, size: int) -> bytes:
        return bytes(self._memory[address - IMAGE_BASE : address - IMAGE_BASE + size])

    def value(self, address: int, fact: Global | Field) -> Found:
        (value,) = struct.unpack_from("<" + kind_format(fact.type, fact.count), self._memory, address - IMAGE_BASE)
        return value.split(b"\0")[0].decode("latin-1") if isinstance(value, bytes) else value

    def numbers(self, fact: Global) -> list[int]:
        return list(struct.unpack_from("<" + kind_format(fact.type, fact.count), self._memory, fact.place - IMAGE_BASE))

    def raw_numbers(self, address: int, count: int) -> list[int]:
        return list(struct.unpack_from(f"<{count}i", self._memory, address - IMAGE_BASE))


_LISTS = (
    (
        "particles",
        digests.PARTICLE,
        "style_id in_flight pos.x pos.y vel.x vel.y color.r color.g color.b color.a intensity angle rotation target_id",
    ),
    (
        "sprite_effects",
        digests.SPRITE_EFFECT,
        "color.r color.g color.b color.a rotation pos.x pos.y vel.x vel.y scale",
    ),
    ("spawn_slots", digests.SPAWN_SLOT, "owner_creature timer count limit interval child_template_id"),
    ("quest_spawns", digests.QUEST_SPAWN, "pos.x pos.y heading spawn_id trigger_ms count"),
)


def _listed(reader: _Reader, pool: Pool, packing: struct.Struct, columns: str, count: int) -> Iterator[bytes]:
    for slot in range(count):
        values = reader.slot(pool, slot)
        row = [values[name] for name in columns.split()]
        if not pool.live:
            yield packing.pack(*row)
        elif values[pool.live]:
            yield packing.pack(slot, *row)


def _packed(reader: _Reader, table: Table, pools: list[Pool], slot: int) -> bytes:
    """A slot's bytes as the trace's digests have them."""
    found = {name: value for pool in pools for name, value in reader.slot(pool, slot).items()}
    return digests.slot_struct(table).pack(
        *(
            int(found[leaf.path]) if leaf.column.wire == "i4" else found[leaf.path]
            for leaf in table.leaves
            if leaf.path not in ("index", "generation")
        )
    )


@cache
def _form(name: str) -> SlotFormat:
    pool = standin_layout().pool(name)
    # Arrays are read elsewhere.
    return SlotFormat(msgspec.structs.replace(pool, fields=tuple(field for field in pool.fields if field.count == 1)))


def _slot_problems(reader: _Reader, pool: Pool, slot: int, row: schema.Row) -> Iterator[str]:
    for field in pool.fields:
        if field.path:
            found = reader.value(pool.slot_place(slot) + field.place, field)
            if not _same(found, traced := attrgetter(field.path)(row)):
                yield f"{pool.name}[{slot}].{field.name}: {found} for {traced}"


def _at(record: TickRecord, path: str) -> Cell | None:
    """A record's value; None in a run that does not have it, or for a fact without a path."""
    if not path:
        return None
    value = record
    for part in path.split("."):
        value = getattr(value, part)
        if value is None:
            return None
    assert isinstance(value, (bool, int, float, str))
    return value


def _same(found: Found, traced: Cell) -> bool:
    if isinstance(traced, bool):
        return bool(found) == traced
    if isinstance(traced, float) and isinstance(found, float):
        return bits_of(found) == bits_of(traced)
    return found == traced


def _dense(size: int, rows: dict[int, int]) -> list[int]:
    return [rows.get(index, 0) for index in range(size)]
