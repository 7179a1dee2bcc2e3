"""A comparison that does not pass, in depth: from the files that are kept of it, and from nothing else.

How much was recorded may depend on what was asked before, so a report does not: it looks no further than the ticks
behind a divergence that every recording has.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from crimson.dbg.diff import diff_traces
from crimson.dbg.early_stop import FOCUS_TICKS
from crimson.dbg.focus import focus_traces
from crimson.dbg.focus_report import FocusReport
from crimson.dbg.render import render_diff
from crimson.dbg.render_focus import render_focus
from crimson.dbg.report import DiffReport
from crimson.dbg.windows import Window


def last_tick_kept(report: DiffReport, window: Window | None, *, full: bool) -> int:
    """The last tick of the candidate that a report is about; all that there are where nothing diverged."""
    if window is not None:
        return window[1]
    if report.verdict == "diverged" and report.first_bad_tick is not None and not full:
        return report.first_bad_tick + max(FOCUS_TICKS, report.sustain)
    return report.actual.ticks - 1


def look_closely(
    expected: Path, actual: Path, replay: Path, window: Window | None, found: DiffReport, shown: str, last: int
) -> FocusReport:
    """The report of kept files, of which the candidate's goes to the tick `last`.

    `found` is what the comparison said, `shown` how the report calls the original.
    """
    focus = focus_traces(
        expected, actual, ticks=window, replay=replay, sustain=found.sustain, strict=found.strict, ulps=found.ulps
    )
    diff = focus.diff
    if window is None and found.verdict == "diverged" and last < diff.window[1]:
        # The ticks that were not kept are not missing in the candidate.
        diff = diff_traces(
            expected, actual, ticks=(0, last), sustain=found.sustain, strict=found.strict, ulps=found.ulps
        )
    diff = msgspec.structs.replace(
        diff,
        expected=msgspec.structs.replace(diff.expected, path=shown),
        actual=msgspec.structs.replace(diff.actual, path=actual.name),
    )
    return msgspec.structs.replace(focus, diff=diff, replay=replay.name if focus.replay else "")


def as_text(focus: FocusReport) -> str:
    # Traces of different runs have nothing to look at closely, but what tells them apart.
    return render_diff(focus.diff) if focus.diff.verdict == "wrong_run" else render_focus(focus)
