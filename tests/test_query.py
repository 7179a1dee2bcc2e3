"""Queries: what the language refuses, and that the rest finds what a plain reading of the typed rows finds."""

from __future__ import annotations

import ast
import math
import struct
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path

import pytest
from command import crimson_dbg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crimson.dbg import schema
from crimson.dbg.errors import BadUsage
from crimson.dbg.layout import TABLE_BY_NAME
from crimson.dbg.query import query_trace
from crimson.dbg.query_language import SCOPES, parse_query
from crimson.dbg.trace import TraceReader

# What is refused


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("", 1, "a query is SCOPE where CONDITION"),
        ("creatures", 1, "a query is SCOPE where CONDITION"),
        ("creatures where", 1, "a query is SCOPE where CONDITION"),
        ("creatures where   ", 1, "a query is SCOPE where CONDITION"),
        ("creaturs where hp > 3", 1, "there is no scope 'creaturs' (did you mean creatures?)"),
        ("creatures where hp > 3 and hpp < 1", 28, "creatures has no column 'hpp' (did you mean hp?)"),
        ("creatures where pos > 3", 17, "creatures has no column 'pos' (did you mean pos.x, pos.y?)"),
        ("players where reload_timer > 1", 15, "(did you mean weapon.reload_timer, alt_weapon.reload_timer"),
        ("creatures where hp", 17, "a condition compares something, such as hp < 10"),
        ("creatures where hp > 3 and hp", 28, "a condition compares something"),
        ("creatures where not 1", 21, "a condition compares something"),
        ("creatures where hp >", 21, "this is no condition: "),
        ("creatures where (hp > 3", 17, "this is no condition: '(' was never closed"),
        ("creatures where hp > 3)", 23, "this is no condition: unmatched ')'"),
        ("creatures where hp = 3", 20, "(did you mean ==?)"),
        ("creatures where hp > 3; hp", 23, "this is no condition: "),
        ("creatures where hp ** 2 > 3", 17, "only + - * / compute"),
        ("creatures where hp // 2 > 3", 17, "only + - * / compute"),
        ("creatures where ~flags > 3", 17, "this has no place in a condition"),
        ("creatures where hp in (1, 2)", 23, "this has no place in a condition"),
        ("creatures where hp is 1", 23, "only == != < <= > >= compare"),
        ("creatures where [hp > 3]", 17, "this has no place in a condition"),
        ("creatures where hp > 3 if True else False", 17, "this has no place in a condition"),
        ("creatures where (lambda: 1)() > 0", 17, "the only function is prev(column)"),
        ("creatures where __import__('os').system('x') == 0", 17, "the only function is prev(column)"),
        ("creatures where hp.__class__ == 1", 17, "creatures has no column 'hp.__class__'"),
        ("creatures where 'a'.upper == 1", 17, "a column is a name such as hp or pos.x"),
        ("creatures where f'{hp}' == 'a'", 17, "this has no place in a condition"),
        ("creatures where (hp := 3) > 1", 18, "this has no place in a condition"),
        ("creatures where hp > None", 22, "only numbers, texts, True and False are values"),
        ("creatures where hp > b'a'", 22, "only numbers, texts, True and False are values"),
        ("creatures where hp > 1j", 22, "only numbers, texts, True and False are values"),
        ("creatures where hp > ...", 22, "only numbers, texts, True and False are values"),
        ("creatures where hp > 1e39", 22, "the number is too large for an f32"),
        ("creatures where hp > 1e999", 22, "the number is too large for an f32"),
        ("creatures where flags > 18446744073709551616", 25, "the number does not fit 64 bits"),
        (f"creatures where flags > {'9' * 1900}", 25, "the number does not fit 64 bits"),
        ("creatures where prev(hp + 1) > 1", 22, "prev takes a column"),
        ("creatures where prev() > 1", 17, "the only function is prev(column)"),
        ("creatures where prev(hp, 2) > 1", 17, "the only function is prev(column)"),
        ("creatures where prev(hpp) > 1", 22, "creatures has no column 'hpp'"),
        ("creatures where prev(tick) > 1", 22, "prev takes a column, and the tick before is simply tick - 1"),
        ("draws where prev(value) > 1", 18, "rng_stream lists what happened"),
        ("draws where caller == 'PLAYER_UPDATE_SHOT_SFY'", 23, "(did you mean PLAYER_UPDATE_SHOT_SFX"),
        ("draws where value == 'PLAYER_UPDATE_SHOT_SFX'", 22, "a text is compared with something that is no text"),
        ("creatures where 'a' + 1 > 0", 17, "a text is no number to compute with"),
        ("typo_names where -name == 'a'", 19, "a text is no number to compute with"),
        ("typo_names where name > 3", 25, "a text is compared with something that is no text"),
        ("typo_names where name == 'é' and hpp > 1", 34, "typo_names has no column 'hpp'"),
        ("creatures where " + "not " * 70 + "hp > 3", 261, "the condition is nested more than 60 deep"),
        ("creatures where " + "-" * 500 + "1 > 3", 77, "the condition is nested more than 60 deep"),
        (
            "creatures where " + "(" * 300 + "1" + ")" * 300 + " > 3",
            217,
            "this is no condition: too many nested parentheses",
        ),
    ],
)
def test_a_wrong_query_is_pointed_at(text: str, column: int, problem: str) -> None:
    with pytest.raises(BadUsage) as refusal:
        parse_query(text)
    assert str(refusal.value).startswith(f"the query {text!r}, column {column}: ")
    assert problem in str(refusal.value)


