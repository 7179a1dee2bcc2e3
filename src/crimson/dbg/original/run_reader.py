"""The trace's record of a tick, read from the mirror of the original's memory."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from crimson.dbg import digests, schema
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.flat_rows import flat_builder
from crimson.dbg.layout import TABLE_BY_NAME
from crimson.dbg.original.finite import require_finite
from crimson.dbg.original.mirror import Mirror
from crimson.dbg.original.slot_rows import PoolRows, SlotReader
from crimson.dbg.original.slots import slot_format
from crimson.dbg.original.static_rows import StaticRow, Statics, text_of
from crimson.dbg.rows import Cell

QUESTS, TYPO, TUTORIAL = 3, 4, 8
MODES = (1, 2, QUESTS, TYPO, TUTORIAL)
_PERKS = 7


@dataclass(slots=True)
class TickEvents:
    """What happened in a tick that memory does not keep."""

    draws: list[schema.RngDraw] = field(default_factory=list)
    deaths: list[schema.CreatureDeath] = field(default_factory=list)
    timing: list[schema.TimingSample] = field(default_factory=list)
    hits: int = 0
    pickups: int = 0


class RunReader:
    """Reads records of the run that the mirror holds; counters that memory does not keep are kept here."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self.statics = statics = Statics(mirror)
        self.creatures = PoolRows(mirror, "entity_samples.creatures", schema.Creature, digests.CREATURE_SLOT)
        self.projectiles = PoolRows(mirror, "entity_samples.projectiles", schema.Projectile, digests.PROJECTILE_SLOT)
        self.secondaries = PoolRows(
            mirror, "entity_samples.secondary_projectiles", schema.SecondaryProjectile, digests.SECONDARY_SLOT
        )
        self.bonuses = PoolRows(mirror, "entity_samples.bonuses", schema.Bonus, digests.BONUS_SLOT)
        self.players = SlotReader(mirror, TABLE_BY_NAME["sim_state.players"])
        self.creatures_spawned = 0
        self.creature_updates = 0
        self._player_fields: dict[str, _SlotField] = {}
        self._perk_counts = _SlotField(mirror, "players", "perk_counts")
        self._typo_names = _SlotField(mirror, "typo_names", "name")
        self._highscore_names = _SlotField(mirror, "typo_highscore_names", "name")
        self._hidden = _HiddenLists(mirror, statics)
        self._build_player = flat_builder(schema.Player)
        gameplay: dict[str, Callable[[], Cell]] = {
            "gameplay.creatures_spawned": lambda: self.creatures_spawned,
            "gameplay.creature_update_count": lambda: self.creature_updates,
        }
        for choice in range(_PERKS):
            gameplay[f"gameplay.perks.choices.choice_{choice}"] = self._choice(choice)
        self._gameplay = StaticRow(statics, schema.Gameplay, "sim_state", gameplay)
        self._tutorial = StaticRow(statics, schema.TutorialStage, "checkpoint.tutorial")
        self._typo = StaticRow(statics, schema.TypoProgress, "checkpoint.typo")
        self._survival = StaticRow(statics, schema.SurvivalSpawner, "sim_state.survival")
        self._rush = StaticRow(statics, schema.RushSpawner, "sim_state.rush")
        self._quest = StaticRow(statics, schema.QuestTimeline, "sim_state.quest")

    def _choice(self, place: int) -> Callable[[], Cell]:
        return lambda: self.statics.integers("perk_choice_ids")[place]

    def clear(self) -> None:
        """Start on a new run."""
        self.mirror.clear()
        for pool in (self.creatures, self.projectiles, self.secondaries, self.bonuses):
            pool.clear()
        self.creatures_spawned = 0
        self.creature_updates = 0

    # Facts that need checking before they steer how the rest is read

    def mode(self, where: str) -> int:
        return self._within(where, "config_game_mode", MODES)

    def player_count(self, where: str) -> int:
        return self._within(where, "config_player_count", range(1, 5))

    def _within(self, where: str, name: str, allowed: Sequence[int]) -> int:
        value = self.statics.integer(name)
        if value not in allowed:
            raise CaptureProblem(where, f"{name} is {value}, expected one of {', '.join(map(str, allowed))}")
        return value

    def player_field(self, player: int, name: str) -> int:
        """An integer field of a player's slot, such as a key binding."""
        known = self._player_fields.get(name)
        if known is None:
            known = self._player_fields[name] = _SlotField(self.mirror, "players", name)
        return int(known.numbers(player)[0])

    def number(self, where: str, name: str) -> float:
        """A float that steers or starts something, and so must be finite."""
        value = self.statics.number(name)
        require_finite(where, name, value)
        return value

    def highscore_names(self, count: int) -> tuple[str, ...]:
        return tuple(self._highscore_names.text(index) for index in range(count))

    # Rows

    def record(self, where: str, tick: int, rng_state: int, events: TickEvents) -> schema.TickRecord:
        """The record of a tick; raises `CaptureProblem` naming what no trace can hold."""
        mode, count = self.mode(where), self.player_count(where)
        active = self.statics.integer("creature_active_count")
        if not 0 <= active <= 384:
            raise CaptureProblem(where, f"creature_active_count is {active}, expected 0..384")
        for pool in (self.creatures, self.projectiles, self.secondaries, self.bonuses):
            pool.update(where)
        players = self._player_rows(where, count)
        gameplay = self._gameplay_row(where, mode)
        creatures = self.creatures.rows
        return schema.TickRecord(
            tick=tick,
            checkpoint=self._checkpoint(where, mode, rng_state, events, creatures, players),
            rng_stream=events.draws,
            sim_state=schema.SimState(
                gameplay=gameplay,
                players=players,
                weapon_times=[
                    schema.WeaponTime(weapon, time)
                    for weapon, time in enumerate(self.statics.integers("weapon_usage_time"))
                    if time
                ],
                survival=self._survival.read(where) if mode == 1 else None,
                rush=self._rush.read(where) if mode == 2 else None,
                quest=self._quest.read(where) if mode == QUESTS else None,
            ),
            entity_samples=schema.EntitySamples(
                creatures=creatures,
                projectiles=self.projectiles.rows,
                secondary_projectiles=self.secondaries.rows,
                bonuses=self.bonuses.rows,
            ),
            timing_samples=events.timing,
            hidden_state=self._hidden_row(where, mode, count),
        )

    def _player_rows(self, where: str, count: int) -> list[schema.Player]:
        return [self._build_player([index, *self.players.values(where, index)]) for index in range(count)]

    def _gameplay_row(self, where: str, mode: int) -> schema.Gameplay:
        gameplay = self._gameplay.read(where)
        if mode == QUESTS:
            return gameplay
        # The original still has the last quest's stage.
        return msgspec.structs.replace(gameplay, quest_stage_major=0, quest_stage_minor=0)

    def _checkpoint(
        self,
        where: str,
        mode: int,
        rng_state: int,
        events: TickEvents,
        creatures: Sequence[schema.Creature],
        players: Sequence[schema.Player],
    ) -> schema.Checkpoint:
        statics = self.statics
        return schema.Checkpoint(
            rng_state=rng_state,
            elapsed_ms=statics.integer("quest_spawn_timeline" if mode == QUESTS else "time_played_ms"),
            score_xp=sum(player.experience for player in players),
            kills=statics.integer("creature_kill_count"),
            creature_count=sum(1 for creature in creatures if creature.hp > 0.0),
            perk_pending=statics.integer("perk_pending_count"),
            hit_count=events.hits,
            pickup_count=events.pickups,
            players=[
                schema.PlayerVitals(
                    index=player.index,
                    pos=player.pos,
                    health=player.health,
                    weapon_id=player.weapon.weapon_id,
                    ammo=player.weapon.ammo,
                    experience=player.experience,
                    level=player.level,
                )
                for player in players
            ],
            perks=[
                schema.PerkCount(perk, int(count)) for perk, count in enumerate(self._perk_counts.numbers(0)) if count
            ],
            deaths=events.deaths,
            tutorial=self._tutorial.read(where) if mode == TUTORIAL else None,
            typo=self._typo.read(where) if mode == TYPO else None,
            typo_names=[
                schema.TypoName(creature.index, name)
                for creature in creatures
                if (name := self._typo_names.text(creature.index))
            ]
            if mode == TYPO
            else [],
        )

    def _hidden_row(self, where: str, mode: int, player_count: int) -> schema.HiddenState:
        dormant = b""
        if player_count == 1:
            dormant = digests.PLAYER_SLOT.pack(*self.players.values(where, 1))
        return schema.HiddenState(
            creatures=self.creatures.digest,
            projectiles=self.projectiles.digest,
            secondary_projectiles=self.secondaries.digest,
            bonuses=self.bonuses.digest,
            particles=self._hidden.particles(where),
            sprite_effects=self._hidden.sprite_effects(where),
            spawn_slots=self._hidden.spawn_slots(where),
            quest_spawns=self._hidden.quest_spawns(where) if mode == QUESTS else digests.digest(()),
            availability=self._hidden.availability(),
            dormant_player=digests.digest((dormant,)),
        )


