"""The runtime's ports of the original's functions, each written to the tape as a call of the original's."""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType, FrameType

import crimson.bonuses.apply
import crimson.collision_math
import crimson.perks.apply
import crimson.perks.selection
import crimson.projectiles.runtime.projectile_pool
import crimson.projectiles.runtime.secondary_pool
import crimson.typo.runtime
from crimson.bonuses.pool import BonusEntry, BonusPool
from crimson.creatures.runtime import CreaturePool
from crimson.creatures.spatial_hash import CreatureSpatialHash
from crimson.effects import ParticlePool
from crimson.perks.ids import PerkId
from crimson.projectiles.runtime import ProjectilePool, SecondaryProjectilePool
from crimson.projectiles.types import SecondaryProjectile
from crimson.sim.sessions import DeterministicSession
from crimson.sim.state_types import PlayerState
from crimson.sim.world_state import WorldState

from crimson.dbg.floats import bits_of
from crimson.dbg.original.layout import Layout
from crimson.dbg.standin.call_sites import Site
from crimson.dbg.standin.memory import TapeMemory
from crimson.dbg.standin.run_memory import RunMemory, Slot
from crimson.dbg.standin.runtime_calls import Result, Watched, caller, code_of, local, local_number
from crimson.dbg.standin.tape_calls import TapeCalls
from crimson.dbg.standin.tick_tape import TickTape

_PRIMARY_LOOP = code_of(ProjectilePool.step)
_SECONDARY_LOOP = code_of(SecondaryProjectilePool.step)
_PARTICLE_LOOP = code_of(ParticlePool.update)
_PERK_MENU_STATE = 6


