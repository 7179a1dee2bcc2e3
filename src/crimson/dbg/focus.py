"""A window of ticks in depth: what differs where, since when, and how the differences are composed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Unpack

from crimson.dbg.aftermath import aftermath, precedents
from crimson.dbg.ancestry import trace_back
from crimson.dbg.cause_order import cause_rank, whole_field
from crimson.dbg.diff import Comparison, Options, comparing
from crimson.dbg.draws import align_draws, leading_draw
from crimson.dbg.errors import ReplayProblem
from crimson.dbg.focus_report import (
    EntityStatus,
    FocusEntity,
    FocusField,
    FocusReport,
    PlayerCommand,
    PlayerInput,
    TickCounts,
    TimelineTick,
)
from crimson.dbg.labels import label_of
from crimson.dbg.names import name_of
from crimson.dbg.pairing import HIDDEN_CHANNEL, Found
from crimson.dbg.presence import POOLS, absences
from crimson.dbg.relations import relations_of
from crimson.dbg.report import BisectReport, DiffReport, FieldDifference, Lead
from crimson.dbg.schema import CHANNELS, SETUP_TICK
from crimson.dbg.trace_pair import RowView, Side, TracePair, same_thing
from crimson.dbg.windows import TICKS_AFTER, window_around

# How far back a row is followed to where both sides had the same of it.
_FOLLOWED_TICKS = 64
_COUNTED = {
    "draws": "rng_stream",
    "creatures": "entity_samples.creatures",
    "projectiles": "entity_samples.projectiles",
    "bonuses": "entity_samples.bonuses",
}


def focus_traces(
    expected: Path, actual: Path, *, replay: Path | None = None, **options: Unpack[Options]
) -> FocusReport:
    """Compare as `diff_traces` does, and look closely at the first bad tick and the window around it, or at `ticks`.

    `replay` is the `.crd` whose inputs are shown; by default the one beside the expected trace, where there is one
    of the same run.
    """
    with comparing(expected, actual, **options) as comparison:
        return _Focus(comparison, replay).report()


def bisect_traces(expected: Path, actual: Path, **options: Unpack[Options]) -> BisectReport:
    """Where the first divergence that counts lies, and the window to look at."""
    with comparing(expected, actual, **options) as comparison:
        report = comparison.report
        bad = report.first_bad_tick
        return BisectReport(
            expected=report.expected.path,
            actual=report.actual.path,
            verdict=report.verdict,
            ticks_compared=report.ticks_compared,
            first_bad_tick=bad,
            last_good_tick=None if bad is None or bad == SETUP_TICK else bad - 1,
            window=None if bad is None else window_around(bad, _longer(report)),
            lead=report.lead,
        )


def _longer(report: DiffReport) -> int:
    return max(report.expected.ticks, report.actual.ticks)


class _Focus:
    def __init__(self, comparison: Comparison, replay: Path | None) -> None:
        self._diff = comparison.report
        self._comparison = comparison
        self._pair = TracePair(comparison.expected, comparison.actual)
        self._tick = self._looked_at()
        self._window = self._around() if comparison.rules.ticks is None else comparison.window
        self._inputs, self._commands, self._replay = _from_replay(comparison, replay, self._window)

    def report(self) -> FocusReport:
        tick, diff = self._tick, self._diff
        ancestry = after = before = None
        draws = None if tick is None else align_draws(self._pair, tick)
        if tick is not None and diff.lead is not None and diff.first_bad_tick is not None:
            ancestry = trace_back(self._pair, self._comparison.history, diff.lead, diff.first_bad_tick)
            after = aftermath(self._pair, diff.lead, self._leading_field(diff.lead), tick + TICKS_AFTER)
            before = precedents(self._pair, diff.lead, None if draws is None else leading_draw(draws))
        return FocusReport(
            diff=diff,
            tick=tick,
            window=self._window,
            ancestry=ancestry,
            aftermath=after,
            precedents=before,
            timeline=tuple(self._timeline()) if diff.verdict in ("diverged", "ended_early", "equal") else (),
            draws=draws,
            entities=() if tick is None else tuple(self._entities(tick)),
            inputs=self._inputs,
            commands=self._commands,
            replay=self._replay,
        )

    def _leading_field(self, lead: Lead) -> FieldDifference | None:
        """The difference that leads, where it is one of a field."""
        return next(
            (found for found in self._pair.differences(lead.tick) if found.field and found.path == lead.path), None
        )

    def _looked_at(self) -> int | None:
        """The tick in depth: where the cause shows first, which a tolerance or the window may have passed over."""
        lead = self._diff.lead
        if lead is None or self._diff.verdict != "diverged":
            return None
        return self._diff.first_bad_tick if lead.kind == "hidden" else lead.tick

    def _around(self) -> tuple[int, int]:
        bad = self._diff.first_bad_tick
        tick = self._tick if self._tick is not None else bad
        return self._comparison.window if tick is None else window_around(tick, _longer(self._diff))

    def _timeline(self) -> Iterator[TimelineTick]:
        first, last = self._window
        if self._diff.verdict == "equal":
            return
        found = self._found_between(first, last)
        begin = SETUP_TICK if first == 0 and self._tick == SETUP_TICK else first
        for tick in range(begin, last + 1):
            at = found.at(tick)
            yield TimelineTick(
                tick,
                tuple(channel for channel in CHANNELS if channel in at and channel != HIDDEN_CHANNEL),
                tuple(region for region, ticks in found.regions.items() if tick in ticks),
                self._counts("expected", tick),
                self._counts("actual", tick),
            )

    def _found_between(self, first: int, last: int) -> Found:
        """Every difference of the window's ticks that both sides have, bit by bit."""
        found = Found()
        for tick in range(SETUP_TICK if first == 0 else first, last + 1):
            if not self._pair.has(tick):
                continue
            differences = self._pair.differences(tick)
            for channel in dict.fromkeys(difference.channel for difference in differences):
                found.add(channel, [tick])
            for difference in differences:
                if difference.channel == HIDDEN_CHANNEL:
                    found.add_region(difference.field, [tick])
        return found

    def _counts(self, side: Side, tick: int) -> TickCounts | None:
        if tick >= self._pair.reader(side).tick_count:
            return None
        return TickCounts(**{name: len(self._pair.rows(side, table, tick)) for name, table in _COUNTED.items()})

    def _entities(self, tick: int) -> Iterator[FocusEntity]:
        """The rows that differ, the lead's first, then in the order of causes."""
        differences = [
            difference
            for difference in self._pair.differences(tick)
            if difference.channel not in ("rng_stream", HIDDEN_CHANNEL)
        ]
        lead = self._diff.lead
        rows: list[list[FieldDifference]] = [
            list(group) for _, group in groupby(differences, key=lambda difference: difference.row_path)
        ]
        rows.sort(
            key=lambda row: (lead is None or not lead.path.startswith(row[0].row_path), min(map(cause_rank, row)))
        )
        remarks = {(absence.table, absence.slot): absence.event for absence in absences(self._pair, tick)}
        for row in rows:
            first = row[0]
            remark = remarks.get((first.table, first.row), "") if first.row is not None else ""
            yield self._entity(tick, row, remark or self._birth(first, tick))

    def _entity(self, tick: int, differences: Sequence[FieldDifference], remark: str) -> FocusEntity:
        first = differences[0]
        sides = [self._row(side, first, tick) for side in ("expected", "actual")]
        status: EntityStatus = "changed"
        if sides[0] is None:
            status = "only actual"
        elif sides[1] is None:
            status = "only expected"
        there = next((row for row in sides if row is not None), None)
        return FocusEntity(
            table=first.table,
            row=first.row,
            label="" if there is None else label_of(there),
            status=status,
            last_equal=self._last_equal(first, tick),
            fields=tuple(self._field(tick, difference) for difference in differences if difference.field),
            remark=remark,
        )

    def _birth(self, difference: FieldDifference, tick: int) -> str:
        """Whether what is in a pool's slot came there in this tick, on both sides."""
        if difference.table not in POOLS:
            return ""
        now, before = (self._row("expected", difference, at) for at in (tick, tick - 1))
        return "born in this tick" if now is not None and not same_thing(before, now) else ""

    def _row(self, side: Side, difference: FieldDifference, tick: int) -> RowView | None:
        return self._pair.row(side, difference.table, difference.row, tick)

    def _last_equal(self, difference: FieldDifference, tick: int) -> int | None:
        for earlier in range(tick - 1, max(tick - _FOLLOWED_TICKS, SETUP_TICK) - 1, -1):
            rows = [self._row(side, difference, earlier) for side in ("expected", "actual")]
            if rows[0] is None or rows[1] is None:
                return None
            if all(rows[0].bits(leaf.path) == rows[1].bits(leaf.path) for leaf in rows[0].table.leaves):
                return earlier
        return None

    def _field(self, tick: int, difference: FieldDifference) -> FocusField:
        before = [self._row(side, difference, tick - 1) for side in ("expected", "actual")]
        value, bits = None, None
        if before[0] is not None and before[1] is not None:
            words = before[0].bits(difference.field), before[1].bits(difference.field)
            if words[0] == words[1]:
                value = before[0].value(difference.field)
                bits = words[0] if difference.expected_bits is not None and isinstance(words[0], int) else None
        table, field = difference.table, whole_field(difference.field)
        return FocusField(
            difference=difference,
            before=value,
            before_bits=bits,
            before_name=name_of(table, field, value),
            expected_name=name_of(table, field, difference.expected),
            actual_name=name_of(table, field, difference.actual),
            relations=relations_of(self._pair, tick, difference, self._inputs),
        )


def _from_replay(
    comparison: Comparison, given: Path | None, window: tuple[int, int]
) -> tuple[tuple[PlayerInput, ...], tuple[PlayerCommand, ...], str]:
    """The inputs and commands of the window, and the replay's path; nothing without a replay of this run."""
    path = given or comparison.expected.path.with_suffix(".crd")
    shown = comparison.report.verdict in ("diverged", "ended_early")
    # One that is given is looked at anyway, or a wrong one would pass for right.
    if given is None and not (shown and path.exists()):
        return (), (), ""
    from crimson.dbg.replay_inputs import commands_between, inputs_between
    from crimson.dbg.replays import load_replay

    loaded = load_replay(path)
    if loaded.source.replay_sha256 != comparison.expected.meta.source.replay_sha256:
        if given is None:
            return (), (), ""
        raise ReplayProblem(path, "holds another run than the traces", "name the replay that they were recorded from")
    if not shown:
        return (), (), ""
    first, last = window
    # One tick more on either side, for inputs that are used too late or too early.
    inputs = inputs_between(loaded.replay, first - 1, last + 1)
    return inputs, commands_between(loaded.replay, first, last), str(path)
