"""Builds a Zig program from the sources that the package carries, once for each version of them, into a cache."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

from crimson.dbg.atomic import make_folder
from crimson.dbg.errors import ParityError
from crimson.dbg.locks import locked
from crimson.dbg.shipped import ShippedFolder, shipped_folder

# Who has not been run for so long is of an older release, or of sources that have changed since.
_KEPT_SECONDS = 30 * 24 * 3600
_PROGRAM_NAME = re.compile(r"\w[\w-]*-[0-9a-f]{16}")
_BUILD_PREFIX = ".build-"


class CompilerMissing(ParityError):
    """The compiler is not installed."""


@dataclass(frozen=True, slots=True)
class ZigProgram:
    """What is built, and how.

    `title` is what messages call it, and `problem` the error that they are. `extra` names the package's extra that
    brings the compiler. The file `stamp`, if there is one, is replaced by one that names the digest of the sources.
    """

    name: str
    title: str
    folder: ShippedFolder
    root: str
    options: tuple[str, ...]
    extra: str
    problem: type[ParityError]
    stamp: str = ""


def built_program(
    program: ZigProgram,
    changed: Mapping[str, bytes] = MappingProxyType({}),
    tell: Callable[[str], None] | None = None,
) -> Path:
    """The program, with some sources changed or added, built if it is not in the cache yet.

    `tell` hears of a build before it begins, since it takes a while.
    Raises the program's kind of problem, which says what is missing, or what the compiler says.
    """
    compiler = compiler_version(program)
    sources = {**sources_of(program), **changed}
    identity = program_identity(program, compiler, sources)
    folder = cache_folder()
    target = folder / f"{program.name}-{identity}"
    if _used(target):
        return target
    if tell is not None:
        tell(f"building {program.title}, which takes a minute the first time")
    make_folder(folder)
    try:
        with locked(folder / "lock"):
            # somebody else may have built it meanwhile
            if not _used(target):
                _make_room(folder)
                stamped = dict(sources)
                if program.stamp:
                    stamped[program.stamp] = f'pub const digest = "{identity}";\n'.encode()
                compile_program(program, compiler, stamped, folder, target)
    except OSError as problem:
        raise program.problem(program.title, f"cannot be built in {folder}: {problem.strerror or problem}") from None
    return target


def _used(target: Path) -> bool:
    """Whether a program is there; if so, it is marked as used now."""
    try:
        os.utime(target)
    except FileNotFoundError:
        return False
    except OSError:
        # of somebody else, or on a disk that is not to be written
        return target.exists()
    return True


def _make_room(folder: Path) -> None:
    """Remove the programs that have not been used for long, and what builds that were killed have left."""
    oldest = time.time() - _KEPT_SECONDS
    for path in folder.iterdir():
        if path.name.startswith(_BUILD_PREFIX):
            shutil.rmtree(path)
        elif _PROGRAM_NAME.fullmatch(path.name) and path.stat().st_mtime < oldest:
            path.unlink()


def compiler_version(program: ZigProgram) -> str:
    """The version of the compiler, which must be installed."""
    try:
        return metadata.version("ziglang")
    except metadata.PackageNotFoundError:
        raise CompilerMissing(
            program.title,
            "is compiled by ziglang, which is missing",
            f"pip install 'pytest-crimson-parity[{program.extra}]'",
        ) from None


def sources_of(program: ZigProgram) -> dict[str, bytes]:
    """The program's sources by their path below its folder."""
    folder = shipped_folder(program.folder)
    found = dict(sorted(_zig_files(folder, ""))) if folder.is_dir() else {}
    if program.root not in found:
        raise program.problem(
            program.title, f"has no sources: {folder} lacks {program.root}", "install the package anew"
        )
    return found


def _zig_files(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _zig_files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".zig"):
            yield prefix + entry.name, entry.read_bytes()


def program_identity(program: ZigProgram, compiler: str, sources: Mapping[str, bytes]) -> str:
    """What the built program depends on, as 16 hex digits."""
    digest = hashlib.sha256()
    for part in (compiler, *program.options):
        digest.update(part.encode() + b"\0")
    digest.update(digest_of_sources(sources))
    return digest.hexdigest()[:16]


def digest_of_sources(sources: Mapping[str, bytes]) -> bytes:
    """SHA-256 over sources and their names."""
    digest = hashlib.sha256()
    for name, data in sources.items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return digest.digest()


def cache_folder() -> Path:
    """Where built programs, and what the compiler may use again, are kept."""
    # the specification of XDG_CACHE_HOME wants relative paths ignored
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():
        base = Path.home() / ".cache"
    return base / "pytest-crimson-parity"


def compile_program(
    program: ZigProgram, compiler: str, sources: Mapping[str, bytes], folder: Path, target: Path
) -> None:
    """Compile the sources to `target`, which lies in `folder`."""
    # Beside its target, for the renaming at the end. What the compiler may use again lies in `zig`.
    with tempfile.TemporaryDirectory(prefix=_BUILD_PREFIX, dir=folder) as name:
        place = Path(name)
        for source, data in sources.items():
            (place / source).parent.mkdir(parents=True, exist_ok=True)
            (place / source).write_bytes(data)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "ziglang", "build-exe", *program.options, program.root, "-femit-bin=program"),
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
            raise program.problem(program.title, f"does not compile with ziglang {compiler}: {said}")
        (place / "program").replace(target)
