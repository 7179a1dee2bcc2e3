"""Rebuilding the index of a trace that ended early, from the chunks that are whole."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from crimson.dbg import container
from crimson.dbg.atomic import atomic_file
from crimson.dbg.container import ChunkEntry, ChunkPacker
from crimson.dbg.errors import BadUsage, DamagedTrace, ParityError
from crimson.dbg.report import RecoverReport
from crimson.dbg.trace import TraceReader

_COPY_BYTES = 1 << 20


def recover_trace(path: Path, out: Path) -> RecoverReport:
    """Write the whole chunks of `path` to `out` with a new index.

    The result is a trace of fewer ticks than its replay has, and `verify` says so; nothing is invented. A trace that
    is whole already is refused, and one without a whole tick cannot be recovered.
    """
    if out.exists() and path.exists() and out.samefile(path):
        raise BadUsage(out, "recover does not overwrite the damaged file", "name another file with --out")
    _require_damage(path)
    try:
        file = path.open("rb")
    except OSError as problem:
        raise ParityError(path, f"cannot be read: {problem.strerror}") from None
    with file:
        body = container.read_file_header(file, path)
        entries = _usable([chunk.entry for chunk in container.whole_chunks(file, path, body)])
        if len(entries) < 3:
            raise DamagedTrace(path, "no tick of it is whole", "record or finalize it again")
        container.require_chunk_order(entries, path)
        end = entries[-1].offset + container.CHUNK_HEADER_SIZE + entries[-1].stored_size
        file.seek(0)
        with atomic_file(out) as target:
            _copy(file, target, end)
            target.write(container.footer_bytes(ChunkPacker(), entries, end))
        dropped = path.stat().st_size - end
    with TraceReader(out) as reader:
        return RecoverReport(str(path), str(out), reader.tick_count, dropped)


def _require_damage(path: Path) -> None:
    try:
        with TraceReader(path) as reader:
            for entry in (reader.setup_entry, *reader.tick_entries):
                reader.raw(entry)
    except DamagedTrace:
        return
    raise BadUsage(path, "the trace is whole; there is nothing to recover")


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    while size:
        block = source.read(min(size, _COPY_BYTES))
        target.write(block)
        size -= len(block)


def _usable(chunks: list[ChunkEntry]) -> tuple[ChunkEntry, ...]:
    """The leading chunks that are in order, up to the first that cannot follow its predecessor."""
    usable = chunks[:2]
    for entry in chunks[2:]:
        expected = (len(usable) - 2) * container.TICKS_PER_CHUNK
        if entry.kind != container.TICKS or entry.first != expected:
            break
        usable.append(entry)
        if entry.last != expected + container.TICKS_PER_CHUNK - 1:
            break
    return tuple(usable)
