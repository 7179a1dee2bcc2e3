"""Typed rows of a re-simulated run, read field by field from the runtime's objects.

This is the slow, plain twin of the recorder's sampler, and shares none of its code: that captures made from these rows
equal the recorder's traces shows that both read the same things.
"""

from __future__ import annotations

import hashlib
import operator
import struct
from collections.abc import Callable, Sequence

from crimson.bonuses.pool import BonusEntry
from crimson.creatures.runtime import CreatureState
from crimson.creatures.spawn import SpawnSlot
from crimson.effects import Particle, SpriteEffect
from crimson.game_modes import GameMode
from crimson.math_parity import f32
from crimson.projectiles.types import Projectile, SecondaryProjectile
from crimson.replay.driver.playback_driver import RngTraceDraw
from crimson.sim.mode_updates import QuestSpawnState, RushSpawnState, SurvivalSpawnState
from crimson.sim.sessions import DeterministicSession, DeterministicSessionTick
from crimson.sim.state_types import PlayerState, WeaponSlot
from grim.geom import Vec2
from msgspec import Struct
from msgspec.structs import astuple

from crimson.dbg import schema


def sample(
    session: DeterministicSession,
    tick: int,
    draws: Sequence[RngTraceDraw],
    step: DeterministicSessionTick | None,
    reflex_boost_at_entry: float,
    hashes: SlotHashes,
) -> schema.TickRecord:
    """The record of a tick, or of set-up when there is no step. `hashes` is the run's own."""
    creatures = [creature_row(index, slot) for index, slot in enumerate(session.world.creatures.entries) if slot.active]
    return schema.TickRecord(
        tick=tick,
        checkpoint=_checkpoint(session, creatures, step),
        rng_stream=[
            schema.RngDraw(value=value, state_before=before, state_after=after, caller=int(caller or 0))
            for before, value, after, caller in draws
        ],
        sim_state=_sim_state(session),
        entity_samples=_entities(session, creatures),
        timing_samples=[] if step is None else [_timing(step, reflex_boost_at_entry)],
        hidden_state=_hidden(session, hashes),
    )


def _vec(value: Vec2 | None) -> schema.Vec2:
    return schema.Vec2(0.0, 0.0) if value is None else schema.Vec2(f32(value.x), f32(value.y))


def _linear(value: Vec2) -> schema.LinearVec2:
    return schema.LinearVec2(f32(value.x), f32(value.y))


def _curve(value: Vec2) -> schema.CurveVec2:
    return schema.CurveVec2(f32(value.x), f32(value.y))


def _checkpoint(
    session: DeterministicSession, creatures: Sequence[schema.Creature], step: DeterministicSessionTick | None
) -> schema.Checkpoint:
    world = session.world
    state = world.state
    events = None if step is None else step.events
    return schema.Checkpoint(
        rng_state=state.rng.state,
        elapsed_ms=round(session.run_elapsed_ms),
        score_xp=sum(player.experience for player in world.players),
        kills=world.creatures.kill_count,
        creature_count=sum(1 for creature in creatures if creature.hp > 0.0),
        perk_pending=state.perk_selection.pending_count,
        hit_count=0 if events is None else len(events.hits) + events.secondary_hit_count,
        pickup_count=0 if events is None else len(events.pickups),
        players=[
            schema.PlayerVitals(
                index=player.index,
                pos=_curve(player.pos),
                health=f32(player.health),
                weapon_id=int(player.weapon.weapon_id),
                ammo=f32(player.weapon.ammo),
                experience=player.experience,
                level=player.level,
            )
            for player in world.players
        ],
        perks=[schema.PerkCount(index=perk, count=count) for perk, count in enumerate(state.perks.counts) if count],
        deaths=[
            schema.CreatureDeath(death.index, int(death.type_id), f32(death.reward_value), death.xp_awarded)
            for death in (() if events is None else events.deaths)
        ],
        tutorial=_tutorial(session),
        typo=_typo(session),
        typo_names=_typo_names(session),
    )


