"""What a run says on GitHub: an annotation for each failure, and the summary of the job."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from crimson.dbg.errors import ParityError

# GitHub shows ten errors of a step.
_MOST = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """An item that failed, or could not be asked."""

    # The capture, relative to the rootdir.
    capture: str
    item: str
    message: str


def failure_of(report: pytest.TestReport) -> Failure | None:
    """The failure that a report of a capture's item is of, if it is one."""
    capture, _, item = report.nodeid.rpartition("::")
    if not report.failed:
        return None
    # Not `longreprtext`, which begins with the worker.
    lines = str(report.longrepr).strip().splitlines()
    if isinstance(report.longrepr, str):
        # What is wrong comes first, and a blank line ends it.
        end = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
        message = "\n".join(lines[:end])
    else:
        message = f"{item} broke down: {lines[-1] if lines else 'without a word'}"
    return Failure(capture, item, message)


def is_on_github(environ: Mapping[str, str]) -> bool:
    return environ.get("GITHUB_ACTIONS") == "true"


def annotation_lines(failures: Sequence[Failure], root: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Workflow commands, each a line: the first failures, and how many more there are."""
    for failure in failures[:_MOST]:
        file = _property(_in_workspace(failure.capture, root, environ))
        title = _property(f"{Path(failure.capture).name}::{failure.item}")
        yield f"::error file={file},title={title}::{_data(failure.message)}"
    if len(failures) > _MOST:
        yield f"::error title=crimson parity::and {len(failures) - _MOST} more failures: see the summary and the log"


def append_job_summary(text: str, environ: Mapping[str, str]) -> None:
    """Add to the job's summary, where there is one; `ParityError` when that fails."""
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")
    except OSError as problem:
        raise ParityError(path, f"the job summary cannot be written: {problem.strerror}") from None


def _in_workspace(capture: str, root: Path, environ: Mapping[str, str]) -> str:
    """The capture's path as GitHub knows it: from the checkout, which the rootdir may lie in."""
    path, workspace = Path(os.path.normpath(root / capture)), environ.get("GITHUB_WORKSPACE")
    if workspace and path.is_relative_to(workspace):
        return path.relative_to(workspace).as_posix()
    return capture


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
