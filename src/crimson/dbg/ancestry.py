"""Back from a divergence to where its two sides were last equal in every bit.

A visible divergence may be long in coming: a tolerance passed it over, the window began behind it, or it lay in state
that is not sampled. Where every bit of a tick is equal nothing older can matter, so the way back ends there.
"""

from __future__ import annotations

from collections.abc import Sequence

from crimson.dbg.focus_report import Ancestry, FirstSeen, HealedRun
from crimson.dbg.pairing import HIDDEN_CHANNEL, Found, compare_tables, proven_equal
from crimson.dbg.report import Lead
from crimson.dbg.schema import SETUP_TICK
from crimson.dbg.sustained import runs_of
from crimson.dbg.trace_pair import TracePair

# Fields of an earlier run that are named; runs that are looked into.
_MOST_FIELDS, _MOST_RUNS = 6, 64


def differences_before(pair: TracePair, last: int) -> Found:
    """Every difference from run set-up to the tick `last`, bit by bit."""
    found = Found()
    left, right = pair.reader("expected"), pair.reader("actual")
    entries = [(left.setup_entry, right.setup_entry), *zip(left.tick_entries, right.tick_entries, strict=False)]
    for mine, theirs in entries:
        end = min(mine.last, theirs.last, last)
        if mine.first <= end and not proven_equal(left, right, mine, theirs):
            compare_tables(left.tables(mine), right.tables(theirs), (mine.first, end), found)
    return found


def origin_of(found: Found, onset: int) -> int:
    """The first tick of the unbroken run of sampled differences that leads to `onset`."""
    return _run_start(found.diverging(with_hidden=False), onset)


def hidden_origins(found: Found, origin: int) -> dict[str, int]:
    """The hidden regions that differed when the tick `origin` began, each with the first tick at which it ever did.

    What is not sampled comes and goes with its tenants, so the same mistake may have shown and healed before.
    """
    return {region: ticks[0] for region, ticks in found.regions.items() if origin - 1 in set(ticks)}


def _run_start(ticks: Sequence[int], last: int) -> int:
    """The first tick of the run of consecutive ticks that reaches `last`; `last` itself when none does."""
    start = last
    differing = set(ticks)
    while start - 1 in differing:
        start -= 1
    return start


def trace_back(pair: TracePair, found: Found, lead: Lead, onset: int) -> Ancestry:
    """What is known of the way from `lead.tick` to the first bad tick, and of earlier runs that healed."""
    origin = lead.tick
    return Ancestry(
        origin=origin,
        last_equal=origin - 1 if origin > SETUP_TICK else None,
        hidden_equal=not any(origin - 1 in ticks for ticks in found.regions.values()),
        first_seen=tuple(_first_seen(found, origin, onset)),
        healed=tuple(_healed(pair, found, lead, origin)),
    )


def _first_seen(found: Found, origin: int, onset: int) -> Sequence[FirstSeen]:
    """The hidden regions and tables that differ on the way, by when each did first."""
    places = {f"{HIDDEN_CHANNEL}.{region}": ticks for region, ticks in found.regions.items()}
    places.update((name, ticks) for name, ticks in found.tables.items() if name != HIDDEN_CHANNEL)
    seen = [
        FirstSeen(name, first)
        for name, ticks in places.items()
        if (first := next((tick for tick in ticks if origin <= tick <= onset), None)) is not None
    ]
    return sorted(seen, key=lambda row: row.tick)


def _healed(pair: TracePair, found: Found, lead: Lead, origin: int) -> Sequence[HealedRun]:
    """Earlier runs in which the leading row differed as well."""
    runs = [run for run in runs_of(found.channels.get(lead.channel, ())) if run[1] < origin]
    healed = []
    for first, last in runs[-_MOST_RUNS:]:
        names = [
            difference.field or difference.table
            for difference in pair.differences(first)
            if lead.path == difference.path or lead.path.startswith(f"{difference.row_path}.")
        ]
        if names:
            healed.append(HealedRun(first, last, tuple(names[:_MOST_FIELDS])))
    return healed
