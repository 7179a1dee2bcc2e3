"""Every quest at both difficulties, played by bots, recorded by both candidates and compared to the last bit.

`python scripts/play_quests.py [--ticks N] [-j JOBS] [QUEST ...]`; prints a line for each run, and exits with 1 if one
differs. All hundred take Python more than half an hour, so that they are no test.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from crimson.game_modes import GameMode
from crimson.game_version import REPLAY_RULES
from crimson.quests.level import QUEST_COUNT, QuestLevel
from crimson.sim.run_spec import RunSpec, RunStatus

from crimson.dbg.fuzz import compare_candidates, difference
from crimson.dbg.replay_bots import Bot, Fighter, Hands, PerkPicker
from crimson.dbg.replay_plans import ReplayPlan, make_replay
from crimson.dbg.zig_record import CandidateDied


@dataclass(frozen=True, slots=True)
class Played:
    """One run, and what came of it."""

    name: str
    ticks: int
    outcome: str
    verdict: str


def quest_plan(index: int, *, hardcore: bool, ticks: int) -> ReplayPlan:
    """Number 0 to 49: with one to four players, with and without the original's bugs, after some retries, and so on."""
    number = index + QUEST_COUNT * hardcore
    players = 1 + (index + 2 * hardcore) % 4
    preserve_bugs = number % 3 == 1
    level = QuestLevel.from_global_index(index)
    spec = RunSpec(
        game_mode_id=GameMode.QUESTS,
        seed=0xC0FFEE + 7919 * number,
        quest_level=level,
        player_count=players,
        hardcore=hardcore,
        preserve_bugs=preserve_bugs,
        quest_fail_retry_count=number % 7,
        friendly_fire=number % 5 == 2,
        status=RunStatus(quest_unlock_index=index if number % 2 else QUEST_COUNT),
    )

    def bot() -> Bot:
        return Fighter(*[Hands()] * players, perks=PerkPicker(stride=1 + number % 5))

    name = f"{level.text} {'hardcore' if hardcore else 'normal'}"
    rules = 1 if number % 4 == 3 and not preserve_bugs else REPLAY_RULES
    return ReplayPlan(name=name, spec=spec, bot=bot, max_ticks=ticks, run_down=31, rules=rules)


def play(number: int, *, ticks: int) -> Played:
    """Number 0 to 99: first the normal ones."""
    plan = quest_plan(number % QUEST_COUNT, hardcore=number >= QUEST_COUNT, ticks=ticks)
    replay = make_replay(plan)
    with tempfile.TemporaryDirectory(prefix="crimson-quests-") as scratch:
        try:
            verdict = difference(compare_candidates(replay, Path(scratch))) or "equal"
        except CandidateDied as problem:
            verdict = str(problem)
    return Played(plan.name, len(replay.ticks), replay.result.outcome, verdict)


def played(numbers: Sequence[int], ticks: int, jobs: int) -> Iterator[Played]:
    """In order, whatever finishes first."""
    work = partial(play, ticks=ticks)
    if jobs == 1:
        yield from map(work, numbers)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(work, numbers)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="play quests by both candidates")
    parser.add_argument("quests", nargs="*", metavar="QUEST", help="only these, such as 3.4")
    parser.add_argument("--ticks", type=int, default=5000, help="of each run at most")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    levels = [QuestLevel.parse(text).global_index for text in options.quests] or range(QUEST_COUNT)
    numbers = [index + QUEST_COUNT * hardcore for hardcore in range(2) for index in levels]
    ticks, different = 0, 0
    for run in played(numbers, options.ticks, options.jobs):
        print(f"{run.name:14} {run.ticks:5} ticks  {run.outcome:16} {run.verdict}", flush=True)
        ticks += run.ticks
        different += run.verdict != "equal"
    print(f"{len(numbers)} runs, {ticks} ticks: {different or 'none'} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
