"""Faults of the random generator: draws too many, too few, in another order, by others, and jumps."""

from __future__ import annotations

from collections.abc import Generator

from crimson.math_parity import native_shot_angle_from_jitter_draws
from crimson.rng_caller_static import RngCallerStatic
from crimson.sim.world_state import WorldState
from crimson.weapon_runtime import fire
from fault_kit import Catalogue, Clock, Run, Truth, around, replaced, replaced_method
from grim.geom import Vec2
from grim.rand import CrandLike, CrtRand, RngTraceSink

SURVIVAL = Run("survival", 400)

catalogue = Catalogue()


@catalogue.add(
    "extra-draw",
    "a pistol shot draws the direction of its spread twice",
    SURVIVAL,
    184,
    Truth("rng", "extra draws by PLAYER_UPDATE_SHOT_JITTER_DIR"),
)
def _extra_draw(clock: Clock) -> Generator[None]:
    draw = CrtRand.rand_tagged

    def twice(rng: CrtRand, caller: int) -> int:
        if clock.since and caller == RngCallerStatic.PLAYER_UPDATE_SHOT_JITTER_DIR:
            draw(rng, caller)
        return draw(rng, caller)

    with replaced_method(CrtRand, "rand_tagged", draw, twice):
        yield


@catalogue.add(
    "missing-draw",
    "a weapon with one firing sound does not draw which one it plays",
    SURVIVAL,
    227,
    Truth("rng", "missing draws by PLAYER_UPDATE_SHOT_SFX"),
)
def _missing_draw(clock: Clock) -> Generator[None]:
    draw = CrtRand.rand_tagged

    def seldom(rng: CrtRand, caller: int) -> int:
        if clock.since and caller == RngCallerStatic.PLAYER_UPDATE_SHOT_SFX:
            return 0
        return draw(rng, caller)

    with replaced_method(CrtRand, "rand_tagged", draw, seldom):
        yield


@catalogue.add(
    "swapped-draws",
    "a shot draws how far it strays before the direction in which it strays",
    SURVIVAL,
    270,
    Truth("rng", "reordered draws by PLAYER_UPDATE_SHOT_JITTER_DIR and PLAYER_UPDATE_SHOT_JITTER_MAG"),
)
def _swapped_draws(clock: Clock) -> Generator[None]:
    original = fire._native_shot_angle_with_jitter

    def swapped(*, aim: Vec2, player_pos: Vec2, spread_heat: float, rng: CrandLike) -> float:
        if not clock.since:
            return original(aim=aim, player_pos=player_pos, spread_heat=spread_heat, rng=rng)
        magnitude = rng.rand_tagged(RngCallerStatic.PLAYER_UPDATE_SHOT_JITTER_MAG)
        direction = rng.rand_tagged(RngCallerStatic.PLAYER_UPDATE_SHOT_JITTER_DIR)
        return native_shot_angle_from_jitter_draws(
            aim=aim, player_pos=player_pos, spread_heat=spread_heat, dir_draw=direction, mag_draw=magnitude
        )

    with replaced(fire, "_native_shot_angle_with_jitter", original, swapped):
        yield


@catalogue.add(
    "other-caller",
    "survival's spawner takes the top edge for the bottom one, so another call draws where along it",
    SURVIVAL,
    187,
    Truth("rng", "draws by SURVIVAL_UPDATE_MAIN_SPAWN_TOP_X instead of SURVIVAL_UPDATE_MAIN_SPAWN_BOTTOM_X"),
)
def _other_caller(clock: Clock) -> Generator[None]:
    draw = CrtRand.rand_tagged

    def mistaken(rng: CrtRand, caller: int) -> int:
        value = draw(rng, caller)
        # 0 is the top, 1 the bottom.
        swap = clock.since and caller == RngCallerStatic.SURVIVAL_UPDATE_MAIN_SPAWN_EDGE and value & 3 < 2
        return value ^ 1 if swap else value

    with replaced_method(CrtRand, "rand_tagged", draw, mistaken):
        yield


@catalogue.add(
    "generator-jump",
    "the generator advances by one state between two ticks, with no draw",
    SURVIVAL,
    300,
    Truth("rng", "generator state"),
)
def _generator_jump(clock: Clock) -> Generator[None]:
    def advance() -> None:
        if clock.now:
            clock.world.state.rng.advance(1)

    with around(WorldState, "step", WorldState.step, before=advance):
        yield


@catalogue.add(
    "draw-values",
    "a draw's value is cut to fourteen bits of the state, as if RAND_MAX were 16383",
    SURVIVAL,
    244,
    Truth("rng", "draw values"),
)
def _draw_values(clock: Clock) -> Generator[None]:
    draw = CrtRand._draw

    def cut(rng: CrtRand, caller: int | None) -> int:
        sink = rng.trace_sink
        if sink is None or not clock.since:
            return draw(rng, caller)
        rng.set_trace_sink(_cutting(sink))
        try:
            return draw(rng, caller) & 0x3FFF
        finally:
            rng.set_trace_sink(sink)

    with replaced_method(CrtRand, "_draw", draw, cut):
        yield


def _cutting(sink: RngTraceSink) -> RngTraceSink:
    return lambda before, after, value, caller: sink(before, after, value & 0x3FFF, caller)


@catalogue.add(
    "second-frame-draw",
    "a frame ends with two discarded draws",
    SURVIVAL,
    100,
    Truth("rng", "extra draws by GAME_FRAME_UPDATE_DISCARDED"),
)
def _second_frame_draw(clock: Clock) -> Generator[None]:
    draw = CrtRand.rand_tagged

    def twice(rng: CrtRand, caller: int) -> int:
        if clock.since and caller == RngCallerStatic.GAME_FRAME_UPDATE_DISCARDED:
            draw(rng, caller)
        return draw(rng, caller)

    with replaced_method(CrtRand, "rand_tagged", draw, twice):
        yield
