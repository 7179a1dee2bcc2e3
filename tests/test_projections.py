"""Looking into one trace by the command line: `tick`, `entity` and `query`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import msgspec
import pytest
import synthetic
from command import Outcome, crimson_dbg
from synthetic import dropping, setting
from syrupy.assertion import SnapshotAssertion

from crimson.dbg.floats import bits_of, f32_text, from_bits
from crimson.dbg.layout import TABLES
from crimson.dbg.projection_reports import EntityReport, QueryReport, TickReport
from crimson.dbg.report import ReportPart
from crimson.dbg.trace import TraceReader


@pytest.fixture
def place(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an original, which is the current one."""
    shutil.copy(original, tmp_path / "original.cdt")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(outcome: Outcome) -> list[str]:
    """An outcome for a snapshot."""
    return [
        f"exit code {outcome.code}",
        *outcome.out.splitlines(),
        *(f"err: {line}" for line in outcome.err.splitlines()),
    ]


_SHOWN = {
    "a tick": ["tick", "original.cdt", "15"],
    "a slot": ["entity", "original.cdt", "creature:1", "--ticks", "13:18"],
    "a life": ["entity", "original.cdt", "projectile:0:1", "--ticks", "100:106"],
    "a player at the start": ["entity", "original.cdt", "player:1", "--ticks", "0:1"],
    "a slot that is never used": ["entity", "original.cdt", "bonus:15"],
    "matches": ["query", "original.cdt", "creatures where pos.x < prev(pos.x) and generation > 0", "--limit", "3"],
    "all columns": ["query", "original.cdt", "timing where True", "--limit", "1"],
    "draws by call site": ["query", "original.cdt", "draws where caller == 'PLAYER_UPDATE_SHOT_SFX'"],
    "the gameplay's columns": ["query", "original.cdt", "gameplay where shots_fired > prev(shots_fired)"],
    "no match": ["query", "original.cdt", "players where health < 0"],
    "a count": ["query", "original.cdt", "creatures where hp > 0", "--limit", "0"],
}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("name", _SHOWN)
def test_what_it_prints(name: str, snapshot: SnapshotAssertion) -> None:
    outcome = crimson_dbg(*_SHOWN[name])
    assert shown(outcome) == snapshot
    assert [line for line in outcome.out.splitlines() if len(line) > 100] == []


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (["tick", "original.cdt", "15"], TickReport, 0),
        (["tick", "original.cdt", "setup"], TickReport, 0),
        (["tick", "original.cdt", "-1"], TickReport, 0),
        (["entity", "original.cdt", "player:0"], EntityReport, 0),
        (["entity", "original.cdt", "creature:383"], EntityReport, 1),
        (["query", "original.cdt", "hidden_state where creatures != prev(creatures)"], QueryReport, 0),
        (["query", "original.cdt", "deaths where xp_awarded > 1000000"], QueryReport, 1),
    ],
)
def test_json_is_the_report(words: list[str], kind: type[ReportPart], code: int) -> None:
    outcome = crimson_dbg(*words, "--json")
    assert (outcome.code, outcome.err) == (code, "")
    report = msgspec.json.decode(outcome.out, type=kind)
    assert msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n" == outcome.out


def test_a_tick_in_json_is_the_traces_record(place: Path) -> None:
    with TraceReader(place / "original.cdt") as reader:
        for name, tick in (("setup", -1), ("0", 0), ("149", 149)):
            report = msgspec.json.decode(crimson_dbg("tick", "original.cdt", name, "--json").out, type=TickReport)
            assert report.record == reader.tick(tick)


def test_the_text_of_a_tick_names_every_value(place: Path) -> None:
    out = crimson_dbg("tick", "original.cdt", "140").out
    words = out.split()
    for table in TABLES:
        if table.name in out:
            missing = [leaf.path for leaf in table.leaves if leaf.path not in words]
            assert table.name == "rng_stream" or not missing, table.name
    with TraceReader(place / "original.cdt") as reader:
        record = reader.tick(140)
    for creature in record.entity_samples.creatures:
        assert f"entity_samples.creatures[{creature.index}]" in out
        assert f"{f32_text(creature.pos.x)} (0x{bits_of(creature.pos.x):08x})" in out


