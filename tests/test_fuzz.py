"""Differential fuzzing finds what differs, cuts it short and keeps it; and rush, with a small budget, has nothing."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import msgspec
import pytest
from capture_kit import change_trace, column
from command import crimson_dbg
from crimson.replay.codec import dump_replay_file, load_replay_file
from synthetic import changing

from crimson.dbg import fuzz
from crimson.dbg.errors import RecordRefused
from crimson.dbg.fuzz_plans import MODES, fuzz_plan
from crimson.dbg.record import record_replay
from crimson.dbg.replay_plans import ReplayPlan, make_replay
from crimson.dbg.replays import LoadedReplay, load_replay
from crimson.dbg.trace_coverage import cover

SEED = 20031120


def test_rush_has_no_divergence() -> None:
    found = crimson_dbg("fuzz", "--modes", "rush", "--runs", "4", "--seed", str(SEED), "--ticks", "700")
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith("4 runs of rush, ")
    assert found.out.endswith(f" call sites, seed {SEED}: no divergence\n")


@pytest.mark.parametrize("mode", MODES)
def test_a_seed_says_what_is_played(mode: str) -> None:
    first, again = (make_replay(fuzz_plan(SEED, 3, [mode], 60)) for _ in range(2))
    assert first == again
    other = make_replay(fuzz_plan(SEED, 4, [mode], 60))
    assert other.run.game_mode_id == first.run.game_mode_id
    assert other.run.seed != first.run.seed


def test_runs_are_of_many_kinds() -> None:
    specs = [fuzz_plan(SEED, run, ["rush", "survival"], 60).spec for run in range(60)]
    assert {spec.player_count for spec in specs} == {1, 2, 3, 4}
    for name in ("game_mode_id", "preserve_bugs", "friendly_fire", "hardcore", "violence_disabled"):
        assert len({getattr(spec, name) for spec in specs}) == 2, name


def test_quests_are_the_games_and_drawn_ones() -> None:
    specs = [fuzz_plan(SEED, run, ["quests"], 60).spec for run in range(40)]
    custom = [spec.custom_quest for spec in specs if spec.custom_quest is not None]
    assert 0 < len(custom) < len(specs) / 2
    assert all((spec.quest_level is None) == (spec.custom_quest is not None) for spec in specs)
    assert any(quest.no_weapons for quest in custom)
    entries = [entry for quest in custom for entry in quest.entries]
    assert "-0.0" in {repr(number) for entry in entries for number in (entry.pos.x, entry.pos.y, entry.heading)}
    assert max(entry.count for entry in entries) > 300


def recording_with(bad_tick: int, path: str, table: str) -> mock.Mock:
    """A candidate that is Python with one value changed."""

    def record(replay: Path, out: Path) -> None:
        record_replay(load_replay(replay), out)
        found, position = column(table, path)
        change_trace(out, changing(found, position, range(bad_tick, bad_tick + 200)))

    return mock.Mock(side_effect=record)


def test_a_run_that_differs_is_cut_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "record_by_zig", recording_with(37, "move_speed", "sim_state.players"))
    found = crimson_dbg(
        *("fuzz", "--modes", "rush", "--runs", "3", "--seed", str(SEED), "--ticks", "90", "--out-dir", tmp_path)
    )
    assert found.code == 1
    folder = tmp_path / f"fuzz-rush-{SEED}-0"
    assert found.out.splitlines()[-1] == f"in depth  {folder / 'focus.txt'}"
    assert len(load_replay_file(folder / "replay.crd").ticks) == 38
    assert (folder / "focus.txt").read_text().startswith("diverged at tick 37, lead: players.move_speed")
    assert {path.name for path in folder.iterdir()} == {
        *("replay.crd", "python.cdt", "zig.cdt", "focus.txt", "focus.json"),
    }


def test_a_difference_in_hidden_state_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "record_by_zig", recording_with(20, "particles", "hidden_state"))
    report = fuzz.fuzz(fuzz.FuzzOptions(("rush",), 1, SEED, 40), tmp_path)
    assert report.finding is not None
    assert report.finding.ticks == 21
    lead = "diverged at tick 20, lead: hidden_state.particles (hidden)"
    assert Path(report.finding.focus).read_text().splitlines()[0] == lead


def test_a_candidate_that_fails_is_a_finding_as_short_as_it_gets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def record(replay: Path, out: Path) -> None:
        loaded = load_replay(replay)
        if len(loaded.replay.ticks) >= 23:
            raise fuzz.CandidateDied("crimson-zig record", "exit code 134: unreachable")
        record_replay(loaded, out)

    monkeypatch.setattr(fuzz, "record_by_zig", record)
    report = fuzz.fuzz(fuzz.FuzzOptions(("rush",), 1, SEED, 60), tmp_path)
    assert report.finding is not None
    assert (report.finding.ticks, report.finding.focus) == (23, "")
    assert "exit code 134" in report.finding.lead
    assert len(load_replay_file(Path(report.finding.replay)).ticks) == 23


def test_a_run_that_python_refuses_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def record(loaded: LoadedReplay, out: Path) -> None:
        if len(loaded.replay.ticks) >= 23:
            raise RecordRefused(loaded.path, "nan is not finite", tick=22)
        record_replay(loaded, out)

    monkeypatch.setattr(fuzz, "record_replay", record)
    report = fuzz.fuzz(fuzz.FuzzOptions(("rush",), 1, SEED, 60), tmp_path)
    assert report.finding is not None
    assert report.finding.lead.endswith("nan is not finite")
    assert len(load_replay_file(Path(report.finding.replay)).ticks) == report.finding.ticks == 23


def test_a_place_that_cannot_keep_a_finding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = crimson_dbg("fuzz", "--out-dir", tmp_path / "file" / "deep")
    assert found.code == 2
    assert found.message == (
        f"error: {tmp_path}/file/deep: cannot be a folder: {tmp_path}/file is a file (name another with --out-dir)"
    )


def test_a_trace_that_is_too_short_is_no_agreement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def record(replay: Path, out: Path) -> None:
        record_replay(load_replay(replay), out, until=10)

    monkeypatch.setattr(fuzz, "record_by_zig", record)
    report = fuzz.fuzz(fuzz.FuzzOptions(("rush",), 1, SEED, 40), tmp_path)
    assert report.finding is not None


def test_an_unknown_mode_is_refused() -> None:
    found = crimson_dbg("fuzz", "--modes", "all,hide")
    assert found.code == 2
    assert found.message == (
        "error: --modes: there is no mode 'hide'; there are survival, rush, quests, typo, tutorial"
    )


def test_runs_that_end_soon_are_compared_and_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = fuzz.fuzz_plan

    def shortened(seed: int, run: int, modes: tuple[str, ...], ticks: int) -> ReplayPlan:
        return plan(seed, run, modes, 10 if run in (0, 2) else ticks)

    monkeypatch.setattr(fuzz, "fuzz_plan", shortened)
    compared = mock.Mock(side_effect=fuzz.record_by_zig)
    monkeypatch.setattr(fuzz, "record_by_zig", compared)
    report = fuzz.fuzz(fuzz.FuzzOptions(("rush",), 2, SEED, 40, least_ticks=40), tmp_path)
    assert (report.ok, report.runs, report.short_runs, report.ticks) == (True, 2, 2, 100)
    assert compared.call_count == 4


def test_more_ticks_than_a_run_has_are_refused() -> None:
    found = crimson_dbg("fuzz", "--modes", "rush", "--ticks", "50", "--least-ticks", "51")
    assert found.code == 2
    assert found.message.startswith("error: --least-ticks: no run of at most 50 ticks has 51")


def test_what_runs_contain_is_told(tmp_path: Path) -> None:
    report = fuzz.fuzz(fuzz.FuzzOptions(("rush",), 1, SEED, 40), tmp_path)
    replay = tmp_path / "replay.crd"
    dump_replay_file(replay, make_replay(fuzz_plan(SEED, 0, ["rush"], 40)))
    record_replay(load_replay(replay), tmp_path / "trace.cdt")
    assert report.coverage == cover([tmp_path / "trace.cdt"]).report()


def test_a_report_says_all_that_the_text_says() -> None:
    found = crimson_dbg("fuzz", "--modes", "rush", "--runs", "1", "--seed", "1", "--ticks", "50", "--json")
    report = msgspec.json.decode(found.out, type=fuzz.FuzzReport)
    assert (report.ok, report.runs, report.seed, report.modes) == (True, 1, 1, ("rush",))
