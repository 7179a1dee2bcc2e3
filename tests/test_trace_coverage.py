"""Coverage counts what traces contain, and names what they do not."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from command import crimson_dbg
from crimson.rng_caller_static import RngCallerStatic
from crimson.weapons import WeaponId

from crimson.dbg.report import CoverageReport
from crimson.dbg.schema import TickRecord
from crimson.dbg.trace import TraceReader
from crimson.dbg.trace_coverage import Coverage, cover

CAPTURES = Path(__file__).parents[1] / "captures"
SURVIVAL, TUTORIAL = CAPTURES / "survival-2p-friendly-fire.cdt", CAPTURES / "tutorial.cdt"


@pytest.fixture(scope="module")
def records() -> list[TickRecord]:
    with TraceReader(SURVIVAL) as trace:
        return list(trace.ticks(-1, trace.tick_count - 1))


@pytest.fixture(scope="module")
def counts() -> dict[str, Counter[int]]:
    # one file, however it is called, counts once
    return cover([SURVIVAL, CAPTURES / ".." / CAPTURES.name / SURVIVAL.name]).counts


def test_every_draw_counts_once(records: list[TickRecord], counts: dict[str, Counter[int]]) -> None:
    assert counts["call sites"] == Counter(draw.caller for record in records for draw in record.rng_stream)


def test_every_life_counts_once(records: list[TickRecord], counts: dict[str, Counter[int]]) -> None:
    lives = {(row.index, row.generation, row.type_id) for record in records for row in record.entity_samples.creatures}
    assert counts["creatures"] == Counter(kind for _, _, kind in lives)
    picked = {
        (row.index, row.generation, row.bonus_id)
        for record in records
        for row in record.entity_samples.bonuses
        if row.picked
    }
    assert counts["bonuses picked up"] == Counter(kind for _, _, kind in picked)


def test_a_weapon_is_fired_where_its_ammunition_falls(
    records: list[TickRecord], counts: dict[str, Counter[int]]
) -> None:
    fired: Counter[int] = Counter()
    for before, record in pairwise(records):
        for one, two in zip(before.sim_state.players, record.sim_state.players, strict=True):
            same = one.weapon.weapon_id == two.weapon.weapon_id
            fired[two.weapon.weapon_id] += same and two.weapon.ammo < one.weapon.ammo
    assert counts["weapons fired"] == +fired
    assert fired[WeaponId.PISTOL] > 0


def test_perks_are_told(records: list[TickRecord], counts: dict[str, Counter[int]]) -> None:
    # Perks are never lost, and nothing but a pick gives one.
    assert counts["perks"] == {row.index: row.count for row in records[-1].checkpoint.perks if row.count}


def test_traces_count_together() -> None:
    found = crimson_dbg("coverage", SURVIVAL, TUTORIAL, "--json")
    assert (found.code, found.err) == (0, "")
    report = msgspec.json.decode(found.out, type=CoverageReport)
    together = Coverage()
    for trace in (SURVIVAL, TUTORIAL):
        together.add(cover([trace]))
    assert report == together.report()
    sites = report.group("call sites")
    reached = {site.name for site in sites.reached}
    assert reached.isdisjoint(sites.missing)
    assert reached | set(sites.missing) == {site.name.lower() for site in RngCallerStatic}


def test_the_text_tells_the_same() -> None:
    report = cover([TUTORIAL]).report()
    lines = iter(crimson_dbg("coverage", TUTORIAL).out.splitlines())
    for group in report.groups:
        assert next(lines) == f"{group.name}: {len(group.reached)} of {len(group.reached) + len(group.missing)}"
        for reached in group.reached:
            assert next(lines).split() == [str(reached.count), reached.name]
        for name in group.missing:
            assert next(lines).split() == ["-", name]
        assert next(lines, "") == ""


@pytest.mark.parametrize("name", ["nothing.cdt", "rush.crd"])
def test_what_is_no_trace_is_refused(name: str) -> None:
    found = crimson_dbg("coverage", TUTORIAL, CAPTURES / name)
    assert found.code == 2
    assert name in found.message
