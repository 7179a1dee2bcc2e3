"""What the host tells the agent and what the agent answers, and how a layout becomes the former.

`scripts/frida/gameplay_diff_capture.js` knows no address of the game: all are in its configuration, as linked.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crimson.dbg.original.layout import Layout

WORD_BYTES = 4
# A perk id.
_REFLEX_BOOSTED = 44
# A tick of 384 changing creatures and 300 draws takes 70 kB.
RING_BYTES = 16 << 20
# Messages that the host may be behind with before the game waits: a second of play.
WINDOW = 64


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An executable that may be captured: its name for messages, and its file's SHA-256 in hex."""

    name: str
    sha256: str


class Image(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the executable is linked to."""

    base: int
    size: int


class Library(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A DLL of which functions are hooked, and where it is linked to."""

    name: str
    base: int
    size: int


class CallSites(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Return addresses that mean something to the agent."""

    setup_first_draw: int
    frame_draw: int


class Ranges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Code from which calls count: the first address, and the first one behind it."""

    player_update: tuple[int, int]
    projectile_update: tuple[int, int]


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Addresses of the variables that the agent itself reads or writes.

    `player_experience` and `reflex_boosted_count`, a perk's counter, are player one's.
    """

    frame_dt: int
    frame_dt_ms: int
    time_scale_active: int
    bonus_reflex_boost_timer: int
    render_overlay_player_index: int
    config_game_mode: int
    config_player_count: int
    run_active: int
    perk_selection_index: int
    perk_choice_ids: int
    player_experience: int
    reflex_boosted_count: int


class CreaturePool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`type_id` and `reward_value` are offsets in a slot."""

    address: int
    stride: int
    count: int
    type_id: int
    reward_value: int


class ProjectilePool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`owner_id` is an offset in a slot."""

    address: int
    stride: int
    count: int
    owner_id: int


class Pools(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    creature: CreaturePool
    projectile: ProjectilePool


class MemoryRegion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Memory whose changes are recorded, a slot at a time; a slot is a multiple of four bytes."""

    address: int
    slot_size: int
    slots: int

    def __post_init__(self) -> None:
        if self.slot_size <= 0 or self.slot_size % WORD_BYTES:
            raise ValueError(f"0x{self.address:08x}: a slot of {self.slot_size} bytes is not made of words")


class Clean(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes, in hex, that the agent writes when the set-up of a run with so many players begins."""

    players: int
    address: int
    hex: str


class AgentConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the agent's `init` takes.

    `ring_bytes` must hold all that happens between two messages, or the run is lost. `window` is how many messages the
    host may be behind with before the game waits for it. Without `native` the agent uses no C code, which is slower.
    """

    targets: tuple[Target, ...]
    image: Image
    library: Library
    functions: dict[str, int]
    call_sites: CallSites
    ranges: Ranges
    data: Data
    pools: Pools
    regions: tuple[MemoryRegion, ...]
    rng_offset: int
    clean: tuple[Clean, ...] = ()
    ring_bytes: int = RING_BYTES
    window: int = WINDOW
    native: bool = True


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="hello"):
    """What the agent is in: the executable's file, and the process as Frida describes it."""

    path: str
    size: int
    sha256: str
    arch: str
    platform: str
    frida: str
    native: bool


class RecordsMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="records"):
    """Goes with a batch of records; `sequence` counts from 0."""

    sequence: int


class Goodbye(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="goodbye"):
    """The process exits in good order; one that is killed says nothing."""


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The executable that was found where one of `known` was expected."""

    path: str
    size: int
    sha256: str
    known: tuple[str, ...]


class RecordFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: int
    fields: tuple[str, ...]


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The agent's record table, by name."""

    records: dict[str, RecordFacts]


class AgentStats(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Messages and bytes sent, how often the game waited for the host, and messages not acknowledged yet."""

    messages: int
    bytes: int
    waits: int
    unacknowledged: int


type AgentMessage = Hello | RecordsMessage | Goodbye


def agent_config(
    layout: Layout,
    targets: Iterable[Target],
    regions: Iterable[MemoryRegion],
    clean: Iterable[Clean] = (),
    *,
    ring_bytes: int = RING_BYTES,
    window: int = WINDOW,
    native: bool = True,
) -> AgentConfig:
    """The configuration for a layout in which every address is known.

    Raises `ValueError` that names an address that is not.
    """
    variables = {fact.name: fact for fact in layout.globals}
    creatures, projectiles = layout.pool("creatures"), layout.pool("projectiles")
    data = {name: variables[name].place for name in Data.__struct_fields__ if name in variables}
    players = layout.pool("players")
    reflex_boosted = players.field_place(0, "perk_counts") + _REFLEX_BOOSTED * WORD_BYTES
    target = layout.target
    return AgentConfig(
        targets=tuple(targets),
        image=Image(target.image_base, target.image_size),
        library=Library(target.library, target.library_base, target.library_size),
        functions={function.name: function.place for function in layout.functions},
        call_sites=CallSites(
            setup_first_draw=layout.call_site("setup_first_draw").address,
            frame_draw=layout.call_site("frame_draw").address,
        ),
        ranges=Ranges(**{code.name: (code.begin, code.end) for code in layout.ranges}),
        data=Data(**data, player_experience=players.field_place(0, "experience"), reflex_boosted_count=reflex_boosted),
        pools=Pools(
            CreaturePool(
                creatures.place,
                creatures.stride,
                creatures.count,
                type_id=creatures.field("type_id").place,
                reward_value=creatures.field("reward_value").place,
            ),
            ProjectilePool(
                projectiles.place,
                projectiles.stride,
                projectiles.count,
                owner_id=projectiles.field("owner_id").place,
            ),
        ),
        regions=tuple(regions),
        clean=tuple(clean),
        rng_offset=target.rng_offset,
        ring_bytes=ring_bytes,
        window=window,
        native=native,
    )
