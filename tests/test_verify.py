"""Each claim that `verify` checks, contradicted alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import forge
import msgspec
import pytest
import synthetic
from command import crimson_dbg
from short_replays import SHORT_TICKS
from synthetic import setting

from crimson.dbg import schema
from crimson.dbg.record import record_replay
from crimson.dbg.replays import load_replay
from crimson.dbg.report import VerifyReport
from crimson.dbg.rows import TableRows
from crimson.dbg.trace import TraceReader
from crimson.dbg.trace_writer import TraceWriter, copy_with_meta
from crimson.dbg.verify import verify_trace

ALONE = ("chunks whole", "index", "canonical encoding", "ticks", "producer")
WITH_REPLAY = (*ALONE, "replay", "run settings", "game version", "tick count", "seed")
type MetaChange = Callable[[schema.TraceMeta], schema.TraceMeta]


def failures(report: VerifyReport) -> dict[str, str]:
    assert tuple(check.name for check in report.checks) == (WITH_REPLAY if report.replay else ALONE)
    failed = {check.name: check.evidence for check in report.checks if not check.ok}
    assert report.ok == (not failed)
    return failed


def contradicted(trace: Path, replay: Path) -> dict[str, str]:
    """The claims that fail, in the library and on the command line."""
    shutil.copy(replay, trace.with_suffix(".crd"))
    report = verify_trace(trace)
    assert report == verify_trace(trace, trace.with_suffix(".crd"))
    outcome = crimson_dbg("verify", trace)
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.startswith(f"contradicted: {trace} against {trace.with_suffix('.crd')}, ")
    outcome = crimson_dbg("verify", trace, "--json")
    assert outcome.code == 1
    assert msgspec.json.decode(outcome.out, type=VerifyReport) == report
    return failures(report)


def test_a_good_trace(original: Path, tmp_path: Path) -> None:
    report = verify_trace(original)
    assert (report.verdict, report.ticks, failures(report)) == ("verified", SHORT_TICKS, {})
    assert report.replay == str(original.with_suffix(".crd"))
    candidate = tmp_path / "candidate.cdt"
    record_replay(load_replay(original.with_suffix(".crd")), candidate)
    alone = verify_trace(candidate)
    assert (alone.verdict, alone.replay, failures(alone)) == ("verified", "", {})
    beside = verify_trace(candidate, original.with_suffix(".crd"))
    assert (beside.verdict, failures(beside)) == ("verified", {})


def _source(**changes: str | schema.RunSettings) -> MetaChange:
    def change(meta: schema.TraceMeta) -> schema.TraceMeta:
        return msgspec.structs.replace(meta, source=msgspec.structs.replace(meta.source, **changes))

    return change


def _run(**changes: int | bool | str) -> MetaChange:
    def change(meta: schema.TraceMeta) -> schema.TraceMeta:
        return _source(run=msgspec.structs.replace(meta.source.run, **changes))(meta)

    return change


def _producer(kind: str) -> MetaChange:
    def change(meta: schema.TraceMeta) -> schema.TraceMeta:
        return msgspec.structs.replace(meta, producer=msgspec.structs.replace(meta.producer, kind=kind))

    return change


@pytest.mark.parametrize(
    ("change", "check", "evidence"),
    [
        (_source(replay_sha256="ab" * 32), "replay", "the trace is of run abababababababab, bad.crd holds run "),
        (_source(game_version="1.0"), "game version", "the trace names 1.0, the replay 1.9.93"),
        (_run(hardcore=True), "run settings", "hardcore is True in the trace and False in the replay"),
        (_run(rules=1), "run settings", "rules is 1 in the trace and 2 in the replay"),
        (_run(mode_id=2), "run settings", "mode_id is 2 in the trace and 1 in the replay"),
        (_run(player_count=1), "run settings", "player_count is 1 in the trace and 2 in the replay"),
        (_run(preserve_bugs=False), "run settings", "preserve_bugs is False in the trace and True in the replay"),
        (_run(friendly_fire=True), "run settings", "friendly_fire is True in the trace and False in the replay"),
        (_run(seed=5), "run settings", "seed is 5 in the trace and "),
        (_run(quest="1.1"), "run settings", "quest is 1.1 in the trace and "),
        (_producer("clone"), "producer", "the kind 'clone' is neither original nor candidate"),
        (_producer("candidate"), "producer", "candidate of crimsonland (re-simulated) 1.9.93, but only originals say"),
        (
            lambda meta: msgspec.structs.replace(meta, capture=None),
            "producer",
            "original of crimsonland (re-simulated) 1.9.93, but only originals say how they were captured",
        ),
    ],
    ids=[
        "replay",
        "version",
        "hardcore",
        "rules",
        "mode",
        "players",
        "bugs",
        "friends",
        "seed",
        "quest",
        "kind",
        "candidate",
        "capture",
    ],
)
def test_metadata_that_lies(change: MetaChange, check: str, evidence: str, original: Path, tmp_path: Path) -> None:
    with TraceReader(original) as reader:
        meta = change(reader.meta)
    copy_with_meta(original, tmp_path / "bad.cdt", meta)
    failed = contradicted(tmp_path / "bad.cdt", original.with_suffix(".crd"))
    assert [*failed] == [check]
    assert failed[check].startswith(evidence)


def test_fewer_ticks_than_the_replay(original: Path, tmp_path: Path) -> None:
    with TraceReader(original) as reader, (tmp_path / "bad.cdt").open("wb") as file:
        writer = TraceWriter(file, reader.meta)
        for tick in range(-1, 100):
            writer.append(reader.tick(tick))
        writer.finish()
    assert contradicted(tmp_path / "bad.cdt", original.with_suffix(".crd")) == {
        "tick count": "the replay has 150 ticks, the trace 100"
    }


def test_no_ticks(tmp_path: Path) -> None:
    report = verify_trace(synthetic.write_trace(tmp_path / "none.cdt", 0))
    assert failures(report) == {"ticks": "the trace has no ticks, so nothing can be compared with it"}
    assert crimson_dbg("verify", tmp_path / "none.cdt").code == 1


def test_another_seed(original: Path, tmp_path: Path) -> None:
    path = synthetic.rewrite(
        original, tmp_path / "bad.cdt", setting("rng_stream", "state_before", -1, lambda state: state ^ 1)
    )
    failed = contradicted(path, original.with_suffix(".crd"))
    assert [*failed] == ["seed"]
    with TraceReader(original) as reader:
        seed = reader.meta.source.run.seed
    assert failed["seed"] == f"the first draw starts at {seed ^ 1}, the seed is {seed}"


def test_no_draws_at_all(original: Path, tmp_path: Path) -> None:
    def change(tables: synthetic.Tables, first: int) -> None:
        if first == -1:
            rows = tables["rng_stream"]
            tables["rng_stream"] = TableRows(rows.ticks[:0], tuple(column[:0] for column in rows.columns))

    failed = contradicted(synthetic.rewrite(original, tmp_path / "bad.cdt", change), original.with_suffix(".crd"))
    assert failed["seed"].startswith("the first draw starts at nothing, the seed is ")


@pytest.mark.parametrize(("position", "where"), [(1, "ticks -1..-1"), (2, "ticks 0..149")])
def test_an_encoding_that_is_not_canonical(position: int, where: str, original: Path, tmp_path: Path) -> None:
    chunks = forge.chunks_of(original)
    raw = chunks[position].raw
    # The array of tables, which has an array 16's header, with an array 32's.
    assert raw[:2] == b"\x91\xdc"
    chunks[position] = replace(chunks[position], raw=b"\x91\xdd\0\0" + raw[2:])
    (tmp_path / "bad.cdt").write_bytes(forge.trace(chunks))
    assert contradicted(tmp_path / "bad.cdt", original.with_suffix(".crd")) == {
        "canonical encoding": f"the chunk of {where} would be written otherwise"
    }
