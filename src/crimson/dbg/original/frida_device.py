"""Frida on this machine: its device, the executable of a process, and its complaints as ours."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crimson.dbg.errors import CaptureProblem
from crimson.dbg.original.agent_config import Refusal

if TYPE_CHECKING:
    import frida

_WRONG_TARGET = "wrong target: "


class Executable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of a process."""

    path: str
    size: int
    sha256: str


def executable_of(pid: int) -> Executable | None:
    """What a process runs, read from outside: nothing enters it. None if the system keeps it to itself.

    Raises `CaptureProblem` if there is no such process.
    """
    where = f"process {pid}"
    device = local_device()
    with explained(where):
        found = device.enumerate_processes(pids=[pid], scope="full")
    if not found:
        raise CaptureProblem(where, "is not running")
    path = found[0].parameters.get("path")
    if not isinstance(path, str):
        return None
    try:
        contents = Path(path).read_bytes()
    except OSError:
        return None
    return Executable(path, len(contents), hashlib.sha256(contents).hexdigest())


def process_id(name: str) -> int:
    """The process of this name. Raises `CaptureProblem` if there is none, or several."""
    device = local_device()
    with explained(f"process {name}"):
        return device.get_process(name).pid


def require_frida(extra: str) -> None:
    """Raises `CaptureProblem` where there is no Frida, and says which extra of this package brings it."""
    if importlib.util.find_spec("frida") is None:
        raise CaptureProblem("capturing", "needs Frida", f"pip install 'pytest-crimson-parity[{extra}]'")


def local_device() -> frida.Device:
    import frida

    return frida.get_local_device()


@contextmanager
def explained(where: str) -> Generator[None]:
    """What Frida, or the agent through it, complains of becomes a `CaptureProblem`."""
    import frida

    try:
        yield
    except frida.RPCException as problem:
        raise _of_agent(where, str(problem.args[0])) from None
    except (
        frida.InvalidArgumentError,
        frida.InvalidOperationError,
        frida.NotSupportedError,
        frida.PermissionDeniedError,
        frida.ProcessNotFoundError,
        frida.ProcessNotRespondingError,
        frida.ProtocolError,
        frida.ServerNotRunningError,
        frida.TimedOutError,
        frida.TransportError,
    ) as problem:
        raise CaptureProblem(where, f"Frida says: {problem}") from None


def _of_agent(where: str, problem: str) -> CaptureProblem:
    text = problem.removeprefix("Error: ")
    if not text.startswith(_WRONG_TARGET):
        return CaptureProblem(where, f"the agent refused: {text}")
    found = msgspec.json.decode(text.removeprefix(_WRONG_TARGET), type=Refusal)
    return CaptureProblem(
        found.path,
        f"is not {' or '.join(found.known)}: it has {found.size} bytes and SHA-256 {found.sha256}",
        "nothing was hooked; start the build that the addresses were taken from",
    )