def _tutorial(session: DeterministicSession) -> schema.TutorialStage | None:
    state = session.world.state
    if state.game_mode != GameMode.TUTORIAL:
        return None
    tutorial = state.tutorial
    carrier = tutorial.hint_bonus_creature_ref
    return schema.TutorialStage(
        stage_index=tutorial.stage_index,
        stage_timer_ms=tutorial.stage_timer_ms,
        stage_transition_timer_ms=tutorial.stage_transition_timer_ms,
        hint_index=tutorial.hint_index,
        hint_alpha=tutorial.hint_alpha,
        hint_carrier_killed=tutorial.hint_carrier_killed,
        repeat_spawn_count=tutorial.repeat_spawn_count,
        hint_bonus_creature=-1 if carrier is None else carrier,
    )


def _typo(session: DeterministicSession) -> schema.TypoProgress | None:
    state = session.world.state
    if state.game_mode != GameMode.TYPO:
        return None
    return schema.TypoProgress(
        input_text=state.typo.typing.text,
        submit_count=state.typo.typing.submit_count,
        match_count=state.typo.typing.match_count,
        spawn_cooldown_ms=state.typo.spawn_cooldown_ms,
        highscore_names_loaded=state.typo.highscore_names.loaded,
        target=_vec(state.typo.target_world),
    )


def _typo_names(session: DeterministicSession) -> list[schema.TypoName]:
    state = session.world.state
    if state.game_mode != GameMode.TYPO:
        return []
    names = state.typo.names.names
    return [
        schema.TypoName(index=index, name=names[index])
        for index, creature in enumerate(session.world.creatures.entries)
        if creature.active and names[index]
    ]


def _weapon(slot: WeaponSlot | None) -> schema.Weapon:
    if slot is None:
        return schema.Weapon(0, 0, 0.0, reload_active=False, reload_timer=0.0, reload_timer_max=0.0, shot_cooldown=0.0)
    return schema.Weapon(
        weapon_id=int(slot.weapon_id),
        clip_size=slot.clip_size,
        ammo=f32(slot.ammo),
        reload_active=slot.reload_active,
        reload_timer=f32(slot.reload_timer),
        reload_timer_max=f32(slot.reload_timer_max),
        shot_cooldown=f32(slot.shot_cooldown),
    )


def player_row(player: PlayerState) -> schema.Player:
    return schema.Player(
        index=player.index,
        pos=_curve(player.pos),
        health=f32(player.health),
        size=f32(player.size),
        speed_multiplier=f32(player.speed_multiplier),
        move_speed=f32(player.move_speed),
        move_phase=f32(player.move_phase),
        heading=f32(player.heading),
        turn_speed=f32(player.turn_speed),
        death_timer=f32(player.death_timer),
        low_health_timer=f32(player.bleed_drip_timer),
        aim=_linear(player.aim),
        aim_heading=f32(player.aim_heading),
        evil_eyes_target=player.evil_eyes_target_creature,
        auto_target=player.auto_target,
        weapon=_weapon(player.weapon),
        alt_weapon=_weapon(player.alt_weapon),
        weapon_reset_latch=player.weapon_reset_latch,
        spread_heat=f32(player.spread_heat),
        muzzle_flash_alpha=f32(player.muzzle_flash_alpha),
        experience=player.experience,
        level=player.level,
        plaguebearer_active=player.plaguebearer_active,
        hot_tempered_timer=f32(player.hot_tempered_timer),
        man_bomb_timer=f32(player.man_bomb_timer),
        living_fortress_timer=f32(player.living_fortress_timer),
        fire_cough_timer=f32(player.fire_cough_timer),
        speed_bonus_timer=f32(player.speed_bonus_timer),
        shield_timer=f32(player.shield_timer),
        fire_bullets_timer=f32(player.fire_bullets_timer),
        bonus_hover_index=player.bonus_aim_hover_index,
        bonus_hover_timer_ms=f32(player.bonus_aim_hover_timer_ms),
    )


def _sim_state(session: DeterministicSession) -> schema.SimState:
    world = session.world
    mode_state = session.mode_state
    survival = rush = quest = None
    if isinstance(mode_state, SurvivalSpawnState):
        survival = schema.SurvivalSpawner(mode_state.stage, f32(mode_state.spawn_cooldown_ms))
    elif isinstance(mode_state, RushSpawnState):
        rush = schema.RushSpawner(f32(mode_state.spawn_cooldown_ms))
    elif isinstance(mode_state, QuestSpawnState):
        quest = schema.QuestTimeline(
            total_creatures=mode_state.total_creatures,
            spawn_timeline_ms=f32(mode_state.spawn_timeline_ms),
            no_creatures_timer_ms=f32(mode_state.no_creatures_timer_ms),
            creatures_none_active=mode_state.creatures_none_active,
            completion_transition_ms=f32(mode_state.completion_transition_ms),
            stage_banner_timer_ms=f32(mode_state.stage_banner_timer_ms),
            completed=mode_state.completed,
        )
    return schema.SimState(
        gameplay=_gameplay(session),
        players=[player_row(player) for player in world.players],
        weapon_times=[
            schema.WeaponTime(index=weapon, time_ms=time)
            for weapon, time in enumerate(world.state.weapon_usage_time)
            if time
        ],
        survival=survival,
        rush=rush,
        quest=quest,
    )


