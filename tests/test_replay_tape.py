"""The tape of a replay, played in pure Python: it shows what the recorder's trace of that replay says."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from crimson.quests.level import QuestLevel
from crimson.replay import types
from crimson.replay.codec import dump_replay_file
from crimson.replay.types import PackedPlayerInput, Replay
from crimson.rng_caller_static import RngCallerStatic
from short_replays import replay_of
from standin_kit import play
from tape_interpreter import ExpectationFailed, Moment, TapeInterpreter
from tape_rows import MemoryCheck

from capture_replays import PLANS
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.floats import from_bits
from crimson.dbg.original.layout import Pool, standin_layout
from crimson.dbg.original.run_start import clean_image
from crimson.dbg.record import record_replay
from crimson.dbg.replay_plans import make_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.schema import SETUP_TICK, TickRecord
from crimson.dbg.standin.call_sites import Site
from crimson.dbg.standin.memory import IMAGE_BASE
from crimson.dbg.standin.replay_tape import make_tape
from crimson.dbg.trace import TraceReader

# Runs, and ticks of each: two with perk picks and pickups, or with rockets that hit; one of each other mode.
_RUNS = {
    "survival-2p-arms": 660,
    "quest-3-5-hardcore": 340,
    "survival-4p-friendly-fire": 110,
    "rush": 125,
    "quest-1-1": 60,
    "tutorial": 60,
    "typo": 70,
}
# How often all of memory is compared; draws and counts are in every tick.
_EVERY = 6


def records_of(replay: Replay, folder: Path) -> list[TickRecord]:
    """What the recorder says of a replay: set-up, then the ticks."""
    dump_replay_file(folder / "run.crd", replay)
    record_replay(load_replay(folder / "run.crd"), folder / "run.cdt")
    with TraceReader(folder / "run.cdt") as trace:
        return [trace.tick(SETUP_TICK), *trace.ticks(0, trace.tick_count - 1)]


def compared(tape: bytes, records: list[TickRecord]) -> list[str]:
    """Where the tape's run differs from the records, by tick."""
    check = MemoryCheck()
    problems: list[str] = []
    for moment, record in zip(TapeInterpreter(tape).moments(), records, strict=True):
        assert moment.tick == record.tick
        found = check.count_problems(moment, record)
        if moment.tick == SETUP_TICK or moment.tick % _EVERY == 0 or record is records[-1]:
            found += check.memory_problems(moment, record)
        problems += [f"tick {moment.tick}: {problem}" for problem in found]
    return problems


@pytest.mark.parametrize("name", _RUNS)
def test_a_tape_shows_what_the_trace_says(name: str, tmp_path: Path) -> None:
    replay = replay_of(name, _RUNS[name])
    make_tape(replay, tmp_path / "run.tape", where=name)
    assert compared((tmp_path / "run.tape").read_bytes(), records_of(replay, tmp_path)) == []


def test_the_longest_run_has_all_that_is_counted(tmp_path: Path) -> None:
    make_tape(replay_of("survival-2p-arms", 660), tmp_path / "run.tape", where="run.crd")
    check = MemoryCheck()
    found = Counter[str]()
    for moment in TapeInterpreter.of(tmp_path / "run.tape").moments():
        for call in moment.calls:
            found[call.name] += 1
            if check.is_hit(call):
                found["hit by a projectile" if call.seen else "hit by a rocket"] += 1
    assert set(found) >= {
        *("hit by a projectile", "hit by a rocket", "bonus_apply", "bonus_spawn_at_pos", "creature_alloc_slot"),
        *("creature_handle_death", "projectile_spawn", "secondary_projectile_spawn"),
    }


def test_a_step_that_reflex_boost_shortens(tmp_path: Path) -> None:
    plan = next(plan for plan in PLANS if plan.name == "quest-3-5-hardcore")
    spec = msgspec.structs.replace(plan.spec, seed=0x5EED2005, hardcore=False)
    replay = make_replay(replace(plan, spec=spec, max_ticks=260))
    records = records_of(replay, tmp_path)
    assert any(record.timing_samples[0].time_scale_active for record in records[1:])
    make_tape(replay, tmp_path / "run.tape", where="run.crd")
    assert compared((tmp_path / "run.tape").read_bytes(), records) == []


