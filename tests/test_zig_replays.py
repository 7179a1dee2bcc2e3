"""Every `.crd` is read or refused by Zig as it is by `crimson.replay`, and read as the same thing."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path

import msgspec
import pytest
import zstandard
from crimson.replay import codec
from crimson.replay.types import Pilot, Replay, ReplayTick
from crimson.sim.commands import PerkPickCommand, TypoCharCommand
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zig_kit import crimson_zig

from crimson.dbg.errors import ReplayProblem
from crimson.dbg.replays import load_replay

CAPTURES = sorted((Path(__file__).parents[1] / "captures").glob("*.crd"))
SLOW = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

type Tree = dict[str, Tree] | list[Tree] | str | int | float | bytes | bool | None


class ZigReplay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    replay_sha256: str
    head: dict[str, msgspec.Raw]
    ticks: list[str]


def read_by_python(payload: bytes) -> Replay | None:
    try:
        return codec.decode_replay_payload(payload)
    except (ValueError, msgspec.MsgspecError, OverflowError, RecursionError):
        return None


def read_by_zig(payload: bytes, folder: Path) -> ZigReplay | None:
    path = folder / "replay.crd"
    path.write_bytes(zstandard.compress(payload, 1))
    outcome = crimson_zig("replay", path, "--json")
    if outcome.code == 0:
        assert not outcome.err
        return msgspec.json.decode(outcome.out, type=ZigReplay)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.message.startswith(f"error: {path}: ")
    return None


def tick_digest(tick: ReplayTick) -> str:
    """What the Zig program calls a tick's digest, from its description."""
    data = b"".join(struct.pack("<4fI", *packed) for packed in tick.inputs)
    kinds = ["PerkMenuOpenCommand", "PerkPickCommand", "TypoCharCommand", "TypoBackspaceCommand", "TypoSubmitCommand"]
    for command in tick.commands:
        argument = 0
        if isinstance(command, PerkPickCommand):
            argument = command.choice_index
        elif isinstance(command, TypoCharCommand):
            argument = ord(command.ch)
        data += struct.pack("<BBI", kinds.index(type(command).__name__), command.player_index, argument)
    return f"{int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), 'little'):016x}"


def _plain(replay: Replay) -> Tree:
    """All but the ticks, as JSON would have it."""
    tree = msgspec.to_builtins(replay, builtin_types=(bytes,))
    del tree["ticks"]
    if tree["seat_keys"] is not None:
        tree["seat_keys"] = [key.hex() for key in tree["seat_keys"]]
    return msgspec.json.decode(msgspec.json.encode(tree))


def agree(payload: bytes, folder: Path) -> bool:
    """Whether both accept it, which both or none must do."""
    mine, theirs = read_by_zig(payload, folder), read_by_python(payload)
    assert (mine is None) == (theirs is None), payload
    if mine is None or theirs is None:
        return False
    assert mine.replay_sha256 == codec.run_id(payload)
    assert msgspec.json.decode(msgspec.json.encode(mine.head)) == _plain(theirs)
    assert mine.ticks == [tick_digest(tick) for tick in theirs.ticks]
    return True


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_the_captures_replays(capture: Path, tmp_path: Path) -> None:
    assert agree(codec.inflate_replay_payload(capture.read_bytes()), tmp_path)


# One small replay of each kind, as trees that keep the order of keys


def _short(name: str) -> Replay:
    replay = codec.load_replay((CAPTURES[0].parent / f"{name}.crd").read_bytes())
    busy = [tick for tick in replay.ticks if tick.commands]
    return msgspec.structs.replace(replay, ticks=[*replay.ticks[:3], *busy[:3]])


def _tree(replay: Replay) -> dict[str, Tree]:
    return msgspec.msgpack.decode(codec.encode_replay_payload(replay))


_ENTRY: dict[str, Tree] = {
    "pos": {"x": -40.0, "y": 512.5},
    "heading": 0.5,
    "spawn_id": 0x12,
    "trigger_ms": 1500,
    "count": 3,
}


def _with_quest(quest: dict[str, Tree]) -> dict[str, Tree]:
    tree = _tree(_short("quest-4-8-2p"))
    run = tree["run"]
    assert isinstance(run, dict)
    tree["run"] = {**run, "quest_level": None, "custom_quest": quest}
    return tree


def _custom() -> dict[str, Tree]:
    return _with_quest(
        {
            "title": "A night out",
            "author": "nobody",
            "start_weapon_id": 3,
            "terrain_slots": [0, 1, 7],
            "entries": [_ENTRY, {**_ENTRY, "trigger_ms": 9000}],
            "no_bonuses": [2, 14],
            "no_perks": [1, 57],
            "no_weapons": [2, 3, 33],
        }
    )


