"""The first ticks of the plans that the captures are made from."""

from __future__ import annotations

from dataclasses import replace

from crimson.replay.types import Replay

from capture_replays import ARSENAL_PLANS, PLANS
from crimson.dbg.replay_plans import make_replay

SHORT_TICKS = 150


def replay_of(name: str, ticks: int) -> Replay:
    """The first ticks of a plan's replay."""
    plan = next(plan for plan in (*PLANS, *ARSENAL_PLANS) if plan.name == name)
    return make_replay(replace(plan, max_ticks=ticks))
