"""The capture under faults: each ends with its message, and what came before it is a trace, equal to the recording."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from capture_faults import (
    LAYOUT,
    RAND,
    Scene,
    Scenes,
    accepted,
    function,
    kept,
    refused,
    unchanged,
    variable,
    write,
)
from standin_loop import END, Change, Op, raw_chunks, recorded, write_op

from crimson.dbg.diff import diff_traces
from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.original.mirror import regions_of
from crimson.dbg.standin.call_sites import Site
from crimson.dbg.standin.run import capture_tape
from crimson.dbg.standin.tape import SEED

FAULT = 20
SHORT = ("survival-2p-arms", 40)
# Its first creature and projectile come in tick 62, the first death in tick 127, the first pickup in tick 330.
QUEST, LONG_QUEST = ("quest-3-5-hardcore", 130), ("quest-3-5-hardcore", 332)
REMAINS = "what was captured before that is in FOLDER/run.jsonl.zst"


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    return Scenes(tmp_path_factory.mktemp("scenes"))


def put(pool: str, slot: int, field: str, value: float) -> bytes:
    return write(LAYOUT.pool(pool).field_place(slot, field), "<f", value)


def number(name: str, value: int, form: str = "<i") -> bytes:
    return write(variable(name), form, value)


# ------------------------------------------------------------------------------------- values that no trace can hold


VALUES: dict[str, tuple[bytes, str]] = {
    "creature": (put("creatures", 2, "pos.x", math.nan), "creatures[2].pos.x is nan, expected a finite f32"),
    "player": (put("players", 1, "pos.y", math.inf), "players[1].pos.y is inf, expected a finite f32"),
    "projectile": (put("projectiles", 95, "angle", -math.inf), "projectiles[95].angle is -inf, expected a finite f32"),
    "global": (
        write(variable("bonus_freeze_timer"), "<f", -math.inf),
        "sim_state.gameplay.bonus_timers.freeze is -inf, expected a finite f32",
    ),
    "particle": (
        write(LAYOUT.pool("particles").slot_place(7), "<B", 1) + put("particles", 7, "vel.x", math.nan),
        "particles[7].vel.x is nan, expected a finite f32",
    ),
    "creatures too many": (
        number("creature_active_count", 385),
        "creature_active_count is 385, expected 0..384",
    ),
    "creatures too few": (number("creature_active_count", -1), "creature_active_count is -1, expected 0..384"),
    "another mode": (number("config_game_mode", 2), "config_game_mode is 2, it was 1 when the run began"),
    "fewer players": (number("config_player_count", 1), "config_player_count is 1, it was 2 when the run began"),
    "scheme": (
        number("config_movement_schemes", 9),
        "player 0 moves by scheme 9 and aims by scheme 0, expected schemes that the game has",
    ),
}


@pytest.mark.parametrize("fault", VALUES)
def test_a_value_that_cannot_be(fault: str, scenes: Scenes, tmp_path: Path) -> None:
    scene = scenes(*SHORT)
    planted, problem = VALUES[fault]
    tape = scene.edited(tmp_path / "run.tape", scene.in_update(FAULT, planted))
    assert refused(tape, tmp_path) == f"run 0: tick {FAULT}: {problem} ({REMAINS})"
    assert kept(scene, tmp_path / "run.jsonl.zst") == FAULT


SETTINGS = {
    "no players": (number("config_player_count", 0), "config_player_count is 0, expected one of 1, 2, 3, 4"),
    "too many players": (number("config_player_count", 9), "config_player_count is 9, expected one of 1, 2, 3, 4"),
    "no such mode": (number("config_game_mode", 5), "config_game_mode is 5, expected one of 1, 2, 3, 4, 8"),
    "no detail": (number("config_detail_preset", 0), "config_detail_preset is 0, expected 1..5"),
    "fewer than no retries": (
        number("quest_fail_retry_count", -1),
        "no run has such settings: Expected `int` >= 0 - at `$.quest_fail_retry_count`",
    ),
}


@pytest.mark.parametrize("fault", SETTINGS)
def test_settings_that_no_run_has(fault: str, scenes: Scenes, tmp_path: Path) -> None:
    scene = scenes(*SHORT)
    planted, problem = SETTINGS[fault]
    tape = scene.edited(tmp_path / "run.tape", scene.before_run(planted))
    assert refused(tape, tmp_path) == f"run 0: set-up: {problem} ({REMAINS})"


# -------------------------------------------------------------------------------------------- calls that cannot be


def _no_such_slot(scene: Scene) -> Change:
    return scene.returning(scene.first("creature_alloc_slot", FAULT), 0x200)


def _no_such_projectile(scene: Scene) -> Change:
    return scene.returning(scene.first("projectile_spawn"), 96)


def _off_the_grid(scene: Scene) -> Change:
    return scene.returning(scene.first("bonus_spawn_at_pos"), LAYOUT.pool("bonuses").slot_place(3) + 4)


def _another_perk(scene: Scene) -> Change:
    menu = LAYOUT.call_site("menu_pick").address
    return scene.before_tick(FAULT, number("perk_selection_index", 7), scene.tape.call(function("perk_apply"), menu, 3))


def _perk_without_menu(scene: Scene) -> Change:
    menu = LAYOUT.call_site("menu_pick").address
    return scene.in_update(FAULT, scene.tape.call(function("perk_apply"), menu, 3))


def _no_such_creature(scene: Scene) -> Change:
    return scene.in_update(FAULT, scene.tape.call(function("creature_handle_death"), Site.CREATURE_DEATH, 500, 0))


def _typed(scene: Scene) -> Change:
    return scene.in_update(FAULT, scene.tape.call(function("typo_key"), Site.TYPO_KEY, 65))


def _unseen_draw(scene: Scene) -> Change:
    return scene.unseen_draw(31)


def _unseen_end(scene: Scene) -> Change:
    return scene.in_update(FAULT, write(SEED, "<I", 7))


def _unseen_pause(scene: Scene) -> Change:
    return scene.before_tick(FAULT, write(SEED, "<I", 7))


def _no_frame_draw(scene: Scene) -> Change:
    ends = [op for op in scene.tape.ops if op.tick == FAULT and op.function == RAND]
    return scene.without(ends[-1])


def _unknown_caller(scene: Scene) -> Change:
    return scene.in_update(FAULT, scene.tape.draw(RAND, Site.NO_CALLER))


def _draw_between_ticks(scene: Scene) -> Change:
    return scene.before_tick(FAULT, scene.tape.draw(RAND, Site.QUEST_START))


def _draw_before_the_frame_ends(scene: Scene) -> Change:
    last = [op for op in scene.tape.ops if op.tick == FAULT and op.function == RAND][-1]
    more = scene.tape.draw(RAND, Site.QUEST_START)
    return lambda op: (more, op.data) if op is last else (op.data,)


def _too_many_spawns(scene: Scene) -> Change:
    return scene.in_update(FAULT, number("quest_spawn_count", 2000))


UNSEEN = "draws were made that the agent did not see; "
CALLS: dict[Callable[[Scene], Change], tuple[tuple[str, int], int, str]] = {
    _no_such_slot: (SHORT, 31, f"creatures handed out slot 512, expected 0..384 ({REMAINS})"),
    _no_such_projectile: (QUEST, 63, f"projectiles handed out slot 96, expected 0..95 ({REMAINS})"),
    _off_the_grid: (QUEST, 127, f"a bonus was spawned at 0x004829a0, which is no slot of bonuses ({REMAINS})"),
    _too_many_spawns: (QUEST, FAULT, f"quest_spawn_count is 2000, expected 0..1024 ({REMAINS})"),
    _another_perk: (SHORT, FAULT, f"perk 3 is picked, but place 7 of the menu offers nothing ({REMAINS})"),
    _perk_without_menu: (SHORT, FAULT, f"a perk is picked within a tick, which a replay cannot say ({REMAINS})"),
    _no_such_creature: (SHORT, FAULT, f"creature 500 died, expected 0..384 ({REMAINS})"),
    _typed: (SHORT, FAULT, f"a key was typed, and the mode is not Typ-o ({REMAINS})"),
    _unseen_draw: (
        SHORT,
        31,
        f"a draw from 0x00408441 starts at 0xa3bcbfbc, the last one ended at 0x0c439bad ({UNSEEN}{REMAINS})",
    ),
    _unseen_end: (
        SHORT,
        FAULT,
        f"the update ends at generator state 0x00000007, the last draw ended at 0x7a644cb0 ({UNSEEN}{REMAINS})",
    ),
    _unseen_pause: (
        SHORT,
        FAULT,
        f"the update begins at generator state 0x00000007, the last draw ended at 0x7a644cb0 ({UNSEEN}{REMAINS})",
    ),
    _no_frame_draw: (SHORT, FAULT, f"a gameplay update begins before the last one ended ({REMAINS})"),
    _unknown_caller: (SHORT, FAULT, f"a draw from outside the executable ({REMAINS})"),
    _draw_between_ticks: (
        SHORT,
        FAULT,
        f"a draw from 0x00401100 outside of a tick, which a replay cannot say ({REMAINS})",
    ),
    _draw_before_the_frame_ends: (
        SHORT,
        FAULT,
        f"a draw from 0x00401100 between the update and the frame's end, which a replay cannot say ({REMAINS})",
    ),
}


@pytest.mark.parametrize("fault", CALLS, ids=lambda fault: fault.__name__.strip("_"))
def test_a_call_that_cannot_be(fault: Callable[[Scene], Change], scenes: Scenes, tmp_path: Path) -> None:
    of, tick, problem = CALLS[fault]
    scene = scenes(*of)
    tape = scene.edited(tmp_path / "run.tape", fault(scene))
    assert refused(tape, tmp_path) == f"run 0: tick {tick}: {problem}"
    assert kept(scene, tmp_path / "run.jsonl.zst") == tick


# ------------------------------------------------------------------------- hooks that are skipped, and nobody can know


SKIPPED = {
    "creature_alloc_slot": ["sim_state.gameplay.creatures_spawned", "entity_samples.creatures[0].generation"],
    "projectile_spawn": ["entity_samples.projectiles[0].generation"],
    "creature_handle_death": ["checkpoint.deaths[0]"],
    "bonus_spawn_at_pos": ["entity_samples.bonuses[0].generation"],
    "bonus_apply": ["checkpoint.pickup_count"],
    "creature_find_in_radius": ["checkpoint.hit_count"],
    "creature_update_all": ["sim_state.gameplay.creature_update_count"],
}


@pytest.mark.parametrize("name", SKIPPED)
def test_a_call_that_is_left_out_is_found_by_comparing(name: str, scenes: Scenes, tmp_path: Path) -> None:
    scene = scenes(*(LONG_QUEST if name == "bonus_apply" else QUEST))
    call, end = _counted(scene, name)
    assert accepted(scene.edited(tmp_path / "run.tape", scene.without(call, end)), tmp_path).note == ""
    (run,) = finalize_capture(tmp_path / "run.jsonl.zst", tmp_path / "kept", name="run").runs
    # What a user would do: record the captured replay, and compare.
    expected = recorded(Path(run.replay), tmp_path / "expected.cdt")
    found = diff_traces(expected, Path(run.trace), sustain=1)
    assert found.first_bad_tick == call.tick
    assert [field.path for field in found.fields] == SKIPPED[name]


def _counted(scene: Scene, name: str) -> tuple[Op, Op]:
    """The first call of a function that counts, and its return."""
    address = function(name)
    for op in scene.tape.ops:
        if op.function == address and op.data[0] == 2:
            call, end = scene.whole(op)
            found = int.from_bytes(end.data[1:], "little", signed=True)
            if name != "creature_find_in_radius" or (found >= 0 and found != 7 and op.caller == Site.PROJECTILE_FIND):
                return call, end
    raise AssertionError(f"no call of {name} counts")


# ------------------------------------------------------------------------------------------------------------- load


def test_a_full_ring_ends_the_capture(scenes: Scenes, tmp_path: Path) -> None:
    scene = scenes(*SHORT)
    flood = scene.tape.draw(RAND, Site.QUEST_START) * 100_000
    tape = scene.edited(tmp_path / "run.tape", scene.in_update(FAULT, flood))
    assert refused(tape, tmp_path, ring_bytes=1 << 20) == (
        f"run 0: tick {FAULT}: the agent's ring was full and records are lost (the target ran faster than the capture "
        f"can follow: capture at 60 ticks a second; {REMAINS})"
    )
    assert kept(scene, tmp_path / "run.jsonl.zst") == FAULT


def test_a_ring_too_small_for_set_up(scenes: Scenes, tmp_path: Path) -> None:
    scene = scenes(*SHORT)
    tape = scene.edited(tmp_path / "run.tape", unchanged)
    assert refused(tape, tmp_path, ring_bytes=4096).startswith("run 0: set-up: the agent's ring was full")


def test_a_slow_host_loses_nothing(scenes: Scenes, tmp_path: Path) -> None:
    """The target waits for the host after each tick, and the host does a lot between two."""
    scene = scenes(*SHORT)
    tape = scene.edited(tmp_path / "run.tape", unchanged)
    behind = []
    capture_tape(
        tape,
        tmp_path / "run.jsonl.zst",
        session_id="a test's",
        window=1,
        progress=lambda now: behind.append((now.waiting, sum(range(100_000)))),
    )
    # the one that it may be ahead, and what the agent sends as it ends, for which nobody waits
    assert max(waiting for waiting, _ in behind) <= 2
    assert kept(scene, tmp_path / "run.jsonl.zst") == scene.ticks


# --------------------------------------------------------------------------------------------------------- two runs


def two_runs(first: Scene, second: Scene, path: Path) -> Path:
    """A tape of two runs, one after the other."""
    # The second tape was made for memory that is zero.
    zeros = [write_op(region.address, bytes(region.slot_size * region.slots)) for region in regions_of(LAYOUT)]

    def change(op: Op) -> list[bytes]:
        return [*zeros, *map(first.tape.moved, second.tape.ops)] if op.code == END else [op.data]

    return first.edited(path, change)


@pytest.fixture
def both(scenes: Scenes, tmp_path: Path) -> tuple[Scene, Scene, Path]:
    first, second = Scene("survival-2p-arms", 110, tmp_path), scenes(*QUEST)
    return first, second, two_runs(first, second, tmp_path / "both.tape")


def test_two_runs_in_one_capture(both: tuple[Scene, Scene, Path], tmp_path: Path) -> None:
    first, second, tape = both
    report = capture_tape(tape, tmp_path / "run.jsonl.zst", session_id="a test's")
    assert [run.ticks for run in report.runs] == [110, 130]
    traces = finalize_capture(tmp_path / "run.jsonl.zst", tmp_path).runs
    assert [Path(run.trace).name for run in traces] == ["run.cdt", "run-run2.cdt"]
    for scene, run in zip((first, second), traces, strict=True):
        assert raw_chunks(Path(run.trace)) == scene.chunks(scene.ticks)


def test_the_run_that_was_wanted_and_no_more(both: tuple[Scene, Scene, Path], tmp_path: Path) -> None:
    first, _, tape = both
    report = capture_tape(tape, tmp_path / "run.jsonl.zst", session_id="a test's", runs=1)
    assert [run.ticks for run in report.runs] == [110]
    assert report.ended == "stopped"
    assert kept(first, tmp_path / "run.jsonl.zst") == 110