def _legacy() -> dict[str, Tree]:
    tree = _with_quest(
        {
            "title": "Old",
            "author": None,
            "start_weapon_id": 1,
            "terrain_slots": [0, 1, 0],
            "tables": [[_ENTRY], [{**_ENTRY, "count": 9}]],
            "variants": [0, 0, 1, 0, 1, 1, 1, 1],
        }
    )
    return {**_without(tree, "seat_keys"), "format_version": 33}


def _without(tree: dict[str, Tree], *keys: str) -> dict[str, Tree]:
    return {key: value for key, value in tree.items() if key not in keys}


def _of_format(version: int) -> dict[str, Tree]:
    """A survival replay in an earlier format."""
    gone = {33: ["seat_keys"], 32: ["seat_keys"], 31: ["seat_keys", "pilot"], 30: ["seat_keys", "pilot", "rules"]}
    tree = _without(_tree(_short("survival")), *gone[version])
    run = tree["run"]
    assert isinstance(run, dict)
    return {**tree, "format_version": version, "run": run if version == 33 else _without(run, "custom_quest")}


def _named() -> dict[str, Tree]:
    replay = _short("survival-2p-arms")
    keys = (bytes(range(32)), bytes(range(1, 33)))
    pilot = Pilot("Astra", "TAS", "https://example.org/astra")
    return _tree(msgspec.structs.replace(replay, pilot=pilot, seat_keys=keys))


def _carried() -> dict[str, Tree]:
    tree = _tree(_short("typo"))
    run = tree["run"]
    assert isinstance(run, dict)
    carry: dict[str, Tree] = {
        "target_world": {"x": 1.5, "y": -0.0},
        "submit_count": 9,
        "match_count": 4,
        "highscore_names_loaded": True,
    }
    words: dict[str, Tree] = {"typo_dictionary_words": ["a b", "~" * 15], "typo_highscore_names": ["Mr.X", "z" * 31]}
    tree["run"] = {**run, **words, "typo_carry": carry}
    return tree


SEEDS: tuple[Callable[[], dict[str, Tree]], ...] = (
    lambda: _tree(_short("rush-4p")),
    lambda: _tree(_short("quest-1-1")),
    _custom,
    _legacy,
    _named,
    _carried,
    *((lambda version=version: _of_format(version)) for version in (30, 31, 32, 33)),
)


@pytest.fixture(scope="module")
def seeds() -> list[dict[str, Tree]]:
    return [make() for make in SEEDS]


def test_every_format_is_read(seeds: Sequence[dict[str, Tree]], tmp_path: Path) -> None:
    for tree in seeds:
        assert agree(msgspec.msgpack.encode(tree), tmp_path), tree["format_version"]


def test_other_formats_are_refused(seeds: Sequence[dict[str, Tree]], tmp_path: Path) -> None:
    for tree in seeds:
        for version in (0, 20, 29, 30, 31, 32, 33, 34, 35, 1 << 40, -1, 33.0, "33", None):
            agree(msgspec.msgpack.encode({**tree, "format_version": version}), tmp_path)


@pytest.mark.parametrize("players", [5, 7])
def test_more_players_than_a_run_has(players: int, tmp_path: Path) -> None:
    """The runtime's codec lets them pass in early replays of format 33."""
    tree = _legacy()
    run, result = tree["run"], tree["result"]
    assert isinstance(run, dict)
    assert isinstance(result, dict)
    seat: dict[str, Tree] = {"experience": 0, "health": 100.0, "most_used_weapon_id": 1}
    tree["run"] = {**run, "player_count": players}
    tree["result"] = {**result, "players": [seat] * players}
    tree["ticks"] = [[[[0.0, 0.0, 0.0, 0.0, 0]] * players, []]]
    payload = msgspec.msgpack.encode(tree)
    assert read_by_python(payload) is not None
    assert read_by_zig(payload, tmp_path) is None
    with pytest.raises(ReplayProblem, match=f"{players} players"):
        load_replay(tmp_path / "replay.crd")


