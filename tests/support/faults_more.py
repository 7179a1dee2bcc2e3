"""Twenty mistakes as a port makes them: a constant, a comparison or an index that reads otherwise, from the first tick.

They are held out: the rules that choose a lead were written without them, and their truths before any lead was read.
"""

from __future__ import annotations

from types import ModuleType

import crimson.bonuses.pool as bonus_pool
import crimson.creatures.ai as ai
import crimson.gameplay as gameplay
import crimson.projectiles.runtime.secondary_pool as secondary_pool
import crimson.quests.timeline as quest_timeline
import crimson.sim.mode_updates as mode_updates
import crimson.sim.terrain_generate as terrain_generate
import crimson.tutorial.timeline as tutorial_timeline
import crimson.typo.names as typo_names
import crimson.weapon_runtime.assign as assign
import crimson.weapon_runtime.fire as fire
from crimson.creatures.runtime import CreaturePool
from crimson.effects import ParticlePool
from crimson.projectiles.runtime.projectile_pool import ProjectilePool
from fault_kit import Catalogue, Run, Truth, reading

SURVIVAL = Run("survival", 400)
TWO_PLAYERS = Run("survival-2p-friendly-fire", 260)
RUSH = Run("rush", 120)

catalogue = Catalogue()


def _mistake(
    name: str,
    broken: str,
    run: Run,
    tick: int,
    truth: Truth,
    owner: type | ModuleType,
    function: str,
    *,
    true: str,
    reads: str,
    visible: int | None = None,
) -> None:
    """The game's `owner.function` has `reads` where it should have `true`; `tick` is the first that shows it."""
    catalogue.add(name, broken, run, tick, truth, visible=visible)(lambda _clock: reading(owner, function, true, reads))


