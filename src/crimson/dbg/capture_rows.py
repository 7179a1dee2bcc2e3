"""The raw capture contract: the rows of a capture, as the agent's host writes them and finalize reads them.

A capture is UTF-8 text, one JSON object a line, each exactly as msgspec writes it: `session_start`, then for each run
`run_start`, its ticks from 0 and `run_end`, then `session_end`. The contract has one version number, and a reader
accepts only its own.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from crimson.dbg.schema import TickRecord

CAPTURE_FORMAT_VERSION = 1
# The longest line; a tick with every pool full and its draws takes about 1 MiB.
MAX_ROW_BYTES = 8 * 1024 * 1024
# The frame's last draw, whose value is discarded; a replay tick ends with exactly one.
FRAME_DRAW_CALLER = 0x0040CAC7
# The original's version, which its replays name as their game version.
ORIGINAL_VERSION = "1.9.93"

_U32 = Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF)]
_Count = Annotated[int, msgspec.Meta(ge=0)]


class CaptureRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="event"):
    """Any row; `event` names its kind."""


class CapturePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Any struct within a row."""


class Target(CapturePart, frozen=True, forbid_unknown_fields=True):
    """The program that was captured."""

    name: str
    version: str
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class SessionStart(CaptureRow, frozen=True, forbid_unknown_fields=True, tag="session_start"):
    capture_format_version: int
    session_id: Annotated[str, msgspec.Meta(min_length=1)]
    # "frida" for the agent on the game, "stand-in" on the stand-in, "re-simulation" for rows without a process.
    method: Literal["frida", "stand-in", "re-simulation"]
    platform: Annotated[str, msgspec.Meta(min_length=1)]
    target: Target


class QuestStage(CapturePart, frozen=True, forbid_unknown_fields=True):
    major: Annotated[int, msgspec.Meta(ge=1, le=5)]
    minor: Annotated[int, msgspec.Meta(ge=1, le=10)]


class SavedStatus(CapturePart, frozen=True, forbid_unknown_fields=True):
    """What of the save file reaches the simulation; `game_status_blob` 0x00485540."""

    quest_unlock_index: _Count
    quest_unlock_index_hardcore: _Count
    weapon_usage_counts: Annotated[tuple[_U32, ...], msgspec.Meta(min_length=53, max_length=53)]


class TypoStart(CapturePart, frozen=True, forbid_unknown_fields=True):
    """The Typ-o globals that outlive a run, as this one found them."""

    target_x: float | None
    target_y: float | None
    submit_count: _Count
    match_count: _Count
    highscore_names_loaded: bool
    highscore_names: tuple[str, ...]


class CaptureSettings(CapturePart, frozen=True, forbid_unknown_fields=True):
    mode_id: Literal[1, 2, 3, 4, 8]
    player_count: Annotated[int, msgspec.Meta(ge=1, le=4)]
    quest: QuestStage | None
    hardcore: bool
    quest_fail_retry_count: _Count
    detail_preset: Annotated[int, msgspec.Meta(ge=1, le=5)]
    violence_disabled: Annotated[int, msgspec.Meta(ge=0, le=255)]
    friendly_fire: bool
    status: SavedStatus
    typo: TypoStart | None


class RunStart(CaptureRow, frozen=True, forbid_unknown_fields=True, tag="run_start"):
    run_id: _Count
    # The generator's state at the entry of `gameplay_reset_state`, which is the replay's seed.
    rng_state_before_setup: _U32
    # What was done to the target so that a replay can express the run.
    interventions: tuple[str, ...]
    settings: CaptureSettings
    # The state when set-up has ended, with the set-up's draws; its tick is -1.
    setup: TickRecord


class InputSample(CapturePart, frozen=True, forbid_unknown_fields=True):
    """One player's input, as `.crd` packs it: f32 axes, and the flag bits of `crimson.replay.types`."""

    move_x: float
    move_y: float
    aim_x: float
    aim_y: float
    flags: _U32


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """Any command given with a tick."""


class PerkMenuOpen(Command, frozen=True, forbid_unknown_fields=True, tag="perk_menu_open"):
    player_index: _Count


class PerkPick(Command, frozen=True, forbid_unknown_fields=True, tag="perk_pick"):
    player_index: _Count
    choice_index: Annotated[int, msgspec.Meta(ge=0, le=6)]


class TypoChar(Command, frozen=True, forbid_unknown_fields=True, tag="typo_char"):
    player_index: _Count
    ch: Annotated[str, msgspec.Meta(min_length=1, max_length=1)]


class TypoBackspace(Command, frozen=True, forbid_unknown_fields=True, tag="typo_backspace"):
    player_index: _Count


class TypoSubmit(Command, frozen=True, forbid_unknown_fields=True, tag="typo_submit"):
    player_index: _Count


type AnyCommand = PerkMenuOpen | PerkPick | TypoChar | TypoBackspace | TypoSubmit


class CapturedTick(CaptureRow, frozen=True, forbid_unknown_fields=True, tag="tick"):
    run_id: _Count
    # The unscaled step that was pinned for this tick, in seconds.
    step: float
    inputs: tuple[InputSample, ...]
    commands: tuple[AnyCommand, ...]
    record: TickRecord


class CapturedResult(CapturePart, frozen=True, forbid_unknown_fields=True):
    """What the end of a run tells that its last tick does not."""

    outcome: Literal["death", "quest_completed", "tutorial_completed", "incomplete"]
    # The score of a completed quest in ms, after its bonuses.
    quest_final_ms: int | None
    most_used_weapon_id: int


class RunEnd(CaptureRow, frozen=True, forbid_unknown_fields=True, tag="run_end"):
    run_id: _Count
    # Why the capture of the run ended: the run did, or the capture was stopped.
    reason: Literal["run_end", "left_gameplay", "stopped"]
    result: CapturedResult


class SessionEnd(CaptureRow, frozen=True, forbid_unknown_fields=True, tag="session_end"):
    reason: Literal["stopped", "target_exit"]


type AnyRow = SessionStart | RunStart | CapturedTick | RunEnd | SessionEnd
