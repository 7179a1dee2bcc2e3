"""What lies in the original's memory before a run: its configuration, the save file, and what earlier runs left."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from crimson.sim.run_spec import RunSpec

from crimson.dbg.errors import CaptureProblem
from crimson.dbg.original.layout import Layout
from crimson.dbg.original.run_start import clean_image
from crimson.dbg.original.slots import Value, global_format
from crimson.dbg.standin.run_memory import PLAYER_KEYS, RELOAD_KEY, key_code
from crimson.dbg.standin.tape import SEED

type Put = Callable[[int, bytes], None]


def residue(address: int, size: int) -> bytes:
    """What earlier runs left: finite f32s that differ from word to word, and of which no flag is 0."""
    begin = address // 4 * 4
    words = (address + size - begin + 3) // 4
    data = b"".join(struct.pack("<f", _garbage(begin // 4 + word)) for word in range(words))
    return data[address - begin :][:size]


def _garbage(number: int) -> float:
    # The last term gives the lowest byte, where flags are, a value.
    return 1.5 + 0.25 * (number % 251) + 3 / (1 << 18)


def write_before_run(layout: Layout, put: Put, spec: RunSpec, where: str) -> None:
    """Put all of it; `CaptureProblem` says why the original could not have such a run."""
    put(SEED, spec.seed.to_bytes(4, "little"))
    for pool in layout.pools:
        put(pool.place, residue(pool.place, pool.stride * pool.slots))
    for address, data in clean_image(spec.player_count):
        put(address, residue(address, len(data)))
    players = layout.pool("players")
    for player in range(players.count):
        for key in PLAYER_KEYS:
            put(players.field_place(player, f"key_{key}"), struct.pack("<i", key_code(player, key)))
    for name, values in (_configuration(spec) | _typo(spec)).items():
        fact = layout.variable(name)
        put(fact.place, global_format(fact).pack(*values))
    names = layout.pool("typo_highscore_names")
    if len(spec.typo_highscore_names) > names.count:
        raise CaptureProblem(where, f"the tape has room for {names.count} names of Typ-o's score table")
    for index, name in enumerate(spec.typo_highscore_names):
        put(names.slot_place(index), name.encode("latin-1").ljust(names.stride, b"\0"))


def _configuration(spec: RunSpec) -> dict[str, Sequence[Value]]:
    level = spec.quest_level
    status = spec.status
    return {
        "config_player_count": (spec.player_count,),
        "config_game_mode": (int(spec.game_mode_id),),
        "config_hardcore": (spec.hardcore,),
        "config_violence_disabled": (spec.violence_disabled,),
        "config_detail_preset": (spec.detail_preset,),
        "config_key_reload": (RELOAD_KEY,),
        "cv_friendly_fire": (1.0 if spec.friendly_fire else 0.0,),
        "status_quest_unlock_index": (status.quest_unlock_index,),
        "status_quest_unlock_index_full": (status.quest_unlock_index_hardcore,),
        "status_weapon_usage_counts": status.weapon_usage_counts,
        "quest_fail_retry_count": (spec.quest_fail_retry_count,),
        "quest_stage_major": (0 if level is None else int(level.major),),
        "quest_stage_minor": (0 if level is None else int(level.minor),),
    }


def _typo(spec: RunSpec) -> dict[str, Sequence[Value]]:
    carry = spec.typo_carry
    target = carry.target_world
    return {
        "typo_submit_count": (carry.submit_count,),
        "typo_match_count": (carry.match_count,),
        "typo_word_highscore_cache_ready": (carry.highscore_names_loaded,),
        "typo_highscore_name_count": (len(spec.typo_highscore_names),),
        "typo_target_set": (target is not None,),
        "typo_target_x": (0.0 if target is None else target.x,),
        "typo_target_y": (0.0 if target is None else target.y,),
    }
