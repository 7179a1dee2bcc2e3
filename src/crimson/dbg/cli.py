"""The `crimson-dbg` command line: each subcommand calls one library function and prints its report.

Exit codes: 0 equal, healthy or found, 1 divergence, unhealthy or nothing found, 2 bad usage or unreadable input.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crimson.dbg import capture_commands
from crimson.dbg.errors import EXIT_FOUND, BadUsage
from crimson.dbg.sustained import DEFAULT_SUSTAIN
from crimson.dbg.windows import Window, parse_window

if TYPE_CHECKING:
    from crimson.dbg.report import ReportPart

app = typer.Typer(
    name="crimson-dbg",
    help="Traces of Crimsonland runs: record them, compare them, and find out where they part.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help starts in half the time.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.command()(capture_commands.capture)
app.add_typer(capture_commands.standin, name="standin")

TracePath = Annotated[Path, typer.Argument(help="A .cdt trace.", show_default=False)]
OtherTrace = Annotated[Path, typer.Argument(help="The trace to compare with it.", show_default=False)]
Ticks = Annotated[str | None, typer.Option(help="Only these ticks, as FIRST:LAST.", show_default=False)]
Sustain = Annotated[int, typer.Option(help="How many ticks in a row make a divergence.")]
Strict = Annotated[bool, typer.Option("--strict", help="Blips and hidden differences count too.")]
Ulps = Annotated[int, typer.Option(help="How many f32 steps floats may lie apart.")]
Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Out = Annotated[Path, typer.Option("--out", help="The file to write.", show_default=False)]


def _print_versions(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        from crimson.dbg.container import FORMAT_VERSION

        own, game = metadata.version("pytest-crimson-parity"), metadata.version("crimsonland")
        typer.echo(f"crimson-dbg {own}, crimsonland {game}, trace format {FORMAT_VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print versions, and exit.", is_eager=True, callback=_print_versions)
    ] = False,
) -> None:
    pass


def _show(report: ReportPart, as_text: Callable[[], str], as_json: bool) -> None:
    if as_json:
        from crimson.dbg.report import to_json

        typer.echo(to_json(report))
    else:
        from crimson.dbg.highlight import highlighted, wants_colour

        colour = wants_colour(sys.stdout)
        # click takes colours away where it sees no terminal, whatever the environment asks for.
        typer.echo(highlighted(as_text()) if colour else as_text(), color=colour)


def _window(ticks: str | None) -> Window | None:
    return None if ticks is None else parse_window(ticks)


@app.command()
def record(
    replay: Annotated[Path, typer.Argument(help="A .crd replay.", show_default=False)],
    out: Out,
    candidate: Annotated[str, typer.Option(help="Which runtime records: python or zig.")] = "python",
    until: Annotated[int | None, typer.Option(help="The last tick to record.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Re-simulate a replay and write its trace."""
    from crimson.dbg.overwriting import require_replaceable
    from crimson.dbg.report import RecordSummary

    if candidate not in ("python", "zig"):
        raise BadUsage("--candidate", f"there is no candidate {candidate!r}; there are python and zig")
    if until is not None and until < 0:
        raise BadUsage("--until", f"there is no tick {until}; ticks count from 0")
    if out.exists() and replay.exists() and out.samefile(replay):
        raise BadUsage(out, "a recording does not overwrite its replay", "name another file with --out")
    require_replaceable(out)
    played = _by_python(replay, out, until) if candidate == "python" else _by_zig(replay, out, until)
    summary = RecordSummary(str(replay), str(out), *played)
    _show(summary, lambda: "\n".join([f"recorded {summary.ticks} ticks to {out}", *summary.notes]), json)


def _by_python(replay: Path, out: Path, until: int | None) -> tuple[int, tuple[str, ...]]:
    """Ticks and notes of a recording."""
    from crimson.dbg.progress import tick_progress
    from crimson.dbg.record import record_notes, record_replay
    from crimson.dbg.replays import load_replay

    loaded = load_replay(replay)
    with tick_progress(replay.name) as progress:
        found = record_replay(loaded, out, until=until, progress=progress)
    return found.ticks, record_notes(found)


def _by_zig(replay: Path, out: Path, until: int | None) -> tuple[int, tuple[str, ...]]:
    from crimson.dbg.zig_program import zig_program
    from crimson.dbg.zig_record import record_by_zig

    zig_program(partial(typer.echo, err=True))
    return record_by_zig(replay, out, until=until), ()


