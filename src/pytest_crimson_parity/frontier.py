"""The frontier: a file that says how far each candidate plays each capture, until that is blessed anew.

One JSON array with an entry a line and its version behind them, so that lines can be added and removed anywhere
by hand, by a merge and by `--snapshot-update`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from crimson.dbg.atomic import atomic_file
from crimson.dbg.errors import ParityError
from pytest_crimson_parity.cell import Cell
from pytest_crimson_parity.standings import Standing

_MEND = "mend it, or take it back from version control"


class FrontierProblem(ParityError):
    """A frontier file that cannot be understood."""


class _End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last element of the file."""

    version: Literal[1]


def read_frontier(path: Path) -> tuple[Standing, ...]:
    """The entries of a frontier file; none when there is no file. `FrontierProblem` says where it is malformed."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as problem:
        raise FrontierProblem(path, f"cannot be read: {problem.strerror}") from None
    parts = _parts(path, data)
    entries: dict[tuple[str, str], Standing] = {}
    for number, part in enumerate(parts[:-1], start=1):
        try:
            entry = msgspec.json.decode(part, type=Standing)
        except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
            raise FrontierProblem(path, f"entry {number}: {problem}", _MEND) from None
        if entry.key in entries:
            raise FrontierProblem(
                path,
                f"entry {number}: a second one for {entry.capture} and the candidate {entry.candidate}",
                "a merge may have left both: keep one",
            )
        entries[entry.key] = entry
    try:
        msgspec.json.decode(parts[-1] if parts else b"null", type=_End)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise FrontierProblem(path, 'does not end with {"version": 1}, which every frontier file does', _MEND) from None
    return tuple(entries.values())


def _parts(path: Path, data: bytes) -> Sequence[msgspec.Raw]:
    try:
        return msgspec.json.decode(data, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        lines = enumerate(data.split(b"\n"), start=1)
        where = next((number for number, line in lines if not _is_well_formed(line.strip())), None)
        place = "" if where is None else f"line {where}: "
        raise FrontierProblem(path, f"{place}{problem}", _MEND) from None


def _is_well_formed(line: bytes) -> bool:
    """Whether a line is one that `write_frontier` would write, as far as its form goes."""
    if line in (b"[", b"]", b""):
        return True
    try:
        msgspec.json.decode(line.removesuffix(b","))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def write_frontier(path: Path, entries: Iterable[Standing]) -> None:
    """Write the entries in order of capture and candidate; without any, there is no file."""
    lines = [*sorted(entries, key=lambda entry: entry.key), _End(1)]
    if len(lines) == 1:
        try:
            path.unlink(missing_ok=True)
        except OSError as problem:
            raise ParityError(path, f"cannot be removed, and no entry is left: {problem.strerror}") from None
        return
    rows = [msgspec.json.format(msgspec.json.encode(line), indent=0) for line in lines]
    with atomic_file(path) as file:
        file.write(b"[\n" + b",\n".join(rows) + b"\n]\n")


@dataclass(frozen=True, slots=True)
class Blessing:
    """What `--snapshot-update` makes of a frontier."""

    entries: tuple[Standing, ...]
    # What it did, in words, in order.
    added: tuple[str, ...]
    moved: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def changes(self) -> int:
        return len(self.added) + len(self.moved) + len(self.removed)


def bless(before: Iterable[Standing], cells: Iterable[Cell], root: Path) -> Blessing:
    """The frontier after these cells: each that came to an answer stands where it was found.

    Entries of other cells stay, but for those whose capture is gone.
    """
    entries = {entry.key: entry for entry in before}
    added, moved, removed = [], [], []
    for cell in sorted(cells, key=lambda cell: (cell.capture, cell.candidate)):
        if cell.window or not cell.is_settled:
            continue
        name = f"{cell.capture} {cell.candidate}"
        old, new = entries.pop((cell.capture, cell.candidate), None), cell.standing
        if new is not None:
            entries[new.key] = new
        if old is None and new is not None:
            added.append(f"{name}: {new.brief}")
        elif old is not None and new is None:
            removed.append(f"{name}: equal now, was {old.brief}")
        elif old is not None and new is not None and old != new:
            moved.append(f"{name}: {new.brief}; was {old.brief}{'' if old.run == new.run else ' in another run'}")
    for entry in sorted(entries.values(), key=lambda entry: entry.key):
        if not (root / entry.capture).exists():
            del entries[entry.key]
            removed.append(f"{entry.capture} {entry.candidate}: the capture is gone")
    return Blessing(tuple(entries[key] for key in sorted(entries)), tuple(added), tuple(moved), tuple(removed))
