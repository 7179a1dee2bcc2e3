"""Locks between processes that a killed process cannot leave behind."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows; files appear by renaming, so only work is done twice there
    fcntl = None


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Generator[None]:
    """Hold the lock of `path`, a file or a folder, waiting for it. The kernel frees it when this process ends."""
    descriptor = _acquire(path, shared=shared, wait=True)
    try:
        yield
    finally:
        _close(descriptor)


@contextmanager
def locked_now(path: Path) -> Generator[bool]:
    """Hold the lock alone if nobody else holds it; yields whether it is held."""
    if fcntl is None:
        yield False
        return
    try:
        descriptor = _acquire(path, shared=False, wait=False)
    except BlockingIOError:
        yield False
        return
    try:
        yield True
    finally:
        _close(descriptor)


@contextmanager
def claimed(path: Path) -> Generator[bool]:
    """Tell others that a file or folder, made just now, is in use; yields False when one of them has taken it already.

    Where nothing can be locked, nobody takes anything.
    """
    try:
        descriptor = _acquire_there(path)
    except (BlockingIOError, FileNotFoundError):
        yield False
        return
    except OSError:  # a file system without locks
        descriptor = None
    try:
        yield True
    finally:
        _close(descriptor)


@contextmanager
def abandoned(path: Path) -> Generator[bool]:
    """Take a file or folder that whoever claimed it has left behind; yields False when it is in use, or not to tell."""
    try:
        descriptor = _acquire_there(path)
    except OSError:
        descriptor = None
    try:
        yield descriptor is not None
    finally:
        _close(descriptor)


def _acquire_there(path: Path) -> int | None:
    """Lock what is there; `FileNotFoundError` when it is gone by then."""
    if fcntl is None:
        return None
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _is_file_at(descriptor, path):
            raise FileNotFoundError(path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _acquire(path: Path, *, shared: bool, wait: bool) -> int | None:
    if fcntl is None:
        return None
    mode = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
    while True:
        descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, mode)
            # Whoever held it before may have removed the file: then others would lock another one.
            if _is_file_at(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_file_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _close(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)
