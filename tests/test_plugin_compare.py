"""Comparing one capture with one candidate: windows, and what a candidate must not get away with."""

from __future__ import annotations

from pathlib import Path

import pytest
import synthetic

from pytest_crimson_parity import compare
from pytest_crimson_parity.cache import TraceCache
from pytest_crimson_parity.capture import Capture
from pytest_crimson_parity.compare import Comparer, DamagedRecording, StoppedInVain, WindowRefused
from pytest_crimson_parity.recording import Extent, Order

RUN = "ab" * 32
TICKS = 600


class MadeUp:
    """A candidate that writes a made-up trace of so many ticks."""

    name = "made-up"

    def __init__(self, ticks: int = TICKS, extent: Extent = "whole") -> None:
        self.ticks = ticks
        self.extent: Extent = extent

    def identity(self) -> str:
        return f"{self.ticks}"

    def record(self, order: Order) -> Extent:
        synthetic.write_trace(order.out, self.ticks)
        return self.extent

    def close(self) -> None:
        pass


@pytest.fixture
def capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Capture:
    """A made-up original whose replay nobody reads."""
    monkeypatch.setattr(compare, "replay_fingerprint", lambda _path: RUN)
    return Capture(synthetic.write_trace(tmp_path / "original.cdt", TICKS, kind="original"), tmp_path)


@pytest.fixture
def comparer(tmp_path: Path) -> Comparer:
    return Comparer(TraceCache(tmp_path / "cache", 1 << 30, "session"), sustain=3, strict=False, full=False)


def test_a_window_compares_its_ticks(capture: Capture, comparer: Comparer) -> None:
    compared = comparer.compare(capture, MadeUp(), None, window=(250, 273))
    assert (compared.report.verdict, compared.report.ticks_compared, compared.report.window) == (
        "equal",
        24,
        (250, 273),
    )


@pytest.mark.parametrize("window", [(TICKS, TICKS + 5), (TICKS - 1, TICKS), (5, 4), (-1, 4)])
def test_a_window_that_the_capture_does_not_have_is_refused(
    capture: Capture, comparer: Comparer, window: tuple[int, int]
) -> None:
    with pytest.raises(WindowRefused, match=rf"{window[0]}\.\.{window[1]}"):
        comparer.compare(capture, MadeUp(), None, window=window)


def test_a_window_behind_the_candidates_end_is_refused(capture: Capture, comparer: Comparer) -> None:
    with pytest.raises(WindowRefused, match=r"compared 0 of the 9 ticks 305\.\.313: the candidate's trace has 300"):
        comparer.compare(capture, MadeUp(300), None, window=(305, 313))


def test_a_window_in_which_the_candidate_ends_is_an_early_end(capture: Capture, comparer: Comparer) -> None:
    report = comparer.compare(capture, MadeUp(300), None, window=(290, 313)).report
    assert (report.verdict, report.first_bad_tick, report.ticks_compared) == ("ended_early", 300, 10)


@pytest.mark.parametrize("ticks", [TICKS - 200, TICKS, TICKS + 100])
def test_a_recording_that_was_stopped_passes_for_nothing(capture: Capture, comparer: Comparer, ticks: int) -> None:
    """However long it is: why it was stopped must be seen in it."""
    for _ in range(2):
        with pytest.raises(StoppedInVain, match=f"stopped at tick {ticks - 1}, but the comparison finds it equal"):
            comparer.compare(capture, MadeUp(ticks, "stopped"), None)
    # and does not stay: the original may have been another one while it was recorded
    assert comparer.compare(capture, MadeUp(ticks), None).recorded


def test_a_damaged_recording_is_the_candidates_failure_and_is_not_kept(capture: Capture, comparer: Comparer) -> None:
    class Damaging(MadeUp):
        def record(self, order: Order) -> Extent:
            super().record(order)
            data = bytearray(order.out.read_bytes())
            data[len(data) // 2] ^= 1
            order.out.write_bytes(data)
            return "whole"

    for _ in range(2):
        with pytest.raises(DamagedRecording, match="made-up made a damaged trace"):
            comparer.compare(capture, Damaging(), None)
