"""Where candidates stood when they ran last, kept in pytest's own cache: --cache-clear forgets it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from crimson.dbg.atomic import atomic_file
from pytest_crimson_parity.cell import Cell
from pytest_crimson_parity.folder_lock import locked_folder
from pytest_crimson_parity.leftovers import remove_leftovers
from pytest_crimson_parity.standings import Standing

_FOLDER = "crimson-parity"
_FILE = "standings.json"


def read_memory(config: pytest.Config) -> tuple[Standing, ...]:
    """What the last runs left; nothing when there was none, or when the file was damaged since."""
    path = _path(config)
    if path is None:
        return ()
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[Standing, ...])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ()


def write_memory(config: pytest.Config, cells: Iterable[Cell]) -> None:
    """Remember where these cells stand, next to what earlier runs left of others; `ParityError` when that fails.

    An item that came to no answer changes nothing.
    """
    path = _path(config)
    if path is None:
        return
    with locked_folder(path.parent, "to remember where candidates stand"):
        remove_leftovers(path)
        _write(config, path, cells)


def _write(config: pytest.Config, path: Path, cells: Iterable[Cell]) -> None:
    # As it is by now: another run may have ended meanwhile.
    before = read_memory(config)
    standings = {standing.key: standing for standing in before}
    for cell in cells:
        if cell.window or not cell.is_settled:
            continue
        standings.pop((cell.capture, cell.candidate), None)
        if cell.standing is not None:
            standings[cell.standing.key] = cell.standing
    found = tuple(standings[key] for key in sorted(standings) if (config.rootpath / key[0]).exists())
    if found == before:
        return
    # The cache's own `set` writes in place: a run that is killed would leave half a file.
    with atomic_file(path) as file:
        file.write(msgspec.json.format(msgspec.json.encode(found)))


def _path(config: pytest.Config) -> Path | None:
    cache = getattr(config, "cache", None)
    if not isinstance(cache, pytest.Cache):
        return None  # -p no:cacheprovider
    try:
        return cache.mkdir(_FOLDER) / _FILE
    except OSError:
        return None
