"""The differential playbook shows what the tools print."""

from __future__ import annotations

import re
from pathlib import Path

from playbook_tour import PLAYBOOK, play
from readme_tour import stations


def timeless(text: str) -> str:
    """Without what differs from build to build: how small zstd packs, and the game's version."""
    text = re.sub(r"crimsonland [0-9.]+\b", "crimsonland VERSION", text)
    return re.sub(r"[0-9]+ bytes, [0-9]+ a tick", "SIZE", text)


def test_the_playbook_shows_what_the_tools_print(tmp_path: Path) -> None:
    shown, played = stations(PLAYBOOK.read_text()), play(tmp_path)
    assert list(shown) == list(played)
    for name, output in played.items():
        assert timeless(shown[name]) == timeless(output), f"{name}: run scripts/playbook_tour.py"
