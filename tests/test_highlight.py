"""Colours of reports: put on lines by what they say, and only where they are wanted."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crimson.dbg.highlight import highlighted, wants_colour

_ESCAPE = re.compile("\x1b\\[[0-9;]*m")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(text=st.text())
def test_the_text_stays_as_it_is(text: str) -> None:
    assert _ESCAPE.sub("", highlighted(text)) == _ESCAPE.sub("", text)


@pytest.mark.parametrize(
    ("line", "style", "coloured"),
    [
        ("equal over 300 ticks", "1;32", "equal over 300 ticks"),
        ("diverged at tick 7, lead: creatures.pos (drift)", "1;31", "diverged at tick 7, lead: creatures.pos (drift)"),
        ("frontier advanced from 80 to 102: bless it", "1;31", "frontier advanced from 80 to 102: bless it"),
        ("expected  a.cdt (crimsonland.exe 1.9.93, 5 ticks)", "32", "expected"),
        ("actual    b.cdt (crimsonland 0.22.0, 5 ticks)", "31", "actual"),
        ("timeline of ticks 1..9: x differs", "1", "timeline"),
        ("what differs at tick 204", "1", "what differs"),
        ("      heading  expected 1.5 (0x3fc00000)", "32", "expected 1.5 (0x3fc00000)"),
        ("               actual   1.5 (0x3fc00001)   +1 ulp", "31", "actual   1.5 (0x3fc00001)   +1 ulp"),
        ("                 = one ulp: rounded otherwise at a store", "36", "= one ulp: rounded otherwise at a store"),
        ("   -     7  13708                  PLAYER_UPDATE_SHOT_SFX", "32", None),
        ("   +                    5  27445   PLAYER_UPDATE_SHOT_SFX", "31", None),
        (">            184    .       x       x", "31", None),
        ("  FAIL rng steps   one", "31", "FAIL"),
    ],
)
def test_lines_by_what_they_say(line: str, style: str, coloured: str | None) -> None:
    found = highlighted(line)
    part = line.strip() if coloured is None else coloured
    assert f"\x1b[{style}m{part}\x1b[0m" in found


def test_where_colours_are_wanted() -> None:
    assert wants_colour(Terminal(), {"TERM": "xterm"})
    assert not wants_colour(io.StringIO(), {"TERM": "xterm"})
    assert not wants_colour(Terminal(), {"TERM": "dumb"})
    assert not wants_colour(Terminal(), {"TERM": "xterm", "NO_COLOR": "1"})
    assert wants_colour(io.StringIO(), {"FORCE_COLOR": "1"})
    assert not wants_colour(io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"})
