"""Reading a raw capture line by line: plain or zstd, in bounded memory, with every row strictly decoded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec
import zstandard

from crimson.dbg.capture_rows import MAX_ROW_BYTES, AnyRow
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.file_kinds import CAPTURE, HEAD_BYTES, kind_of
from crimson.dbg.inputs import open_input

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_READ_BYTES = 1 << 20
# What `zstd -19` takes is a quarter of it.
_MAX_WINDOW_BYTES = 32 << 20

_DECODER = msgspec.json.Decoder(AnyRow)
_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    row: AnyRow


class CaptureLines:
    """The rows of a capture in order.

    `truncated` is set when the last line was cut off, which is what a crash of the target or host leaves; the rows
    before it are whole. Any other damage raises `CaptureProblem`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.truncated = ""
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """SHA-256 of the rows' text, once all were read; the same for plain and compressed captures."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[Line]:
        with open_input(self.path, CaptureProblem) as file:
            kind = kind_of(file.read(HEAD_BYTES))
            if kind not in (None, CAPTURE):
                raise CaptureProblem(self.path, f"this is no raw capture but {kind.name}", kind.taken_by)
            file.seek(0)
            for number, line, complete in self._lines(file):
                row = self._row(number, line, complete)
                if row is None:
                    return
                yield Line(number, row)

    def _lines(self, file: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
        """Numbered lines without their newline, and whether they had one."""
        pending = bytearray()
        number = 1
        for block in self._blocks(file):
            self._digest.update(block)
            start = 0
            while (end := block.find(b"\n", start)) >= 0:
                pending += block[start:end]
                self._require_size(number, len(pending))
                yield number, bytes(pending), True
                pending.clear()
                number += 1
                start = end + 1
            pending += block[start:]
            self._require_size(number, len(pending))
        if pending:
            yield number, bytes(pending), False

    def _require_size(self, number: int, size: int) -> None:
        if size > MAX_ROW_BYTES:
            raise CaptureProblem(f"{self.path}: line {number}", f"the row is longer than {MAX_ROW_BYTES} bytes")

    def _blocks(self, file: BinaryIO) -> Iterator[bytes]:
        if file.read(4) != _ZSTD_MAGIC:
            file.seek(0)
            while block := file.read(_READ_BYTES):
                yield block
            return
        file.seek(0)
        decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
        reader = decompressor.stream_reader(file, read_across_frames=True)
        size = 0
        while True:
            try:
                block = reader.read(_READ_BYTES)
            except zstandard.ZstdError as problem:
                where = f"{self.path}: after {size} bytes of text"
                raise CaptureProblem(where, f"the compressed text is damaged: {problem}") from None
            if not block:
                return
            size += len(block)
            yield block

    def _row(self, number: int, line: bytes, complete: bool) -> AnyRow | None:
        where = f"{self.path}: line {number}"
        try:
            line.decode()
            row = _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            if not complete and _is_cut_off(line, problem):
                self.truncated = f"line {number} was cut off after {len(line)} bytes"
                return None
            if isinstance(problem, UnicodeDecodeError):
                raise CaptureProblem(where, f"byte {problem.start} of the row is not UTF-8") from None
            raise CaptureProblem(where, f"the row breaks the contract: {problem}") from None
        if _ENCODER.encode(row) != line:
            raise CaptureProblem(
                where,
                "the row is not in canonical form: fields are repeated or out of order, or a number is written "
                "otherwise than msgspec writes it",
            )
        return row


def _is_cut_off(line: bytes, problem: msgspec.MsgspecError | UnicodeDecodeError | RecursionError) -> bool:
    """Whether the line is the start of a row, and no other damage."""
    if isinstance(problem, UnicodeDecodeError):
        return problem.reason == "unexpected end of data"
    # Cut within a number, it looks like a malformed one.
    return "truncated" in str(problem) or ("invalid number" in str(problem) and line[-1:] in b"-.eE+")