@SLOW
@given(data=st.data())
def test_bytes_changed_anywhere(data: st.DataObject, seeds: Sequence[dict[str, Tree]], tmp_path: Path) -> None:
    payload = bytearray(msgspec.msgpack.encode(data.draw(st.sampled_from(seeds))))
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(payload) - 1))
        match data.draw(st.sampled_from(["set", "flip", "insert", "cut", "end"])):
            case "set":
                payload[position] = data.draw(st.integers(0, 255))
            case "flip":
                payload[position] ^= 1 << data.draw(st.integers(0, 7))
            case "insert":
                payload.insert(position, data.draw(st.integers(0, 255)))
            case "cut":
                del payload[position]
            case _:
                payload += data.draw(st.binary(max_size=2))
        if not payload:
            break
    agree(bytes(payload), tmp_path)


def _places(tree: Tree) -> Iterator[tuple[dict[str, Tree] | list[Tree], str | int]]:
    """Every place of a value within a tree."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield tree, key
            yield from _places(value)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield tree, index
            yield from _places(value)


def _values(*values: Tree) -> tuple[Tree, ...]:
    return values


# What a rule may look at: borders of ranges, other types, special floats.
_VALUES = (
    *(None, True, False),
    *_values(*range(-1, 10), 14, 15, 33, 34, 46, 53, 54, 57, 58, 67, 68, 255, 256),
    *_values(0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, -(1 << 31), -(1 << 31) - 1, (1 << 64) - 1, -(1 << 63)),
    *_values(0.0, -0.0, 1.0, 0.1, 1e39, -1024.0, -1024.5, 2048.0, 2049.0, float("inf"), float("nan"), 5e-324),
    *_values("", "a", "é", "\x7f", "a" * 16, "a" * 31, "a" * 32, "a" * 64, "a" * 65, "https://x", "typo_char"),
    *_values("death", "quest_completed", "incomplete", "perk_pick", b"", b"a" * 32, {}),
    *_values([], [0], [0] * 53, [1] * 8),
    *_values(3600000, 3600001, 384, 385, 0x37, 0xFFFFF, 0x100000, 1 << 9),
    *_values(7 << 13 | 1 << 12, 6 << 13 | 1 << 12, 6 << 9 | 1 << 8),
)


@SLOW
@given(data=st.data())
def test_values_changed_anywhere(data: st.DataObject, seeds: Sequence[dict[str, Tree]], tmp_path: Path) -> None:
    """The encoding stays right, so that the rules have their say."""
    tree = msgspec.msgpack.decode(msgspec.msgpack.encode(data.draw(st.sampled_from(seeds))))
    for _ in range(data.draw(st.integers(1, 2))):
        # ticks are many and alike, so the places before them are drawn as often
        whole = list(_places(tree))
        before = [place for key, value in tree.items() if key != "ticks" for place in [(tree, key), *_places(value)]]
        holder, key = data.draw(st.sampled_from(data.draw(st.sampled_from([whole, before]))))
        change = data.draw(st.sampled_from(["value", "gone", "twice"]))
        if change == "value":
            holder[key] = deepcopy(data.draw(st.sampled_from(_VALUES)))
        elif change == "gone" or isinstance(holder, dict):
            del holder[key]
        else:
            holder.insert(int(key), deepcopy(holder[int(key)]))
    agree(msgspec.msgpack.encode(tree), tmp_path)


def test_frames_that_are_no_replay(tmp_path: Path) -> None:
    payload = codec.inflate_replay_payload(CAPTURES[0].read_bytes())
    wide = zstandard.ZstdCompressionParameters(window_log=24, write_content_size=False)
    large = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    frames = [
        *(b"", payload, zstandard.compress(payload) + b"\0", zstandard.compress(payload)[:-1], zstandard.compress(b"")),
        *(zstandard.compress(payload) * 2, large.compress(payload) + large.flush(), b"\x28\xb5\x2f\xfd"),
        b"\x28\xb5\x2f\xfd\xa0\xff\xff\xff\xff\x01\x00\x00",
    ]
    path = tmp_path / "replay.crd"
    for frame in frames:
        path.write_bytes(frame)
        with pytest.raises(codec.ReplayCodecError):
            codec.load_replay(frame)
        assert crimson_zig("replay", path).code == 2
    streamed = zstandard.ZstdCompressor(write_content_size=False, write_checksum=True).compress(payload)
    path.write_bytes(streamed)
    assert codec.load_replay(streamed)
    assert crimson_zig("replay", path).code == 0
    # the runtime's codec does not see what follows a frame that does not say its size
    path.write_bytes(streamed + b"\0")
    assert codec.load_replay(path.read_bytes())
    assert crimson_zig("replay", path).code == 2
    with pytest.raises(ReplayProblem, match=r"ends 1 byte\(s\) early"):
        load_replay(path)
