"""Where the `crimson-dbg` command starts: the plainest comparison at once, everything else by the command line."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Run the command line.

    Scripts compare traces by the thousand, and the command line library takes several times longer to load than two
    equal traces take to compare; so a `diff` without options does without it.
    """
    match sys.argv[1:]:
        case ["diff", expected, actual] if not expected.startswith("-") and not actual.startswith("-"):
            sys.exit(_plain_diff(Path(expected), Path(actual)))
        case _:
            from crimson.dbg import cli

            cli.main()


def _plain_diff(expected: Path, actual: Path) -> int:
    from crimson.dbg.diff import diff_traces
    from crimson.dbg.errors import EXIT_FOUND, EXIT_UNREADABLE, ParityError
    from crimson.dbg.render import render_diff

    try:
        report = diff_traces(expected, actual)
    except ParityError as problem:
        sys.stderr.write(f"error: {problem}\n")
        return EXIT_UNREADABLE
    try:
        sys.stdout.write(render_diff(report) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()
    return 0 if report.ok else EXIT_FOUND
