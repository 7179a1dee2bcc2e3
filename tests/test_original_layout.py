"""What is known of the original, held against the trace's schema and against itself."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from crimson.dbg.layout import TABLE_BY_NAME, TABLES
from crimson.dbg.original.layout import ANNEX_BASE, Layout, known_layout, placed, read_layout, standin_layout
from crimson.dbg.original.mirror import Mirror, regions_of
from crimson.dbg.original.run_reader import RunReader
from crimson.dbg.original.slot_rows import COUNTED, SlotReader, column_fields, pools_of

LAYOUT = known_layout()
# Columns that are counted, derived from others or from calls; everything else is read from memory by its path.
MADE = {
    "checkpoint.rng_state",
    "checkpoint.elapsed_ms",
    "checkpoint.score_xp",
    "checkpoint.creature_count",
    "checkpoint.perk_pending",
    "checkpoint.hit_count",
    "checkpoint.pickup_count",
    "sim_state.gameplay.creatures_spawned",
    "sim_state.gameplay.creature_update_count",
    *(f"sim_state.gameplay.perks.choices.choice_{place}" for place in range(7)),
}
# Tables whose rows are made of events, of other rows, or of arrays.
MADE_TABLES = {
    "checkpoint.players",
    "checkpoint.perks",
    "checkpoint.deaths",
    "checkpoint.typo_names",
    "rng_stream",
    "sim_state.weapon_times",
    "timing_samples",
    "hidden_state",
}


def test_every_column_of_the_schema_has_one_source() -> None:
    paths = [fact.path for fact in LAYOUT.globals if fact.path]
    for table in TABLES:
        for pool in pools_of(LAYOUT, table):
            paths += [f"{table.name}.{field.path}" for field in column_fields(pool)]
    assert len(paths) == len(set(paths))
    columns = {
        f"{table.name}.{leaf.path}"
        for table in TABLES
        if table.name not in MADE_TABLES
        for leaf in table.leaves
        if leaf.path not in COUNTED
    }
    assert sorted(columns - MADE - set(paths)) == []
    assert sorted(set(paths) - columns) == []
    assert sorted(MADE & set(paths)) == []


@pytest.mark.parametrize("table", ["entity_samples.creatures", "sim_state.players"])
def test_a_column_that_the_layout_lacks_is_named(table: str) -> None:
    def without(layout: Layout) -> Layout:
        pools = tuple(
            msgspec.structs.replace(pool, fields=tuple(field for field in pool.fields if field.path != "pos.y"))
            for pool in layout.pools
        )
        return msgspec.structs.replace(layout, pools=pools)

    with pytest.raises(ValueError, match=r"no field fills \['pos.y'\]"):
        SlotReader(Mirror(without(standin_layout())), TABLE_BY_NAME[table])


def test_a_global_that_the_layout_lacks_is_named() -> None:
    layout = standin_layout()
    fewer = tuple(fact for fact in layout.globals if not fact.path.endswith("freeze"))
    with pytest.raises(ValueError, match=r"no global fills \['gameplay.bonus_timers.freeze'\]"):
        RunReader(Mirror(msgspec.structs.replace(layout, globals=fewer)))


def test_no_two_facts_share_a_byte() -> None:
    layout = standin_layout()
    spans = sorted(
        [(fact.address or 0, (fact.address or 0) + fact.size, fact.name) for fact in layout.globals]
        + [(pool.address or 0, (pool.address or 0) + pool.stride * pool.slots, pool.name) for pool in layout.pools]
    )
    for (_, end, name), (begin, _, other) in pairwise(spans):
        assert end <= begin, f"{name} and {other} overlap"
    for pool in layout.pools:
        fields = sorted((field.offset or 0, (field.offset or 0) + field.size, field.name) for field in pool.fields)
        for (_, end, name), (begin, _, other) in pairwise(fields):
            assert end <= begin, f"{pool.name}.{name} and {pool.name}.{other} overlap"
        assert fields[-1][1] <= pool.stride


def test_regions_hold_every_fact_and_are_made_of_words() -> None:
    layout = standin_layout()
    regions = regions_of(layout)
    for region in regions:
        assert region.address % 4 == 0
        assert region.slot_size % 4 == 0
    for fact in layout.globals:
        address = fact.address or 0
        assert any(region.address <= address and address + fact.size <= region.end for region in regions), fact.name


def test_a_located_fact_keeps_its_place_and_the_rest_goes_to_the_annex() -> None:
    for before, after in zip(
        (*LAYOUT.functions, *LAYOUT.globals, *LAYOUT.pools),
        (*standin_layout().functions, *standin_layout().globals, *standin_layout().pools),
        strict=True,
    ):
        assert after.address is not None
        assert after.address == before.address or (before.address is None and after.address >= ANNEX_BASE)
    assert standin_layout().unlocated() == []
    assert placed(standin_layout()) == standin_layout()


def test_what_is_unlocated_says_where_to_look() -> None:
    lacking = LAYOUT.unlocated()
    assert lacking
    assert [entry for entry in lacking if "(" not in entry and "." not in entry] == []
    assert all(fact.source in LAYOUT.sources for fact in (*LAYOUT.functions, *LAYOUT.globals, *LAYOUT.pools))
    assert all(site.source in LAYOUT.sources for site in (*LAYOUT.call_sites, *LAYOUT.ranges))


def test_an_unknown_key_of_the_file_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `adress`"):
        read_layout(b'functions = [{ name = "f", adress = 1, convention = "cdecl", arguments = 0, source = "map" }]')


@pytest.mark.parametrize("page", ["README.md", "docs/frida/gameplay-diff-capture.md"])
def test_the_documents_say_how_much_is_unlocated(page: str) -> None:
    text = " ".join((Path(__file__).parent.parent / page).read_text().split())
    assert f"{len(LAYOUT.unlocated())} of the facts" in text
