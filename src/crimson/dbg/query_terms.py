"""What a query's condition computes with: columns of numbers, flags and texts, by the game's arithmetic.

Integers are exact whatever their size. A float is an f32, and so is the result of every operation on one, as in the
game; a comparison of an integer with a float is exact.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np

from crimson.dbg.rows import TableRows, Words
from crimson.dbg.wire import WireType

type Kind = Literal["flag", "integer", "float", "text"]

# Numbers of any size are held as Python's, which numpy calls objects.
_EXACT = np.dtype("O")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows to judge, and for each the row before it where the condition asks for one."""

    now: TableRows
    before: TableRows

    def __len__(self) -> int:
        return len(self.now)


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a condition: a value for each row."""

    kind: Kind
    of: Callable[[Rows], Words]


def column_term(wire: WireType, words_of: Callable[[Rows], Words]) -> Term:
    """A column of the trace."""
    match wire:
        case "f4":
            return Term("float", lambda rows: _widened(words_of(rows)))
        case "i4":
            return Term("integer", lambda rows: words_of(rows).view(np.int32).astype(np.int64))
        case "b1":
            return Term("flag", lambda rows: words_of(rows).astype(np.bool_))
        case "text":
            return Term("text", words_of)
        case "u8":
            return Term("integer", lambda rows: words_of(rows).astype(_EXACT))
        case _:
            return Term("integer", lambda rows: words_of(rows).astype(np.int64))


def _widened(words: Words) -> Words:
    # Widening a signalling NaN raises the processor's flag, which numpy would warn of.
    with np.errstate(invalid="ignore"):
        return words.view(np.float32).astype(np.float64)


def literal_term(value: float | str) -> Term:
    """A number, flag or text for every row; a float must be finite as an f32."""
    match value:
        case bool():
            return Term("flag", lambda rows: np.full(len(rows), value, np.bool_))
        case int():
            word = np.dtype(np.int64) if -(1 << 63) <= value < 1 << 63 else _EXACT
            return Term("integer", lambda rows: np.full(len(rows), value, word))
        case float():
            return Term("float", lambda rows: np.full(len(rows), np.float32(value), np.float64))
        case str():
            return Term("text", lambda rows: np.full(len(rows), value, _EXACT))


# Over what each kind of number computes; flags count as 0 and 1.
type Operation = Literal["+", "-", "*", "/"]
_OPERATIONS: dict[Operation, Callable[[Words, Words], Words]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def arithmetic(operation: Operation, left: Term, right: Term) -> Term:
    """`left operation right`; a quotient is always a float."""
    compute = _OPERATIONS[operation]
    if operation != "/" and "float" not in (left.kind, right.kind):
        return Term("integer", lambda rows: compute(_exact(left, rows), _exact(right, rows)))

    def rounded(rows: Rows) -> Words:
        with np.errstate(all="ignore"):
            return compute(_doubles(left, rows), _doubles(right, rows)).astype(np.float32).astype(np.float64)

    return Term("float", rounded)


def negative(term: Term) -> Term:
    return Term("float" if term.kind == "float" else "integer", lambda rows: -_number(term, rows))


type Relation = Literal["==", "!=", "<", "<=", ">", ">="]
_RELATIONS: dict[Relation, Callable[[Words, Words], Words]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def comparison(relation: Relation, left: Term, right: Term) -> Term:
    """`left relation right`, of two numbers or two texts."""
    compare = _RELATIONS[relation]

    def compared(rows: Rows) -> Words:
        if left.kind == right.kind:
            mine, theirs = left.of(rows), right.of(rows)
        else:
            # Python compares an integer with a float exactly.
            mine, theirs = _exact(left, rows), _exact(right, rows)
        # A quotient of zeros is no number, which numpy would warn of.
        with np.errstate(invalid="ignore"):
            return compare(mine, theirs).astype(np.bool_)

    return Term("flag", compared)


def all_of(parts: Sequence[Term]) -> Term:
    """Whether every flag is set."""
    return Term("flag", lambda rows: reduce(operator.and_, [part.of(rows) for part in parts]))


def any_of(parts: Sequence[Term]) -> Term:
    """Whether any flag is set."""
    return Term("flag", lambda rows: reduce(operator.or_, [part.of(rows) for part in parts]))


def opposite(term: Term) -> Term:
    return Term("flag", lambda rows: ~term.of(rows))


def _number(term: Term, rows: Rows) -> Words:
    values = term.of(rows)
    return values if term.kind == "float" else _whole(values)


def _whole(values: Words) -> Words:
    """Integers and flags as Python's integers."""
    return (values.astype(np.int64) if values.dtype == np.bool_ else values).astype(_EXACT)


def _exact(term: Term, rows: Rows) -> Words:
    values = term.of(rows)
    return values.astype(_EXACT) if term.kind == "float" else _whole(values)


def _doubles(term: Term, rows: Rows) -> Words:
    values = term.of(rows)
    if term.kind == "float":
        return values
    return np.array([_double(value) for value in _whole(values)], np.float64)


def _double(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
