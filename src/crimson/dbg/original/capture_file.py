"""The raw capture on disk: written as it comes, so that a crash costs a second at most."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec
import zstandard

from crimson.dbg.atomic import make_folder
from crimson.dbg.capture_rows import AnyRow
from crimson.dbg.errors import BadUsage, CaptureProblem

SUFFIX = ".jsonl.zst"
# What a capture is called until it is whole; `finalize` reads it all the same.
PART_SUFFIX = ".part"
_FLUSH_SECONDS = 1.0
_ENCODER = msgspec.json.Encoder()


class CaptureFile:
    """Writes rows to `NAME.jsonl.zst.part` and gives it its name when closed.

    Rows reach the file within a second, as long as `write` or `flush_if_due` is called. `bytes` counts their text.
    """

    def __init__(self, target: Path) -> None:
        require_new(target)
        self.target = target
        self.part = _part_of(target)
        make_folder(target.parent)
        self._failure: CaptureProblem | None = None
        self.rows = 0
        self.bytes = 0
        self._flushed = time.monotonic()
        try:
            self._file: BinaryIO = self.part.open("xb")
        except OSError as problem:
            raise self._problem(problem) from None
        self._stream = zstandard.ZstdCompressor(level=3).stream_writer(self._file, closefd=False)

    def write(self, row: AnyRow) -> None:
        """Append a row; raises `CaptureProblem` when the file cannot take it."""
        line = _ENCODER.encode(row)
        with self._failing():
            self._stream.write(line)
            self._stream.write(b"\n")
        self.rows += 1
        self.bytes += len(line) + 1
        self.flush_if_due()

    def flush_if_due(self) -> None:
        """Hand everything to the system when a second has passed since the last time."""
        now = time.monotonic()
        if now - self._flushed >= _FLUSH_SECONDS:
            with self._failing():
                self._stream.flush(zstandard.FLUSH_BLOCK)
                self._file.flush()
            self._flushed = now

    def finish(self) -> None:
        """End the text and give the file its name."""
        with self._failing():
            self._stream.flush(zstandard.FLUSH_FRAME)
            self._file.flush()
            self._file.close()
            self.part.rename(self.target)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Whatever went wrong, what was written stays, under the name of a part."""
        if self._file.closed:
            return
        with suppress(OSError), self._file:
            if self._failure is None:
                self._stream.flush(zstandard.FLUSH_FRAME)

    @contextmanager
    def _failing(self) -> Generator[None]:
        # Text was lost on its way to the file: what could be written behind the gap would make the rest unreadable.
        if self._failure is not None:
            raise self._failure
        try:
            yield
        except OSError as problem:
            self._failure = self._problem(problem)
            raise self._failure from None

    def _problem(self, problem: OSError) -> CaptureProblem:
        hint = f"all but the last second remains: crimson-dbg finalize {self.part} --out-dir DIR" if self.rows else ""
        return CaptureProblem(self.part, f"cannot be written: {problem.strerror or problem}", hint)


def require_new(target: Path) -> None:
    """Raise `BadUsage` for a name that no capture can have, or that is taken."""
    if not target.name.endswith(SUFFIX):
        raise BadUsage(target, f"a capture is called NAME{SUFFIX}", "name it so")
    if any(folder.exists() and not folder.is_dir() for folder in target.parents):
        raise BadUsage(target, "lies in a file, not in a folder")
    for path in (target, _part_of(target)):
        if path.exists():
            raise BadUsage(path, "exists, and a capture overwrites nothing", "move it away, or name another file")


def _part_of(target: Path) -> Path:
    return target.with_name(target.name + PART_SUFFIX)
