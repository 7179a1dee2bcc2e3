"""What is kept of every comparison that does not pass: the report, both traces, the replay, and how to ask again.

Nothing in these files depends on the time, the machine, the worker or the order of items.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec

from crimson.dbg.atomic import atomic_file, make_folder
from crimson.dbg.report import DiffReport, to_json
from crimson.dbg.windows import parse_window
from pytest_crimson_parity.capture import Capture
from pytest_crimson_parity.cell import Cell, Facts
from pytest_crimson_parity.compare import Compared
from pytest_crimson_parity.kept_folders import new_folder, remove_folder
from pytest_crimson_parity.leftovers import remove_leftovers
from pytest_crimson_parity.markdown import markdown_summary
from pytest_crimson_parity.reproduce import focus_command, pytest_command
from pytest_crimson_parity.windows import ITEM_PREFIX, item_name, parse_item_name


class Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All cells of a run, in order of capture, candidate and window."""

    cells: tuple[Facts, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """The report of what was kept."""

    text: str
    # None where there was nothing to compare.
    diff: DiffReport | None


class Artifacts:
    """One folder, and in it one for each capture and candidate."""

    def __init__(self, folder: Path, root: Path, *, sustain: int, strict: bool, full: bool) -> None:
        self.folder = folder
        self._root = root
        self._sustain = sustain
        self._strict = strict
        self._full = full

    def place_of(self, cell: Cell) -> str:
        """The cell's folder within the folder of artifacts."""
        name = item_name(cell.candidate, parse_window(cell.window)) if cell.window else cell.candidate
        parts = ("__" if part == ".." else part for part in PurePosixPath(cell.capture).parts if part != "/")
        return "/".join((*parts, name))

    def keep(self, cell: Cell, capture: Capture, compared: Compared) -> Kept:
        """Keep a comparison, in place of an earlier one; `ParityError` when it cannot be kept."""
        # They load numpy, which a run that passes can do without.
        from pytest_crimson_parity.depth import as_text, last_tick_kept, look_closely
        from pytest_crimson_parity.excerpt import write_beginning

        window = None if not cell.window else parse_window(cell.window)
        with self._folder_for(cell) as folder:
            expected, actual = folder / "expected.cdt", folder / "actual.cdt"
            self._keep_sources(folder, capture)
            last = last_tick_kept(compared.report, window, full=self._full)
            write_beginning(compared.trace, actual, last)
            replay = folder / "replay.crd"
            focus = look_closely(expected, actual, replay, window, compared.report, cell.capture, last)
            text = as_text(focus)
            (folder / "report.txt").write_text(f"{text}\n", encoding="utf-8")
            (folder / "report.json").write_text(f"{to_json(focus)}\n", encoding="utf-8")
            shown = focus_command(cell, self._shown(cell), sustain=self._sustain, strict=self._strict)
            self._write_commands(folder, cell, shown)
            return Kept(text, focus.diff)

    def keep_failure(self, cell: Cell, capture: Capture, text: str, places: Mapping[str, str]) -> Kept:
        """Keep what there is where the candidate left no trace that could be compared.

        `places` are paths in `text` that are not kept, and what is in place of them.
        """
        with self._folder_for(cell) as folder:
            self._keep_sources(folder, capture)
            told = self._told(
                text, {**places, str(capture.replay): str(PurePosixPath(cell.capture).with_suffix(".crd"))}
            )
            (folder / "report.txt").write_text(f"{told}\n", encoding="utf-8")
            (folder / "report.json").write_bytes(_as_json(cell.facts()))
            self._write_commands(folder, cell)
            return Kept(text, None)

    def discard(self, cell: Cell) -> None:
        """Remove what an earlier run kept of a cell that passes now."""
        remove_folder(self.folder / self.place_of(cell))

    def footer(self, cell: Cell) -> str:
        """Where it was kept and how to ask again, as the last lines of a failure."""
        lines = [f"artifacts  {self._shown(cell)}"] if cell.artifacts else []
        lines.append(f"reproduce  {pytest_command(cell, strict=self._strict)}")
        return "\n".join(lines)

    def write_overview(self, cells: Iterable[Cell]) -> None:
        """Write index and summary of a run, and remove windows that it has no more."""
        cells = tuple(cells)
        self._prepare()
        for name in (".gitignore", "index.json", "summary.md"):
            remove_leftovers(self.folder / name)
        for stale in self._stale_windows(cells):
            remove_folder(stale)
        with atomic_file(self.folder / "index.json") as file:
            file.write(_as_json(Index(tuple(cell.facts() for cell in cells))))
        with atomic_file(self.folder / "summary.md") as file:
            file.write(markdown_summary(cells).encode())

    def _folder_for(self, cell: Cell) -> AbstractContextManager[Path]:
        self._prepare()
        return new_folder(self.folder / self.place_of(cell))

    def _prepare(self) -> None:
        if not self.folder.is_dir():
            make_folder(self.folder)
            with atomic_file(self.folder / ".gitignore") as file:
                file.write(b"*\n")

    def _told(self, text: str, places: Mapping[str, str]) -> str:
        """A text without what depends on the place: the longest paths first, which may begin with others."""
        names = {**places, f"{self._root}{os.sep}": "", str(self._root): "."}
        pattern = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        return re.sub(pattern, lambda found: names[found[0]], text)

    def _shown(self, cell: Cell) -> str:
        """The cell's folder, as seen from the rootdir."""
        folder = self.folder / self.place_of(cell)
        try:
            return Path(os.path.relpath(folder, self._root)).as_posix()
        except ValueError:  # another drive of Windows
            return folder.as_posix()

    def _keep_sources(self, folder: Path, capture: Capture) -> None:
        shutil.copyfile(capture.path, folder / "expected.cdt")
        shutil.copyfile(capture.replay, folder / "replay.crd")

    def _write_commands(self, folder: Path, cell: Cell, *more: str) -> None:
        lines = ["# in the rootdir of the run", pytest_command(cell, strict=self._strict), *more]
        (folder / "reproduce.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _stale_windows(self, cells: Iterable[Cell]) -> Iterator[Path]:
        """Folders of windows that were not asked about, of captures and candidates that were asked about as a whole."""
        asked = {self.folder / self.place_of(cell) for cell in cells}
        for cell in cells:
            if not cell.window and cell.is_settled:
                whole = self.folder / self.place_of(cell)
                for path in whole.parent.glob(f"{ITEM_PREFIX}{whole.name}-*-*"):
                    # The name of another candidate may begin with this one's.
                    name = parse_item_name(path.name)
                    if name is not None and name[0] == whole.name and path not in asked:
                        yield path


def _as_json(facts: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n"
