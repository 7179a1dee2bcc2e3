"""The stand-in as a program: what it needs besides a compiler, and how it is compiled."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from crimson.dbg.errors import CaptureProblem
from crimson.dbg.zig_build import ZigProgram, built_program, compiler_version, digest_of_sources, sources_of

# What a 32-bit program needs to start; libc comes with it.
LOADER = Path("/lib/ld-linux.so.2")

STANDIN = ZigProgram(
    name="standin",
    title="the stand-in",
    folder="standin_source",
    root="standin.zig",
    # Position-independent, so that nothing of the program lies at the original's addresses. With a dynamic libc, or
    # Frida could not inject.
    options=("-OReleaseSafe", "-fPIE", "-lc", "-target", "x86-linux-gnu.2.31"),
    extra="standin",
    problem=CaptureProblem,
)


def standin_program() -> Path:
    """The program, built if it is not in the cache yet.

    Raises `CaptureProblem` that says what is missing, or what the compiler says.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise CaptureProblem(
            STANDIN.title, f"runs on Linux x86-64 only, and this is {sys.platform} {platform.machine()}"
        )
    compiler_version(STANDIN)
    if not LOADER.exists():
        raise CaptureProblem(
            STANDIN.title,
            f"is a 32-bit program, and {LOADER} is missing",
            "on Debian and Ubuntu: apt-get install libc6-i386",
        )
    return built_program(STANDIN)


def source_digest() -> str:
    """SHA-256 of the program's sources, which names it in captures: the compiled file differs from place to place."""
    return digest_of_sources(sources_of(STANDIN)).hex()