def test_a_step_that_the_perk_reflex_boosted_shortens(tmp_path: Path) -> None:
    plan = next(plan for plan in PLANS if plan.name == "quest-3-5-hardcore")
    spec = msgspec.structs.replace(plan.spec, seed=0x5EED2020, hardcore=False, quest_level=QuestLevel(2, 2))
    make_tape(make_replay(replace(plan, spec=spec, max_ticks=580)), tmp_path / "run.tape", where="run.crd")
    # The tape itself expects the runtime's step.
    steps = [moment.timing[0] for moment in TapeInterpreter.of(tmp_path / "run.tape").moments() if moment.timing]
    assert (steps[0], steps[-1]) == (from_bits(0x3C888889), from_bits(0x3C75C290))


def inputs_of(moment: Moment, interpreter: TapeInterpreter, players: int) -> list[PackedPlayerInput]:
    """A tick's inputs as its queries and variables tell them."""
    layout = interpreter.layout
    keys = {
        interpreter.u32(layout.pool("players").field_place(player, f"key_{name}")): (player, flag)
        for player in range(players)
        for name, flag in _KEY_FLAGS.items()
    }
    flags = [types.MOVE_KEYS_PRESENT_FLAG | types.MOVE_MODE_PRESENT_FLAG | types.AIM_SCHEME_PRESENT_FLAG] * players
    for player in range(players):
        move, aim = (
            interpreter.u32(layout.variable(f"config_{kind}_schemes").place + 4 * player) & 7
            for kind in ("movement", "aim")
        )
        flags[player] |= move << types.MOVE_MODE_SHIFT | aim << types.AIM_SCHEME_SHIFT
    begin, end = next((part.begin, part.end) for part in layout.ranges if part.name == "player_update")
    for call in moment.calls:
        if not (call.result & 0xFF and begin <= call.caller < end):
            continue
        if call.name == "input_primary_is_down":
            flags[0] |= types.FIRE_DOWN_FLAG
        elif call.name == "input_primary_just_pressed":
            flags[0] |= types.FIRE_PRESSED_FLAG
        elif call.name == "grim_is_key_active":
            (code,), (player,) = call.arguments, call.seen
            if code == interpreter.variable("config_key_reload"):
                flags[player] |= types.RELOAD_DOWN_FLAG
            elif call.caller == layout.call_site("fire_bullets_key").address:
                flags[player] |= types.FIRE_BULLETS_KEY_DOWN_FLAG
            else:
                owner, flag = keys[code]
                assert owner == player
                flags[player] |= flag
    place = layout.variable("input_axis_values").place
    told: list[PackedPlayerInput] = []
    for player in range(players):
        move_x, move_y, aim_x, aim_y = (from_bits(interpreter.u32(place + 16 * player + 4 * axis)) for axis in range(4))
        told.append((move_x, move_y, aim_x, aim_y, flags[player]))
    return told


_KEY_FLAGS = {
    "forward": types.MOVE_FORWARD_FLAG,
    "backward": types.MOVE_BACKWARD_FLAG,
    "turn_left": types.TURN_LEFT_FLAG,
    "turn_right": types.TURN_RIGHT_FLAG,
    "fire": types.FIRE_DOWN_FLAG,
    "aim_left": types.AIM_TURN_LEFT_FLAG,
    "aim_right": types.AIM_TURN_RIGHT_FLAG,
}


