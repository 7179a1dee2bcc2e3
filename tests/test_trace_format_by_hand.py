"""The specification against the code: a file made by hand is read, and a reader made from the document reads."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable, Iterable
from operator import attrgetter
from pathlib import Path

import msgspec
import pytest
from crimson.replay.codec import dump_replay_file
from crimson.sim.gameplay_state import GameplayState
from hand_reader import Cell, DocRow, DocTable, DocTrace, example_of_document, read_trace, tables_of_document
from short_replays import replay_of
from synthetic import write_trace

from crimson.dbg import digests, payload, schema
from crimson.dbg.columns import CodecError
from crimson.dbg.errors import DamagedTrace
from crimson.dbg.floats import from_bits
from crimson.dbg.layout import TABLE_BY_NAME, TABLES
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.rows import values_from_words
from crimson.dbg.trace import TraceReader
from crimson.dbg.verify import verify_trace
from trace_format_example import CALLER, FRAME_DT, SEED, SLOT, STATE_1, STATE_2, TIME_SCALE, example_bytes
from trace_format_prose import PROSE
from trace_format_tables import DOCUMENT, updated

TEXT = DOCUMENT.read_text(encoding="utf-8")
DOC_TABLES = tables_of_document(TEXT)


def _exactly(rows: dict[str, list[DocRow]]) -> dict[str, list[str]]:
    """Rows as text, where 1 is not 1.0 or true, and -0.0 is not 0.0."""
    return {name: list(map(repr, found)) for name, found in rows.items()}


def _rows_by_reader(reader: TraceReader) -> dict[str, list[DocRow]]:
    """All rows of a trace as the real reader decodes them, in the hand reader's form."""
    found: dict[str, list[DocRow]] = {table.name: [] for table in TABLES}
    for entry in (reader.setup_entry, *reader.tick_entries):
        tables = reader.tables(entry)
        for table in TABLES:
            rows = tables[table.name]
            columns = [
                values_from_words(leaf.column.wire, words)
                for leaf, words in zip(table.leaves, rows.columns, strict=True)
            ]
            paths = [leaf.path for leaf in table.leaves]
            found[table.name] += [
                DocRow(tick, dict(zip(paths, cells, strict=True)))
                for tick, *cells in zip(rows.ticks.tolist(), *columns, strict=True)
            ]
    return found


def _rows_by_record(reader: TraceReader) -> dict[str, list[DocRow]]:
    """The same from the reader's typed records."""
    found: dict[str, list[DocRow]] = {table.name: [] for table in TABLES}
    for record in reader.ticks(-1, reader.tick_count - 1):
        for table in TABLES:
            at_path = attrgetter(table.name)(record)
            rows: Iterable[schema.Row] = at_path if table.cardinality == "many" else [at_path]
            found[table.name] += [
                DocRow(record.tick, {leaf.path: attrgetter(leaf.path)(row) for leaf in table.leaves})
                for row in rows
                if row is not None
            ]
    return found


def _record(name: str, ticks: int, folder: Path) -> Path:
    replay, trace = folder / f"{name}.crd", folder / f"{name}.cdt"
    dump_replay_file(replay, replay_of(name, ticks))
    record_replay(load_replay(replay), trace)
    return trace


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, DocTrace]]:
    """Short traces of some plans, read by the reader made from the document."""
    folder = tmp_path_factory.mktemp("recorded")
    made: dict[str, tuple[Path, DocTrace]] = {}

    def get(name: str) -> tuple[Path, DocTrace]:
        if name not in made:
            path = _record(name, 40, folder)
            made[name] = path, read_trace(path.read_bytes(), DOC_TABLES)
        return made[name]

    return get


# The document


def test_the_document_is_up_to_date() -> None:
    assert updated(TEXT) == TEXT, "run `uv run python scripts/trace_format_tables.py`"


def test_every_column_is_described_and_nothing_else() -> None:
    described = {name: list(prose.columns) for name, prose in PROSE.items()}
    assert described == {table.name: [leaf.path for leaf in table.leaves] for table in TABLES}


@pytest.mark.parametrize("table", DOC_TABLES, ids=lambda table: table.name)
def test_descriptions_say_something(table: DocTable) -> None:
    assert all(len(column.meaning.strip()) > 3 for column in table.columns)
    known = re.compile(r"`|[+-]0x|0x004|u16|i32|counted|derived|position in|argument|EAX|return address|static|not in")
    assert [column.path for column in table.columns if not known.search(column.source)] == []


def test_the_document_has_the_tables_of_the_layout() -> None:
    assert [(table.name, table.cardinality, table.keyed) for table in DOC_TABLES] == [
        (table.name, table.cardinality, table.keyed) for table in TABLES
    ]


# A file made by hand


def test_the_example_is_the_dump_in_the_document() -> None:
    assert example_of_document(TEXT) == example_bytes()


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The file that the document's dump shows."""
    path = tmp_path / "example.cdt"
    path.write_bytes(example_of_document(TEXT))
    return path


