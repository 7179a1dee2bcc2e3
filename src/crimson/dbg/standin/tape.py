"""Writes tapes: what the stand-in does to its memory and which functions it calls, op after op.

The format is in `tape.zig`, which checks everything it reads. Addresses are those of the original.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import IO

import msgspec

from crimson.dbg.atomic import atomic_file, telling_of
from crimson.dbg.original.layout import STANDIN_THREAD_DATA

MAGIC = b"CRIMTAPE"
VERSION = 1

# The generator's state, in the C runtime's data of the stand-in's one thread.
SEED = STANDIN_THREAD_DATA + 0x14

_WORD = 0xFFFFFFFF
_LONGEST_WRITE = 0xFFFF
_MOST_SITES = 8192

_HEADER = struct.Struct("<8sIII")
_FUNCTION = struct.Struct("<IIII")
_SITE = struct.Struct("<II")
_WRITE = struct.Struct("<BIH")
_CALL = struct.Struct("<BHB")
_RETURN = struct.Struct("<BI")
_DRAW = struct.Struct("<BH")
_EXPECT = struct.Struct("<BII")
_TICK = b"\x06"
_END = b"\x07"
_DIE = b"\x08"


class Convention(IntEnum):
    """How a function takes its arguments: `THISCALL` has an object in ECX, and removes the arguments itself."""

    CDECL = 0
    THISCALL = 1


class Kind(IntEnum):
    """What a function does: what the tape says, or what the C runtime's function of that name does."""

    SCRIPTED = 0
    CRT_RAND = 1
    CRT_SRAND = 2
    GETPTD = 3


class TapeFunction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A function of the original; `arguments` counts 32-bit values on the stack, without the object in ECX."""

    address: int
    arguments: int = 0
    convention: Convention = Convention.CDECL
    kind: Kind = Kind.SCRIPTED


@contextmanager
def tape_file(target: Path, functions: Iterable[TapeFunction]) -> Generator[TapeWriter]:
    """A writer whose tape becomes `target` when the block ends well.

    Raises `ParityError` when `target` cannot be written, and `ValueError` for a tape that could not be played.
    """
    # The header lists the call sites, which are known at the end: the ops wait in a file without a name.
    with atomic_file(target) as out, telling_of(target), tempfile.TemporaryFile(dir=target.parent) as ops:
        writer = TapeWriter(functions, ops)
        yield writer
        out.write(writer.header())
        ops.seek(0)
        shutil.copyfileobj(ops, out)


class TapeWriter:
    """Writes ops. Values are 32 bits, given signed or unsigned; call sites are collected as they come."""

    def __init__(self, functions: Iterable[TapeFunction], ops: IO[bytes]) -> None:
        self._functions = tuple(functions)
        self._indices = {function.address: index for index, function in enumerate(self._functions)}
        if len(self._indices) != len(self._functions):
            raise ValueError("two functions have one address")
        self._sites: dict[tuple[int, int], int] = {}
        self._put = ops.write
        # Functions that have not returned: a tape ends outside of all.
        self._depth = 0
        self._ended = False

    def write(self, address: int, data: bytes) -> None:
        """Put bytes into memory."""
        self._op()
        for start in range(0, len(data), _LONGEST_WRITE):
            part = data[start : start + _LONGEST_WRITE]
            self._put(_WRITE.pack(1, address + start, len(part)) + part)

    def call(self, function: int, return_address: int, *arguments: int, this: int | None = None) -> None:
        """Call a function from where its call returns to `return_address`.

        `this` is the object of a `THISCALL`. A scripted function plays the ops that follow, up to its `ret`.
        """
        self._op()
        facts = self._functions[self._index(function)]
        if len(arguments) != facts.arguments or (this is None) == (facts.convention is Convention.THISCALL):
            raise ValueError(
                f"0x{function:08x} is {facts.convention.name.lower()} with {facts.arguments} arguments, "
                f"not with {len(arguments)} and {'no' if this is None else 'an'} object"
            )
        values = arguments if this is None else (this, *arguments)
        words = b"".join((value & _WORD).to_bytes(4, "little") for value in values)
        self._put(_CALL.pack(2, self._site(function, return_address), len(values)) + words)
        if facts.kind is Kind.SCRIPTED:
            self._depth += 1

    def ret(self, eax: int = 0) -> None:
        """Return from the scripted function called last, with a result."""
        self._op()
        if self._depth == 0:
            raise ValueError("a return outside of a call")
        self._depth -= 1
        self._put(_RETURN.pack(3, eax & _WORD))

    def draw(self, function: int, return_address: int) -> None:
        """Call crt_rand, the function at `function`, and drop its result."""
        self._op()
        if self._functions[self._index(function)].kind is not Kind.CRT_RAND:
            raise ValueError(f"0x{function:08x} is not crt_rand")
        self._put(_DRAW.pack(4, self._site(function, return_address)))

    def expect(self, address: int, value: int) -> None:
        """Let the stand-in fail, with exit code 3, if memory does not hold a value there."""
        self._op()
        self._put(_EXPECT.pack(5, address, value & _WORD))

    def tick(self) -> None:
        """Begin a tick: the stand-in counts them, and waits here if it plays at a rate."""
        self._op()
        self._put(_TICK)

    def end(self) -> None:
        """Leave with exit code 0. Nothing follows."""
        if self._depth:
            raise ValueError(f"the tape ends within {self._depth} calls")
        self._finish(_END)

    def die(self) -> None:
        """Be killed, here and at once. Nothing follows."""
        self._finish(_DIE)

    def header(self) -> bytes:
        """Everything before the ops; the tape is complete."""
        if not self._ended:
            raise ValueError("the tape has neither an end nor a death")
        parts = [_HEADER.pack(MAGIC, VERSION, len(self._functions), len(self._sites))]
        parts += (_FUNCTION.pack(f.address, f.convention, f.arguments, f.kind) for f in self._functions)
        parts += (_SITE.pack(return_address, index) for return_address, index in self._sites)
        return b"".join(parts)

    def _index(self, function: int) -> int:
        try:
            return self._indices[function]
        except KeyError:
            raise ValueError(f"0x{function:08x} is no function of this tape") from None

    def _site(self, function: int, return_address: int) -> int:
        site = self._sites.setdefault((return_address, self._index(function)), len(self._sites))
        if site == _MOST_SITES:
            raise ValueError(f"a tape has at most {_MOST_SITES} call sites")
        return site

    def _finish(self, op: bytes) -> None:
        self._op()
        self._ended = True
        self._put(op)

    def _op(self) -> None:
        if self._ended:
            raise ValueError("the tape has ended")
