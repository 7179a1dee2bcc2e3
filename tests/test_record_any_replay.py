"""Whatever the runtime plays can be recorded: every quest at both difficulties, and replays of every older format."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import zstandard
from crimson.game_modes import GameMode
from crimson.quests.level import QuestLevel
from crimson.replay.codec import dump_replay
from crimson.sim.run_spec import RunSpec, RunStatus
from short_replays import replay_of

from crimson.dbg.errors import ReplayProblem
from crimson.dbg.health import check_health
from crimson.dbg.record import record_replay
from crimson.dbg.replay_bots import Autopilot
from crimson.dbg.replay_plans import ReplayPlan, make_replay
from crimson.dbg.replays import parse_replay
from crimson.dbg.trace import TraceReader
from crimson.dbg.verify import verify_trace

_TICKS = 24
_QUESTS = [f"{major}.{minor}" for major in range(1, 6) for minor in range(1, 11)]

type Plain = dict[str, Plain] | list[Plain] | int | float | str | bytes | bool | None


@pytest.mark.parametrize("quest", _QUESTS, ids=lambda quest: quest.replace(".", "-"))
def test_every_quest(quest: str, tmp_path: Path) -> None:
    number = _QUESTS.index(quest)
    spec = RunSpec(
        game_mode_id=GameMode.QUESTS,
        seed=0xC0FFEE + number,
        quest_level=QuestLevel.parse(quest),
        hardcore=number % 2 == 1,
        player_count=1 + number % 4,
        preserve_bugs=number % 3 != 0,
        status=RunStatus(quest_unlock_index=50, quest_unlock_index_hardcore=50),
    )
    replay = make_replay(ReplayPlan(f"quest-{quest}", spec, Autopilot, _TICKS))
    path = tmp_path / "quest.crd"
    path.write_bytes(dump_replay(replay))
    record_replay(parse_replay(path.read_bytes(), path), tmp_path / "quest.cdt")
    assert check_health(tmp_path / "quest.cdt").ok
    assert verify_trace(tmp_path / "quest.cdt", path).ok
    with TraceReader(tmp_path / "quest.cdt") as reader:
        assert reader.meta.source.run.quest == quest
        stage = reader.tick(_TICKS - 1).sim_state.gameplay
        assert f"{stage.quest_stage_major}.{stage.quest_stage_minor}" == quest
        assert reader.tick(0).sim_state.quest is not None


def _as_format(version: int) -> bytes:
    """A replay as an older build wrote it: without the fields that later formats added."""
    payload: dict[str, Plain] = msgspec.msgpack.decode(zstandard.decompress(dump_replay(replay_of("rush", 20))))
    run = payload["run"]
    assert isinstance(run, dict)
    removed = {33: ["seat_keys"], 32: ["seat_keys"], 31: ["seat_keys", "pilot"], 30: ["seat_keys", "pilot", "rules"]}
    for name in removed[version]:
        del payload[name]
    if version <= 32:
        del run["custom_quest"]
    return zstandard.compress(msgspec.msgpack.encode({**payload, "format_version": version}))


@pytest.mark.parametrize("version", [30, 31, 32, 33])
def test_older_formats_are_recorded_as_the_runtime_upgrades_them(version: int, tmp_path: Path) -> None:
    loaded = parse_replay(_as_format(version), Path(f"old{version}.crd"))
    record_replay(loaded, tmp_path / "old.cdt")
    with TraceReader(tmp_path / "old.cdt") as reader:
        assert (reader.tick_count, reader.meta.source.run.rules) == (20, 1 if version == 30 else 2)
    path = tmp_path / "old.crd"
    path.write_bytes(_as_format(version))
    assert verify_trace(tmp_path / "old.cdt", path).ok


def test_a_format_of_the_future_is_refused() -> None:
    payload: dict[str, Plain] = msgspec.msgpack.decode(zstandard.decompress(dump_replay(replay_of("rush", 5))))
    data = zstandard.compress(msgspec.msgpack.encode({**payload, "format_version": 35}))
    with pytest.raises(ReplayProblem, match="unsupported replay format version: 35"):
        parse_replay(data, Path("new.crd"))
