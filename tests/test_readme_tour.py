"""The README's tour shows what the tools print."""

from __future__ import annotations

import re
from pathlib import Path

from readme_tour import README, play, stations


def timeless(text: str) -> str:
    """Without durations, and without the widths that depend on them."""
    text = re.sub(r" +[0-9]+\.[0-9]{2}s( cached)?", r" TIME\1", text)
    text = re.sub(r"={3,}(.*?)={3,}", r"===\1===", text)
    text = re.sub(r"crimsonland [0-9.]+\b", "crimsonland VERSION", text)
    return re.sub(r" {2,}", "  ", text)


def test_the_tour_shows_what_the_tools_print(tmp_path: Path) -> None:
    shown, played = stations(README.read_text()), play(tmp_path)
    assert list(shown) == list(played)
    for name, output in played.items():
        assert timeless(shown[name]) == timeless(output), f"{name}: run scripts/readme_tour.py"
