"""Sampling the Python runtime: where each column's value lives in its objects, and the buffers of a chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter

import numpy as np
from crimson.bonuses.pool import BonusEntry
from crimson.creatures.runtime import CreatureState
from crimson.game_modes import GameMode
from crimson.projectiles.types import Projectile, SecondaryProjectile
from crimson.replay.driver.playback_driver import RngTraceDraw
from crimson.sim.mode_updates import QuestSpawnState, RushSpawnState, SurvivalSpawnState
from crimson.sim.sessions import DeterministicSession, DeterministicSessionTick
from grim.geom import Vec2
from msgspec.structs import astuple

from crimson.dbg.buffers import PoolBuffer, RowBuffer
from crimson.dbg.layout import TABLE_BY_NAME, Table
from crimson.dbg.rows import Cell, TableRows, Words, empty_rows, pack_values, packed_matrix
from crimson.dbg.runtime_hidden import HiddenSampler, LiveSlots
from crimson.dbg.runtime_paths import GAMEPLAY_PATHS, read_player, read_quest, read_tutorial, read_vitals

# The columns of `sim_state` that no plain path reads, in the schema's order.
_STAGE = ("gameplay.quest_stage_major", "gameplay.quest_stage_minor")
_CHOICES = tuple(f"gameplay.perks.choices.choice_{position}" for position in range(7))
_DOCTOR = ("gameplay.perks.doctor_target",)
_KILL_PLACES = tuple(f"gameplay.survival_rewards.kill_pos_{place}.{part}" for place in range(3) for part in "xy")


class SparseCounts:
    """A fixed table of counters of which only the nonzero ones are rows."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._ticks: list[int] = []
        self._counts: list[tuple[int, ...]] = []

    def add(self, tick: int, counts: Sequence[int]) -> None:
        self._ticks.append(tick)
        self._counts.append(tuple(counts))

    def take(self) -> TableRows:
        ticks, counts = np.array(self._ticks, np.int64), self._counts
        self._ticks, self._counts = [], []
        if not counts:
            return empty_rows(self._table)
        matrix = packed_matrix("q", [pack_values("q", counts)], len(counts))
        rows, indexes = np.nonzero(matrix)
        return TableRows(ticks[rows], (indexes.astype(np.uint16), matrix[rows, indexes].astype(np.uint32)))


class StaleDigests(Exception):
    """A slot has changed that was not watched: the run must be sampled again with every slot watched."""


