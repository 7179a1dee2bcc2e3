"""Finalize: a good capture becomes a verified original; every malformed row is refused by line, tick and reason."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import msgspec
import pytest
import zstandard
from command import UNREADABLE, crimson_dbg, measured
from crimson.replay.codec import load_replay_file
from raw_rows import Json, Rows
from short_replays import replay_of

from crimson.dbg.diff import diff_traces
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.frida_finalize import finalize_capture
from crimson.dbg.health import check_health
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.report import FinalizeReport
from crimson.dbg.trace import TraceReader
from crimson.dbg.verify import verify_trace
from resimulated_capture import write_capture

MEMORY_LIMIT = 200
# The capture of one player, short enough to be written hundreds of times.
TICKS = 6
type Change = Callable[[Rows], Rows]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    path = tmp_path_factory.mktemp("lines") / "good.jsonl"
    write_capture(replay_of("rush", TICKS), path)
    return path.read_bytes().splitlines()


@pytest.fixture(scope="module")
def lean(lines: list[bytes]) -> list[bytes]:
    """The same without most of the set-up's draws, as if its seed had come later."""
    rows = Rows(lines)
    rows.change("start.setup.rng_stream", lambda draws: draws[-20:])  # ty: ignore
    rows.set("start.rng_state_before_setup", rows.get("start.setup.rng_stream.0.state_before"))
    return [msgspec.json.encode(row) for row in rows.rows]


@pytest.fixture
def rows(lean: list[bytes]) -> Rows:
    return Rows(lean)


def assert_good(trace: Path, folder: Path) -> None:
    """Verified, healthy, and equal to what the recorder makes of the replay beside it, byte by byte."""
    assert verify_trace(trace).verdict == "verified"
    assert check_health(trace).verdict == "healthy"
    candidate = folder / "candidate.cdt"
    record_replay(load_replay(trace.with_suffix(".crd")), candidate)
    report = diff_traces(trace, candidate, strict=True)
    assert (report.verdict, report.hidden) == ("equal", ())
    with TraceReader(trace) as left, TraceReader(candidate) as right:
        assert left.tick_count == right.tick_count == report.ticks_compared
        assert left.raw(left.setup_entry) == right.raw(right.setup_entry)
        assert [*map(left.raw, left.tick_entries)] == [*map(right.raw, right.tick_entries)]


def refused(path: Path, folder: Path) -> str:
    """What finalize says of a bad capture, without the file's name; nothing may be left of the attempt."""
    out = folder / "out"
    with pytest.raises(CaptureProblem) as caught:
        finalize_capture(path, out)
    assert not out.exists()
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    outcome = crimson_dbg("finalize", path, "--out-dir", out)
    assert (outcome.code, outcome.out, outcome.message) == (2, "", f"error: {text}")
    assert not out.exists()
    return text.removeprefix(f"{path}: ")


# Good captures


def test_a_good_capture(raw_capture: Path, tmp_path: Path) -> None:
    report = finalize_capture(raw_capture, tmp_path / "out")
    (run,) = report.runs
    assert (Path(run.trace).name, Path(run.replay).name, run.ticks) == ("short.cdt", "short.crd", 150)
    assert report.tolerated == ()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["short.cdt", "short.crd"]
    assert_good(Path(run.trace), tmp_path)
    with TraceReader(Path(run.trace)) as reader:
        assert reader.meta.producer.kind == "original"
        assert reader.meta.capture is not None
        assert (reader.meta.capture.method, reader.meta.capture.tolerated) == ("re-simulation", [])


def test_a_compressed_capture_gives_the_same_bytes(raw_capture: Path, original: Path, tmp_path: Path) -> None:
    path = tmp_path / "short.jsonl.zst"
    path.write_bytes(zstandard.compress(raw_capture.read_bytes()))
    (run,) = finalize_capture(path, tmp_path).runs
    assert Path(run.trace).read_bytes() == original.read_bytes()
    assert Path(run.replay).read_bytes() == original.with_suffix(".crd").read_bytes()
    # Frames one after the other are one text.
    half = len(raw_capture.read_bytes()) // 2
    blocks = (raw_capture.read_bytes()[:half], b"", raw_capture.read_bytes()[half:])
    path.write_bytes(b"".join(map(zstandard.compress, blocks)))
    (run,) = finalize_capture(path, tmp_path).runs
    assert Path(run.trace).read_bytes() == original.read_bytes()


@pytest.mark.parametrize("name", ["typo", "tutorial", "quest-1-1", "rush-4p"])
def test_other_modes(name: str, tmp_path: Path) -> None:
    write_capture(replay_of(name, 60), tmp_path / "run.jsonl")
    (run,) = finalize_capture(tmp_path / "run.jsonl", tmp_path, name="other").runs
    assert Path(run.trace).name == "other.cdt"
    assert_good(Path(run.trace), tmp_path)


