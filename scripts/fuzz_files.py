"""Feeds damaged replays and traces to crimson-zig: no crash, no hang, no wrong pass.

`python scripts/fuzz_files.py --seconds 600 [--seed N]`; what fails is kept in `--out` and ends the run with exit code
1. Bytes are damaged as stored, and behind the compression and its checksums, where they get further in.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import zstandard
from crimson.replay.codec import decode_replay_payload, inflate_replay_payload

from crimson.dbg.container import ChunkEntry, ChunkPacker, file_header, footer_bytes
from crimson.dbg.errors import ParityError
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.trace import TraceReader
from crimson.dbg.verify import verify_trace
from crimson.dbg.zig_program import zig_program

CAPTURES = Path(__file__).parent.parent / "captures"
# The longest that any command may take on files of this size.
LIMIT = 20.0
TICKS = 60
# All ones, nothing, an infinity, the largest signed number.
_HARD_WORDS = (b"\xff" * 4, bytes(4), b"\x00\x00\x80\x7f", b"\x7f\xff\xff\xff")


@dataclass(frozen=True, slots=True)
class Finding:
    problem: str
    files: tuple[Path, ...]


class Campaign:
    """Damages one file after the other."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._random = random.Random(seed)
        self._program = str(zig_program())
        self.codes: Counter[tuple[str, int]] = Counter()
        self._replays = [path.read_bytes() for path in sorted(CAPTURES.glob("*.crd"))]
        self._payloads = [inflate_replay_payload(data) for data in self._replays]
        self._traces = [self._short_trace(name) for name in ("rush", "survival", "quest-1-1", "typo", "tutorial")]

    def _short_trace(self, name: str) -> bytes:
        path = self._folder / f"{name}.cdt"
        record_replay(load_replay(CAPTURES / f"{name}.crd"), path, until=TICKS)
        return path.read_bytes()

    def step(self) -> Finding | None:
        """One damaged file, put to every command that reads such files."""
        return self._replay() if self._random.random() < 0.5 else self._trace()

    def _damaged(self, data: bytes) -> bytes:
        out = bytearray(data)
        for _ in range(self._random.choice((1, 1, 1, 2, 5, 20))):
            at = self._random.randrange(len(out)) if out else 0
            match self._random.randrange(6):
                case 0:
                    out[at : at + 1] = bytes([self._random.randrange(256)])
                case 1 if out:
                    out[at] ^= 1 << self._random.randrange(8)
                case 2:
                    del out[at : at + self._random.choice((1, 2, 8, 100))]
                case 3:
                    out[at:at] = self._random.randbytes(self._random.choice((1, 4, 16)))
                case 4:
                    out[at:at] = out[at : at + self._random.choice((1, 8, 64))]
                case _:
                    out[at : at + 4] = self._random.choice(
                        (b"\xff" * 4, bytes(4), b"\x00\x00\x80\x7f", b"\x7f\xff\xff\xff")
                    )
        return bytes(out[: self._random.randrange(len(out) + 1)] if self._random.random() < 0.1 else out)

    def _replay(self) -> Finding | None:
        path = self._folder / "damaged.crd"
        which = self._random.randrange(len(self._replays))
        if self._random.random() < 0.3:
            path.write_bytes(self._damaged(self._replays[which]))
            accepted = None
        else:
            payload = self._damaged(self._payloads[which])
            path.write_bytes(zstandard.compress(payload, 1))
            accepted = _is_replay(payload)
        code, finding = self._run("replay", path)
        if finding is None and accepted is not None and (code == 0) != accepted:
            finding = Finding(f"replay ended with {code}, Python {'reads' if accepted else 'refuses'} it", (path,))
        if finding is None:
            _, finding = self._run("record", path, "--out", self._folder / "out.cdt", "--until", "30")
        return finding

    def _trace(self) -> Finding | None:
        path, good = self._folder / "damaged.cdt", self._folder / "good.cdt"
        data = self._random.choice(self._traces)
        good.write_bytes(data)
        path.write_bytes(self._damaged(data) if self._random.random() < 0.3 else self._rebuilt(good))
        if path.read_bytes() == data:
            return None
        code, finding = self._run("verify", path)
        if finding is None and code == 0:
            # a pass must be one: Python has to agree
            try:
                wrong = not verify_trace(path).ok
            except ParityError as problem:
                return Finding(f"verified what Python refuses: {problem}", (path,))
            if wrong:
                return Finding("verified what Python contradicts", (path,))
        if finding is None:
            code, finding = self._run("diff", good, path, "--strict")
            if finding is None and code == 0 and _contents(path) != _contents(good):
                return Finding("found two traces equal that are not", (good, path))
        return finding

    def _rebuilt(self, good: Path) -> bytes:
        """The trace with one chunk's raw bytes damaged, and everything around them made right again."""
        with TraceReader(good) as reader:
            chunks = [(entry.kind, entry.first, entry.last, reader.raw(entry)) for entry in _entries(reader)]
        victim = self._random.randrange(len(chunks))
        packer, entries, out = ChunkPacker(), [], bytearray(file_header())
        for position, (kind, first, last, raw) in enumerate(chunks):
            entry, packed = packer.pack(kind, first, last, self._damaged(raw) if position == victim else raw, len(out))
            entries.append(entry)
            out += packed
        return bytes(out + footer_bytes(packer, tuple(entries), len(out)))

    def _run(self, command: str, *arguments: str | Path) -> tuple[int, Finding | None]:
        files = tuple(word for word in arguments if isinstance(word, Path))
        try:
            done = subprocess.run(
                [self._program, command, *map(str, arguments)],
                check=False,
                capture_output=True,
                timeout=LIMIT,
            )
        except subprocess.TimeoutExpired:
            return -1, Finding(f"{command} hangs", files)
        self.codes[command, done.returncode] += 1
        expected = (0, 1, 2, 3)
        if done.returncode not in expected:
            return done.returncode, Finding(f"{command} ended with {done.returncode}: {done.stderr[-300:]!r}", files)
        if done.returncode in (2, 3) and done.stderr.count(b"\n") != 1:
            return done.returncode, Finding(f"{command} does not refuse in a line: {done.stderr[-300:]!r}", files)
        return done.returncode, None


def _is_replay(payload: bytes) -> bool:
    try:
        decode_replay_payload(payload)
    except (ValueError, OverflowError, RecursionError):
        return False
    return True


def _entries(reader: TraceReader) -> tuple[ChunkEntry, ...]:
    return reader.meta_entry, reader.setup_entry, *reader.tick_entries


def _contents(path: Path) -> list[bytes]:
    with TraceReader(path) as reader:
        return [reader.raw(entry) for entry in _entries(reader)[1:]]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="feed damaged files to crimson-zig")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--out", type=Path, default=Path("fuzz-files"))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        campaign = Campaign(Path(scratch), options.seed)
        begin, steps = time.monotonic(), 0
        while time.monotonic() - begin < options.seconds:
            finding = campaign.step()
            steps += 1
            if finding is not None:
                options.out.mkdir(parents=True, exist_ok=True)
                for file in finding.files:
                    (options.out / file.name).write_bytes(file.read_bytes())
                sys.stdout.write(f"seed {options.seed}, file {steps}: {finding.problem}; kept in {options.out}\n")
                return 1
    counts = ", ".join(f"{command} {code}: {count}" for (command, code), count in sorted(campaign.codes.items()))
    sys.stdout.write(f"seed {options.seed}: {steps} damaged files, no finding ({counts})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