def test_the_example_is_canonical(example: Path) -> None:
    assert verify_trace(example).verdict == "verified"


def test_the_reader_reads_the_example(example: Path) -> None:
    with TraceReader(example) as reader:
        setup, first, second = reader.ticks(-1, 1)
        meta, ticks = reader.meta, reader.tick_count
    assert ticks == 2
    assert meta.producer == schema.Producer("candidate", "by hand", "1", "none", "")
    assert meta.source.run == schema.RunSettings(
        mode_id=4,
        seed=SEED,
        player_count=1,
        rules=2,
        preserve_bugs=True,
        hardcore=False,
        friendly_fire=False,
        quest="",
    )
    assert meta.capture is None
    assert setup.rng_stream == [schema.RngDraw(STATE_1 >> 16 & 0x7FFF, SEED, STATE_1, 0)]
    assert first.rng_stream == [schema.RngDraw(STATE_2 >> 16 & 0x7FFF, STATE_1, STATE_2, CALLER)]
    assert second.rng_stream == []
    assert [record.checkpoint.rng_state for record in (setup, first, second)] == [STATE_1, STATE_2, STATE_2]
    assert [record.checkpoint.elapsed_ms for record in (setup, first, second)] == [0, 16, 32]
    texts = [record.checkpoint.typo.input_text for record in (setup, first, second) if record.checkpoint.typo]
    assert texts == ["", "", "z"]
    assert second.checkpoint.typo_names == [schema.TypoName(SLOT, "zap")]
    assert [record.sim_state.gameplay.mode_id for record in (setup, first, second)] == [4, 4, 4]
    assert second.sim_state.gameplay.run_active
    assert [record.entity_samples.creatures[0].pos.x for record in (first, second)] == [10.0, 11.5]
    (creature,) = second.entity_samples.creatures
    assert (creature.index, creature.generation, creature.vel) == (SLOT, 1, schema.CurveVec2(1.5, 0.0))
    assert (creature.hp, creature.death_timer, creature.max_hp, creature.dot_tick_timer) == (20.0, 16.0, 0.0, 0.0)
    timing = schema.TimingSample(
        from_bits(FRAME_DT),
        16,
        time_scale_active=False,
        time_scale_factor=from_bits(TIME_SCALE),
        reflex_boost_timer=0.0,
    )
    assert (setup.timing_samples, first.timing_samples, second.timing_samples) == ([], [timing], [timing])


def test_the_hand_reader_reads_the_example(example: Path) -> None:
    read = read_trace(example.read_bytes(), DOC_TABLES)
    with TraceReader(example) as reader:
        assert _exactly(read.rows) == _exactly(_rows_by_record(reader))
        assert read.meta == msgspec.to_builtins(reader.meta)


# A reader made from the document


@pytest.mark.parametrize("name", ["survival-2p-arms", "quest-5-6-death", "typo"])
def test_the_hand_reader_reads_recordings(name: str, recorded: Callable[[str], tuple[Path, DocTrace]]) -> None:
    path, read = recorded(name)
    with TraceReader(path) as reader:
        assert read.last_tick == 39
        assert read.meta == msgspec.to_builtins(reader.meta)
        assert _exactly(read.rows) == _exactly(_rows_by_record(reader))


def test_the_hand_reader_reads_every_table_over_a_chunk_border(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "border.cdt", 260)
    read = read_trace(path.read_bytes(), DOC_TABLES)
    with TraceReader(path) as reader:
        assert _exactly(read.rows) == _exactly(_rows_by_reader(reader))
    assert all(len(rows) >= 261 for rows in read.rows.values())


# Hidden state


def _packing(name: str) -> str:
    """A digest's packing as the document's tables have it."""
    (line,) = re.findall(rf"^\| `{name}` \|.*\| `([a-zA-Z?]+)` \| \d+ \|$", TEXT, re.MULTILINE)
    return f"<{line}"


def _blake(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=8).digest()


def _as_integer(data: bytes) -> int:
    return int.from_bytes(_blake(data), "little")


def _slot(table: str, packing: str, **values: float) -> bytes:
    """A slot of nothing but zeros, apart from these columns, by the last part of their path."""
    (columns,) = (known.columns for known in DOC_TABLES if known.name == table)
    names = [column.path for column in columns if column.path not in ("index", "generation")]
    assert set(values) <= {name.replace(".", "_") for name in names}
    return struct.pack(packing, *(values.get(name.replace(".", "_"), 0) for name in names))


def test_packings_are_those_of_the_code() -> None:
    assert _packing("creatures") == digests.CREATURE_SLOT.format
    assert _packing("projectiles") == digests.PROJECTILE_SLOT.format
    assert _packing("secondary_projectiles") == digests.SECONDARY_SLOT.format
    assert _packing("bonuses") == digests.BONUS_SLOT.format
    assert _packing("particles") == digests.PARTICLE.format
    assert _packing("sprite_effects") == digests.SPRITE_EFFECT.format
    assert _packing("spawn_slots") == digests.SPAWN_SLOT.format
    assert _packing("quest_spawns") == digests.QUEST_SPAWN.format
    assert _packing("dormant_player") == digests.PLAYER_SLOT.format
    assert "0xb4b2797457a0a6e4" in TEXT
    assert digests.digest(()) == 0xB4B2797457A0A6E4


