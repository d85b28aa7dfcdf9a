"""Colour for the page of a failure on a terminal; files get plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

RED, GREEN, YELLOW, CYAN, BOLD, FAINT = 31, 32, 33, 36, 1, 2
PaintRule = tuple[re.Pattern[str], int]


def _rules(*pairs: tuple[str, int]) -> tuple[PaintRule, ...]:
    return tuple((re.compile(pattern), colour) for pattern, colour in pairs)


REMARK = r"<- .*$"
WHAT = r"(?<=   ){}\b.*?(?=  <-|$)"  # a row of the table from its second column on
TABLE = _rules(
    (WHAT.format("FAULT"), RED),
    (WHAT.format("REPAIR"), GREEN),
    (WHAT.format("(?:STIMULUS|REACTION)"), YELLOW),
    (r"active slave .*?(?=  <-|$)", BOLD),
    (REMARK, CYAN),
    (r"^ *\.\.\. .*$", FAINT),
)
# Which lines of the lanes have which signs; the first match counts.
LANES = (
    (re.compile(r"  traffic \S+ +"), _rules(("#+", GREEN), (r"\.+", RED), (":+", YELLOW))),
    (re.compile(r"  \S+ (?:link|active) +"), _rules(("_+", RED))),
    (re.compile(r"  (?:fault)? +(?=.*[v^*])"), ()),
    (re.compile(r"  \S.*? {2,}(?=[ \[=\]>!]+$)"), _rules((r"[\[=\]>]+", CYAN), ("!", RED))),
)
MARKS = _rules(
    *(
        (rf"(?<![^ v^*]){sign}(?![^ v^*])", colour)
        for sign, colour in (("v", RED), (r"\^", GREEN), (r"\*", YELLOW))
    )
)


def page(text: str) -> str:
    """Return a table and its lanes, as `report.sections` has them, in colour."""
    table, gap, lanes = text.partition("\n\n")
    return "\n".join(_table(table.split("\n"))) + gap + "\n".join(map(_lane, lanes.split("\n")))


def _table(lines: Iterable[str]) -> Iterator[str]:
    remark = False  # that continues from the line before
    for line in lines:
        remark = "<- " in line or (remark and not re.match(r" {0,11}\S", line))
        yield ink(line, CYAN) if remark and "<- " not in line else _inked(line, TABLE)


def _lane(line: str) -> str:
    for start, rules in LANES:
        if found := start.match(line):
            return found[0] + _inked(line[found.end() :], rules or MARKS)
    return line


def _inked(line: str, rules: Iterable[PaintRule]) -> str:
    """Return a line with each piece in the colour of the first rule that matches it."""
    pieces = sorted(
        (found.start(), found.end(), colour)
        for pattern, colour in rules
        for found in pattern.finditer(line)
    )
    done, at = "", 0
    for start, end, colour in pieces:
        if start >= at:
            done += line[at:start] + ink(line[start:end], colour)
            at = end
    return done + line[at:]


def ink(text: str, colour: int) -> str:
    """Return a text in a colour of the terminal."""
    return f"\x1b[{colour}m{text}\x1b[0m"
