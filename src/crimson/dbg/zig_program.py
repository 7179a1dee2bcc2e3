"""The Zig candidate as a program: how it is compiled, and where it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from crimson.dbg.errors import ParityError
from crimson.dbg.zig_build import ZigProgram, built_program

CRIMSON_ZIG = ZigProgram(
    name="crimson-zig",
    title="crimson-zig",
    folder="zig_source",
    root="main.zig",
    # Safety checks stay on. For any processor of its kind: no instruction that fuses a product and a sum.
    options=("-OReleaseSafe", "-mcpu=baseline"),
    extra="zig",
    problem=ParityError,
    stamp="build_identity.zig",
)


def zig_program(tell: Callable[[str], None] | None = None) -> Path:
    """The program, built if it is not in the cache yet; `tell` hears of that before.

    Raises `ParityError` that says what is missing, or what the compiler says.
    """
    return built_program(CRIMSON_ZIG, tell=tell)
