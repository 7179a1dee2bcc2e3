"""Bits and distances of the game's floats."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crimson.dbg.floats import bits_of, f32_text, from_bits, is_f32, ulps_between, within_ulps

_ONE = 0x3F800000


@given(st.integers(0, 0xFFFFFFFF))
def test_bits_survive(bits: int) -> None:
    value = from_bits(bits)
    if not math.isnan(value):
        assert bits_of(value) == bits
        assert is_f32(value) or math.isinf(value)


@pytest.mark.parametrize(
    ("start", "end", "ulps"),
    [(_ONE, _ONE + 1, 1), (_ONE, _ONE - 1, -1), (0, 0x80000000, 0), (0x80000001, 1, 2), (1, 0x80000001, -2)],
)
def test_distance(start: int, end: int, ulps: int) -> None:
    assert ulps_between(start, end) == ulps


@pytest.mark.parametrize("bits", [0x7F7FFFFF, 0xFF7FFFFF, 1, 0x80000000, 0x3DCCCCCD])
def test_texts_read_back(bits: int) -> None:
    assert from_bits(bits_of(float(f32_text(from_bits(bits))))) == from_bits(bits)


@pytest.mark.parametrize(("one", "other"), [(0x7F7FFFFF, 0x7F800000), (0x7F800000, 0x7F800001)])
def test_nothing_is_near_to_infinity(one: int, other: int) -> None:
    assert not within_ulps(one, other, 1)
    assert within_ulps(other, other, 1)


def test_what_is_no_f32() -> None:
    assert not is_f32(0.1)
    assert not is_f32(1e300)
    assert is_f32(0.5)
