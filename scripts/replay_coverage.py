"""What the planned replays contain: plays each plan, records it, and prints what its trace covers.

Run as `python scripts/replay_coverage.py [NAME...]`. For whoever changes a bot or a plan; nothing imports it.
"""

import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from crimson.replay import Replay, dump_replay
from crimson.replay.codec import dump_replay_file
from crimson.sim.sessions import DeterministicSession, DeterministicSessionTick
from crimson.sim.world_state import WorldState

from capture_replays import ARSENAL_PLANS, BENCH_PLAN, PLANS
from crimson.dbg.record import record_replay
from crimson.dbg.replay_plans import ReplayPlan, make_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.trace_coverage import Coverage, cover, render_coverage


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
    particle_styles: set[int] = field(default_factory=set)
    reloading: set[int] = field(default_factory=set)

    def watch(self, session: DeterministicSession, step: DeterministicSessionTick) -> None:
        """Count one tick, after it was played."""
        del step
        world = session.world
        self.ticks += 1
        creatures = [entry for entry in world.creatures.entries if entry.active]
        self.creature_ticks += len(creatures)
        self.max_creatures = max(self.max_creatures, len(creatures))
        shots = [entry for entry in world.state.projectiles.entries if entry.active]
        self.max_projectiles = max(self.max_projectiles, len(shots))
        self.hostile_projectiles = max(self.hostile_projectiles, sum(entry.owner_id >= 0 for entry in shots))
        secondaries = [entry for entry in world.state.secondary_projectiles.entries if entry.active]
        self.max_secondaries = max(self.max_secondaries, len(secondaries))
        particles = [entry for entry in world.state.particles.entries if entry.active]
        self.max_particles = max(self.max_particles, len(particles))
        self.particle_styles.update(int(entry.style_id) for entry in particles)
        self._watch_reloads(world)

    def _watch_reloads(self, world: WorldState) -> None:
        for player in world.players:
            if player.weapon.reload_timer > 0.0 and player.index not in self.reloading:
                self.reloads += 1
                self.reloading.add(player.index)
            elif player.weapon.reload_timer <= 0.0:
                self.reloading.discard(player.index)


def _recorded(replay: Replay, folder: Path) -> Coverage:
    """What the replay's trace contains; its playback must give the result that it names."""
    path, trace = folder / "replay.crd", folder / "trace.cdt"
    dump_replay_file(path, replay)
    loaded = load_replay(path)
    assert loaded.replay == replay, "the file does not give the replay back"
    mismatches = record_replay(loaded, trace).result_mismatches
    assert not mismatches, f"playback gives another result: {mismatches}"
    return cover([trace])


def report(plan: ReplayPlan) -> Coverage:
    """Play one plan, record it and print what it contains."""
    facts = Facts()
    started = time.process_time()
    replay = make_replay(plan, watch=facts.watch)
    made = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        coverage = _recorded(replay, Path(folder))
    recorded = time.process_time()
    result = replay.result
    print(
        f"{plan.name}: {facts.ticks} ticks, {result.outcome}, kills {result.kills}, "
        f"shots {result.shots_fired}/{result.shots_hit}, reloads {facts.reloads}, "
        f"experience {[player.experience for player in result.players]}, {len(dump_replay(replay))} bytes\n"
        f"  creatures mean {facts.creature_ticks / facts.ticks:.1f} max {facts.max_creatures}, "
        f"projectiles {facts.max_projectiles} (hostile {facts.hostile_projectiles}), "
        f"secondaries {facts.max_secondaries}, particles {facts.max_particles} styles {sorted(facts.particle_styles)}\n"
        f"  {facts.ticks / (made - started):.0f} ticks/s made, {facts.ticks / (recorded - made):.0f} recorded"
    )
    *groups, sites = coverage.report().groups
    for group in groups:
        print(f"  {group.name}: {' '.join(reached.name for reached in group.reached)}")
    print(f"  {sum(site.count for site in sites.reached)} draws from {len(sites.reached)} {sites.name}", flush=True)
    return coverage


def main(names: list[str]) -> None:
    """Report the named plans, or all of them, then what they cover together."""
    together = Coverage()
    for plan in (*PLANS, BENCH_PLAN, *ARSENAL_PLANS):
        if not names or plan.name in names:
            together.add(report(plan))
    print(render_coverage(together.report()))


if __name__ == "__main__":
    main(sys.argv[1:])
