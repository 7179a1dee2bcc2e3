"""Builds the stand-in from its Zig sources, once for each version of them, into the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from crimson.dbg.atomic import make_folder
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.shipped import shipped_folder

_WHERE = "the stand-in"
_ROOT = "standin.zig"
# What a 32-bit program needs to start; libc comes with it.
LOADER = Path("/lib/ld-linux.so.2")
# Position-independent, so that nothing of the program lies at the original's addresses. With a dynamic libc, or Frida
# could not inject.
_OPTIONS = ("-OReleaseSafe", "-fPIE", "-lc", "-target", "x86-linux-gnu.2.31")


def standin_program() -> Path:
    """The program, built if it is not in the cache yet.

    Raises `CaptureProblem` that says what is missing, or what the compiler says.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise CaptureProblem(_WHERE, f"runs on Linux x86-64 only, and this is {sys.platform} {platform.machine()}")
    try:
        compiler = metadata.version("ziglang")
    except metadata.PackageNotFoundError:
        raise CaptureProblem(
            _WHERE, "is compiled by ziglang, which is missing", "pip install 'pytest-crimson-parity[standin]'"
        ) from None
    if not LOADER.exists():
        raise CaptureProblem(
            _WHERE, f"is a 32-bit program, and {LOADER} is missing", "on Debian and Ubuntu: apt-get install libc6-i386"
        )

    sources = _sources()
    folder = _cache_folder()
    program = folder / f"standin-{_digest(compiler, sources)}"
    if program.exists():
        return program
    make_folder(folder)
    with _alone(folder / "lock"):
        # somebody else built it meanwhile
        if not program.exists():
            _compile(compiler, sources, folder, program)
    return program


def source_digest() -> str:
    """SHA-256 of the program's sources, which names it in captures: the compiled file differs from place to place."""
    digest = hashlib.sha256()
    for name, data in _sources().items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return digest.hexdigest()


def _sources() -> dict[str, bytes]:
    folder = shipped_folder("standin_source")
    files = folder.iterdir() if folder.is_dir() else ()
    found = {file.name: file.read_bytes() for file in files if file.name.endswith(".zig")}
    if _ROOT not in found:
        raise CaptureProblem(_WHERE, f"has no sources: {folder} lacks {_ROOT}", "install the package anew")
    return dict(sorted(found.items()))


def _digest(compiler: str, sources: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for part in (compiler.encode(), *(option.encode() for option in _OPTIONS)):
        digest.update(part + b"\0")
    for name, data in sources.items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    # the specification of XDG_CACHE_HOME wants relative paths ignored
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():
        base = Path.home() / ".cache"
    return base / "pytest-crimson-parity"


def _compile(compiler: str, sources: dict[str, bytes], folder: Path, program: Path) -> None:
    # Beside its target, for the renaming at the end. What the compiler may use again lies in `zig`.
    with tempfile.TemporaryDirectory(prefix=".build-", dir=folder) as name:
        place = Path(name)
        for source, data in sources.items():
            (place / source).write_bytes(data)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "ziglang", "build-exe", *_OPTIONS, _ROOT, "-femit-bin=standin"),
                *("--cache-dir", "local", "--global-cache-dir", str(folder / "zig")),
            ],
            check=False,
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        if done.returncode != 0:
            said = next((line for line in done.stdout.splitlines() if "error" in line), done.stdout.strip()[-200:])
            raise CaptureProblem(_WHERE, f"does not compile with ziglang {compiler}: {said}")
        (place / "standin").replace(program)


@contextmanager
def _alone(lock: Path) -> Generator[None]:
    # here and not above: the module can be imported where there is no fcntl
    import fcntl

    with lock.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
