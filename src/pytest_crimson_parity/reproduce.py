"""The commands that ask again what an item was asked, for a POSIX shell in the rootdir."""

from __future__ import annotations

import shlex

from crimson.dbg.sustained import DEFAULT_SUSTAIN
from crimson.dbg.windows import Window, parse_window, window_around
from pytest_crimson_parity.cell import ITEM_PREFIX, Cell
from pytest_crimson_parity.windows import item_name


def window_of(cell: Cell) -> Window | None:
    """The ticks to look at: the cell's own window, or the one around its first bad tick."""
    if cell.window:
        return parse_window(cell.window)
    bad = cell.first_bad_tick
    return None if bad is None or bad >= cell.ticks else window_around(bad, cell.ticks)


def pytest_command(cell: Cell, *, strict: bool) -> str:
    """The command that reruns the cell's window; the whole comparison where it has none."""
    window = window_of(cell)
    words = ["pytest", f"--parity={cell.candidate}"]
    if strict:
        words.append("--parity-strict")
    if window is None:
        words.append(f"{cell.capture}::{ITEM_PREFIX}{cell.candidate}")
    else:
        words += [f"--tick-window={window[0]}:{window[1]}", f"{cell.capture}::{item_name(cell.candidate, window)}"]
    return shlex.join(words)


def focus_command(cell: Cell, folder: str, *, sustain: int, strict: bool) -> str:
    """The command that looks at the kept files in `folder`."""
    words = ["crimson-dbg", "focus", f"{folder}/expected.cdt", f"{folder}/actual.cdt"]
    if (window := window_of(cell)) is not None:
        words += ["--ticks", f"{window[0]}:{window[1]}"]
    words += ["--replay", f"{folder}/replay.crd"]
    if sustain != DEFAULT_SUSTAIN:
        words += ["--sustain", str(sustain)]
    if strict:
        words.append("--strict")
    return shlex.join(words)
