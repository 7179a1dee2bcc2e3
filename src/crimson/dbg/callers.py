"""Names for where the original draws random numbers: static return addresses, as traces hold them."""

from __future__ import annotations

from crimson.rng_caller_static import RngCallerStatic

from crimson.dbg.schema import UNKNOWN_CALLER

_NAMES = {int(member): member.name for member in RngCallerStatic}


def caller_name(address: int) -> str:
    """The call site's name as the runtime has it, or the address itself."""
    if address == UNKNOWN_CALLER:
        return "an unknown call site"
    return _NAMES.get(address) or f"0x{address:08x}"


CALLER_NAMES: tuple[str, ...] = tuple(_NAMES.values())


def caller_address(name: str) -> int | None:
    """The call site of this name; None where there is none."""
    return next((address for address, known in _NAMES.items() if known == name), None)