def test_the_command_line(raw_capture: Path, tmp_path: Path) -> None:
    outcome = crimson_dbg("finalize", raw_capture, "--out-dir", tmp_path / "new" / "out")
    trace = tmp_path / "new" / "out" / "short.cdt"
    assert (outcome.code, outcome.out, outcome.err) == (0, f"finalized 150 ticks to {trace} and short.crd\n", "")
    outcome = crimson_dbg("finalize", raw_capture, "--out-dir", tmp_path, "--json")
    report = msgspec.json.decode(outcome.out, type=FinalizeReport)
    assert [run.ticks for run in report.runs] == [150]


def test_several_runs(lines: list[bytes], tmp_path: Path) -> None:
    path = _two_runs(lines, tmp_path)
    report = finalize_capture(path, tmp_path / "out")
    assert [Path(run.trace).name for run in report.runs] == ["two.cdt", "two-run2.cdt"]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "two-run2.cdt",
        "two-run2.crd",
        "two.cdt",
        "two.crd",
    ]
    for run in report.runs:
        assert_good(Path(run.trace), tmp_path)


def test_finalizing_again(lines: list[bytes], tmp_path: Path) -> None:
    """A capture replaces what was made of it, such as before it was whole, and nothing else."""
    path, out = _two_runs(lines, tmp_path), tmp_path / "out"
    rows = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(rows[:-4]))
    assert [run.ticks for run in finalize_capture(path, out).runs] == [TICKS, TICKS - 2]
    path.write_bytes(b"\n".join(rows))
    assert [run.ticks for run in finalize_capture(path, out).runs] == [TICKS, TICKS]
    made = _contents(out)

    def refusal() -> str:
        outcome = crimson_dbg("finalize", path, "--out-dir", out)
        assert (outcome.code, outcome.out) == (2, "")
        assert _contents(out) == made
        return outcome.message.removeprefix(f"error: {out}/")

    path.write_bytes(b"\n".join([*rows[: TICKS + 3], rows[-1]]))
    assert refusal() == "two-run2.cdt: was made of this capture, which has 1 run(s) now (move it away)"
    path.write_bytes(b"\n".join([rows[0].replace(b"resimulated-", b"another-"), *rows[1:]]))
    other = "is there, and not of this capture (name another folder, or move it away)"
    assert refusal() == f"two-run2.cdt: {other}"
    for name in ("two-run2.cdt", "two-run2.crd", "two.cdt"):
        (out / name).rename(tmp_path / name)
    made = _contents(out)
    assert refusal() == f"two.crd: {other}"
    (out / "two.crd").unlink()
    assert len(finalize_capture(path, out).runs) == 2


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _two_runs(lines: list[bytes], folder: Path) -> Path:
    write_capture(replay_of("survival", TICKS), folder / "second.jsonl")
    second = Rows((folder / "second.jsonl").read_bytes().splitlines())
    for row in second.rows:
        if "run_id" in row:
            row["run_id"] = 1
    rows = Rows(lines)
    rows.rows[-1:] = second.rows[1:]
    return rows.write(folder / "two.jsonl")


def test_a_bad_second_run_leaves_nothing_of_the_first(lines: list[bytes], tmp_path: Path) -> None:
    path = _two_runs(lines, tmp_path)
    rows = Rows(path.read_bytes().splitlines())
    end = len(rows.rows) - 2
    rows.rows[end]["run_id"] = 0
    assert refused(rows.write(path), tmp_path) == f"line {end + 1}: run_id is 0 inside run 1"
    rows.rows[end]["run_id"] = 1
    rows.rows[end]["result"]["quest_final_ms"] = 5  # ty: ignore
    text = refused(rows.write(path), tmp_path)
    assert text == (
        "line 10: run 1: cannot be expressed as a replay: "
        "result.quest_final_ms must be set only for completed quests"
    )  # fmt: skip


# Rows that break the contract


def _setter(path: str, value: Json) -> Change:
    return lambda rows: rows.set(path, value)


def _swapped(path: str) -> Change:
    """Two neighbours of a list in the other order."""
    return lambda rows: rows.change(path, lambda items: [items[1], items[0], *items[2:]])  # ty: ignore


def _reordered(path: str) -> Change:
    return lambda rows: rows.change(path, lambda fields: dict(reversed(fields.items())))  # ty: ignore


CANONICAL = "the row is not in canonical form: fields are repeated or out of order, or a number is written otherwise"
RECORD = "tick 3.record"
DRAW = f"{RECORD}.rng_stream.0"

