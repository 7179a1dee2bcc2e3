"""The candidate `zig`: built once, and measured like any other."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import msgspec
import pytest
from capture_kit import Captures, change_trace
from crimson.replay.codec import dump_replay_file
from crimson.sim.commands import PerkMenuOpenCommand

from crimson.dbg import zig_build
from crimson.dbg.errors import ParityError
from crimson.dbg.replays import load_replay, replay_fingerprint
from crimson.dbg.schema import TraceMeta
from crimson.dbg.trace import TraceReader
from crimson.dbg.zig_program import zig_refusal
from pytest_crimson_parity.zig_candidate import ZigCandidate

# pytester has a home of its own, in which nothing is built yet.
_CACHE = zig_build.cache_folder().parent


@pytest.fixture(autouse=True)
def _built_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(_CACHE))


def test_both_play_rush_like_the_original_unless_one_is_chosen(captures: Captures) -> None:
    captures.keep("rush")
    result = captures.run("--parity", "-m", "parity")
    result.assert_outcomes(passed=2)
    result.stdout.re_match_lines([r"captures/rush.cdt +rush +140 +zig +none .*", "0 diverged, 2 equal, 0 errors"])


def test_a_window_is_recorded_to_its_end(captures: Captures) -> None:
    captures.keep("rush")
    captures.cache = captures.pytester.path / "own-cache"
    captures.run("--parity=zig", "--tick-window", "20:40", "-k", "tick_window").assert_outcomes(passed=1)
    (trace,) = captures.cache.rglob("*.cdt")
    with TraceReader(trace) as reader:
        assert reader.tick_count == 41


def test_what_it_refuses_is_known_and_blessed_like_pythons_refusals(captures: Captures) -> None:
    captures.keep("rush")
    path = captures / "rush.crd"
    replay = load_replay(path).replay
    ticks = list(replay.ticks)
    ticks[12] = msgspec.structs.replace(ticks[12], commands=(PerkMenuOpenCommand(player_index=0),))
    dump_replay_file(path, msgspec.structs.replace(replay, ticks=ticks))

    def about(meta: TraceMeta) -> TraceMeta:
        source = msgspec.structs.replace(meta.source, replay_sha256=replay_fingerprint(path))
        return msgspec.structs.replace(meta, source=source)

    change_trace(captures / "rush.cdt", about=about)
    result = captures.run("--parity", "-m", "parity")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines_random(
        [
            "the runtime refuses the replay at tick 12: *",
            "crimson-zig refuses the replay at tick 12: perk command in Rush",
            *(f"captures/rush.cdt *{name} *12 (refused) *" for name in ("python", "zig")),
            "2 diverged, 0 equal, 0 errors",
        ]
    )
    captures.run("--parity", "-m", "parity", "--snapshot-update").assert_outcomes(xfailed=2)


@pytest.mark.parametrize(
    ("code", "said", "tick", "words"),
    [
        (2, "tick 7: a: b", 7, "crimson-zig refuses the replay at tick 7: a: b"),
        (2, "tick -1: rules 3", None, "crimson-zig refuses the replay before tick 0: rules 3"),
        (
            2,
            "ticks 64..70 have more rows than a chunk can hold",
            70,
            "ticks 64..70 have more rows than a chunk can hold",
        ),
        (2, "not a replay this build reads: tick 3: x", None, "not a replay this build reads: tick 3: x"),
    ],
)
def test_its_refusals_by_their_words(code: int, said: str, tick: int | None, words: str) -> None:
    refusal = zig_refusal(code, f"error: a b.crd: {said}", "a b.crd")
    assert refusal is not None
    assert (refusal.where, refusal.problem, refusal.tick) == ("a b.crd", words, tick)
    assert zig_refusal(code, f"error: b.cdt: {said}", "a b.crd") is None
    assert zig_refusal(134, f"error: a b.crd: {said}", "a b.crd") is None


def test_what_is_kept_of_a_crash_names_no_place(captures: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    captures.keep("rush")
    (captures.pytester.path / "zig").write_text('#!/bin/sh\necho "$0 $@"; exit 3\n')
    (captures.pytester.path / "zig").chmod(0o755)
    monkeypatch.setattr(ZigCandidate, "_program", captures.pytester.path / "zig")
    captures.cache = captures.pytester.path / "own-cache"
    captures.run("--parity=zig", "-m", "parity").assert_outcomes(failed=1)
    kept = Path(".crimson-parity/artifacts/captures/rush.cdt/zig/report.txt").read_text()
    assert kept == (
        "the candidate zig failed: exit code 3\n  in    captures/rush.crd\n\n"
        "cd . && crimson-zig record captures/rush.crd --out {out} --until 2147483647\n"
        "it printed:\n    crimson-zig record captures/rush.crd --out {out} --until 2147483647\n"
    )


@pytest.fixture
def without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = zig_build.metadata.PackageNotFoundError
    monkeypatch.setattr(
        zig_build, "metadata", mock.Mock(version=mock.Mock(side_effect=absent), PackageNotFoundError=absent)
    )


@pytest.mark.usefixtures("without_compiler")
def test_without_a_compiler_its_items_are_skipped_and_that_is_said_once(captures: Captures) -> None:
    captures.keep("rush", "survival")
    result = captures.run("--parity", "-m", "parity")
    result.assert_outcomes(passed=2, skipped=2)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "captures/rush.cdt*zig*not tried*",
            (
                "the candidate zig was not tried: crimson-zig: is compiled by ziglang, which is missing "
                "(pip install 'pytest-crimson-parity[[]zig[]]')"
            ),
            "0 diverged, 2 equal, 0 errors, 2 not tried",
        ]
    )
    assert result.stdout.str().count("was not tried:") == 1
    result = captures.run("--parity=zig", "-m", "parity")
    result.assert_outcomes(skipped=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["ERROR: nothing was compared: every comparison was skipped"])


@pytest.mark.usefixtures("without_compiler")
def test_a_candidate_that_is_required_is_not_skipped(captures: Captures) -> None:
    captures.keep("rush")
    result = captures.run("--parity=zig", "--parity-require=zig", "-m", "parity")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*is compiled by ziglang, which is missing"])
    result.stdout.fnmatch_lines(["captures/rush.cdt*zig*not built*", "0 diverged, 0 equal, 1 error"])
    result.stdout.no_fnmatch_line("*was not tried*")


@pytest.mark.parametrize("worker", [False, True])
def test_what_does_not_compile_is_compiled_once_and_told_by_every_item(
    captures: Captures, monkeypatch: pytest.MonkeyPatch, worker: bool
) -> None:
    captures.keep("rush", "survival")
    monkeypatch.setenv("XDG_CACHE_HOME", str(captures.pytester.path / "empty"))
    failing = mock.Mock(side_effect=ParityError("crimson-zig", "does not compile"))
    monkeypatch.setattr(zig_build, "compile_program", failing)
    if worker:
        # as if the controller had told it
        monkeypatch.setattr(
            ZigCandidate, "prepare", lambda zig, tell: zig.take(("crimson-zig", "does not compile", ""))
        )
    result = captures.run("--parity", "-m", "zig")
    result.assert_outcomes(errors=2)
    assert failing.call_count == (0 if worker else 1)
    assert result.stdout.str().count("\ndoes not compile\n") == 2
    result.stdout.fnmatch_lines(["captures/rush.cdt *zig *not built *"])


def test_only_a_candidate_of_the_run_can_be_required(captures: Captures) -> None:
    result = captures.run("--parity-require=zig")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --parity-require: zig is not among --parity=python"])