def test_the_queries_tell_the_inputs(tmp_path: Path) -> None:
    plan = next(plan for plan in PLANS if plan.name == "survival-4p-friendly-fire")
    replay = make_replay(replace(plan, max_ticks=30))
    # Every flag alone, for every player: more than the bots would ever press. The run may be another one then.
    for index, tick in enumerate(replay.ticks):
        for player, (move_x, move_y, aim_x, aim_y, flags) in enumerate(tick.inputs):
            only = _PRESSED[(index + player) % len(_PRESSED)]
            pressed = only if player == 0 or only != types.FIRE_PRESSED_FLAG else 0
            tick.inputs[player] = (move_x, move_y, aim_x, aim_y, flags & ~_ALL_PRESSED | pressed)
    make_tape(replay, tmp_path / "run.tape", where="run.crd")
    interpreter = TapeInterpreter.of(tmp_path / "run.tape")
    told = [inputs_of(moment, interpreter, 4) for moment in interpreter.moments() if moment.tick >= 0]
    assert told == [[tuple(packed) for packed in tick.inputs] for tick in replay.ticks]


_PRESSED = (
    *_KEY_FLAGS.values(),
    types.FIRE_PRESSED_FLAG,
    types.RELOAD_DOWN_FLAG,
    types.FIRE_BULLETS_KEY_DOWN_FLAG,
)
_ALL_PRESSED = sum(_PRESSED)


# One run for the rest: two players, deaths and shots.
@pytest.fixture(scope="module")
def replay() -> Replay:
    return replay_of("survival-2p-arms", 160)


