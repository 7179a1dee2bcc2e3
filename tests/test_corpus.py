"""The corpus is played by Zig to the last bit that Python recorded, and reaches all that can be reached."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from capture_kit import change_trace, column
from crimson.bonuses import BonusId
from crimson.creatures.spawn_ids import CreatureTypeId
from crimson.game_modes import GameMode
from crimson.perks.ids import PerkId
from crimson.projectiles.types import ProjectileTemplateId, SecondaryProjectileTypeId
from crimson.rng_caller_static import RngCallerStatic
from crimson.sim.run_spec import RunStatus
from crimson.weapon_runtime.availability import build_weapon_availability
from crimson.weapons import WeaponId
from synthetic import changing
from zig_records import recorded_by_zig

from corpus import CORPUS, CorpusEntry, contents, read_index, trace_digest
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.trace_coverage import cover

CAPTURES = CORPUS.parent / "captures"
ENTRIES = read_index()
# Another choice of entries sees the same, more slowly.
SAMPLE = ENTRIES[::23]


class Unreached(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why call sites are not reached: in survival and rush, or in any mode."""

    modes: Literal["survival, rush", "all"]
    sites: tuple[str, ...]
    reason: str


class UnreachedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    unreached: tuple[Unreached, ...]


def test_zig_plays_all_of_it(tmp_path: Path) -> None:
    def differs(entry: CorpusEntry) -> bool:
        trace = recorded_by_zig(CORPUS / f"{entry.name}.crd", tmp_path / f"{entry.name}.cdt")
        found = trace_digest(trace)
        trace.unlink()
        return found != (entry.ticks, entry.digest)

    with ThreadPoolExecutor(2) as pool:
        assert [entry.name for entry, bad in zip(ENTRIES, pool.map(differs, ENTRIES), strict=True) if bad] == []


def test_every_replay_is_listed_once() -> None:
    assert sorted(entry.name for entry in ENTRIES) == sorted(path.stem for path in CORPUS.glob("*.crd"))
    added = [fact for entry in ENTRIES for fact in entry.adds]
    assert len(added) == len(set(added))


@pytest.mark.parametrize("entry", SAMPLE, ids=lambda entry: entry.name)
def test_the_index_says_what_is_there(entry: CorpusEntry, tmp_path: Path) -> None:
    trace = recorded_by_zig(CORPUS / f"{entry.name}.crd", tmp_path / "zig.cdt")
    assert set(entry.adds) <= contents(cover([trace]).report()).keys()


def test_the_digest_is_python_s(tmp_path: Path) -> None:
    entry = min(ENTRIES, key=lambda entry: entry.ticks)
    trace = tmp_path / "python.cdt"
    record_replay(load_replay(CORPUS / f"{entry.name}.crd"), trace)
    assert trace_digest(trace) == (entry.ticks, entry.digest)


def test_a_digest_sees_one_value(tmp_path: Path) -> None:
    entry = min(ENTRIES, key=lambda entry: entry.ticks)
    trace = recorded_by_zig(CORPUS / f"{entry.name}.crd", tmp_path / "zig.cdt")
    table, position = column("sim_state.players", "move_speed")
    change_trace(trace, changing(table, position, range(entry.ticks - 1, entry.ticks)))
    ticks, digest = trace_digest(trace)
    assert ticks == entry.ticks
    assert digest != entry.digest


def reached(modes: str) -> set[str]:
    """What the corpus and the captures contain. The corpus' survival comes first, so that what it adds is all of it."""
    short = modes == "survival, rush"
    captures = [path for path in CAPTURES.glob("*.cdt") if not short or path.stem.startswith(("survival", "rush"))]
    facts = set(contents(cover(captures).report()))
    return facts.union(*(entry.adds for entry in ENTRIES if not short or entry.name.startswith("survival")))


@pytest.fixture(scope="module")
def in_survival() -> set[str]:
    return reached("survival, rush")


@pytest.fixture(scope="module")
def anywhere() -> set[str]:
    return reached("all")


def test_survival_is_covered(in_survival: set[str]) -> None:
    status = RunStatus(quest_unlock_index=50, quest_unlock_index_hardcore=50).as_status_data()
    available = build_weapon_availability(status=status, game_mode=GameMode.SURVIVAL)
    wanted = {f"weapons fired: {WeaponId(weapon).name.lower()}" for weapon, there in enumerate(available) if there}
    # No quest unlocks it.
    wanted |= {f"perks: {perk.name.lower()}" for perk in PerkId if perk not in (PerkId.ANTIPERK, PerkId.LIFELINE_50_50)}
    # One drop in ten thousand is an Energizer; a siege has one.
    dropped = [bonus for bonus in BonusId if bonus not in (BonusId.UNUSED, BonusId.ENERGIZER)]
    wanted |= {f"bonuses picked up: {bonus.name.lower()}" for bonus in dropped}
    # Waves and milestones have neither.
    sent = [kind for kind in CreatureTypeId if kind not in (CreatureTypeId.TROOPER, CreatureTypeId.LIZARD)]
    wanted |= {f"creatures: {kind.name.lower()}" for kind in sent}
    assert wanted - in_survival == set()


def test_every_bonus_and_kind_of_shot_is_somewhere(anywhere: set[str]) -> None:
    wanted = {f"bonuses picked up: {bonus.name.lower()}" for bonus in BonusId if bonus != BonusId.UNUSED}
    wanted |= {f"projectiles: {kind.name.lower()}" for kind in ProjectileTemplateId if kind != 0}
    wanted |= {f"secondary projectiles: {kind.name.lower()}" for kind in SecondaryProjectileTypeId if kind != 0}
    assert wanted - anywhere == set()


@pytest.mark.parametrize("modes", ["survival, rush", "all"])
def test_each_call_site_is_reached_or_has_a_reason(modes: str, in_survival: set[str], anywhere: set[str]) -> None:
    facts = anywhere if modes == "all" else in_survival
    missing = {site.name.lower() for site in RngCallerStatic} - {
        fact.removeprefix("call sites: ") for fact in facts if fact.startswith("call sites: ")
    }
    unreached = msgspec.toml.decode((CORPUS / "unreached.toml").read_bytes(), type=UnreachedFile).unreached
    patterns = [
        pattern for reason in unreached if reason.modes == modes or reason.modes == "all" for pattern in reason.sites
    ]
    matches = {site: [pattern for pattern in patterns if fnmatchcase(site, pattern)] for site in missing}
    assert sorted(site for site, found in matches.items() if not found) == []
    used = {pattern for found in matches.values() for pattern in found}
    assert [pattern for pattern in patterns if pattern not in used] == []
