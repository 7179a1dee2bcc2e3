"""What the host refuses of an agent's records: each check by itself, without a process."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import pytest
from crimson.game_modes import GameMode
from made_records import ELSEWHERE, LAYOUT, MENU_PICK, MadeRun

from crimson.dbg.capture_rows import AnyRow, CapturedTick, PerkPick, RunEnd, RunStart, TypoBackspace, TypoChar
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.original import agent_records as records

BONUSES = LAYOUT.pool("bonuses")


def refusal(act: Callable[[], None]) -> str:
    with pytest.raises(CaptureProblem) as problem:
        act()
    return str(problem.value)


@pytest.fixture
def run() -> MadeRun:
    """A run of one tick."""
    run = MadeRun()
    run.setup()
    run.tick()
    return run


# The order of things


def test_a_run_in_which_nothing_happens(run: MadeRun) -> None:
    run.assembler.end_run(stopped=True)
    start, tick, end = run.rows
    assert isinstance(start, RunStart)
    assert isinstance(tick, CapturedTick)
    assert isinstance(end, RunEnd)
    assert (end.reason, end.result.outcome) == ("stopped", "incomplete")
    for row in run.rows:
        assert msgspec.json.decode(msgspec.json.encode(row), type=AnyRow) == row


ORDER: dict[str, tuple[Callable[[MadeRun], tuple[records.Record, ...]], str]] = {
    "a leave without an enter": (
        lambda run: (records.TickLeave(run.state),),
        "a gameplay update ends that did not begin",
    ),
    "two leaves": (
        lambda run: (run.enter(), records.TickLeave(run.state), records.TickLeave(run.state)),
        "a gameplay update ends that did not begin",
    ),
    "two enters": (lambda run: (run.enter(), run.enter()), "a gameplay update begins before the last one ended"),
    "an end without a leave": (lambda run: (run.enter(), records.TickEnd()), "a frame ends without a gameplay update"),
    "an end without an enter": (lambda _run: (records.TickEnd(),), "a frame ends without a gameplay update"),
    "a ring that was full": (
        lambda _run: (records.Overflow(),),
        ("the agent's ring was full and records are lost (the target ran faster than the capture can follow: capture "
        "at 60 ticks a second)"),
    ),
    "a draw between ticks": (
        lambda run: (run.draw(),),
        "a draw from 0x00401100 outside of a tick, which a replay cannot say",
    ),
    "a draw after a pick": (
        lambda run: (
            records.PerkApplyBegin(3, ELSEWHERE, 0, 3), run.draw(), records.PerkApplyEnd(), run.draw(),
        ),
        "a draw from 0x00401100 outside of a tick, which a replay cannot say",
    ),
    "a draw after the menu's": (
        lambda run: (records.ChoicesBegin(), run.draw(), records.ChoicesEnd(), run.draw()),
        "a draw from 0x00401100 outside of a tick, which a replay cannot say",
    ),
    "a draw before the frame's": (
        lambda run: (run.enter(), records.TickLeave(run.state), run.draw()),
        "a draw from 0x00401100 between the update and the frame's end, which a replay cannot say",
    ),
    "a draw from nowhere": (lambda run: (run.enter(), run.draw(0)), "a draw from outside the executable"),
    "a draw of another state": (
        lambda run: (run.enter(), records.Draws((7,), (ELSEWHERE,))),
        ("a draw from 0x00401100 starts at 0x00000007, the last one ended at 0x896b4c20 "
        "(draws were made that the agent did not see)"),
    ),
    "an update that ends elsewhere": (
        lambda run: (run.enter(), records.TickLeave(7)),
        ("the update ends at generator state 0x00000007, the last draw ended at 0x896b4c20 "
        "(draws were made that the agent did not see)"),
    ),
    "an update that begins elsewhere": (
        lambda run: (msgspec.structs.replace(run.enter(), rng_state=7),),
        ("the update begins at generator state 0x00000007, the last draw ended at 0x896b4c20 "
        "(draws were made that the agent did not see)"),
    ),
    "a step that is not pinned": (
        lambda run: (run.enter(frame_dt=0.25),),
        "frame_dt is 0.25 s and 16 ms after it was pinned",
    ),
    "milliseconds that are not": (
        lambda run: (msgspec.structs.replace(run.enter(), frame_dt_ms=17),),
        "frame_dt is 0.01666666753590107 s and 17 ms after it was pinned",
    ),
    "a timer that is no number": (
        lambda run: (run.enter(timer=math.nan),),
        "bonus_reflex_boost_timer is nan, expected a finite f32",
    ),
    "a death's end": (lambda run: (run.enter(), records.DeathEnd(3)), "a death ends that did not begin"),
    "a death without end": (
        lambda run: (
            run.enter(), records.DeathBegin(1, 2, 3.0, 4), records.TickLeave(run.state), run.frame_draw(),
            records.TickEnd(),
        ),
        "1 deaths were not handled to their end",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ORDER)
def test_records_in_an_order_that_cannot_be(name: str, run: MadeRun) -> None:
    rows, problem = ORDER[name]
    assert refusal(lambda: run.feed(*rows(run))) == f"run 0: tick 1: {problem}"


def test_a_set_up_without_a_draw() -> None:
    run = MadeRun()
    assert refusal(lambda: run.feed(records.SetupBegin(1), records.SetupEnd())) == (
        "run 0: set-up: set-up ended without a draw"
    )


# What happens in ticks


EVENTS: dict[str, tuple[records.Record, str]] = {
    "hit": (records.Hit(0, 385, 1), "creature 385 was hit, expected 0..384"),
    "hit below": (records.Hit(0, -1, 1), "creature -1 was hit, expected 0..384"),
    "death": (records.DeathBegin(385, 1, 1.0, 0), "creature 385 died, expected 0..384"),
    "reward": (records.DeathBegin(5, 1, math.inf, 0), "creatures[5].reward_value is inf, expected a finite f32"),
    "creature": (records.CreatureAllocated(385), "creatures handed out slot 385, expected 0..384"),
    "creature below": (records.CreatureAllocated(-1), "creatures handed out slot -1, expected 0..384"),
    "projectile": (records.ProjectileSpawned(96), "projectiles handed out slot 96, expected 0..95"),
    "secondary": (records.SecondarySpawned(64), "secondary_projectiles handed out slot 64, expected 0..63"),
    "bonus": (
        records.BonusSpawned(BONUSES.place + 1),
        f"a bonus was spawned at 0x{BONUSES.place + 1:08x}, which is no slot of bonuses",
    ),
    "bonus before": (
        records.BonusSpawned(BONUSES.place - BONUSES.stride),
        f"a bonus was spawned at 0x{BONUSES.place - BONUSES.stride:08x}, which is no slot of bonuses",
    ),
    "bonus behind": (
        records.BonusSpawned(BONUSES.slot_place(17)),
        f"a bonus was spawned at 0x{BONUSES.slot_place(17):08x}, which is no slot of bonuses",
    ),
    "pickup": (records.Pickup(0, 5), "a bonus was picked up at 0x00000005, which is no slot of bonuses"),
    "pick": (records.PerkApplyBegin(3, MENU_PICK, 0, 3), "a perk is picked within a tick, which a replay cannot say"),
    "key": (records.TypoKey(65), "a key was typed, and the mode is not Typ-o"),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_that_cannot_be(name: str, run: MadeRun) -> None:
    row, problem = EVENTS[name]
    assert refusal(lambda: run.tick(row)) == f"run 0: tick 1: {problem}"


def test_the_last_slots_are_slots(run: MadeRun) -> None:
    """A full pool hands out one slot more, which counts for nothing."""
    run.tick(
        records.CreatureAllocated(384),
        records.CreatureAllocated(383),
        records.ProjectileSpawned(95),
        records.SecondarySpawned(63),
        records.BonusSpawned(BONUSES.slot_place(16)),
        records.Pickup(0, BONUSES.slot_place(15)),
        records.Hit(LAYOUT.pool("secondary_projectiles").slot_place(63), 384, records.NO_OWNER),
        records.DeathBegin(384, 1, 1.0, 5),
        records.DeathEnd(7),
    )
    tick = run.rows[-1]
    assert isinstance(tick, CapturedTick)
    found = tick.record.checkpoint
    assert (found.hit_count, found.pickup_count, [death.xp_awarded for death in found.deaths]) == (1, 1, [2])
    assert tick.record.sim_state.gameplay.creatures_spawned == 1


def test_what_the_menu_offers(run: MadeRun) -> None:
    pick = records.PerkApplyBegin(3, MENU_PICK, 2, 4)
    offers = "perk 3 is picked, but place 2 of the menu offers perk 4"
    assert refusal(lambda: run.feed(pick)) == f"run 0: tick 1: {offers}"
    again = MadeRun()
    again.setup()
    again.feed(records.PerkApplyBegin(3, MENU_PICK, 2, 3), records.PerkApplyEnd())
    again.tick()
    assert isinstance(tick := again.rows[-1], CapturedTick)
    assert tick.commands == (PerkPick(0, 2),)


@pytest.mark.parametrize("code", [-1, 256, 0x110000])
def test_a_key_that_no_keyboard_has(code: int) -> None:
    run = MadeRun(GameMode.TYPO)
    run.setup()
    run.tick(records.TypoKey(255), records.TypoKey(8))
    assert isinstance(tick := run.rows[-1], CapturedTick)
    assert tick.commands == (TypoChar(0, "\xff"), TypoBackspace(0))
    problem = f"key {code} was typed, expected a character of Latin-1, 0..255"
    assert refusal(lambda: run.tick(records.TypoKey(code))) == f"run 0: tick 1: {problem}"


# Memory


type Plant = Callable[[MadeRun], None]


def _global(name: str, value: float) -> Plant:
    return lambda run: run.global_(name, value)


def _slot(pool: str, slot: int, name: str, value: float) -> Plant:
    return lambda run: run.slot(pool, slot, name, value)


def _live(pool: str, slot: int, name: str, value: float) -> Plant:
    def plant(run: MadeRun) -> None:
        run.slot(pool, slot, "active", 1)
        run.slot(pool, slot, name, value)

    return plant


def _both(first: Plant, second: Plant) -> Plant:
    def plant(run: MadeRun) -> None:
        first(run)
        second(run)

    return plant


BIG = float(1 << 40)
MEMORY: dict[str, tuple[Plant, str]] = {
    "creature": (_slot("creatures", 383, "pos.y", math.nan), "creatures[383].pos.y is nan, expected a finite f32"),
    "spare creature": (_slot("creatures", 384, "hp", math.inf), "creatures[384].hp is inf, expected a finite f32"),
    "projectile": (_slot("projectiles", 0, "angle", math.nan), "projectiles[0].angle is nan, expected a finite f32"),
    "secondary": (
        _slot("secondary_projectiles", 63, "pos.x", -math.inf),
        "secondary_projectiles[63].pos.x is -inf, expected a finite f32",
    ),
    "bonus": (_slot("bonuses", 3, "pos.x", math.nan), "bonuses[3].pos.x is nan, expected a finite f32"),
    "player": (_slot("players", 0, "health", math.nan), "players[0].health is nan, expected a finite f32"),
    "dormant player": (_slot("players", 1, "health", math.nan), "players[1].health is nan, expected a finite f32"),
    "clip": (
        _slot("players", 0, "weapon.clip_size", 1.5),
        "players[0].weapon.clip_size is 1.5, expected a whole number",
    ),
    "clip of many": (
        _slot("players", 0, "alt_weapon.clip_size", BIG),
        f"players[0].alt_weapon.clip_size is {BIG}, expected a whole number",
    ),
    "clip of none": (
        _slot("players", 0, "weapon.clip_size", math.nan),
        "players[0].weapon.clip_size is nan, expected a whole number",
    ),
    "particle": (
        _live("particles", 127, "rotation", math.inf),
        "particles[127].rotation is inf, expected a finite f32",
    ),
    "sprite": (
        _live("sprite_effects", 383, "scale", math.nan),
        "sprite_effects[383].scale is nan, expected a finite f32",
    ),
    "spawn slot": (
        _slot("spawn_slots", 31, "timer", -math.inf),
        "spawn_slots[31].timer is -inf, expected a finite f32",
    ),
    "global": (
        _global("bonus_energizer_timer", math.nan),
        "sim_state.gameplay.bonus_timers.energizer is nan, expected a finite f32",
    ),
    "axis": (_global("input_axis_values", math.nan), "input_axis_values[0] is nan, expected a finite f32"),
    "movement": (
        _global("config_movement_schemes", 9),
        "player 0 moves by scheme 9 and aims by scheme 0, expected schemes that the game has",
    ),
    "aim": (
        _global("config_aim_schemes", 77),
        "player 0 moves by scheme 0 and aims by scheme 77, expected schemes that the game has",
    ),
    "no creatures": (_global("creature_active_count", -1), "creature_active_count is -1, expected 0..384"),
    "creatures": (_global("creature_active_count", 385), "creature_active_count is 385, expected 0..384"),
    "mode": (_global("config_game_mode", 5), "config_game_mode is 5, expected one of 1, 2, 3, 4, 8"),
    "another mode": (_global("config_game_mode", 2), "config_game_mode is 2, it was 1 when the run began"),
    "players": (_global("config_player_count", 5), "config_player_count is 5, expected one of 1, 2, 3, 4"),
    "more players": (_global("config_player_count", 2), "config_player_count is 2, it was 1 when the run began"),
}


@pytest.mark.parametrize("name", MEMORY)
def test_memory_that_no_trace_can_hold(name: str, run: MadeRun) -> None:
    plant, problem = MEMORY[name]
    plant(run)
    assert refusal(run.tick) == f"run 0: tick 1: {problem}"


def test_what_no_trace_looks_at_may_be_anything(run: MadeRun) -> None:
    """A slot of a list that is not in use has no part in it."""
    run.slot("particles", 5, "vel.x", math.nan)
    run.slot("sprite_effects", 5, "scale", math.nan)
    run.slot("quest_spawns", 5, "heading", math.nan)
    run.slot("players", 2, "health", math.nan)
    run.tick()


def test_a_quest_s_table_and_clock() -> None:
    run = MadeRun(GameMode.QUESTS)
    run.global_("quest_spawn_count", 5)
    run.setup()
    run.tick()
    run.global_("quest_spawn_count", 6)
    run.tick()
    longer, shorter = [row.record.hidden_state.quest_spawns for row in run.rows if isinstance(row, CapturedTick)]
    # the count alone changed
    assert longer != shorter
    run.slot("quest_spawns", 5, "heading", math.nan)
    assert refusal(run.tick) == "run 0: tick 2: quest_spawns[5].heading is nan, expected a finite f32"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("quest_spawn_count", 1025, "quest_spawn_count is 1025, expected 0..1024"),
        ("quest_spawn_count", -1, "quest_spawn_count is -1, expected 0..1024"),
        (
            "quest_spawn_timeline",
            (1 << 24) + 1,
            "sim_state.quest.spawn_timeline_ms is 16777217.0, expected a number that an f32 can hold",
        ),
    ],
)
def test_a_quest_that_cannot_be(name: str, value: int, problem: str) -> None:
    run = MadeRun(GameMode.QUESTS)
    run.setup()
    run.global_(name, value)
    assert refusal(run.tick) == f"run 0: tick 0: {problem}"


# Settings


SETTINGS: dict[str, tuple[GameMode, Plant, str]] = {
    "names": (
        GameMode.SURVIVAL,
        _global("typo_highscore_name_count", 129),
        "typo_highscore_name_count is 129, expected 0..128",
    ),
    "fewer names": (
        GameMode.SURVIVAL,
        _global("typo_highscore_name_count", -1),
        "typo_highscore_name_count is -1, expected 0..128",
    ),
    "detail": (GameMode.SURVIVAL, _global("config_detail_preset", 6), "config_detail_preset is 6, expected 1..5"),
    "no detail": (GameMode.SURVIVAL, _global("config_detail_preset", 0), "config_detail_preset is 0, expected 1..5"),
    "chapter": (GameMode.QUESTS, _global("quest_stage_major", 6), "the quest is 6.1, expected 1.1 to 5.10"),
    "no chapter": (GameMode.QUESTS, _global("quest_stage_major", 0), "the quest is 0.1, expected 1.1 to 5.10"),
    "quest": (GameMode.QUESTS, _global("quest_stage_minor", 11), "the quest is 1.11, expected 1.1 to 5.10"),
    "no quest": (GameMode.QUESTS, _global("quest_stage_minor", 0), "the quest is 1.0, expected 1.1 to 5.10"),
    "mode": (
        GameMode.SURVIVAL, _global("config_game_mode", 0), "config_game_mode is 0, expected one of 1, 2, 3, 4, 8",
    ),
    "players": (
        GameMode.SURVIVAL, _global("config_player_count", 0), "config_player_count is 0, expected one of 1, 2, 3, 4",
    ),
    "retries": (
        GameMode.SURVIVAL,
        _global("quest_fail_retry_count", -1),
        "no run has such settings: Expected `int` >= 0 - at `$.quest_fail_retry_count`",
    ),
    "friendly fire": (
        GameMode.SURVIVAL, _global("cv_friendly_fire", math.nan), "cv_friendly_fire is nan, expected a finite f32",
    ),
    "target": (
        GameMode.TYPO,
        _both(_global("typo_target_set", 1), _global("typo_target_x", math.inf)),
        "typo_target_x is inf, expected a finite f32",
    ),
    "target's other half": (
        GameMode.TYPO,
        _both(_global("typo_target_set", 1), _global("typo_target_y", math.nan)),
        "typo_target_y is nan, expected a finite f32",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_no_run_has(name: str) -> None:
    mode, plant, problem = SETTINGS[name]
    run = MadeRun(mode)
    plant(run)
    assert refusal(run.setup) == f"run 0: set-up: {problem}"
    assert run.rows == []


# Between runs


def test_no_key_is_held_over_from_the_run_before() -> None:
    """A second player's trigger that was down at a run's end is pressed anew in the next one."""
    run = MadeRun()
    run.global_("config_player_count", 2)
    for player in range(2):
        run.slot("players", player, "key_fire", 100 + player)
    pressed = []
    for _ in range(2):
        run.setup()
        for _ in range(2):
            run.tick(records.Key(1, 101, 1, ELSEWHERE))
            tick = run.rows[-1]
            assert isinstance(tick, CapturedTick)
            pressed.append(tick.inputs[1].flags)
    assert pressed[0] == pressed[2] != pressed[1] == pressed[3]


def test_agent_and_host_that_do_not_match(run: MadeRun) -> None:
    assert refusal(lambda: run.feed(records.RegionSlot(999, 0, memoryview(b"")))).startswith("agent: region 999 of ")
    assert refusal(lambda: run.feed(records.RegionSlot(0, 4, memoryview(bytes(864))))).startswith("agent: slot 4 of ")
    assert refusal(lambda: run.feed(records.RegionSlot(0, 0, memoryview(bytes(8))))).startswith("agent: slot 0 of ")