class RunWatch:
    """Writes what the runtime's functions do to the tape, as they do it."""

    def __init__(
        self, layout: Layout, session: DeterministicSession, calls: TapeCalls, memory: TapeMemory, run: RunMemory
    ) -> None:
        self._session = session
        self._calls = calls
        self._memory = memory
        self._run = run
        self._players = layout.pool("players")
        self._creatures = layout.pool("creatures")
        self._projectiles = layout.pool("projectiles")
        self._secondaries = layout.pool("secondary_projectiles")
        self._particles = layout.pool("particles")
        self._bonuses = layout.pool("bonuses")
        self._selection = layout.variable("perk_selection_index").place
        # What a call's pointer to a place points to, where nobody asks what it is.
        self._somewhere = self._players.field_place(0, "pos.x")

    def functions(self, ticks: TickTape) -> dict[CodeType, Watched]:
        """What to watch while the run is played; `ticks` is told when an update begins."""

        def update(_frame: FrameType) -> None:
            ticks.enter()

        projectile_spawn = crimson.projectiles.runtime.projectile_pool.projectile_spawn
        secondary_spawn = crimson.projectiles.runtime.secondary_pool.fx_spawn_secondary_projectile
        return {
            code_of(WorldState.step): Watched(update),
            code_of(crimson.typo.runtime.typo_gameplay_update): Watched(update),
            code_of(CreaturePool.update): Watched(self._creature_update, self._end),
            code_of(CreaturePool.alloc_slot): Watched(self._alloc, self._allocated),
            code_of(CreaturePool.handle_death): Watched(self._death, self._dead),
            code_of(CreatureSpatialHash.find_in_radius): Watched(None, self._found),
            code_of(crimson.collision_math.creature_find_in_radius): Watched(None, self._found_elsewhere),
            code_of(projectile_spawn): Watched(self._projectile, self._projectile_spawned),
            code_of(secondary_spawn): Watched(self._secondary, self._secondary_spawned),
            code_of(BonusPool.spawn_at): Watched(self._bonus_at, self._bonus_spawned),
            code_of(BonusPool.spawn_at_pos): Watched(self._bonus_at_pos, self._bonus_spawned),
            code_of(BonusPool.seed_tutorial_entry): Watched(None, self._bonus_seeded),
            code_of(crimson.bonuses.apply.bonus_apply): Watched(self._pickup, self._end),
            code_of(crimson.perks.apply.perk_apply): Watched(self._perk, self._end),
            code_of(crimson.perks.selection.perk_generate_choices): Watched(self._choices, self._end),
            code_of(crimson.perks.selection.perk_selection_open_choices): Watched(None, self._menu),
        }

    def _end(self, _frame: FrameType, _result: Result) -> None:
        self._calls.end()

    # creatures

    def _creature_update(self, _frame: FrameType) -> None:
        self._calls.begin("creature_update_all", Site.CREATURE_UPDATE)

    def _alloc(self, _frame: FrameType) -> None:
        self._calls.begin("creature_alloc_slot", Site.CREATURE_ALLOC)

    def _allocated(self, _frame: FrameType, result: Result) -> None:
        self._calls.end(_slot(result))

    def _death(self, frame: FrameType) -> None:
        """The agent reads what the call finds: the creature's kind and worth, and player one's experience."""
        index = local(frame, "idx", int)
        creature = self._session.world.creatures.entries[index]
        put = self._memory.put
        put(self._creatures.field_place(index, "type_id"), int(creature.type_id).to_bytes(4, "little"))
        put(self._creatures.field_place(index, "reward_value"), _f32(creature.reward_value))
        self._put_experience()
        self._calls.begin("creature_handle_death", Site.CREATURE_DEATH, index, local(frame, "keep_corpse", bool))

    def _dead(self, _frame: FrameType, _result: Result) -> None:
        self._put_experience()
        self._calls.end()

    def _put_experience(self) -> None:
        experience = self._session.world.players[0].experience
        self._memory.put(self._players.field_place(0, "experience"), (experience & 0xFFFFFFFF).to_bytes(4, "little"))

    # what is found near a projectile

    def _found(self, frame: FrameType, result: Result) -> None:
        loop = caller(frame)
        code = loop.f_code
        if code is _PRIMARY_LOOP:
            slot = local(loop, "proj_index", int)
            # whose shot it is decides whether it counts
            owner = self._session.world.state.projectiles.entries[slot].owner_id
            self._memory.put(self._projectiles.field_place(slot, "owner_id"), owner.to_bytes(4, "little", signed=True))
            site, place = Site.PROJECTILE_FIND, self._projectiles.field_place(slot, "pos.x")
        elif code is _SECONDARY_LOOP:
            entry = local(loop, "entry", SecondaryProjectile)
            slot = _position(self._session.world.state.secondary_projectiles.entries, entry)
            site, place = Site.SECONDARY_FIND, self._secondaries.field_place(slot, "pos.x")
        elif code is _PARTICLE_LOOP:
            site, place = Site.PARTICLE_FIND, self._particles.field_place(local(loop, "idx", int), "pos.x")
        else:
            raise RuntimeError(f"{code.co_qualname} looks for creatures; where the original does that is to be said")
        self._find(site, place, local_number(frame, "radius"), _slot(result))

    def _found_elsewhere(self, frame: FrameType, result: Result) -> None:
        place = self._players.field_place(0, "aim.x")
        self._find(Site.ELSEWHERE_FIND, place, local_number(frame, "radius"), _slot(result))

    def _find(self, site: Site, place: int, radius: float, found: int) -> None:
        self._calls.whole("creature_find_in_radius", site, place, bits_of(radius), 0, result=found)

    # spawns

    def _projectile(self, frame: FrameType) -> None:
        angle, kind, owner = local_number(frame, "angle"), local(frame, "type_id", int), local(frame, "owner_id", int)
        self._calls.begin("projectile_spawn", Site.PROJECTILE_SPAWN, self._somewhere, bits_of(angle), int(kind), owner)

    def _projectile_spawned(self, _frame: FrameType, result: Result) -> None:
        slot = _slot(result)
        # It may hit in this very update: then the agent asks whose it is.
        self._run.write_slot(self._memory.put, "projectiles", slot)
        self._calls.end(slot)

    def _secondary(self, frame: FrameType) -> None:
        angle, kind = local_number(frame, "angle"), local(frame, "type_id", int)
        self._calls.begin(
            "secondary_projectile_spawn", Site.SECONDARY_SPAWN, self._somewhere, bits_of(angle), int(kind)
        )

    def _secondary_spawned(self, _frame: FrameType, result: Result) -> None:
        slot = _slot(result)
        self._run.write_slot(self._memory.put, "secondary_projectiles", slot)
        self._calls.end(slot)

    def _bonus_at(self, frame: FrameType) -> None:
        kind, amount = local(frame, "bonus_id", int), local(frame, "amount_override", int)
        self._calls.begin("bonus_spawn_at", Site.BONUS_SPAWN_AT, self._somewhere, int(kind), amount)

    def _bonus_at_pos(self, _frame: FrameType) -> None:
        self._calls.begin("bonus_spawn_at_pos", Site.BONUS_SPAWN_AT_POS, self._somewhere)

    def _bonus_spawned(self, _frame: FrameType, result: Result) -> None:
        # Without an entry the original returns its sentinel.
        slot = self._bonuses.count if result is None else self._bonus_slot(result)
        self._run.write_slot(self._memory.put, "bonuses", slot)
        self._calls.end(self._bonuses.slot_place(slot))

    def _bonus_seeded(self, _frame: FrameType, result: Result) -> None:
        """The tutorial fills a slot itself, which counts as a spawn."""
        slot = self._bonus_slot(result)
        self._calls.begin("bonus_spawn_at", Site.BONUS_SPAWN_AT, self._somewhere, 0, 0)
        self._run.write_slot(self._memory.put, "bonuses", slot)
        self._calls.end(self._bonuses.slot_place(slot))

    def _bonus_slot(self, entry: Result) -> int:
        if not isinstance(entry, BonusEntry):
            raise TypeError(f"{entry!r} is no bonus")
        return _position(self._run.entries("bonuses"), entry)

    # bonuses and perks

    def _pickup(self, frame: FrameType) -> None:
        player = local(frame, "player", PlayerState)
        slot = self._bonus_slot(local(caller(frame), "entry", BonusEntry))
        self._calls.begin("bonus_apply", Site.BONUS_APPLY, player.index, self._bonuses.slot_place(slot))

    def _perk(self, frame: FrameType) -> None:
        """A pick in the perk menu."""
        choice = local(caller(frame), "idx", int)
        self._memory.put(self._selection, choice.to_bytes(4, "little"))
        self._calls.begin("perk_apply", self._calls.menu_pick, int(local(frame, "perk_id", PerkId)))

    def _choices(self, _frame: FrameType) -> None:
        self._calls.begin("perks_generate_choices", Site.GENERATE_CHOICES)

    def _menu(self, _frame: FrameType, _result: Result) -> None:
        self._calls.whole("game_state_set", Site.STATE_SET, _PERK_MENU_STATE)


def _slot(result: Result) -> int:
    if not isinstance(result, int):
        raise TypeError(f"{result!r} is no slot")
    return result


def _position(entries: Sequence[Slot], entry: Slot) -> int:
    """Where an object is in a list: itself, not one that equals it."""
    return next(index for index, slot in enumerate(entries) if slot is entry)


def _f32(value: float) -> bytes:
    return bits_of(value).to_bytes(4, "little")
