"""Plays the README's tour: a port with two mistakes, found, blessed and mended one after the other.

`python scripts/readme_tour.py` writes what the tools print into the README, between its tour markers.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import crimson

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
CAPTURE = "quest-1-1"
_MARKED = r"(<!-- tour: {} -->\n```\w+\n)(.*?)(```\n)"
# Behind it comes what was found; before it, versions and plugins.
_HEADER_END = re.compile(r"^collected .*\n+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line of the runtime, as the port has it wrong and as it should be."""

    file: str
    wrong: str
    right: str


SPREAD = Mistake(
    "crimson/gameplay.py",
    "x87_pc24_sub(player.spread_heat, x87_pc24_mul(frame_dt, f32(0.5))),",
    "x87_pc24_sub(player.spread_heat, x87_pc24_mul(frame_dt, f32(0.4))),",
)
FLASH = Mistake(
    "crimson/creatures/damage.py",
    "creature.hit_flash_timer = f32(0.25)",
    "creature.hit_flash_timer = f32(0.2)",
)


class Port:
    """A checkout of the runtime, which comes before the installed one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        packages = Path(crimson.__file__).parents[1]
        for package in ("crimson", "grim"):
            shutil.copytree(packages / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "dbg"))

    def replace(self, file: str, old: str, new: str) -> str:
        """Change a line; returns the change as a diff."""
        path = self.folder / file
        before = path.read_text()
        if before.count(old) != 1:
            raise ValueError(f"{file} has {before.count(old)} lines {old!r}; the tour needs one")
        after = before.replace(old, new)
        path.write_text(after)
        old_lines, new_lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
        return "".join(difflib.unified_diff(old_lines, new_lines, f"a/{file}", f"b/{file}", n=1))


def play(folder: Path) -> Mapping[str, str]:
    """Each station of the tour, with what a user sees there."""
    port = Port(folder / "port")
    for mistake in (SPREAD, FLASH):
        port.replace(mistake.file, mistake.right, mistake.wrong)
    project = folder / "project"
    (project / "captures").mkdir(parents=True)
    for suffix in (".cdt", ".crd"):
        shutil.copy(ROOT / "captures" / f"{CAPTURE}{suffix}", project / "captures")
    (project / "pytest.ini").write_text("[pytest]\n")

    def pytest(*words: str) -> str:
        return _pytest(project, port.folder, *words)

    return {
        "red": pytest(),
        "blessed": pytest("--snapshot-update"),
        "patch": port.replace(SPREAD.file, SPREAD.wrong, SPREAD.right),
        "advanced": pytest("--tb=no"),
        "second patch": port.replace(FLASH.file, FLASH.wrong, FLASH.right),
        "green": pytest("--snapshot-update"),
    }


def _pytest(project: Path, port: Path, *words: str) -> str:
    command = [sys.executable, "-m", "pytest", "--parity=python", "captures/", *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    environment |= {"PYTHONPATH": str(port), "COLUMNS": "100", "NO_COLOR": "1"}
    for name in ("CI", "BUILD_NUMBER", "GITHUB_ACTIONS"):
        # pytest prints long lines there.
        environment.pop(name, None)
    quiet = ["-p", "no:hypothesispytest", "-p", "no:xdist"]
    found = subprocess.run(
        [*command, *quiet], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    if found.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} ended with {found.returncode}:\n{found.stdout}{found.stderr}")
    shown = f"$ pytest --parity=python captures/{''.join(f' {word}' for word in words)}"
    return f"{shown}\n{_HEADER_END.split(found.stdout, maxsplit=1)[1]}"


def stations(text: str) -> Mapping[str, str]:
    """What a README shows at each station."""
    found: Iterator[re.Match[str]] = re.finditer(_MARKED.format("(?P<name>[a-z ]+)"), text, re.DOTALL)
    return {match["name"]: match[3] for match in found}


def written(text: str, shown: Mapping[str, str]) -> str:
    """The README with other outputs."""
    for name, output in shown.items():
        pattern = re.compile(_MARKED.format(re.escape(name)), re.DOTALL)
        text, count = pattern.subn(lambda match, output=output: f"{match[1]}{output}{match[3]}", text)
        if count != 1:
            raise ValueError(f"{README.name} has {count} places for the tour's station {name!r}")
    return text


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        README.write_text(written(README.read_text(), play(Path(scratch))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
