"""Rows of the table as lines of text, none longer than the page is wide."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harness.judge.rows import KEY, EventRow
from harness.plural import counted
from harness.units import MS

WIDTH = 90  # of a page without a terminal
ROOMY = 80  # columns from which the table has a margin, and columns of the usual width
LEAST = 40  # columns that a page is laid out for at least
REMARKS = 50  # the column at which remarks are aligned if there is room
TIMES = 9
MOST = 3  # kinds of events that a line of counts names
Part = EventRow | list[EventRow]


def text(parts: Sequence[Part], zero: int, remarks: Mapping[int, str], width: int) -> str:
    """Return the table: rows with the remarks on them, and counts of what is not shown."""
    width, left = max(width, LEAST), dict(remarks)
    shown = [part for part in parts if isinstance(part, EventRow)]
    roomy = width >= ROOMY
    margin = "  " if roomy else ""
    places = max([9 if roomy else 5, *(len(row.who) for row in shown)])
    whats = max([4, *(len(row.what) for row in shown if row.which)])
    head = len(margin) + TIMES + 3 + places + 1
    which = "which" if any(row.which for row in shown) else ""
    lines = [f"{margin}{'time (ms)':>{TIMES}}   {'where':<{places}} {'what':<{whats}} {which}"]
    for part in parts:
        if isinstance(part, list):
            start, body, remark = f"{'...':>{TIMES}}   {'':<{places}} ", counts(part), ""
        else:
            start = f"{bare(part.at - zero):>{TIMES}}   {part.who:<{places}} "
            body = f"{part.what:<{whats}} {part.which}".rstrip()
            if len(body) > width - head:
                body = f"{part.what} {part.which}".rstrip()
            remark = left.pop(part.at, "") if part.weight <= KEY else ""
        lines += _lines(margin + start, body, remark, width, head)
    return "\n".join(line.rstrip()[:width] for line in lines)


def _lines(start: str, body: str, remark: str, width: int, head: int) -> Iterator[str]:
    """Yield a row and the remark on it, on several lines if the width requires it."""
    fits = len(body) <= width - head
    first, *more = [body] if fits else textwrap.wrap(body, width - head, break_on_hyphens=False)
    row, marked = f"{start}{first}", f"<- {remark}"
    for line in (f"{row:<{REMARKS}}  {marked}", f"{row}  {marked}"):
        if remark and not more and len(line) <= width:
            yield line
            return
    yield row
    for line in more:
        yield " " * head + line
    if remark:
        yield from textwrap.wrap(
            marked, width, initial_indent=" " * head, subsequent_indent=" " * (head + 3)
        )


def counts(rows: Sequence[EventRow]) -> str:
    """Return how many rows there are of each kind, such as "(7 ARP probes, 1 log line)"."""
    found = Counter(row.label for row in rows).most_common()
    parts = [counted(n, label) for label, n in found[:MOST]]
    others = sum(n for _, n in found[MOST:])
    parts += [f"{others} more"] if others else []
    return f"({', '.join(parts)})"


def bare(ns: int) -> str:
    """Return a time in ns as a number of ms."""
    return f"{ns / MS:.1f}"
