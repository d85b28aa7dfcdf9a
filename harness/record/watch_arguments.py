"""Check the arguments of `watch()`: directions, and machines that can be probed."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import ScenarioError
from harness.topology import Topology

DIRECTIONS = ("out", "in")


def check(topology: Topology, ways: Sequence[str], path: Sequence[str]) -> None:
    """Raise ScenarioError for a direction or a path that cannot be probed."""
    for way in ways:
        if way not in DIRECTIONS:
            raise ScenarioError(
                f'there is no direction "{way}" to probe (has: {", ".join(DIRECTIONS)})',
                hint='write watch("out"), watch("in"), or nothing for both',
            )
    machines = [machine.name for machine in topology.machines]
    for name in path:
        if name not in machines:
            raise topology.missing("machine", name, machines)
    if len(path) != 2 or path[0] == path[1]:
        raise ScenarioError(
            f"a path has two ends, not {', '.join(path) or 'none'}",
            hint='write path=("dut", "target")',
        )
