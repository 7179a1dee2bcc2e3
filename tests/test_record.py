"""The recorder reads what its slow twin reads, in every mode, and refuses what the runtime refuses."""

from __future__ import annotations

import pickle
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from crimson.creatures.runtime import CreaturePool
from crimson.replay.codec import dump_replay
from crimson.replay.driver.playback_driver import PlaybackDriver, PlaybackWalkObserver, RngTraceDraw
from crimson.replay.types import Replay
from crimson.sim.commands import PerkPickCommand
from crimson.sim.hooks import TickResult
from crimson.sim.world_state import WorldState
from grim.geom import Vec2
from short_replays import SHORT_TICKS, replay_of

import crimson.dbg.runtime_sampler as runtime_sampler
from capture_replays import PLANS
from crimson.dbg import schema
from crimson.dbg.atomic import atomic_file
from crimson.dbg.columns import MAX_LOG_ROWS
from crimson.dbg.diff import diff_traces
from crimson.dbg.errors import RecordRefused, ReplayProblem
from crimson.dbg.health import check_health
from crimson.dbg.record import record_notes, record_replay
from crimson.dbg.replays import LoadedReplay, load_replay, parse_replay
from crimson.dbg.rows import TableRows
from crimson.dbg.setup_draws import tracing_setup
from crimson.dbg.trace import TraceReader
from crimson.dbg.trace_writer import writing_trace
from crimson.dbg.verify import verify_trace
from resimulated_rows import SlotHashes, sample


def _loaded(replay: Replay) -> LoadedReplay:
    return parse_replay(dump_replay(replay), Path("test.crd"))


class _Twin(PlaybackWalkObserver):
    driver: PlaybackDriver
    records: list[schema.TickRecord]
    hashes: SlotHashes
    reflex_boost: float = 0.0

    def before_tick(self, tick_index: int, world: WorldState, dt_tick: float) -> None:
        self.reflex_boost = world.state.bonuses.reflex_boost

    def rng_trace(self, tick_result: TickResult, draws: tuple[RngTraceDraw, ...]) -> None:
        self.records.append(
            sample(
                self.driver.session,
                tick_result.tick_index,
                draws,
                tick_result.payload,
                self.reflex_boost,
                self.hashes,
            )
        )


def _twin_trace(replay: Replay, source: schema.TraceSource, path: Path) -> None:
    with tracing_setup() as draws:
        driver = PlaybackDriver(replay, trace_rng=True, warn_on_version_mismatch=False)
    hashes = SlotHashes()
    twin = _Twin(driver, [sample(driver.session, -1, draws, None, 0.0, hashes)], hashes)
    driver.run(observer=twin)
    meta = schema.TraceMeta(schema.Producer("candidate", "twin", "1", "any", ""), source, None)
    with writing_trace(path, meta) as writer:
        for record in twin.records:
            writer.append(record)


@pytest.mark.parametrize("preserve_bugs", [True, False], ids=["bugs", "fixes"])
@pytest.mark.parametrize("name", [plan.name for plan in PLANS])
def test_it_equals_the_twin_in_every_mode(name: str, preserve_bugs: bool, tmp_path: Path) -> None:
    replay = replay_of(name, 400 if name.startswith(("quest-custom", "rush-4p")) else 260)
    if not preserve_bugs:
        replay = msgspec.structs.replace(replay, run=msgspec.structs.replace(replay.run, preserve_bugs=False))
        replay = _playable_prefix(replay)
    loaded = _loaded(replay)
    record_replay(loaded, tmp_path / "fast.cdt")
    _twin_trace(replay, loaded.source, tmp_path / "slow.cdt")
    report = diff_traces(tmp_path / "slow.cdt", tmp_path / "fast.cdt", strict=True)
    assert report.verdict == "equal", report
    with TraceReader(tmp_path / "slow.cdt") as slow, TraceReader(tmp_path / "fast.cdt") as fast:
        assert [slow.raw(entry) for entry in slow.tick_entries] == [fast.raw(entry) for entry in fast.tick_entries]
        assert slow.raw(slow.setup_entry) == fast.raw(fast.setup_entry)
    assert check_health(tmp_path / "fast.cdt").ok
    path = tmp_path / "fast.crd"
    path.write_bytes(dump_replay(replay))
    assert verify_trace(tmp_path / "fast.cdt", path).ok


def _playable_prefix(replay: Replay) -> Replay:
    """The ticks before the first that the runtime refuses, since commands may not fit a run that went otherwise."""
    driver = PlaybackDriver(replay, warn_on_version_mismatch=False)
    tick = 0
    try:
        for tick in range(len(replay.ticks)):
            driver.step_tick(tick)
        return replay
    except ValueError:
        return msgspec.structs.replace(replay, ticks=replay.ticks[:tick])


