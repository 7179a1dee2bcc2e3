"""The beginning of a trace as a trace of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from crimson.dbg.trace import TraceReader
from crimson.dbg.trace_writer import writing_trace


def write_beginning(source: Path, out: Path, last: int) -> None:
    """Copy a trace up to and including tick `last`: the same bytes as a recording that was ended there."""
    with TraceReader(source) as reader:
        if last >= reader.tick_count - 1:
            shutil.copyfile(source, out)
            return
        with writing_trace(out, reader.meta) as writer:
            for entry in (reader.setup_entry, *reader.tick_entries):
                if entry.first > last:
                    break
                tables = reader.tables(entry)
                if entry.last > last:
                    tables = {name: rows.take(rows.ticks <= last) for name, rows in tables.items()}
                writer.write_tables(tables, entry.first, min(entry.last, last))
