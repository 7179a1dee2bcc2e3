"""How differences are composed: each relation is found where it holds, and not claimed where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from math import tau
from pathlib import Path

import numpy as np
import pytest
import synthetic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from synthetic import Tables

from crimson.dbg.comparison import differences_at
from crimson.dbg.diff import diff_traces
from crimson.dbg.floats import bits_of, from_bits
from crimson.dbg.focus import focus_traces
from crimson.dbg.focus_report import PlayerInput
from crimson.dbg.layout import TABLE_BY_NAME
from crimson.dbg.relations import relations_of
from crimson.dbg.render import render_diff
from crimson.dbg.render_focus import render_focus
from crimson.dbg.report import FieldDifference
from crimson.dbg.rows import TableRows
from crimson.dbg.trace import TraceReader
from crimson.dbg.trace_pair import TracePair

TICK, TICKS, SLOT = 4, 7, 1
STEP = from_bits(0x3C888889)
PLAYERS, CREATURES, PROJECTILES = "sim_state.players", "entity_samples.creatures", "entity_samples.projectiles"

type Values = Mapping[int, float]


def f32(value: float) -> float:
    return from_bits(bits_of(value))


def put(tables: Tables, name: str, field: str, values: Values) -> None:
    """Set a field of slot 1, or of the single row, at some ticks."""
    table, rows = TABLE_BY_NAME[name], tables[name]
    columns = list(rows.columns)
    position = table.positions[field]
    columns[position] = columns[position].copy()
    for tick, value in values.items():
        chosen = rows.ticks == tick
        if table.key is not None:
            chosen &= rows.columns[table.key] == SLOT
        word = bits_of(value) if table.leaves[position].column.wire == "f4" else int(value) & 0xFFFFFFFF
        columns[position][chosen] = word
    tables[name] = TableRows(rows.ticks, tuple(columns))


class Lab:
    """Writes two traces that differ in what a test gives, and asks for the relations of one field at tick 4."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # On both sides: the game's frame step, and nothing that moves by accident.
        self.shared: list[tuple[str, str, Values]] = [("timing_samples", "frame_dt", dict.fromkeys(range(TICKS), STEP))]
        self.shared.append(("timing_samples", "frame_dt_ms", dict.fromkeys(range(TICKS), 16)))

    def difference(self, name: str, field: str, expected: Values, actual: Values) -> FieldDifference:
        for side, values in (("expected", expected), ("actual", actual)):

            def change(tables: Tables, _first: int, values: Values = values) -> None:
                for other in self.shared:
                    put(tables, *other)
                put(tables, name, field, values)

            synthetic.write_trace(self.folder / f"{side}.cdt", TICKS, change=change)
        with self.readers() as (left, right):
            entries = left.tables(left.entry_of(TICK)), right.tables(right.entry_of(TICK))
            found = differences_at(TICK, *entries)
            return next(one for one in found if (one.table, one.field) == (name, field))

    def readers(self) -> _Readers:
        return _Readers(self.folder)

    def relations(
        self, name: str, field: str, expected: Values, actual: Values, inputs: tuple[PlayerInput, ...] = ()
    ) -> tuple[str, ...]:
        difference = self.difference(name, field, expected, actual)
        with self.readers() as (left, right):
            return relations_of(TracePair(left, right), TICK, difference, inputs)


class _Readers:
    def __init__(self, folder: Path) -> None:
        self._readers = TraceReader(folder / "expected.cdt"), TraceReader(folder / "actual.cdt")

    def __enter__(self) -> tuple[TraceReader, TraceReader]:
        return self._readers

    def __exit__(self, *_: object) -> None:
        for reader in self._readers:
            reader.close()


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def around(before: float, now: float, after: float) -> Values:
    return {TICK - 1: f32(before), TICK: f32(now), TICK + 1: f32(after)}