@pytest.mark.parametrize("rules", [1, 2])
def test_both_rules_are_recorded(rules: int, tmp_path: Path) -> None:
    replay = msgspec.structs.replace(replay_of("survival", 120), rules=rules)
    loaded = _loaded(replay)
    record_replay(loaded, tmp_path / "out.cdt")
    with TraceReader(tmp_path / "out.cdt") as reader:
        assert (reader.meta.source.run.rules, reader.tick_count) == (rules, 120)


def test_a_prefix_holds_the_same_ticks(short_replay: Path, tmp_path: Path) -> None:
    loaded = load_replay(short_replay)
    record_replay(loaded, tmp_path / "all.cdt")
    report = record_replay(loaded, tmp_path / "some.cdt", until=69)
    assert (report.ticks, report.result_mismatches) == (70, ())
    found = diff_traces(tmp_path / "all.cdt", tmp_path / "some.cdt", ticks=(0, 69), strict=True)
    assert (found.verdict, found.ticks_compared) == ("equal", 70)


def test_recording_twice_gives_the_same_bytes(short_replay: Path, tmp_path: Path) -> None:
    loaded = load_replay(short_replay)
    ticks: list[tuple[int, int]] = []
    record_replay(loaded, tmp_path / "one.cdt", progress=lambda done, total: ticks.append((done, total)))
    record_replay(loaded, tmp_path / "two.cdt")
    assert (tmp_path / "one.cdt").read_bytes() == (tmp_path / "two.cdt").read_bytes()
    assert ticks[-1] == (SHORT_TICKS, SHORT_TICKS)
    assert not [name for name in sys.modules if name.split(".")[0] in ("raylib", "pyray")]


def test_a_refused_replay_names_its_tick_and_leaves_no_file(tmp_path: Path) -> None:
    replay = replay_of("survival", 40)
    ticks = list(replay.ticks)
    ticks[23] = msgspec.structs.replace(ticks[23], commands=[PerkPickCommand(player_index=0, choice_index=0)])
    loaded = _loaded(msgspec.structs.replace(replay, ticks=ticks))
    with pytest.raises(
        RecordRefused, match=r"refuses the replay at tick 23: perk_pick without an open perk menu"
    ) as told:
        record_replay(loaded, tmp_path / "out.cdt")
    assert (told.value.tick, pickle.loads(pickle.dumps(told.value)).tick) == (23, 23)
    assert list(tmp_path.iterdir()) == []


def test_a_value_that_is_no_number_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    update = CreaturePool.update

    def planting(pool: CreaturePool, step_runtime: object) -> object:
        result = update(pool, step_runtime)  # ty: ignore[invalid-argument-type]
        if pool._update_tick == 30:
            pool.entries[5].active = True
            pool.entries[5].pos = Vec2(float("nan"), 0.0)
        return result

    monkeypatch.setattr(CreaturePool, "update", planting)
    with pytest.raises(RecordRefused, match=r"tick \d+: entity_samples\.creatures\.pos\.x: nan is not finite"):
        record_replay(_loaded(replay_of("rush", 60)), tmp_path / "out.cdt")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_the_runtime_does_not_find_is_its_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = PlaybackDriver.step_tick

    def reading(driver: PlaybackDriver, tick: int) -> TickResult:
        if tick == 7:
            (tmp_path / "music.ogg").read_bytes()
        return step(driver, tick)

    monkeypatch.setattr(PlaybackDriver, "step_tick", reading)
    with pytest.raises(RecordRefused, match=r"at tick 7: FileNotFoundError: .*music\.ogg.* \(.*:\d+\)") as told:
        record_replay(_loaded(replay_of("rush", 10)), tmp_path / "out.cdt")
    assert told.value.tick == 7
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_block_is_not_the_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="elsewhere"), atomic_file(tmp_path / "file") as file:
        file.write((tmp_path / "elsewhere").read_bytes())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("problem", [AttributeError("no such quest"), KeyError(3), FileNotFoundError(2, "not there")])
def test_a_bug_of_the_runtime_at_set_up_is_its_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(PlaybackDriver, "__init__", broken)
    words = rf"refuses the replay before tick 0: {type(problem).__name__}: .* \(test_record\.py:\d+\)"
    with pytest.raises(RecordRefused, match=words) as told:
        record_replay(_loaded(replay_of("rush", 10)), tmp_path / "out.cdt")
    assert told.value.tick is None


