"""What is not to be overwritten: a trace of the original cannot be recorded again."""

from __future__ import annotations

import re
from pathlib import Path

from crimson.dbg import container
from crimson.dbg.errors import BadUsage, ParityError
from crimson.dbg.file_kinds import CAPTURE, REPLAY, kind_of_file
from crimson.dbg.inputs import open_input
from crimson.dbg.schema import TraceMeta
from crimson.dbg.trace import decode_meta


def require_replaceable(out: Path) -> None:
    """Raise `BadUsage` if `out` is a trace of the original, be it a damaged one, or a replay or a capture."""
    kind = kind_of_file(out)
    if kind in (REPLAY, CAPTURE):
        raise BadUsage(out, f"is {kind.name}, which no trace overwrites", "name another file, or remove it")
    meta = _meta_of(out)
    if meta is not None and meta.producer.kind == "original":
        raise BadUsage(out, "is a trace of the original, which nothing overwrites", "name another file, or remove it")


def require_only_of(session_id: str, folder: Path, stem: str) -> None:
    """Raise `BadUsage` for a file in the place of those that finalize makes of a capture, but of another session."""
    for path in finalized(folder, stem):
        meta = _meta_of(path.with_suffix(".cdt"))
        if meta is None or meta.capture is None or meta.capture.session_id != session_id:
            raise BadUsage(path, "is there, and not of this capture", "name another folder, or move it away")


def finalized(folder: Path, stem: str) -> list[Path]:
    """What is in the place of traces and replays of a capture: `STEM.cdt`, `STEM.crd`, `STEM-run2.cdt` and so on."""
    name = re.compile(rf"{re.escape(stem)}(-run[0-9]+)?\.(cdt|crd)")
    return sorted(path for path in folder.iterdir() if name.fullmatch(path.name)) if folder.is_dir() else []


def _meta_of(path: Path) -> TraceMeta | None:
    """What a trace says of itself, also a damaged one, which may be recovered."""
    try:
        with open_input(path) as file:
            begin = container.read_file_header(file, path)
            chunk = container.read_chunk(file, path, begin, path.stat().st_size)
            return decode_meta(container.inflate(chunk, path), path)
    except (ParityError, OSError):
        return None
