"""What the slots of the original's pools hold at a run's start, before set-up puts anything in them.

The original clears little between runs, and later spawns read what is left. The agent therefore puts these values
there when a run's set-up begins; they are those that docs/cdt-trace-format.md lists in "the run's start".
"""

from __future__ import annotations

from collections.abc import Iterator

from crimson.dbg.original.agent_config import Clean
from crimson.dbg.original.layout import Layout, standin_layout
from crimson.dbg.original.slots import SlotFormat, Value, global_format

_CREATURE: dict[str, Value] = {
    "link_index": -1,
    "move_speed": 1.0,
    "dot_tick_timer": 0.5,
    "death_timer": 16.0,
    "size": 50.0,
    "tint.r": 1.0,
    "tint.g": 1.0,
    "tint.b": 1.0,
    "tint.a": 1.0,
}
_PHANTOM: dict[str, Value] = {"link_index": -1}
_SLOTS: dict[str, dict[str, Value]] = {
    "projectiles": {"type_id": 1, "speed_scale": 1.0, "damage_pool": 1.0, "hit_radius": 1.0},
    "secondary_projectiles": {"target_id": -1},
    "bonuses": {},
    "particles": {},
    "sprite_effects": {},
    "spawn_slots": {"owner_creature": -1, "timer": 0.5, "limit": -1, "interval": 0.5},
}
_PLAYER: dict[str, Value] = {
    "health": 100.0,
    "size": 48.0,
    "speed_multiplier": 2.0,
    "turn_speed": 1.0,
    "death_timer": 16.0,
    "low_health_timer": 100.0,
    "evil_eyes_target": -1,
    "auto_target": -1,
    "weapon.weapon_id": 1,
    "spread_heat": 0.01,
    "level": 1,
}
_HOVER: dict[str, Value] = {"bonus_hover_index": -1}
# Variables that a run's set-up does not set, or is not known to set: their values in a game that has just started.
_STATICS: dict[str, Value] = {
    "shock_chain_links_left": 0,
    "shock_chain_projectile_id": 0,
    "perk_lean_mean_exp_tick_timer_s": 0.0,
    "perk_jinxed_proc_timer_s": 0.0,
    "perk_man_bomb_trigger_interval_s": 4.0,
    "perk_fire_cough_trigger_interval_s": 1.4,
    "perk_hot_tempered_trigger_interval_s": 1.4,
    "effect_spawn_detail_skip_counter": 0,
    "music_playlist_randomized_latch": 0,
}


PLAYER_COUNTS = range(1, 5)


def clean_image(player_count: int) -> list[tuple[int, bytes]]:
    """What to write where when a run's set-up begins: addresses of the original, and bytes.

    Facts that nobody has located yet are where the stand-in has them. The game is not captured while there are any,
    so what is written there is at the game's own addresses.
    """
    layout = standin_layout()
    return [
        *_creatures(layout, player_count),
        *_plain_pools(layout),
        *_players(layout, player_count),
        *_statics(layout),
    ]


def clean_writes() -> list[Clean]:
    """The same for the agent, which finds out how many play."""
    return [
        Clean(players, address, content.hex()) for players in PLAYER_COUNTS for address, content in clean_image(players)
    ]


def _creatures(layout: Layout, player_count: int) -> Iterator[tuple[int, bytes]]:
    pool = layout.pool("creatures")
    form = SlotFormat(pool)
    slots = [form.pack_named(_CREATURE | {"target_player": slot % player_count}) for slot in range(pool.count)]
    yield pool.place, b"".join((*slots, form.pack_named(_PHANTOM)))


def _plain_pools(layout: Layout) -> Iterator[tuple[int, bytes]]:
    for name, values in _SLOTS.items():
        pool = layout.pool(name)
        yield pool.place, SlotFormat(pool).pack_named(values) * pool.slots


def _players(layout: Layout, player_count: int) -> Iterator[tuple[int, bytes]]:
    """The run's players, whom set-up resets in part only, and in a one-player run the dormant player two.

    Only what the trace has of a slot: it also holds the player's keys.
    """
    for name, values in (("players", _PLAYER), ("player_hover", _HOVER)):
        pool = layout.pool(name)
        data = SlotFormat(pool).pack_named(values)
        for slot in range(max(2, player_count)):
            for field in pool.fields:
                if field.path:
                    yield pool.slot_place(slot) + field.place, data[field.place : field.place + field.size]


def _statics(layout: Layout) -> Iterator[tuple[int, bytes]]:
    for name, value in _STATICS.items():
        fact = layout.variable(name)
        yield fact.place, global_format(fact).pack(value)
