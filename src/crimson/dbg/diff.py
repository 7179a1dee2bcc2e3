"""Comparing two traces of one run: equal parts by their bytes, the rest by their rows, in flat memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, Unpack

import msgspec

from crimson.dbg.errors import BadUsage
from crimson.dbg.pairing import HIDDEN_CHANNEL, PRESENCE_CHANNEL, Found, compare_chunks
from crimson.dbg.report import (
    ChannelDifference,
    DiffReport,
    DiffVerdict,
    FieldDifference,
    HiddenFinding,
    Lead,
    TraceSummary,
)
from crimson.dbg.schema import CHANNELS, SETUP_TICK, TraceSource
from crimson.dbg.sustained import DEFAULT_SUSTAIN, Divergence, first_sustained
from crimson.dbg.trace import TraceReader
from crimson.dbg.windows import require_within


class Options(TypedDict, total=False):
    """What a comparison may be asked for; see `Rules`."""

    ticks: tuple[int, int] | None
    sustain: int
    strict: bool
    ulps: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What is compared, and what counts as a divergence.

    `ticks` are the first and the last one compared, all of them by default. `strict` counts every blip and every hidden
    difference. `ulps` is how many f32 steps two floats may lie apart; with 0 their bits are compared.
    """

    ticks: tuple[int, int] | None = None
    sustain: int = DEFAULT_SUSTAIN
    strict: bool = False
    ulps: int = 0

    def __post_init__(self) -> None:
        if self.sustain < 1:
            raise BadUsage("--sustain", f"{self.sustain} ticks; at least 1 is needed")
        if self.ulps < 0:
            raise BadUsage("--ulps", f"{self.ulps} steps; it is a distance, 0 for none")

    def first(self, differing: Sequence[int], compared: tuple[int, int]) -> Divergence:
        """The first divergence that counts among ascending ticks that differ."""
        return first_sustained(differing, compared, 1 if self.strict else self.sustain)


def diff_traces(expected: Path, actual: Path, **options: Unpack[Options]) -> DiffReport:
    """Compare two traces of one run.

    Raises `ParityError` for a trace that cannot be read and for ticks that the expected trace does not have.
    """
    with comparing(expected, actual, **options) as comparison:
        return comparison.report


@contextmanager
def comparing(expected: Path, actual: Path, **options: Unpack[Options]) -> Generator[Comparison]:
    """The same while both traces stay open, for what looks further into them."""
    rules = Rules(**options)
    with TraceReader(expected) as left, TraceReader(actual) as right:
        yield Comparison(left, right, rules)