CONTRACT: dict[str, tuple[Change, str, str]] = {
    # name: change, the row that is named, the message
    "first row": (lambda rows: rows.drop("session"), "1", "a run_start row; the first must be session_start"),
    "version": (
        _setter("session.capture_format_version", 2),
        "session",
        "capture format version 2; this build reads version 1 (capture again with this build's agent)",
    ),
    "version type": (_setter("session.capture_format_version", "1"), "session", "Expected `int`, got `str`"),
    "method": (_setter("session.method", "guess"), "session", "Invalid enum value 'guess'"),
    "target hash": (_setter("session.target.sha256", "xyz"), "session", "Expected `str` matching regex"),
    "session id": (_setter("session.session_id", ""), "session", "Expected `str` of length >= 1"),
    "event": (_setter("tick 3.event", "tock"), "tick 3", "Invalid value 'tock' - at `$.event`"),
    "no event": (lambda rows: rows.delete("tick 3.event"), "tick 3", "missing required field `event`"),
    "unknown field": (_setter("tick 3.mood", 1), "tick 3", "Object contains unknown field `mood`"),
    "unknown field within": (
        _setter(f"{RECORD}.checkpoint.mood", 1),
        "tick 3",
        "Object contains unknown field `mood` - at `$.record.checkpoint`",
    ),
    "missing field": (
        lambda rows: rows.delete(f"{RECORD}.checkpoint.kills"),
        "tick 3",
        "Object missing required field `kills` - at `$.record.checkpoint`",
    ),
    "missing channel": (
        lambda rows: rows.delete(f"{RECORD}.rng_stream"),
        "tick 3",
        "Object missing required field `rng_stream` - at `$.record`",
    ),
    "null": (_setter(f"{RECORD}.checkpoint.kills", None), "tick 3", "Expected `int`, got `null`"),
    "string": (_setter(f"{RECORD}.checkpoint.kills", "0"), "tick 3", "Expected `int`, got `str`"),
    "float for int": (_setter(f"{RECORD}.checkpoint.kills", 0.5), "tick 3", "Expected `int`, got `float`"),
    "whole float for int": (_setter(f"{RECORD}.checkpoint.kills", 0.0), "tick 3", "Expected `int`, got `float`"),
    "int for float": (_setter(f"{RECORD}.timing_samples.0.reflex_boost_timer", 0), "tick 3", CANONICAL),
    "bool for int": (_setter(f"{RECORD}.checkpoint.kills", value=True), "tick 3", "Expected `int`, got `bool`"),
    "int for bool": (_setter(f"{RECORD}.sim_state.gameplay.run_active", 1), "tick 3", "Expected `bool`, got `int`"),
    "object for list": (_setter(f"{RECORD}.rng_stream", {}), "tick 3", "Expected `array`, got `object`"),
    "out of order": (_reordered(f"{RECORD}.checkpoint"), "tick 3", CANONICAL),
    "i32": (
        _setter(f"{RECORD}.checkpoint.kills", 1 << 31),
        "tick 3",
        "Expected `int` <= 2147483647 - at `$.record.checkpoint.kills`",
    ),
    "u32": (_setter(f"{DRAW}.state_before", -1), "tick 3", "Expected `int` >= 0"),
    "u16": (_setter(f"{RECORD}.checkpoint.players.0.index", 65536), "tick 3", "Expected `int` <= 65535"),
    "u15": (_setter(f"{DRAW}.value", 32768), "tick 3", "Expected `int` <= 32767"),
    "u64 negative": (_setter(f"{RECORD}.hidden_state.particles", -1), "tick 3", "Expected `int` >= 0"),
    "u64": (
        _setter(f"{RECORD}.hidden_state.particles", 1 << 64),
        "tick 3",
        "tick 3: hidden_state.particles: 18446744073709551616 does not fit 64 bits",
    ),
    "not an f32": (
        _setter(f"{RECORD}.checkpoint.players.0.health", 0.1),
        "tick 3",
        "tick 3: checkpoint.players.health: 0.1 is not an f32",
    ),
    "beyond f32": (
        _setter(f"{RECORD}.checkpoint.players.0.health", 1e300),
        "tick 3",
        "tick 3: checkpoint.players.health: 1e+300 is not an f32",
    ),
    "not an f32 in set-up": (
        _setter("start.setup.checkpoint.players.0.health", 0.1),
        "start",
        "tick -1: checkpoint.players.health: 0.1 is not an f32",
    ),
    # order of rows
    "two sessions": (
        lambda rows: rows.insert("start", rows.row("session")),
        "2",
        "a session_start row outside a run; expected run_start or session_end",
    ),
    "session within": (
        lambda rows: rows.insert("tick 3", rows.row("session")),
        "6",
        "a session_start row inside run 0; expected tick or run_end",
    ),
    "after the end": (
        lambda rows: rows.insert("close", rows.row("close")),
        f"{TICKS + 5}",
        "a session_end row after session_end, which must be the last",
    ),
    "run within": (
        lambda rows: rows.insert("tick 3", rows.row("start")),
        "6",
        "a run_start row inside run 0; expected tick or run_end",
    ),
    "end within": (lambda rows: rows.drop("end"), f"{TICKS + 3}", "a session_end row inside run 0; expected tick"),
    "tick outside": (
        lambda rows: rows.insert("close", rows.row("tick 0")),
        f"{TICKS + 4}",
        "a tick row outside a run; expected run_start or session_end",
    ),
    "tick first": (lambda rows: rows.drop("start"), "2", "a tick row outside a run; expected run_start"),
    "run id": (_setter("start.run_id", 1), "start", "run_id is 1, expected 0"),
    "run id of a tick": (_setter("tick 3.run_id", 1), "tick 3", "run_id is 1 inside run 0"),
    "run id of the end": (_setter("end.run_id", 1), "end", "run_id is 1 inside run 0"),
    "tick skipped": (lambda rows: rows.drop("tick 3"), "6", "tick 4 follows tick 2; ticks count up from 0"),
    "tick repeated": (
        lambda rows: rows.insert("tick 3", rows.row("tick 3")),
        "7",
        "tick 3 follows tick 3; ticks count up from 0",
    ),
    "first tick": (lambda rows: rows.drop("tick 0"), "3", "tick 1 follows tick -1; ticks count up from 0"),
    "tick huge": (_setter(f"{RECORD}.tick", 1 << 70), "tick 3", "follows tick 2; ticks count up from 0"),
    # what a replay can say
    "step": (
        _setter("tick 3.step", 0.016),
        "tick 3",
        "tick 3: step is 0.016; a replay can only say 0.01666666753590107, f32(1/60)",
    ),
    "no inputs": (_setter("tick 3.inputs", []), "tick 3", "tick 3: 0 inputs for 1 player(s)"),
    "inputs": (
        lambda rows: rows.change("tick 3.inputs", lambda inputs: inputs * 2),  # ty: ignore
        "tick 3",
        "tick 3: 2 inputs for 1 player(s)",
    ),
    "input not an f32": (
        _setter("tick 3.inputs.0.move_x", 0.1),
        "tick 3",
        "tick 3: inputs[0].move_x 0.1 is not an f32",
    ),
    "input beyond f32": (
        _setter("tick 3.inputs.0.aim_y", 1e39),
        "tick 3",
        "tick 3: inputs[0].aim_y 1e+39 is not an f32",
    ),
    "flags": (_setter("tick 3.inputs.0.flags", 0x80000000), "tick 3", "tick 3: inputs[0].flags "),
    "command": (
        _setter("tick 3.commands", [{"type": "dance", "player_index": 0}]),
        "tick 3",
        "Invalid value 'dance' - at `$.commands[0].type`",
    ),
    "command of nobody": (
        _setter("tick 3.commands", [{"type": "perk_menu_open", "player_index": 1}]),
        "tick 3",
        "tick 3: commands[0] is of player 1, expected 0..0",
    ),
    "command of typo": (
        _setter("tick 3.commands", [{"type": "typo_char", "player_index": 0, "ch": "a"}]),
        "tick 3",
        "tick 3: commands[0] is one of Typ-o, the mode is not",
    ),
    "perk choice": (
        _setter("tick 3.commands", [{"type": "perk_pick", "player_index": 0, "choice_index": 7}]),
        "tick 3",
        "Expected `int` <= 6 - at `$.commands[0].choice_index`",
    ),
    # the generator
    "seed": (
        lambda rows: rows.change("start.rng_state_before_setup", lambda seed: seed ^ 1),  # ty: ignore
        "start",
        "draw 0: starts at 0x",
    ),
    "no set-up draws": (_setter("start.setup.rng_stream", []), "start", "no draw; every frame draws at its end"),
    "set-up draw": (
        lambda rows: rows.delete("start.setup.rng_stream.7"),
        "start",
        "draw 7: starts at 0x",
    ),
    "set-up and tick 0": (
        lambda rows: rows.delete("tick 0.record.rng_stream.0"),
        "tick 0",
        "tick 0: draw 0: starts at 0x",
    ),
    "between ticks": (
        lambda rows: rows.delete("tick 1.record.rng_stream.0"),
        "tick 1",
        "tick 1: draw 0: starts at 0x",
    ),
    "between draws": (
        lambda rows: rows.change(f"{RECORD}.rng_stream", lambda draws: [draws[0], *draws]),  # ty: ignore
        "tick 3",
        "tick 3: draw 1: starts at 0x",
    ),
    "value": (
        lambda rows: rows.change(f"{DRAW}.value", lambda value: value ^ 1),  # ty: ignore
        "tick 3",
        "tick 3: draw 0: value is ",
    ),
    "state after": (
        lambda rows: rows.change(f"{DRAW}.state_after", lambda state: state ^ 1),  # ty: ignore
        "tick 3",
        "tick 3: draw 0: state_after is 0x",
    ),
    "caller": (_setter(f"{DRAW}.caller", 0), "tick 3", "tick 3: draw 0: has no caller"),
    "no draws": (_setter(f"{RECORD}.rng_stream", []), "tick 3", "tick 3: no draw; every frame draws at its end"),
    "no frame draw": (
        _setter(f"{RECORD}.rng_stream.-1.caller", 5),
        "tick 3",
        "tick 3: a tick has exactly one draw from 0x0040cac7",
    ),
    "two frame draws": (
        lambda rows: rows.set("tick 1.record.rng_stream.0.caller", 0x0040CAC7),
        "tick 1",
        "tick 1: a tick has exactly one draw from 0x0040cac7",
    ),
    "frame draw elsewhere": (
        lambda rows: rows.set("tick 1.record.rng_stream.0.caller", 0x0040CAC7).set(
            "tick 1.record.rng_stream.-1.caller", 5
        ),
        "tick 1",
        "tick 1: the draw from 0x0040cac7 is not the tick's last",
    ),
    "checkpoint state": (
        lambda rows: rows.change(f"{RECORD}.checkpoint.rng_state", lambda state: state ^ 1),  # ty: ignore
        "tick 3",
        "tick 3: checkpoint.rng_state is 0x",
    ),
    # state
    "no players": (
        _setter(f"{RECORD}.sim_state.players", []),
        "tick 3",
        "tick 3: sim_state.players does not hold players 0..0",
    ),
    "no vitals": (
        _setter(f"{RECORD}.checkpoint.players", []),
        "tick 3",
        "tick 3: checkpoint.players does not hold players 0..0",
    ),
    "other player": (
        _setter(f"{RECORD}.sim_state.players.0.index", 1),
        "tick 3",
        "tick 3: sim_state.players does not hold players 0..0",
    ),
    "mode": (_setter(f"{RECORD}.sim_state.gameplay.mode_id", 1), "tick 3", "tick 3: mode_id is 1, the run's is 2"),
    "timing": (_setter(f"{RECORD}.timing_samples", []), "tick 3", "tick 3: 0 timing samples, expected 1"),
    "pool order": (
        _swapped(f"{RECORD}.entity_samples.creatures"),
        "tick 3",
        "tick 3: entity_samples.creatures.index: the rows of a tick must ascend by it",
    ),
    "pool twice": (
        lambda rows: rows.change(
            f"{RECORD}.entity_samples.creatures",
            lambda items: [items[0], *items],  # ty: ignore
        ),
        "tick 3",
        "tick 3: entity_samples.creatures.index: the rows of a tick must ascend by it",
    ),
    "order in set-up": (
        lambda rows: rows.change("start.setup.sim_state.players", lambda items: [items[0], *items]),  # ty: ignore
        "start",
        "tick -1: sim_state.players.index: the rows of a tick must ascend by it",
    ),
    # the run's settings
    "set-up tick": (_setter("start.setup.tick", 0), "start", "the set-up record has tick 0, expected -1"),
    "set-up timing": (
        lambda rows: rows.set("start.setup.timing_samples", rows.get(f"{RECORD}.timing_samples")),
        "start",
        "the set-up record has timing samples; only ticks have",
    ),
    "mode unknown": (_setter("start.settings.mode_id", 5), "start", "Invalid enum value 5 - at `$.settings.mode_id`"),
    "players": (_setter("start.settings.player_count", 5), "start", "Expected `int` <= 4"),
    "quest": (
        _setter("start.settings.quest", {"major": 1, "minor": 1}),
        "start",
        "settings.quest is given exactly for mode 3",
    ),
    "no quest": (_setter("start.settings.mode_id", 3), "start", "settings.quest is given exactly for mode 3"),
    "quest number": (
        _setter("start.settings.quest", {"major": 6, "minor": 1}),
        "start",
        "Expected `int` <= 5 - at `$.settings.quest.major`",
    ),
    "no typo": (_setter("start.settings.mode_id", 4), "start", "settings.typo is given exactly for mode 4"),
    "weapons": (
        lambda rows: rows.delete("start.settings.status.weapon_usage_counts.0"),
        "start",
        "Expected `array` of length >= 53",
    ),
    "detail": (_setter("start.settings.detail_preset", 0), "start", "Expected `int` >= 1"),
    "unlock index": (
        _setter("start.settings.status.quest_unlock_index", 1 << 40),
        "start",
        "run 0: cannot be expressed as a replay: run.status.quest_unlock_index must be in",
    ),
    "platform": (
        _setter("session.platform", "é" * 99),
        "start",
        "run 0: cannot be expressed as a replay: recorder.platform must be",
    ),
    # the result
    "outcome": (_setter("end.result.outcome", "bored"), "end", "Invalid enum value 'bored'"),
    "outcome of another mode": (
        _setter("end.result.outcome", "tutorial_completed"),
        "start",
        "run 0: cannot be expressed as a replay: result.outcome 'tutorial_completed' is invalid for rush",
    ),
    "final time": (
        _setter("end.result.quest_final_ms", 5),
        "start",
        "run 0: cannot be expressed as a replay: result.quest_final_ms must be set only for completed quests",
    ),
    "weapon": (
        _setter("end.result.most_used_weapon_id", 9999),
        "start",
        "cannot be expressed as a replay: 9999 is not",
    ),
    "weapon huge": (_setter("end.result.most_used_weapon_id", 1 << 70), "start", "cannot be expressed as a replay: "),
    "end reason": (_setter("end.reason", "bored"), "end", "Invalid enum value 'bored'"),
    "no ticks": (
        lambda rows: Rows([msgspec.json.encode(row) for row in rows.rows if row["event"] != "tick"]),
        "3",
        "run 0 ends without a tick",
    ),
}


