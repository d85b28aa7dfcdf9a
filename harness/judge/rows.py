"""A row of the table of what happened, and how much it matters."""

from __future__ import annotations

from typing import NamedTuple

VITAL, KEY, CONTEXT, NOISE = range(4)


class EventRow(NamedTuple):
    """A line of the table: when (ns), who, what, through which port, and how much it matters.

    `label` is what the row is counted as where it is not shown; one that is VITAL always is.
    """

    at: int
    who: str
    what: str
    which: str = ""
    label: str = "event"
    weight: int = KEY


def short(mac: str) -> str:
    """Return a hardware address by its first and last byte, which tell a lab's apart."""
    return f"{mac[:3]}..{mac[-3:]}"
