"""The questions `health` asks of a trace, each looking at one chunk after the other."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from crimson.dbg.columns import draw_values, next_states
from crimson.dbg.layout import TABLE_BY_NAME, TABLES, Table
from crimson.dbg.records import ChunkTables
from crimson.dbg.report import Check
from crimson.dbg.rows import TableRows, Words, counts_at, not_finite
from crimson.dbg.schema import REPLAY_STEP, SETUP_TICK, UNKNOWN_CALLER, RunSettings

# What one perk (Reflex Boosted) makes of it, too.
_STEPS = (np.float32(REPLAY_STEP), np.float32(REPLAY_STEP) * np.float32(0.9))


class HealthQuestion(Protocol):
    """Sees every chunk in order, the set-up (-1..-1) first, then answers."""

    def see(self, tables: ChunkTables, first: int, last: int) -> None: ...

    def answer(self) -> Check: ...


class Problems:
    """Counts problems and keeps the first one's description."""

    def __init__(self) -> None:
        self.count = 0
        self.first = ""

    def note(self, count: int, description: str) -> None:
        if count and not self.count:
            self.first = description
        self.count += count

    def check(self, name: str, good: str) -> Check:
        if not self.count:
            return Check(name, ok=True, evidence=good)
        more = f", and {self.count - 1} more" if self.count > 1 else ""
        return Check(name, ok=False, evidence=self.first + more)


def column(tables: ChunkTables, table: str, path: str) -> Words:
    return tables[table].columns[TABLE_BY_NAME[table].positions[path]]


def _first(mask: Words) -> int:
    return int(np.flatnonzero(mask)[0])


class Coverage:
    """Every tick has its draws, its timing and all its players.

    Entity rows may be missing, as at the start of a tutorial; `Summaries` compares them with the checkpoint.
    """

    def __init__(self, run: RunSettings) -> None:
        self._players = run.player_count
        self._problems = Problems()
        self._ticks = self._draws = self._entities = 0

    def see(self, tables: ChunkTables, first: int, last: int) -> None:
        wanted = np.arange(first, last + 1)
        samples = 0 if first == SETUP_TICK else 1
        self._expect(tables["timing_samples"], wanted, samples, "timing samples")
        for name in ("checkpoint.players", "sim_state.players"):
            self._expect(tables[name], wanted, self._players, f"rows in {name}")
        empty = counts_at(tables["rng_stream"].ticks, wanted) == 0
        if empty.any():
            self._problems.note(int(empty.sum()), f"tick {first + _first(empty)} has no rng_stream rows")
        self._ticks += len(wanted) if first != SETUP_TICK else 0
        self._draws += len(tables["rng_stream"])
        self._entities += sum(len(tables[table.name]) for table in TABLES if table.channel == "entity_samples")

    def _expect(self, rows: TableRows, wanted: Words, count: int, what: str) -> None:
        wrong = counts_at(rows.ticks, wanted) != count
        if wrong.any():
            tick = int(wanted[_first(wrong)])
            found = int((rows.ticks == tick).sum())
            self._problems.note(int(wrong.sum()), f"tick {tick} has {found} {what}, expected {count}")

    def answer(self) -> Check:
        if not self._ticks:
            self._problems.note(1, "the trace has no ticks")
        good = f"{self._ticks} ticks, {self._draws} draws, {self._entities} entity rows, {self._players} player(s)"
        return self._problems.check("coverage", good)