def test_a_query_that_is_too_long_is_not_read() -> None:
    with pytest.raises(BadUsage, match="2001 characters; at most 2000 are read"):
        parse_query("x" * 2001)


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_every_table_can_be_asked(scope: str, original: Path) -> None:
    table = SCOPES[scope]
    report = query_trace(original, f"{scope} where True", limit=1)
    assert report.table == table.name
    with TraceReader(original) as reader:
        entries = (reader.setup_entry, *reader.tick_entries)
        assert report.matches == sum(len(reader.tables(entry)[table.name]) for entry in entries)
    for row in report.rows:
        assert [value.name for value in row.found.values] == [leaf.path for leaf in table.leaves]


def test_names_that_two_tables_share() -> None:
    assert SCOPES["players"].name == "sim_state.players"
    assert SCOPES["checkpoint.players"].name == "checkpoint.players"
    assert set(SCOPES) >= set(TABLE_BY_NAME)


# Any text


_WORDS = st.sampled_from(
    [
        *(
            "hp",
            "pos.x",
            "tick",
            "prev(",
            "prev(hp)",
            "(",
            ")",
            "and",
            "or",
            "not",
            "==",
            "<",
            ">=",
            "+",
            "-",
            "/",
            "*",
        ),
        *("1", "0.5", "'a'", "True", "None", ".", ",", "[", "]", ":=", "lambda:", "if", "else", "in", "\n", "#", "\\"),
    ]
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(
        st.text(max_size=60),
        st.text(max_size=60).map(lambda text: f"creatures where {text}"),
        st.lists(_WORDS, max_size=12).map(lambda words: f"creatures where {' '.join(words)}"),
    )
)
def test_any_text_gives_rows_or_one_message(text: str, original: Path) -> None:
    if "\0" in text or text.startswith("-") or text != text.encode(errors="replace").decode():
        text = "creatures where hp"
    outcome = crimson_dbg("query", original, text)
    if outcome.code == 2:
        assert outcome.out == ""
        assert outcome.message.startswith("error: the query")
    else:
        assert outcome.err == ""
        assert (outcome.code == 0) == (not outcome.out.startswith("0 rows match"))


# The same by hand, row by row


type Value = bool | int | float | str
_SCOPE_ROWS: dict[str, Callable[[schema.TickRecord], list[schema.Row]]] = {
    "creatures": lambda record: list(record.entity_samples.creatures),
    "projectiles": lambda record: list(record.entity_samples.projectiles),
    "players": lambda record: list(record.sim_state.players),
    "survival": lambda record: [] if record.sim_state.survival is None else [record.sim_state.survival],
    "hidden_state": lambda record: [record.hidden_state],
}


def f32(value: float) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _real(value: Value) -> float:
    assert not isinstance(value, str)
    return float(value)


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _compared(left: Value, sign: ast.cmpop, right: Value) -> bool:
    assert not isinstance(left, str)
    assert not isinstance(right, str)
    match sign:
        case ast.Eq():
            return left == right
        case ast.NotEq():
            return left != right
        case ast.Lt():
            return left < right
        case ast.LtE():
            return left <= right
        case ast.Gt():
            return left > right
    return left >= right


def _computed[N: (int, float)](left: N, sign: ast.operator, right: N) -> N:
    match sign:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
    return left * right


class _Gone(Exception):
    """The row was not there in the tick before."""


class _ByHand:
    """A condition's value for one row."""

    def __init__(self, tick: int, row: schema.Row, before: schema.Row | None) -> None:
        self._tick = tick
        self._row = row
        self._before = before

    def value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=bool() | int() | str() as value):
                return value
            case ast.Constant(value=float() as value):
                return f32(value)
            case ast.Name(id="tick"):
                return self._tick
            case ast.Name() | ast.Attribute():
                return attrgetter(ast.unparse(node))(self._row)
            case ast.Call(args=[column]):
                if self._before is None:
                    raise _Gone
                return attrgetter(ast.unparse(column))(self._before)
            case ast.UnaryOp(op=ast.Not(), operand=part):
                return not self.value(part)
            case ast.UnaryOp(operand=part):
                negated = self.value(part)
                assert not isinstance(negated, str)
                return -negated
            case ast.BinOp(left=left, op=sign, right=right):
                return self._computed(self.value(left), sign, self.value(right))
            case ast.BoolOp(op=joined, values=parts):
                # Every part is looked at: a row that is gone for one of them does not match.
                values = [self.value(part) for part in parts]
                return all(values) if isinstance(joined, ast.And) else any(values)
            case ast.Compare(left=left, ops=signs, comparators=others):
                values = [self.value(part) for part in (left, *others)]
                pairs = zip(values, signs, values[1:], strict=False)
                return all(_compared(mine, sign, theirs) for mine, sign, theirs in pairs)
        raise AssertionError(ast.dump(node))

    @staticmethod
    def _computed(left: Value, sign: ast.operator, right: Value) -> Value:
        if isinstance(sign, ast.Div):
            return f32(_divide(_real(left), _real(right)))
        if isinstance(left, int) and isinstance(right, int):
            return _computed(int(left), sign, int(right))
        return f32(_computed(_real(left), sign, _real(right)))