def test_an_entitys_rows_are_the_traces(place: Path) -> None:
    with TraceReader(place / "original.cdt") as reader:
        records = [reader.tick(tick) for tick in range(-1, reader.tick_count)]
    for slot in range(4):
        outcome = crimson_dbg("entity", "original.cdt", f"projectile:{slot}", "--json")
        report = msgspec.json.decode(outcome.out, type=EntityReport)
        there = [
            (record.tick, row.generation, row.pos.x)
            for record in records
            for row in record.entity_samples.projectiles
            if row.index == slot
        ]
        found = [
            (row.tick, life.generation, next(value.value for value in row.values if value.name == "pos.x"))
            for life in report.lives
            for row in life.rows
        ]
        assert found == there
        assert [life.generation for life in report.lives] == list(
            dict.fromkeys(generation for _, generation, _ in there)
        )
        assert all(
            (life.first_tick, life.last_tick) == (life.rows[0].tick, life.rows[-1].tick) for life in report.lives
        )
        assert outcome.code == (0 if there else 1)


def test_a_life_with_a_gap_says_so(tmp_path: Path) -> None:
    """Made-up pools hold slots 1 and 3 at every tick, each slot with generations of its own at every tick."""
    trace = synthetic.write_trace(tmp_path / "gap.cdt", 9, change=dropping("sim_state.players", [4, 5]))
    out = crimson_dbg("entity", trace, "player:1").out
    assert "tick 8, 8 ticks\n" in out
    assert "  not there for 2 ticks\n" in out


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tick", "original.cdt", "150"], "N: original.cdt has no tick 150; it has ticks 0..149"),
        (["tick", "original.cdt", "x"], "N: 'x' is no tick; write a number such as 840, or setup"),
        (["tick", "original.cdt", "1" * 30], "is no tick"),
        (["tick", "original.cdt", "٣"], "N: '٣' is no tick"),
        (["tick", "absent.cdt", "1"], "absent.cdt: cannot be read: No such file or directory"),
        (["entity", "original.cdt", "dragon:1"], "UID: 'dragon:1' names no entity; write KIND:SLOT or"),
        (["entity", "original.cdt", "creature"], "UID: 'creature' names no entity"),
        (["entity", "original.cdt", "creature:-1"], "UID: 'creature:-1' names no entity"),
        (["entity", "original.cdt", "creature:1:2:3"], "UID: 'creature:1:2:3' names no entity"),
        (["entity", "original.cdt", "player:0:1"], "UID: 'player:0:1': a player has no generations; write player:0"),
        (["entity", "original.cdt", "player:0", "--ticks", "5:4"], "--ticks: 5:4 is no window"),
        (["entity", "original.cdt", "player:0", "--ticks", "149:150"], "--ticks: 149:150 reaches behind the end"),
        (["entity", "original.cdt", "player:0", "--ticks", "150:151"], "--ticks: 150:151 reaches behind the end"),
        (["entity", "original.cdt", "player:0", "--ticks", "5"], "--ticks: '5' is no window"),
        (["query", "original.cdt", "creatures where hp", "--limit", "-1"], "--limit: -1 rows; 0 or more can be listed"),
    ],
)
def test_bad_usage(words: list[str], message: str) -> None:
    outcome = crimson_dbg(*words)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.message.startswith("error: ")
    assert message in outcome.message
    assert crimson_dbg(*words, "--json") == outcome


def test_a_tick_that_is_an_option_is_a_matter_of_usage() -> None:
    outcome = crimson_dbg("tick", "a", "-2x")
    assert outcome.code == 2
    assert re.search("Usage: crimson-dbg tick .*there is no option -2x", outcome.err, re.DOTALL)


@pytest.mark.parametrize("bits", [0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001])
def test_floats_that_are_not_finite_are_shown(bits: int, tmp_path: Path) -> None:
    """No recorder writes them, but a forged or damaged trace may hold them."""
    good = synthetic.write_trace(tmp_path / "good.cdt", 3)
    wild = synthetic.rewrite(good, tmp_path / "wild.cdt", setting("sim_state.players", "health", 1, lambda _: bits))
    for words in (["tick", wild, "1"], ["entity", wild, "player:1"]):
        outcome = crimson_dbg(*words)
        assert (outcome.code, outcome.err) == (0, "")
        assert f"health {from_bits(bits)} (0x" in outcome.out
        outcome = crimson_dbg(*words, "--json")
        assert (outcome.code, outcome.err) == (0, "")
        # JSON has null for them, and their exact bits beside it
        assert re.search(rf'"bits": {bits}\b', outcome.out)
    for sign in ("<", ">", "==", "!="):
        condition = f"health + 1 {sign} prev(health) * 2 or health - health != 0"
        outcome = crimson_dbg("query", wild, f"players where {condition}")
        assert (outcome.code, outcome.err) == (0, "")
        assert f"health {from_bits(bits)} (0x{bits:08x})" in outcome.out
