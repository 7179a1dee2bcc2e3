"""Every creature of the Zig simulation is the Python runtime's, to the last bit: its birth, its life and its death.

Both runtimes play the menagerie, survival in which the seed says who comes.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from crimson.creatures.spawn import SpawnId
from crimson.replay.codec import dump_replay_file
from menagerie import Orders, Setting, let_in, menagerie, menagerie_replay
from zig_records import assert_same_bytes

from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay

# What it shoots is what its slot's last tenant left, which need not be a projectile.
_UNSAFE = SpawnId.SPIDER_SP2_RANGED_VARIANT_37
TEMPLATES = tuple(template for template in SpawnId if template != _UNSAFE)


def assert_both_play_the_same(orders: Orders, setting: Setting, folder: Path) -> None:
    replay, python, zig = folder / "menagerie.crd", folder / "python.cdt", folder / "zig.cdt"
    dump_replay_file(replay, menagerie_replay(orders, setting))
    with let_in(orders):
        record_replay(load_replay(replay), python)
    outcome = menagerie("record", replay, "--out", zig)
    assert (outcome.code, outcome.err) == (0, ""), outcome
    assert assert_same_bytes(python, zig) == setting.ticks


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name.lower())
def test_every_template_is_equal(template: SpawnId, tmp_path: Path) -> None:
    """Along with a wave that has as much experience as the template's number is times 2,000."""
    assert_both_play_the_same(Orders(template, experience=2 * template), Setting(), tmp_path)


@pytest.mark.parametrize("number", range(40))
def test_creatures_are_equal_in_any_run(number: int, tmp_path: Path) -> None:
    draws = random.Random(number)
    flags = {
        name: draws.random() < 0.3
        for name in ("full", "plague", "perks_of_contact", "perks_of_kills", "energizer", "freeze", "reflex_boost")
    }
    preserve_bugs = draws.random() < 0.4
    setting = Setting(
        players=draws.choice((1, 1, 2, 3, 4)),
        rules=2 if preserve_bugs else draws.choice((1, 2)),
        preserve_bugs=preserve_bugs,
        hardcore=draws.random() < 0.3,
        quest_fail_retry_count=draws.choice((0, 1, 2, 3, 4, 9)),
        friendly_fire=draws.random() < 0.4,
        detail_preset=draws.randint(1, 5),
        violence_disabled=int(draws.random() < 0.2),
    )
    orders = Orders(
        draws.choice(TEMPLATES),
        **flags,
        poison=draws.choice((0, 0, 1, 2)),
        experience=draws.randrange(150),
        varied=draws.randrange(1 << 8),
    )
    assert_both_play_the_same(orders, setting, tmp_path)