@pytest.mark.parametrize("name", CONTRACT)
def test_a_row_that_breaks_the_contract(name: str, rows: Rows, tmp_path: Path) -> None:
    change, row, message = CONTRACT[name]
    line = int(row) if row.isdecimal() else rows.line_of(row)
    text = refused(change(rows).write(tmp_path / "bad.jsonl"), tmp_path)
    assert text.startswith(f"line {line}: ")
    assert message in text


def test_settings_of_typo(tmp_path: Path) -> None:
    write_capture(replay_of("typo", 3), tmp_path / "good.jsonl")
    good = (tmp_path / "good.jsonl").read_bytes().splitlines()
    for change, message in (
        (_setter("start.settings.typo.target_x", 1.0), "settings.typo has one of target_x and target_y"),
        (_setter("start.settings.typo", None), "settings.typo is given exactly for mode 4"),
        (_setter("start.settings.typo.match_count", 3), "run.typo_carry.match_count must be in 0..0"),
        (_setter("start.settings.typo.highscore_names", ["a b"]), "run.typo_highscore_names[0] must be"),
        (_setter("start.settings.player_count", 2), "sim_state.players does not hold players 0..1"),
    ):
        text = refused(change(Rows(good)).write(tmp_path / "bad.jsonl"), tmp_path)
        assert text.startswith("line 2: ")
        assert message in text
    rows = Rows(good).set("start.settings.typo.target_x", 0.1).set("start.settings.typo.target_y", 1.0)
    text = refused(rows.write(tmp_path / "bad.jsonl"), tmp_path)
    assert text.endswith("run.typo_carry.target_world.x must be a canonical f32")


