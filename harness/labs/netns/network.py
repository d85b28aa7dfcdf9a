"""A running topology in namespaces of this kernel, and its interface indexes.

The indexes are chosen here, so nothing has to be looked up: a machine's interfaces count from 2,
the DUT's bonds from 16, bridges over them from 24 and VLANs from 64 (its switches:
harness.labs.fabric).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from harness.bonding import BondOptions
from harness.drivers import WITHOUT_TX_TIME
from harness.lab import FABRIC, Adapters, Host, Port
from harness.labs.fabric import channels
from harness.labs.fabric.switches import Switches
from harness.labs.fabric.wiring import Wiring
from harness.labs.netns.namespace import Namespace
from harness.rtnl import messages
from harness.topology import DUT, BondPlan, Topology, link_ends

FIRST_END, FIRST_BOND, FIRST_BRIDGE, FIRST_VLAN = 2, 16, 24, 64
FORWARDING = 3  # BR_STATE_FORWARDING


@dataclass(slots=True)
class NetnsNetwork:
    """A running topology; closing `undo` removes everything.

    `ends` is keyed by (machine, link) and holds interface indexes. The DUT's end of a guest's link
    counts as the DUT's. `spaces` are the namespaces by the names of their machines.
    """

    topology: Topology
    switches: Switches
    hosts: dict[str, Host]
    fabric: Wiring
    ends: dict[tuple[str, str], int]
    spaces: dict[str, Namespace]
    adapters: Adapters | None = None
    undo: ExitStack = field(default_factory=ExitStack)

    @property
    def ports(self) -> Sequence[Port]:
        """The ports of all switches."""
        return tuple(self.switches.ports.values())

    def host(self, machine: str) -> Host:
        """Return a machine, or the FABRIC, in which all switches are."""
        return self.hosts[machine]

    def ifindex(self, machine: str, name: str) -> int:
        """Return the interface index of a link's end, a bond or a bridge in a machine."""
        known = self.ends.get((machine, name))
        return known if known is not None else index_over(self.topology, name)

    def lacks(self, plan: BondPlan, options: BondOptions) -> str:
        """Return what a bond's mode needs of its switches and they lack, "" for nothing."""
        return channels.lacking(self.topology, plan, options)

    def untimed(self, plan: BondPlan) -> str:
        """Return the driver of slaves that do not record when they last received, "" for none."""
        nics = {self.topology.link(slave).nic for slave in plan.slaves}
        return next(iter(sorted(nics & WITHOUT_TX_TIME)), "")

    def ready(self) -> bool:
        """Return whether every port of switches and bridges that has carrier forwards.

        The kernel processes their carriers in turn. Without carrier a port never forwards: its
        other end is down.
        """
        inside = {index for _, index, _ in guest_ends(self.topology, self.ends)}
        inside |= {index_over(self.topology, bridge.bond) for bridge in self.topology.bridges}
        outside = self.switches.bridged()
        return all(
            _forwards(link) or not link.get_attr("IFLA_CARRIER")
            for place, indexes in ((FABRIC, outside), (DUT, inside))
            for link in self._links(place, indexes)
        )

    def close(self) -> None:
        """Remove everything."""
        self.undo.close()

    def _links(self, place: str, indexes: Collection[int]) -> list[Any]:
        links = messages.dump_links(self.hosts[place]) if indexes else []
        wanted = (link for link in links if messages.index_of(link) in indexes)
        return [messages.decode_state(link) for link in wanted]


def _forwards(link: Any) -> bool:
    data = link.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_SLAVE_DATA")
    return data is not None and data.get_attr("IFLA_BRPORT_STATE") == FORWARDING


def index_ends(topology: Topology) -> dict[tuple[str, str], int]:
    """Return the interface index of each machine's end of each link."""
    following = {machine.name: FIRST_END for machine in topology.machines}
    ends = {}
    for machine, link in link_ends(topology):
        ends[machine, link] = following[machine]
        following[machine] += 1
    return ends


def index_over(topology: Topology, name: str) -> int:
    """Return the interface index of a bond, or of a bridge or VLAN over one, in the DUT."""
    bonds = [bond.name for bond in topology.bonds]
    vlans = [vlan.name for vlan in topology.vlans]
    if name in bonds:
        return FIRST_BOND + bonds.index(name)
    if name in vlans:
        return FIRST_VLAN + vlans.index(name)
    return FIRST_BRIDGE + [bridge.name for bridge in topology.bridges].index(name)


def guest_ends(topology: Topology, ends: dict[tuple[str, str], int]) -> list[tuple[str, int, int]]:
    """Return the guests' links: name, interface index in the DUT, index of the bridge there."""
    return [
        (link.name, ends[DUT, link.name], index_over(topology, bridge.name))
        for bridge in topology.bridges
        for link in topology.links_of(bridge.name)
    ]