class Comparison:
    """Two open traces and what was found between them."""

    def __init__(self, expected: TraceReader, actual: TraceReader, rules: Rules) -> None:
        self.expected = expected
        self.actual = actual
        self.rules = rules
        self.window = _window(expected, actual, rules.ticks)
        first, last = self.window
        # Set-up is looked at with tick 0.
        self._compared = (SETUP_TICK if first == 0 else first, last)
        self.found = Found()
        # Every difference up to the first bad tick, bit by bit, where there is one.
        self.history = Found()
        self.report = self._compare()

    def _compare(self) -> DiffReport:
        identity = tuple(_identity_differences(self.expected.meta.source, self.actual.meta.source))
        if identity:
            return self._report("wrong_run", fields=identity)
        self._find()
        if not self.found.compared:
            return self._report("nothing_compared")
        divergence = self.rules.first(self.found.diverging(with_hidden=self.rules.strict), self._compared)
        onset = divergence.onset
        if onset is None:
            return self._report("equal", divergence)
        if self.found.at(onset) == {PRESENCE_CHANNEL}:
            return self._report("ended_early", divergence, fields=self._presence(onset), lead=self._end(onset))
        return self._diverged(divergence, onset)

    def _find(self) -> None:
        left, right, found = self.expected, self.actual, self.found
        first, last = self.window
        ulps = self.rules.ulps
        if first <= 0:
            compare_chunks(left, right, left.setup_entry, right.setup_entry, (SETUP_TICK, SETUP_TICK), found, ulps)
        shared_last = min(last, left.tick_count - 1, right.tick_count - 1)
        for mine, theirs in zip(left.tick_entries, right.tick_entries, strict=False):
            begin, end = max(first, mine.first), min(shared_last, mine.last)
            if begin <= end:
                compare_chunks(left, right, mine, theirs, (begin, end), found, ulps)
                found.compared += end - begin + 1
        longer = max(left.tick_count, right.tick_count) - 1
        found.add(PRESENCE_CHANNEL, list(range(max(shared_last + 1, first), min(last, longer) + 1)))

    def _presence(self, tick: int) -> tuple[FieldDifference, ...]:
        present = [("present" if tick < reader.tick_count else "absent") for reader in (self.expected, self.actual)]
        return (FieldDifference(PRESENCE_CHANNEL, tick, "", present[0], present[1]),)

    def _end(self, tick: int) -> Lead:
        side = "expected" if tick >= self.expected.tick_count else "actual"
        longer = "actual" if side == "expected" else "expected"
        statement = f"{side} ends before tick {tick}; {longer} goes on to tick {self._last_tick()}"
        return Lead("end", PRESENCE_CHANNEL, f"{side} ends early", f"{PRESENCE_CHANNEL}[{tick}]", tick, statement)

    def _last_tick(self) -> int:
        return max(self.expected.tick_count, self.actual.tick_count) - 1

    def _diverged(self, divergence: Divergence, onset: int) -> DiffReport:
        # Only a difference needs numpy, which takes longer to import than equal traces take to compare.
        from crimson.dbg.ancestry import differences_before, hidden_origins, origin_of
        from crimson.dbg.lead import find_lead, hidden_lead
        from crimson.dbg.trace_pair import TracePair

        pair = TracePair(self.expected, self.actual)
        # What a whole comparison of bits has found is the history already.
        whole = self.window[0] == 0 and not self.rules.ulps
        self.history = self.found if whole else differences_before(pair, onset)
        origin = origin_of(self.history, onset)
        visible = find_lead(pair, origin, pair.differences(origin))
        regions = hidden_origins(self.history, origin if visible is not None else origin + 1)
        lead = hidden_lead(regions, visible) or visible
        if lead is None:
            raise ValueError(f"nothing differs at tick {origin}")
        return self._report("diverged", divergence, fields=pair.differences(onset, self.rules.ulps), lead=lead)

    def _report(
        self,
        verdict: DiffVerdict,
        divergence: Divergence | None = None,
        *,
        fields: tuple[FieldDifference, ...] = (),
        lead: Lead | None = None,
    ) -> DiffReport:
        return DiffReport(
            expected=_summary(self.expected),
            actual=_summary(self.actual),
            run=self.expected.meta.source.run,
            verdict=verdict,
            sustain=self.rules.sustain,
            strict=self.rules.strict,
            ulps=self.rules.ulps,
            window=self.window,
            ticks_compared=self.found.compared,
            first_bad_tick=None if divergence is None else divergence.onset,
            lead=lead,
            channels=tuple(self._channels()),
            hidden=tuple(HiddenFinding(region, ticks[0], len(ticks)) for region, ticks in self.found.regions.items()),
            blips=() if divergence is None else divergence.blips,
            fields=fields,
        )

    def _channels(self) -> Iterator[ChannelDifference]:
        for channel in (*CHANNELS, PRESENCE_CHANNEL):
            ticks = self.found.channels.get(channel)
            if ticks is None or channel == HIDDEN_CHANNEL:
                continue
            own = self.rules.first(ticks, self._compared)
            yield ChannelDifference(channel, ticks[0], len(ticks), own.onset, len(own.blips))


def _window(left: TraceReader, right: TraceReader, ticks: tuple[int, int] | None) -> tuple[int, int]:
    if ticks is None:
        return 0, max(left.tick_count, right.tick_count) - 1
    require_within(ticks, left.path, left.tick_count)
    return ticks


def _identity_differences(left: TraceSource, right: TraceSource) -> Iterator[FieldDifference]:
    """What makes two traces ones of different runs."""
    if left.replay_sha256 != right.replay_sha256:
        yield FieldDifference("source", None, "replay_sha256", left.replay_sha256, right.replay_sha256)
    if left.game_version != right.game_version:
        yield FieldDifference("source", None, "game_version", left.game_version, right.game_version)
    mine, theirs = msgspec.structs.asdict(left.run), msgspec.structs.asdict(right.run)
    for name, value in mine.items():
        if value != theirs[name]:
            yield FieldDifference("source", None, f"run.{name}", value, theirs[name])


def _summary(reader: TraceReader) -> TraceSummary:
    producer = reader.meta.producer
    return TraceSummary(str(reader.path), producer.implementation, producer.version, producer.kind, reader.tick_count)