def _gameplay(session: DeterministicSession) -> schema.Gameplay:
    state = session.world.state
    timers = state.bonuses
    level = state.quest_level
    return schema.Gameplay(
        mode_id=int(state.game_mode),
        quest_stage_major=0 if level is None else int(level.major),
        quest_stage_minor=0 if level is None else int(level.minor),
        run_active=state.run_active,
        time_scale_active=state.time_scale_active,
        bonus_timers=schema.BonusTimers(
            weapon_power_up=f32(timers.weapon_power_up),
            reflex_boost=f32(timers.reflex_boost),
            energizer=f32(timers.energizer),
            double_experience=f32(timers.double_experience),
            freeze=f32(timers.freeze),
        ),
        perks=_perks(session),
        alt_weapon_swap_cooldown_ms=state.player_alt_weapon_swap_cooldown_ms,
        shock_chain_links_left=state.shock_chain_links_left,
        shock_chain_projectile=state.shock_chain_projectile_id,
        scripted_burst_active=state.scripted_burst_active,
        game_tune_started=state.game_tune_started,
        survival_rewards=schema.SurvivalRewards(
            int(state.survival_reward_weapon_guard_id),
            state.survival_shrinkifier_handout_enabled,
            state.survival_reward_fire_seen,
            state.survival_reward_damage_seen,
            state.survival_first_kill_count,
            *[_vec(place) for place in state.survival_first_kill_pos],
        ),
        camera_shake=schema.CameraShake(
            _vec(state.camera_shake_offset), f32(state.camera_shake_timer), state.camera_shake_pulses
        ),
        shots_fired=state.shots_fired,
        shots_hit=state.shots_hit,
        highscore_xp=state.highscore_score_xp,
        spread_damping_scalar=f32(state.player_spread_damping_scalar),
        spread_damping_gate=f32(state.player_spread_damping_gate),
        quest_fail_retry_count=state.quest_fail_retry_count,
        creatures_spawned=session.world.creatures.spawned_count,
        creature_update_count=session.world.creatures._update_tick,  # noqa: SLF001
        effect_detail_skips=state.effects._detail_skip_counter,  # noqa: SLF001
        unlocks=schema.Unlocks(state.status.quest_unlock_index, state.status.quest_unlock_index_hardcore),
    )


def _perks(session: DeterministicSession) -> schema.PerkGlobals:
    state = session.world.state
    offered = [int(perk) for perk in state.perk_selection.choices]
    return schema.PerkGlobals(
        pending_count=state.perk_selection.pending_count,
        choices=schema.PerkChoices(*(offered + [0] * (7 - len(offered)))),
        choices_dirty=state.perk_selection.choices_dirty,
        man_bomb_interval=f32(state.perk_intervals.man_bomb),
        fire_cough_interval=f32(state.perk_intervals.fire_cough),
        hot_tempered_interval=f32(state.perk_intervals.hot_tempered),
        lean_mean_exp_timer=f32(state.lean_mean_exp_timer),
        jinxed_timer=f32(state.jinxed_timer),
        plaguebearer_infection_count=state.plaguebearer_infection_count,
        doctor_target=session.world.players[0].doctor_target_creature,
    )


