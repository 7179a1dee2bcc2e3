"""Every weapon of the Zig simulation is the Python runtime's, to the last bit: its shots, and what they do.

Both runtimes play the arsenal, rush that hands out a weapon. What other modes do with weapons, the fuzzer looks at.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from arsenal import Orders, arsenal_program, arsenal_replay, handed_out
from crimson.weapons import WEAPON_TABLE, WeaponId
from staged_runs import Setting, assert_both_play_the_same

WEAPONS = tuple(entry.weapon_id for entry in WEAPON_TABLE if entry.weapon_id != WeaponId.NONE)


def assert_equal(orders: Orders, setting: Setting, folder: Path) -> None:
    assert_both_play_the_same(arsenal_replay(orders, setting), handed_out(orders), arsenal_program(), folder)


@pytest.mark.parametrize("weapon", WEAPONS, ids=lambda weapon: weapon.name.lower())
def test_every_weapon_is_equal(weapon: WeaponId, tmp_path: Path) -> None:
    assert_equal(Orders(weapon), Setting(), tmp_path)


@pytest.mark.parametrize("number", range(8))
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
    assert_equal(orders, setting, tmp_path)


@pytest.mark.parametrize("weapon", [WeaponId.FLAMETHROWER, WeaponId.PLASMA_SHOTGUN, WeaponId.ROCKET_MINIGUN])
@pytest.mark.parametrize("preserve_bugs", [False, True], ids=["mended", "bugs"])
def test_full_pools_are_equal(weapon: WeaponId, *, preserve_bugs: bool, tmp_path: Path) -> None:
    """Four players and quick shots fill the pools of particles, projectiles and smoke."""
    orders = Orders(weapon, perks_of_shots=True, perks_of_weapons=True, ammunition_within=True)
    setting = Setting(players=4, preserve_bugs=preserve_bugs, friendly_fire=True)
    assert_equal(orders, setting, tmp_path)


@pytest.mark.parametrize(("rules", "preserve_bugs"), [(2, False), (2, True), (1, False)])
def test_a_shock_chain_is_equal(rules: int, *, preserve_bugs: bool, tmp_path: Path) -> None:
    orders = Orders(WeaponId.ION_RIFLE, shock_chain=True)
    assert_equal(orders, Setting(rules=rules, preserve_bugs=preserve_bugs, ticks=600), tmp_path)
