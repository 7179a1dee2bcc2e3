"""What the agent is told for the capture of whole runs: all memory that the host mirrors, and how a run starts."""

from __future__ import annotations

from crimson.dbg.original.agent_config import RING_BYTES, WINDOW, AgentConfig, MemoryRegion, Target, agent_config
from crimson.dbg.original.layout import Layout
from crimson.dbg.original.mirror import regions_of
from crimson.dbg.original.run_start import clean_writes


def memory_regions(layout: Layout) -> list[MemoryRegion]:
    """The regions of a `Mirror` of this layout, by the same numbers."""
    return [MemoryRegion(region.address, region.slot_size, region.slots) for region in regions_of(layout)]


def capture_config(
    layout: Layout, target: Target, *, native: bool = True, ring_bytes: int = RING_BYTES, window: int = WINDOW
) -> AgentConfig:
    """The configuration for capturing `target`; `ValueError` names a fact of the layout that has no address."""
    return agent_config(
        layout,
        [target],
        memory_regions(layout),
        clean_writes(),
        native=native,
        ring_bytes=ring_bytes,
        window=window,
    )
