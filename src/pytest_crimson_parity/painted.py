"""Failure texts that get their colours where pytest prints them; to files and to other plugins they are plain text."""

from __future__ import annotations

from _pytest._io import TerminalWriter


class PaintedText(str):
    """A report's text. pytest asks it to print itself, as it asks its own representations of failures."""

    __slots__ = ()

    def toterminal(self, writer: TerminalWriter) -> None:
        if not writer.hasmarkup:
            writer.line(self)
            return
        from crimson.dbg.highlight import highlighted

        writer.line(highlighted(self))
