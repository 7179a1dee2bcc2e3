"""The CRT's generator: s' = s * 214013 + 2531011 modulo 2^32, of which a draw's value is bits 16..30."""

from __future__ import annotations

MULTIPLIER = 214013
INCREMENT = 2531011


def next_state(state: int) -> int:
    """The state after a draw."""
    return (state * MULTIPLIER + INCREMENT) & 0xFFFFFFFF


def value_of(state_after: int) -> int:
    """The value of the draw that ended in this state."""
    return (state_after >> 16) & 0x7FFF
