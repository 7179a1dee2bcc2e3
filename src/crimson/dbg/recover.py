"""Rebuilding the index of a trace that ended early, from the chunks that are whole."""

from __future__ import annotations

import os
from pathlib import Path

from crimson.dbg import container
from crimson.dbg.atomic import atomic_file
from crimson.dbg.container import ChunkEntry, ChunkPacker
from crimson.dbg.errors import BadUsage, DamagedTrace
from crimson.dbg.inputs import open_input
from crimson.dbg.overwriting import require_replaceable
from crimson.dbg.report import RecoverReport
from crimson.dbg.trace import TraceReader, decode_meta

_COPY_BYTES = 1 << 20


def recover_trace(path: Path, out: Path) -> RecoverReport:
    """Write the whole chunks of `path` to `out` with a new index.

    The result is a trace of fewer ticks than its replay has, and `verify` says so; nothing is invented. A trace that
    is whole already is refused, and one without a whole tick cannot be recovered.
    """
    if out.exists() and path.exists() and out.samefile(path):
        raise BadUsage(out, "recover does not overwrite the damaged file", "name another file with --out")
    require_replaceable(out)
    _require_damage(path)
    with open_input(path) as file:
        body = container.read_file_header(file, path)
        entries = _usable([chunk.entry for chunk in container.whole_chunks(file, path, body)])
        if len(entries) < 3:
            raise DamagedTrace(path, "no tick of it is whole", "record or finalize it again")
        container.require_chunk_order(entries, path)
        meta = container.read_chunk(file, path, entries[0].offset, os.fstat(file.fileno()).st_size)
        decode_meta(container.inflate(meta, path), path)
        end = entries[-1].offset + container.CHUNK_HEADER_SIZE + entries[-1].stored_size
        with atomic_file(out) as target:
            file.seek(0)
            while (left := end - file.tell()) > 0:
                target.write(file.read(min(left, _COPY_BYTES)))
            target.write(container.footer_bytes(ChunkPacker(), entries, end))
        dropped = os.fstat(file.fileno()).st_size - end
    return RecoverReport(str(path), str(out), entries[-1].last + 1, dropped)


def _require_damage(path: Path) -> None:
    try:
        with TraceReader(path) as reader:
            for entry in (reader.setup_entry, *reader.tick_entries):
                reader.raw(entry)
    except DamagedTrace:
        return
    raise BadUsage(path, "the trace is whole; there is nothing to recover")


def _usable(chunks: list[ChunkEntry]) -> tuple[ChunkEntry, ...]:
    """The leading chunks that are in order, up to the first that cannot follow its predecessor."""
    usable = chunks[:2]
    for chunk in chunks[2:]:
        expected = (len(usable) - 2) * container.TICKS_PER_CHUNK
        if chunk.kind != container.TICKS or chunk.first != expected:
            break
        usable.append(chunk)
        if chunk.last != expected + container.TICKS_PER_CHUNK - 1:
            break
    return tuple(usable)