@pytest.mark.parametrize(("name", "players"), [("typo", 1), ("survival-2p-arms", 2)])
def test_digests_of_a_runs_start_follow_from_the_document(
    name: str, players: int, recorded: Callable[[str], tuple[Path, DocTrace]]
) -> None:
    _, read = recorded(name)
    (row, *_) = read.rows["hidden_state"]
    assert row.tick == -1
    projectile = _slot(
        "entity_samples.projectiles", _packing("projectiles"), type_id=1, speed_scale=1, damage_pool=1, hit_radius=1
    )
    secondary = _slot("entity_samples.secondary_projectiles", _packing("secondary_projectiles"), target_id=-1)
    bonus = _slot("entity_samples.bonuses", _packing("bonuses"))
    dormant = _slot(
        "sim_state.players",
        _packing("dormant_player"),
        health=100,
        size=48,
        speed_multiplier=2,
        turn_speed=1,
        death_timer=16,
        low_health_timer=100,
        evil_eyes_target=-1,
        auto_target=-1,
        bonus_hover_index=-1,
        weapon_weapon_id=1,
        spread_heat=0.01,
        level=1,
    )
    expected: dict[str, Cell] = {
        "creatures": _as_integer(b"".join(map(_blake, _starting_creatures(read, players)))),
        "projectiles": _as_integer(_blake(projectile) * 96),
        "secondary_projectiles": _as_integer(_blake(secondary) * 64),
        "bonuses": _as_integer(_blake(bonus) * 17),
        "particles": _as_integer(b""),
        "sprite_effects": _as_integer(b""),
        "spawn_slots": _as_integer(struct.pack(_packing("spawn_slots"), -1, 0.5, 0, -1, 0.5, 0) * 32),
        "quest_spawns": _as_integer(b""),
        "dormant_player": _as_integer(dormant if players == 1 else b""),
    }
    assert {name: row.values[name] for name in expected} == expected


def _starting_creatures(read: DocTrace, players: int) -> Iterable[bytes]:
    """The 384 slots of a run's start and the phantom slot, from set-up's draws."""
    table, packing = "entity_samples.creatures", _packing("creatures")
    draws = [row.values for row in read.rows["rng_stream"] if row.tick == -1]
    for slot, draw in enumerate(draws[1:385]):
        value = draw["value"]
        assert isinstance(value, int)
        yield _slot(
            table,
            packing,
            target_player=slot % players,
            link_index=-1,
            move_speed=1,
            dot_tick_timer=0.5,
            death_timer=16,
            size=50,
            tint_r=1,
            tint_g=1,
            tint_b=1,
            tint_a=1,
            anim_phase=value % 31,
        )
    yield _slot(table, packing, link_index=-1)


def test_availability_has_the_documents_sizes() -> None:
    state = GameplayState()
    flags = [len(state.bonus_available), len(state.perk_available), len(state.weapon_available)]
    counters = [len(state.status.weapon_usage_counts), len(state.status.quest_play_counts)]
    assert (flags, counters) == ([15, 128, 54], [53, 91])
    assert "15 flags of bonuses by id, 128 of perks by id, 54 of weapons by id" in TEXT
    assert "53 counters of weapon use and 91 of quest play" in TEXT


# What writing the specification found


def test_a_negative_row_count_is_damage() -> None:
    raw = msgspec.msgpack.encode([[[-1, b"", []]] * len(TABLES)])
    with pytest.raises(CodecError, match="table checkpoint claims -1 rows"):
        payload.decode_chunk(raw, -1, -1)


def test_more_rows_than_ticks_are_damage_where_a_tick_has_one() -> None:
    raw = msgspec.msgpack.encode([[[3, b"", []]] * len(TABLES)])
    with pytest.raises(CodecError, match="table checkpoint claims 3 rows for 2 ticks"):
        payload.decode_chunk(raw, 0, 1)


def test_a_chunk_too_large_to_be_one_is_not_read(tmp_path: Path) -> None:
    size, path = 1 << 33, tmp_path / "sparse.cdt"
    with path.open("wb") as file:
        file.write(example_bytes()[:16] + struct.pack("<4siiIII", b"FOOT", 0, -1, 1, 0xFFFFFFFF, 64))
        file.truncate(size)
        file.seek(size - 16)
        file.write(struct.pack("<Q8s", 16, b"\x89CDTEND\n"))
    with pytest.raises(DamagedTrace, match="claims 4294967295 stored bytes for"):
        TraceReader(path)


def test_only_text_columns_refer_to_texts() -> None:
    with_text = {name for name, table in TABLE_BY_NAME.items() if any(x.column.wire == "text" for x in table.leaves)}
    assert with_text == {"checkpoint.typo", "checkpoint.typo_names"}
