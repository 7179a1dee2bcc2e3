"""Where the `crimson-dbg` command starts: the plainest comparison at once, everything else by the command line."""

from __future__ import annotations

import codecs
import gc
import io
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn, TextIO

from crimson.dbg.errors import EXIT_FOUND, EXIT_UNREADABLE, ParityError

# What a shell says of a program that such a signal has ended.
_EXIT_INTERRUPTED, _EXIT_NO_READER = 128 + 2, 128 + 13


def main() -> None:
    """Run the command line; however it ends, the exit code says so, and a traceback is a fault of ours."""
    with _ended_in_order():
        sys.exit(_exit_code(sys.argv[1:]))


def _exit_code(arguments: list[str]) -> int:
    # Streams that are closed are None.
    if sys.stderr is None:
        sys.stderr = io.StringIO()
    output = sys.stdout
    if output is None:
        return _refuse("standard output: is closed, and the report goes there")
    if isinstance(output, io.TextIOWrapper):
        output.reconfigure(errors=_ESCAPED)
    try:
        try:
            return _run(arguments)
        finally:
            # The command line library has put another stream there: nobody reads this one, which it does not tell.
            if sys.stdout is not output:
                raise BrokenPipeError
            output.flush()
    except ParityError as problem:
        return _refuse(str(problem))
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    except BrokenPipeError:
        _drop(output)
        return _EXIT_NO_READER
    except OSError as problem:
        if problem.filename is None:
            _drop(output)
        return _refuse(f"{problem.filename or 'standard output'}: {problem.strerror}")


@contextmanager
def _ended_in_order() -> Generator[None]:
    """What asks the command to end lets it clean up first; a second time it ends at once."""

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        signal.signal(number, signal.SIG_DFL)
        sys.exit(128 + number)

    before = signal.getsignal(signal.SIGTERM)
    # whoever ignores it, or has its own way, keeps it
    if before is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _refuse(text: str) -> int:
    try:
        sys.stderr.write(f"error: {text}\n")
    except OSError:
        _drop(sys.stderr)
    return EXIT_UNREADABLE


def _drop(stream: TextIO) -> None:
    # Python would try to write it again, and complain, when it ends.
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _escaped(problem: UnicodeError) -> tuple[str, int]:
    """What a stream cannot encode, as text and JSON both have it."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    # ast-grep-ignore: no-object-value
    units = problem.object[problem.start : problem.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2)), problem.end


_ESCAPED = "crimson-dbg-escaped"
codecs.register_error(_ESCAPED, _escaped)


def _run(arguments: list[str]) -> int:
    """Scripts compare traces by the thousand, and the command line library takes several times longer to load than two
    equal traces take to compare; so a `diff` without options does without it.
    """
    for argument in arguments:
        if argument != argument.encode(errors="replace").decode():
            encoding = sys.getfilesystemencoding()
            hint = "rename the file" if encoding == "utf-8" else "set PYTHONUTF8=1"
            raise ParityError(ascii(argument), f"the name is not {encoding.upper()}", hint)
    match arguments:
        case ["diff", expected, actual] if not expected.startswith("-") and not actual.startswith("-"):
            return _plain_diff(Path(expected), Path(actual))
        case _:
            from crimson.dbg.cli import app

            app()
            return 0


def _plain_diff(expected: Path, actual: Path) -> int:
    # Importing makes no garbage, and looking for it takes a tenth of the command's time.
    gc.disable()
    from crimson.dbg.diff import diff_traces
    from crimson.dbg.highlight import highlighted, wants_colour
    from crimson.dbg.render import render_diff

    gc.enable()
    report = diff_traces(expected, actual)
    text = render_diff(report)
    sys.stdout.write((highlighted(text) if wants_colour(sys.stdout) else text) + "\n")
    return 0 if report.ok else EXIT_FOUND
