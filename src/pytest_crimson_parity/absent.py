"""Entries of the frontier that a run should have ruled over, and that no capture is left for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from pytest_crimson_parity.capture import Capture
from pytest_crimson_parity.standings import Standing


def absent_captures(
    entries: Iterable[Standing], candidates: Collection[str], collected: Collection[Path], root: Path
) -> Iterator[tuple[Standing, str]]:
    """The entries of these candidates whose captures lie in what was collected and have no items; each with the reason.

    `collected` are the files and folders that the run was given, resolved.
    """
    for entry in entries:
        path = root / entry.capture
        real = path.resolve()
        if entry.candidate not in candidates or not any(real.is_relative_to(place) for place in collected):
            continue
        if not path.exists():
            yield entry, "the capture is gone"
        elif Capture(path, root).is_candidate:
            yield entry, "the file is a trace of a candidate now"
