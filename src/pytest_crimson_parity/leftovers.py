"""What a process that was killed left beside a file or folder that it was about to write."""

from __future__ import annotations

import glob
import shutil
from pathlib import Path


def remove_leftovers(target: Path) -> None:
    """Remove the unfinished files and folders beside `target`, as `atomic_file` and `new_folder` name them."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
