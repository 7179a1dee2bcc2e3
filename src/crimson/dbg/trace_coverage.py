"""What traces contain together: call sites of `rand`, weapons, perks, bonuses, creatures, projectiles.

What no trace contains is not compared by any of them: a call site that nothing reaches is an untested rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

import numpy as np
from crimson.bonuses import BonusId
from crimson.creatures.spawn_ids import CreatureAiMode, CreatureTypeId
from crimson.perks.ids import PerkId
from crimson.projectiles.types import ProjectileTemplateId, SecondaryProjectileTypeId
from crimson.rng_caller_static import RngCallerStatic
from crimson.weapons import WeaponId

from crimson.dbg.layout import TABLE_BY_NAME
from crimson.dbg.report import CoverageGroup, CoverageReport, Reached
from crimson.dbg.rows import TableRows, Words
from crimson.dbg.trace import TraceReader

type Tables = Mapping[str, TableRows]


@dataclass(frozen=True, slots=True)
class _Lives:
    """Kinds of what lives in a pool: each slot's generation counts once."""

    table: str
    kind: str
    # A column that must be true.
    where: str = ""


# What is told, in this order: the names that the game has for it.
_KNOWN: dict[str, type[IntEnum]] = {
    "weapons fired": WeaponId,
    "perks": PerkId,
    "bonuses picked up": BonusId,
    "creatures": CreatureTypeId,
    "ways of creatures": CreatureAiMode,
    "projectiles": ProjectileTemplateId,
    "secondary projectiles": SecondaryProjectileTypeId,
    "call sites": RngCallerStatic,
}
_LIVES = {
    "bonuses picked up": _Lives("entity_samples.bonuses", "bonus_id", where="picked"),
    "creatures": _Lives("entity_samples.creatures", "type_id"),
    "ways of creatures": _Lives("entity_samples.creatures", "ai_mode"),
    "projectiles": _Lives("entity_samples.projectiles", "type_id"),
    "secondary projectiles": _Lives("entity_samples.secondary_projectiles", "type_id"),
}
_PLAYERS, _PERKS, _DRAWS = "sim_state.players", "checkpoint.perks", "rng_stream"
# Names for nothing, or for what the game does not have.
_NO_KINDS = ("NONE", "UNUSED", "ANTIPERK")


@dataclass(slots=True)
class Coverage:
    """How often each group's numbers occur; feed it traces, or coverages of other traces."""

    counts: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in _KNOWN})

    def add_trace(self, path: Path) -> None:
        """Every tick of a trace, the draws of run set-up too."""
        lives: dict[str, set[tuple[int, ...]]] = {name: set() for name in _LIVES}
        perks: Counter[int] = Counter()
        before: TableRows | None = None
        with TraceReader(path) as trace:
            for entry in (trace.setup_entry, *trace.tick_entries):
                tables = trace.tables(entry)
                self.counts["call sites"].update(_column(tables, _DRAWS, "caller").tolist())
                for name, group in _LIVES.items():
                    lives[name] |= _lives(tables, group)
                owned = (_column(tables, _PERKS, path).tolist() for path in ("index", "count"))
                for perk, count in zip(*owned, strict=True):
                    perks[perk] = max(perks[perk], count)
                self.counts["weapons fired"].update(_fired(before, tables[_PLAYERS]))
                before = tables[_PLAYERS]
        for name, found in lives.items():
            self.counts[name].update(kind for _, _, kind in found)
        self.counts["perks"].update(+perks)

    def add(self, other: Coverage) -> None:
        """What another coverage has counted."""
        for name, counts in other.counts.items():
            self.counts[name].update(counts)

    def report(self) -> CoverageReport:
        """By name: what occurs most comes first, what the game knows and no trace has comes in its order."""
        return CoverageReport(tuple(_group(name, self.counts[name]) for name in _KNOWN))


def cover(traces: Iterable[Path]) -> Coverage:
    """What traces contain together; one that is named twice counts once."""
    coverage = Coverage()
    for trace in {trace.resolve(): trace for trace in traces}.values():
        coverage.add_trace(trace)
    return coverage


def render_coverage(report: CoverageReport) -> str:
    """A block for each group, a line for each name."""
    lines: list[str] = []
    for group in report.groups:
        total = len(group.reached) + len(group.missing)
        lines += ["", f"{group.name}: {len(group.reached)} of {total}"]
        lines += [f"{reached.count:>9}  {reached.name}" for reached in group.reached]
        lines += [f"{'-':>9}  {name}" for name in group.missing]
    return "\n".join(lines[1:])


def _group(name: str, counts: Counter[int]) -> CoverageGroup:
    known = {int(kind): kind.name for kind in _KNOWN[name] if not kind.name.startswith(_NO_KINDS)}
    found = sorted(((number, count) for number, count in counts.items() if count), key=lambda each: (-each[1], each[0]))
    return CoverageGroup(
        name=name,
        reached=tuple(Reached(known.get(number, f"0x{number:x}").lower(), count) for number, count in found),
        missing=tuple(kind.lower() for number, kind in known.items() if not counts[number]),
    )


def _column(tables: Tables, table: str, path: str) -> Words:
    return tables[table].columns[TABLE_BY_NAME[table].positions[path]]


def _lives(tables: Tables, group: _Lives) -> set[tuple[int, ...]]:
    columns = [_column(tables, group.table, path).astype(np.int64) for path in ("index", "generation", group.kind)]
    rows = np.stack(columns, axis=1)
    if group.where:
        rows = rows[_column(tables, group.table, group.where) != 0]
    return set(map(tuple, np.unique(rows, axis=0).tolist()))


def _fired(before: TableRows | None, rows: TableRows) -> list[int]:
    """The weapon of each player and tick that has less ammunition than the tick before."""
    positions = TABLE_BY_NAME[_PLAYERS].positions
    parts = [rows] if before is None else [before.take(before.ticks == before.ticks[-1]), rows]
    ticks = np.concatenate([part.ticks for part in parts])
    player, weapon, ammo = (
        np.concatenate([part.columns[positions[path]] for part in parts])
        for path in ("index", "weapon.weapon_id", "weapon.ammo")
    )
    order = np.lexsort((ticks, player))
    player, weapon, ammo = player[order], weapon[order], ammo[order].view(np.float32)
    same = (player[1:] == player[:-1]) & (weapon[1:] == weapon[:-1])
    return weapon[1:][same & (ammo[1:] < ammo[:-1])].tolist()