_mistake(
    "jackhammer-pellets",
    "a Jackhammer's shot has three pellets instead of four",
    Run("arsenal-jackhammer", 210),
    181,
    # Each pellet draws its angle, then its speed.
    Truth("rng", "missing draws by PLAYER_UPDATE_JACKHAMMER_PELLET_JITTER"),
    fire,
    "fire_weapon",
    true="range(4)",
    reads="range(3)",
)
_mistake(
    "shotgun-spread",
    "a sawed-off shotgun spreads its pellets by 0.0035 instead of 0.004",
    Run("arsenal-sawed-off-shotgun", 140),
    115,
    Truth("drift", "projectiles.angle", "entity_samples.projectiles[0].angle"),
    fire,
    "fire_weapon",
    true="jitter, 0.004)",
    reads="jitter, 0.0035)",
)
_mistake(
    "blast-radius",
    "a rocket's blast reaches 90 units instead of 80",
    Run("arsenal-rocket-launcher", 170),
    152,
    # The blast pushes as it hits.
    Truth("drift", "creatures.hp", "entity_samples.creatures[0].hp"),
    secondary_pool,
    "_step_detonation",
    true="80.0)",
    reads="90.0)",
)
_mistake(
    "plague-damage",
    "the plague takes 20 points of a creature's health at a time instead of 15",
    Run("arsenal-plague-spreader-gun", 200),
    161,
    Truth("drift", "creatures.hp", "entity_samples.creatures[2].hp"),
    CreaturePool,
    "update",
    true="f32(15.0)",
    reads="f32(20.0)",
)
_mistake(
    "tutorial-wait",
    "the tutorial's first stage lasts five seconds instead of six",
    Run("tutorial", 590),
    312,
    Truth("summary", "checkpoint.tutorial.stage_transition_timer_ms", "checkpoint.tutorial.stage_transition_timer_ms"),
    tutorial_timeline,
    "tutorial_timeline_update",
    true="stage_timer_ms > 6000 and ready",
    reads="stage_timer_ms > 5000 and ready",
)
_mistake(
    "pickup-radius",
    "a bonus is picked up from 30 units away instead of 26",
    Run("tutorial", 590),
    547,
    # The draws of the burst that a pickup makes come with it.
    Truth("drift", "bonuses.picked", "entity_samples.bonuses[1].picked"),
    bonus_pool.BonusPool,
    "update",
    true="player.pos, BONUS_PICKUP_RADIUS",
    reads="player.pos, 30.0",
)
_mistake(
    "typo-word",
    "a creature's word is the next one in Typ-o's list",
    Run("typo", 80),
    0,
    Truth("summary", "checkpoint.typo_names.name", "checkpoint.typo_names[0].name"),
    typo_names,
    "typo_name_part",
    true="return _NAME_PARTS[idx]",
    reads="return _NAME_PARTS[(idx + 1) % mod]",
)
_mistake(
    "quest-entry-early",
    "an entry of a quest's table is due when its time is reached, not when it is over",
    Run("quest-custom-menagerie", 150),
    124,
    Truth("presence", "creatures born early", "entity_samples.creatures[1]"),
    quest_timeline,
    "quest_spawn_timeline_update",
    true="f32(entry.trigger_ms) < timeline_ms",
    reads="f32(entry.trigger_ms) <= timeline_ms",
)
_mistake(
    "fastloader",
    "Fastloader leaves 0.75 of the reload time instead of 0.7",
    Run("quest-3-5-hardcore", 460),
    441,
    Truth("drift", "players.weapon.reload_timer", "sim_state.players[0].weapon.reload_timer"),
    assign,
    "player_start_reload",
    true="x87_pc24_mul(reload_time, f32(0.7))",
    reads="x87_pc24_mul(reload_time, f32(0.75))",
)
_mistake(
    "death-slide",
    "a dying creature slides by 8 instead of 9",
    SURVIVAL,
    143,
    Truth("drift", "creatures.vel", "entity_samples.creatures[0].vel"),
    CreaturePool,
    "_tick_dead",
    true="f32(CREATURE_DEATH_SLIDE_SCALE),\n            )\n            vel_y",
    reads="f32(8.0),\n            )\n            vel_y",
)
_mistake(
    "shot-through-friend",
    "a shot that hits another player flies on",
    Run("survival-4p-friendly-fire", 370),
    350,
    Truth("drift", "projectiles.life_timer", "entity_samples.projectiles[1].life_timer"),
    ProjectilePool,
    "step",
    true="proj.life_timer = 0.25\n                        step_runtime.apply_player_damage",
    reads="step_runtime.apply_player_damage",
)
_mistake(
    "auto-target",
    "a player's target is measured from that player, which mends a bug that the original has",
    TWO_PLAYERS,
    95,
    Truth("drift", "players.auto_target", "sim_state.players[1].auto_target"),
    CreaturePool,
    "_update_player_auto_target",
    true="current_origin = players[0].pos",
    reads="current_origin = player.pos",
)
_mistake(
    "ranged-cooldown",
    "a creature that shoots waits without the pause that its template has",
    Run("quest-5-6-death", 360),
    344,
    Truth("drift", "creatures.attack_cooldown", "entity_samples.creatures[0].attack_cooldown"),
    CreaturePool,
    "update",
    true="x87_pc24_add(randomized_cooldown, f32(creature.orbit_angle))",
    reads="x87_pc24_add(randomized_cooldown, f32(0.0))",
)
_mistake(
    "heading-wrap",
    "a player's heading is not brought above zero before it turns",
    Run("rush-4p", 40),
    2,
    Truth("drift", "players.heading", "sim_state.players[2].heading"),
    gameplay,
    "_normalize_heading_angle",
    true="while angle < 0.0",
    reads="while angle < -tau",
)
_mistake(
    "flame-speed",
    "a flame flies at 72 instead of 82",
    Run("arsenal-flamethrower", 360),
    122,
    Truth("hidden", "hidden_state.particles"),
    ParticlePool,
    "update",
    true="62.0 if bubblegun else 82.0",
    reads="62.0 if bubblegun else 72.0",
    visible=341,
)
_mistake(
    "quest-completion",
    "a quest is completed 2400 ms after its last creature instead of 2500",
    Run("quest-1-1", 1646),
    1638,
    Truth("drift", "quest.completed", "sim_state.quest.completed"),
    mode_updates,
    "quest_mode_update",
    true="timer > 2500.0",
    reads="timer > 2400.0",
)
_mistake(
    "terrain-stamps",
    "a run's terrain gets 36 overlay stamps instead of 35",
    RUSH,
    -1,
    Truth("rng", "extra draws by TERRAIN_GENERATE_RANDOM_OVERLAY_ROTATION"),
    terrain_generate,
    "terrain_generate_random",
    true="35,",
    reads="36,",
)
_mistake(
    "splitter-child",
    "a splitter shot that hits the living has one child, not two",
    Run("arsenal-splitter-gun", 190),
    167,
    Truth("presence", "projectiles missing", "entity_samples.projectiles[2]"),
    ProjectilePool,
    "step",
    true=")\n                    projectile_spawn(",
    reads=")\n                    _ = creature.hp < 0.0 and projectile_spawn(",
)
_mistake(
    "reload-start",
    "a weapon reloads when it is asked for more than it has, not when it is empty",
    Run("survival-2p-friendly-fire", 490),
    478,
    # The timer and its maximum follow: a reload that does not start sets neither.
    Truth("drift", "players.weapon.reload_active", "sim_state.players[0].weapon.reload_active"),
    fire,
    "fire_weapon",
    true="player.weapon.ammo <= 0.0",
    reads="player.weapon.ammo < 0.0",
)
_mistake(
    "flank-distance",
    "a creature that flanks goes straight from 600 away instead of 800",
    SURVIVAL,
    302,
    Truth("drift", "creatures.target", "entity_samples.creatures[3].target"),
    ai,
    "creature_ai_update_target",
    true="if ai_mode == CreatureAiMode.FLANK_PLAYER:\n        if dist_to_player > 800.0",
    reads="if ai_mode == CreatureAiMode.FLANK_PLAYER:\n        if dist_to_player > 600.0",
)
