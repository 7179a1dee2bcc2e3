"""What is not to be overwritten: a trace of the original cannot be recorded again."""

from __future__ import annotations

from pathlib import Path

from crimson.dbg.errors import BadUsage, ParityError
from crimson.dbg.trace import TraceReader


def require_no_original(out: Path) -> None:
    """Raise `BadUsage` if `out` is a trace of the original."""
    if not out.is_file():
        return
    try:
        with TraceReader(out) as trace:
            kind = trace.meta.producer.kind
    except ParityError:
        # no trace, or a damaged one
        return
    if kind == "original":
        raise BadUsage(out, "is a trace of the original, which nothing overwrites", "name another file, or remove it")
