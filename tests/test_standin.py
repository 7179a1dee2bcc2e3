"""The stand-in plays tapes as they say, refuses wrong ones, and calls so that a hook sees what it would in the game."""

from __future__ import annotations

import errno
import json
import os
import signal
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from unittest import mock

import frida
import msgspec
import pytest
from standin_kit import FIND, FUNCTIONS, GETPTD, GRIM, KEY_ACTIVE, RAND, SRAND, UPDATE, play, stepped

from crimson.dbg import zig_build
from crimson.dbg.errors import ParityError
from crimson.dbg.original.layout import STANDIN_THREAD_DATA
from crimson.dbg.standin import build
from crimson.dbg.standin.tape import MAGIC, SEED, Convention, Kind, TapeFunction, TapeWriter, tape_file

CREATURES = 0x0049BF38
# Pairs of call sites that lie closer to each other than a call and a jump are long.
CLOSE_SITES = (0x00444B9B, 0x00444BA0, 0x00452CF1, 0x00452CFA)


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "one.tape"


def play_everything(writer: TapeWriter) -> None:
    writer.write(SEED, struct.pack("<I", 77))
    writer.expect(SEED, 77)
    writer.tick()
    writer.call(UPDATE.address, 0x0040A000)
    for site in CLOSE_SITES:
        writer.draw(RAND.address, site)
    writer.expect(SEED, stepped(77, 4))
    writer.call(FIND.address, 0x00421000, 0x0049BF4C, 0x41200000, -1)
    writer.write(CREATURES, bytes(range(0x98)))
    writer.call(KEY_ACTIVE.address, 0x00415CEE, 0x22, this=GRIM)
    writer.draw(RAND.address, 0x0040CAC7)
    writer.ret(1)
    writer.ret(-1)
    writer.ret()
    writer.tick()
    writer.expect(CREATURES, 0x03020100)
    writer.expect(0x10000000, 0)
    writer.call(SRAND.address, 0x0040A100, 5)
    writer.expect(SEED, 5)
    writer.call(GETPTD.address, 0x0040A200)
    writer.call(RAND.address, 0x0040A300)
    writer.expect(SEED, stepped(5))


def test_a_tape_plays_to_its_end(tape: Path) -> None:
    with tape_file(tape, FUNCTIONS) as writer:
        play_everything(writer)
        writer.end()
    done = play(tape, "--stats")
    assert (done.returncode, done.stderr) == (0, "")
    statistics = json.loads(done.stdout)
    assert statistics["ticks"] == 2
    assert statistics["nanoseconds"] > 0
    assert len(done.stdout.splitlines()) == 1


def test_a_rate_spreads_the_ticks(tape: Path) -> None:
    with tape_file(tape, FUNCTIONS) as writer:
        for _ in range(5):
            writer.tick()
        writer.end()
    done = play(tape, "--rate", "50", "--stats")
    # not a question of speed: the fifth tick begins no earlier than four periods after the first
    assert json.loads(done.stdout)["nanoseconds"] >= 4 * 20_000_000


def test_an_expectation_that_fails(tape: Path) -> None:
    with tape_file(tape, FUNCTIONS) as writer:
        writer.tick()
        writer.tick()
        writer.expect(CREATURES, 0x1234)
        writer.end()
    done = play(tape)
    assert done.returncode == 3
    assert done.stderr == ("standin: tick 2: memory at 0x0049bf38 holds 0x00000000, and the tape expects 0x00001234\n")


def test_a_death_within_a_call(tape: Path) -> None:
    with tape_file(tape, FUNCTIONS) as writer:
        writer.tick()
        writer.call(UPDATE.address, 0x0040A000)
        writer.die()
    done = play(tape, "--stats")
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGKILL, "", "")


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    done = play(path, "--stats")
    assert (done.returncode, done.stdout) == (2, ""), done
    (line,) = done.stderr.splitlines()
    return line


def test_a_tape_cut_at_any_byte_is_refused(tape: Path) -> None:
    with tape_file(tape, FUNCTIONS) as writer:
        play_everything(writer)
        writer.end()
    whole = tape.read_bytes()
    for length in range(len(whole)):
        line = refused(tape, whole[:length])
        assert line.startswith(f"standin: byte {length}: the tape ends within "), (length, line)


@pytest.mark.parametrize("flip", [0x01, 0xFF])
def test_a_tape_with_any_byte_changed_never_crashes(flip: int, tape: Path) -> None:
    with tape_file(tape, FUNCTIONS) as writer:
        play_everything(writer)
        writer.end()
    whole = tape.read_bytes()
    for place in range(len(whole)):
        tape.write_bytes(whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :])
        done = play(tape)
        # played, refused, or played up to an expectation
        assert (done.returncode, done.stderr.count("\n")) in {(0, 0), (2, 1), (3, 1)}, (place, done)


