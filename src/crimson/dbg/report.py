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
    """One field of one row at one tick; without a field it is the row itself, which only one side has.

    Floats carry the bits of both f32 values, and how many f32 steps lie between them.
    """

    # The trace's table, or "source" for the identity of a run and "presence" for whole ticks.
    table: str
    # The slot of a pool's row or the position in a log; None where a tick has one row at most.
    row: int | None
    field: str
    expected: Value
    actual: Value
    expected_bits: int | None = None
    actual_bits: int | None = None
    ulps: int | None = None

    @property
    def channel(self) -> str:
        return self.table.partition(".")[0]

    @property
    def row_path(self) -> str:
        return self.table if self.row is None else f"{self.table}[{self.row}]"

    @property
    def path(self) -> str:
        return f"{self.row_path}.{self.field}" if self.field else self.row_path


LeadKind = Literal["end", "timing", "rng", "presence", "drift", "summary", "hidden"]


class Lead(ReportPart, frozen=True, forbid_unknown_fields=True):
    """What explains the rest of a divergence, as far as the traces tell.

    `subject` names the cause without slots and ticks, so that the same cause in other captures has the same name;
    `path` and `tick` say where it is, and `statement` says it in a sentence. The tick comes before the first bad one
    when the cause was there before its first visible effect.
    """

    kind: LeadKind
    channel: str
    subject: str
    path: str
    tick: int
    statement: str

    @property
    def brief(self) -> str:
        return f"{self.subject} ({self.kind})"


class ChannelDifference(ReportPart, frozen=True, forbid_unknown_fields=True):
    channel: str
    first_tick: int
    # In how many of the compared ticks it differs.
    ticks: int
    # The first tick from which it differs for good, by the rule for the whole; None when it always healed.
    onset: int | None
    # How many runs healed before that.
    blips: int


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
    # How many f32 steps floats were allowed to lie apart.
    ulps: int
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


class BisectReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="bisect", tag_field="report"):
    """Where to look: two traces, the first bad tick, and the window around it."""

    expected: str
    actual: str
    verdict: DiffVerdict
    ticks_compared: int
    first_bad_tick: int | None
    # The last tick before it that is equal.
    last_good_tick: int | None
    window: tuple[int, int] | None
    lead: Lead | None

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


CaptureEnd = Literal["stopped", "target_exit", "target_died", "refused"]


class CapturedRun(ReportPart, frozen=True, forbid_unknown_fields=True):
    mode_id: int
    ticks: int
    outcome: str


class CaptureReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="capture", tag_field="report"):
    """A raw capture as written; `ended` is why it has no more rows."""

    capture: str
    runs: tuple[CapturedRun, ...]
    rows: int
    # Of text, and of the file.
    text_bytes: int
    file_bytes: int
    ended: CaptureEnd
    # What the user should know of how it ended; empty when it ended well.
    note: str

    @property
    def ok(self) -> bool:
        return not self.note


class FuzzFinding(ReportPart, frozen=True, forbid_unknown_fields=True):
    """A run that differs, cut to its shortest prefix that does."""

    replay: str
    # Its number among the runs of the seed.
    run: int
    ticks: int
    # The lead, or how the candidate failed.
    lead: str
    # The focus report; empty where a candidate failed.
    focus: str


class Reached(ReportPart, frozen=True, forbid_unknown_fields=True):
    """Something by the game's name for it, and how often it occurs."""

    name: str
    count: int


class CoverageGroup(ReportPart, frozen=True, forbid_unknown_fields=True):
    """One kind of things: what occurs most comes first; what is missing comes in the game's order."""

    name: str
    reached: tuple[Reached, ...]
    missing: tuple[str, ...]


class CoverageReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="coverage", tag_field="report"):
    groups: tuple[CoverageGroup, ...]

    def group(self, name: str) -> CoverageGroup:
        return next(group for group in self.groups if group.name == name)


class FuzzReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="fuzz", tag_field="report"):
    modes: tuple[str, ...]
    seed: int
    # Runs that were long enough, and those that ended too soon to count; both were compared.
    runs: int
    short_runs: int
    # Of all runs together.
    ticks: int
    # Of all runs that agree.
    coverage: CoverageReport
    finding: FuzzFinding | None

    @property
    def ok(self) -> bool:
        return self.finding is None


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
