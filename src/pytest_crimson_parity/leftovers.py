"""What a process that was killed left beside a file or folder that it was about to write."""

from __future__ import annotations

import glob
import shutil
from contextlib import suppress
from pathlib import Path

from crimson.dbg.locks import abandoned


def remove_leftovers(target: Path) -> None:
    """Remove the unfinished files and folders beside `target`, as `atomic_file` and `new_folder` name and claim them.

    What cannot be removed stays: it is in nobody's way.
    """
    with suppress(OSError):
        for left in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
            with abandoned(left) as dead:
                if dead and left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                elif dead:
                    left.unlink(missing_ok=True)
