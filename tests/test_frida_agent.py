"""The agent, in the stand-in, sends exactly what happened; what it can't vouch for is refused or says so."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import agent_rig as rig
import msgspec
import numpy as np
import pytest
from agent_rig import CREATURES, ELSEWHERE, FRAME_DRAW, PROJECTILES, SETUP_DRAW, Play, play_file, variable, word

from crimson.dbg.errors import CaptureProblem
from crimson.dbg.lcg import next_state
from crimson.dbg.original import agent_records as records
from crimson.dbg.original.agent_config import Clean, MemoryRegion, RecordFacts, Target
from crimson.dbg.original.agent_records import Record, RegionSlot, decode, record_skew
from crimson.dbg.original.agent_session import STOPPED, AgentSession, agent_source
from crimson.dbg.standin.tape import SEED

CREATURE = rig.pool("creatures")
PROJECTILE = rig.pool("projectiles")
PLAYER = rig.pool("players")
OWNER_OFFSET = 0x3C
EXPERIENCE = PLAYER.address + 0xA4
CHOICES = variable("perk_choice_ids")
SELECTION = variable("perk_selection_index")


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "one.tape"


def without(items: Sequence[Record], *kinds: type[Record]) -> list[Record]:
    return [item for item in items if not isinstance(item, kinds)]


def of_kind[R: Record](items: Sequence[Record], kind: type[R]) -> list[R]:
    return [item for item in items if isinstance(item, kind)]


def slots(items: Sequence[Record]) -> list[tuple[int, int, bytes]]:
    return [(item.region, item.slot, bytes(item.data)) for item in of_kind(items, RegionSlot)]


def since_setup(items: Sequence[Record]) -> list[Record]:
    """What came after the last set-up."""
    last = max(place for place, item in enumerate(items) if isinstance(item, records.SetupEnd))
    return list(items[last + 1 :])


# ------------------------------------------------------------------------------------------------------------- events


def slot_at(region: MemoryRegion, slot: int, offset: int = 0) -> int:
    return region.address + slot * region.slot_size + offset


def key(play: Play, name: str) -> None:
    play.tape.write(variable("render_overlay_player_index"), word(2))
    play.call(name, 0x11, at=rig.IN_PLAYER_UPDATE, eax=0x12345601)
    # a menu's question
    play.call(name, 0x11, at=ELSEWHERE, eax=1)


def primary(play: Play, name: str) -> None:
    play.tape.write(variable("render_overlay_player_index"), word(1))
    play.call(name, eax=0xFFFFFF00)


def hit(play: Play) -> None:
    position = slot_at(PROJECTILE, 95, 8)
    play.tape.write(slot_at(PROJECTILE, 95, OWNER_OFFSET), word(-101))
    play.call("creature_find_in_radius", position, 0, 0, at=rig.IN_PROJECTILE_UPDATE, eax=7)
    play.call("creature_find_in_radius", position, 0, 8, at=rig.IN_PROJECTILE_UPDATE, eax=-1)
    play.call("creature_find_in_radius", position, 0, 8, at=ELSEWHERE, eax=7)
    behind = slot_at(PROJECTILE, 96)
    play.call("creature_find_in_radius", behind, 0, 0, at=rig.IN_PROJECTILE_UPDATE, eax=0)


def death(play: Play) -> None:
    play.tape.write(slot_at(CREATURE, 383, 0x64), struct.pack("<f", 62.5))
    play.tape.write(slot_at(CREATURE, 383, 0x6C), word(4))
    # no creature: what lies behind the pool
    play.tape.write(slot_at(CREATURE, 384), bytes(range(1, CREATURE.slot_size)))
    play.tape.write(EXPERIENCE, word(100))
    with play.within("creature_handle_death", 383, 1):
        play.tape.write(EXPERIENCE, word(163))
    play.call("creature_handle_death", 384, 0)


def perk(play: Play) -> None:
    play.tape.write(CHOICES, b"".join(word(40 + number) for number in range(7)))
    play.tape.write(SELECTION, word(6))
    with play.within("perk_apply", 46, at=rig.MENU_PICK):
        play.tape.write(SELECTION, word(7))
    play.call("perk_apply", 46, at=0x10005000)


# Each event of the game, and the records that it makes.
EVENTS: dict[str, tuple[Callable[[Play], None], list[Record]]] = {
    "key_active": (
        lambda play: key(play, "grim_is_key_active"),
        [records.Key(player=2, key=0x11, result=1, caller=rig.IN_PLAYER_UPDATE)],
    ),
    "key_down": (
        lambda play: key(play, "grim_is_key_down"),
        [records.Key(player=2, key=0x11, result=1, caller=rig.IN_PLAYER_UPDATE)],
    ),
    "just_pressed": (
        lambda play: primary(play, "input_primary_just_pressed"),
        [records.Primary(player=1, just_pressed=1, result=0)],
    ),
    "is_down": (
        lambda play: primary(play, "input_primary_is_down"),
        [records.Primary(player=1, just_pressed=0, result=0)],
    ),
    "creature": (
        lambda play: play.call("creature_alloc_slot", eax=-1),
        [records.CreatureAllocated(-1)],
    ),
    "projectile": (
        lambda play: play.call("projectile_spawn", 1, 2, 3, 4, eax=95),
        [records.ProjectileSpawned(95)],
    ),
    "secondary": (
        lambda play: play.call("secondary_projectile_spawn", 1, 2, 3, eax=63),
        [records.SecondarySpawned(63)],
    ),
    "bonus_at": (
        lambda play: play.call("bonus_spawn_at", 1, 2, 3, eax=0x00482964),
        [records.BonusSpawned(0x00482964)],
    ),
    "bonus_at_pos": (lambda play: play.call("bonus_spawn_at_pos", 1), [records.BonusSpawned(0)]),
    "hit": (
        hit,
        [
            records.Hit(slot_at(PROJECTILE, 95, 8), creature=7, owner=-101),
            records.Hit(slot_at(PROJECTILE, 96), creature=0, owner=records.NO_OWNER),
        ],
    ),
    "pickup": (lambda play: play.call("bonus_apply", 3, 0x00482948), [records.Pickup(3, 0x00482948)]),
    "death": (
        death,
        [
            records.DeathBegin(creature=383, type_id=4, reward_value=62.5, experience=100),
            records.DeathEnd(163),
            records.DeathBegin(creature=384, type_id=0, reward_value=0.0, experience=163),
            records.DeathEnd(163),
        ],
    ),
    "perk": (
        perk,
        [
            records.PerkApplyBegin(perk_id=46, caller=rig.MENU_PICK, selection_index=6, selected_perk=46),
            records.PerkApplyEnd(),
            records.PerkApplyBegin(perk_id=46, caller=0, selection_index=7, selected_perk=records.NO_PERK),
            records.PerkApplyEnd(),
        ],
    ),
    "choices": (lambda play: play.call("perks_generate_choices"), [records.ChoicesBegin(), records.ChoicesEnd()]),
    "state": (lambda play: play.call("game_state_set", 7), [records.StateSet(7)]),
    "quest": (lambda play: play.call("quest_start_selected", 3, 9), [records.QuestStart(3, 9)]),
    "creatures": (lambda play: play.call("creature_update_all"), [records.CreaturesUpdated()]),
    "typo": (lambda play: play.call("typo_key", 13), [records.TypoKey(13)]),
}


def play_every_event(play: Play) -> None:
    # before a set-up the agent does nothing, not even to the step or to an idle draw
    with play.tick():
        play.call("creature_alloc_slot", eax=1)
    play.draw(FRAME_DRAW)
    play.tape.expect(SEED, play.state)
    play.tape.expect(variable("frame_dt"), 0)
    for _ in range(2):
        play.setup()
        for act, _ in EVENTS.values():
            with play.tick():
                play.draw()
                act(play)
            play.undone_draw()
            act(play)
            play.draw()
    play.tape.end()


@pytest.fixture(scope="module")
def both_paths(tmp_path_factory: pytest.TempPathFactory) -> list[rig.Captured]:
    """A tape of everything, captured by C and by JavaScript."""
    tape = tmp_path_factory.mktemp("tapes") / "everything.tape"
    with play_file(tape) as play:
        play_every_event(play)
    clean = [Clean(0, slot_at(CREATURE, 3), "00ff10"), Clean(0, slot_at(PROJECTILE, 95), "")]
    return [rig.capture(tape, rig.config(clean=clean, native=native)) for native in (True, False)]


def test_both_paths_send_the_same_messages(both_paths: list[rig.Captured]) -> None:
    native, script = both_paths
    assert (native.hello.native, script.hello.native) == (True, False)
    assert (native.exit_code, native.output) == (script.exit_code, script.output) == (0, "")
    assert len(native.batches) == 2 * (1 + len(EVENTS)) + 1
    assert native.batches == script.batches


def test_hello_says_what_the_agent_is_in(both_paths: list[rig.Captured]) -> None:
    hello = both_paths[0].hello
    program = Path(hello.path)
    assert (hello.size, hello.arch, hello.platform) == (program.stat().st_size, "ia32", "linux")
    assert hello.sha256 == rig.config().targets[0].sha256


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_seen_in_a_tick_and_between_two(name: str, both_paths: list[rig.Captured]) -> None:
    batches = both_paths[0].batches
    first = 1 + list(EVENTS).index(name)
    expected = EVENTS[name][1]
    state = (RegionSlot, records.Draws, records.TickEnter, records.TickLeave)
    in_tick = list(decode(batches[first]))
    ended = next(place for place, item in enumerate(in_tick) if isinstance(item, records.TickEnter))
    assert without(in_tick[ended:], *state) == [*expected, records.TickEnd()]
    # what comes after the tick's end goes with the next batch
    after = list(decode(batches[first + 1]))
    stop = next(place for place, item in enumerate(after) if isinstance(item, records.TickEnter | records.SetupBegin))
    assert without(after[:stop], records.Draws) == [records.IdleDrawUndone(), *expected]


# -------------------------------------------------------------------------------------------------------------- draws


@pytest.mark.parametrize("native", [True, False])
def test_draws_have_their_states_and_callers(tape: Path, native: bool) -> None:
    # 0x00444b9b and 0x00444ba0 are closer to each other than a call is long
    callers = (0x00444B9B, 0x00444BA0, 0x00452CF1, 0x00452CFA, 0x10001234, SETUP_DRAW, FRAME_DRAW, ELSEWHERE)
    with play_file(tape) as play:
        first = play.state
        play.setup()
        with play.tick():
            for caller in callers:
                play.draw(caller)
        play.draw(0x00418000)
        play.tape.end()
    captured = rig.capture(tape, rig.config(native=native))
    seen = of_kind(captured.records, records.Draws)
    states = [first]
    while len(states) < sum(len(draws.caller) for draws in seen) + 1:
        states.append(next_state(states[-1]))
    assert [state for draws in seen for state in draws.state_before] == states[:-1]
    assert seen[0].caller == (SETUP_DRAW, ELSEWHERE, ELSEWHERE, ELSEWHERE, FRAME_DRAW)
    # within a tick no caller has a meaning; the library is no part of the executable
    assert seen[1].caller == tuple(0 if caller >= 0x10000000 else caller for caller in callers)
    assert seen[2].caller == (FRAME_DRAW,)
    assert seen[3].caller == (0x00418000,)
    (enter,) = of_kind(captured.records, records.TickEnter)
    (leave,) = of_kind(captured.records, records.TickLeave)
    assert (enter.rng_state, leave.rng_state) == (states[5], states[5 + len(callers)])
    (begin,) = of_kind(captured.records, records.SetupBegin)
    assert begin.rng_state == first
    kinds = [type(item) for item in without(captured.records, RegionSlot)]
    assert kinds == [
        *(records.SetupBegin, records.Draws, records.SetupEnd),
        *(records.TickEnter, records.Draws, records.TickLeave, records.Draws, records.TickEnd),
        records.Draws,
    ]


@pytest.mark.parametrize("native", [True, False])
def test_idle_draws_leave_the_state_as_it_was(tape: Path, native: bool) -> None:
    with play_file(tape) as play:
        play.setup()
        for _ in range(3):
            with play.tick():
                play.draw()
            before = play.state
            for _ in range(5):
                play.undone_draw()
        play.tape.end()
    captured = rig.capture(tape, rig.config(native=native))
    assert (captured.exit_code, captured.output) == (0, "")
    assert len(of_kind(captured.records, records.IdleDrawUndone)) == 15
    assert (
        of_kind(captured.records, records.Draws)[-1].state_before[0]
        == of_kind(captured.records, records.TickLeave)[-1].rng_state
    )
    assert next_state(of_kind(captured.records, records.TickLeave)[-1].rng_state) == before


# --------------------------------------------------------------------------------------------------------------- step


def pinned(active: int, reflex: float) -> tuple[np.float32, int]:
    f32 = np.float32
    step = f32(1) / f32(60)
    if active:
        factor = f32(0.3) if f32(reflex) >= f32(1) else f32(f32(f32(1) - f32(reflex)) * f32(0.7)) + f32(0.3)
        step = f32(step * factor)
    return step, int(np.trunc(f32(step * f32(1000))))


def test_the_step_is_pinned_to_what_a_replay_has(tape: Path) -> None:
    random = np.random.default_rng(5)
    cases = [(0, 0.0), (0, 0.5), (1, 0.0), (1, 1.0), (255, 3.0), (1, 1e-9), (1, -2.5), (1, 1 - 2**-24), (1, 1 + 2**-23)]
    cases += [(1, float(value)) for value in random.random(200, dtype=np.float32)]
    found = [(word(0x3D000000 + number), word(number)) for number in range(len(cases))]
    with play_file(tape) as play:
        play.setup()
        for (active, reflex), (dt, dt_ms) in zip(cases, found, strict=True):
            play.tape.write(variable("time_scale_active"), bytes([active]))
            play.tape.write(variable("bonus_reflex_boost_timer"), struct.pack("<f", reflex))
            play.tape.write(variable("frame_dt"), dt + dt_ms)
            with play.tick():
                step, milliseconds = pinned(active, reflex)
                play.tape.expect(variable("frame_dt"), int(step.view(np.uint32)))
                play.tape.expect(variable("frame_dt_ms"), milliseconds)
        play.tape.end()
    captures = [rig.capture(tape, rig.config(native=native)) for native in (True, False)]
    assert [(captured.exit_code, captured.output) for captured in captures] == [(0, "")] * 2
    assert captures[0].batches == captures[1].batches
    entered = of_kind(captures[0].records, records.TickEnter)
    assert len(entered) == len(cases)
    for (active, reflex), (dt, dt_ms), enter in zip(cases, found, entered, strict=True):
        step, milliseconds = pinned(active, reflex)
        assert (enter.time_scale_active, enter.reflex_boost_timer) == (active, np.float32(reflex))
        assert struct.pack("<fi", enter.found_frame_dt, enter.found_frame_dt_ms) == dt + dt_ms
        assert (enter.frame_dt, enter.frame_dt_ms) == (step, milliseconds)
    # one sixtieth, as the replay format has it
    assert struct.pack("<f", entered[0].frame_dt) == word(0x3C888889)
    assert entered[0].frame_dt_ms == 16


@pytest.mark.parametrize("native", [True, False])
def test_an_update_within_the_other_one_is_one_tick(tape: Path, native: bool) -> None:
    with play_file(tape) as play:
        play.setup()
        with play.within("typo_gameplay_update_and_render"), play.within("gameplay_update_and_render"):
            play.draw()
        play.draw(FRAME_DRAW)
        play.tape.end()
    captured = rig.capture(tape, rig.config([CREATURE], native=native))
    assert (captured.exit_code, captured.output) == (0, "")
    kinds = [type(item) for item in captured.records]
    assert kinds[-5:] == [records.TickEnter, records.Draws, records.TickLeave, records.Draws, records.TickEnd]
    assert kinds.count(records.TickEnter) == 1


# ------------------------------------------------------------------------------------------------------------- memory


@pytest.mark.parametrize("native", [True, False])
def test_every_changed_slot_is_recorded_once(tape: Path, native: bool) -> None:
    places = [(CREATURES, CREATURE, 0), (CREATURES, CREATURE, 200), (CREATURES, CREATURE, 383)]
    places += [(PROJECTILES, PROJECTILE, 0), (PROJECTILES, PROJECTILE, 95), (rig.PLAYERS, PLAYER, 3)]
    contents = {(number, slot): bytearray(region.slot_size) for number, region, slot in places}
    with play_file(tape) as play:
        play.setup()
        expected = []
        for number, region, slot in places:
            # bytes at both ends, one by one
            for offset in (0, region.slot_size - 1, region.slot_size // 2):
                with play.tick():
                    play.tape.write(slot_at(region, slot, offset), b"\x80")
                contents[number, slot][offset] = 0x80
                expected.append([(number, slot, bytes(contents[number, slot]))])
        # a change between ticks, and one that is taken back in time
        play.tape.write(slot_at(CREATURE, 7), b"\x01")
        with play.tick():
            play.tape.write(slot_at(CREATURE, 8), b"\x01")
            play.tape.write(slot_at(CREATURE, 8), b"\x00")
        expected.append([(CREATURES, 7, b"\x01" + bytes(CREATURE.slot_size - 1))])
        play.tape.end()
    captured = rig.capture(tape, rig.config(native=native))
    # the step is a region, too: pinned in the first tick
    (step, milliseconds, *first), *others = (slots(list(decode(batch))) for batch in captured.batches[1:])
    assert (step, milliseconds) == ((0, 0, word(0x3C888889)), (0, 1, word(16)))
    assert [first, *others] == expected


@pytest.mark.parametrize("native", [True, False])
def test_a_set_up_ends_with_the_whole_state(tape: Path, native: bool) -> None:
    with play_file(tape) as play:
        for number in range(2):
            play.tape.write(slot_at(CREATURE, 4), b"leftover")
            play.setup()
            play.tape.expect(slot_at(CREATURE, 4), int.from_bytes(b"\0\0\0t", "little"))
            with play.tick():
                play.tape.write(slot_at(CREATURE, 5 + number), b"spawned")
        play.tape.end()
    captured = rig.capture(tape, rig.config(clean=[Clean(0, slot_at(CREATURE, 4), "000000")], native=native))
    assert (captured.exit_code, captured.output) == (0, "")
    ends = [batch for batch in captured.batches if any(isinstance(item, records.SetupEnd) for item in decode(batch))]
    total = sum(region.slots for region in rig.REGIONS)
    assert [len(slots(list(decode(batch)))) for batch in ends] == [total + 1, total + 1]
    held = [{(region, slot): data for region, slot, data in slots(list(decode(batch)))} for batch in ends]
    assert [state[CREATURES, 4][:8] for state in held] == [b"\x00\x00\x00tover"] * 2
    assert [state[CREATURES, 5][:7] for state in held] == [bytes(7), b"spawned"]


@pytest.mark.parametrize("native", [True, False])
def test_a_tick_within_a_set_up_is_not_ended_by_a_later_frame(tape: Path, native: bool) -> None:
    with play_file(tape) as play:
        play.draw(SETUP_DRAW)
        with play.within("gameplay_update_and_render"):
            play.tape.write(slot_at(CREATURE, 4), b"x")
        play.draw(FRAME_DRAW)
        play.undone_draw()
        play.tape.end()
    captured = rig.capture(tape, rig.config([CREATURE], native=native))
    assert (captured.exit_code, captured.output) == (0, "")
    found = 1 + CREATURE.slots
    kinds = [type(item) for item in captured.records]
    assert kinds[:found] == [records.SetupBegin, *[RegionSlot] * CREATURE.slots]
    assert kinds[found:] == [
        *(records.Draws, records.TickEnter, records.TickLeave, records.Draws),
        *(RegionSlot, records.SetupEnd, records.IdleDrawUndone),
    ]


# ----------------------------------------------------------------------------------------------------- what goes wrong


def write_ticks(path: Path, ticks: int, draws: int = 5) -> None:
    with play_file(path) as play:
        play.setup()
        for number in range(ticks):
            with play.tick():
                for _ in range(draws):
                    play.draw()
                play.tape.write(slot_at(CREATURE, number % 384), word(number + 1))
        play.tape.end()


def test_an_unknown_executable_is_refused_unhooked(tape: Path) -> None:
    with play_file(tape) as play:
        play.setup()
        with play.tick():
            pass
        # a hooked game would take this one back
        play.draw(FRAME_DRAW)
        play.tape.expect(SEED, play.state)
        play.tape.end()
    settings = rig.config()
    program = rig.standin_program()
    known = (Target("crimsonland.exe 1.9.93", "77" * 32), Target("another one", "88" * 32))
    with rig.standin(tape) as target:
        with pytest.raises(CaptureProblem) as refused:
            AgentSession.attach(target.process.pid, msgspec.structs.replace(settings, targets=known))
        target.go()
        assert target.finish() == (0, "")
    assert refused.value.where == str(program)
    assert refused.value.problem == (
        "is not crimsonland.exe 1.9.93 or another one: "
        f"it has {program.stat().st_size} bytes and SHA-256 {settings.targets[0].sha256}"
    )


def refusal(tape: Path, settings: rig.AgentConfig, source: str | None = None) -> str:
    """Why a session does not come about; the stand-in plays on without it."""
    write_ticks(tape, 1)
    with rig.standin(tape) as target:
        with pytest.raises(CaptureProblem) as refused:
            AgentSession.attach(target.process.pid, settings, source=source)
        target.go()
        assert target.finish() == (0, "")
    return refused.value.problem


def test_an_agent_of_another_version_is_refused(tape: Path) -> None:
    source = agent_source()
    wrong = source.replace("'found_frame_dt_ms',", "'found_dt_ms',", 1)
    assert wrong != source
    assert refusal(tape, rig.config(), wrong) == (
        "the agent and its host are of two versions: "
        "field 4 of tick_enter is found_dt_ms to the agent, and found_frame_dt_ms here"
    )


def test_record_skew_names_what_differs() -> None:
    table = dict(records.RECORD_TABLE)
    assert record_skew(table) == ""
    assert (
        record_skew(table | {"hit": RecordFacts(15, table["hit"].fields)}) == "hit is kind 15 to the agent, and 14 here"
    )
    shorter = record_skew(table | {"hit": RecordFacts(14, ("position", "creature"))})
    assert shorter == "field 2 of hit is nothing to the agent, and owner here"
    longer = record_skew(table | {"tick_end": RecordFacts(6, ("dt",))})
    assert longer == "field 0 of tick_end is dt to the agent, and nothing here"
    assert record_skew(table | {"sfx": RecordFacts(28, ())}) == "the agent's record sfx is unknown here"
    del table["hit"]
    assert record_skew(table) == "the agent has no record hit"


def test_a_function_without_an_address_is_named(tape: Path) -> None:
    settings = rig.config()
    functions = {name: address for name, address in settings.functions.items() if name != "typo_key"}
    problem = refusal(tape, msgspec.structs.replace(settings, functions=functions))
    assert problem == "the agent refused: the configuration has no address of the function typo_key"


def test_a_function_that_cannot_be_hooked_is_named(tape: Path) -> None:
    settings = rig.config()
    functions = settings.functions | {"perk_apply": 0x00600000}
    problem = refusal(tape, msgspec.structs.replace(settings, functions=functions))
    assert problem.startswith("the agent refused: perk_apply: no hook could be set: ")


@pytest.mark.parametrize("native", [True, False])
def test_a_full_ring_is_reported(tape: Path, native: bool) -> None:
    write_ticks(tape, 3)
    region = MemoryRegion(CREATURE.address, CREATURE.slot_size, 6)
    # header and fields of all that comes up to the set-up's end, and the word that is kept for the overflow
    needed = 2 + 5 * 3 + 6 * (3 + region.slot_size // 4) + 1 + 1
    enough = rig.capture(tape, rig.config([region], ring_bytes=4 * needed, native=native))
    assert of_kind(enough.records, records.Overflow) == []
    (whole, *ticks) = (list(decode(batch)) for batch in enough.batches)

    full = rig.capture(tape, rig.config([region], ring_bytes=4 * needed - 4, native=native))
    assert list(decode(full.batches[0])) == [*whole[:-1], records.Overflow()]
    # the host gives the run up; the agent goes on
    assert [list(decode(batch)) for batch in full.batches[1:]] == ticks
    assert full.exit_code == 0


def test_overflow_is_the_last_record_of_its_batch(tape: Path) -> None:
    write_ticks(tape, 2, draws=100)
    captured = rig.capture(tape, rig.config([], ring_bytes=400))
    setup, *ticks = (list(decode(batch)) for batch in captured.batches)
    assert records.Overflow() not in setup
    for tick in ticks:
        assert [type(item) for item in tick] == [records.TickEnter, records.Draws, records.Overflow]


@pytest.mark.parametrize("native", [True, False])
def test_the_game_waits_for_a_slow_host_and_nothing_is_lost(tape: Path, native: bool) -> None:
    write_ticks(tape, 60)
    seen = []

    def wait_for_the_game_to_wait(session: AgentSession, number: int) -> None:
        if number < 3:
            while (stats := session.stats()).unacknowledged != 3:
                pass
            seen.append((stats.unacknowledged, stats.messages))

    slow = rig.capture(tape, rig.config(window=2, native=native), on_batch=wait_for_the_game_to_wait)
    # never more than one message beyond the window, whatever the host does
    assert seen == [(3, 3), (3, 4), (3, 5)]
    fast = rig.capture(tape, rig.config(window=1000, native=native))
    assert len(slow.batches) == 61
    assert slow.batches == fast.batches
    assert (slow.exit_code, fast.exit_code) == (0, 0)


def test_the_game_plays_on_when_the_host_goes_away_while_it_waits(tape: Path) -> None:
    write_ticks(tape, 20)
    with rig.standin(tape) as target:
        with AgentSession.attach(target.process.pid, rig.config(window=1)) as session:
            target.go()
            while session.stats().unacknowledged != 2:
                pass
        assert target.finish() == (0, "")


def test_stop_takes_the_hooks_out_and_loses_nothing(tape: Path) -> None:
    write_ticks(tape, 400)
    stopped = []

    def stop(session: AgentSession, number: int) -> None:
        if number == 10:
            stopped.append(session.stop())

    captured = rig.capture(tape, rig.config(window=4), on_batch=stop)
    assert captured.ending is not None
    assert captured.ending.reason == STOPPED
    assert captured.exit_code == 0
    (stats,) = stopped
    assert stats is not None
    assert stats.messages == len(captured.batches)
    assert stats.bytes == sum(map(len, captured.batches))
    ticks = of_kind(captured.records, records.TickEnd)
    assert len(ticks) >= 10
    draws = [state for draws in of_kind(captured.records, records.Draws) for state in draws.state_before]
    assert all(next_state(before) == after for before, after in pairwise(draws))


def test_a_second_session_captures_the_next_run(tape: Path) -> None:
    with play_file(tape) as play:
        for _ in range(2):
            play.setup()
            for _ in range(3):
                with play.tick():
                    play.draw()
        play.tape.end()
    with rig.standin(tape) as target:
        with AgentSession.attach(target.process.pid, rig.config()) as first:
            first.stop()
            assert list(first.batches()) == []
        with AgentSession.attach(target.process.pid, rig.config()) as second:
            target.go()
            assert len(list(second.batches())) == 8
        assert target.finish() == (0, "")


def test_a_killed_game_ends_the_batches(tape: Path) -> None:
    with play_file(tape) as play:
        play.setup()
        with play.tick():
            play.draw()
        play.tape.die()
    captured = rig.capture(tape, rig.config())
    assert captured.ending is not None
    assert captured.ending.reason == "process-terminated"
    # what Frida had not handed on yet is gone with the game
    assert len(captured.batches) <= 2


@pytest.mark.parametrize(
    ("written", "instead", "problem"),
    [
        ("this.sequence += 1;", "this.sequence += 2;", "batch 1 was lost: batch 2 came"),
        ("this.outbox.waitForCredit();", "throw new Error('planted');", "the agent failed: Error: planted"),
        ("type: 'records'", "type: 'record'", "the agent failed: sent a message that is not in the contract"),
    ],
)
def test_a_faulty_agent_is_no_capture(tape: Path, written: str, instead: str, problem: str) -> None:
    write_ticks(tape, 5)
    source = agent_source()
    assert written in source
    with rig.standin(tape) as target:
        with AgentSession.attach(target.process.pid, rig.config(), source=source.replace(written, instead)) as session:
            target.go()
            with pytest.raises(CaptureProblem) as failed:
                list(session.batches())
        target.finish()
    assert failed.value.problem.startswith(problem)


def test_no_process() -> None:
    with pytest.raises(CaptureProblem, match="process no-such-game: Frida says: "):
        AgentSession.attach("no-such-game", rig.config())


# ------------------------------------------------------------------------------------------------------------- decoder


def words(*values: int) -> bytes:
    return b"".join(map(word, values))


@pytest.mark.parametrize(
    ("batch", "problem"),
    [
        (words(2 << 24 | 2, 1, 2)[:-1], "byte 11: ends within a word"),
        (words(6 << 24, 2 << 24 | 2, 1), "byte 4: has a record of 3 words, and only 2 are left"),
        (words(2 << 24 | 2, 1, 2, 2 << 24 | 2, 1), "byte 0: ends within a draw"),
        (words(5 << 24 | 2, 1, 2), "byte 0: has an unknown record: header 0x05000002"),
        (words(7 << 24 | 2, 1, 2), "byte 0: has an unknown record: header 0x07000002"),
        (words(28 << 24), "byte 0: has an unknown record: header 0x1c000000"),
        (words(0), "byte 0: has an unknown record: header 0x00000000"),
    ],
)
def test_what_is_no_sequence_of_records_is_refused(batch: bytes, problem: str) -> None:
    with pytest.raises(CaptureProblem) as refused:
        list(decode(batch))
    assert str(refused.value) == f"the agent's records, {problem}"


def test_an_empty_batch_has_no_records() -> None:
    assert list(decode(b"")) == []