class _SlotField:
    """One field of every slot of a pool."""

    def __init__(self, mirror: Mirror, pool_name: str, field_name: str) -> None:
        pool = mirror.layout.pool(pool_name)
        self._field = pool.field(field_name)
        self._image = mirror.images[mirror.index[pool_name]]
        self._stride = pool.stride
        self._struct = slot_format([self._field], pool.stride)

    def numbers(self, slot: int) -> tuple[float, ...]:
        return self._struct.unpack_from(self._image, slot * self._stride)

    def text(self, slot: int) -> str:
        begin = slot * self._stride + self._field.place
        return text_of(self._image[begin : begin + self._field.size])


class _List:
    """A pool of which the trace holds a digest of packed slots."""

    def __init__(self, mirror: Mirror, name: str) -> None:
        self.pool = mirror.layout.pool(name)
        region = mirror.index[name]
        self.dirty = mirror.dirty[region]
        self.live: dict[int, bytes] = {}
        # How many slots the digest covers, of a list that says so.
        self.count = 0
        self.digest = digests.digest(())
        self._image = mirror.images[region]
        self._unpack = slot_format(self.pool.fields, self.pool.stride).unpack_from
        self._floats = [place for place, field in enumerate(self.pool.fields) if field.type == "f32"]

    def values(self, slot: int) -> tuple[float, ...]:
        return self._unpack(self._image, slot * self.pool.stride)

    def finite(self, where: str, slot: int) -> tuple[float, ...]:
        """The values, if no trace would refuse them: a digest of a NaN says nothing."""
        values = self.values(slot)
        for place in self._floats:
            require_finite(where, f"{self.pool.name}[{slot}].{self.pool.fields[place].name}", values[place])
        return values