@app.command()
def diff(
    expected: TracePath,
    actual: OtherTrace,
    ticks: Ticks = None,
    sustain: Sustain = DEFAULT_SUSTAIN,
    strict: Strict = False,
    ulps: Ulps = 0,
    json: Json = False,
) -> None:
    """Find the first sustained divergence between two traces of one run."""
    from crimson.dbg.diff import diff_traces
    from crimson.dbg.render import render_diff

    report = diff_traces(expected, actual, ticks=_window(ticks), sustain=sustain, strict=strict, ulps=ulps)
    _show(report, lambda: render_diff(report), json)
    raise typer.Exit(0 if report.ok else EXIT_FOUND)


@app.command()
def bisect(
    expected: TracePath,
    actual: OtherTrace,
    ticks: Ticks = None,
    sustain: Sustain = DEFAULT_SUSTAIN,
    strict: Strict = False,
    ulps: Ulps = 0,
    json: Json = False,
) -> None:
    """Name the first bad tick and the window to look at."""
    from crimson.dbg.focus import bisect_traces
    from crimson.dbg.render import render_bisect

    report = bisect_traces(expected, actual, ticks=_window(ticks), sustain=sustain, strict=strict, ulps=ulps)
    _show(report, lambda: render_bisect(report), json)
    raise typer.Exit(0 if report.ok else EXIT_FOUND)


@app.command()
def focus(
    expected: TracePath,
    actual: OtherTrace,
    ticks: Ticks = None,
    replay: Annotated[
        Path | None,
        typer.Option(help="The replay that both are of [default: the .crd beside EXPECTED].", show_default=False),
    ] = None,
    sustain: Sustain = DEFAULT_SUSTAIN,
    strict: Strict = False,
    ulps: Ulps = 0,
    json: Json = False,
) -> None:
    """Look closely at the first bad tick, or at a window: causes, draws, entities, inputs."""
    from crimson.dbg.focus import focus_traces
    from crimson.dbg.render_focus import render_focus

    window = _window(ticks)
    report = focus_traces(expected, actual, ticks=window, replay=replay, sustain=sustain, strict=strict, ulps=ulps)
    _show(report, lambda: render_focus(report), json)
    raise typer.Exit(0 if report.ok else EXIT_FOUND)


@app.command()
def health(trace: TracePath, json: Json = False) -> None:
    """Is the trace fit for parity analysis?"""
    from crimson.dbg.health import check_health
    from crimson.dbg.render import render_health

    report = check_health(trace)
    _show(report, lambda: render_health(report), json)
    raise typer.Exit(0 if report.ok else EXIT_FOUND)


