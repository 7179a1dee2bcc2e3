"""What must hold between the rows of a captured run, so that a replay can reproduce it."""

from __future__ import annotations

from pathlib import Path

from crimson.replay.types import input_flags_validation_error

from crimson.dbg.capture_rows import FRAME_DRAW_CALLER, CapturedTick, RunStart, TypoBackspace, TypoChar, TypoSubmit
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.floats import is_f32
from crimson.dbg.lcg import next_state, value_of
from crimson.dbg.records import RecordError, tables_from_records
from crimson.dbg.schema import REPLAY_STEP, SETUP_TICK, RngDraw, TickRecord


class RunChecks:
    """Follows a run row by row; each problem names its line and tick."""

    def __init__(self, path: Path, line: int, start: RunStart) -> None:
        self._path = path
        self._start = start
        self._next_tick = 0
        self._rng_state = start.rng_state_before_setup
        self._drawn = False
        where = f"{path}: line {line}"
        setup = start.setup
        if setup.tick != SETUP_TICK:
            raise CaptureProblem(where, f"the set-up record has tick {setup.tick}, expected {SETUP_TICK}")
        if setup.timing_samples:
            raise CaptureProblem(where, "the set-up record has timing samples; only ticks have")
        settings = start.settings
        if (settings.quest is None) != (settings.mode_id != 3):
            raise CaptureProblem(where, "settings.quest is given exactly for mode 3")
        if (settings.typo is None) != (settings.mode_id != 4):
            raise CaptureProblem(where, "settings.typo is given exactly for mode 4")
        if settings.typo is not None and (settings.typo.target_x is None) != (settings.typo.target_y is None):
            raise CaptureProblem(where, "settings.typo has one of target_x and target_y, expected both or neither")
        try:
            tables_from_records([setup])
        except RecordError as problem:
            raise CaptureProblem(where, str(problem)) from None
        self._draws(where, setup)
        self._state(where, setup)

    def require_run(self, where: str, run_id: int) -> None:
        if run_id != self._start.run_id:
            raise CaptureProblem(where, f"run_id is {run_id} inside run {self._start.run_id}")

    def see(self, line: int, row: CapturedTick) -> None:
        tick = row.record.tick
        where = f"{self._path}: line {line}"
        self.require_run(where, row.run_id)
        if tick != self._next_tick:
            raise CaptureProblem(where, f"tick {tick} follows tick {self._next_tick - 1}; ticks count up from 0")
        where = f"{where}: tick {tick}"
        if row.step != REPLAY_STEP:
            raise CaptureProblem(where, f"step is {row.step!r}; a replay can only say {REPLAY_STEP!r}, f32(1/60)")
        self._inputs(where, row)
        self._draws(where, row.record)
        if [draw.caller == FRAME_DRAW_CALLER for draw in row.record.rng_stream].count(True) != 1:
            raise CaptureProblem(where, f"a tick has exactly one draw from 0x{FRAME_DRAW_CALLER:08x}")
        if row.record.rng_stream[-1].caller != FRAME_DRAW_CALLER:
            raise CaptureProblem(where, f"the draw from 0x{FRAME_DRAW_CALLER:08x} is not the tick's last")
        if len(row.record.timing_samples) != 1:
            raise CaptureProblem(where, f"{len(row.record.timing_samples)} timing samples, expected 1")
        self._state(where, row.record)
        self._next_tick = tick + 1

    def _inputs(self, where: str, row: CapturedTick) -> None:
        players = self._start.settings.player_count
        if len(row.inputs) != players:
            raise CaptureProblem(where, f"{len(row.inputs)} inputs for {players} player(s)")
        for index, sample in enumerate(row.inputs):
            for name in ("move_x", "move_y", "aim_x", "aim_y"):
                value: float = getattr(sample, name)
                if not is_f32(value):
                    raise CaptureProblem(where, f"inputs[{index}].{name} {value!r} is not an f32")
            flags_problem = input_flags_validation_error(sample.flags)
            if flags_problem is not None:
                raise CaptureProblem(where, f"inputs[{index}].flags {flags_problem}: 0x{sample.flags:x}")
        for index, command in enumerate(row.commands):
            if command.player_index >= players:
                raise CaptureProblem(
                    where, f"commands[{index}] is of player {command.player_index}, expected 0..{players - 1}"
                )
            if isinstance(command, TypoChar | TypoBackspace | TypoSubmit) and self._start.settings.mode_id != 4:
                raise CaptureProblem(where, f"commands[{index}] is one of Typ-o, the mode is not")

    def _draws(self, where: str, record: TickRecord) -> None:
        if not record.rng_stream:
            raise CaptureProblem(where, "no draw; every frame draws at its end")
        for position, draw in enumerate(record.rng_stream):
            self._draw(f"{where}: draw {position}", draw)

    def _draw(self, where: str, draw: RngDraw) -> None:
        if draw.state_before != self._rng_state:
            before = "the last draw ended at" if self._drawn else "rng_state_before_setup is"
            raise CaptureProblem(where, f"starts at 0x{draw.state_before:08x}, {before} 0x{self._rng_state:08x}")
        after = next_state(draw.state_before)
        if draw.state_after != after:
            raise CaptureProblem(where, f"state_after is 0x{draw.state_after:08x}, the generator gives 0x{after:08x}")
        if draw.value != value_of(after):
            raise CaptureProblem(where, f"value is {draw.value}, the generator gives {value_of(after)}")
        if not draw.caller:
            raise CaptureProblem(where, "has no caller")
        self._rng_state = after
        self._drawn = True

    def _state(self, where: str, record: TickRecord) -> None:
        settings = self._start.settings
        if record.checkpoint.rng_state != self._rng_state:
            raise CaptureProblem(
                where,
                f"checkpoint.rng_state is 0x{record.checkpoint.rng_state:08x}, "
                f"the last draw ended at 0x{self._rng_state:08x}",
            )
        if record.sim_state.gameplay.mode_id != settings.mode_id:
            raise CaptureProblem(
                where, f"mode_id is {record.sim_state.gameplay.mode_id}, the run's is {settings.mode_id}"
            )
        for name, rows in (
            ("sim_state.players", record.sim_state.players),
            ("checkpoint.players", record.checkpoint.players),
        ):
            if [row.index for row in rows] != list(range(settings.player_count)):
                raise CaptureProblem(where, f"{name} does not hold players 0..{settings.player_count - 1}")
