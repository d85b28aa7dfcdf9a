"""The plan of a network as it is built: checked when it is made, with what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.drivers import CARRIER_LAG, VETH, known_lag
from harness.plan_checks import PlanChecks
from harness.plans import (
    DEFAULT_PATH,
    DUT,
    TARGET,
    BondPlan,
    BridgePlan,
    ChannelPlan,
    LinkPlan,
    MachinePlan,
    NamedPart,
    Speaker,
    SwitchPlan,
    TopologyPlan,
    VlanPlan,
)
from harness.units import Span

__all__ = [
    "DEFAULT_PATH",
    "DUT",
    "TARGET",
    "BondPlan",
    "BridgePlan",
    "ChannelPlan",
    "LinkPlan",
    "MachinePlan",
    "NamedPart",
    "Speaker",
    "SwitchPlan",
    "Topology",
    "VlanPlan",
    "carrier_lag",
    "link_ends",
    "links_at",
    "mac_of",
]


@dataclass(frozen=True, slots=True)
class Topology(TopologyPlan):
    """A network; raises ScenarioError for a plan that contradicts itself."""

    def __post_init__(self) -> None:
        PlanChecks(self).check()


def carrier_lag(topology: Topology, bond: BondPlan) -> Span:
    """Return the longest delay with which a driver of a bond's slaves reports its carrier."""
    links = map(topology.link, bond.slaves)
    lags = [known_lag(link.nic) if link.lag is None else link.lag for link in links]
    return max(lags, key=lambda lag: lag.ns, default=CARRIER_LAG[VETH])


def link_ends(topology: Topology) -> Iterator[tuple[str, str]]:
    """Yield (machine, link) for each end of a link at a machine, in the order of the links.

    A guest's link ends at a bridge in the DUT: that end is the DUT's.
    """
    bridges = {bridge.name for bridge in topology.bridges}
    switches = {switch.name for switch in topology.switches}
    for link in topology.links:
        for node in (link.a, link.b):
            if node not in switches:
                yield DUT if node in bridges else node, link.name


def links_at(topology: Topology, machine: str) -> tuple[str, ...]:
    """Return the links that end at a machine."""
    return tuple(link for end, link in link_ends(topology) if end == machine)


def mac_of(topology: Topology, machine: str, link: str) -> str:
    """Return the MAC of a machine's interface: locally administered and the same in every run."""
    if (given := topology.link(link).mac) is not None:
        return given
    machines = [node.name for node in topology.machines]
    links = [link.name for link in topology.links]
    return f"02:00:00:00:{machines.index(machine):02x}:{links.index(link):02x}"
