"""The Zig simulation of quests is the Python runtime's, to the last bit of every raw byte of a trace."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
import zstandard
from crimson.creatures.spawn import SpawnId
from crimson.game_modes import GameMode
from crimson.perks import PerkId
from crimson.quests.custom import CustomQuest
from crimson.quests.level import QUESTS_PER_STAGE, QuestLevel
from crimson.quests.types import SpawnEntry
from crimson.replay import ReplayTick, pack_tick
from crimson.replay.codec import dump_replay_file, encode_replay_payload
from crimson.sim.commands import PerkMenuOpenCommand
from crimson.sim.mode_updates import QuestSpawnState
from crimson.sim.run_init import initialize_run
from crimson.sim.run_spec import RunSpec
from crimson.weapons import WeaponId
from grim.geom import Vec2
from rush_replays import planned_input, rush_replay
from zig_kit import crimson_zig
from zig_records import (
    assert_both_record_the_same,
    assert_both_refuse_at,
    assert_capture_is_equalled,
    assert_same_bytes,
    recorded_by_zig,
    saved,
)

from crimson.dbg.errors import RecordRefused
from crimson.dbg.fuzz_plans import fuzz_plan
from crimson.dbg.fuzz_quests import drawn_quest
from crimson.dbg.record import record_replay
from crimson.dbg.replay_plans import make_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.runtime_hidden import HiddenSampler
from crimson.dbg.trace import TraceReader

CAPTURES = Path(__file__).parents[1] / "captures"


@pytest.mark.parametrize("capture", sorted(CAPTURES.glob("quest*.cdt")), ids=lambda path: path.stem)
def test_the_captures_are_equalled(capture: Path, tmp_path: Path) -> None:
    assert_capture_is_equalled(capture, tmp_path)


@pytest.mark.parametrize("major", range(1, 6))
def test_every_quest_begins_equal(major: int, tmp_path: Path) -> None:
    """Its table, its draws, and what is available in it, at both difficulties."""
    for minor in range(1, QUESTS_PER_STAGE + 1):
        for hardcore in (False, True):
            players = 1 + (minor + 2 * hardcore) % 4
            spec = RunSpec(
                game_mode_id=GameMode.QUESTS,
                seed=1000 * major + minor,
                quest_level=QuestLevel(major, minor),
                hardcore=hardcore,
                player_count=players,
            )
            assert_equal_beginning(spec, tmp_path)


@pytest.mark.parametrize("number", range(3))
def test_custom_quests_are_equal(number: int, tmp_path: Path) -> None:
    draw = random.Random(number)
    preserve_bugs = draw.random() < 0.5
    spec = RunSpec(
        game_mode_id=GameMode.QUESTS,
        seed=number,
        custom_quest=drawn_quest(draw),
        player_count=draw.randint(1, 4),
        preserve_bugs=preserve_bugs,
        quest_fail_retry_count=draw.randrange(7),
    )
    assert assert_both_record_the_same(rush_replay(spec, _shooting(240, spec)), tmp_path) == 240


def test_nobody_walks_into_dens(tmp_path: Path) -> None:
    """Two of them, one upon the other's edge, around which the players walk."""
    places = (Vec2(590.0, 512.0), Vec2(600.0, 560.0), Vec2(400.0, 432.0))
    dens = tuple(
        SpawnEntry(pos=place, heading=0.0, spawn_id=SpawnId.DEN_ALIEN_BASIC_07, trigger_ms=0, count=1)
        for place in places
    )
    quest = CustomQuest(title="Dens", start_weapon_id=WeaponId.PISTOL, terrain_slots=(0, 1, 0), entries=dens)
    spec = RunSpec(game_mode_id=GameMode.QUESTS, seed=3, custom_quest=quest, player_count=2)
    ways = (("right",), ("up", "right"), ("down", "right"), ("down", "left"), ("left",), ("up", "left"))
    ticks = [pack_tick([planned_input(way, cheats=False)] * 2) for way in ways for _ in range(40)]
    assert_both_record_the_same(rush_replay(spec, ticks), tmp_path)
    with TraceReader(tmp_path / "zig.cdt") as reader:
        walked = [record.sim_state.players[0] for record in reader.ticks(0, len(ticks) - 1)]
    held = [now.pos == before.pos and now.move_speed > 1.0 for before, now in pairwise(walked)]
    slid = [
        (now.pos.x == before.pos.x) != (now.pos.y == before.pos.y) and now.move_speed > 1.0
        for before, now in pairwise(walked)
    ]
    assert any(held)
    assert any(slid)


