"""What a user installs: the wheel is whole, its command runs, and it costs others nothing."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src"
PACKAGES = ("crimson/dbg", "pytest_crimson_parity")


def run(*command: str | Path, cwd: Path) -> str:
    # nothing of this checkout may leak into the tried environment
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def uv() -> str:
    # `uv run` names itself in UV
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        pytest.skip("uv builds the wheel, and it is not here")
    return found


@pytest.fixture(scope="module")
def wheel(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A copy: setuptools leaves a build/ folder whose old files would go into the next wheel.
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy)
    for name in ("src", "tools", "crimson-zig/src", "scripts/frida"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    run(uv, "build", "--wheel", "--python", sys.executable, "--out-dir", copy / "dist", cwd=copy)
    (built,) = (copy / "dist").glob("*.whl")
    return built


def test_wheel_holds_every_module(wheel: Path) -> None:
    wanted = {
        path.relative_to(SRC).as_posix()
        for package in PACKAGES
        for path in (SRC / package).rglob("*")
        if path.suffix == ".py" or path.name == "py.typed"
    }
    wanted |= {f"crimson/dbg/standin_source/{path.name}" for path in (ROOT / "tools/standin").glob("*.zig")}
    zig = ROOT / "crimson-zig/src"
    wanted |= {f"crimson/dbg/zig_source/{path.relative_to(zig).as_posix()}" for path in zig.rglob("*.zig")}
    wanted |= {f"crimson/dbg/frida_agent/{path.name}" for path in (ROOT / "scripts/frida").glob("*.*")}
    names = zipfile.ZipFile(wheel).namelist()
    held = {name for name in names if ".dist-info/" not in name}
    assert wanted - held == set(), "missing from the wheel: is the subpackage listed in pyproject.toml?"
    # crimson/__init__ and crimson/py.typed are crimsonland's
    assert [name for name in held if not name.startswith(PACKAGES)] == []


def test_wheel_in_a_fresh_environment(wheel: Path, uv: str, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    run(uv, "venv", "--python", sys.executable, venv, cwd=tmp_path)
    run(uv, "pip", "install", "--python", venv, wheel, cwd=tmp_path)
    bin_dir = venv / "bin"

    where = run(
        bin_dir / "python",
        "-c",
        "import crimson.replay, crimson.dbg; print(crimson.dbg.__file__)",
        cwd=tmp_path,
    )
    assert Path(where.strip()).is_relative_to(venv)

    run(bin_dir / "python", "-c", "from crimson.dbg.original.layout import known_layout; known_layout()", cwd=tmp_path)
    # Frida itself is an extra
    agent = "from crimson.dbg.original.agent_session import agent_source; agent_source()"
    run(bin_dir / "python", "-c", agent, cwd=tmp_path)

    # the sources of the stand-in are where its build looks for them; ziglang is an extra
    build = "from crimson.dbg.standin.build import STANDIN, standin_program; "
    build += "from crimson.dbg.zig_build import sources_of; print(*sources_of(STANDIN)); standin_program()"
    said = subprocess.run([bin_dir / "python", "-c", build], cwd=tmp_path, capture_output=True, text=True)
    assert "standin.zig" in said.stdout.split()
    assert "pip install 'pytest-crimson-parity[standin]'" in said.stderr

    # the plugin loads by its entry point, without a warning
    (tmp_path / "test_one.py").write_text("def test_one(pytestconfig):\n    pytestconfig.option.parity\n")
    assert "1 passed" in run(bin_dir / "python", "-W", "error", "-m", "pytest", "test_one.py", cwd=tmp_path)

    assert "verify" in run(bin_dir / "crimson-dbg", "--help", cwd=tmp_path)

    # and the parity run does what it does in the checkout
    (tmp_path / "captures").mkdir()
    for suffix in ("cdt", "crd"):
        shutil.copy(ROOT / "captures" / f"quest-1-1.{suffix}", tmp_path / "captures")
    out = run(bin_dir / "python", "-W", "error", "-m", "pytest", "--parity", "captures/", cwd=tmp_path)
    assert "0 diverged, 1 equal, 0 errors, 1 not tried" in out
    # but for the candidate whose compiler is an extra, and that is said
    assert "3 passed, 1 skipped" in out
    assert "the candidate zig was not tried: crimson-zig: is compiled by ziglang, which is missing" in out


PLAIN_RUN = """
import sys
import pytest
code = pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]])
heavy = {"crimson", "grim", "numpy", "raylib", "zstandard"} & set(sys.modules)
print("plugin" if "pytest_crimson_parity.plugin" in sys.modules else "no plugin", sorted(heavy))
sys.exit(code)
"""


def test_a_run_without_parity_imports_nothing_of_ours(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("def test_one():\n    pass\n")
    # a capture in sight changes nothing
    (tmp_path / "one.cdt").write_bytes(b"")
    out = run(sys.executable, "-c", PLAIN_RUN, tmp_path, cwd=tmp_path)
    assert "1 passed" in out
    assert out.splitlines()[-1] == "plugin []"
