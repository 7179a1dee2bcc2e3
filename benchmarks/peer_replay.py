"""Run by the peer's own interpreter: turns packed inputs (JSON) into a replay of the peer's format.

`python peer_replay.py INPUTS.json SEED OUT.crd`; the peer is crimsonland 0.10.0, whose `dbg` came before this project.
"""

import json
import sys
from pathlib import Path

from crimson.game_modes import GameMode
from crimson.replay.codec import dump_replay_file
from crimson.replay.types import Replay, ReplayHeader, ReplayTick

inputs, seed, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
header = ReplayHeader(game_mode_id=GameMode.SURVIVAL, seed=seed, preserve_bugs=True)
rows = json.loads(inputs.read_text())
# Its flags end at bit 15.
ticks = [ReplayTick(dt=1 / 60, inputs=[[x, y, ax, ay, flags & 0xFFFF]]) for x, y, ax, ay, flags in rows]
dump_replay_file(out, Replay(header=header, ticks=ticks))
