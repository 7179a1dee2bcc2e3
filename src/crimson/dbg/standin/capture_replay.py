"""From a replay to an original's trace without the game: tape, stand-in, agent, capture, finalize."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import msgspec

from crimson.dbg.atomic import make_folder
from crimson.dbg.errors import BadUsage
from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.replays import load_replay
from crimson.dbg.report import CaptureReport, FinalizeReport
from crimson.dbg.standin.replay_tape import make_tape
from crimson.dbg.standin.run import Progress, capture_tape


class StandinRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The capture, and what became of it."""

    capture: CaptureReport
    finalized: FinalizeReport


def run_standin(
    replay: Path,
    out_dir: Path,
    *,
    keep_raw: bool = False,
    native: bool = True,
    rate: int | None = None,
    progress: Progress | None = None,
) -> StandinRun:
    """Write `NAME.cdt` and `NAME.crd` of the replay `NAME.crd` as captured; and `NAME.jsonl.zst` if asked to.

    Raises `CaptureProblem` for a replay that the original could not have played, and for whatever goes wrong later.
    """
    loaded = load_replay(replay)
    if out_dir.exists() and out_dir.samefile(replay.parent):
        raise BadUsage(out_dir, "holds the replay, which the captured one would overwrite", "name another folder")
    name = re.sub(r"\.crd$", "", replay.name)
    make_folder(out_dir)
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=out_dir) as scratch:
        tape = Path(scratch) / f"{name}.tape"
        make_tape(loaded.replay, tape, where=str(replay))
        raw = (out_dir if keep_raw else Path(scratch)) / f"{name}.jsonl.zst"
        captured = capture_tape(
            tape,
            raw,
            session_id=f"standin-{loaded.source.replay_sha256[:16]}",
            options=[] if rate is None else ["--rate", str(rate)],
            native=native,
            progress=progress,
        )
        return StandinRun(captured, finalize_capture(raw, out_dir, name=name))
