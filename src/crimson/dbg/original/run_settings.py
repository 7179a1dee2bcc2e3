"""The settings and the result of a captured run, read from the original's memory."""

from __future__ import annotations

import msgspec

from crimson.dbg.capture_rows import CapturedResult, CaptureSettings, QuestStage, SavedStatus, TypoStart
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.original.run_reader import QUESTS, TUTORIAL, TYPO, RunReader
from crimson.dbg.schema import TickRecord

# States of `game_state_set` 0x004461c0.
PERK_MENU, GAME_OVER, QUEST_RESULTS, QUEST_FAILED = 6, 7, 8, 12
# The tutorial counts as done from this stage on.
_TUTORIAL_DONE = 8
_WEAPONS = 64


class FoundAtStart:
    """What set-up itself changes, read before it goes on."""

    def __init__(self, where: str, reader: RunReader) -> None:
        statics = reader.statics
        self.status = SavedStatus(
            quest_unlock_index=statics.integer("status_quest_unlock_index"),
            quest_unlock_index_hardcore=statics.integer("status_quest_unlock_index_full"),
            weapon_usage_counts=tuple(statics.integers("status_weapon_usage_counts")),
        )
        target_set = statics.integer("typo_target_set") != 0
        count = statics.integer("typo_highscore_name_count")
        if not 0 <= count <= 128:
            raise CaptureProblem(where, f"typo_highscore_name_count is {count}, expected 0..128")
        self.typo = TypoStart(
            target_x=reader.number(where, "typo_target_x") if target_set else None,
            target_y=reader.number(where, "typo_target_y") if target_set else None,
            submit_count=statics.integer("typo_submit_count"),
            match_count=statics.integer("typo_match_count"),
            highscore_names_loaded=statics.integer("typo_word_highscore_cache_ready") != 0,
            highscore_names=reader.highscore_names(count),
        )


def settings_of(where: str, reader: RunReader, found: FoundAtStart) -> CaptureSettings:
    """The run's settings once set-up is done; `CaptureProblem` names a value that no run can have."""
    statics = reader.statics
    mode = reader.mode(where)
    preset = statics.integer("config_detail_preset")
    if not 1 <= preset <= 5:
        raise CaptureProblem(where, f"config_detail_preset is {preset}, expected 1..5")
    quest = None
    if mode == QUESTS:
        major, minor = statics.integer("quest_stage_major"), statics.integer("quest_stage_minor")
        if not (1 <= major <= 5 and 1 <= minor <= 10):
            raise CaptureProblem(where, f"the quest is {major}.{minor}, expected 1.1 to 5.10")
        quest = QuestStage(major, minor)
    settings = CaptureSettings(
        mode_id=mode if mode in (1, 2, 3, 4) else 8,
        player_count=reader.player_count(where),
        quest=quest,
        hardcore=statics.integer("config_hardcore") != 0,
        quest_fail_retry_count=statics.integer("quest_fail_retry_count"),
        detail_preset=preset,
        violence_disabled=statics.integer("config_violence_disabled"),
        friendly_fire=reader.number(where, "cv_friendly_fire") != 0.0,
        status=found.status,
        typo=found.typo if mode == TYPO else None,
    )
    try:
        # A struct that is made here is not checked, and finalize would refuse it.
        return msgspec.convert(msgspec.to_builtins(settings), CaptureSettings)
    except msgspec.ValidationError as problem:
        raise CaptureProblem(where, f"no run has such settings: {problem}") from None


def result_of(reader: RunReader, last: TickRecord | None, state: int | None) -> CapturedResult:
    """How the run ended. `state` is the game state that it ended with, None for a run that was left."""
    mode = reader.statics.integer("config_game_mode")
    times = reader.statics.integers("weapon_usage_time")
    # The table counts modulo 2^32 and is compared as signed; the first of equals wins.
    signed = [(time ^ 0x80000000) - 0x80000000 for time in times[:_WEAPONS]]
    most_used = max(range(1, _WEAPONS), key=lambda weapon: signed[weapon])
    tutorial = None if last is None else last.checkpoint.tutorial
    if mode == TUTORIAL and tutorial is not None and tutorial.stage_index >= _TUTORIAL_DONE:
        return CapturedResult("tutorial_completed", None, most_used)
    if state == QUEST_RESULTS:
        return CapturedResult("quest_completed", reader.statics.integer("highscore_record_quest_time_ms"), most_used)
    if state in (GAME_OVER, QUEST_FAILED):
        return CapturedResult("death", None, most_used)
    return CapturedResult("incomplete", None, most_used)