def _identity(row: schema.Row) -> tuple[int, int]:
    return getattr(row, "index", 0), getattr(row, "generation", 0)


def by_hand(records: list[schema.TickRecord], scope: str, condition: str) -> list[tuple[int, int]]:
    """The ticks and slots of the rows that match."""
    tree = ast.parse(condition, mode="eval").body
    found = []
    before: Mapping[tuple[int, int], schema.Row] = {}
    for record in records:
        rows = {_identity(row): row for row in _SCOPE_ROWS[scope](record)}
        for name, row in rows.items():
            try:
                if _ByHand(record.tick, row, before.get(name)).value(tree):
                    found.append((record.tick, name[0]))
            except _Gone:
                pass
        before = rows
    return found


_COLUMNS = {
    "creatures": ["hp", "max_hp", "pos.x", "vel.y", "flags", "index", "generation", "plague_infected", "link_index"],
    "projectiles": ["pos.x", "origin.x", "life_timer", "owner_id", "type_id", "index"],
    "players": ["pos.x", "pos.y", "heading", "weapon.ammo", "weapon.reload_active", "experience", "index"],
    "survival": ["stage", "spawn_cooldown_ms"],
    "hidden_state": ["creatures", "projectiles", "availability"],
}
_LITERALS = ["0", "1", "2", "-1", "3.5", "0.1", "1e30", "1e-30", "16777217", "18446744073709551615", "True", "62.0"]


def _numbers(scope: str) -> st.SearchStrategy[str]:
    columns = st.sampled_from(_COLUMNS[scope])
    leaves = st.one_of(columns, columns.map("prev({})".format), st.sampled_from([*_LITERALS, "tick"]))
    return st.recursive(
        leaves,
        lambda parts: st.one_of(
            st.tuples(parts, st.sampled_from("+-*/"), parts).map("({0[0]} {0[1]} {0[2]})".format),
            parts.map("(-{})".format),
        ),
        max_leaves=4,
    )


def _conditions(scope: str) -> st.SearchStrategy[str]:
    numbers = _numbers(scope)
    signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    comparisons = st.one_of(
        st.tuples(numbers, signs, numbers).map(" ".join),
        st.tuples(numbers, signs, numbers, signs, numbers).map(" ".join),
        st.sampled_from(["True", "False"]),
    )
    return st.recursive(
        comparisons.map("({})".format),
        lambda parts: st.one_of(
            st.tuples(parts, st.sampled_from([" and ", " or "]), parts).map("({0[0]}{0[1]}{0[2]})".format),
            parts.map("(not {})".format),
        ),
        max_leaves=3,
    )


_QUERIES = st.sampled_from(sorted(_COLUMNS)).flatmap(lambda scope: st.tuples(st.just(scope), _conditions(scope)))


class Records(list[schema.TickRecord]):
    """A trace's typed ticks, which a failing example does not print."""

    def __repr__(self) -> str:
        return "Records()"


@pytest.fixture(scope="module")
def records(original: Path) -> Records:
    with TraceReader(original) as reader:
        return Records(reader.tick(tick) for tick in range(-1, reader.tick_count))


@settings(max_examples=60, deadline=None)
@given(query=_QUERIES)
def test_it_finds_what_a_reading_of_the_rows_finds(query: tuple[str, str], original: Path, records: Records) -> None:
    scope, condition = query
    report = query_trace(original, f"{scope} where {condition}", limit=1 << 20)
    assert [(row.found.tick, row.found.row or 0) for row in report.rows] == by_hand(records, scope, condition)
    assert report.matches == len(report.rows)


def test_floats_are_the_games(original: Path, records: Records) -> None:
    """A creature's place is its last place plus its velocity in f32, unless something pushed it."""
    moved = "creatures where pos.x == prev(pos.x) + vel.x"
    found, pushed = (query_trace(original, text).matches for text in (moved, moved.replace("==", "!=")))
    assert found > 30 * pushed
    health = records[-1].entity_samples.creatures[0].hp
    last = records[-1].tick
    assert query_trace(original, f"creatures where hp == {health!r} and tick == {last}").matches >= 1


def test_a_row_of_the_tick_before_is_found_across_chunks() -> None:
    captures = Path(__file__).parent.parent / "captures"
    report = query_trace(captures / "quest-1-1.cdt", "timing where prev(frame_dt) == frame_dt", limit=0)
    with TraceReader(captures / "quest-1-1.cdt") as reader:
        # Run set-up has no timing, so tick 0 has none before it.
        assert report.matches == reader.tick_count - 1
