"""Which slaves flows are to take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness import Flow, slave_by_hash


def by_hash(
    policy: str, flows: Iterable[Flow], slaves: Sequence[str], vlan: int = 0
) -> list[object]:
    """Return the slaves by which the frames of flows are to leave, in the form of `carried_by`."""
    return [(slave_by_hash(policy, flow, slaves, vlan),) for flow in flows]