def test_more_rows_than_a_chunk_holds_are_a_refusal_at_their_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = runtime_sampler.RuntimeSampler.take

    def planting(sampler: runtime_sampler.RuntimeSampler) -> dict[str, TableRows]:
        tables = take(sampler)
        if tables["checkpoint"].ticks[0] >= 0:
            deaths = tables["checkpoint.deaths"]
            tables["checkpoint.deaths"] = replace(deaths, ticks=np.array([3] * MAX_LOG_ROWS + [40, 41]))
        return tables

    monkeypatch.setattr(runtime_sampler.RuntimeSampler, "take", planting)
    words = r"test\.crd: ticks 0\.\.40 have more deaths than a chunk can hold"
    with pytest.raises(RecordRefused, match=words) as told:
        record_replay(_loaded(replay_of("rush", 60)), tmp_path / "out.cdt")
    assert told.value.tick == 40
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_the_recorder_is_no_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug of ours")

    monkeypatch.setattr(runtime_sampler.RuntimeSampler, "tick", broken)
    with pytest.raises(KeyError, match="a bug of ours"):
        record_replay(_loaded(replay_of("rush", 10)), tmp_path / "out.cdt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("slot", "field", "value", "recordings"),
    [(300, "link_index", 77, [False, True]), (300, "vel", Vec2(-0.0), [False, True]), (20, "vel", Vec2(-0.0), [False])],
)
def test_a_write_to_a_slot_that_was_never_live_is_dated(
    slot: int, field: str, value: object, recordings: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recorder watches used slots only, notices a write elsewhere at the chunk's end, and records again with care.

    A zero of the other sign, which Python takes for equal, is a write like others.
    """
    loaded = _loaded(replay_of("rush", 60))
    record_replay(loaded, tmp_path / "clean.cdt")
    watched: list[bool] = []
    make = runtime_sampler.HiddenSampler.__init__

    def noting(sampler: runtime_sampler.HiddenSampler, session: object, *, watch_all: bool = False) -> None:
        watched.append(watch_all)
        make(sampler, session, watch_all=watch_all)  # ty: ignore[invalid-argument-type]

    update = CreaturePool.update

    def planting(pool: CreaturePool, step_runtime: object) -> object:
        result = update(pool, step_runtime)  # ty: ignore[invalid-argument-type]
        if pool._update_tick == 30:
            setattr(pool.entries[slot], field, value)
        return result

    monkeypatch.setattr(runtime_sampler.HiddenSampler, "__init__", noting)
    monkeypatch.setattr(CreaturePool, "update", planting)
    record_replay(loaded, tmp_path / "planted.cdt")
    assert watched == recordings
    report = diff_traces(tmp_path / "clean.cdt", tmp_path / "planted.cdt")
    assert (report.verdict, [found.region for found in report.hidden]) == ("equal", ["creatures"])
    assert (report.hidden[0].first_tick, report.hidden[0].ticks) == (29, 31)
    assert not diff_traces(tmp_path / "clean.cdt", tmp_path / "planted.cdt", strict=True).ok


def test_setup_draws_start_at_the_seed(short_replay: Path, tmp_path: Path) -> None:
    loaded = load_replay(short_replay)
    record_replay(loaded, tmp_path / "out.cdt", until=0)
    with TraceReader(tmp_path / "out.cdt") as reader:
        setup = reader.tick(schema.SETUP_TICK)
        assert len(setup.rng_stream) > 5000
        assert setup.rng_stream[0].state_before == loaded.replay.run.seed
        assert setup.rng_stream[-1].state_after == reader.tick(0).rng_stream[0].state_before
        assert all(draw.caller for draw in setup.rng_stream)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 35}, "unsupported replay format version: 35"),
        ({"rules": 3}, "rules"),
    ],
)
def test_a_replay_of_another_build_is_refused(change: dict[str, int], message: str) -> None:
    import zstandard

    payload = msgspec.msgpack.decode(zstandard.decompress(dump_replay(replay_of("rush", 5))))
    data = zstandard.compress(msgspec.msgpack.encode({**payload, **change}))
    with pytest.raises((ReplayProblem, RecordRefused), match=message):
        record_replay(parse_replay(data, Path("other.crd")), Path("never.cdt"))


def test_notes(short_replay: Path, tmp_path: Path) -> None:
    replay = load_replay(short_replay).replay
    other = msgspec.structs.replace(
        replay, game_version="0.21.0", result=msgspec.structs.replace(replay.result, kills=999)
    )
    notes = record_notes(record_replay(_loaded(other), tmp_path / "out.cdt"))
    assert [note.split(" ")[1:4] for note in notes] == [["the", "replay", "names"], ["the", "replay's", "recorded"]]
