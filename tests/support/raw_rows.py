"""Raw captures as Python objects: take the rows of a good one apart, change one thing, write them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

# Any value of a row. It is loose on purpose: what is tested are rows that no struct allows.
type Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


class Rows:
    """The decoded rows of a capture, whose parts are named by paths such as `tick 3.record.checkpoint.kills`."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self.rows: list[dict[str, Json]] = [msgspec.json.decode(line, type=dict) for line in lines]

    def line_of(self, name: str) -> int:
        """The line number of `session`, `start`, `end`, `close`, or `tick N` of the first run."""
        return self._index(name) + 1

    def _index(self, name: str) -> int:
        word, _, number = name.partition(" ")
        event = {"session": "session_start", "start": "run_start", "end": "run_end", "close": "session_end"}.get(word)
        first = [row["event"] for row in self.rows].index(event or "tick")
        return first + int(number or 0)

    def _holder(self, path: str) -> tuple[Json, str]:
        name, *parts = path.split(".")
        holder: Json = self.rows[self._index(name)]
        for part in parts[:-1]:
            holder = holder[int(part)] if isinstance(holder, list) else holder[part]  # ty: ignore
        return holder, parts[-1]

    def get(self, path: str) -> Json:
        holder, last = self._holder(path)
        return holder[int(last)] if isinstance(holder, list) else holder[last]  # ty: ignore

    def set(self, path: str, value: Json) -> Rows:
        holder, last = self._holder(path)
        if isinstance(holder, list):
            holder[int(last)] = value
        else:
            holder[last] = value  # ty: ignore
        return self

    def change(self, path: str, by: Callable[[Json], Json]) -> Rows:
        return self.set(path, by(self.get(path)))

    def delete(self, path: str) -> Rows:
        holder, last = self._holder(path)
        if isinstance(holder, list):
            del holder[int(last)]
        else:
            del holder[last]  # ty: ignore
        return self

    def insert(self, name: str, row: Json) -> Rows:
        """Put a row before the one of this name."""
        self.rows.insert(self._index(name), row)  # ty: ignore[invalid-argument-type]
        return self

    def drop(self, name: str) -> Rows:
        del self.rows[self._index(name)]
        return self

    def row(self, name: str) -> dict[str, Json]:
        """A copy of a row."""
        return msgspec.json.decode(msgspec.json.encode(self.rows[self._index(name)]), type=dict)

    def write(self, path: Path) -> Path:
        path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in self.rows))
        return path