def test_one_ulp_and_a_few(lab: Lab) -> None:
    def up(steps: int) -> float:
        return from_bits(bits_of(3.0) + steps)

    expected = around(1, 3.0, 5)
    assert lab.relations(CREATURES, "heading", expected, {**expected, TICK: up(1)}) == (
        "one ulp: rounded otherwise at a store",
    )
    assert lab.relations(CREATURES, "heading", expected, {**expected, TICK: up(5)}) == (
        "5 ulps: operations in another order or width",
    )


def test_zeros_of_opposite_sign_are_two_values(lab: Lab) -> None:
    assert lab.relations(CREATURES, "heading", around(1, 0.0, 5), around(1, -0.0, 5)) == ()
    traces = lab.folder / "expected.cdt", lab.folder / "actual.cdt"
    for text in (render_diff(diff_traces(*traces, sustain=1)), render_focus(focus_traces(*traces, sustain=1))):
        assert "zeros of opposite sign" in text
        assert "+0 ulp" not in text
    still = around(0.0, 0.0, 0.0)
    assert lab.relations(CREATURES, "heading", {**still, TICK: -0.0}, still) == ("only expected changes in this tick",)
    assert lab.relations(CREATURES, "heading", {**still, TICK: -0.0}, {**still, TICK: 3.0}) == ()


def test_one_tick_late_and_early(lab: Lab) -> None:
    steady, moved = around(20, 29, 31.5), around(20, 20, 29)
    assert f"one tick late: actual has the expected value at tick {TICK + 1}" in lab.relations(
        PLAYERS, "health", steady, moved
    )
    assert f"one tick early: expected has actual's value at tick {TICK + 1}" in lab.relations(
        PLAYERS, "health", moved, steady
    )
    assert "only expected changes in this tick" in lab.relations(PLAYERS, "health", steady, around(20, 20, 20))
    assert "only actual changes in this tick" in lab.relations(PLAYERS, "health", around(20, 20, 20), steady)
    flags = {TICK - 1: 0, TICK: 1, TICK + 1: 1}, {TICK - 1: 0, TICK: 0, TICK + 1: 1}
    assert lab.relations(PLAYERS, "plaguebearer_active", *flags) == (
        f"one tick late: actual has the expected value at tick {TICK + 1}",
    )


def test_whole_frame_steps(lab: Lab) -> None:
    timer = around(2.0, 2.0 - STEP, 2.0 - 2 * STEP)
    missed = lab.relations(PLAYERS, "shield_timer", timer, around(2.0, 2.0 - 2 * STEP, 2.0 - 3 * STEP))
    assert f"one frame step ({STEP:.9g} s) less" in missed
    clock = around(700, 684, 668), around(700, 668, 652)
    assert "one frame step (16 ms) less" in lab.relations("sim_state.rush", "spawn_cooldown_ms", *clock)
    count = {TICK: 32}, {TICK: 48}
    assert "one frame step of 16 ms more" in lab.relations("sim_state", "gameplay.alt_weapon_swap_cooldown_ms", *count)


def test_rates(lab: Lab) -> None:
    heat = around(0.3, f32(0.3) - STEP * 0.4, 0), around(0.3, f32(0.3) - STEP * 0.5, 0)
    assert "changes by dt * -0.5 in this tick, expected dt * -0.4" in lab.relations(PLAYERS, "spread_heat", *heat)
    half = around(100, 100.37, 0), around(100, 100.185, 0)
    assert "changes 1/2 times as much as expected in this tick" in lab.relations(PLAYERS, "move_phase", *half)


def test_turns_apart(lab: Lab) -> None:
    full = around(1, 0.5, 1), around(1, 0.5 + tau, 1)
    assert "a full turn apart: the same direction" in lab.relations(CREATURES, "heading", *full)
    half = around(1, 0.5, 1), around(1, 0.5 + tau / 2, 1)
    assert "half a turn apart" in lab.relations(CREATURES, "heading", *half)
    sign = around(1, 0.5, 1), around(1, -0.5, 1)
    assert "the opposite sign" in lab.relations(CREATURES, "target_heading", *sign)


