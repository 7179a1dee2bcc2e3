"""Builds a Zig program from the sources that the package carries, once for each version of them, into a cache."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
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
_PROGRAM_NAME = re.compile(r"\w[\w-]*-[0-9a-f]{16}(-[\w.-]+)?")
_BUILD_PREFIX = ".build-"
_SUFFIX = ".exe" if sys.platform == "win32" else ""


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
    # Machines of several kinds may share the folder.
    stem = f"{program.name}-{identity}-{sysconfig.get_platform()}"
    try:
        found = _found(folder, stem)
        if found is None:
            if tell is not None:
                tell(f"building {program.title}, which takes a minute the first time")
            make_folder(folder)
            stamped = dict(sources)
            if program.stamp:
                stamped[program.stamp] = f'pub const digest = "{identity}";\n'.encode()
            with locked(folder / "lock"):
                # somebody else may have built it meanwhile
                found = _found(folder, stem) or _build(program, compiler, stamped, folder, stem)
    except OSError as problem:
        raise program.problem(program.title, f"cannot be built in {folder}: {problem.strerror or problem}") from None
    _require_runnable(program, found)
    return found


def _build(program: ZigProgram, compiler: str, sources: Mapping[str, bytes], folder: Path, stem: str) -> Path:
    _make_room(folder)
    for broken in _built(folder, stem):
        broken.unlink(missing_ok=True)
    # Beside its target, for the renaming at the end.
    with tempfile.TemporaryDirectory(prefix=_BUILD_PREFIX, dir=folder) as place:
        made = Path(place) / "program"
        compile_program(program, compiler, sources, folder, made)
        target = folder / f"{stem}-{_digest_of(made)}{_SUFFIX}"
        made.replace(target)
    return target


def _built(folder: Path, stem: str) -> Iterator[Path]:
    """The files that should be a program: each tells in its name what it holds."""
    return folder.glob(f"{glob.escape(stem)}-*{_SUFFIX}")


def _found(folder: Path, stem: str) -> Path | None:
    """The program, if it is there as it was built; it is marked as used now."""
    for path in _built(folder, stem):
        with suppress(OSError):  # of somebody else, or on a disk that is not to be written
            os.utime(path)
        with suppress(FileNotFoundError):
            status = path.stat()
            if path.name == f"{stem}-{_known_digest(path, status.st_ino, status.st_size)}{_SUFFIX}":
                return path
    return None


@cache
def _known_digest(path: Path, *_inode_and_size: int) -> str:
    """The digest of a file that is asked for often: it is read once in a process."""
    return _digest_of(path)


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _require_runnable(program: ZigProgram, path: Path) -> None:
    if not os.access(path, os.X_OK):
        with suppress(OSError):  # copying may lose it
            path.chmod(0o755)
        if not os.access(path, os.X_OK):
            raise program.problem(
                program.title, f"cannot be run in {path.parent}", "XDG_CACHE_HOME chooses another folder for caches"
            )


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
        try:
            base = Path.home() / ".cache"
        except RuntimeError:
            raise ParityError("~/.cache", "this user has no home", "XDG_CACHE_HOME chooses another folder") from None
    return base / "pytest-crimson-parity"


def compile_program(
    program: ZigProgram, compiler: str, sources: Mapping[str, bytes], folder: Path, target: Path
) -> None:
    """Compile the sources, in the folder of `target`. What the compiler may use again lies in `zig` of `folder`."""
    place = target.parent
    for source, data in sources.items():
        (place / source).parent.mkdir(parents=True, exist_ok=True)
        (place / source).write_bytes(data)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ziglang", "build-exe", *program.options, program.root),
            *(f"-femit-bin={target.name}", "--cache-dir", "local", "--global-cache-dir", str(folder / "zig")),
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