def creature_row(index: int, slot: CreatureState) -> schema.Creature:
    return schema.Creature(
        index=index,
        generation=slot.generation,
        type_id=int(slot.type_id),
        pos=schema.TravelVec2(f32(slot.pos.x), f32(slot.pos.y)),
        vel=_curve(slot.vel),
        heading=f32(slot.heading),
        target_heading=f32(slot.target_heading),
        force_target=slot.force_target,
        target=_linear(slot.target),
        target_player=slot.target_player,
        ai_mode=int(slot.ai_mode),
        flags=int(slot.flags),
        link_index=slot.link_index,
        target_offset=_vec(slot.target_offset),
        orbit_angle=f32(slot.orbit_angle),
        orbit_radius=f32(slot.orbit_radius),
        phase_seed=slot.phase_seed,
        hp=f32(slot.hp),
        max_hp=f32(slot.max_hp),
        move_speed=f32(slot.move_speed),
        contact_damage=f32(slot.contact_damage),
        attack_cooldown=f32(slot.attack_cooldown),
        reward_value=f32(slot.reward_value),
        plague_infected=slot.plague_infected,
        dot_tick_timer=f32(slot.dot_tick_timer),
        death_timer=f32(slot.death_timer),
        size=f32(slot.size),
        anim_phase=f32(slot.anim_phase),
        hit_flash_timer=f32(slot.hit_flash_timer),
        tint=schema.Rgba(f32(slot.tint.r), f32(slot.tint.g), f32(slot.tint.b), f32(slot.tint.a)),
    )


def projectile_row(index: int, slot: Projectile) -> schema.Projectile:
    return schema.Projectile(
        index=index,
        generation=slot.generation,
        type_id=int(slot.type_id),
        angle=f32(slot.angle),
        pos=_curve(slot.pos),
        origin=_vec(slot.origin),
        vel=_vec(slot.vel),
        life_timer=f32(slot.life_timer),
        reserved=f32(slot.reserved),
        speed_scale=f32(slot.speed_scale),
        damage_pool=f32(slot.damage_pool),
        hit_radius=f32(slot.hit_radius),
        travel_budget=f32(slot.projectile_speed),
        owner_id=slot.owner_id,
    )


def secondary_row(index: int, slot: SecondaryProjectile) -> schema.SecondaryProjectile:
    return schema.SecondaryProjectile(
        index=index,
        generation=slot.generation,
        type_id=int(slot.type_id),
        angle=f32(slot.angle),
        life_timer=f32(slot.life_timer),
        pos=_curve(slot.pos),
        vel=_linear(slot.vel),
        trail_distance=f32(slot.trail_distance),
        target_id=slot.target_id,
    )


def bonus_row(index: int, slot: BonusEntry) -> schema.Bonus:
    return schema.Bonus(
        index=index,
        generation=slot.generation,
        bonus_id=int(slot.bonus_id),
        picked=slot.picked,
        time_left=f32(slot.time_left),
        time_max=f32(slot.time_max),
        pos=_vec(slot.pos),
        amount=slot.amount,
    )


def _entities(session: DeterministicSession, creatures: list[schema.Creature]) -> schema.EntitySamples:
    state = session.world.state
    return schema.EntitySamples(
        creatures=creatures,
        projectiles=[projectile_row(i, slot) for i, slot in enumerate(state.projectiles.entries) if slot.active],
        secondary_projectiles=[
            secondary_row(i, slot) for i, slot in enumerate(state.secondary_projectiles.entries) if slot.active
        ],
        bonuses=[bonus_row(i, slot) for i, slot in enumerate(state.bonus_pool.entries) if int(slot.bonus_id)],
    )


def _timing(step: DeterministicSessionTick, reflex_boost_at_entry: float) -> schema.TimingSample:
    timing = step.timing
    return schema.TimingSample(
        frame_dt=f32(timing.dt_sim),
        frame_dt_ms=timing.dt_sim_ms_i32,
        time_scale_active=timing.time_scale_active_entry,
        time_scale_factor=f32(timing.time_scale_factor),
        reflex_boost_timer=f32(reflex_boost_at_entry),
    )


# Hidden state, hashed from scratch after every tick


def _blake(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=8).digest()


def _number(data: bytes) -> int:
    return int.from_bytes(_blake(data), "little")


def _slot_bytes(row: schema.Row) -> bytes:
    """A row's fields in order, without its trace bookkeeping: floats and integers in 4 bytes, flags in one."""
    values = _flat(row)
    codes = ["?" if isinstance(value, bool) else "f" if isinstance(value, float) else "I" for value in values]
    words = [value if isinstance(value, float) else value & 0xFFFFFFFF for value in values]
    return struct.pack("<" + "".join(codes), *words)


def _flat(row: schema.Row) -> list[bool | int | float]:
    values: list[bool | int | float] = []
    for name, value in zip(row.__struct_fields__, astuple(row), strict=True):
        if isinstance(value, schema.Row):
            values += astuple(value)
        elif name not in ("index", "generation"):
            values.append(value)
    return values