class _HiddenLists:
    """The list digests of `hidden_state`."""

    def __init__(self, mirror: Mirror, statics: Statics) -> None:
        self._statics = statics
        self._particles = _List(mirror, "particles")
        self._sprites = _List(mirror, "sprite_effects")
        self._spawn_slots = _List(mirror, "spawn_slots")
        self._quest_spawns = _List(mirror, "quest_spawns")
        self._availability = b""
        self._availability_digest = 0

    def particles(self, where: str) -> int:
        def pack(slot: int, values: Sequence[float]) -> bytes:
            in_flight, style, target = values[1] != 0, int(values[13]), int(values[14])
            return digests.PARTICLE.pack(slot, style, in_flight, *values[2:13], target)

        return _live_digest(where, self._particles, pack)

    def sprite_effects(self, where: str) -> int:
        return _live_digest(where, self._sprites, lambda slot, values: digests.SPRITE_EFFECT.pack(slot, *values[1:]))

    def spawn_slots(self, where: str) -> int:
        return _all_digest(where, self._spawn_slots, digests.SPAWN_SLOT, self._spawn_slots.pool.count)

    def quest_spawns(self, where: str) -> int:
        count = self._statics.integer("quest_spawn_count")
        if not 0 <= count <= self._quest_spawns.pool.count:
            raise CaptureProblem(where, f"quest_spawn_count is {count}, expected 0..{self._quest_spawns.pool.count}")
        return _all_digest(where, self._quest_spawns, digests.QUEST_SPAWN, count)

    def availability(self) -> int:
        flags = b"".join(self._statics.raw(name) for name in ("bonus_available", "perk_available", "weapon_available"))
        counters = self._statics.raw("status_weapon_usage_counts") + self._statics.raw("status_quest_play_counts")
        packed = bytes(map(bool, flags)) + counters
        if packed != self._availability:
            self._availability = packed
            self._availability_digest = digests.digest((packed,))
        return self._availability_digest


def _live_digest(where: str, slots: _List, pack: Callable[[int, Sequence[float]], bytes]) -> int:
    """The digest of the slots whose first field is not 0."""
    if slots.dirty:
        for slot in sorted(slots.dirty):
            if slots.values(slot)[0]:
                slots.live[slot] = pack(slot, slots.finite(where, slot))
            else:
                slots.live.pop(slot, None)
        slots.dirty.clear()
        slots.digest = digests.digest(slots.live[slot] for slot in sorted(slots.live))
    return slots.digest


def _all_digest(where: str, slots: _List, packing: struct.Struct, count: int) -> int:
    """The digest of the first slots, all of them."""
    if slots.dirty or count != slots.count:
        slots.dirty.clear()
        slots.count = count
        slots.digest = digests.digest(packing.pack(*slots.finite(where, slot)) for slot in range(count))
    return slots.digest
