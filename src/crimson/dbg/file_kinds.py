"""What kind of file a user has given, where another kind was expected, and what takes it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import zstandard

from crimson.dbg.container import MAGIC
from crimson.dbg.errors import ParityError
from crimson.dbg.inputs import open_input

# A zstd block unpacks as a whole, and is shorter than this.
HEAD_BYTES = 1 << 18
# The first key of a replay's msgpack map, and the first field of a capture's JSON.
_REPLAY_KEY, _CAPTURE_FIELD = b"\xaeformat_version", b'{"event":"session_start"'


class FileKind(NamedTuple):
    name: str
    # The next step of somebody who has one.
    taken_by: str


TRACE = FileKind("a .cdt trace", "`crimson-dbg health`, `verify` and `diff` take it")
REPLAY = FileKind("a .crd replay", "`crimson-dbg record` makes a trace of it")
CAPTURE = FileKind("a raw capture", "`crimson-dbg finalize` makes a trace of it")


def kind_of(head: bytes) -> FileKind | None:
    """The kind of a file that begins so, whole or not; None for all others."""
    if head.startswith(MAGIC):
        return TRACE
    if head.startswith(zstandard.FRAME_HEADER):
        try:
            head = zstandard.ZstdDecompressor(max_window_size=1 << 25).stream_reader(head[:HEAD_BYTES]).read(64)
        except zstandard.ZstdError:
            return None
        if _REPLAY_KEY in head:
            return REPLAY
    return CAPTURE if head.startswith(_CAPTURE_FIELD) else None


def kind_of_file(path: Path) -> FileKind | None:
    """The kind of a file that is there and can be read."""
    try:
        with open_input(path) as file:
            return kind_of(file.read(HEAD_BYTES))
    except ParityError:
        return None
