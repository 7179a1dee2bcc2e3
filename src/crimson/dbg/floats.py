"""The game's floats: IEEE 754 binary32, compared and shown by their bits."""

from __future__ import annotations

import struct
from math import inf, isfinite

_F32 = struct.Struct("<f")
_U32 = struct.Struct("<I")


def bits_of(value: float) -> int:
    """The 32 bits of the f32 nearest to `value`."""
    return int(_U32.unpack(_F32.pack(value))[0])


def from_bits(bits: int) -> float:
    """The f32 with these 32 bits, as the double that equals it."""
    return float(_F32.unpack(_U32.pack(bits))[0])


def is_f32(value: float) -> bool:
    """Whether a finite double is exactly an f32."""
    return _nearest_f32(value) == value


def f32_text(value: float) -> str:
    """The shortest decimal that reads back as the same f32; infinities and NaN by name."""
    if not isfinite(value):
        return str(value)
    nearest = _nearest_f32(value)
    rounded = (float(f"{value:.{digits}g}") for digits in range(1, 10))
    return repr(next(number for number in rounded if _nearest_f32(number) == nearest))


def _nearest_f32(value: float) -> float:
    try:
        return float(_F32.unpack(_F32.pack(value))[0])
    except OverflowError:
        # the largest f32, rounded up
        return inf


def _ordinal(bits: int) -> int:
    return -(bits & 0x7FFFFFFF) if bits & 0x80000000 else bits


def ulps_between(a_bits: int, b_bits: int) -> int:
    """How many f32 steps lie from `a` to `b`; +0.0 and -0.0 are zero steps apart though their bits differ."""
    return _ordinal(b_bits) - _ordinal(a_bits)


def within_ulps(a_bits: int, b_bits: int, ulps: int) -> bool:
    """Whether two floats are at most so many steps apart; infinities and NaN are near to nothing but themselves."""
    if a_bits == b_bits:
        return True
    finite = isfinite(from_bits(a_bits)) and isfinite(from_bits(b_bits))
    return finite and ulps > 0 and abs(ulps_between(a_bits, b_bits)) <= ulps


def ulps_text(ulps: int) -> str:
    """The signed distance of two floats whose bits differ in f32 steps, as reports write it."""
    return f"{ulps:+,d} ulp" if ulps else "zeros of opposite sign"
