"""A topology that runs: what it is made of, and by which numbers its devices go.

Switches count from 2 and ports from 32; in the DUT bonds count from 16, and bridges over them
from 24.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from harness.labs.netns.namespace import Namespace
from harness.labs.netns.netlink import Control, Request
from harness.labs.rtl8150.nics import Nics
from harness.topology import Topology, mac_of

FABRIC = "fabric"
FIRST_SWITCH, FIRST_PORT, FIRST_BOND, FIRST_BRIDGE, FIRST_IFB = 2, 32, 16, 24, 200
LOOPBACK = 1


@dataclass(frozen=True, slots=True)
class Port:
    """One end of a cable in the fabric: the switch it belongs to, its link, its device number."""

    switch: str
    link: str
    index: int


class Arriving(Protocol):
    """Interfaces that are on their way: a descriptor to wait on, and what to do then."""

    def fileno(self) -> int:
        """Return the file descriptor."""

    def read(self) -> None:
        """Take what has come."""


class Adapters(Protocol):
    """The USB adapters of a topology, by their links' names (`usb` has them)."""

    @property
    def chips(self) -> Nics:
        """The models of their chips."""

    @property
    def arrivals(self) -> Arriving:
        """Their interfaces that are to come."""

    def plug(self, link: str, then: Callable[[], None]) -> None:
        """Plug an adapter in, and call `then` when its interface is there."""

    def unplug(self, link: str) -> None:
        """Pull an adapter out."""


@dataclass(slots=True)
class Built:
    """A topology that runs: its namespaces, its control sockets and its numbers.

    Everything goes when `undo` is closed; `ports` is keyed by (switch, link), `ends` by (machine,
    link) and holds device numbers. The DUT's end of a guest's link counts as the DUT's. `added`
    are the IPv4 addresses that machines were given besides their own: since when (ns) which
    machine had each, "" for none.
    """

    topology: Topology
    namespaces: dict[str, Namespace] = field(default_factory=dict)
    controls: dict[str, Control] = field(default_factory=dict)
    ports: dict[tuple[str, str], Port] = field(default_factory=dict)
    ends: dict[tuple[str, str], int] = field(default_factory=dict)
    usb: Adapters | None = None
    added: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    undo: ExitStack = field(default_factory=ExitStack)

    def send(self, where: str, *requests: Request) -> None:
        """Send requests into a machine's namespace, or into the fabric's."""
        self.controls[where].send(*requests)

    def switch_index(self, switch: str) -> int:
        """Return the device number of a switch's bridge in the fabric."""
        return FIRST_SWITCH + [one.name for one in self.topology.switches].index(switch)

    def bond_index(self, bond: str) -> int:
        """Return the device number of a bond in the DUT."""
        return FIRST_BOND + [one.name for one in self.topology.bonds].index(bond)

    def bridge_index(self, bridge: str) -> int:
        """Return the device number of a bridge in the DUT."""
        return FIRST_BRIDGE + [one.name for one in self.topology.bridges].index(bridge)

    def machine_links(self, switch: str) -> tuple[str, ...]:
        """Return the links between a switch and machines, in order."""
        links = (link.name for link in self.topology.links_of(switch))
        return tuple(name for name in links if any(link == name for _, link in self.ends))

    def interface(self, machine: str, name: str) -> int:
        """Return the device number of a machine's interface: a link's end, a bond or a bridge."""
        if (machine, name) in self.ends:
            return self.ends[machine, name]
        bridges = {bridge.name for bridge in self.topology.bridges}
        return self.bridge_index(name) if name in bridges else self.bond_index(name)

    def holder(self, address: str, at: int) -> str:
        """Return the machine that had an added address at a time in ns, "" for none."""
        held = [machine for since, machine in self.added[address] if since <= at]
        return held[-1] if held else ""

    def mac(self, machine: str, link: str) -> str:
        """Return the MAC that a machine's interface was made with."""
        return mac_of(self.topology, machine, link)


def fabric_mac(index: int) -> str:
    """Return the MAC of a device in the fabric, the same in every run; no frame ever bears it."""
    return f"02:00:00:ff:00:{index:02x}"