class RuntimeSampler:
    """Collects the state of a session after each tick, until `take` hands it over as tables."""

    def __init__(self, session: DeterministicSession, *, watch_all: bool = False) -> None:
        self._session = session
        self._mode_state = session.mode_state
        self._rows = {name: RowBuffer(table) for name, table in TABLE_BY_NAME.items()}
        self._creatures = PoolBuffer(
            TABLE_BY_NAME["entity_samples.creatures"], CreatureState, {}, {"target_offset": Vec2()}
        )
        self._projectiles = PoolBuffer(
            TABLE_BY_NAME["entity_samples.projectiles"], Projectile, {"travel_budget": "projectile_speed"}
        )
        self._secondaries = PoolBuffer(TABLE_BY_NAME["entity_samples.secondary_projectiles"], SecondaryProjectile, {})
        self._bonuses = PoolBuffer(TABLE_BY_NAME["entity_samples.bonuses"], BonusEntry, {})
        self._perks = SparseCounts(TABLE_BY_NAME["checkpoint.perks"])
        self._weapon_times = SparseCounts(TABLE_BY_NAME["sim_state.weapon_times"])
        self._hidden = HiddenSampler(session, watch_all=watch_all)
        self._draws: list[RngTraceDraw] = []
        self._draw_counts: list[tuple[int, int]] = []
        self._read_gameplay = self._gameplay_reader()
        self.reflex_boost_at_entry = 0.0

    def _gameplay_reader(self) -> Callable[[], tuple[Cell, ...]]:
        """Reads `sim_state`'s own columns: one read of plain paths, with what needs more than a path put in between."""
        world = self._session.world
        level = world.state.quest_level
        stage = (0, 0) if level is None else (int(level.major), int(level.minor))
        names = [leaf.path for leaf in TABLE_BY_NAME["sim_state"].leaves]
        plain = [name for name in names if name in GAMEPLAY_PATHS]
        read_plain = attrgetter(*(GAMEPLAY_PATHS[name] for name in plain))
        special = [name for name in names if name not in GAMEPLAY_PATHS]
        if special != [*_STAGE, *_CHOICES, *_DOCTOR, *_KILL_PLACES]:
            raise TypeError(f"these columns of sim_state need reading: {special}")
        # Where each column's value lies among the plain values followed by the special ones.
        order = itemgetter(*((plain + special).index(name) for name in names))
        padding = (0,) * len(_CHOICES)

        def read() -> tuple[Cell, ...]:
            state = world.state
            offered = (*state.perk_selection.choices, *padding)[: len(padding)]
            place_0, place_1, place_2 = state.survival_first_kill_pos
            places = (place_0.x, place_0.y, place_1.x, place_1.y, place_2.x, place_2.y)
            doctor = world.players[0].doctor_target_creature
            return order((*read_plain(world), *stage, *offered, doctor, *places))

        return read

    def setup(self, draws: Sequence[RngTraceDraw]) -> None:
        """Sample the state before tick 0, as tick -1."""
        self._sample(-1, draws)
        self._add_events(-1, None)

    def tick(self, tick: int, step: DeterministicSessionTick, draws: Sequence[RngTraceDraw]) -> None:
        """Sample the state after a tick."""
        self._sample(tick, draws)
        self._add_events(tick, step)
        timing = step.timing
        self._rows["timing_samples"].add(
            tick,
            (
                timing.dt_sim,
                timing.dt_sim_ms_i32,
                timing.time_scale_active_entry,
                timing.time_scale_factor,
                self.reflex_boost_at_entry,
            ),
        )

    def take(self) -> dict[str, TableRows]:
        """The tables of all ticks since the last call; `StaleDigests` when a slot changed that was not watched."""
        if not self._hidden.untouched():
            raise StaleDigests
        tables = {name: rows.take() for name, rows in self._rows.items()}
        tables["entity_samples.creatures"] = self._creatures.take()
        tables["entity_samples.projectiles"] = self._projectiles.take()
        tables["entity_samples.secondary_projectiles"] = self._secondaries.take()
        tables["entity_samples.bonuses"] = self._bonuses.take()
        tables["checkpoint.perks"] = self._perks.take()
        tables["sim_state.weapon_times"] = self._weapon_times.take()
        tables["rng_stream"] = self._take_draws()
        tables["checkpoint"] = _with_creature_counts(tables["checkpoint"], tables["entity_samples.creatures"])
        return tables

    def _sample(self, tick: int, draws: Sequence[RngTraceDraw]) -> None:
        session = self._session
        world = session.world
        state = world.state
        rows = self._rows
        live = self._hidden.live
        hidden = self._hidden.sample()
        rows["hidden_state"].add(tick, hidden)
        self._add_pool(self._creatures, tick, live.creatures)
        self._add_pool(self._projectiles, tick, live.projectiles)
        self._add_pool(self._secondaries, tick, live.secondaries)
        self._add_pool(self._bonuses, tick, live.bonuses)
        self._draws.extend(draws)
        self._draw_counts.append((tick, len(draws)))
        for player in world.players:
            rows["sim_state.players"].add(tick, read_player(player))
            rows["checkpoint.players"].add(tick, read_vitals(player))
        rows["sim_state"].add(tick, self._read_gameplay())
        self._perks.add(tick, state.perks.counts)
        self._weapon_times.add(tick, state.weapon_usage_time)
        match self._mode_state:
            case SurvivalSpawnState() as survival:
                rows["sim_state.survival"].add(tick, astuple(survival))
            case RushSpawnState() as rush:
                rows["sim_state.rush"].add(tick, astuple(rush))
            case QuestSpawnState() as quest:
                rows["sim_state.quest"].add(tick, read_quest(quest))
            case None:
                self._sample_scripted_mode(tick)

    def _add_pool(self, buffer: PoolBuffer, tick: int, slots: LiveSlots) -> None:
        buffer.add(tick, slots.indexes, slots.entries)

    def _sample_scripted_mode(self, tick: int) -> None:
        state = self._session.world.state
        if state.game_mode == GameMode.TUTORIAL:
            carrier = state.tutorial.hint_bonus_creature_ref
            row = (*read_tutorial(state.tutorial), -1 if carrier is None else carrier)
            self._rows["checkpoint.tutorial"].add(tick, row)
        elif state.game_mode == GameMode.TYPO:
            typo, typing, target = state.typo, state.typo.typing, state.typo.target_world
            self._rows["checkpoint.typo"].add(
                tick,
                (
                    typing.text,
                    typing.submit_count,
                    typing.match_count,
                    typo.spawn_cooldown_ms,
                    typo.highscore_names.loaded,
                    target.x,
                    target.y,
                ),
            )
            names = state.typo.names.names
            live = self._hidden.live.creatures.indexes
            self._rows["checkpoint.typo_names"].extend(tick, [(index, names[index]) for index in live if names[index]])

    def _add_events(self, tick: int, step: DeterministicSessionTick | None) -> None:
        world = self._session.world
        hits = pickups = 0
        if step is not None:
            events = step.events
            hits, pickups = len(events.hits) + events.secondary_hit_count, len(events.pickups)
            if events.deaths:
                self._rows["checkpoint.deaths"].extend(
                    tick,
                    [(death.index, death.type_id, death.reward_value, death.xp_awarded) for death in events.deaths],
                )
        self._rows["checkpoint"].add(
            tick,
            (
                world.state.rng.state,
                round(self._session.run_elapsed_ms),
                sum(player.experience for player in world.players),
                world.creatures.kill_count,
                0,
                world.state.perk_selection.pending_count,
                hits,
                pickups,
            ),
        )

    def _take_draws(self) -> TableRows:
        draws, counts = self._draws, self._draw_counts
        self._draws, self._draw_counts = [], []
        table = TABLE_BY_NAME["rng_stream"]
        if not draws:
            return empty_rows(table)
        before, value, after, callers = zip(*draws, strict=True)
        ticks = np.repeat(np.array([tick for tick, _ in counts], np.int64), [count for _, count in counts])
        known = [0 if caller is None else caller for caller in callers] if None in callers else callers
        return TableRows(
            ticks,
            (
                np.array(value, np.uint16),
                np.array(before, np.uint32),
                np.array(after, np.uint32),
                np.array(known, np.uint32),
            ),
        )


def _with_creature_counts(checkpoint: TableRows, creatures: TableRows) -> TableRows:
    """Fill in how many sampled creatures have health left, which is cheaper to count over a chunk."""
    table = TABLE_BY_NAME["checkpoint"]
    health = creatures.columns[TABLE_BY_NAME["entity_samples.creatures"].positions["hp"]]
    alive = creatures.ticks[health.view(np.float32) > 0.0]
    first = int(checkpoint.ticks[0])
    counts: Words = np.bincount(alive - first, minlength=len(checkpoint)).astype(np.uint32)
    position = table.positions["creature_count"]
    columns = (*checkpoint.columns[:position], counts, *checkpoint.columns[position + 1 :])
    return TableRows(checkpoint.ticks, columns)
