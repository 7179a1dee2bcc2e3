"""What the planned replays contain: plays each plan, plays it back, and prints a table of facts.

Run as `python scripts/replay_coverage.py [NAME...]`. For whoever changes a bot or a plan; nothing imports it.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from crimson.bonuses.ids import BonusId
from crimson.perks.ids import PerkId
from crimson.replay import Replay, dump_replay, load_replay
from crimson.replay.driver.playback_driver import PlaybackDriver, PlaybackWalkObserver, RngTraceDraw
from crimson.sim.hooks import TickResult
from crimson.sim.run_result import run_result_mismatches
from crimson.sim.sessions import DeterministicSession, DeterministicSessionTick
from crimson.sim.world_state import WorldState
from crimson.weapons import WeaponId

from capture_replays import ARSENAL_PLANS, BENCH_PLAN, PLANS
from crimson.dbg.replay_plans import ReplayPlan, make_replay


@dataclass(slots=True)
class Facts:
    """Counts over one run."""

    ticks: int = 0
    creature_ticks: int = 0
    max_creatures: int = 0
    max_projectiles: int = 0
    max_secondaries: int = 0
    max_particles: int = 0
    hostile_projectiles: int = 0
    reloads: int = 0
    bonuses: Counter[BonusId] = field(default_factory=Counter)
    perks: Counter[PerkId] = field(default_factory=Counter)
    weapons: set[WeaponId] = field(default_factory=set)
    creature_types: set[int] = field(default_factory=set)
    secondary_types: set[int] = field(default_factory=set)
    particle_styles: set[int] = field(default_factory=set)
    reloading: set[int] = field(default_factory=set)
    callers: set[int | None] = field(default_factory=set)

    def watch(self, session: DeterministicSession, step: DeterministicSessionTick) -> None:
        """Count one tick, after it was played."""
        world = session.world
        self.ticks += 1
        creatures = [entry for entry in world.creatures.entries if entry.active]
        self.creature_ticks += len(creatures)
        self.max_creatures = max(self.max_creatures, len(creatures))
        self.creature_types.update(int(entry.type_id) for entry in creatures)
        shots = [entry for entry in world.state.projectiles.entries if entry.active]
        self.max_projectiles = max(self.max_projectiles, len(shots))
        self.hostile_projectiles = max(self.hostile_projectiles, sum(entry.owner_id >= 0 for entry in shots))
        secondaries = [entry for entry in world.state.secondary_projectiles.entries if entry.active]
        self.max_secondaries = max(self.max_secondaries, len(secondaries))
        self.secondary_types.update(int(entry.type_id) for entry in secondaries)
        particles = [entry for entry in world.state.particles.entries if entry.active]
        self.max_particles = max(self.max_particles, len(particles))
        self.particle_styles.update(int(entry.style_id) for entry in particles)
        self.bonuses.update(pickup.bonus_id for pickup in step.events.pickups)
        self.perks.update(pick.perk_id for pick in step.perk_picks)
        self._watch_weapons(world)

    def _watch_weapons(self, world: WorldState) -> None:
        for player in world.players:
            if sum(world.state.weapon_shots_fired[player.index]):
                self.weapons.update(
                    WeaponId(index) for index, shots in enumerate(world.state.weapon_shots_fired[player.index]) if shots
                )
            if player.weapon.reload_timer > 0.0 and player.index not in self.reloading:
                self.reloads += 1
                self.reloading.add(player.index)
            elif player.weapon.reload_timer <= 0.0:
                self.reloading.discard(player.index)


class _Callers(PlaybackWalkObserver):
    """The distinct static callers that drew from the gameplay stream, and how many draws there were."""

    callers: set[int | None] = set()  # noqa: RUF012 - msgspec copies an empty set for each instance
    draws: int = 0

    def rng_trace(self, tick_result: TickResult, draws: tuple[RngTraceDraw, ...]) -> None:
        del tick_result
        self.draws += len(draws)
        self.callers.update(None if caller is None else int(caller) for _, _, _, caller in draws)


def _names(values: Iterable[BonusId | PerkId | WeaponId]) -> str:
    return " ".join(value.name.lower() for value in sorted(values))


def _check(replay: Replay) -> _Callers:
    blob = dump_replay(replay)
    assert load_replay(blob) == replay, "the file does not give the replay back"
    callers = _Callers()
    result = PlaybackDriver(replay, trace_rng=True).run(observer=callers)
    assert not run_result_mismatches(replay.result, result), "playback gives another result"
    return callers


def report(plan: ReplayPlan) -> Facts:
    """Play one plan, check its playback and print what it contains."""
    facts = Facts()
    started = time.process_time()
    replay = make_replay(plan, watch=facts.watch)
    made = time.process_time()
    callers = _check(replay)
    played = time.process_time()
    result = replay.result
    print(
        f"{plan.name}: {facts.ticks} ticks, {result.outcome}, kills {result.kills}, "
        f"shots {result.shots_fired}/{result.shots_hit}, reloads {facts.reloads}, "
        f"experience {[player.experience for player in result.players]}, {len(dump_replay(replay))} bytes\n"
        f"  creatures mean {facts.creature_ticks / facts.ticks:.1f} max {facts.max_creatures} "
        f"types {sorted(facts.creature_types)}, projectiles {facts.max_projectiles} "
        f"(hostile {facts.hostile_projectiles}), secondaries {facts.max_secondaries} "
        f"types {sorted(facts.secondary_types)}, particles {facts.max_particles} "
        f"styles {sorted(facts.particle_styles)}\n"
        f"  draws {callers.draws} from {len(callers.callers)} callers; "
        f"{facts.ticks / (made - started):.0f} ticks/s made, {facts.ticks / (played - made):.0f} played\n"
        f"  weapons: {_names(facts.weapons)}\n"
        f"  bonuses: {_names(facts.bonuses)}\n"
        f"  perks: {_names(facts.perks)}",
        flush=True,
    )
    facts.callers |= callers.callers
    return facts


def main(names: list[str]) -> None:
    """Report the named plans, or all of them, then what they cover together."""
    plans = [plan for plan in (*PLANS, BENCH_PLAN, *ARSENAL_PLANS) if not names or plan.name in names]
    every = [report(plan) for plan in plans]
    for title, sets in (
        ("weapons", [facts.weapons for facts in every]),
        ("bonuses", [set(facts.bonuses) for facts in every]),
        ("perks", [set(facts.perks) for facts in every]),
    ):
        together = set[BonusId | PerkId | WeaponId]().union(*sets)
        print(f"all {title} ({len(together)}): {_names(together)}")
    drawing = set[int | None]().union(*(facts.callers for facts in every))
    print(f"{sum(facts.ticks for facts in every)} ticks, {len(drawing)} distinct callers")


if __name__ == "__main__":
    main(sys.argv[1:])
