"""The clock offset of a host, measured through its agent."""

from __future__ import annotations

import time

from harness.lab import Clock
from harness.labs.agent.channel import Channel

TRIPS = 20


def measure(channel: Channel) -> Clock:
    """Return a host's offset, from the fastest of several round trips.

    The host read its clock between the two readings of the tester: half the difference of those is
    the error, even if the two directions differ.
    """
    best: Clock | None = None
    for _ in range(TRIPS):
        before = time.monotonic_ns()
        there = channel.ask("ping").value("t", int)
        after = time.monotonic_ns()
        found = Clock((before + after) // 2 - there, (after - before + 1) // 2)
        best = found if best is None or found.error < best.error else best
    assert best is not None
    return best._replace(wall=channel.ask("wall").value("wall", int))
