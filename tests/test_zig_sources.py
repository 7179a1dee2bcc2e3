"""The Zig sources are formatted, and name nothing that they do not use: the compiler looks at neither."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = (ROOT / "crimson-zig", ROOT / "tools" / "standin", ROOT / "tests" / "support")
SOURCES = [path for folder in FOLDERS for path in sorted(folder.rglob("*.zig")) if ".zig-cache" not in path.parts]
_PRIVATE = re.compile(r"^(?:const|fn) (\w+)\b")


def unused(source: str) -> list[str]:
    """Private constants and functions of a file that stand in one line only, that of their declaration."""
    lines = [re.sub(r'"[^"]*"', "", line).partition("//")[0] for line in source.splitlines()]
    names = [match[1] for line in lines if (match := _PRIVATE.match(line))]
    return [name for name in names if sum(bool(re.search(rf"\b{name}\b", line)) for line in lines) == 1]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_private_name_is_used(path: Path) -> None:
    assert unused(path.read_text()) == []


def test_an_unused_import_is_seen() -> None:
    used = 'const float = @import("float.zig");\npub fn half(x: float.Scalar) void {}\n'
    assert unused(used) == []
    assert unused(used + 'const rng = @import("rng.zig"); // rng\nfn lost() void {}\n') == ["rng", "lost"]


def test_the_formatter_would_change_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ziglang", "fmt", "--check", *SOURCES], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
