"""What focus shows of a window of ticks, as typed structs: everything that the text says is here."""

from __future__ import annotations

from typing import Literal

from crimson.dbg.report import DiffReport, FieldDifference, ReportPart, Value

DrawMark = Literal["same", "shifted", "value", "caller", "missing", "extra", "moved"]
EntityStatus = Literal["changed", "only expected", "only actual"]


class Draw(ReportPart, frozen=True, forbid_unknown_fields=True):
    """One draw; `position` counts from 1 within its tick."""

    position: int
    value: int
    before: int
    after: int
    caller: int
    name: str


class DrawRow(ReportPart, frozen=True, forbid_unknown_fields=True):
    """A pair of aligned draws, or one that the other side lacks.

    `shifted` draws have the same call site and another generator state: they follow from an earlier row.
    """

    mark: DrawMark
    expected: Draw | None
    actual: Draw | None


class CallerCount(ReportPart, frozen=True, forbid_unknown_fields=True):
    """A call site that draws more often on one side."""

    name: str
    expected: int
    actual: int


class DrawAlignment(ReportPart, frozen=True, forbid_unknown_fields=True):
    tick: int
    # How many draws each side has, and how many agree from the first on.
    expected: int
    actual: int
    agreed: int
    callers: tuple[CallerCount, ...]
    rows: tuple[DrawRow, ...]
    # Whether rows were left out behind the last one.
    cut: bool


class TickCounts(ReportPart, frozen=True, forbid_unknown_fields=True):
    draws: int
    creatures: int
    projectiles: int
    bonuses: int


class TimelineTick(ReportPart, frozen=True, forbid_unknown_fields=True):
    """A tick of the window: the channels and hidden regions that differ, and what there is on each side."""

    tick: int
    channels: tuple[str, ...]
    hidden: tuple[str, ...]
    # None where the side has no such tick.
    expected: TickCounts | None
    actual: TickCounts | None


class FocusField(ReportPart, frozen=True, forbid_unknown_fields=True):
    """A differing field, with the value it had in the tick before on both sides, and how the two compose."""

    difference: FieldDifference
    # The value of the tick before, when both sides had the same one.
    before: Value
    before_bits: int | None
    # What the values stand for, such as a perk's name; empty for plain numbers.
    before_name: str
    expected_name: str
    actual_name: str
    relations: tuple[str, ...]


class FocusEntity(ReportPart, frozen=True, forbid_unknown_fields=True):
    """A row that differs at the tick in focus: a slot of a pool, a player, or a single row such as `sim_state`."""

    table: str
    row: int | None
    # What is in the slot, such as "zombie, generation 2".
    label: str
    status: EntityStatus
    # The last tick at which both sides had the same of it; None when that is long ago or never was.
    last_equal: int | None
    fields: tuple[FocusField, ...]
    # What is known of a row that one side lacks, such as when it appears there.
    remark: str


class FirstSeen(ReportPart, frozen=True, forbid_unknown_fields=True):
    """When a table or hidden region first differed on the way to the divergence."""

    name: str
    tick: int


class HealedRun(ReportPart, frozen=True, forbid_unknown_fields=True):
    """An earlier run of ticks in which the leading slot differed and then healed."""

    first: int
    last: int
    fields: tuple[str, ...]


class Ancestry(ReportPart, frozen=True, forbid_unknown_fields=True):
    """Back from the first bad tick to where the two sides were last equal in every bit, sampled or not."""

    origin: int
    # The last tick of which all that is sampled is equal, and whether the hidden digests are too; None when the run
    # began with a difference.
    last_equal: int | None
    hidden_equal: bool
    first_seen: tuple[FirstSeen, ...]
    healed: tuple[HealedRun, ...]


class Aftermath(ReportPart, frozen=True, forbid_unknown_fields=True):
    """What becomes of the leading difference: of a field's distance, or of the draws."""

    course: Literal["stays", "grows", "changes", "heals"]
    # In how many of the ticks behind the first one it still differs.
    ticks: int
    equal_again: int | None
    # The distances in the first ticks behind it, where the field is a float that does not stay as far off.
    distances: tuple[float, ...]


class Precedents(ReportPart, frozen=True, forbid_unknown_fields=True):
    """Earlier ticks in which the like happened on both sides: the leading call site drew, the leading kind was born."""

    # The first tick that was searched.
    since: int
    count: int
    # The last few of them.
    ticks: tuple[int, ...]


class PlayerInput(ReportPart, frozen=True, forbid_unknown_fields=True):
    """What the replay feeds one player in one tick."""

    tick: int
    player: int
    move: tuple[float, float]
    aim: tuple[float, float]
    pressed: tuple[str, ...]
    scheme: str


class PlayerCommand(ReportPart, frozen=True, forbid_unknown_fields=True):
    """What the replay has a player do beside the controls, such as a perk pick."""

    tick: int
    player: int
    what: str


class FocusReport(ReportPart, frozen=True, forbid_unknown_fields=True, tag="focus", tag_field="report"):
    diff: DiffReport
    # The tick looked at closely; None when there was nothing to compare.
    tick: int | None
    window: tuple[int, int]
    ancestry: Ancestry | None
    aftermath: Aftermath | None
    precedents: Precedents | None
    timeline: tuple[TimelineTick, ...]
    draws: DrawAlignment | None
    entities: tuple[FocusEntity, ...]
    inputs: tuple[PlayerInput, ...]
    commands: tuple[PlayerCommand, ...]
    # Where the inputs come from; empty without a replay.
    replay: str

    @property
    def ok(self) -> bool:
        return self.diff.ok
