"""The index of `corpus/`: replays with the digest of the trace that the Python runtime records of each.

A candidate that records the same digest has played the run to the bit, without the Python runtime playing it again.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import msgspec

from crimson.dbg.atomic import atomic_file
from crimson.dbg.report import CoverageReport
from crimson.dbg.trace import TraceReader

CORPUS = Path(__file__).parent.parent / "corpus"
INDEX = "index.json"


class CorpusEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One replay, `NAME.crd`, and what it is there for."""

    name: str
    ticks: int
    # Of every tick that Python records; see `trace_digest`.
    digest: str
    # What no replay before this one contains, as `GROUP: NAME` of `crimson-dbg coverage`.
    adds: tuple[str, ...]


def trace_digest(path: Path) -> tuple[int, str]:
    """The ticks of a trace, and one hash over its set-up and all ticks; metadata is left out."""
    with TraceReader(path) as trace:
        entries = (trace.setup_entry, *trace.tick_entries)
        digests = b"".join(struct.pack("<qQ", entry.last, entry.digest) for entry in entries)
        return trace.tick_count, hashlib.blake2b(digests, digest_size=16).hexdigest()


def contents(report: CoverageReport) -> dict[str, None]:
    """All that a coverage has reached, in its order."""
    return {f"{group.name}: {reached.name}": None for group in report.groups for reached in group.reached}


def read_index(corpus: Path = CORPUS) -> tuple[CorpusEntry, ...]:
    """In the order in which the replays add to each other."""
    return msgspec.json.decode((corpus / INDEX).read_bytes(), type=tuple[CorpusEntry, ...])


def write_index(entries: tuple[CorpusEntry, ...], corpus: Path = CORPUS) -> None:
    """One line for each replay, so that a diff shows what has changed."""
    lines = b",\n".join(msgspec.json.encode(entry) for entry in entries)
    with atomic_file(corpus / INDEX) as file:
        file.write(b"[\n" + lines + b"\n]\n")
