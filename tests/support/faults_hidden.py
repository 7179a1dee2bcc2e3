"""Faults that no sampled state shows at first: what dead creatures leave, particles, the tables of a run."""

from __future__ import annotations

from collections.abc import Generator

from crimson.creatures.runtime import CreaturePool
from crimson.effects import ParticlePool
from crimson.sim.mode_updates import QuestSpawnState
from crimson.sim.world_state import WorldState
from crimson.weapons import WeaponId
from fault_kit import Catalogue, Clock, Run, Truth, around
from grim.geom import Vec2
from msgspec.structs import replace

from crimson.dbg.floats import bits_of, from_bits

SURVIVAL = Run("survival", 400)
QUEST_3_5 = Run("quest-3-5-hardcore", 260)
FLAMES = Run("quest-custom-flames", 400)

catalogue = Catalogue()


@catalogue.add(
    "corpse-residue",
    "a corpse that is taken away leaves its slot's link at 0 instead of what it was; the slot's next creature keeps it",
    SURVIVAL,
    206,
    Truth("hidden", "hidden_state.creatures", "entity_samples.creatures[0].link_index"),
    visible=218,
)
def _corpse_residue(clock: Clock) -> Generator[None]:
    def clear() -> None:
        if clock.now:
            clock.world.creatures.entries[0].link_index = 0

    original = CreaturePool.finalize_post_render_lifecycle
    with around(CreaturePool, "finalize_post_render_lifecycle", original, after=clear):
        yield


@catalogue.add(
    "weapon-availability",
    "a weapon is locked in mid-run, and only the next drop, dozens of ticks later, draws again because of it",
    SURVIVAL,
    300,
    Truth("hidden", "hidden_state.availability"),
    visible=375,
)
def _weapon_availability(clock: Clock) -> Generator[None]:
    def lock() -> None:
        if clock.now:
            clock.world.state.weapon_available[WeaponId.ROCKET_LAUNCHER] = False

    with around(WorldState, "step", WorldState.step, after=lock):
        yield


@catalogue.add(
    "quest-table",
    "an entry of the quest's spawn table holds its place rounded the other way, long before its creature comes",
    QUEST_3_5,
    20,
    Truth("hidden", "hidden_state.quest_spawns", "entity_samples.creatures[1].pos.x"),
    visible=212,
)
def _quest_table(clock: Clock) -> Generator[None]:
    def round_up() -> None:
        mode_state = clock.session.mode_state
        if not clock.now or not isinstance(mode_state, QuestSpawnState):
            return
        entries = list(mode_state.spawn_entries)
        due = next(index for index, entry in enumerate(entries) if entry.trigger_ms > 3000)
        place = entries[due].pos
        entries[due] = replace(entries[due], pos=Vec2(from_bits(bits_of(place.x) + 1), place.y))
        mode_state.spawn_entries = tuple(entries)

    with around(WorldState, "step", WorldState.step, after=round_up):
        yield


@catalogue.add(
    "nest-clock",
    "a nest's clock misses a step, so that its next creature comes a tick late",
    QUEST_3_5,
    100,
    Truth("hidden", "hidden_state.spawn_slots", "entity_samples.creatures[6]"),
    visible=183,
)
def _nest_clock(clock: Clock) -> Generator[None]:
    timers: list[float] = []

    def remember() -> None:
        timers[:] = [slot.timer for slot in clock.world.creatures.spawn_slots]

    def restore() -> None:
        if clock.now:
            clock.world.creatures.spawn_slots[0].timer = timers[0]

    with around(CreaturePool, "update", CreaturePool.update, before=remember, after=restore):
        yield


@catalogue.add(
    "flame-step",
    "a flame misses a step of its fading; it burns, and draws, a tick longer",
    FLAMES,
    330,
    Truth("hidden", "hidden_state.particles"),
    visible=389,
)
def _flame_step(clock: Clock) -> Generator[None]:
    intensities: list[float] = []

    def remember() -> None:
        intensities[:] = [particle.intensity for particle in clock.world.state.particles.entries]

    def restore() -> None:
        if clock.now:
            clock.world.state.particles.entries[0].intensity = intensities[0]

    with around(ParticlePool, "update", ParticlePool.update, before=remember, after=restore):
        yield
