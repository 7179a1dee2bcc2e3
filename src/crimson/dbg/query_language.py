"""The language of queries: `SCOPE where CONDITION`.

A condition has Python's syntax and nothing else of Python: comparisons of columns, numbers, texts and `prev(column)`,
joined by and, or, not, with + - * / and parentheses.
"""

from __future__ import annotations

import ast
import difflib
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from types import EllipsisType

import numpy as np

from crimson.dbg import query_terms as terms
from crimson.dbg.callers import CALLER_NAMES, caller_address
from crimson.dbg.errors import BadUsage
from crimson.dbg.layout import TABLE_BY_NAME, TABLES, Leaf, Table
from crimson.dbg.query_terms import Operation, Relation, Term

_SHAPE = re.compile(r"\s*([A-Za-z_][A-Za-z_0-9.]*)\s+where\s+(?=\S)")
# Short enough that neither Python's parser nor this one runs out of stack.
_LONGEST = 2000
_DEEPEST = 60
_LARGEST = 1 << 64
# Rows that have no counterpart in the tick before: a draw is not the same draw again.
_EVENTS = frozenset({"rng_stream", "checkpoint.deaths"})
_NAMES = {"players": "sim_state.players", "draws": "rng_stream", "gameplay": "sim_state", "timing": "timing_samples"}

_OPERATIONS: dict[type[ast.operator], Operation] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_RELATIONS: dict[type[ast.cmpop], Relation] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def _scopes() -> dict[str, Table]:
    scopes = {name.rpartition(".")[2]: table for name, table in TABLE_BY_NAME.items()}
    scopes |= TABLE_BY_NAME
    scopes |= {name: TABLE_BY_NAME[full] for name, full in _NAMES.items()}
    return scopes


SCOPES: dict[str, Table] = _scopes()


# What Python's parser makes of a constant.
type _Literal = str | bytes | bool | int | float | complex | EllipsisType | None


@dataclass(frozen=True, slots=True)
class Query:
    """A query that is understood."""

    table: Table
    condition: str
    # The columns that the condition names, and those of which it asks `prev`, in order of appearance.
    columns: tuple[str, ...]
    previous: tuple[str, ...]
    term: Term


def parse_query(text: str) -> Query:
    """Understand a query; `BadUsage` says at which column of it something is wrong, and what was meant perhaps."""
    if len(text) > _LONGEST:
        raise BadUsage("the query", f"{len(text)} characters; at most {_LONGEST} are read")
    shape = _SHAPE.match(text)
    if shape is None:
        raise _wrong(text, 0, "a query is SCOPE where CONDITION, such as creatures where hp < 10")
    table = SCOPES.get(shape[1])
    if table is None:
        known = [table.name.rpartition(".")[2] for table in TABLES] + list(_NAMES)
        raise _wrong(text, shape.start(1), f"there is no scope {shape[1]!r}", _near(shape[1], known) or "creatures")
    # A line break would end the condition for Python's parser.
    condition = re.sub(r"\s", " ", text[shape.end() :])
    reader = _Reader(text, table, shape.end(), condition)
    term = reader.condition(_python(text, shape.end(), condition), 0)
    return Query(table, condition.strip(), tuple(reader.columns), tuple(reader.previous), term)


def _wrong(text: str, column: int, problem: str, meant: str = "") -> BadUsage:
    return BadUsage(f"the query {text!r}, column {column + 1}", problem, f"did you mean {meant}?" if meant else "")


