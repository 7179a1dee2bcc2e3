"""Colours for reports, put on at the last moment and by what the text says, so that files and pipes stay plain."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TextIO

_RESET = "\x1b[0m"
_STYLES = {
    "good": "\x1b[32m",
    "bad": "\x1b[31m",
    "head": "\x1b[1m",
    "good_head": "\x1b[1;32m",
    "bad_head": "\x1b[1;31m",
    "why": "\x1b[36m",
    "moved": "\x1b[33m",
    "dim": "\x1b[2m",
}
# The first rule that fits a line decides; its groups are what is coloured.
_RULES = tuple(
    re.compile(rule)
    for rule in (
        r"(?P<good_head>(?:equal over|healthy:|verified:).*)",
        r"(?P<bad_head>(?:diverged at|ended early:|not compared:|first bad:|frontier[: ]|unhealthy:|contradicted:).*)",
        r"(?P<good>expected)  \S.*",
        r"(?P<bad>actual)    \S.*",
        r"(?P<head>[a-z][a-z ]*?)(?: of| at| around|$|  |,)(?:.*)",
        r"(?P<bad>>.*)",
        r" +(?P<why>= .*)",
        r" {2,}(?:\S+ +)?(?P<good>expected \S.*)",
        r" {2,}(?:\S+ +)?(?P<bad>actual   \S.*)",
        r" {2,}(?:\S+ +)?(?P<dim>before   \S.*)",
        r" {3}(?P<good>- +\d.*)",
        r" {3}(?P<bad>[+!] +\d.*)",
        r" {3}(?P<moved>\* +\d.*)",
        r" {3}(?P<dim>~ +\d.*)",
        r"  (?P<bad>FAIL) .*",
        r"  (?P<good>ok) .*",
    )
)


def wants_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether colours go to this stream: to terminals, unless the user's environment says otherwise."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def highlighted(text: str) -> str:
    """The text with the terminal's colours; without them it is the same text."""
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    for rule in _RULES:
        match = rule.fullmatch(line)
        if match is not None:
            name, begin, end = next(
                (name, *match.span(name)) for name in match.groupdict() if match.group(name) is not None
            )
            return f"{line[:begin]}{_STYLES[name]}{line[begin:end]}{_RESET}{line[end:]}"
    return line
