"""A capture as the plugin sees it: the `.cdt` of an original, and the `.crd` beside it."""

from __future__ import annotations

import os
from pathlib import Path

from crimson.dbg.errors import ParityError
from crimson.dbg.render import mode_name
from crimson.dbg.schema import TraceMeta, TraceSource
from crimson.dbg.trace import TraceReader

SUFFIX = ".cdt"
MODES = ("survival", "rush", "quests", "typo", "tutorial")


class Capture:
    """Read once when collected: only header, metadata and index, never the ticks."""

    __slots__ = ("meta", "name", "path", "problem", "reported", "ticks")

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        # How reports name it: its path from the rootdir, with slashes.
        name = capture_name(path, root)
        self.name = in_utf8(name)
        self.meta: TraceMeta | None = None
        self.ticks = 0
        # Why it cannot be used. Collection goes on, and its items report it.
        self.problem: ParityError | None = None
        # Which item was the first to report a problem.
        self.reported: dict[str, str] = {}
        if self.name != name:
            # What is written of a capture, such as its artifacts, names it in UTF-8.
            self.problem = ParityError(self.name, "its path is not in UTF-8, and cannot be told", "rename it")
            return
        try:
            with TraceReader(path) as reader:
                self.meta = reader.meta
                self.ticks = reader.tick_count
        except ParityError as problem:
            self.problem = problem

    @property
    def replay(self) -> Path:
        return self.path.with_suffix(".crd")

    @property
    def is_candidate(self) -> bool:
        """Whether it is a trace of a candidate, which is nothing to measure against."""
        return self.meta is not None and self.meta.producer.kind == "candidate"

    @property
    def source(self) -> TraceSource:
        """The identity of its run; a file that cannot be read has none."""
        if self.meta is None:
            raise self.problem or ParityError(self.path, "was not read")
        return self.meta.source

    @property
    def run(self) -> str:
        """The fingerprint of its replay; empty when it is not one of the original, or unreadable."""
        if self.meta is None or self.meta.producer.kind != "original":
            return ""
        return self.meta.source.replay_sha256

    @property
    def mode(self) -> str:
        """The game mode, and the quest when it is one; empty for a file that cannot be read."""
        if self.meta is None:
            return ""
        run = self.meta.source.run
        return f"{mode_name(run.mode_id)} {run.quest}".rstrip()

    @property
    def marks(self) -> tuple[str, ...]:
        """The marker of its mode, by which -m and -k select it."""
        return tuple(mode for mode in MODES if self.mode.split()[:1] == [mode])


def in_utf8(path: str) -> str:
    """A path as it can be told, written, and sent between processes: bytes of it that are no UTF-8 are escaped."""
    return path.encode(errors="backslashreplace").decode()


def capture_name(path: Path, root: Path) -> str:
    """A capture's path from the rootdir; the whole path where there is no way from one to the other."""
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:  # another drive of Windows
        return path.as_posix()
