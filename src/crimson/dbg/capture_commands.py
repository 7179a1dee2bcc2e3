"""The commands that capture: from the game, and from the stand-in."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crimson.dbg.errors import EXIT_FOUND, BadUsage

if TYPE_CHECKING:
    from crimson.dbg.original.capture_host import CaptureProgress
    from crimson.dbg.report import CaptureReport

Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]

_STATUS_SECONDS = 0.25


def capture(
    out: Annotated[Path, typer.Option("--out", help="The capture to write, NAME.jsonl.zst.", show_default=False)],
    name: Annotated[str | None, typer.Option(help="Attach to the process of this name.", show_default=False)] = None,
    pid: Annotated[int | None, typer.Option(help="Attach to the process of this id.", show_default=False)] = None,
    spawn: Annotated[
        Path | None, typer.Option(help="Start this executable and attach to it.", show_default=False)
    ] = None,
    runs: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many runs; else on Ctrl-C or with the game.")
    ] = None,
    json: Json = False,
) -> None:
    """Capture runs of the original, crimsonland.exe 1.9.93, by Frida."""
    from crimson.dbg.original.live import Choice, capture_game

    given = [choice for choice in (name, pid, spawn) if choice is not None]
    if len(given) > 1:
        raise BadUsage("--name, --pid and --spawn", "only one of them can choose the process")
    with status_line() as progress:
        report = capture_game(Choice(name=name, pid=pid, executable=spawn), out, runs=runs, progress=progress)
    _show(report, as_json=json)
    raise typer.Exit(0 if report.ok else EXIT_FOUND)


standin = typer.Typer(help="Captures without the game.", no_args_is_help=True, rich_markup_mode=None)


@standin.callback()
def _standin() -> None:
    """Captures without the game: a process that stands in for it plays a replay."""


@standin.command("run")
def standin_run(
    replay: Annotated[Path, typer.Argument(help="A .crd replay with the original's bugs.", show_default=False)],
    out_dir: Annotated[Path, typer.Option("--out-dir", help="Where trace and replay go.", show_default=False)],
    keep_raw: Annotated[bool, typer.Option("--keep-raw", help="Keep the raw capture beside them.")] = False,
    pure_js: Annotated[bool, typer.Option("--pure-js", help="Use no native code in the agent.")] = False,
    rate: Annotated[int | None, typer.Option(min=1, help="Ticks a second; as fast as it goes if not given.")] = None,
    json: Json = False,
) -> None:
    """Play a replay on the stand-in, capture it with the agent, and finalize the capture."""
    from crimson.dbg.report import to_json
    from crimson.dbg.standin.capture_replay import run_standin

    with status_line() as progress:
        done = run_standin(replay, out_dir, keep_raw=keep_raw, native=not pure_js, rate=rate, progress=progress)
    if json:
        typer.echo(to_json(done.finalized))
    else:
        typer.echo(capture_text(done.capture, kept=keep_raw))
        for run in done.finalized.runs:
            typer.echo(f"{run.ticks} ticks in {run.trace}, replay {run.replay}")
    raise typer.Exit(0 if done.capture.ok else EXIT_FOUND)


def _show(report: CaptureReport, *, as_json: bool) -> None:
    from crimson.dbg.report import to_json

    typer.echo(to_json(report) if as_json else capture_text(report, kept=True))
    if not as_json and report.runs:
        typer.echo(f"next: crimson-dbg finalize {report.capture} --out-dir captures")


def capture_text(report: CaptureReport, *, kept: bool) -> str:
    """What was captured, run by run."""
    from crimson.dbg.render import mode_name

    lines = [f"{mode_name(run.mode_id)}: {run.ticks} ticks, {run.outcome.replace('_', ' ')}" for run in report.runs]
    ticks = sum(run.ticks for run in report.runs)
    if ticks and kept:
        lines.append(
            f"{report.rows} rows in {report.capture}: {report.file_bytes} bytes, {report.file_bytes // ticks} a tick "
            f"({report.text_bytes // ticks} before compression)"
        )
    if report.note:
        lines.append(f"note: {report.note}")
    return "\n".join(lines)


@contextmanager
def status_line() -> Generator[Callable[[CaptureProgress], None] | None]:
    """Keeps a line on the terminal up to date: mode, tick, ticks a second, size, batches that wait."""
    if not sys.stderr.isatty():
        yield None
        return
    from crimson.dbg.render import mode_name

    shown, ticks_shown = time.monotonic(), 0

    def show(now: CaptureProgress) -> None:
        nonlocal shown, ticks_shown
        passed = time.monotonic() - shown
        if passed < _STATUS_SECONDS:
            return
        rate = (now.ticks - ticks_shown) / passed
        shown, ticks_shown = shown + passed, now.ticks
        what = f"{mode_name(now.mode_id)} tick {now.tick}" if now.mode_id else "waiting for a run"
        sys.stderr.write(f"\r\x1b[K{what} · {rate:.0f} ticks/s · {now.text_bytes / 1e6:.1f} MB · backlog {now.waiting}")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