@app.command()
def verify(
    trace: TracePath,
    replay: Annotated[
        Path | None, typer.Option(help="The replay it is of [default: the .crd beside it].", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Is the trace whole, and what it says?"""
    from crimson.dbg.render import render_verify
    from crimson.dbg.verify import verify_trace

    report = verify_trace(trace, replay)
    _show(report, lambda: render_verify(report), json)
    raise typer.Exit(0 if report.ok else EXIT_FOUND)


@app.command()
def recover(trace: TracePath, out: Out, json: Json = False) -> None:
    """Rebuild the index of a trace that ended early, from its whole chunks."""
    from crimson.dbg.recover import recover_trace

    report = recover_trace(trace, out)
    text = f"recovered ticks 0..{report.ticks - 1} to {report.out}; {report.dropped_bytes} bytes were left out"
    _show(report, lambda: text, json)


@app.command()
def finalize(
    capture: Annotated[Path, typer.Argument(help="A raw capture, .jsonl or .jsonl.zst.", show_default=False)],
    out_dir: Annotated[Path, typer.Option("--out-dir", help="Where trace and replay go.", show_default=False)],
    json: Json = False,
) -> None:
    """Turn a raw capture into original traces and their replays."""
    from crimson.dbg.frida_finalize import finalize_capture

    report = finalize_capture(capture, out_dir)
    lines = [f"finalized {run.ticks} ticks to {run.trace} and {Path(run.replay).name}" for run in report.runs]
    lines += [f"tolerated: {damage}" for damage in report.tolerated]
    _show(report, lambda: "\n".join(lines), json)


# A tick may be -1, which looks like an option.
@app.command(context_settings={"ignore_unknown_options": True})
def tick(
    trace: TracePath,
    number: Annotated[
        str, typer.Argument(metavar="N", help="A tick; setup or -1 is the state before tick 0.", show_default=False)
    ],
    json: Json = False,
) -> None:
    """Show one tick in full."""
    from crimson.dbg.render_projections import render_tick
    from crimson.dbg.tick_view import report_tick, tick_number

    if number.startswith("-") and not number[1:].isdecimal():
        raise typer.BadParameter(f"there is no option {number}")
    report = report_tick(trace, tick_number(number))
    _show(report, lambda: render_tick(report), json)


@app.command()
def entity(
    trace: TracePath,
    uid: Annotated[
        str,
        typer.Argument(
            help="creature:SLOT or creature:SLOT:GENERATION; likewise projectile, secondary, bonus and player.",
            show_default=False,
        ),
    ],
    ticks: Ticks = None,
    json: Json = False,
) -> None:
    """Show the lives of one slot, and what changes from tick to tick."""
    from crimson.dbg.entity import report_entity
    from crimson.dbg.render_projections import render_entity

    report = report_entity(trace, uid, _window(ticks))
    _show(report, lambda: render_entity(report), json)
    raise typer.Exit(0 if report.ok else EXIT_FOUND)


@app.command()
def query(
    trace: TracePath,
    expression: Annotated[
        str,
        typer.Argument(
            metavar="EXPR", help="SCOPE where CONDITION, such as 'creatures where hp < prev(hp)'.", show_default=False
        ),
    ],
    limit: Annotated[int, typer.Option(help="How many of the rows to list.")] = 20,
    json: Json = False,
) -> None:
    """Find the rows that a condition holds for."""
    from crimson.dbg.query import query_trace
    from crimson.dbg.render_projections import render_query

    report = query_trace(trace, expression, limit=limit)
    _show(report, lambda: render_query(report), json)
    raise typer.Exit(0 if report.ok else EXIT_FOUND)


@app.command()
def coverage(
    traces: Annotated[list[Path], typer.Argument(help=".cdt traces, taken together.", show_default=False)],
    json: Json = False,
) -> None:
    """Which weapons, perks, bonuses, creatures and call sites of the random generator do traces have, and which not?"""
    from crimson.dbg.trace_coverage import cover, render_coverage

    report = cover(traces).report()
    _show(report, lambda: render_coverage(report), json)


@app.command()
def fuzz(
    out_dir: Annotated[Path, typer.Option("--out-dir", help="Where a run that differs is kept.")] = Path("fuzz"),
    modes: Annotated[str, typer.Option(help="Modes to play, separated by commas, or all.")] = "rush",
    runs: Annotated[int, typer.Option(min=1, help="How many runs.")] = 100,
    seed: Annotated[
        int | None, typer.Option(help="The same seed plays the same runs; a new one each time if not given.")
    ] = None,
    ticks: Annotated[int, typer.Option(min=1, help="How many ticks a run has at most.")] = 2000,
    least_ticks: Annotated[
        int, typer.Option(min=0, help="Runs that end sooner are compared, but do not count as runs.")
    ] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="How many runs at once.")] = 1,
    json: Json = False,
) -> None:
    """Play random runs with both candidates, and keep the first that differs."""
    import secrets

    from crimson.dbg.fuzz import FuzzOptions
    from crimson.dbg.fuzz import fuzz as play
    from crimson.dbg.fuzz_plans import MODES
    from crimson.dbg.progress import tick_progress
    from crimson.dbg.zig_program import zig_program

    names = tuple(dict.fromkeys(name.strip() for name in modes.split(",") if name.strip()))
    unknown = [name for name in names if name not in (*MODES, "all")]
    if unknown or not names:
        raise BadUsage(
            "--modes", f"there is no mode {', '.join(map(repr, unknown)) or repr(modes)}; there are {', '.join(MODES)}"
        )
    if "all" in names:
        names = tuple(MODES)
    if least_ticks > ticks:
        raise BadUsage("--least-ticks", f"no run of at most {ticks} ticks has {least_ticks}", "raise --ticks")
    zig_program(partial(typer.echo, err=True))
    options = FuzzOptions(names, runs, secrets.randbits(32) if seed is None else seed, ticks, jobs, least_ticks)
    with tick_progress("fuzzing", "runs") as progress:
        report = play(options, out_dir, progress)
    found = report.finding
    short = f" and {report.short_runs} that ended before tick {least_ticks}" if report.short_runs else ""
    sites = f"{len(report.coverage.group('call sites').reached)} call sites"
    text = f"{report.runs} runs of {', '.join(names)}{short}, {report.ticks} ticks, {sites}, seed {report.seed}: "
    if found is None:
        text += "no divergence"
    else:
        text += f"run {found.run} differs\n{found.lead}\nkept      {found.replay}, {found.ticks} ticks"
        text += f"\nin depth  {found.focus}" if found.focus else ""
    _show(report, lambda: text, json)
    raise typer.Exit(0 if report.ok else EXIT_FOUND)
