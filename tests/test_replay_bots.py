"""The capture replays: the same bytes every time, and playback that agrees with the recorded result."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from crimson.replay import Replay, dump_replay, load_replay
from crimson.replay.codec import encode_replay_payload
from crimson.replay.driver.playback_driver import PlaybackDriver
from crimson.sim.commands import (
    GameCommand,
    PerkMenuOpenCommand,
    PerkPickCommand,
    TypoBackspaceCommand,
    TypoCharCommand,
    TypoSubmitCommand,
)
from crimson.sim.run_result import RunOutcome, run_result_mismatches

from capture_replays import ARSENAL_PLANS, BENCH_PLAN, PLANS
from crimson.dbg.replay_bots import Fighter, Hands, PerkPicker
from crimson.dbg.replay_plans import RECORDER, ReplayPlan, make_replay

_BY_NAME = {plan.name: plan for plan in PLANS}
_PREFIX_TICKS = 90
# One process makes this many ticks of every plan and prints a digest of all payloads.
_DIGEST_SCRIPT = """
import hashlib, sys
from dataclasses import replace
from crimson.replay.codec import encode_replay_payload
from capture_replays import PLANS
from crimson.dbg.replay_plans import make_replay
digest = hashlib.sha256()
for plan in PLANS:
    digest.update(encode_replay_payload(make_replay(replace(plan, max_ticks=int(sys.argv[1])))))
print(digest.hexdigest())
"""


def _prefix(plan: ReplayPlan, ticks: int = _PREFIX_TICKS) -> Replay:
    return make_replay(replace(plan, max_ticks=ticks))


def _commands(replay: Replay) -> Iterator[GameCommand]:
    for tick in replay.ticks:
        yield from tick.commands


def test_plans_have_names_of_their_own_and_keep_the_originals_bugs() -> None:
    plans = (*PLANS, BENCH_PLAN, *ARSENAL_PLANS)
    assert len({plan.name for plan in plans}) == len(plans)
    assert all(plan.spec.preserve_bugs for plan in plans)


@pytest.mark.parametrize("plan", [*PLANS, BENCH_PLAN], ids=lambda plan: plan.name)
def test_playback_gives_the_recorded_result(plan: ReplayPlan) -> None:
    replay = _prefix(plan)
    again = load_replay(dump_replay(replay))
    assert again == replay
    assert len(replay.ticks) == _PREFIX_TICKS
    assert run_result_mismatches(replay.result, PlaybackDriver(again).run()) == []


def test_the_same_plan_gives_the_same_bytes() -> None:
    plan = _BY_NAME["survival"]
    assert dump_replay(_prefix(plan, 400)) == dump_replay(_prefix(plan, 400))


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_neither_hash_seed_nor_environment_reach_the_replay(hash_seed: str) -> None:
    ticks = 20
    here = hashlib.sha256()
    for plan in PLANS:
        here.update(encode_replay_payload(_prefix(plan, ticks)))
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": str(Path(__file__).parent.parent / "scripts"),
        "CRIMSON_PILOT_NAME": "someone",
        "CRIMSON_PILOT_MODEL": "a model",
        "CRIMSON_PILOT_URL": "https://example.org",
    }
    there = subprocess.run(
        [sys.executable, "-c", _DIGEST_SCRIPT, str(ticks)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == here.hexdigest()


def test_the_recorder_is_fixed_and_no_pilot_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRIMSON_PILOT_NAME", "someone")
    replay = _prefix(_BY_NAME["quest-1-1"], 5)
    assert replay.recorder == RECORDER
    assert replay.pilot is None


def test_the_typist_errs_deletes_and_submits() -> None:
    commands = list(_commands(_prefix(_BY_NAME["typo"], 1500)))
    kinds = [type(command) for command in commands]
    assert kinds.count(TypoCharCommand) > 100
    assert kinds.count(TypoBackspaceCommand) >= 4
    assert kinds.count(TypoSubmitCommand) >= 10
    # A misspelt word is submitted, and the reload word is entered.
    entered = _entered_words(commands)
    assert "reload" in entered
    assert any(word.endswith(("z", "q")) for word in entered)


def _entered_words(commands: list[GameCommand]) -> list[str]:
    words, text = [], ""
    for command in commands:
        match command:
            case TypoCharCommand(ch=ch):
                text += ch
            case TypoBackspaceCommand():
                text = text[:-1]
            case TypoSubmitCommand():
                words.append(text)
                text = ""
            case _:
                pytest.fail(f"a command that Typ-o refuses: {command}")
    return words


def test_the_fighter_picks_perks_and_cancels_a_menu() -> None:
    plan = replace(_BY_NAME["quest-3-5-hardcore"], bot=lambda: Fighter(Hands(), perks=PerkPicker(cancel_every=2)))
    kinds = [type(command) for command in _commands(_prefix(plan, 1200))]
    assert kinds.count(PerkPickCommand) >= 2
    assert kinds.count(PerkMenuOpenCommand) > kinds.count(PerkPickCommand)


def test_a_run_that_ends_is_wound_down() -> None:
    plan = replace(_BY_NAME["quest-5-6-death"], bot=lambda: Fighter(Hands(reckless=True)), max_ticks=1500)
    outcomes: list[RunOutcome | None] = []
    replay = make_replay(plan, watch=lambda _session, step: outcomes.append(step.outcome))
    assert replay.result.outcome == RunOutcome.DEATH
    assert len(replay.ticks) == len(outcomes) == outcomes.index(RunOutcome.DEATH) + 1 + plan.run_down
    assert run_result_mismatches(replay.result, PlaybackDriver(replay).run()) == []
