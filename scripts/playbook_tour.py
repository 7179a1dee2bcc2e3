"""Plays the differential playbook: a capture from the stand-in, a port with a mistake, the way from one to the other.

`python scripts/playbook_tour.py` writes what the tools print into the playbook, between its tour markers.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from readme_tour import ROOT, Mistake, Port, written

PLAYBOOK = ROOT / "docs" / "frida" / "differential-playbook.md"
CAPTURE = "quest-1-1"
# How far a shot turns the creature that it hits.
MISTAKE = Mistake("crimson/creatures/damage.py", "            f32(0.0025),", "            f32(0.002),")


def play(folder: Path) -> Mapping[str, str]:
    """Each station of the playbook, with what a user sees there."""
    port = Port(folder / "port")
    port.replace(MISTAKE.file, MISTAKE.right, MISTAKE.wrong)
    project = folder / "project"
    project.mkdir(parents=True)
    shutil.copy(ROOT / "captures" / f"{CAPTURE}.crd", project / "played.crd")

    def run(*commands: str) -> str:
        return "".join(_command(project, command, port.folder) for command in commands)

    original, candidate = "captures/played.cdt", "candidate.cdt"
    return {
        # The stand-in plays what the installed runtime says, not what the port does.
        "capture": _command(project, "standin run played.crd --out-dir captures --keep-raw"),
        "trust": run(f"health {original}", f"verify {original}"),
        "record": run(f"record captures/played.crd --out {candidate}"),
        "diff": run(f"diff {original} {candidate}"),
        "focus": run(f"focus {original} {candidate}"),
        "look": run(
            f"query {original} 'creatures where index == 0 and hp < prev(hp)'",
            f"query {original} \"draws where tick == 148 and caller == 'CREATURE_APPLY_DAMAGE_HEADING_JITTER'\"",
        ),
        "patch": port.replace(MISTAKE.file, MISTAKE.wrong, MISTAKE.right),
        "again": run(f"record captures/played.crd --out {candidate}", f"diff {original} {candidate}"),
    }


def _command(project: Path, command: str, port: Path | None = None) -> str:
    environment = dict(os.environ) | {"COLUMNS": "100", "NO_COLOR": "1"}
    if port is not None:
        environment["PYTHONPATH"] = str(port)
    program = [sys.executable, "-c", "from crimson.dbg.entry import main; main()"]
    done = subprocess.run(
        [*program, *shlex.split(command)], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"crimson-dbg {command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return f"$ crimson-dbg {command}\n{done.stdout}"


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        PLAYBOOK.write_text(written(PLAYBOOK.read_text(), play(Path(scratch))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
