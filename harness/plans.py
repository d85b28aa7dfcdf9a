"""Plans of machines, switches, links and bonds: plain data.

A link has the same name at both ends: the DUT's interface `eth0`, the port `eth0`
of the switch at its other end, and `topology.link("eth0")` are one cable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_interface
from typing import Literal, Protocol

from harness.drivers import VETH
from harness.errors import ScenarioError
from harness.suggest import alike
from harness.units import Span

DUT = "dut"
TARGET = "target"
DEFAULT_PATH = (DUT, TARGET)
# Who speaks LACP on the ports of a channel: nobody (a static channel), the switch's kernel by a
# bond in mode 802.3ad, or the harness by LACPDUs of its own (Switch.speak_lacp).
Speaker = Literal["nobody", "kernel", "harness"]


class NamedPart(Protocol):
    """A part of a topology that has a name, such as a link or a bond."""

    @property
    def name(self) -> str:
        """Its name in the topology."""


@dataclass(frozen=True, slots=True)
class BondPlan:
    """A bond of the DUT: its slaves in order, its address, its default options.

    It has no address if a bridge above it has one; `more` are further addresses, with prefix.
    """

    name: str
    slaves: tuple[str, ...]
    address: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MachinePlan:
    """A host with an IPv4 address (none for the DUT, whose bonds have addresses).

    Packets to other networks go through its `gateway`. With a `vlan` its address is on a VLAN
    of its interface; a `prefix` of 0 is the topology's.
    """

    name: str
    address: str | None = None
    gateway: str | None = None
    vlan: int = 0
    prefix: int = 0


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """Ports of a switch, by their links, that are joined in one channel (bonding.rst, 5.).

    `lacp` is who speaks LACP on them; `options` are those of the bond that the channel is in the
    switch's kernel, such as `lacp_rate`.
    """

    name: str
    links: tuple[str, ...]
    lacp: Speaker = "nobody"
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SwitchPlan:
    """An emulated switch; `filters_macs` lets a port deliver unicast only for its NIC's own MAC.

    VirtualBox's switches do: a port has the MAC with which its NIC was configured. Some of its
    ports may be joined in `channels`.
    """

    name: str
    filters_macs: bool = False
    channels: tuple[ChannelPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class BridgePlan:
    """A bridge in the DUT: its ports are a bond and the machines whose links end at it."""

    name: str
    bond: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class VlanPlan:
    """A VLAN interface of the DUT over a bond: its number, its addresses with their prefix."""

    name: str
    number: int
    bond: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """A cable between two nodes, at least one of them a switch, or from a guest to a bridge.

    `nic` is the NIC of the machine at one end, and so the driver under test: veth, or rtl8150 for
    a USB adapter; `mac` is its address, by default derived from the topology; `lag` is the delay
    with which its driver may report its carrier, by default the known one of that driver. If it
    `exists`, `nic` is the name of any driver.
    """

    name: str
    a: str
    b: str
    nic: str = VETH
    mac: str | None = None
    lag: Span | None = None
    exists: bool = False


@dataclass(frozen=True, slots=True)
class TopologyPlan:
    """A network, not checked: its machines and switches, their cables, and the bonds of the DUT.

    Probes are sent along `path`, `out` from its first machine to its second; a DUT that `forwards`
    is a router. With `ipv6` its machines have IPv6, and with it the multicast frames that an ARP
    monitor without validation counts; addresses are added to them.
    """

    name: str
    machines: tuple[MachinePlan, ...]
    switches: tuple[SwitchPlan, ...]
    links: tuple[LinkPlan, ...]
    bonds: tuple[BondPlan, ...]
    prefix: int = 24
    bridges: tuple[BridgePlan, ...] = ()
    vlans: tuple[VlanPlan, ...] = ()
    path: tuple[str, str] = DEFAULT_PATH
    forwards: bool = False
    ipv6: bool = False

    def links_of(self, node: str) -> tuple[LinkPlan, ...]:
        """Return the links that end at a machine or switch, in order."""
        return tuple(link for link in self.links if node in (link.a, link.b))

    def leads_to(self, switch: str, link: str) -> str | None:
        """Return the machine at the other end of a switch's link, None if that is a switch."""
        wire = self.link(link)
        other = wire.a if wire.b == switch else wire.b
        return other if other in {machine.name for machine in self.machines} else None

    def machine_links(self, switch: str) -> tuple[str, ...]:
        """Return the links between a switch and machines, in order."""
        names = (link.name for link in self.links_of(switch))
        return tuple(name for name in names if self.leads_to(switch, name))

    def channel_at(self, link: str) -> ChannelPlan | None:
        """Return the channel to which a switch port of a link belongs, None for none."""
        channels = (channel for switch in self.switches for channel in switch.channels)
        return next((channel for channel in channels if link in channel.links), None)

    def link(self, name: str) -> LinkPlan:
        """Return a link by name; raises ScenarioError that lists what exists."""
        for link in self.links:
            if link.name == name:
                return link
        raise self.missing("link", name, [link.name for link in self.links])

    def bond(self, name: str) -> BondPlan:
        """Return a bond's plan by name; raises ScenarioError that lists what exists."""
        for bond in self.bonds:
            if bond.name == name:
                return bond
        raise self.missing("bond", name, [bond.name for bond in self.bonds])

    def bridge_over(self, bond: str) -> BridgePlan | None:
        """Return the bridge of which a bond is a port, None for none."""
        return next((bridge for bridge in self.bridges if bridge.bond == bond), None)

    def bond_address(self, bond: BondPlan) -> str:
        """Return the IPv4 address of a bond: its own, its bridge's or a VLAN's."""
        return next((text.partition("/")[0] for text in self.bond_addresses(bond)), "")

    def bond_addresses(self, bond: BondPlan) -> list[str]:
        """Return the addresses of a bond, its bridge and VLANs, the path's network first."""
        bridge = self.bridge_over(bond.name)
        own = bridge.address if bridge else bond.address
        found = [f"{own}/{self.prefix}"] if own else []
        found += [*bond.more, *(a for v in self.vlans if v.bond == bond.name for a in v.addresses)]
        far = [ip_address(m.address) for m in self.machines if m.name in self.path and m.address]
        return sorted(found, key=lambda a: not any(x in ip_interface(a).network for x in far))

    def reach(self, machine: str) -> str:
        """Return a machine's IPv4 address, for the DUT that of its first bond.

        Raises ScenarioError for a machine that has none.
        """
        known = {machine.name: machine.address for machine in self.machines if machine.address}
        if self.bonds and self.bond_address(self.bonds[0]):
            known[DUT] = self.bond_address(self.bonds[0])
        if machine not in known:
            raise self.missing("machine with an address", machine, list(known))
        return known[machine]

    def missing(self, kind: str, name: str, has: list[str]) -> ScenarioError:
        """Return the error for a name that is not in this topology."""
        hint = alike(name, has, most=1) or f"see the plan of {self.name}"
        return ScenarioError(
            f'{kind} "{name}" is not in topology {self.name} (has: {", ".join(has)})', hint=hint
        )
