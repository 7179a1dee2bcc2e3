"""Puts the agent into a process and hands out its batches of records, in order and without a gap."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from crimson.dbg.errors import CaptureProblem
from crimson.dbg.original.agent_config import (
    AgentConfig,
    AgentMessage,
    AgentStats,
    Description,
    Goodbye,
    Hello,
    RecordsMessage,
)
from crimson.dbg.original.agent_records import record_skew
from crimson.dbg.original.frida_device import explained, local_device
from crimson.dbg.shipped import shipped_folder

if TYPE_CHECKING:
    import frida

AGENT_FILE = "gameplay_diff_capture.js"

STOPPED = "stopped"
SCRIPT_DESTROYED = "script-destroyed"

# The reason of an end comes right after the script's.
_REASON_SECONDS = 5.0
# More than any window.
_ENOUGH_CREDIT = 1 << 20


class Ending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why no more batches come.

    `reason` is `STOPPED`, `SCRIPT_DESTROYED`, or Frida's: "process-terminated", "connection-terminated",
    "application-requested", "process-replaced", "device-lost". `crash` is Frida's report of a crash, if it has one.
    A process that exited was `orderly`; one that was killed was not, and the last that it sent may be lost.
    """

    reason: str
    crash: str = ""
    orderly: bool = False


class _Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sequence: int
    data: bytes


class _Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    problem: str


class _Destroyed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


type _Item = Hello | Goodbye | _Batch | _Fault | _Destroyed | Ending


def agent_source() -> str:
    """The agent's JavaScript."""
    return (shipped_folder("frida_agent") / AGENT_FILE).read_text(encoding="utf-8")


class AgentSession:
    """The agent in one process, from `attach` until `close` or the process's end.

    `hello` says what it is in. Use it as a context manager. All methods raise `CaptureProblem`.
    """

    def __init__(self, session: frida.Session, config: AgentConfig, where: str, source: str) -> None:
        self.where = where
        self.ending: Ending | None = None
        self._session = session
        self._items: SimpleQueue[_Item] = SimpleQueue()
        # Batches that came, counted by Frida's thread, and the next one to hand out.
        self._came = 0
        self._next = 0
        self._stopped = False
        self._orderly = False
        self._given_up = False
        self._owed = 0
        # A credit costs the target a wake-up, so they are given some at a time.
        self._credit_step = max(1, config.window // 4)
        session.on("detached", self._on_detached)
        with explained(where):
            self._script = session.create_script(source, name=AGENT_FILE.removesuffix(".js"))
            self._script.on("message", self._on_message)
            self._script.on("destroyed", lambda: self._items.put(_Destroyed()))
            self._script.load()
            described = msgspec.convert(self._script.exports_sync.describe(), Description)
            if skew := record_skew(described.records):
                raise CaptureProblem(where, f"the agent and its host are of two versions: {skew}", "install anew")
            self._script.exports_sync.init(msgspec.to_builtins(config))
        item = self._items.get()
        if not isinstance(item, Hello):
            raise self._problem_of(item)
        self.hello = item

    @classmethod
    def attach(cls, target: int | str, config: AgentConfig, *, source: str | None = None) -> Self:
        """Into a running process, by its id or name.

        There is no starting of the game from here: its textures came out empty when Frida had started it.
        """
        where = f"process {target}"
        device = local_device()
        with explained(where):
            session = device.attach(target)
        try:
            return cls(session, config, where, agent_source() if source is None else source)
        except CaptureProblem:
            session.detach()
            raise

    @property
    def waiting(self) -> int:
        """How many batches came that `batches` has not handed out: `window` at most, and the last one."""
        return self._came - self._next

    def batches(self, idle: float | None = None) -> Iterator[bytes]:
        """The batches in order, as they come, until the end, which `ending` then tells.

        The game may run `window` batches ahead of the consumer, then it waits. With `idle`, an empty batch comes
        whenever there was none for so many seconds.
        """
        while self.ending is None:
            try:
                item = self._items.get(timeout=idle)
            except Empty:
                yield b""
                continue
            if isinstance(item, _Batch):
                if item.sequence != self._next:
                    raise CaptureProblem(self.where, f"batch {self._next} was lost: batch {item.sequence} came")
                self._next += 1
                yield item.data
                self._acknowledge()
            elif isinstance(item, Goodbye):
                self._orderly = True
            elif isinstance(item, _Destroyed | Ending):
                # A target without hooks runs on at once, and its end may be told before ours.
                self.ending = Ending(STOPPED) if self._stopped else self._reason_of(item)
            else:
                raise self._problem_of(item)

    def stop(self) -> AgentStats | None:
        """Take the hooks out; `batches` still hands out what was recorded, then ends. From any thread.

        None if the target ended by itself meanwhile.
        """
        import frida

        with explained(self.where):
            try:
                # the game may be waiting for us
                self._credit(_ENOUGH_CREDIT)
                stats = msgspec.convert(self._script.exports_sync.stop(), AgentStats)
            except frida.InvalidOperationError:
                if self._script.is_destroyed or self._session.is_detached:
                    return None
                raise
        self._stopped = True
        self._items.put(Ending(STOPPED))
        return stats

    def give_up(self) -> None:
        """Let `close` ask nothing of the target: one that is frozen would not answer."""
        self._given_up = True

    def stats(self) -> AgentStats:
        with explained(self.where):
            return msgspec.convert(self._script.exports_sync.stats(), AgentStats)

    def close(self) -> None:
        """Leave the process, which goes on without us.

        It must not exit at this very moment: Frida, on its way out, then makes it hang or crash one time in ten. So
        wait for the end of the batches of a process that is about to end.
        """
        if not self._session.is_detached and not self._given_up:
            self._session.detach()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _acknowledge(self) -> None:
        self._owed += 1
        if self._owed == self._credit_step:
            self._owed = 0
            self._credit(self._credit_step)

    def _credit(self, count: int) -> None:
        if not self._script.is_destroyed:
            self._script.post({"type": "credit", "count": count})

    def _reason_of(self, end: _Destroyed | Ending) -> Ending:
        item: _Item = end
        if not isinstance(item, Ending):
            try:
                item = self._items.get(timeout=_REASON_SECONDS)
            except Empty:
                return Ending(SCRIPT_DESTROYED)
        if not isinstance(item, Ending):
            return Ending(SCRIPT_DESTROYED)
        return Ending(item.reason, item.crash, self._orderly)

    def _problem_of(self, item: _Item) -> CaptureProblem:
        if isinstance(item, _Fault):
            return CaptureProblem(self.where, f"the agent failed: {item.problem}")
        return CaptureProblem(self.where, f"went away before the agent could say hello: {item}")

    # Both are called by Frida's own thread.

    def _on_message(self, message: frida.ScriptMessage, data: bytes | None) -> None:
        if message["type"] == "error":
            self._items.put(_Fault(message.get("stack") or message["description"]))
            return
        try:
            decoded = msgspec.convert(message.get("payload"), AgentMessage)
        except msgspec.ValidationError as problem:
            self._items.put(_Fault(f"sent a message that is not in the contract: {problem}"))
            return
        if isinstance(decoded, RecordsMessage):
            self._came += 1
            self._items.put(_Batch(decoded.sequence, data or b""))
        else:
            self._items.put(decoded)

    def _on_detached(self, reason: str, crash: frida.Crash | None) -> None:
        self._items.put(Ending(reason, "" if crash is None else crash.report or crash.summary))
