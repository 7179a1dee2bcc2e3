"""Raw captures without the game: a replay is re-simulated with the original's bugs, and its rows written.

Such a capture says so in its session (`method` is "re-simulation"). It stands in for one by the Frida agent wherever
only what comes after the raw rows is in question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
import zstandard
from crimson.replay.driver.playback_driver import PlaybackDriver, PlaybackWalkObserver, RngTraceDraw
from crimson.replay.types import Replay, ReplayTick
from crimson.sim.commands import (
    GameCommand,
    PerkMenuOpenCommand,
    PerkPickCommand,
    TypoBackspaceCommand,
    TypoCharCommand,
    TypoSubmitCommand,
)
from crimson.sim.hooks import TickResult
from crimson.sim.run_result import RunResult
from crimson.sim.run_spec import RunSpec
from crimson.sim.world_state import WorldState

from crimson.dbg import capture_rows
from crimson.dbg.schema import REPLAY_STEP
from crimson.dbg.setup_draws import tracing_setup
from resimulated_rows import SlotHashes, sample

type Row = capture_rows.AnyRow
type WriteRow = Callable[[Row], None]

# No process was captured, so these name what the rows are of rather than a file's hash.
_TARGET = capture_rows.Target(
    name="crimsonland (re-simulated)",
    version=capture_rows.ORIGINAL_VERSION,
    sha256=hashlib.sha256(b"re-simulation, no executable").hexdigest(),
)


def write_capture(replay: Replay, out: Path, *, ticks: int | None = None) -> None:
    """Write the capture of a replay's run, or of its first ticks, compressed when `out` ends in `.zst`."""
    with out.open("wb") as file:
        if out.suffix == ".zst":
            with zstandard.ZstdCompressor(level=3).stream_writer(file, closefd=False) as stream:
                _write(replay, stream, ticks)
        else:
            _write(replay, file, ticks)


def _write(replay: Replay, file: BinaryIO, ticks: int | None) -> None:
    encoder = msgspec.json.Encoder()

    def write(row: Row) -> None:
        file.write(encoder.encode(row) + b"\n")

    for row in session_rows(replay, write, ticks):
        write(row)


def session_rows(replay: Replay, write: WriteRow, ticks: int | None = None) -> Iterator[Row]:
    """The rows of a session of one run; those of ticks go to `write` as they are made, in between."""
    if not replay.run.preserve_bugs:
        raise ValueError("the original has its bugs: a capture needs preserve_bugs")
    if replay.run.custom_quest is not None or replay.run.typo_dictionary_words:
        raise ValueError("the original has neither custom quests nor custom dictionaries")
    yield capture_rows.SessionStart(
        capture_format_version=capture_rows.CAPTURE_FORMAT_VERSION,
        session_id=f"resimulated-{replay.run.seed:08x}",
        method="re-simulation",
        platform="windows-x86",
        target=_TARGET,
    )
    with tracing_setup() as setup_draws:
        driver = PlaybackDriver(replay, max_ticks=ticks, trace_rng=True, warn_on_version_mismatch=False)
    hashes = SlotHashes()
    yield capture_rows.RunStart(
        run_id=0,
        rng_state_before_setup=replay.run.seed,
        interventions=("step pinned to f32(1/60)", "pools cleaned at run set-up"),
        settings=_settings(replay.run),
        setup=sample(driver.session, -1, setup_draws, None, 0.0, hashes),
    )
    result = driver.run(observer=_RowObserver(write, driver, replay.ticks, hashes))
    yield capture_rows.RunEnd(run_id=0, reason="run_end" if driver.complete else "stopped", result=_result(result))
    yield capture_rows.SessionEnd(reason="stopped")


class _RowObserver(PlaybackWalkObserver):
    write: WriteRow
    driver: PlaybackDriver
    ticks: list[ReplayTick]
    hashes: SlotHashes
    reflex_boost: float = 0.0

    def before_tick(self, tick_index: int, world: WorldState, dt_tick: float) -> None:
        self.reflex_boost = world.state.bonuses.reflex_boost

    def rng_trace(self, tick_result: TickResult, draws: tuple[RngTraceDraw, ...]) -> None:
        tick = tick_result.tick_index
        self.write(
            capture_rows.CapturedTick(
                run_id=0,
                step=REPLAY_STEP,
                inputs=tuple(capture_rows.InputSample(*packed) for packed in self.ticks[tick].inputs),
                commands=tuple(_command(command) for command in self.ticks[tick].commands),
                record=sample(self.driver.session, tick, draws, tick_result.payload, self.reflex_boost, self.hashes),
            )
        )


def _command(command: GameCommand) -> capture_rows.AnyCommand:
    match command:
        case PerkMenuOpenCommand():
            return capture_rows.PerkMenuOpen(command.player_index)
        case PerkPickCommand():
            return capture_rows.PerkPick(command.player_index, command.choice_index)
        case TypoCharCommand():
            return capture_rows.TypoChar(command.player_index, command.ch)
        case TypoBackspaceCommand():
            return capture_rows.TypoBackspace(command.player_index)
        case TypoSubmitCommand():
            return capture_rows.TypoSubmit(command.player_index)


def _settings(run: RunSpec) -> capture_rows.CaptureSettings:
    level, carry = run.quest_level, run.typo_carry
    target = carry.target_world
    typo = capture_rows.TypoStart(
        target_x=None if target is None else target.x,
        target_y=None if target is None else target.y,
        submit_count=carry.submit_count,
        match_count=carry.match_count,
        highscore_names_loaded=carry.highscore_names_loaded,
        highscore_names=run.typo_highscore_names,
    )
    mode = int(run.game_mode_id)
    return capture_rows.CaptureSettings(
        mode_id=mode if mode in (1, 2, 3, 4) else 8,
        player_count=run.player_count,
        quest=None if level is None else capture_rows.QuestStage(int(level.major), int(level.minor)),
        hardcore=run.hardcore,
        quest_fail_retry_count=run.quest_fail_retry_count,
        detail_preset=run.detail_preset,
        violence_disabled=run.violence_disabled,
        friendly_fire=run.friendly_fire,
        status=capture_rows.SavedStatus(
            quest_unlock_index=run.status.quest_unlock_index,
            quest_unlock_index_hardcore=run.status.quest_unlock_index_hardcore,
            weapon_usage_counts=tuple(run.status.weapon_usage_counts),
        ),
        typo=typo if mode == 4 else None,
    )


def _result(result: RunResult) -> capture_rows.CapturedResult:
    return capture_rows.CapturedResult(
        outcome=result.outcome.value,
        quest_final_ms=result.quest_final_ms,
        most_used_weapon_id=int(result.players[0].most_used_weapon_id),
    )
