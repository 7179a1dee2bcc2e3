"""The replay of a captured run: its settings, inputs, commands and result in the game's own format."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from crimson.game_modes import GameMode
from crimson.game_version import REPLAY_FORMAT_VERSION, REPLAY_RULES
from crimson.quests.level import QuestLevel
from crimson.replay.codec import dump_replay
from crimson.replay.types import Recorder, Replay, ReplayTick
from crimson.sim.commands import (
    GameCommand,
    PerkMenuOpenCommand,
    PerkPickCommand,
    TypoBackspaceCommand,
    TypoCharCommand,
    TypoSubmitCommand,
)
from crimson.sim.run_result import PlayerRunResult, RunOutcome, RunResult
from crimson.sim.run_spec import RunSpec, RunStatus
from crimson.typo.state import TypoCarry
from crimson.weapons import WeaponId
from grim.geom import Vec2

from crimson.dbg.capture_rows import (
    CAPTURE_FORMAT_VERSION,
    ORIGINAL_VERSION,
    AnyCommand,
    CapturedResult,
    CapturedTick,
    PerkMenuOpen,
    PerkPick,
    RunStart,
    SessionStart,
    TypoBackspace,
    TypoChar,
    TypoStart,
    TypoSubmit,
)
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.schema import TickRecord


def captured_input(tick: CapturedTick) -> ReplayTick:
    """A tick's inputs and commands as the replay stores them."""
    return ReplayTick(
        inputs=[(row.move_x, row.move_y, row.aim_x, row.aim_y, row.flags) for row in tick.inputs],
        commands=[_command(command) for command in tick.commands],
    )


def _command(command: AnyCommand) -> GameCommand:
    match command:
        case PerkMenuOpen():
            return PerkMenuOpenCommand(command.player_index)
        case PerkPick():
            return PerkPickCommand(command.player_index, command.choice_index)
        case TypoChar():
            return TypoCharCommand(command.player_index, command.ch)
        case TypoBackspace():
            return TypoBackspaceCommand(command.player_index)
        case TypoSubmit():
            return TypoSubmitCommand(command.player_index)


def replay_bytes(
    where: str,
    session: SessionStart,
    start: RunStart,
    ticks: Sequence[ReplayTick],
    last: TickRecord,
    result: CapturedResult | None,
) -> bytes:
    """The `.crd` of a run; without a captured result the run counts as incomplete.

    `where` names the run. Raises `CaptureProblem` with the game's reason when a replay cannot express the run.
    """
    try:
        return dump_replay(_replay(session, start, ticks, last, result))
    except (ValueError, OverflowError, msgspec.MsgspecError) as problem:
        raise CaptureProblem(where, f"cannot be expressed as a replay: {problem}") from None


def _replay(
    session: SessionStart, start: RunStart, ticks: Sequence[ReplayTick], last: TickRecord, result: CapturedResult | None
) -> Replay:
    return Replay(
        format_version=REPLAY_FORMAT_VERSION,
        game_version=ORIGINAL_VERSION,
        rules=REPLAY_RULES,
        recorder=Recorder(
            client="pytest-crimson-parity",
            version=f"capture-{CAPTURE_FORMAT_VERSION}",
            platform=session.platform,
        ),
        pilot=None,
        seat_keys=None,
        run=_run_spec(start),
        result=_run_result(last, result),
        ticks=list(ticks),
    )


def _run_spec(start: RunStart) -> RunSpec:
    settings = start.settings
    typo = settings.typo
    return RunSpec(
        game_mode_id=GameMode(settings.mode_id),
        seed=start.rng_state_before_setup,
        quest_level=None if settings.quest is None else QuestLevel(settings.quest.major, settings.quest.minor),
        player_count=settings.player_count,
        hardcore=settings.hardcore,
        # The original is what it is: every replay of it plays with its bugs.
        preserve_bugs=True,
        quest_fail_retry_count=settings.quest_fail_retry_count,
        detail_preset=settings.detail_preset,
        violence_disabled=settings.violence_disabled,
        friendly_fire=settings.friendly_fire,
        status=RunStatus(
            quest_unlock_index=settings.status.quest_unlock_index,
            quest_unlock_index_hardcore=settings.status.quest_unlock_index_hardcore,
            weapon_usage_counts=settings.status.weapon_usage_counts,
        ),
        typo_highscore_names=() if typo is None else typo.highscore_names,
        typo_carry=TypoCarry() if typo is None else _typo_carry(typo),
    )


def _typo_carry(typo: TypoStart) -> TypoCarry:
    target = None if typo.target_x is None or typo.target_y is None else Vec2(typo.target_x, typo.target_y)
    return TypoCarry(
        target_world=target,
        submit_count=typo.submit_count,
        match_count=typo.match_count,
        highscore_names_loaded=typo.highscore_names_loaded,
    )


def _run_result(last: TickRecord, result: CapturedResult | None) -> RunResult:
    """The result as the game would compute it, from the last tick's rows."""
    gameplay = last.sim_state.gameplay
    typo = last.checkpoint.typo
    fired = max(0, gameplay.shots_fired) if typo is None else typo.submit_count
    hit = max(0, min(gameplay.shots_hit, fired)) if typo is None else typo.match_count
    carried = {row.index: row.time_ms for row in last.sim_state.weapon_times}
    most_used = (
        max(sorted(carried), key=lambda index: carried[index], default=1)
        if result is None
        else result.most_used_weapon_id
    )
    return RunResult(
        outcome=RunOutcome.INCOMPLETE if result is None else RunOutcome(result.outcome),
        elapsed_ms=last.checkpoint.elapsed_ms,
        kills=last.checkpoint.kills,
        shots_fired=fired,
        shots_hit=hit,
        rng_state=last.checkpoint.rng_state,
        pending_perks=last.checkpoint.perk_pending,
        quest_final_ms=None if result is None else result.quest_final_ms,
        players=tuple(
            PlayerRunResult(experience=player.experience, health=player.health, most_used_weapon_id=WeaponId(most_used))
            for player in last.sim_state.players
        ),
    )
