"""Candidate traces, recorded once for each replay and candidate build and kept by content.

An entry is named by everything that decides its bytes, so a stale one is never found: it is only unused,
and goes when the cache is full. Entries appear by renaming and are read under a lock, so processes share
a folder without knowing of each other.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from crimson.dbg.container import FORMAT_VERSION
from crimson.dbg.errors import ParityError
from crimson.dbg.trace import TraceReader
from pytest_crimson_parity.candidates import Candidate, Progress
from pytest_crimson_parity.locks import locked, locked_now

_TRACE = ".cdt"
_LOCK = ".lock"
# A write has no file name in its error; these are the ways in which writing a trace fails.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)


class CacheProblem(ParityError):
    """The cache folder cannot be used."""


class StrangeTrace(ParityError):
    """A candidate that recorded something else than it was asked to."""

    verdict = "wrong run"


@dataclass(frozen=True, slots=True)
class Entry:
    """A whole trace in the cache. While it is held, nobody removes it to make room."""

    path: Path
    # Whether it was made for this caller just now.
    recorded: bool


class TraceCache:
    """The entries in one folder, about `limit` bytes of them: an entry that was just made stays."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self._traces = folder / "traces"
        self._limit = limit

    @contextmanager
    def entry(self, candidate: Candidate, replay: Path, run: str, progress: Progress | None) -> Generator[Entry]:
        """The candidate's trace of a replay whose fingerprint is `run`, recorded if it is not there yet."""
        path = self._path(candidate, run)
        lock = path.with_suffix(_LOCK)
        recorded = False
        with self._as_problem():
            self._prepare()
            while True:
                with locked(lock, shared=True):
                    if _is_usable(path, run):
                        with suppress(PermissionError):  # another user's entry: it just ages
                            path.touch()
                        yield Entry(path, recorded)
                        return
                # Between the two locks another process may have recorded it.
                with locked(lock):
                    if not _is_usable(path, run):
                        self._record(candidate, replay, path, run, progress)
                        recorded = True
                if recorded:
                    self._make_room(path)

    def discard(self, entry: Entry) -> None:
        """Remove an entry that turned out to be damaged. Whoever reads it now finds that out as well."""
        with self._as_problem():
            entry.path.unlink(missing_ok=True)

    def _prepare(self) -> None:
        if self._traces.is_dir():
            return
        mine = not self.folder.exists()
        self._traces.mkdir(parents=True, exist_ok=True)
        if mine:
            # No repository and no backup wants it.
            (self.folder / ".gitignore").write_text("*\n")
            (self.folder / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")

    def _path(self, candidate: Candidate, run: str) -> Path:
        key = f"{FORMAT_VERSION} {candidate.name} {candidate.identity()} {run}"
        digest = hashlib.sha256(key.encode()).hexdigest()
        return self._traces / f"{candidate.name}-{run[:16]}-{digest[:32]}{_TRACE}"

    def _record(self, candidate: Candidate, replay: Path, path: Path, run: str, progress: Progress | None) -> None:
        # Only the holder of the lock records, so what another recorder left was left by a dead one.
        self._sweep(path)
        candidate.record(replay, path, progress)
        if not _is_usable(path, run):
            path.unlink(missing_ok=True)
            raise StrangeTrace(replay, f"the candidate {candidate.name} made no trace of this replay's run")

    def _make_room(self, keep: Path) -> None:
        """Remove the least recently used entries above the limit, and what dead recorders left."""
        for lock in self._traces.glob(f"*{_LOCK}"):
            if not lock.with_suffix(_TRACE).exists():
                self._remove(lock.with_suffix(_TRACE))
        total = 0
        for _, size, path in sorted(self._used(), reverse=True):
            total += size
            if total > self._limit and path != keep:
                self._remove(path)

    def _used(self) -> Iterator[tuple[int, int, Path]]:
        """Each entry with when it was used last, and its size."""
        for path in self._traces.glob(f"*{_TRACE}"):
            with suppress(FileNotFoundError):  # another process makes room as well
                status = path.stat()
                yield status.st_mtime_ns, status.st_size, path

    def _remove(self, path: Path) -> None:
        lock = path.with_suffix(_LOCK)
        with locked_now(lock) as held:
            if held:
                self._sweep(path)
                lock.unlink(missing_ok=True)

    def _sweep(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        for part in self._traces.glob(f".{path.name}.*.part"):
            part.unlink(missing_ok=True)

    @contextmanager
    def _as_problem(self) -> Generator[None]:
        try:
            yield
        except OSError as problem:
            named = problem.filename
            here = isinstance(named, str) and Path(named).is_relative_to(self.folder)
            if not here and problem.errno not in _FULL:
                raise
            raise CacheProblem(
                self.folder,
                f"the cache of candidate traces cannot be used: {problem.strerror}",
                "choose another folder with --parity-cache",
            ) from None


def _is_usable(path: Path, run: str) -> bool:
    """Whether an entry is a trace of this run. Its ticks are hashed by whoever reads them."""
    if not path.exists():
        return False
    try:
        with TraceReader(path) as reader:
            return reader.meta.source.replay_sha256 == run
    except ParityError:
        return False
