"""The memory that a tape has written so far, so that only changes are written."""

from __future__ import annotations

from crimson.dbg.original.layout import ANNEX_BASE
from crimson.dbg.standin.tape import TapeWriter

IMAGE_BASE = 0x00400000
IMAGE_END = 0x00500000
assert IMAGE_BASE < ANNEX_BASE < IMAGE_END


class TapeMemory:
    """What the stand-in's memory holds between two ops: zeros at first."""

    def __init__(self, writer: TapeWriter) -> None:
        self._writer = writer
        self._image = bytearray(IMAGE_END - IMAGE_BASE)

    def put(self, address: int, data: bytes) -> None:
        """Write all of `data` if any byte of it differs from what is there: what the agent sees as one change."""
        begin = address - IMAGE_BASE
        end = begin + len(data)
        if self._image[begin:end] != data:
            self._writer.write(address, data)
            self._image[begin:end] = data

    def put_parts(self, address: int, data: bytes) -> None:
        """Write the 4-byte words of `data` that differ from what is there, and nothing in between."""
        begin = address - IMAGE_BASE
        if self._image[begin : begin + len(data)] == data:
            return
        for offset in range(0, len(data), 4):
            self.put(address + offset, data[offset : offset + 4])

    def assume(self, address: int, data: bytes) -> None:
        """Another has written this: the agent."""
        begin = address - IMAGE_BASE
        self._image[begin : begin + len(data)] = data
