"""Rebuilding the index of a trace that ended early, from the chunks that are whole."""

from __future__ import annotations

from pathlib import Path

from crimson.dbg import container
from crimson.dbg.atomic import atomic_file
from crimson.dbg.container import ChunkPacker, StoredChunk
from crimson.dbg.errors import BadUsage, DamagedTrace, ParityError
from crimson.dbg.report import RecoverReport
from crimson.dbg.trace import TraceReader


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
        chunks = _usable(list(container.whole_chunks(file, path, body)))
        if len(chunks) < 3:
            raise DamagedTrace(path, "no tick of it is whole", "record or finalize it again")
        entries = tuple(chunk.entry for chunk in chunks)
        container.require_chunk_order(entries, path)
        end = entries[-1].offset + container.CHUNK_HEADER_SIZE + entries[-1].stored_size
        file.seek(0)
        with atomic_file(out) as target:
            target.write(file.read(end))
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


def _usable(chunks: list[StoredChunk]) -> list[StoredChunk]:
    """The leading chunks that are in order, up to the first that cannot follow its predecessor."""
    usable = chunks[:2]
    for chunk in chunks[2:]:
        expected = (len(usable) - 2) * container.TICKS_PER_CHUNK
        if chunk.entry.kind != container.TICKS or chunk.entry.first != expected:
            break
        usable.append(chunk)
        if chunk.entry.last != expected + container.TICKS_PER_CHUNK - 1:
            break
    return usable
