"""Is a trace whole, and what it says? Every byte is read, hashed, decoded and encoded again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from crimson.dbg.container import ChunkEntry
from crimson.dbg.payload import encode_chunk
from crimson.dbg.report import Check, VerifyReport
from crimson.dbg.schema import RunSettings, TraceMeta
from crimson.dbg.trace import TraceReader


def verify_trace(path: Path, replay: Path | None = None) -> VerifyReport:
    """Check a trace against itself and against its replay: the `.crd` beside it, unless another is given.

    Only a candidate may be without one. A trace that is not whole raises `DamagedTrace`, as for every other use of it;
    a replay that cannot be read raises `ReplayProblem`.
    """
    with TraceReader(path) as reader:
        given = replay is not None
        if replay is None:
            beside = path.with_suffix(".crd")
            replay = beside if beside.exists() or reader.meta.producer.kind == "original" else None
        entries = (reader.setup_entry, *reader.tick_entries)
        other_form = [entry for entry in entries if not _is_canonical(reader, entry)]
        where = ", ".join(f"the chunk of ticks {entry.first}..{entry.last}" for entry in other_form[:3])
        checks = [
            Check("chunks whole", ok=True, evidence=f"{len(entries) + 2} chunks read and hashed"),
            Check("index", ok=True, evidence=f"covers ticks 0..{reader.tick_count - 1} without a gap"),
            Check(
                "canonical encoding",
                ok=not other_form,
                evidence=f"{where} would be written otherwise"
                if other_form
                else "encoding the rows gives the same bytes",
            ),
            _ticks_check(reader),
            _producer_check(reader.meta),
        ]
        if replay is not None:
            checks += _replay_checks(reader, replay, given=given)
        verdict = "verified" if all(check.ok for check in checks) else "contradicted"
        return VerifyReport(str(path), str(replay or ""), verdict, reader.tick_count, tuple(checks))


def _is_canonical(reader: TraceReader, entry: ChunkEntry) -> bool:
    raw = reader.raw(entry)
    return encode_chunk(reader.decode(entry, raw), entry.first) == raw


def _ticks_check(reader: TraceReader) -> Check:
    if reader.tick_count:
        return Check("ticks", ok=True, evidence=f"{reader.tick_count} ticks")
    return Check("ticks", ok=False, evidence="the trace has no ticks, so nothing can be compared with it")


def _producer_check(meta: TraceMeta) -> Check:
    producer = meta.producer
    what = f"{producer.kind} of {producer.implementation} {producer.version}"
    if producer.kind not in ("original", "candidate"):
        return Check("producer", ok=False, evidence=f"the kind {producer.kind!r} is neither original nor candidate")
    if (producer.kind == "original") != (meta.capture is not None):
        return Check("producer", ok=False, evidence=f"{what}, but only originals say how they were captured")
    return Check("producer", ok=True, evidence=what)


def _replay_checks(reader: TraceReader, replay: Path, *, given: bool) -> list[Check]:
    from crimson.dbg.replays import CAPTURE_HINT, load_replay

    loaded = load_replay(replay, hint="" if given else CAPTURE_HINT)
    mine, theirs = reader.meta.source, loaded.source
    fingerprint = mine.replay_sha256 == theirs.replay_sha256
    ticks = len(loaded.replay.ticks)
    first = reader.tables(reader.setup_entry)["rng_stream"].columns[1][:1].tolist()
    return [
        Check(
            "replay",
            ok=fingerprint,
            evidence=f"run {theirs.replay_sha256[:16]}"
            if fingerprint
            else f"the trace is of run {mine.replay_sha256[:16]}, {replay.name} holds run {theirs.replay_sha256[:16]}",
        ),
        Check(
            "run settings",
            ok=mine.run == theirs.run,
            evidence=f"seed {theirs.run.seed}, mode {theirs.run.mode_id}, {theirs.run.player_count} player(s)"
            if mine.run == theirs.run
            else ", ".join(_differing_settings(mine.run, theirs.run)),
        ),
        Check(
            "game version",
            ok=mine.game_version == theirs.game_version,
            evidence=mine.game_version
            if mine.game_version == theirs.game_version
            else f"the trace names {mine.game_version}, the replay {theirs.game_version}",
        ),
        Check(
            "tick count",
            ok=ticks == reader.tick_count,
            evidence=f"{ticks} ticks on both sides"
            if ticks == reader.tick_count
            else f"the replay has {ticks} ticks, the trace {reader.tick_count}",
        ),
        Check(
            "seed",
            ok=first == [theirs.run.seed & 0xFFFFFFFF],
            evidence=f"the first draw starts at {first[0] if first else 'nothing'}, the seed is {theirs.run.seed}",
        ),
    ]


def _differing_settings(mine: RunSettings, theirs: RunSettings) -> Iterator[str]:
    replay = msgspec.structs.asdict(theirs)
    for name, value in msgspec.structs.asdict(mine).items():
        if value != replay[name]:
            yield f"{name} is {value} in the trace and {replay[name]} in the replay"