def test_a_position_from_before_the_player_moved(lab: Lab) -> None:
    lab.shared += [
        (PLAYERS, "pos.x", around(500, 502.25, 504)),
        (PLAYERS, "pos.y", around(300, 299, 298)),
        (PROJECTILES, "pos.y", {TICK: 410.0}),
    ]
    # Both parts must fit: y is the same on both sides here, so it is not the player's movement.
    assert not any("movement" in found for found in lab.relations(PROJECTILES, "pos.x", {TICK: 700.0}, {TICK: 697.75}))
    lab.shared += [(PLAYERS, "pos.y", around(300, 300, 300))]
    assert "behind expected by just player 1's movement of this tick" in lab.relations(
        PROJECTILES, "pos.x", {TICK: 700.0}, {TICK: 697.75}
    )


def test_a_step_of_its_own(lab: Lab) -> None:
    lab.shared += [(CREATURES, "vel.x", {TICK: 0.5}), (CREATURES, "vel.y", {TICK: 0.0})]
    assert "ahead of expected by just its own vel" in lab.relations(CREATURES, "pos.x", {TICK: 90.0}, {TICK: 90.5})


def test_exchanged_fields(lab: Lab) -> None:
    field = "gameplay.perks.choices.choice_{}"
    lab.shared += [("sim_state", field.format(2), {TICK: 16})]
    difference = lab.difference("sim_state", field.format(1), {TICK: 33}, {TICK: 16})
    assert difference.actual == 16
    for side, one, two in (("expected", 33, 16), ("actual", 16, 33)):

        def change(tables: Tables, _first: int, one: int = one, two: int = two) -> None:
            put(tables, "sim_state", field.format(1), {TICK: one})
            put(tables, "sim_state", field.format(2), {TICK: two})

        synthetic.write_trace(lab.folder / f"{side}.cdt", TICKS, change=change)
    with lab.readers() as (left, right):
        assert "exchanged with choice_2" in relations_of(TracePair(left, right), TICK, difference)


def test_an_aim_from_another_ticks_input(lab: Lab) -> None:
    inputs = tuple(
        PlayerInput(tick, SLOT, (0.0, 0.0), (f32(100.7 + tick), 5.0), (), "") for tick in range(TICK - 2, TICK + 3)
    )
    now = {TICK: f32(100.7 + TICK)}
    late = lab.relations(PLAYERS, "aim.x", now, {TICK: f32(100.7 + TICK - 1)}, inputs)
    assert late[0] == f"the replay's aim of tick {TICK - 1}, used 1 tick late"
    early = lab.relations(PLAYERS, "aim.x", now, {TICK: f32(100.7 + TICK + 2)}, inputs)
    assert early[0] == f"the replay's aim of tick {TICK + 2}, used 2 ticks early"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.tuples(*[st.floats(-2000, 2000, width=32) for _ in range(6)]),
    field=st.sampled_from(["pos.x", "heading", "vel.y", "hp", "attack_cooldown"]),
)
def test_numbers_at_random_have_no_relation(
    values: tuple[float, float, float, float, float, float], field: str, tmp_path: Path
) -> None:
    """Only what any two values can have: that one side does not move, or that they are close."""
    expected, actual = around(*values[:3]), around(*values[3:])
    if expected[TICK] == actual[TICK]:
        return
    found = Lab(tmp_path).relations(CREATURES, field, expected, actual)
    plain = (np.float32(values[1]), np.float32(values[4]))
    claims = [one for one in found if "dt *" in one or "times" in one or "frame step" in one or "just" in one]
    # Small whole numbers, to which Hypothesis shrinks, do stand in simple relations.
    assert not claims or all(float(value) == round(float(value), 2) for value in plain), (found, values)