@pytest.fixture(scope="module")
def tape(replay: Replay, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("tape") / "run.tape"
    make_tape(replay, path, where="replay")
    return path.read_bytes()


@pytest.fixture(scope="module")
def records(replay: Replay, tmp_path_factory: pytest.TempPathFactory) -> list[TickRecord]:
    return records_of(replay, tmp_path_factory.mktemp("records"))


def last_moment(tape: bytes) -> Moment:
    *_before, last = TapeInterpreter(tape).moments()
    return last


def test_every_traced_fact_is_compared(tape: bytes, records: list[TickRecord]) -> None:
    moment, record = last_moment(tape), records[-1]
    check = MemoryCheck()
    layout = standin_layout()
    # Allocations are not counted here.
    whole = {problem for problem in check.memory_problems(moment, record) if "allocations" not in problem}
    assert whole == set()
    places = {fact.name: fact.place for fact in layout.globals if _in_record(record, fact.path)}
    slots = {"players": 0, "player_hover": 1, **{name: _slot(record, layout.pool(name)) for name in _POOLS}}
    for name, slot in slots.items():
        pool = layout.pool(name)
        for field in pool.fields:
            if field.path:
                places[f"{name}.{field.name}"] = pool.field_place(slot, field.name)
    assert len(places) > 160
    for name, place in places.items():
        moment.memory[place - IMAGE_BASE] ^= 1
        problems = [problem for problem in check.memory_problems(moment, record) if "allocations" not in problem]
        moment.memory[place - IMAGE_BASE] ^= 1
        assert problems, name


_POOLS = ("creatures", "projectiles", "secondary_projectiles", "bonuses")


def _in_record(record: TickRecord, path: str) -> bool:
    value = record
    for part in path.split(".") if path else ():
        value = getattr(value, part)
        if value is None:
            return False
    return bool(path)


def _slot(record: TickRecord, pool: Pool) -> int:
    """A live slot, or one whose residue is hashed."""
    rows = getattr(record.entity_samples, pool.name)
    return rows[0].index if rows else 0


def test_a_write_with_one_byte_changed_is_found(tape: bytes, records: list[TickRecord]) -> None:
    pool = standin_layout().pool("creatures")
    place = pool.field_place(records[-1].entity_samples.creatures[0].index, "active")
    op = tape.rindex(struct.pack("<BIH", 1, place, pool.stride)) + 7 + pool.field("pos.x").place
    changed = tape[:op] + bytes([tape[op] ^ 1]) + tape[op + 1 :]
    problems = compared(changed, records)
    assert any(".pos.x: " in problem for problem in problems)


def test_a_changed_caller_is_found(tape: bytes, records: list[TickRecord]) -> None:
    site = struct.pack("<I", RngCallerStatic.CREATURE_ALLOC_SLOT_PHASE_SEED)
    at = tape.index(site)
    changed = tape[:at] + struct.pack("<I", RngCallerStatic.CREATURE_ALLOC_SLOT_PHASE_SEED + 0x10) + tape[at + 4 :]
    assert any(": draws: " in problem for problem in compared(changed, records))


def test_slots_that_are_not_cleaned_show(
    tape: bytes, records: list[TickRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = clean_image(2)
    pools = [(pool.place, pool.slot_place(pool.slots)) for pool in standin_layout().pools]
    # Each pool's parts together: of a player's, set-up writes most itself.
    groups = {next((pool for pool in pools if pool[0] <= part[0] < pool[1]), part[0]) for part in image}
    assert len(groups) > 15
    for group in groups:
        begin, end = group if isinstance(group, tuple) else (group, group + 1)
        left = [part for part in image if not begin <= part[0] < end]
        monkeypatch.setattr("tape_interpreter.clean_image", lambda _players, left=left: left)
        moment = next(TapeInterpreter(tape).moments())
        assert MemoryCheck().memory_problems(moment, records[0]), hex(begin)


def test_steps_that_are_not_pinned_fail(tape: bytes) -> None:
    with pytest.raises(ExpectationFailed):
        list(TapeInterpreter(tape, agent=False).moments())


def test_the_stand_in_plays_a_tape_without_the_agent(replay: Replay, records: list[TickRecord], tmp_path: Path) -> None:
    path = tmp_path / "run.tape"
    report = make_tape(replay, path, where="replay", ticks=80, pin=False)
    assert (report.ticks, report.size) == (80, path.stat().st_size)
    played = play(path, "--stats")
    assert (played.returncode, played.stderr) == (0, "")
    assert msgspec.json.decode(played.stdout)["ticks"] == 80
    # Nothing but the cleaning is the agent's then, which changes no draw.
    moments = list(TapeInterpreter(path.read_bytes(), agent=False).moments())
    assert [draw for moment in moments for draw in moment.draws] == [
        draw for record in records[:81] for draw in record.rng_stream
    ]


def test_the_hooked_tape_fails_without_the_agent(replay: Replay, tmp_path: Path) -> None:
    make_tape(replay, tmp_path / "run.tape", where="replay", ticks=2)
    assert play(tmp_path / "run.tape").returncode == 3


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"preserve_bugs": False}, "preserve_bugs"),
        ({"typo_dictionary_words": ("word",)}, "custom dictionaries"),
        ({"typo_highscore_names": ("name",) * 129}, "room for 128 names"),
    ],
)
def test_what_the_original_cannot_play_is_refused(
    replay: Replay, change: dict[str, bool | tuple[str, ...]], problem: str, tmp_path: Path
) -> None:
    other = msgspec.structs.replace(replay, run=msgspec.structs.replace(replay.run, **change))
    with pytest.raises(CaptureProblem, match=problem):
        make_tape(other, tmp_path / "run.tape", where="run.crd")
    assert list(tmp_path.iterdir()) == []


def test_made_up_call_sites_keep_away_from_what_is_known() -> None:
    layout = standin_layout()
    known = [int(caller) for caller in RngCallerStatic]
    known += [fact.place for fact in layout.functions]
    known += [site.address for site in layout.call_sites]
    assert all(abs(site - place) >= 32 for site in Site for place in known)
    assert all(after - before >= 32 for before, after in pairwise(sorted(Site)))


def test_made_up_call_sites_lie_in_the_code_they_stand_for() -> None:
    inside = {part.name: {site for site in Site if part.begin <= site < part.end} for part in standin_layout().ranges}
    assert inside == {
        "player_update": {site for site in Site if site.name.startswith(("KEY_", "PRIMARY_"))},
        "projectile_update": {Site.PROJECTILE_FIND, Site.SECONDARY_FIND, Site.PARTICLE_FIND},
    }