class RngChain:
    """after = LCG(before), value = bits 16..30 of it, next before = last after, within and between ticks."""

    def __init__(self, run: RunSettings) -> None:
        self._last = run.seed & 0xFFFFFFFF
        self._step, self._between = Problems(), Problems()
        self._draws = 0

    def see(self, tables: ChunkTables, first: int, last: int) -> None:
        before, after = (
            column(tables, "rng_stream", "state_before"),
            column(tables, "rng_stream", "state_after"),
        )
        if not len(before):
            return
        ticks = tables["rng_stream"].ticks
        broken = (next_states(before) != after) | (draw_values(after) != column(tables, "rng_stream", "value"))
        if broken.any():
            row = _first(broken)
            self._step.note(int(broken.sum()), f"tick {int(ticks[row])}: {self._draw(before, after, row)} is no step")
        expected = np.concatenate((np.array([self._last], np.uint32), after[:-1]))
        gaps = before != expected
        if gaps.any():
            row = _first(gaps)
            self._between.note(
                int(gaps.sum()),
                f"tick {int(ticks[row])}: a draw starts at 0x{int(before[row]):08x}, "
                f"the last one ended at 0x{int(expected[row]):08x}",
            )
        self._states(tables, after)
        self._last = int(after[-1])
        self._draws += len(before)

    def _states(self, tables: ChunkTables, after: Words) -> None:
        """The state a tick's summary names must be where its last draw ended."""
        ends = np.searchsorted(tables["rng_stream"].ticks, tables["checkpoint"].ticks, "right")
        ticks, ends = tables["checkpoint"].ticks[ends > 0], ends[ends > 0]
        named = column(tables, "checkpoint", "rng_state")[-len(ticks) :]
        wrong = named != after[ends - 1]
        if wrong.any():
            row = _first(wrong)
            self._between.note(
                int(wrong.sum()),
                f"tick {int(ticks[row])}: the state is 0x{int(named[row]):08x}, "
                f"its last draw ended at 0x{int(after[ends[row] - 1]):08x}",
            )

    def _draw(self, before: Words, after: Words, row: int) -> str:
        return f"0x{int(before[row]):08x} to 0x{int(after[row]):08x}"

    def answer(self) -> Check:
        return self._step.check("rng steps", f"{self._draws} draws, each a step of the generator")

    def between(self) -> Check:
        return self._between.check("no draws outside ticks", "one unbroken chain from the seed to the last tick")


class Callers:
    """Every draw names the place it was made."""

    def __init__(self) -> None:
        self._problems = Problems()
        self._callers: set[int] = set()

    def see(self, tables: ChunkTables, first: int, last: int) -> None:
        callers = column(tables, "rng_stream", "caller")
        unknown = callers == UNKNOWN_CALLER
        if unknown.any():
            tick = int(tables["rng_stream"].ticks[_first(unknown)])
            self._problems.note(int(unknown.sum()), f"tick {tick} has a draw without a caller")
        self._callers.update(np.unique(callers[~unknown]).tolist())

    def answer(self) -> Check:
        return self._problems.check("callers known", f"{len(self._callers)} call sites")


class Timing:
    """The step is the replay's, scaled as the sample says, and its milliseconds follow from it."""

    def __init__(self) -> None:
        self._problems = Problems()
        self._ticks = self._scaled = 0

    def see(self, tables: ChunkTables, first: int, last: int) -> None:
        if first == SETUP_TICK or not len(tables["timing_samples"]):
            return
        ticks = tables["timing_samples"].ticks
        step = column(tables, "timing_samples", "frame_dt").view(np.float32)
        factor = column(tables, "timing_samples", "time_scale_factor").view(np.float32)
        active = column(tables, "timing_samples", "time_scale_active").astype(bool)
        with np.errstate(all="ignore"):
            scaled = [np.where(active, base * factor, base) for base in _STEPS]
            milliseconds = (step * np.float32(1000.0)).astype(np.int32)
        wrong = ~((step == scaled[0]) | (step == scaled[1]))
        self._note(ticks, wrong, step, "is neither the replay's step nor that step scaled")
        off = milliseconds != column(tables, "timing_samples", "frame_dt_ms").view(np.int32)
        self._note(ticks, off, step, "does not give the milliseconds beside it")
        self._ticks += len(ticks)
        self._scaled += int(active.sum())

    def _note(self, ticks: Words, wrong: Words, step: Words, what: str) -> None:
        if wrong.any():
            row = _first(wrong)
            self._problems.note(int(wrong.sum()), f"tick {int(ticks[row])}: frame_dt {float(step[row])!r} {what}")

    def answer(self) -> Check:
        return self._problems.check("timing", f"{self._ticks} steps, {self._scaled} of them scaled")


