"""Replay files: loading a `.crd` through the game's own reader, and the identity of the run it describes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import zstandard
from crimson.replay import codec
from crimson.replay.types import Replay

from crimson.dbg.errors import ReplayProblem
from crimson.dbg.file_kinds import REPLAY, kind_of
from crimson.dbg.inputs import open_input
from crimson.dbg.schema import RunSettings, TraceSource


# What is read of a replay of any version before the game decodes it all.
# ast-grep-ignore: strict-struct
class _Outline(msgspec.Struct, frozen=True):
    format_version: int
    ticks: msgspec.Raw


_OUTLINE = msgspec.msgpack.Decoder(_Outline)
# A tick is an array of a player's four doubles and flags, and of commands: no fewer bytes than these.
_LEAST_TICK_BYTES = 41
_MOST_PLAYERS = 4
# Where a replay is missing that nobody named.
CAPTURE_HINT = "a capture needs its .crd beside it"


@dataclass(frozen=True, slots=True)
class LoadedReplay:
    """A replay as the game reads it, and the identity that traces of its run carry."""

    path: Path
    replay: Replay
    source: TraceSource


def load_replay(path: Path, *, hint: str = "") -> LoadedReplay:
    """Read a `.crd`; `ReplayProblem` says why the game does not accept it, with this hint if it cannot be read."""
    return parse_replay(_read(path, hint), path)


def parse_replay(data: bytes, path: Path) -> LoadedReplay:
    """The same from the file's bytes; `path` is for messages."""
    with _codec_problems(data, path):
        payload = codec.inflate_replay_payload(data)
        _require_one_frame(data, path)
        _require_plausible(_OUTLINE.decode(payload), path)
        replay = codec.decode_replay_payload(payload)
    # The codec does not ask this of early replays of format 33.
    if not 1 <= replay.run.player_count <= _MOST_PLAYERS:
        raise ReplayProblem(path, f"damaged replay: {replay.run.player_count} players; a run has 1 to {_MOST_PLAYERS}")
    return LoadedReplay(path, replay, source_of(replay, codec.run_id(payload)))


def _require_one_frame(data: bytes, path: Path) -> None:
    """Refuse what follows the frame: the codec overlooks it behind one that does not say how much it holds."""
    if zstandard.frame_content_size(data) >= 0:
        return
    inflater = zstandard.ZstdDecompressor().decompressobj()
    inflater.decompress(data)
    if inflater.unused_data:
        raise ReplayProblem(path, f"damaged replay: its zstd frame ends {len(inflater.unused_data)} byte(s) early")


def _require_plausible(outline: _Outline, path: Path) -> None:
    """Refuse a list of ticks that is too short for its count: the codec would decode it at many times its size."""
    head = bytes(memoryview(outline.ticks)[:5])
    match head[:1]:
        case b"\xdc":
            count = int.from_bytes(head[1:3], "big")
        case b"\xdd":
            count = int.from_bytes(head[1:5], "big")
        case _:
            count = head[0] & 0x0F
    size = len(memoryview(outline.ticks))
    if count * _LEAST_TICK_BYTES > size:
        raise ReplayProblem(path, f"damaged replay: {size} bytes of ticks cannot hold the {count} it claims")


def replay_fingerprint(path: Path) -> str:
    """Which run a capture's `.crd` holds, much faster than loading it; its inputs and settings are not checked."""
    data = _read(path, CAPTURE_HINT)
    with _codec_problems(data, path):
        return codec.run_id(codec.inflate_replay_payload(data))


@contextmanager
def _codec_problems(data: bytes, path: Path) -> Generator[None]:
    try:
        yield
    except (ValueError, msgspec.MsgspecError, OverflowError, MemoryError, RecursionError) as problem:
        other = kind_of(data)
        if other not in (None, REPLAY):
            raise ReplayProblem(path, f"this is no replay but {other.name}", other.taken_by) from None
        what = "not a replay this game build reads" if isinstance(problem, codec.ReplayCodecError) else "damaged replay"
        raise ReplayProblem(path, f"{what}: {problem}") from None


def source_of(replay: Replay, replay_sha256: str) -> TraceSource:
    """The identity of a replay's run."""
    run = replay.run
    if run.custom_quest is not None:
        quest = "custom"
    else:
        quest = run.quest_level.text if run.quest_level is not None else ""
    return TraceSource(
        replay_sha256=replay_sha256,
        game_version=replay.game_version,
        run=RunSettings(
            mode_id=int(run.game_mode_id),
            seed=run.seed,
            player_count=run.player_count,
            rules=replay.rules,
            preserve_bugs=run.preserve_bugs,
            hardcore=run.hardcore,
            friendly_fire=run.friendly_fire,
            quest=quest,
        ),
    )


def _read(path: Path, hint: str) -> bytes:
    with open_input(path, ReplayProblem, hint) as file:
        data = file.read(codec.MAX_REPLAY_FILE_BYTES + 1)
    if len(data) > codec.MAX_REPLAY_FILE_BYTES:
        raise ReplayProblem(path, f"longer than {codec.MAX_REPLAY_FILE_BYTES} bytes, which no replay is")
    return data
