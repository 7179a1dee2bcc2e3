"""Candidate traces, recorded once for each replay and candidate build and kept by content.

An entry is named by everything that decides its bytes, so a stale one is never found: it is only unused,
and goes when the cache is full. Entries appear by renaming and are read under a lock, so processes share
a folder without knowing of each other.

The entries of one candidate build and run have a stem in common, and one lock: `STEM.cdt` is the whole run,
`STEM.until-863.cdt` was asked for up to a tick, and `STEM.stopped-HASH.cdt` ended where it had diverged from the
original of that hash. The latter two never pass for the first.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from crimson.dbg.container import FORMAT_VERSION
from crimson.dbg.early_stop import FOCUS_TICKS
from crimson.dbg.errors import ParityError
from crimson.dbg.inputs import open_input
from crimson.dbg.locks import locked, locked_now
from crimson.dbg.trace import TraceReader
from pytest_crimson_parity.candidates import Candidate, CandidateFailure
from pytest_crimson_parity.recording import Extent, Goal, Order, Progress, Until, UntilDiverged

_TRACE = ".cdt"
_LOCK = ".lock"
_STOPPED = ".stopped-"
_SESSION = "-only-"
# A write has no file name in its error; these are the ways in which writing a trace fails.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)


class CacheProblem(ParityError):
    """The cache folder cannot be used."""


class StrangeTrace(CandidateFailure):
    """A candidate that recorded something else than it was asked to."""

    verdict = "wrong run"


class CandidateChanged(CandidateFailure):
    """A candidate that became another build while it was measured."""

    verdict = "changed"


@dataclass(frozen=True, slots=True)
class Entry:
    """A trace in the cache. While it is held, nobody removes it to make room."""

    path: Path
    # Whether it was made for this caller just now.
    recorded: bool
    # Whether it was stopped when it had diverged.
    stopped: bool


class TraceCache:
    """The entries in one folder, about `limit` bytes of them: an entry that was just made stays.

    `session` names the pytest run, the same in all of its processes: traces of candidates that do not know what build
    they are serve that run only.
    """

    def __init__(self, folder: Path, limit: int, session: str) -> None:
        self.folder = folder
        self._traces = folder / "traces"
        # What is being recorded; never looked for.
        self._recording = folder / "recording"
        self._limit = limit
        self._session = session
        # What build each candidate is in this run: as it was when it was asked first.
        self._identities: dict[str, str | None] = {}

    @contextmanager
    def entry(
        self, candidate: Candidate, replay: Path, run: str, progress: Progress | None, goal: Goal = None
    ) -> Generator[Entry]:
        """The candidate's trace of a replay whose fingerprint is `run`, recorded if it is not there yet.

        Without a goal it is a recording of the whole run, otherwise that or one for the goal.
        """
        stem = self._stem(candidate, run)
        lock = self._traces / f"{stem}{_LOCK}"
        recorded = False
        with self._as_problem():
            self._prepare()
            while True:
                with locked(lock, shared=True):
                    found = self._find(stem, run, goal)
                    if found is not None:
                        with suppress(PermissionError):  # another user's entry: it just ages
                            found.touch()
                        yield Entry(found, recorded, _STOPPED in found.name)
                        return
                made = None
                # Between the two locks another process may have recorded it.
                with locked(lock):
                    if self._find(stem, run, goal) is None:
                        made = self._record(candidate, stem, Order(replay, run, self._out(stem), goal, progress))
                        recorded = True
                if made is not None:
                    self._make_room(made)

    def discard(self, entry: Entry) -> None:
        """Remove an entry that turned out to be damaged. Whoever reads it now finds that out as well."""
        with self._as_problem():
            entry.path.unlink(missing_ok=True)

    def forget_session(self) -> None:
        """Remove what was to serve this run only. What cannot be removed is found by nobody, and ages."""
        with suppress(OSError):
            for path in self._traces.glob(f"*{_SESSION}{self._session}.*"):
                self._remove(path)

    def _prepare(self) -> None:
        if self._traces.is_dir() and self._recording.is_dir():
            return
        mine = not self.folder.exists()
        for folder in (self._traces, self._recording):
            folder.mkdir(parents=True, exist_ok=True)
        if mine:
            # No repository and no backup wants it.
            (self.folder / ".gitignore").write_text("*\n")
            (self.folder / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")

    def _stem(self, candidate: Candidate, run: str) -> str:
        identity = self._identity(candidate)
        known = f"{FORMAT_VERSION} {candidate.name} {identity or self._session} {run}"
        stem = f"{candidate.name}-{run[:16]}-{_short_hash(known)}"
        return stem if identity else f"{stem}{_SESSION}{self._session}"

    def _identity(self, candidate: Candidate) -> str | None:
        if candidate.name not in self._identities:
            self._identities[candidate.name] = candidate.identity()
        return self._identities[candidate.name]

    def _out(self, stem: str) -> Path:
        return self._recording / f"{stem}{_TRACE}"

    def _find(self, stem: str, run: str, goal: Goal) -> Path | None:
        """The first usable entry for a goal."""
        return next((path for path, least in self._entries(stem, goal) if _usable_ticks(path, run) >= least), None)

    def _entries(self, stem: str, goal: Goal) -> Iterator[tuple[Path, int]]:
        """The files that may serve a goal, each with how many ticks it must have: the whole run serves every goal."""
        yield self._path(stem, "whole", None), 0
        match goal:
            case Until(last):
                yield self._path(stem, "until", goal), 0
                for path in sorted(self._traces.glob(f"{stem}.*{_TRACE}")):
                    yield path, last + 1
            case UntilDiverged():
                yield self._path(stem, "stopped", goal), 0

    def _path(self, stem: str, extent: Extent, goal: Goal) -> Path:
        return self._traces / _name_of(stem, extent, goal)

    def _any_entry(self, stem: str) -> bool:
        return any(path.suffix == _TRACE for path in self._traces.glob(f"{stem}.*"))

    def _record(self, candidate: Candidate, stem: str, order: Order) -> Path:
        # Only the holder of the lock records, so what another recorder left was left by a dead one.
        self._sweep(stem)
        try:
            extent = candidate.record(order)
            made = self._path(stem, extent, order.goal)
            # A link would leave it to others what the entry holds.
            if order.out.is_symlink() or _usable_ticks(order.out, order.run) < 0:
                raise StrangeTrace(order.replay, f"the candidate {candidate.name} made no trace of this replay's run")
            if candidate.identity() != self._identity(candidate):
                raise CandidateChanged(
                    order.replay,
                    f"the candidate {candidate.name} was changed since this run began",
                    "run again: what it recorded is of no one build, and was not kept",
                )
            order.out.replace(made)
        except ParityError as problem:
            if isinstance(problem, CandidateFailure) or problem.where != str(order.out):
                raise
            raise self._problem(problem.problem) from None
        finally:
            self._sweep(stem)
        return made

    def _make_room(self, keep: Path) -> None:
        """Remove the least recently used entries above the limit, and what dead recorders left."""
        for lock in self._traces.glob(f"*{_LOCK}"):
            if not self._any_entry(lock.stem):
                self._remove(lock)
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
        """Remove an entry if nobody holds one of its stem, and the lock with the last of them."""
        stem = path.name.partition(".")[0]
        lock = self._traces / f"{stem}{_LOCK}"
        with locked_now(lock) as held:
            if held:
                path.unlink(missing_ok=True)
                self._sweep(stem)
                if not self._any_entry(stem):
                    lock.unlink(missing_ok=True)

    def _sweep(self, stem: str) -> None:
        """Remove what a recording left behind, whole or in part."""
        for left in (self._out(stem), *self._recording.glob(f".{stem}{_TRACE}.*.part")):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink(missing_ok=True)

    @contextmanager
    def _as_problem(self) -> Generator[None]:
        try:
            yield
        except OSError as problem:
            named = problem.filename
            here = isinstance(named, str) and Path(named).is_relative_to(self.folder)
            if not here and problem.errno not in _FULL:
                raise
            raise self._problem(str(problem.strerror)) from None

    def _problem(self, reason: str) -> CacheProblem:
        return CacheProblem(
            self.folder,
            f"the cache of candidate traces cannot be used: {reason}",
            "choose another folder with --parity-cache",
        )


def _name_of(stem: str, extent: Extent, goal: Goal) -> str:
    match extent, goal:
        case "whole", _:
            return f"{stem}{_TRACE}"
        case "until", Until(last):
            return f"{stem}.until-{last}{_TRACE}"
        case "stopped", UntilDiverged(original, sustain, strict):
            rules = f"{_content_hash(Path(original))} {sustain} {strict} {FOCUS_TICKS}"
            return f"{stem}{_STOPPED}{_short_hash(rules)}{_TRACE}"
        case _:
            raise ValueError(f"a candidate recorded {extent!r}, which it was not asked for")


def _content_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with open_input(path) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _usable_ticks(path: Path, run: str) -> int:
    """How many ticks an entry has, -1 for one that is no trace of this run. They are hashed by whoever reads them."""
    if not path.exists():
        return -1
    try:
        with TraceReader(path) as reader:
            return reader.tick_count if reader.meta.source.replay_sha256 == run else -1
    except ParityError:
        return -1