class EntityNames:
    """(slot, generation) names one entity: a slot that was empty in between has a new generation."""

    def __init__(self) -> None:
        self._problems = Problems()
        self._tables = [table for table in TABLES if table.channel == "entity_samples"]
        # For each table and slot: the last tick it was live, and its generation then.
        self._last: dict[str, dict[int, tuple[int, int]]] = {table.name: {} for table in self._tables}

    def see(self, tables: ChunkTables, first: int, last: int) -> None:
        for table in self._tables:
            self._see_pool(table, tables)

    def _see_pool(self, table: Table, tables: ChunkTables) -> None:
        rows = tables[table.name]
        slots = column(tables, table.name, "index").astype(np.int64)
        generations = column(tables, table.name, "generation").astype(np.int64)
        order = np.lexsort((rows.ticks, slots))
        slots, generations, ticks = slots[order], generations[order], rows.ticks[order]
        same = slots[1:] == slots[:-1]
        gap = ticks[1:] - ticks[:-1] > 1
        step = generations[1:] - generations[:-1]
        wrong = same & ((step < 0) | (gap & (step == 0)))
        if wrong.any():
            row = _first(wrong) + 1
            self._note(table, int(ticks[row]), int(slots[row]), int(wrong.sum()))
        starts = np.flatnonzero(np.concatenate(([True], ~same))) if len(slots) else np.empty(0, np.int64)
        ends = np.append(starts[1:], len(slots)) - 1 if len(starts) else starts
        known = self._last[table.name]
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            slot = int(slots[start])
            if slot in known:
                tick, generation = known[slot]
                grown = int(generations[start]) - generation
                if grown < 0 or (grown == 0 and int(ticks[start]) > tick + 1):
                    self._note(table, int(ticks[start]), slot, 1)
            known[slot] = (int(ticks[end]), int(generations[end]))

    def _note(self, table: Table, tick: int, slot: int, count: int) -> None:
        self._problems.note(count, f"tick {tick}: {table.name}[{slot}] returned without a new generation")

    def answer(self) -> Check:
        return self._problems.check(
            "entity names unique", f"{sum(map(len, self._last.values()))} slots, each tenure with its own generation"
        )


class FiniteFloats:
    """No infinity and no NaN in any channel."""

    def __init__(self) -> None:
        self._problems = Problems()
        self._values = 0

    def see(self, tables: ChunkTables, first: int, last: int) -> None:
        for table in TABLES:
            rows = tables[table.name]
            for leaf, words in zip(table.leaves, rows.columns, strict=True):
                if leaf.column.wire != "f4":
                    continue
                self._values += len(words)
                wild = not_finite(words)
                if wild.any():
                    tick = int(rows.ticks[_first(wild)])
                    self._problems.note(int(wild.sum()), f"tick {tick}: {table.name}.{leaf.path} is not finite")

    def answer(self) -> Check:
        return self._problems.check("floats finite", f"{self._values} values")


class Summaries:
    """The summary counts what the other channels hold."""

    def __init__(self) -> None:
        self._problems = Problems()

    def see(self, tables: ChunkTables, first: int, last: int) -> None:
        ticks = tables["checkpoint"].ticks
        health = column(tables, "entity_samples.creatures", "hp").view(np.float32)
        alive = np.sort(tables["entity_samples.creatures"].ticks[health > 0])
        counted = counts_at(alive, ticks)
        self._expect(ticks, column(tables, "checkpoint", "creature_count"), counted, "living creatures")
        pending = column(tables, "sim_state", "gameplay.perks.pending_count")
        self._expect(ticks, column(tables, "checkpoint", "perk_pending"), pending, "pending perks")

    def _expect(self, ticks: Words, named: Words, counted: Words, what: str) -> None:
        wrong = named != counted
        if wrong.any():
            row = _first(wrong)
            self._problems.note(
                int(wrong.sum()),
                f"tick {int(ticks[row])}: the checkpoint has {int(named[row])} {what}, the rows {int(counted[row])}",
            )

    def answer(self) -> Check:
        return self._problems.check("summaries", "checkpoints agree with the rows they sum up")