def test_bytes_after_the_end_are_refused(tape: Path) -> None:
    assert refused(tape, raw(b"\x07") + b"\x07").endswith("bytes after the tape's end")


# One function without arguments, one with one, crt_rand and a thiscall; each has a call site.
RAW_FUNCTIONS = ((0x401000, 0, 0, 0), (0x401010, 0, 1, 0), (0x461746, 0, 0, 1), (0x10006FE0, 1, 1, 0))
RAW_SITES = ((0x402000, 0), (0x402010, 1), (0x402020, 2), (0x402030, 3))


def raw(
    ops: bytes,
    functions: tuple[tuple[int, int, int, int], ...] = RAW_FUNCTIONS,
    sites: tuple[tuple[int, int], ...] = RAW_SITES,
    magic: bytes = MAGIC,
    version: int = 1,
) -> bytes:
    head = magic + struct.pack("<III", version, len(functions), len(sites))
    parts = [struct.pack("<IIII", *function) for function in functions]
    parts += [struct.pack("<II", *site) for site in sites]
    return head + b"".join(parts) + ops


def write(address: int, data: bytes) -> bytes:
    return struct.pack("<BIH", 1, address, len(data)) + data


def call(site: int, *values: int) -> bytes:
    return struct.pack(f"<BHB{len(values)}I", 2, site, len(values), *values)


RETURN = struct.pack("<BI", 3, 0)
END = b"\x07"

WRONG = {
    "magic": (raw(END, magic=b"CRIMTAPX"), "this is no tape"),
    "version": (raw(END, version=2), "the tape has version 2, and this program plays version 1"),
    "many functions": (MAGIC + struct.pack("<III", 1, 513, 0), "513 functions, and a tape has at most 512"),
    "many sites": (MAGIC + struct.pack("<III", 1, 0, 1 << 31), "2147483648 call sites, and a tape has at most 8192"),
    "convention": (raw(END, ((0x401000, 2, 0, 0),), ()), "unknown calling convention 2"),
    "arguments": (raw(END, ((0x401000, 0, 9, 0),), ()), "9 arguments, and a function has at most 8"),
    "kind": (raw(END, ((0x401000, 0, 0, 4),), ()), "unknown kind of function 4"),
    "rand's shape": (raw(END, ((0x401000, 0, 1, 1),), ()), "crt_rand is cdecl with 0 arguments"),
    "function outside": (raw(END, ((0x4FFFFB, 0, 0, 0),), ()), "function 0x004ffffb is outside of the mapped memory"),
    "functions overlap": (raw(END, ((0x401000, 0, 0, 0), (0x401005, 0, 0, 0)), ()), "overlaps other code"),
    "site outside": (raw(END, sites=((0x3FFFFF, 0),)), "return address 0x003fffff is outside of the mapped memory"),
    "site in a function": (raw(END, sites=((0x401005, 0),)), "return address 0x00401005 overlaps other code"),
    "site of nothing": (raw(END, sites=((0x402000, 4),)), "call site of function 4, and there are 4"),
    "op 0": (raw(b"\0" + END), "unknown op 0"),
    "op 9": (raw(b"\x09" + END), "unknown op 9"),
    "call nowhere": (raw(call(4) + RETURN + END), "call at call site 4, and there are 4"),
    "draw nowhere": (raw(struct.pack("<BH", 4, 4) + END), "draw at call site 4, and there are 4"),
    "draw elsewhere": (raw(struct.pack("<BH", 4, 0) + END), "draw at call site 0, which does not call crt_rand"),
    "few values": (raw(call(1) + RETURN + END), "call of 0x00401010 with 0 values, and it takes 1"),
    "many values": (raw(call(0, 1) + RETURN + END), "call of 0x00401000 with 1 values, and it takes 0"),
    "no object": (raw(call(3, 1) + RETURN + END), "call of 0x10006fe0 with 1 values, and it takes 2"),
    "write outside": (raw(write(0x4FFFFF, b"ab") + END), "write to 0x004fffff + 2 is outside of the mapped memory"),
    "write far outside": (raw(write(0xFFFFFFFF, b"ab") + END), "is outside of the mapped memory"),
    "write over a function": (raw(write(0x400FFF, b"ab") + END), "write over the code within 0x00400fff + 2"),
    "write over a site": (raw(write(0x402001, b"a") + END), "write over the code within 0x00402001 + 1"),
    "expect outside": (raw(struct.pack("<BII", 5, 0x4FFFFD, 0) + END), "expect at 0x004ffffd is outside"),
    "return": (raw(RETURN + END), "return outside of a call"),
    "open call": (raw(call(0) + END), "the tape ends within 1 calls"),
    "deep": (raw(call(0) * 65 + RETURN * 65 + END), "calls nested deeper than 64"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_tape_is_refused(name: str, tape: Path) -> None:
    data, reason = WRONG[name]
    assert reason in refused(tape, data)


def test_an_address_may_end_calls_of_several_functions(tape: Path) -> None:
    tape.write_bytes(raw(call(0) + RETURN + call(1, 5) + RETURN + END, sites=((0x402000, 0), (0x402000, 1))))
    assert play(tape).returncode == 0


def test_the_deepest_calls(tape: Path) -> None:
    tape.write_bytes(raw(call(1, 7) * 64 + RETURN * 64 + END))
    assert play(tape).returncode == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--rate"], "--rate needs a number"),
        (["--rate", "0"], "--rate is a whole number from 1 on, not 0"),
        (["--rate", "60.5"], "--rate is a whole number from 1 on, not 60.5"),
        (["--fast"], "unknown option --fast"),
        (["two.tape"], "one tape at a time"),
    ],
)
def test_wrong_arguments(options: list[str], reason: str, tape: Path) -> None:
    done = play(tape, *options)
    assert done.returncode == 2
    assert done.stderr.startswith(f"standin: {reason}\n")


