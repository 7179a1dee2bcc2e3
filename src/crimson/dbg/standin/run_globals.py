"""The original's variables that hold a run's state, read from the runtime's objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter

from crimson.game_modes import GameMode
from crimson.sim.mode_updates import QuestSpawnState, RushSpawnState, SurvivalSpawnState
from crimson.sim.sessions import DeterministicSession

from crimson.dbg.original.layout import Global, Layout
from crimson.dbg.original.slots import Value, global_format
from crimson.dbg.runtime_paths import GAMEPLAY_PATHS

type Put = Callable[[int, bytes], None]
type Read = Callable[[DeterministicSession], Sequence[Value]]

# The original's game state while a run is played.
_GAMEPLAY_STATE = 9


class GlobalReader:
    """Packs all variables that a run's mode has."""

    def __init__(self, layout: Layout, session: DeterministicSession) -> None:
        self._session = session
        reads = _BY_NAME | _mode_reads(session)
        self._known: list[tuple[int, Callable[..., bytes], Read]] = []
        for fact in layout.globals:
            read = reads.get(fact.name) or _by_path(fact)
            if read is not None:
                self._known.append((fact.place, global_format(fact).pack, read))

    def write(self, put: Put) -> None:
        """Every variable as it is now."""
        session = self._session
        for address, pack, read in self._known:
            put(address, pack(*read(session)))


def _by_path(fact: Global) -> Read | None:
    path = GAMEPLAY_PATHS.get(fact.path.removeprefix("sim_state."))
    return None if path is None else partial(_one, attrgetter(f"world.{path}"))


def _one(read: Callable[[DeterministicSession], Value], session: DeterministicSession) -> tuple[Value]:
    return (read(session),)


def _single(path: str) -> Read:
    return partial(_one, attrgetter(path))


def _clock(path: str) -> Read:
    """A clock that the runtime has as a float of whole milliseconds."""
    read = attrgetter(path)
    return lambda session: (int(read(session)),)


def _choices(session: DeterministicSession) -> Sequence[Value]:
    offered = session.world.state.perk_selection.choices
    return (*offered, *[0] * 7)[:7]


def _stage(part: str, session: DeterministicSession) -> Sequence[Value]:
    level = session.world.state.quest_level
    return (0 if level is None else attrgetter(part)(level),)


def _kill_place(place: int, part: str, session: DeterministicSession) -> Sequence[Value]:
    return (attrgetter(part)(session.world.state.survival_first_kill_pos[place]),)


def _carrier(session: DeterministicSession) -> Sequence[Value]:
    carrier = session.world.state.tutorial.hint_bonus_creature_ref
    return (-1 if carrier is None else carrier,)


_BY_NAME: dict[str, Read] = {
    "status_weapon_usage_counts": attrgetter("world.state.status.weapon_usage_counts"),
    "status_quest_play_counts": attrgetter("world.state.status.quest_play_counts"),
    "perk_choice_ids": _choices,
    "perk_doctor_target_creature_id": lambda session: (session.world.players[0].doctor_target_creature,),
    "creature_kill_count": _single("world.creatures.kill_count"),
    "creature_active_count": lambda session: (sum(slot.active for slot in session.world.creatures.entries),),
    "weapon_usage_time": lambda session: [time & 0xFFFFFFFF for time in session.world.state.weapon_usage_time],
    "bonus_available": attrgetter("world.state.bonus_available"),
    "perk_available": attrgetter("world.state.perk_available"),
    "weapon_available": attrgetter("world.state.weapon_available"),
    "time_played_ms": _clock("elapsed_ms"),
    "game_state_id": lambda _session: (_GAMEPLAY_STATE,),
    "quest_stage_major": partial(_stage, "major"),
    "quest_stage_minor": partial(_stage, "minor"),
    **{
        f"survival_first_kill_pos_{place}_{part}": partial(_kill_place, place, part)
        for place in range(3)
        for part in "xy"
    },
}

_SURVIVAL: dict[str, Read] = {
    "survival_stage": _single("mode_state.stage"),
    "survival_spawn_cooldown_ms": _single("mode_state.spawn_cooldown_ms"),
}
_RUSH: dict[str, Read] = {"rush_spawn_cooldown_ms": _single("mode_state.spawn_cooldown_ms")}
_QUEST: dict[str, Read] = {
    "quest_spawn_total_creatures": _single("mode_state.total_creatures"),
    "quest_spawn_timeline": _clock("mode_state.spawn_timeline_ms"),
    "quest_spawn_stall_timer_ms": _clock("mode_state.no_creatures_timer_ms"),
    "creatures_none_active_flag": _single("mode_state.creatures_none_active"),
    "quest_transition_timer_ms": _clock("mode_state.completion_transition_ms"),
    "quest_stage_banner_timer_ms": _clock("mode_state.stage_banner_timer_ms"),
    "quest_completed": _single("mode_state.completed"),
    "quest_spawn_count": lambda session: (_spawn_count(session),),
}
_TUTORIAL: dict[str, Read] = {
    **{
        f"tutorial_{name}": _single(f"world.state.tutorial.{name}")
        for name in (
            *("stage_index", "stage_timer_ms", "stage_transition_timer_ms", "hint_index", "hint_alpha"),
            *("hint_carrier_killed", "repeat_spawn_count"),
        )
    },
    "tutorial_hint_bonus_creature": _carrier,
}
_TYPO: dict[str, Read] = {
    "typo_input_text": lambda session: (session.world.state.typo.typing.text.encode("latin-1"),),
    "typo_submit_count": _single("world.state.typo.typing.submit_count"),
    "typo_match_count": _single("world.state.typo.typing.match_count"),
    "typo_spawn_cooldown_ms": _single("world.state.typo.spawn_cooldown_ms"),
    "typo_word_highscore_cache_ready": _single("world.state.typo.highscore_names.loaded"),
    "typo_target_x": _single("world.state.typo.target_world.x"),
    "typo_target_y": _single("world.state.typo.target_world.y"),
}


def _spawn_count(session: DeterministicSession) -> int:
    state = session.mode_state
    return len(state.spawn_entries) if isinstance(state, QuestSpawnState) else 0


def _mode_reads(session: DeterministicSession) -> dict[str, Read]:
    match session.mode_state:
        case SurvivalSpawnState():
            return _SURVIVAL
        case RushSpawnState():
            return _RUSH
        case QuestSpawnState():
            return _QUEST
        case None:
            return _TYPO if session.world.state.game_mode == GameMode.TYPO else _TUTORIAL