def test_a_quest_of_the_first_format_is_equal(tmp_path: Path) -> None:
    """It had a table for each number of players, and withheld nothing."""
    spec = RunSpec(game_mode_id=GameMode.QUESTS, seed=5, custom_quest=drawn_quest(random.Random(5)), player_count=2)
    replay = rush_replay(spec, _shooting(60, spec))
    payload = msgspec.msgpack.decode(encode_replay_payload(replay))
    quest = payload["run"]["custom_quest"]
    entries = quest.pop("entries")
    for name in ("no_bonuses", "no_perks", "no_weapons"):
        del quest[name]
    quest["tables"], quest["variants"] = [entries[:1], entries], [0, 0, 1, 1, 1, 1, 1, 1]
    payload["format_version"] = 33
    del payload["seat_keys"]
    path = tmp_path / "early.crd"
    path.write_bytes(zstandard.compress(msgspec.msgpack.encode(payload)))
    record_replay(load_replay(path), tmp_path / "python.cdt")
    assert_same_bytes(tmp_path / "python.cdt", recorded_by_zig(path, tmp_path / "zig.cdt"))


@pytest.mark.parametrize("run", [0, 2])
def test_runs_of_any_settings_are_equal(run: int, tmp_path: Path) -> None:
    assert_both_record_the_same(make_replay(fuzz_plan(1, run, ["quests"], 400)), tmp_path)


def test_a_won_quest_may_wind_down_for_half_a_second(tmp_path: Path) -> None:
    foe = SpawnEntry(
        pos=Vec2(700.0, 512.0), heading=0.0, spawn_id=SpawnId.ALIEN_SMALL_GREEN_MAN_25, trigger_ms=0, count=1
    )
    quest = CustomQuest(title="One", start_weapon_id=WeaponId.SHOTGUN, terrain_slots=(0, 1, 0), entries=(foe,))
    spec = RunSpec(game_mode_id=GameMode.QUESTS, seed=1, custom_quest=quest)
    path = saved(rush_replay(spec, _shooting(600, spec)), tmp_path)
    words = crimson_zig("record", path, "--out", tmp_path / "never.cdt").message
    ended = int(words.split("run ended (quest_completed) at tick ")[1].split()[0])
    assert_both_record_the_same(rush_replay(spec, _shooting(ended + 32, spec)), tmp_path)
    again = assert_both_refuse_at(rush_replay(spec, _shooting(ended + 33, spec)), ended + 31, tmp_path)
    assert "run ended (quest_completed)" in again


def test_a_menu_that_finds_no_perks_ends_both(tmp_path: Path) -> None:
    """With three perks left, the other choices of the menu take ten thousand attempts each."""
    left = {PerkId.SHARPSHOOTER, PerkId.FASTLOADER, PerkId.INSTANT_WINNER}
    withheld = tuple(PerkId(number) for number in range(1, 58) if number not in left)
    foe = SpawnEntry(pos=Vec2(900.0, 512.0), heading=0.0, spawn_id=SpawnId.ALIEN_DEADLY_FAST_2B, trigger_ms=0, count=6)
    quest = CustomQuest(
        title="Bare", start_weapon_id=WeaponId.SHOTGUN, terrain_slots=(0, 1, 0), entries=(foe,), no_perks=withheld
    )
    spec = RunSpec(game_mode_id=GameMode.QUESTS, seed=1, custom_quest=quest)
    ticks = _shooting(222, spec)
    inputs = [planned_input((), cheats=False)]
    path, out = tmp_path / "menu.crd", tmp_path / "never.cdt"
    ticks[220] = pack_tick(inputs, [PerkMenuOpenCommand(player_index=0)])
    dump_replay_file(path, rush_replay(spec, ticks))
    words = crimson_zig("record", path, "--out", out).message
    assert words == f"error: {path}: ticks 0..220 have more rows than a chunk can hold"
    with pytest.raises(RecordRefused, match=r"ticks 0\.\.220 have more draws than a chunk can hold") as refusal:
        record_replay(load_replay(path), out)
    assert refusal.value.tick == 220
    assert not out.exists()


def _shooting(count: int, spec: RunSpec) -> list[ReplayTick]:
    """Everyone stands, and the computer aims."""
    return [pack_tick([planned_input((), cheats=False)] * spec.player_count)] * count


def assert_equal_beginning(spec: RunSpec, folder: Path) -> None:
    session = initialize_run(spec).session
    path, trace = folder / "beginning.crd", folder / "beginning.cdt"
    dump_replay_file(path, rush_replay(spec, _shooting(1, spec)))
    recorded_by_zig(path, trace)
    with TraceReader(trace) as reader:
        tables = reader.tables(reader.setup_entry)
    begun = {name: [int(column[0]) for column in tables[name].columns] for name in ("checkpoint", "hidden_state")}
    assert begun["hidden_state"] == list(HiddenSampler(session).sample()), spec
    assert begun["checkpoint"][0] == session.world.state.rng.state, spec
    assert isinstance(session.mode_state, QuestSpawnState)
    assert tables["sim_state.quest"].columns[0].tolist() == [session.mode_state.total_creatures], spec