def _python(text: str, start: int, condition: str) -> ast.expr:
    """The syntax of a condition that starts at this column of the query."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(condition, mode="eval").body
    except SyntaxError as problem:
        # What ends too early is wrong in the line after it, or nowhere.
        offset = problem.offset if problem.offset and problem.lineno == 1 else len(condition) + 1
        column = min(start + offset - 1, len(text))
        assigned = condition[offset - 1 : offset] == "="
        raise _wrong(text, column, f"this is no condition: {problem.msg}", "==" if assigned else "") from None
    except (ValueError, RecursionError, MemoryError) as problem:
        raise _wrong(text, start, f"this is no condition: {problem or 'it is nested too deeply'}") from None


def _near(name: str, known: Iterable[str]) -> str:
    """Names that were meant perhaps: those with this last part, then those that look alike."""
    names = list(dict.fromkeys(known))
    last = name.rpartition(".")[2]
    found = [each for each in names if each.rpartition(".")[2] == last or each.startswith(f"{name}.")]
    found += difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    return ", ".join(list(dict.fromkeys(found))[:3])


class _Reader:
    """Turns a condition's syntax into terms, and keeps which columns it names."""

    def __init__(self, text: str, table: Table, start: int, condition: str) -> None:
        self._text = text
        self._table = table
        self._start = start
        self._condition = condition
        self.columns: dict[str, None] = {}
        self.previous: dict[str, None] = {}

    def condition(self, node: ast.expr, depth: int) -> Term:
        self._require_depth(node, depth)
        match node:
            case ast.BoolOp(op=ast.And(), values=parts):
                return terms.all_of([self.condition(part, depth + 1) for part in parts])
            case ast.BoolOp(op=ast.Or(), values=parts):
                return terms.any_of([self.condition(part, depth + 1) for part in parts])
            case ast.UnaryOp(op=ast.Not(), operand=part):
                return terms.opposite(self.condition(part, depth + 1))
            case ast.Compare():
                return self._comparison(node, depth)
            case _:
                term = self._value(node, depth)
        if term.kind != "flag":
            raise self._wrong(node, "a condition compares something, such as hp < 10")
        return term

    def _comparison(self, node: ast.Compare, depth: int) -> Term:
        sides = [node.left, *node.comparators]
        values = [self._value(side, depth + 1) for side in sides]
        parts: list[Term] = []
        for position, sign in enumerate(node.ops):
            relation = _RELATIONS.get(type(sign))
            if relation is None:
                raise self._wrong(sides[position + 1], "only == != < <= > >= compare")
            left, right = values[position], values[position + 1]
            if (left.kind == "text") != (right.kind == "text"):
                left, right = self._callers(sides[position], sides[position + 1], left, right)
            parts.append(terms.comparison(relation, left, right))
        return terms.all_of(parts)

    def _callers(self, left: ast.expr, right: ast.expr, mine: Term, theirs: Term) -> tuple[Term, Term]:
        """A draw's caller may be given by its name."""
        match left, right:
            case (ast.Name(id="caller"), ast.Constant(value=str(name))):
                return mine, self._caller(right, name)
            case (ast.Constant(value=str(name)), ast.Name(id="caller")):
                return self._caller(left, name), theirs
        raise self._wrong(right, "a text is compared with something that is no text")

    def _caller(self, node: ast.expr, name: str) -> Term:
        address = caller_address(name)
        if address is None:
            raise self._wrong(node, f"no call site is named {name!r}", _near(name, CALLER_NAMES))
        return terms.literal_term(address)

    def _value(self, node: ast.expr, depth: int) -> Term:
        self._require_depth(node, depth)
        match node:
            case ast.BinOp(left=left, op=sign, right=right):
                operation = _OPERATIONS.get(type(sign))
                if operation is None:
                    raise self._wrong(node, "only + - * / compute")
                return terms.arithmetic(operation, self._number(left, depth), self._number(right, depth))
            case ast.UnaryOp(op=ast.USub(), operand=part):
                return terms.negative(self._number(part, depth))
            case ast.Constant(value=value):
                return self._literal(node, value)
            case ast.Name() | ast.Attribute():
                return self._column(node)
            case ast.Call(func=ast.Name(id="prev"), args=[column], keywords=[]):
                return self._previous(column)
            case ast.Call():
                raise self._wrong(node, "the only function is prev(column)")
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return self.condition(node, depth + 1)
            case _:
                raise self._wrong(node, "this has no place in a condition")

    def _number(self, node: ast.expr, depth: int) -> Term:
        term = self._value(node, depth + 1)
        if term.kind == "text":
            raise self._wrong(node, "a text is no number to compute with")
        return term

    def _literal(self, node: ast.expr, value: _Literal) -> Term:
        match value:
            case bool() | str():
                return terms.literal_term(value)
            case int() if value < _LARGEST:
                return terms.literal_term(value)
            case int():
                raise self._wrong(node, "the number does not fit 64 bits")
            case float() if abs(value) <= float(np.finfo(np.float32).max):
                return terms.literal_term(value)
            case float():
                raise self._wrong(node, "the number is too large for an f32")
            case _:
                raise self._wrong(node, "only numbers, texts, True and False are values")

    def _column(self, node: ast.expr) -> Term:
        path = self._path(node)
        if path == "tick":
            return Term("integer", lambda rows: rows.now.ticks)
        position, leaf = self._leaf(node, path)
        self.columns[leaf.path] = None
        return terms.column_term(leaf.column.wire, lambda rows: rows.now.columns[position])

    def _previous(self, node: ast.expr) -> Term:
        if not isinstance(node, ast.Name | ast.Attribute):
            raise self._wrong(node, "prev takes a column")
        if self._table.name in _EVENTS:
            raise self._wrong(node, f"{self._table.name} lists what happened; its rows were not there a tick before")
        path = self._path(node)
        if path == "tick":
            raise self._wrong(node, "prev takes a column, and the tick before is simply tick - 1")
        position, leaf = self._leaf(node, path)
        self.columns[leaf.path] = None
        self.previous[leaf.path] = None
        return terms.column_term(leaf.column.wire, lambda rows: rows.before.columns[position])

    def _path(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=(ast.Name() | ast.Attribute()) as owner, attr=name):
                return f"{self._path(owner)}.{name}"
            case _:
                raise self._wrong(node, "a column is a name such as hp or pos.x")

    def _leaf(self, node: ast.expr, path: str) -> tuple[int, Leaf]:
        positions = self._table.positions
        for name in (path, f"gameplay.{path}"):
            if name in positions:
                return positions[name], self._table.leaves[positions[name]]
        scope = self._table.name.rpartition(".")[2]
        raise self._wrong(node, f"{scope} has no column {path!r}", _near(path, [*positions, "tick"]))

    def _require_depth(self, node: ast.expr, depth: int) -> None:
        if depth > _DEEPEST:
            raise self._wrong(node, f"the condition is nested more than {_DEEPEST} deep")

    def _wrong(self, node: ast.expr, problem: str, meant: str = "") -> BadUsage:
        # The parser counts bytes of UTF-8.
        before = self._condition.encode()[: node.col_offset].decode(errors="replace")
        return _wrong(self._text, self._start + len(before), problem, meant)
