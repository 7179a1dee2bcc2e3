"""Failure texts as pytest shows them: coloured on terminals, and their headline alone where one line is wanted."""

from __future__ import annotations

from dataclasses import dataclass

from _pytest._code.code import TerminalRepr
from _pytest._io import TerminalWriter


@dataclass(frozen=True, slots=True)
class Headline:
    """What pytest's summaries, `--tb=line` and JUnit files say of a failure; of plain texts they take all lines."""

    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class PaintedText(TerminalRepr):
    """A report's text, which prints itself as pytest's own representations of failures do."""

    text: str

    @property
    def reprcrash(self) -> Headline:
        return Headline(self.text.partition("\n")[0])

    def __str__(self) -> str:
        return self.text

    def toterminal(self, tw: TerminalWriter) -> None:
        if not tw.hasmarkup:
            tw.line(self.text)
            return
        from crimson.dbg.highlight import highlighted

        tw.line(highlighted(self.text))
