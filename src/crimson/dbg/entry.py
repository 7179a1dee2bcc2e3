"""Where the `crimson-dbg` command starts: the plainest comparison at once, everything else by the command line."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from crimson.dbg.errors import EXIT_FOUND, EXIT_UNREADABLE, ParityError


def main() -> None:
    """Run the command line; output that nobody reads, or that cannot be written, is no reason for a traceback."""
    try:
        try:
            _run(sys.argv[1:])
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        sys.exit(EXIT_FOUND)
    except OSError as problem:
        if problem.filename is None:
            _drop_output()
        sys.stderr.write(f"error: {problem.filename or 'standard output'}: {problem.strerror}\n")
        sys.exit(EXIT_UNREADABLE)


def _drop_output() -> None:
    # Python would try to write it again, and complain, when it ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> None:
    """Scripts compare traces by the thousand, and the command line library takes several times longer to load than two
    equal traces take to compare; so a `diff` without options does without it.
    """
    for argument in arguments:
        if argument != argument.encode(errors="replace").decode():
            sys.stderr.write(f"error: {argument!a}: the name is not UTF-8 (rename the file)\n")
            sys.exit(EXIT_UNREADABLE)
    match arguments:
        case ["diff", expected, actual] if not expected.startswith("-") and not actual.startswith("-"):
            sys.exit(_plain_diff(Path(expected), Path(actual)))
        case _:
            from crimson.dbg import cli

            cli.main()


def _plain_diff(expected: Path, actual: Path) -> int:
    # Importing makes no garbage, and looking for it takes a tenth of the command's time.
    gc.disable()
    from crimson.dbg.diff import diff_traces
    from crimson.dbg.highlight import highlighted, wants_colour
    from crimson.dbg.render import render_diff

    gc.enable()
    try:
        report = diff_traces(expected, actual)
    except ParityError as problem:
        sys.stderr.write(f"error: {problem}\n")
        return EXIT_UNREADABLE
    text = render_diff(report)
    sys.stdout.write((highlighted(text) if wants_colour(sys.stdout) else text) + "\n")
    return 0 if report.ok else EXIT_FOUND