# Text that is no rows


def _replaced(lines: list[bytes], number: int, line: bytes) -> bytes:
    return b"\n".join([*lines[: number - 1], line, *lines[number:], b""])


def test_lines_that_are_no_rows(lean: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    fifth = lean[4]
    kills = b'"kills":0'
    assert fifth.count(kills) == 1
    for line, message in (
        (b"", "the row breaks the contract: Input data was truncated"),
        (b"hello", "the row breaks the contract: JSON is malformed: invalid character (byte 0)"),
        (fifth[:-1], "the row breaks the contract: Input data was truncated"),
        (fifth + b"}", "the row breaks the contract: JSON is malformed: trailing characters"),
        (b" " + fifth, CANONICAL),
        (fifth + b"\r", CANONICAL),
        (fifth.replace(b":", b": ", 1), CANONICAL),
        (fifth.replace(kills, kills + b"," + kills), CANONICAL),
        (fifth.replace(kills, b'"kills":00'), "JSON is malformed"),
        (fifth.replace(kills, b'"kills":-0'), CANONICAL),
        (fifth.replace(kills, b'"kills":NaN'), "JSON is malformed: invalid character"),
        (fifth.replace(kills, b'"kills":Infinity'), "JSON is malformed: invalid character"),
        (fifth.replace(b'"health":100.0', b'"health":NaN'), "JSON is malformed: invalid character"),
        (fifth.replace(b'"health":100.0', b'"health":-Infinity'), "JSON is malformed: invalid character"),
        (fifth.replace(b'"health":100.0', b'"health":1e999'), "Number out of range"),
        (fifth.replace(b'"health":100.0', b'"health":100.00'), CANONICAL),
        (fifth.replace(b'"health":100.0', b'"health":1e2'), CANONICAL),
        (fifth.replace(b'"health":100.0', b'"health":100'), CANONICAL),
        (fifth.replace(b'"tick"', b'"t\\u0069ck"', 1), CANONICAL),
        (fifth.replace(b'"tick"', b'"t\xffck"', 1), "byte 11 of the row is not UTF-8"),
        (fifth.replace(b'"tick"', b'"\xed\xa0\x80"', 1), "byte 10 of the row is not UTF-8"),
        (b"\xef\xbb\xbf" + fifth, "JSON is malformed: invalid character (byte 0)"),
        (b"\0" * 100, "JSON is malformed: invalid character (byte 0)"),
        (b"[" * 100_000, "the row breaks the contract: "),
        (b'{"event":"tick","run_id":' + b"[" * 100_000, "the row breaks the contract: "),
        (b'{"event":"tick","mood":' + b'{"a":' * 100_000, "the row breaks the contract: "),
        (b'{"mood":' + b"[" * 100_000, "the row breaks the contract: "),
        (b"null", "Expected `object`, got `null`"),
        (b"[]", "Expected `object`, got `array`"),
    ):
        path.write_bytes(_replaced(lean, 5, line))
        text = refused(path, tmp_path)
        assert text.startswith("line 5: "), line[:60]
        assert message in text, line[:60]


def test_files_that_are_no_captures(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b"")
    assert refused(path, tmp_path) == "the capture is empty (capture again)"
    path.write_bytes(zstandard.compress(b""))
    assert refused(path, tmp_path) == "the capture is empty (capture again)"
    path.write_bytes(b"\n")
    assert refused(path, tmp_path).startswith("line 1: the row breaks the contract")
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert refused(path, tmp_path) == "line 1: byte 0 of the row is not UTF-8"
    path.write_bytes("hello".encode("utf-16"))
    assert refused(path, tmp_path) == "line 1: byte 0 of the row is not UTF-8"
    path.write_bytes(b"hello")
    assert "JSON is malformed" in refused(path, tmp_path)
    assert refused(tmp_path / "absent.jsonl", tmp_path) == "cannot be read: No such file or directory"
    assert refused(Path("/dev/zero"), tmp_path) == "cannot be read: it is no regular file"
    if UNREADABLE.exists():
        assert refused(UNREADABLE, tmp_path) == "cannot be read: Input/output error"
    folder = tmp_path / "folder.jsonl"
    folder.mkdir()
    assert refused(folder, tmp_path) == "cannot be read: it is a directory"


def test_a_session_without_runs(rows: Rows, tmp_path: Path) -> None:
    rows.rows[1:-1] = []
    assert refused(rows.write(tmp_path / "bad.jsonl"), tmp_path) == (
        "the capture holds no run with a whole tick (capture again)"
    )


@pytest.mark.parametrize(
    ("compressed", "row"), [(False, b'{"event":"session_start","session_id":"'), (True, b"x")], ids=["text", "zst"]
)
def test_a_row_of_200_megabytes(row: bytes, compressed: bool, tmp_path: Path) -> None:
    path = tmp_path / "wide.jsonl"
    with path.open("wb") as file:
        sink = zstandard.ZstdCompressor().stream_writer(file, closefd=False) if compressed else file
        sink.write(row)
        for _ in range(200):
            sink.write(b"a" * 1_000_000)
        sink.write(b'"}\n')
        sink.flush()
        if compressed:
            sink.close()
    outcome, peak = measured("finalize", path, "--out-dir", tmp_path / "out")
    assert (outcome.code, peak < MEMORY_LIMIT) == (2, True), (outcome, peak)
    assert outcome.message == f"error: {path}: line 1: the row is longer than 8388608 bytes"


def test_rows_as_wide_as_they_may_be(lines: list[bytes], tmp_path: Path) -> None:
    """Draws beyond all measure, in every tick."""
    rows = Rows(lines)
    path = tmp_path / "wide.jsonl"
    with path.open("wb") as file:
        for row in rows.rows:
            if row["event"] != "tick":
                file.write(msgspec.json.encode(row) + b"\n")
                continue
            deaths = [{"creature": 1, "type_id": 1, "reward_value": 1.0, "xp_awarded": 1}] * 60_000
            row["record"]["checkpoint"]["deaths"] = deaths  # ty: ignore
            file.write(msgspec.json.encode(row) + b"\n")
    assert path.stat().st_size > 20_000_000
    outcome, peak = measured("finalize", path, "--out-dir", tmp_path / "out")
    assert (outcome.code, peak < MEMORY_LIMIT) == (2, True), (outcome, peak)
    assert "run 0: table checkpoint.deaths has 360000 rows in a chunk, at most" in outcome.message
    assert not (tmp_path / "out").exists()


# Captures that end early


def _ends(lines: list[bytes]) -> list[int]:
    """Where each line ends, its newline included."""
    return list(accumulate(len(line) + 1 for line in lines))


def test_every_kind_of_cut_tail(lean: list[bytes], tmp_path: Path) -> None:
    data, ends = b"\n".join([*lean, b""]), [0, *_ends(lean)]
    path = tmp_path / "cut.jsonl"
    sizes = {*range(ends[5], len(data), 1531), *range(len(data) - 30, len(data))}
    sizes |= {end + by for end in ends[5:] for by in (-2, -1, 0, 1) if end + by < len(data)}
    for size in sorted(sizes):
        path.write_bytes(data[:size])
        report = finalize_capture(path, tmp_path / "out")
        # A row that lacks only its newline is whole.
        whole = sum(end - 1 <= size for end in ends[1:])
        ticks = min(whole - 2, TICKS)
        expected = [f"run 0 ends without run_end, after tick {ticks - 1}"] if whole < TICKS + 3 else []
        if size > ends[whole]:
            expected.append(f"line {whole + 1} was cut off after {size - ends[whole]} bytes")
        elif whole < len(lean):
            expected.append("the capture ends without session_end")
        assert ([run.ticks for run in report.runs], list(report.tolerated)) == ([ticks], expected), size


@pytest.mark.parametrize("whole", [3, 5, TICKS + 2, TICKS + 3])
def test_a_capture_that_is_cut_is_good_as_far_as_it_goes(whole: int, lines: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    path.write_bytes(b"\n".join([*lines[:whole], lines[whole][:15]]))
    report = finalize_capture(path, tmp_path / "out")
    (run,) = report.runs
    assert report.tolerated[-1] == f"line {whole + 1} was cut off after 15 bytes"
    assert_good(Path(run.trace), tmp_path)
    with TraceReader(Path(run.trace)) as reader:
        assert reader.meta.capture is not None
        assert reader.meta.capture.tolerated == list(report.tolerated)
        assert reader.tick_count == min(whole - 2, TICKS)
    assert len(load_replay_file(Path(run.replay)).ticks) == run.ticks
    outcome = crimson_dbg("finalize", path, "--out-dir", tmp_path / "out")
    assert outcome.code == 0
    assert outcome.out.splitlines()[1:] == [f"tolerated: {damage}" for damage in report.tolerated]


def test_cuts_before_the_first_whole_tick(lean: list[bytes], tmp_path: Path) -> None:
    data = b"\n".join([*lean, b""])
    path = tmp_path / "cut.jsonl"
    first = sum(len(line) + 1 for line in lean[:3]) - 1
    for size in {*range(1, 300, 7), *range(300, first, 499), first - 1}:
        path.write_bytes(data[:size])
        text = refused(path, tmp_path)
        assert text in (
            "the capture is empty (capture again)",
            "the capture holds no run with a whole tick (capture again)",
        )


def test_damage_at_the_end_that_is_no_cut(lean: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    for line, message in (
        (lean[-1].replace(b"stopped", b"bored"), "Invalid enum value 'bored'"),
        (lean[-1].replace(b"session_end", b"sesion_end"), "Invalid value 'sesion_end'"),
        (b"garbage", "JSON is malformed"),
        (b"\xff\xff", "byte 0 of the row is not UTF-8"),
        (lean[-1] + b"x", "JSON is malformed"),
    ):
        path.write_bytes(b"\n".join([*lean[:-1], line]))
        text = refused(path, tmp_path)
        assert text.startswith(f"line {len(lean)}: ")
        assert message in text


def test_a_second_run_that_is_cut_off(lines: list[bytes], tmp_path: Path) -> None:
    data = _two_runs(lines, tmp_path).read_bytes()
    path = tmp_path / "cut.jsonl"
    second = b"\n".join(data.splitlines()[:10]) + b"\n"
    for tail, told in (
        (b"", ["the capture ends without session_end"]),
        (b'{"event":"ti', ["line 11 was cut off after 12 bytes"]),
    ):
        path.write_bytes(second + tail)
        report = finalize_capture(path, tmp_path / "out")
        assert [run.ticks for run in report.runs] == [TICKS]
        assert list(report.tolerated) == ["run 1 has no whole tick and was left out", *told]
        assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["cut.cdt", "cut.crd"]


def test_a_compressed_capture_that_is_cut(raw_capture: Path, tmp_path: Path) -> None:
    whole = zstandard.ZstdCompressor(level=1).compress(raw_capture.read_bytes())
    path = tmp_path / "cut.jsonl.zst"
    ticks = set()
    for tenth in range(5, 10):
        path.write_bytes(whole[: len(whole) * tenth // 10])
        report = finalize_capture(path, tmp_path / "out")
        (run,) = report.runs
        assert 0 < run.ticks < 150
        assert report.tolerated[0].startswith("run 0 ends without run_end, after tick")
        ticks.add(run.ticks)
    assert len(ticks) > 1
    assert_good(Path(run.trace), tmp_path)
    path.write_bytes(whole[:200])
    (tmp_path / "early").mkdir()
    assert refused(path, tmp_path / "early") == "the capture is empty (capture again)"


def test_a_compressed_capture_that_is_damaged(raw_capture: Path, tmp_path: Path) -> None:
    whole = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(raw_capture.read_bytes()))
    path = tmp_path / "bad.jsonl.zst"
    for position in range(len(whole) // 2, len(whole), len(whole) // 30):
        whole[position] ^= 0x55
        path.write_bytes(whole)
        text = refused(path, tmp_path)
        assert "damaged" in text or text.startswith("line ")
        whole[position] ^= 0x55


def test_a_compressed_capture_that_asks_for_much(tmp_path: Path) -> None:
    path = tmp_path / "wide.jsonl.zst"
    # A frame header that asks for a window of 1 GiB.
    path.write_bytes(b"\x28\xb5\x2f\xfd\x00\xa0" + bytes(100))
    text = refused(path, tmp_path)
    assert text.startswith("after 0 bytes of text: the compressed text is damaged: ")


def test_output_that_cannot_be_written(raw_capture: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    outcome = crimson_dbg("finalize", raw_capture, "--out-dir", file)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.message == f"error: {file}: cannot be written to: it, or a part of its path, is a file"
    (tmp_path / "out" / "short.crd").mkdir(parents=True)
    outcome = crimson_dbg("finalize", raw_capture, "--out-dir", tmp_path / "out")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.message.startswith(f"error: {tmp_path / 'out' / 'short.crd'}: is there, and not of this capture (")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["short.crd"]
