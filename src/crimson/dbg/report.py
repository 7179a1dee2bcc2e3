"""What diff, health and verify found, as typed structs: the same facts for terminals, JSON and the plugin."""

from __future__ import annotations

from typing import Literal

import msgspec

from crimson.dbg.schema import RunSettings

type Value = bool | int | float | str | None

DiffVerdict = Literal["equal", "diverged", "ended_early", "wrong_run", "nothing_compared"]


class ReportPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Any struct of a report."""


class Check(ReportPart, frozen=True, forbid_unknown_fields=True):
    """One question asked of a trace: `evidence` is what the answer rests on."""

    name: str
    ok: bool
    evidence: str


class HealthReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="health", tag_field="report"):
    trace: str
    verdict: Literal["healthy", "unhealthy"]
    ticks: int
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return self.verdict == "healthy"


class VerifyReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="verify", tag_field="report"):
    trace: str
    # Empty when the trace was verified alone.
    replay: str
    verdict: Literal["verified", "contradicted"]
    ticks: int
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return self.verdict == "verified"


class TraceSummary(ReportPart, frozen=True, forbid_unknown_fields=True):
    """Which trace a report speaks of."""

    path: str
    implementation: str
    version: str
    kind: str
    ticks: int


class FieldDifference(ReportPart, frozen=True, forbid_unknown_fields=True):
    """One field of one row at one tick. A row that only one side has is a difference of its whole path.

    Floats carry the bits of both f32 values, and how many f32 steps lie between them.
    """

    channel: str
    path: str
    expected: Value
    actual: Value
    expected_bits: int | None = None
    actual_bits: int | None = None
    ulps: int | None = None


LeadKind = Literal["end", "timing", "rng", "presence", "drift", "summary", "hidden"]


class Lead(ReportPart, frozen=True, forbid_unknown_fields=True):
    """What explains the rest of a divergence, as far as the traces tell.

    `subject` names the cause without slots and ticks, so that the same cause in other captures has the same name;
    `path` says where it is, and `statement` says it in a sentence.
    """

    kind: LeadKind
    channel: str
    subject: str
    path: str
    statement: str

    @property
    def brief(self) -> str:
        return f"{self.kind}: {self.subject}"


class ChannelDifference(ReportPart, frozen=True, forbid_unknown_fields=True):
    channel: str
    first_tick: int
    # In how many of the compared ticks it differs.
    ticks: int


class HiddenFinding(ReportPart, frozen=True, forbid_unknown_fields=True):
    """A digest of unsampled state that differs."""

    region: str
    first_tick: int
    ticks: int


class Blip(ReportPart, frozen=True, forbid_unknown_fields=True):
    """A run of diverging ticks that healed before it was long enough to count."""

    first: int
    last: int


class DiffReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="diff", tag_field="report"):
    expected: TraceSummary
    actual: TraceSummary
    run: RunSettings
    verdict: DiffVerdict
    sustain: int
    strict: bool
    # The ticks asked for; of those, how many were compared on both sides.
    window: tuple[int, int]
    ticks_compared: int
    # The onset of the first sustained divergence; -1 is the state after run set-up.
    first_bad_tick: int | None
    lead: Lead | None
    channels: tuple[ChannelDifference, ...]
    hidden: tuple[HiddenFinding, ...]
    blips: tuple[Blip, ...]
    # Every difference at the first bad tick, or of the runs' identities.
    fields: tuple[FieldDifference, ...]

    @property
    def ok(self) -> bool:
        return self.verdict == "equal"


class RecoverReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="recover", tag_field="report"):
    trace: str
    out: str
    ticks: int
    # Bytes of the damaged file that belong to no whole chunk.
    dropped_bytes: int


class RecordSummary(ReportPart, frozen=True, forbid_unknown_fields=True, tag="record", tag_field="report"):
    replay: str
    out: str
    ticks: int
    notes: tuple[str, ...]


class FinalizedRun(ReportPart, frozen=True, forbid_unknown_fields=True):
    trace: str
    replay: str
    ticks: int


class FinalizeReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="finalize", tag_field="report"):
    capture: str
    runs: tuple[FinalizedRun, ...]
    # Damage that was tolerated, as the traces' metadata says too.
    tolerated: tuple[str, ...]


def to_json(report: ReportPart) -> str:
    """The report as indented JSON with its fields in declaration order."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
