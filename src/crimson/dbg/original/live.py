"""A capture of the game itself: which process, and whether it is the build that the addresses are of."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from crimson.dbg.capture_rows import Target
from crimson.dbg.errors import CaptureProblem
from crimson.dbg.original import agent_config
from crimson.dbg.original.agent_session import AgentSession
from crimson.dbg.original.capture_config import capture_config
from crimson.dbg.original.capture_file import require_new
from crimson.dbg.original.capture_host import CaptureOptions, CaptureProgress, capture
from crimson.dbg.original.frida_device import executable_of, process_id, require_frida
from crimson.dbg.original.layout import Layout, known_layout
from crimson.dbg.report import CaptureReport


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The process to capture: by name, by id, or one to start; the game's name if nothing is given."""

    name: str | None = None
    pid: int | None = None
    executable: Path | None = None


def capture_game(
    choice: Choice, out: Path, *, runs: int | None = None, progress: Callable[[CaptureProgress], None] | None = None
) -> CaptureReport:
    """Capture runs of the game until it ends, `runs` are over, or Ctrl-C.

    Raises `CaptureProblem` for another executable than the known one, for a game of which facts are still unlocated,
    and for what `capture` is refused for. Nothing is hooked and no file is written before that is known.
    """
    require_new(out)
    require_frida("capture")
    layout = known_layout()
    target = layout.target
    with _process(choice, target.name) as process:
        # An agent that leaves a process again may break it, so what is not the game never gets one.
        found = executable_of(process)
        if found is not None and found.sha256 != target.sha256:
            raise CaptureProblem(
                found.path,
                f"is not {target.name} {target.version}: it has {found.size} bytes and SHA-256 {found.sha256}, "
                f"expected SHA-256 {target.sha256}",
                "nothing was hooked; start the build that the addresses were taken from",
            )
        _require_located(layout)
        config = capture_config(layout, agent_config.Target(target.name, target.sha256))
        with AgentSession.attach(process, config) as session:
            options = CaptureOptions(
                method="frida",
                session_id=uuid.uuid4().hex,
                target=Target(name=target.name, version=target.version, sha256=target.sha256),
                runs=runs,
            )
            return capture(session, layout, out, options, progress)


@contextmanager
def _process(choice: Choice, default_name: str) -> Generator[int]:
    """What Frida attaches to. An executable is started as a user would: started by Frida, the game has no textures."""
    if choice.executable is None:
        yield process_id(choice.name or default_name) if choice.pid is None else choice.pid
        return
    try:
        # A file, not a command, and named from here. A Ctrl-C in our terminal is meant for us.
        executable = choice.executable.absolute()
        process = subprocess.Popen([executable], cwd=executable.parent, process_group=0)
    except OSError as problem:
        raise CaptureProblem(choice.executable, f"cannot be started: {problem.strerror}") from None
    try:
        yield process.pid
    except CaptureProblem:
        # what we started and cannot capture is of no use to anybody
        process.kill()
        raise
    finally:
        if process.poll() is not None:
            process.wait()


def _require_located(layout: Layout) -> None:
    lacking = layout.unlocated()
    if lacking:
        raise CaptureProblem(
            layout.target.name,
            f"cannot be captured yet: {len(lacking)} facts have no known address, such as {', '.join(lacking[:3])}",
            "scripts/frida/crimsonland_1_9_93.toml lists them and where to look; give each its address there",
        )
