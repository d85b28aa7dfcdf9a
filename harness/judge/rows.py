"""A row of the table of events, and its weight."""

from __future__ import annotations

from typing import NamedTuple

VITAL, KEY, CONTEXT, NOISE = range(4)


class EventRow(NamedTuple):
    """A line of the table: when (ns), who, what, through which port, and its weight.

    `label` is the kind as which a row is counted if it is not shown; VITAL rows always are.
    """

    at: int
    who: str
    what: str
    which: str = ""
    label: str = "event"
    weight: int = KEY


def short(mac: str) -> str:
    """Return a hardware address by its first and last byte, which differ within a lab."""
    return f"{mac[:3]}..{mac[-3:]}"