class SlotHashes:
    """Slot hashes of a run, computed anew only where a slot's fields are other objects than before.

    The runtime's field values are immutable, so the same objects are the same values, down to the sign of a zero.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[tuple[float | str, ...], bytes]] = {}

    def residue[Slot: Struct](
        self, pool: str, slots: Sequence[Slot | None], row: Callable[[int, Slot], schema.Row]
    ) -> int:
        """The digest of a pool's slots, of which the live ones are given as None."""
        return _number(
            b"".join(
                bytes(8) if slot is None else self._hash(pool, index, slot, row) for index, slot in enumerate(slots)
            )
        )

    def _hash[Slot: Struct](self, pool: str, index: int, slot: Slot, row: Callable[[int, Slot], schema.Row]) -> bytes:
        fields = astuple(slot)
        known = self._known.get((pool, index))
        if known is not None and all(map(operator.is_, known[0], fields)):
            return known[1]
        fresh = _blake(_slot_bytes(row(index, slot)))
        self._known[pool, index] = fields, fresh
        return fresh


def _particle(index: int, entry: Particle) -> bytes:
    return struct.pack(
        "<Hi?fffffffffffi",
        index,
        int(entry.style_id),
        entry.in_flight,
        entry.pos.x,
        entry.pos.y,
        entry.vel.x,
        entry.vel.y,
        entry.color_r,
        entry.color_g,
        entry.color_b,
        entry.color_a,
        entry.intensity,
        entry.angle,
        entry.rotation,
        entry.target_id,
    )


def _sprite(index: int, entry: SpriteEffect) -> bytes:
    color = entry.color
    return struct.pack(
        "<Hffffffffff",
        index,
        color.r,
        color.g,
        color.b,
        color.a,
        entry.rotation,
        entry.pos.x,
        entry.pos.y,
        entry.vel.x,
        entry.vel.y,
        entry.scale,
    )


def _spawn_slot(slot: SpawnSlot) -> bytes:
    return struct.pack(
        "<ifiifi",
        slot.owner_creature,
        slot.timer,
        slot.count,
        slot.limit,
        slot.interval,
        int(slot.child_template_id),
    )


def _hidden(session: DeterministicSession, hashes: SlotHashes) -> schema.HiddenState:
    world = session.world
    state = world.state
    creatures = [None if slot.active else slot for slot in world.creatures.entries]
    bonuses = [None if int(slot.bonus_id) else slot for slot in state.bonus_pool.entries]
    secondaries = [None if slot.active else slot for slot in state.secondary_projectiles.entries]
    sentinel = state.bonus_pool._sentinel  # noqa: SLF001
    entries = session.mode_state.spawn_entries if isinstance(session.mode_state, QuestSpawnState) else ()
    return schema.HiddenState(
        creatures=hashes.residue("creatures", [*creatures, world.creatures.phantom], creature_row),
        projectiles=hashes.residue(
            "projectiles", [None if slot.active else slot for slot in state.projectiles.entries], projectile_row
        ),
        secondary_projectiles=hashes.residue("secondaries", secondaries, secondary_row),
        bonuses=hashes.residue("bonuses", [*bonuses, sentinel], bonus_row),
        particles=_number(
            b"".join(_particle(i, entry) for i, entry in enumerate(state.particles.entries) if entry.active)
        ),
        sprite_effects=_number(
            b"".join(_sprite(i, entry) for i, entry in enumerate(state.sprite_effects.entries) if entry.active)
        ),
        spawn_slots=_number(b"".join(map(_spawn_slot, world.creatures.spawn_slots))),
        quest_spawns=_number(
            b"".join(
                struct.pack("<fffiii", e.pos.x, e.pos.y, e.heading, int(e.spawn_id), int(e.trigger_ms), int(e.count))
                for e in entries
            )
        ),
        availability=_number(_availability(session)),
        dormant_player=_number(_slot_bytes(player_row(state.dormant_player)) if len(world.players) == 1 else b""),
    )


def _availability(session: DeterministicSession) -> bytes:
    state = session.world.state
    flags = [*state.bonus_available, *state.perk_available, *state.weapon_available]
    counters = [*state.status.weapon_usage_counts, *state.status.quest_play_counts]
    return bytes(map(int, flags)) + struct.pack(f"<{len(counters)}I", *counters)
