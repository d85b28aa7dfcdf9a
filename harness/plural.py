"""A number with its noun: "1 frame", "2 frames"."""

from __future__ import annotations

PLURALS = {
    "ARP reply": "ARP replies",
    "address": "addresses",
    "directory": "directories",
    "stimulus": "stimuli",
}


def counted(count: int, noun: str) -> str:
    """Return how many there are of a thing, whose noun is given in the singular."""
    return f"{count} {noun if count == 1 else PLURALS.get(noun, noun + 's')}"
