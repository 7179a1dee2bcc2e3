"""The hooks of a run with `--parity`.

Such a run is about captures: in folders only `.cdt` files are collected. A test file that is named on the
command line is collected as ever, next to the captures.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from crimson.dbg.errors import ParityError
from pytest_crimson_parity.artifacts import Artifacts
from pytest_crimson_parity.cache import TraceCache
from pytest_crimson_parity.capture import SUFFIX, capture_name, in_utf8
from pytest_crimson_parity.cell import Cell, cell_of
from pytest_crimson_parity.collect import CaptureFile, Counts, Questions, add_markers
from pytest_crimson_parity.compare import Comparer
from pytest_crimson_parity.comparison_items import ParityItem, Tools
from pytest_crimson_parity.conclusion import Conclusion
from pytest_crimson_parity.frontier import FrontierProblem, read_frontier
from pytest_crimson_parity.github import Failure, annotation_lines, failure_of, is_on_github
from pytest_crimson_parity.items import CaptureItem, Disparity, explain
from pytest_crimson_parity.known import Known, decode_known, encode_known
from pytest_crimson_parity.known_candidates import choose_candidates
from pytest_crimson_parity.memory import read_memory
from pytest_crimson_parity.options import ParityOptions, read_options
from pytest_crimson_parity.ordering import longest_first
from pytest_crimson_parity.painted import PaintedText
from pytest_crimson_parity.recorder_process import RecorderFault
from pytest_crimson_parity.ruling import Judge
from pytest_crimson_parity.summary import SKIPPED, counted, write_blessing, write_summary
from pytest_crimson_parity.zig_candidate import ZigCandidate

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import Scheduling
    from xdist.workermanage import WorkerController

_OUTPUT = "crimson_parity_counts"
_INPUT = "crimson_parity_known"
_RUN = "crimson_parity_run"
_FLAW = "crimson_parity_zig_flaw"
# Collection went to its end, so what it found can be told.
_COLLECTED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


class ParitySession:
    """Registered as a plugin in the controller and in every worker."""

    def __init__(self, config: pytest.Config) -> None:
        options = read_options(config)
        self._candidates = choose_candidates(config, options)
        self._zig = next((found for found in self._candidates if isinstance(found, ZigCandidate)), None)
        if self._zig is not None:
            self._zig.take(getattr(config, "workerinput", {}).get(_FLAW, ()))
        add_markers(config, self._candidates)
        # For workers, which may have another working directory.
        config.option.parity_cache = str(options.cache_dir)
        config.option.parity_artifacts = str(options.artifacts_dir)
        self._config = config
        self._cache_dir = options.cache_dir
        # They may be given by way of links and of `..`.
        self._ignored = {options.cache_dir.resolve(), options.artifacts_dir.resolve()}
        self._names = options.candidates
        self._counts = Counts()
        self._run = _run_name(config)
        self._cache = TraceCache(options.cache_dir, options.cache_bytes, self._run)
        comparer = Comparer(self._cache, options.sustain, options.strict, options.full)
        self._known = _known(config, options)
        self._judge = Judge(self._known, blessing=options.blessing)
        artifacts = Artifacts(
            options.artifacts_dir, config.rootpath, sustain=options.sustain, strict=options.strict, full=options.full
        )
        tools = Tools(comparer, self._judge, artifacts, options.required)
        self._questions = Questions(self._candidates, tools, self._counts, self._known, options.window)
        self._cells: dict[str, Cell] = {}
        self._failures: list[Failure] = []
        self._conclusion = Conclusion(config, options, self._known, artifacts)
        self._named = {_path_of(config, argument) for argument in config.args}

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        self._require_arguments()
        if self._zig is None or hasattr(self._config, "workerinput") or self._config.getoption("collectonly"):
            return
        # Before the workers start, so that what takes long is done once, and said.
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        self._zig.prepare(reporter.write_line if reporter is not None else lambda line: None)

    def _require_arguments(self) -> None:
        # With xdist, pytest's own check is made in the workers and nobody hears of it.
        if self._config.getoption("pyargs"):
            return
        for argument in self._config.args:
            if not _path_of(self._config, argument).exists():
                raise pytest.UsageError(f"file or directory not found: {argument}")

    def pytest_report_header(self) -> str:
        folder, root = self._cache_dir, self._config.rootpath
        where = folder.relative_to(root) if folder.is_relative_to(root) else folder
        return f"crimson parity: {', '.join(self._names)}; candidate traces: {where}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        if collection_path.resolve() in self._ignored:
            return True
        if collection_path.is_dir():
            return self._is_kept(collection_path) or None
        if collection_path.suffix == SUFFIX:
            return None
        # pytest asks about a file that is named itself only when its folder is named too.
        return None if collection_path.resolve() in self._named else True

    def _is_kept(self, folder: Path) -> bool:
        """Whether a folder is what a run kept of a capture, elsewhere or under another name, and is not asked for."""
        real = folder.resolve()
        if real.suffix != SUFFIX or any(named.is_relative_to(real) for named in self._named):
            return False
        self._counts.kept.add(in_utf8(str(real)))
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path) -> None:
        real = path.resolve()
        if not any(real.is_relative_to(named) for named in self._named):
            return
        for link in path.glob(f"*{SUFFIX}"):
            if not link.exists():
                self._counts.dangling.add(in_utf8(capture_name(link, self._config.rootpath)))

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> CaptureFile | None:
        if file_path.suffix != SUFFIX:
            return None
        return CaptureFile.of(parent, file_path, self._questions)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if hasattr(self._config, "workerinput"):
            longest_first(items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        # Deselected items will not be there to bless anything.
        compared = (item for item in session.items if isinstance(item, ParityItem))
        self._judge.expect({item.key for item in compared if item.window is None})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if isinstance(item, CaptureItem) and call.excinfo is not None:
            problem = call.excinfo.value
            # What the user can act on, in words; where it was raised matters only for real bugs.
            if isinstance(problem, ParityError):
                report.longrepr = explain(problem)
            elif isinstance(problem, Disparity | RecorderFault):
                report.longrepr = str(problem)
        return report

    # Before the JUnit file takes its message from the text.
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if f"{SUFFIX}::" in report.nodeid:
            # A worker that dies does not tell what it collected.
            self._counts.captures = max(self._counts.captures, 1)
            if (failure := failure_of(report)) is not None:
                self._failures.append(failure)
            # Here and not where it is made: a worker sends plain text.
            if isinstance(report.longrepr, str):
                report.longrepr = PaintedText(report.longrepr)
        cell = cell_of(report)
        if cell is None or (report.when != "call" and report.passed):
            return
        if report.skipped and cell.verdict == "tool fault" and not hasattr(report, "wasxfail"):
            # By a marker, before anything was asked.
            cell = msgspec.structs.replace(cell, verdict=SKIPPED)
        elif report.when != "call" and cell.is_settled:
            # It was compared, and then something broke down: that is no answer.
            cell = msgspec.structs.replace(cell, verdict="tool fault")
        self._cells[report.nodeid] = cell

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = self._counts.facts()
            return (yield)
        if not self._config.getoption("collectonly"):
            self._conclusion.conclude(self._cells.values())
            self._conclusion.require_captures(self._names, self._named)
            self._conclusion.problems += [
                f"{link}: a link to a file that is not there" for link in sorted(self._counts.dangling)
            ]
        if self._conclusion.problems and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if not self._counts.captures and session.exitstatus == pytest.ExitCode.OK:
            # Other tests may have passed; a parity run without a capture has not.
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
        return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        node.workerinput[_INPUT] = encode_known(self._known)
        node.workerinput[_RUN] = self._run
        if self._zig is not None:
            node.workerinput[_FLAW] = self._zig.flaw

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: WorkerController) -> None:
        output = getattr(node, "workeroutput", None) or {}
        if _OUTPUT in output:
            # Every worker collects everything.
            self._counts.join(output[_OUTPUT])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Producer) -> Scheduling | None:
        if config.getoption("dist") != "load":
            return None  # another distribution was asked for
        from pytest_crimson_parity.scheduling import CaptureScheduling

        return CaptureScheduling(config, log)

    def pytest_unconfigure(self) -> None:
        for candidate in self._candidates:
            candidate.close()
        if not hasattr(self._config, "workerinput"):
            self._cache.forget_session()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        if self._cells:
            write_summary(terminalreporter, list(self._cells.values()))
        if self._conclusion.blessing is not None:
            write_blessing(terminalreporter, self._conclusion.blessing)
        if is_on_github(os.environ):
            for line in annotation_lines(self._failures, self._config.rootpath, os.environ):
                terminalreporter.line(line)
        for problem in self._conclusion.problems:
            terminalreporter.line(f"ERROR: {problem}", red=True)
        if self._counts.candidate_traces:
            terminalreporter.line(
                f"skipped {counted(self._counts.candidate_traces, 'trace')} of candidates: "
                "only an original is something to measure against"
            )
        if self._counts.kept:
            terminalreporter.line(
                f"skipped {counted(len(self._counts.kept), f'folder NAME{SUFFIX}', f'folders NAME{SUFFIX}')}: "
                "so artifacts are kept; name one to collect it"
            )
        if not self._counts.captures and exitstatus in _COLLECTED:
            where = ", ".join(self._config.args)
            terminalreporter.line(
                f"ERROR: --parity found no capture, that is no NAME.cdt of the original, in {where}",
                red=True,
            )


def _known(config: pytest.Config, options: ParityOptions) -> Known:
    """What the controller knows; it reads the files, and its workers are told."""
    told = getattr(config, "workerinput", None)
    if told is not None:
        return decode_known(told[_INPUT])
    # --sw starts anew when there are more items than before, and a run that stopped leaves a window.
    stepwise: bool = config.getoption("stepwise", default=False)
    try:
        return Known(() if stepwise else read_memory(config), read_frontier(options.frontier))
    except FrontierProblem as problem:
        raise pytest.UsageError(str(problem)) from None


def _run_name(config: pytest.Config) -> str:
    """A name for this run that no other has, the same in its controller and its workers."""
    told: dict[str, str] | None = getattr(config, "workerinput", None)
    return uuid.uuid4().hex[:16] if told is None else told[_RUN]


def _path_of(config: pytest.Config, argument: str) -> Path:
    """The file or folder that an argument names, whatever it selects there."""
    return (config.invocation_params.dir / argument.split("::", maxsplit=1)[0]).resolve()
