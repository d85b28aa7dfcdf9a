"""Which slaves flows are to take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness import Flow, slave_by_hash

IGMP = 2  # RFC 3376


def in_turn(slaves: Sequence[str], first: str, count: int) -> list[str]:
    """Return as many slaves as given in their order, beginning with `first`, if it is one."""
    start = slaves.index(first) if first in slaves else 0
    return [slaves[(start + number) % len(slaves)] for number in range(count)]


def by_hash(
    policy: str, flows: Iterable[Flow], slaves: Sequence[str], vlan: int = 0
) -> list[object]:
    """Return the slaves by which the frames of flows are to leave, in the form of `carried_by`."""
    return [(slave_by_hash(policy, flow, slaves, vlan),) for flow in flows]
