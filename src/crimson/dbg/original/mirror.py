"""The host's copy of the target's memory: regions that the agent keeps up to date, slot by slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from crimson.dbg.errors import CaptureProblem
from crimson.dbg.original.layout import Global, Layout

# Globals this close to each other share a region: comparing the bytes between them costs less than another region.
_GAP = 48


@dataclass(frozen=True, slots=True)
class Region:
    """`slots` slots of `slot_size` bytes from `address` on; sizes are multiples of 4."""

    name: str
    address: int
    slot_size: int
    slots: int

    @property
    def end(self) -> int:
        return self.address + self.slot_size * self.slots


def regions_of(layout: Layout) -> tuple[Region, ...]:
    """The memory that a capture of this layout needs: each pool, then the globals in groups."""
    pools = [Region(pool.name, pool.place, pool.stride, pool.slots) for pool in layout.pools]
    return (*pools, *_global_regions(layout.globals))


def _global_regions(facts: Sequence[Global]) -> list[Region]:
    regions: list[Region] = []
    begin = end = -1
    for fact in sorted(facts, key=attrgetter("place")):
        address = fact.place
        if end >= 0 and address > end + _GAP:
            regions.append(_global_region(begin, end))
            begin = -1
        begin = address if begin < 0 else begin
        end = max(end, address + fact.size)
    regions.append(_global_region(begin, end))
    return regions


def _global_region(begin: int, end: int) -> Region:
    begin, end = begin // 4 * 4, (end + 3) // 4 * 4
    return Region(f"globals at 0x{begin:08x}", begin, end - begin, 1)


class Mirror:
    """Memory images by region, all zero at first. `dirty[region]` are the slots that changed since it was cleared."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.regions = regions_of(layout)
        self.images: list[bytearray] = [bytearray(region.slot_size * region.slots) for region in self.regions]
        self.dirty: list[set[int]] = [set() for _ in self.regions]

    @cached_property
    def index(self) -> dict[str, int]:
        """Regions by name; a pool's region has the pool's name."""
        return {region.name: position for position, region in enumerate(self.regions)}

    def apply(self, region: int, slot: int, content: bytes | memoryview) -> None:
        """Put a slot's new content in; raises `CaptureProblem` for one that the layout does not have."""
        if region >= len(self.regions):
            raise CaptureProblem("agent", f"region {region} of {len(self.regions)}", "agent and host do not match")
        known = self.regions[region]
        if slot >= known.slots or len(content) != known.slot_size:
            raise CaptureProblem(
                "agent", f"slot {slot} of {known.name} in {len(content)} bytes, expected {known.slots} slots of "
                f"{known.slot_size} bytes", "agent and host do not match",
            )  # fmt: skip
        begin = slot * known.slot_size
        self.images[region][begin : begin + known.slot_size] = content
        self.dirty[region].add(slot)

    def clear(self) -> None:
        """Forget everything, as the agent does when a run begins."""
        for image, dirty in zip(self.images, self.dirty, strict=True):
            image[:] = bytes(len(image))
            dirty.clear()

    def place(self, address: int) -> tuple[bytearray, int]:
        """The image that holds an address, and the offset in it."""
        for region, image in zip(self.regions, self.images, strict=True):
            if region.address <= address < region.end:
                return image, address - region.address
        raise ValueError(f"no region holds 0x{address:08x}")
