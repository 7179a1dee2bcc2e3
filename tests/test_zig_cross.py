"""crimson-zig is compiled for other platforms, and plays the same on those that run here: WASI, and ARM if emulated."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Outcome
from wasmtime import Engine, ExitTrap, Func, Linker, Module, Store, WasiConfig
from zig_kit import CROSS_TARGETS, PROJECT, crimson_zig, said_by
from zig_records import assert_same_bytes

from crimson.dbg.trace import TraceReader
from crimson.dbg.zig_program import CRIMSON_ZIG

ROOT = Path(__file__).parents[1]
CAPTURES = sorted(path.stem for path in (ROOT / "captures").glob("*.crd"))

# Each build takes half a minute of a core.
long = pytest.mark.skipif(not os.environ.get("CRIMSON_LONG_TESTS"), reason="takes minutes: just test-long")


def _ziglang(folder: Path, *words: str | Path) -> str:
    """What the compiler says."""
    return said_by(folder, ("python", "-m", "ziglang", *words))


def test_what_it_is_compiled_for() -> None:
    targets = ["x86_64-windows-gnu", "aarch64-macos", "x86_64-macos", "aarch64-linux-musl", "wasm32-wasi"]
    assert list(CROSS_TARGETS) == targets


@pytest.mark.parametrize("target", CROSS_TARGETS)
def test_the_sources_suit_other_platforms(target: str, tmp_path: Path) -> None:
    # All is checked, and no code made: what is left to go wrong is the compiler's.
    words = ("build-exe", "-fno-emit-bin", *CRIMSON_ZIG.options, "-target", target, "--cache-dir", tmp_path)
    assert _ziglang(PROJECT / "src", *words, CRIMSON_ZIG.root) == ""


@pytest.fixture(scope="module")
def cross(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what `zig build cross` makes."""
    prefix = tmp_path_factory.mktemp("cross")
    _ziglang(PROJECT, "build", "cross", "--prefix", prefix)
    return prefix / "cross"


@long
def test_a_program_for_each_target(cross: Path) -> None:
    names = {"x86_64-windows-gnu": "crimson-zig.exe", "wasm32-wasi": "crimson-zig.wasm"}
    made = {folder.name: folder / names.get(folder.name, "crimson-zig") for folder in cross.iterdir()}
    assert sorted(made) == sorted(CROSS_TARGETS)
    starts = {target: program.read_bytes()[:2] for target, program in made.items()}
    assert starts == {
        "x86_64-windows-gnu": b"MZ",
        "aarch64-macos": b"\xcf\xfa",
        "x86_64-macos": b"\xcf\xfa",
        "aarch64-linux-musl": b"\x7fE",
        "wasm32-wasi": b"\0a",
    }


type Wasi = Callable[..., Outcome]


@pytest.fixture
def wasi(module: tuple[Engine, Module], tmp_path: Path) -> Wasi:
    """Runs crimson-zig under WASI in `tmp_path`, and sees nothing else of the disk."""
    engine, program = module
    work = tmp_path / "wasi"
    work.mkdir()

    def run(*arguments: str) -> Outcome:
        out, err = tmp_path / "out", tmp_path / "err"
        config = WasiConfig()
        config.argv = ["crimson-zig", *arguments]
        config.preopen_dir(str(work), ".")
        config.stdout_file, config.stderr_file = str(out), str(err)
        store = Store(engine)
        store.set_wasi(config)
        linker = Linker(engine)
        linker.define_wasi()
        start = linker.instantiate(store, program).exports(store)["_start"]
        assert isinstance(start, Func)
        code = 0
        try:
            start(store)
        except ExitTrap as ending:
            code = ending.code
        return Outcome(code, out.read_text(), err.read_text())

    return run


@pytest.fixture(scope="module")
def module(cross: Path) -> tuple[Engine, Module]:
    engine = Engine()
    return engine, Module.from_file(engine, str(cross / "wasm32-wasi" / "crimson-zig.wasm"))


@long
@pytest.mark.parametrize("name", CAPTURES)
def test_wasi_records_the_same(name: str, wasi: Wasi, tmp_path: Path) -> None:
    work, native = tmp_path / "wasi", tmp_path / "native.cdt"
    for suffix in ("crd", "cdt"):
        (work / f"run.{suffix}").write_bytes((ROOT / "captures" / f"{name}.{suffix}").read_bytes())
    assert crimson_zig("record", work / "run.crd", "--out", native).code == 0
    recorded = wasi("record", "run.crd", "--out", "wasi.cdt")
    assert (recorded.code, recorded.err) == (0, "")
    assert_same_bytes(native, work / "wasi.cdt")
    with TraceReader(work / "wasi.cdt") as reader:
        assert reader.meta.producer.platform == "wasi-wasm32"
    assert wasi("diff", "run.cdt", "wasi.cdt", "--strict").code == 0
    assert wasi("verify", "wasi.cdt", "--replay", "run.crd").code == 0
    verified = wasi("verify", "run.cdt", "--json")
    assert verified == crimson_zig("verify", work / "run.cdt", "--json")


@long
@pytest.mark.skipif(shutil.which("qemu-aarch64") is None, reason="needs qemu-aarch64 (Debian: qemu-user)")
@pytest.mark.parametrize("name", CAPTURES)
def test_arm_records_the_same(name: str, cross: Path, tmp_path: Path) -> None:
    replay = ROOT / "captures" / f"{name}.crd"
    native, emulated = tmp_path / "native.cdt", tmp_path / "arm.cdt"
    assert crimson_zig("record", replay, "--out", native).code == 0
    words = ("qemu-aarch64", cross / "aarch64-linux-musl" / "crimson-zig", "record", replay, "--out", emulated)
    assert said_by(tmp_path, words).startswith("recorded ")
    assert_same_bytes(native, emulated)
    with TraceReader(emulated) as reader:
        assert reader.meta.producer.platform == "linux-arm64"


@long
def test_wasi_refuses_alike(wasi: Wasi, tmp_path: Path) -> None:
    missing = wasi("verify", "none.cdt")
    assert missing == Outcome(2, "", "error: none.cdt: cannot be read: No such file or directory\n")
    (tmp_path / "wasi" / "cut.cdt").write_bytes((ROOT / "captures" / "rush.cdt").read_bytes()[:-1])
    cut = wasi("diff", "cut.cdt", "cut.cdt")
    assert cut.code == 2
    assert cut.err == crimson_zig("diff", tmp_path / "wasi" / "cut.cdt", tmp_path / "wasi" / "cut.cdt").err.replace(
        str(tmp_path / "wasi") + "/", ""
    )