def test_no_file_and_no_tape(tmp_path: Path) -> None:
    assert "cannot be opened: NOENT" in play(tmp_path / "none.tape").stderr
    assert play(tmp_path).returncode == 2


# Reports each entry and leave of the hooked functions, in order.
HOOKS = """
const seen = [];
const word = (pointer, offset) => pointer.add(offset).readU32();
for (const [name, address, count] of FUNCTIONS) {
  Interceptor.attach(ptr(address), {
    onEnter() {
      const { esp, ebp, ebx, esi, edi, ecx } = this.context;
      this.kept = [ebp, ebx, esi, edi].join();
      const args = [];
      for (let i = 1; i <= count; i++) args.push(word(esp, 4 * i));
      seen.push({
        name, args, event: 'enter', value: ecx.toUInt32(), caller: this.returnAddress.toUInt32(),
        stack: esp.toUInt32(),
      });
    },
    onLeave(result) {
      const { esp, ebp, ebx, esi, edi } = this.context;
      seen.push({
        name, args: [], event: 'leave', value: result.toUInt32(), caller: this.returnAddress.toUInt32(),
        stack: [ebp, ebx, esi, edi].join() === this.kept ? esp.toUInt32() : 0,
      });
    },
  });
}
Interceptor.flush();
rpc.exports = { dispose() { send(seen); } };
"""


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry or a leave: `value` is ECX or EAX, `stack` ESP (0 if another register was not preserved)."""

    name: str
    event: str
    args: tuple[int, ...]
    value: int
    caller: int
    stack: int


def watched(tape: Path, source: str) -> tuple[list[Seen], int]:
    """What hooks see of a tape from its first op to its last, and the exit code."""
    messages: SimpleQueue[frida.core.ScriptMessage] = SimpleQueue()
    gone = Event()
    command = [build.standin_program(), tape, "--wait"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        session = frida.attach(process.pid)
        session.on("detached", lambda *_: gone.set())
        script = session.create_script(source)
        script.on("message", lambda message, _data: messages.put(message))
        script.load()
        process.stdin.write(b"go\n")
        process.stdin.close()
        process.wait(timeout=60)
    assert gone.wait(60)
    if messages.empty():
        return [], process.returncode
    message = messages.get()
    assert message["type"] == "send", message
    return msgspec.convert(message["payload"], list[Seen]), process.returncode


def hooks(*functions: tuple[str, TapeFunction]) -> str:
    table = [(name, function.address, function.arguments) for name, function in functions]
    return f"const FUNCTIONS = {json.dumps(table)};\n{HOOKS}"


def test_hooks_see_the_calls_of_the_game(tape: Path) -> None:
    with tape_file(tape, FUNCTIONS) as writer:
        play_everything(writer)
        writer.end()
    names = {"rand": RAND, "srand": SRAND, "getptd": GETPTD, "update": UPDATE, "find": FIND, "key": KEY_ACTIVE}
    seen, code = watched(tape, hooks(*names.items()))
    assert code == 0

    def value(draws: int, state: int = 77) -> int:
        return stepped(state, draws) >> 16 & 0x7FFF

    # ECX of a cdecl call means nothing
    found = [
        (s.name, s.event, s.args, s.caller, 0 if s.event == "enter" and s.name != "key" else s.value) for s in seen
    ]
    draws = [
        event
        for draw, site in enumerate(CLOSE_SITES, 1)
        for event in (("rand", "enter", (), site, 0), ("rand", "leave", (), site, value(draw)))
    ]
    assert found == [
        ("update", "enter", (), 0x0040A000, 0),
        *draws,
        ("find", "enter", (0x0049BF4C, 0x41200000, 0xFFFFFFFF), 0x00421000, 0),
        ("key", "enter", (0x22,), 0x00415CEE, GRIM),
        ("rand", "enter", (), 0x0040CAC7, 0),
        ("rand", "leave", (), 0x0040CAC7, value(5)),
        ("key", "leave", (), 0x00415CEE, 1),
        ("find", "leave", (), 0x00421000, 0xFFFFFFFF),
        ("update", "leave", (), 0x0040A000, 0),
        ("srand", "enter", (5,), 0x0040A100, 0),
        ("srand", "leave", (), 0x0040A100, 0),
        ("getptd", "enter", (), 0x0040A200, 0),
        ("getptd", "leave", (), 0x0040A200, STANDIN_THREAD_DATA),
        ("rand", "enter", (), 0x0040A300, 0),
        ("rand", "leave", (), 0x0040A300, value(1, 5)),
    ]


def test_a_callee_removes_its_own_arguments_only(tape: Path) -> None:
    wide = TapeFunction(0x00401000, arguments=8, convention=Convention.THISCALL)
    with tape_file(tape, (wide, FIND)) as writer:
        writer.call(wide.address, 0x00402000, *range(8), this=GRIM)
        writer.ret()
        writer.call(FIND.address, 0x00402010, 1, 2, 3)
        writer.ret()
        writer.end()
    seen, code = watched(tape, hooks(("wide", wide), ("find", FIND)))
    stacks = {(one.name, one.event): one.stack for one in seen}
    assert code == 0
    # at a leave, Frida has put the return address back
    assert stacks["wide", "leave"] - stacks["wide", "enter"] == 4 * 8
    assert stacks["find", "leave"] == stacks["find", "enter"]
    assert seen[0].args == tuple(range(8))


def test_a_hook_that_changes_an_argument_is_noticed(tape: Path) -> None:
    with tape_file(tape, FUNCTIONS) as writer:
        writer.call(FIND.address, 0x00421000, 1, 2, 3)
        writer.ret()
        writer.end()
    source = f"Interceptor.attach(ptr({FIND.address}), {{ onEnter(args) {{ args[1] = ptr(9); }} }});"
    assert watched(tape, source) == ([], 3)


def written(path: Path, use: Callable[[TapeWriter], None]) -> str:
    with pytest.raises(ValueError, match=r".") as caught, tape_file(path, FUNCTIONS) as writer:
        use(writer)
    assert list(path.parent.iterdir()) == []
    return str(caught.value)


def test_the_writer_refuses_what_cannot_be_played(tape: Path) -> None:
    def after_the_end(writer: TapeWriter) -> None:
        writer.end()
        writer.tick()

    def open_call(writer: TapeWriter) -> None:
        writer.call(UPDATE.address, 0x402000)
        writer.end()

    assert written(tape, lambda _: None) == "the tape has neither an end nor a death"
    assert written(tape, after_the_end) == "the tape has ended"
    assert written(tape, open_call) == "the tape ends within 1 calls"
    assert written(tape, lambda w: w.ret()) == "a return outside of a call"
    assert written(tape, lambda w: w.call(1, 2)) == "0x00000001 is no function of this tape"
    assert written(tape, lambda w: w.draw(UPDATE.address, 2)) == "0x0040aab0 is not crt_rand"
    assert written(tape, lambda w: w.call(FIND.address, 2, 1)) == (
        "0x004206a0 is cdecl with 3 arguments, not with 1 and no object"
    )
    assert written(tape, lambda w: w.call(KEY_ACTIVE.address, 2, 1)) == (
        "0x10006fe0 is thiscall with 1 arguments, not with 1 and no object"
    )


def test_two_functions_at_one_address(tape: Path) -> None:
    twice = (TapeFunction(0x401000), TapeFunction(0x401000, kind=Kind.CRT_RAND))
    with pytest.raises(ValueError, match="two functions have one address"), tape_file(tape, twice):
        pass


def test_a_long_write_is_split(tape: Path) -> None:
    data = bytes(range(256)) * 600
    with tape_file(tape, FUNCTIONS) as writer:
        writer.write(CREATURES, data)
        for offset in (0, 0xFFFC, 0x10000, 0x1FFFC, len(data) - 4):
            writer.expect(CREATURES + offset, int.from_bytes(data[offset : offset + 4], "little"))
        writer.end()
    assert play(tape).returncode == 0


def test_a_tape_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ParityError, match="it is a directory"), tape_file(tmp_path, FUNCTIONS):
        pass


def test_the_program_is_built_once_for_its_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with mock.patch.object(zig_build, "compile_program", side_effect=lambda *given: given[-1].touch()) as made:
        first = build.standin_program()
        assert build.standin_program() == first
        assert made.call_count == 1
        with mock.patch.object(zig_build, "sources_of", return_value={"standin.zig": b""}):
            assert build.standin_program() != first
        assert made.call_count == 2
    assert first.parent == tmp_path / "pytest-crimson-parity"


def test_a_program_that_is_not_what_was_built_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compiled = mock.patch.object(zig_build, "compile_program", side_effect=lambda *given: given[-1].write_bytes(b"12"))
    with compiled as made:
        program = build.standin_program()
        for calls, bad in ((2, b""), (3, b"1"), (4, b"123")):
            # what is copied there has an inode of its own
            (tmp_path / "copy").write_bytes(bad)
            (tmp_path / "copy").replace(program)
            assert [build.standin_program(), build.standin_program()] == [program, program]
            assert (made.call_count, program.read_bytes()) == (calls, b"12")
        program.chmod(0o644)
        assert os.access(build.standin_program(), os.X_OK)
        # a folder that several machines share
        with mock.patch("sysconfig.get_platform", return_value="linux-riscv64"):
            assert build.standin_program() != program
        assert made.call_count == 5
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        problem("cannot be run in .*pytest-crimson-parity .XDG_CACHE_HOME chooses another")


def test_a_build_removes_what_nobody_has_used_for_a_month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "pytest-crimson-parity"
    (folder / ".build-killed" / "local").mkdir(parents=True)
    month_ago = time.time() - 31 * 24 * 3600

    def program(name: str, used: float) -> Path:
        path = folder / name
        path.touch()
        os.utime(path, (used, used))
        return path

    with mock.patch.object(zig_build, "compile_program", side_effect=lambda *given: given[-1].touch()):
        current = build.standin_program()
        os.utime(current, (month_ago, month_ago))
        # being asked for is being used
        assert build.standin_program() == current
        recent = program("crimson-zig-0123456789abcdef", month_ago + 2 * 24 * 3600)
        old = program("crimson-zig-0123456789abcdee", month_ago)
        other = program("lock", month_ago)
        with mock.patch.object(zig_build, "sources_of", return_value={"standin.zig": b""}):
            next_one = build.standin_program()
    assert set(folder.iterdir()) == {current, recent, other, next_one}
    assert not old.exists()


def test_a_cache_that_takes_no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    full = OSError(errno.ENOSPC, "No space left on device")
    with mock.patch.object(zig_build, "compile_program", side_effect=full):
        problem("cannot be built in .*pytest-crimson-parity: No space left on device")


def problem(match: str) -> None:
    with pytest.raises(ParityError, match=match) as caught:
        build.standin_program()
    assert len(str(caught.value).splitlines()) == 1


def test_what_the_build_lacks_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(build, "LOADER", tmp_path / "ld-linux.so.2")
        problem(r"ld-linux\.so\.2 is missing \(on Debian and Ubuntu: apt-get install libc6-i386\)")
    with monkeypatch.context() as patch:
        patch.setattr("sys.platform", "win32")
        problem("runs on Linux x86-64 only")
    with monkeypatch.context() as patch:
        patch.setattr(zig_build.metadata, "version", mock.Mock(side_effect=zig_build.metadata.PackageNotFoundError))
        problem(r"ziglang, which is missing \(pip install 'pytest-crimson-parity\[standin\]'\)")
    with monkeypatch.context() as patch:
        patch.setattr(zig_build, "sources_of", lambda program: {"standin.zig": b"pub fn main() void { nothing(); }\n"})
        problem("does not compile with ziglang .*: standin.zig:1:.*nothing")
    assert [path.name for path in (tmp_path / "pytest-crimson-parity").iterdir() if "standin" in path.name] == []
