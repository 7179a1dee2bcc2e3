"""Every creature of the Zig simulation is the Python runtime's, to the last bit: its birth, its life and its death.

Both runtimes play the menagerie, survival in which the seed says who comes.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from crimson.creatures.spawn import SpawnId
from menagerie import Orders, let_in, menagerie_program, menagerie_replay
from staged_runs import Setting, assert_both_play_the_same
from zig_kit import run_zig
from zig_records import saved

from crimson.dbg.errors import RecordRefused
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay

# What it shoots is what its slot's last tenant left, which need not be a projectile.
_UNSAFE = SpawnId.SPIDER_SP2_RANGED_VARIANT_37
TEMPLATES = tuple(template for template in SpawnId if template != _UNSAFE)
TICKS = 260


def assert_equal(orders: Orders, setting: Setting, folder: Path) -> None:
    assert_both_play_the_same(menagerie_replay(orders, setting), let_in(orders), menagerie_program(), folder)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name.lower())
def test_every_template_is_equal(template: SpawnId, tmp_path: Path) -> None:
    """Along with a wave that has as much experience as the template's number is times 2,000."""
    assert_equal(Orders(template, experience=2 * template), Setting(ticks=TICKS), tmp_path)


def test_a_template_that_shoots_whatever_was_left_ends_both(tmp_path: Path) -> None:
    """Before its slot had a tenant who shoots, that is nothing."""
    orders = Orders(_UNSAFE)
    path, out = saved(menagerie_replay(orders, Setting(ticks=TICKS)), tmp_path), tmp_path / "never.cdt"
    with let_in(orders), pytest.raises(RecordRefused) as refusal:
        record_replay(load_replay(path), out)
    words = run_zig(menagerie_program(), "record", path, "--out", out).message
    assert words.startswith(f"error: {path}: tick {refusal.value.tick}: ")
    assert words.endswith("a creature shoots what is no projectile")


@pytest.mark.parametrize("number", range(12))
def test_creatures_are_equal_in_any_run(number: int, tmp_path: Path) -> None:
    draws = random.Random(number)
    flags = {
        name: draws.random() < 0.3
        for name in ("full", "plague", "perks_of_contact", "perks_of_kills", "energizer", "freeze", "reflex_boost")
    }
    preserve_bugs = draws.random() < 0.4
    setting = Setting(
        ticks=TICKS,
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
    assert_equal(orders, setting, tmp_path)
