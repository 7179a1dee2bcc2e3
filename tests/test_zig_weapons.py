"""Every weapon of the Zig simulation is the Python runtime's, to the last bit: its shots, and what they do.

Both runtimes play the arsenal, rush that hands out a weapon. What other modes do with weapons, the fuzzer looks at.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from arsenal import Orders, Setting, arsenal, arsenal_replay, handed_out
from crimson.replay.codec import dump_replay_file
from crimson.weapons import WEAPON_TABLE, WeaponId
from zig_records import assert_same_bytes

from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay

WEAPONS = tuple(entry.weapon_id for entry in WEAPON_TABLE if entry.weapon_id != WeaponId.NONE)


def assert_both_play_the_same(orders: Orders, setting: Setting, folder: Path) -> None:
    replay, python, zig = folder / "arsenal.crd", folder / "python.cdt", folder / "zig.cdt"
    dump_replay_file(replay, arsenal_replay(orders, setting))
    with handed_out(orders):
        record_replay(load_replay(replay), python)
    outcome = arsenal("record", replay, "--out", zig)
    assert (outcome.code, outcome.err) == (0, ""), outcome
    assert assert_same_bytes(python, zig) == setting.ticks


@pytest.mark.parametrize("weapon", WEAPONS, ids=lambda weapon: weapon.name.lower())
def test_every_weapon_is_equal(weapon: WeaponId, tmp_path: Path) -> None:
    assert_both_play_the_same(Orders(weapon), Setting(), tmp_path)


@pytest.mark.parametrize("number", range(12))
def test_weapons_are_equal_in_any_run(number: int, tmp_path: Path) -> None:
    draws = random.Random(number)
    flags = {
        name: draws.random() < 0.5
        for name in (
            *("perks_of_shots", "perks_of_weapons", "perks_of_hits"),
            *("ammunition_within", "regression_bullets", "fire_bullets", "freeze"),
        )
    }
    preserve_bugs = draws.random() < 0.4
    setting = Setting(
        players=draws.choice((1, 1, 2, 3, 4)),
        rules=2 if preserve_bugs else draws.choice((1, 2)),
        preserve_bugs=preserve_bugs,
        friendly_fire=draws.random() < 0.4,
        detail_preset=draws.randint(1, 5),
        violence_disabled=int(draws.random() < 0.2),
    )
    orders = Orders(draws.choice(WEAPONS), **flags, varied=draws.randrange(1 << 16))
    assert_both_play_the_same(orders, setting, tmp_path)


@pytest.mark.parametrize("weapon", [WeaponId.FLAMETHROWER, WeaponId.PLASMA_SHOTGUN, WeaponId.ROCKET_MINIGUN])
@pytest.mark.parametrize("preserve_bugs", [False, True], ids=["mended", "bugs"])
def test_full_pools_are_equal(weapon: WeaponId, *, preserve_bugs: bool, tmp_path: Path) -> None:
    """Four players and quick shots fill the pools of particles, projectiles and smoke."""
    orders = Orders(weapon, perks_of_shots=True, perks_of_weapons=True, ammunition_within=True)
    setting = Setting(players=4, preserve_bugs=preserve_bugs, friendly_fire=True)
    assert_both_play_the_same(orders, setting, tmp_path)


@pytest.mark.parametrize(("rules", "preserve_bugs"), [(2, False), (2, True), (1, False)])
def test_a_shock_chain_is_equal(rules: int, *, preserve_bugs: bool, tmp_path: Path) -> None:
    orders = Orders(WeaponId.ION_RIFLE, shock_chain=True)
    assert_both_play_the_same(orders, Setting(rules=rules, preserve_bugs=preserve_bugs, ticks=600), tmp_path)
