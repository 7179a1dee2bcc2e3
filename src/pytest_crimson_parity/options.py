"""The options of the plugin: how they are declared, and what they mean once parsed."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from crimson.dbg.windows import Window

DEFAULT_CANDIDATES = "python,zig"
# Beside the tests and not in pytest's own cache: entries are named by content, so none goes stale,
# and --cache-clear should not throw hours of recording away.
DEFAULT_CACHE = ".crimson-parity"
DEFAULT_ARTIFACTS = f"{DEFAULT_CACHE}/artifacts"
DEFAULT_FRONTIER = "parity-frontier.json"
DEFAULT_CACHE_MIB = 2048
DEFAULT_TIMEOUT = 900.0
_MIB = 1024 * 1024
_MOST = 2**31 - 1
# Those that mean nothing without --parity.
_OF_PARITY = frozenset(
    (
        *("--parity-require", "--parity-strict", "--parity-cache", "--parity-artifacts", "--parity-full"),
        *("--parity-timeout", "--tick-window"),
    )
)


def add_options(parser: pytest.Parser) -> None:
    """Declare the options. Runs in every pytest process, so nothing heavy is imported for it."""
    group = parser.getgroup("crimson parity")
    group.addoption(
        "--parity",
        nargs="?",
        const=DEFAULT_CANDIDATES,
        default=None,
        metavar="CANDIDATES",
        help="collect captures as parity items; choose candidates with =NAME,... (default: "
        f"{DEFAULT_CANDIDATES}; others come from the ini list parity_candidates or the hook "
        "pytest_crimson_parity_candidates)",
    )
    group.addoption(
        "--parity-require",
        metavar="CANDIDATES",
        default="",
        help="an error, not a skip, where the toolchain of one of these candidates is missing",
    )
    group.addoption(
        "--parity-strict",
        action="store_true",
        help="fail on differences that heal by themselves and on hidden state that differs",
    )
    group.addoption(
        "--parity-cache",
        metavar="DIR",
        help=f"keep recorded candidate traces here (default: {DEFAULT_CACHE} in the rootdir)",
    )
    group.addoption(
        "--parity-artifacts",
        metavar="DIR",
        help=f"keep reports and traces of what does not pass here (default: {DEFAULT_ARTIFACTS} in the rootdir)",
    )
    group.addoption(
        "--tick-window",
        metavar="FIRST:LAST",
        help="compare these ticks of every capture with every candidate, as items of their own",
    )
    group.addoption(
        "--parity-full",
        action="store_true",
        help="record to the end of the run, also behind a divergence",
    )
    group.addoption(
        "--parity-timeout",
        type=float,
        metavar="SECONDS",
        help=f"how long a recording may take (default: parity_timeout, {DEFAULT_TIMEOUT:g})",
    )
    parser.addini(
        "parity_candidates",
        "candidates by command, NAME = COMMAND with {replay}, {out} and, if it can, {until} (the last tick wanted)",
        type="linelist",
    )
    parser.addini(
        "parity_identities",
        "commands that print what the build of a candidate is, NAME = COMMAND; without one no trace of it is kept",
        type="linelist",
    )
    # A number that is none comes as its text: the message about it can say what was expected.
    parser.addini("parity_timeout", "how many seconds a recording may take", type=float | str, default=DEFAULT_TIMEOUT)
    parser.addini("parity_cache_dir", "where recorded candidate traces are kept; relative to the rootdir")
    parser.addini("parity_artifacts_dir", "where --parity-artifacts are kept; relative to the rootdir")
    parser.addini("parity_frontier", f"the file of known divergences; relative to the rootdir ({DEFAULT_FRONTIER})")
    parser.addini(
        "parity_cache_mib",
        "least recently used candidate traces are removed above this size, in MiB",
        type=int | str,
        default=DEFAULT_CACHE_MIB,
    )
    parser.addini(
        "parity_sustain",
        "how many consecutive ticks must differ to count as a divergence",
        type=int | str,
        default=3,
    )


def require_no_options(config: pytest.Config) -> None:
    """A usage error for an option of the command line that means nothing in a run without `--parity`."""
    words = itertools.takewhile(lambda word: word != "--", map(str, config.invocation_params.args))
    idle = sorted({word.partition("=")[0] for word in words}.intersection(_OF_PARITY))
    if idle:
        raise pytest.UsageError(f"{', '.join(idle)}: only with --parity")


@dataclass(frozen=True, slots=True)
class ParityOptions:
    """What the user asked for."""

    candidates: tuple[str, ...]
    # Of these, the ones that must not be skipped.
    required: frozenset[str]
    strict: bool
    # Whether to record on behind a divergence.
    full: bool
    sustain: int
    # How many seconds a recording may take.
    timeout: float
    cache_dir: Path
    cache_bytes: int
    # Asked for by hand, in place of those that are known.
    window: Window | None
    artifacts_dir: Path
    frontier: Path
    # Whether to bless where each capture and candidate stands.
    blessing: bool


def read_options(config: pytest.Config) -> ParityOptions:
    """The options of a run with `--parity`; a value that means nothing is a usage error."""
    candidates = _names(config.getoption("parity"))
    if not candidates:
        raise pytest.UsageError("--parity= names no candidate")
    return ParityOptions(
        candidates=candidates,
        required=_required(config.getoption("parity_require"), candidates),
        strict=config.getoption("parity_strict"),
        full=config.getoption("parity_full"),
        sustain=_whole(config, "parity_sustain", 1, "ticks in a row"),
        timeout=_timeout(config),
        cache_dir=_folder(config, "parity_cache", "parity_cache_dir", DEFAULT_CACHE),
        cache_bytes=_whole(config, "parity_cache_mib", 0, "MiB") * _MIB,
        window=_window(config.getoption("tick_window")),
        artifacts_dir=_folder(config, "parity_artifacts", "parity_artifacts_dir", DEFAULT_ARTIFACTS),
        frontier=config.rootpath / Path(config.getini("parity_frontier") or DEFAULT_FRONTIER).expanduser(),
        # syrupy's --snapshot-update; without syrupy there is no such option
        blessing=config.getoption("update_snapshots", default=False),
    )


def _timeout(config: pytest.Config) -> float:
    option: float | None = config.getoption("parity_timeout")
    seconds: float | str = config.getini("parity_timeout") if option is None else option
    if isinstance(seconds, str) or not 0 < seconds < threading.TIMEOUT_MAX:
        where = _place(config, "parity_timeout") if option is None else "--parity-timeout"
        shown = repr(seconds) if isinstance(seconds, str) else f"{seconds:g}"
        raise pytest.UsageError(f"{where} is {shown}; expected a number of seconds above 0")
    return seconds


def _whole(config: pytest.Config, name: str, least: int, unit: str) -> int:
    """An ini option that is a whole number."""
    number: int | str = config.getini(name)
    if isinstance(number, str) or not least <= number <= _MOST:
        expected = f"expected a whole number of {unit}, {least} to {_MOST}"
        raise pytest.UsageError(f"{_place(config, name)} is {number!r}; {expected}")
    return number


def _place(config: pytest.Config, name: str) -> str:
    """An ini option with the file that sets it, if one does."""
    given: list[str] = config.getoption("override_ini") or []
    if config.inipath is None or any(word.partition("=")[0].strip() == name for word in given):
        return name
    return f"{config.inipath}: {name}"


def _names(given: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))


def _required(given: str, candidates: Collection[str]) -> frozenset[str]:
    names = frozenset(_names(given))
    missing = sorted(names.difference(candidates))
    if missing:
        raise pytest.UsageError(f"--parity-require: {', '.join(missing)} is not among --parity={','.join(candidates)}")
    return names


def _window(given: str | None) -> Window | None:
    from crimson.dbg.errors import BadUsage
    from crimson.dbg.windows import parse_window

    try:
        return None if given is None else parse_window(given, "--tick-window")
    except BadUsage as problem:
        raise pytest.UsageError(str(problem)) from None


def _folder(config: pytest.Config, option: str, ini: str, default: str) -> Path:
    """A folder of an option, which is relative to where pytest was started, or of an ini option."""
    given: str | None = config.getoption(option)
    if given:
        return (config.invocation_params.dir / Path(given).expanduser()).absolute()
    configured: str = config.getini(ini)
    return config.rootpath / Path(configured or default).expanduser()
