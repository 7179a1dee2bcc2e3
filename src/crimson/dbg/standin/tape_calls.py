"""Calls of the original's functions by their names, as a tape's ops."""

from __future__ import annotations

from crimson.dbg.original.layout import Function, Layout
from crimson.dbg.standin.call_sites import Site
from crimson.dbg.standin.tape import Convention, Kind, TapeFunction, TapeWriter

# Functions that do what the C runtime's do; a tape says what the others do.
_KINDS = {"crt_rand": Kind.CRT_RAND, "crt_srand": Kind.CRT_SRAND, "crt_getptd": Kind.GETPTD}
_CONVENTIONS = {"cdecl": Convention.CDECL, "thiscall": Convention.THISCALL}
# The object of grim.dll's interface, which nobody looks into.
_GRIM = 0x1000F000
# A byte is returned in AL; what the rest of EAX holds is anything.
_AL_RESIDUE = 0x5A5A5A00


def tape_functions(layout: Layout) -> tuple[TapeFunction, ...]:
    """Every function of a placed layout, so that all of them can be hooked."""
    return tuple(_tape_function(function) for function in layout.functions)


def _tape_function(function: Function) -> TapeFunction:
    return TapeFunction(
        address=function.place,
        arguments=function.arguments,
        convention=_CONVENTIONS[function.convention],
        kind=_KINDS.get(function.name, Kind.SCRIPTED),
    )


class TapeCalls:
    """Writes calls, returns and draws."""

    def __init__(self, layout: Layout, writer: TapeWriter) -> None:
        self._writer = writer
        self._functions = {function.name: function for function in layout.functions}
        self._rand = layout.function("crt_rand").place
        self._image_end = layout.target.image_base + layout.target.image_size
        self.menu_pick = layout.call_site("menu_pick").address
        self.fire_bullets_key = layout.call_site("fire_bullets_key").address
        self.frame_draw = layout.call_site("frame_draw").address

    def begin(self, name: str, site: int, *arguments: int) -> None:
        """Call a function; what follows is its body, up to `end`."""
        function = self._functions[name]
        this = _GRIM if function.convention == "thiscall" else None
        self._writer.call(function.place, site, *arguments, this=this)

    def end(self, result: int = 0) -> None:
        """Return from the function that was begun last."""
        self._writer.ret(result)

    def whole(self, name: str, site: int, *arguments: int, result: int = 0) -> None:
        """A call without a body."""
        self.begin(name, site, *arguments)
        self.end(result)

    def asked(self, name: str, site: int, *arguments: int, answer: bool) -> None:
        """A call that answers in AL."""
        self.whole(name, site, *arguments, result=_AL_RESIDUE | answer)

    def draw(self, caller: int | None) -> None:
        """A draw from the generator."""
        known = caller is not None and caller < self._image_end
        self._writer.draw(self._rand, caller if known and caller is not None else Site.NO_CALLER)
