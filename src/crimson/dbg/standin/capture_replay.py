"""From a replay to an original's trace without the game: tape, stand-in, agent, capture, finalize."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import msgspec

from crimson.dbg.atomic import made_folder
from crimson.dbg.errors import BadUsage
from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.original.capture_file import require_new
from crimson.dbg.original.frida_device import require_frida
from crimson.dbg.overwriting import require_only_of
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

    The raw capture also stays when something goes wrong, to be looked at or finalized.

    Raises `CaptureProblem` for a replay that the original could not have played, and for whatever goes wrong later.
    """
    loaded = load_replay(replay)
    if out_dir.exists() and out_dir.samefile(replay.parent):
        raise BadUsage(out_dir, "holds the replay, which the captured one would overwrite", "name another folder")
    name = re.sub(r"\.crd$", "", replay.name)
    session_id = f"standin-{loaded.source.replay_sha256[:16]}"
    require_only_of(session_id, out_dir, name)
    raw = out_dir / f"{name}.jsonl.zst"
    require_new(raw)
    require_frida("standin")
    with made_folder(out_dir), tempfile.TemporaryDirectory(prefix=f".{name}.", dir=out_dir) as scratch:
        tape = Path(scratch) / f"{name}.tape"
        make_tape(loaded.replay, tape, where=str(replay))
        captured = capture_tape(
            tape,
            raw,
            session_id=session_id,
            options=[] if rate is None else ["--rate", str(rate)],
            native=native,
            progress=progress,
        )
        finalized = finalize_capture(raw, out_dir, name=name)
    if not keep_raw:
        raw.unlink()
    return StandinRun(captured, finalized)
