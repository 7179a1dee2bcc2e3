"""Comparing two traces of one run: equal parts by their bytes, the rest by their rows, in flat memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from crimson.dbg.errors import BadUsage
from crimson.dbg.lead import lead_of
from crimson.dbg.pairing import HIDDEN_CHANNEL, PRESENCE_CHANNEL, Found, compare_chunks
from crimson.dbg.report import (
    ChannelDifference,
    DiffReport,
    DiffVerdict,
    FieldDifference,
    HiddenFinding,
    TraceSummary,
)
from crimson.dbg.schema import CHANNELS, SETUP_TICK, TraceSource
from crimson.dbg.sustained import DEFAULT_SUSTAIN, first_sustained
from crimson.dbg.trace import TraceReader

# More than a tick has with every pool full; only a forged trace has more to tell.
_MOST_FIELDS = 1 << 16


def diff_traces(
    expected: Path,
    actual: Path,
    *,
    ticks: tuple[int, int] | None = None,
    sustain: int = DEFAULT_SUSTAIN,
    strict: bool = False,
) -> DiffReport:
    """Compare two traces over all their ticks, or over `ticks` (first and last, inclusive).

    `strict` counts every blip and every hidden difference as a divergence. Raises `ParityError` for a trace that
    cannot be read and for a window that the expected trace does not have.
    """
    if sustain < 1:
        raise BadUsage("--sustain", f"{sustain} ticks; at least 1 is needed")
    with TraceReader(expected) as left, TraceReader(actual) as right:
        window = _window(left, right, ticks)
        identity = tuple(_identity_differences(left.meta.source, right.meta.source))
        if identity:
            return _report(left, right, window, "wrong_run", Found(), sustain, strict, identity)
        found = Found()
        first, last = window
        if first <= 0:
            compare_chunks(left, right, left.setup_entry, right.setup_entry, SETUP_TICK, SETUP_TICK, found)
        shared_last = min(last, left.tick_count - 1, right.tick_count - 1)
        for mine, theirs in zip(left.tick_entries, right.tick_entries, strict=False):
            begin, end = max(first, mine.first), min(shared_last, mine.last)
            if begin <= end:
                compare_chunks(left, right, mine, theirs, begin, end, found)
        longer = max(left.tick_count, right.tick_count) - 1
        missing = range(max(shared_last + 1, first), min(last, longer) + 1)
        if missing:
            found.add(PRESENCE_CHANNEL, list(missing))
        return _conclude(left, right, window, found, sustain, strict)


def _window(left: TraceReader, right: TraceReader, ticks: tuple[int, int] | None) -> tuple[int, int]:
    if ticks is None:
        return 0, max(left.tick_count, right.tick_count) - 1
    first, last = ticks
    if not 0 <= first <= last:
        raise BadUsage("--ticks", f"{first}:{last} is no window; the first tick must not come after the last")
    if first >= left.tick_count:
        raise BadUsage(
            "--ticks", f"{first}:{last} lies behind the end of {left.path}, which has {left.tick_count} ticks"
        )
    return first, min(last, max(left.tick_count, right.tick_count) - 1)


def _identity_differences(left: TraceSource, right: TraceSource) -> Iterator[FieldDifference]:
    """What makes two traces ones of different runs."""
    if left.replay_sha256 != right.replay_sha256:
        yield FieldDifference("source", "replay_sha256", left.replay_sha256, right.replay_sha256)
    if left.game_version != right.game_version:
        yield FieldDifference("source", "game_version", left.game_version, right.game_version)
    mine, theirs = msgspec.structs.asdict(left.run), msgspec.structs.asdict(right.run)
    for name, value in mine.items():
        if value != theirs[name]:
            yield FieldDifference("source", f"run.{name}", value, theirs[name])


def _conclude(
    left: TraceReader, right: TraceReader, window: tuple[int, int], found: Found, sustain: int, strict: bool
) -> DiffReport:
    if not found.compared:
        return _report(left, right, window, "nothing_compared", found, sustain, strict, ())
    if strict:
        sustain = 1
    divergence = first_sustained(found.diverging(with_hidden=strict), window[1], sustain)
    onset = divergence.onset
    if onset is None:
        verdict: DiffVerdict = "equal"
        fields: tuple[FieldDifference, ...] = ()
    elif found.at(onset) == {PRESENCE_CHANNEL}:
        verdict, fields = "ended_early", _presence(left, right, onset)
    else:
        from crimson.dbg.comparison import differences_at

        verdict = "diverged"
        found_fields = differences_at(onset, left.tables(left.entry_of(onset)), right.tables(right.entry_of(onset)))
        fields = tuple(islice(found_fields, _MOST_FIELDS))
    report = _report(left, right, window, verdict, found, sustain, strict, fields, onset)
    return msgspec.structs.replace(report, blips=divergence.blips)


def _presence(left: TraceReader, right: TraceReader, tick: int) -> tuple[FieldDifference, ...]:
    present = [("present" if tick < reader.tick_count else "absent") for reader in (left, right)]
    return (FieldDifference(PRESENCE_CHANNEL, f"tick[{tick}]", present[0], present[1]),)


def _report(
    left: TraceReader,
    right: TraceReader,
    window: tuple[int, int],
    verdict: DiffVerdict,
    found: Found,
    sustain: int,
    strict: bool,
    fields: tuple[FieldDifference, ...],
    onset: int | None = None,
) -> DiffReport:
    return DiffReport(
        expected=_summary(left),
        actual=_summary(right),
        run=left.meta.source.run,
        verdict=verdict,
        sustain=sustain,
        strict=strict,
        window=window,
        ticks_compared=found.compared,
        first_bad_tick=onset,
        lead=None if onset is None else lead_of(fields),
        channels=tuple(
            ChannelDifference(channel, found.channels[channel][0], len(found.channels[channel]))
            for channel in (*CHANNELS, PRESENCE_CHANNEL)
            if channel in found.channels and channel != HIDDEN_CHANNEL
        ),
        hidden=tuple(HiddenFinding(region, ticks[0], len(ticks)) for region, ticks in found.regions.items()),
        blips=(),
        fields=fields,
    )


def _summary(reader: TraceReader) -> TraceSummary:
    producer = reader.meta.producer
    return TraceSummary(str(reader.path), producer.implementation, producer.version, producer.kind, reader.tick_count)
