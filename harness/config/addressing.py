"""The IP configuration of an interface, and the upper devices of a bond."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.config.place import Place


@dataclass(frozen=True, slots=True)
class Addressing:
    """The IP of an interface: addresses with prefix, whether it uses DHCP, gateways, MTU.

    `dhcp6` means that IPv6 addresses come from the network, by DHCPv6 or router advertisements.
    An `mtu` of 0 is not set.
    """

    addresses: tuple[str, ...] = ()
    dhcp4: bool = False
    dhcp6: bool = False
    gateways: tuple[str, ...] = ()
    mtu: int = 0

    def __or__(self, other: Addressing) -> Addressing:
        """Return the combination of two files."""
        return Addressing(
            tuple(dict.fromkeys((*self.addresses, *other.addresses))),
            self.dhcp4 or other.dhcp4,
            self.dhcp6 or other.dhcp6,
            tuple(dict.fromkeys((*self.gateways, *other.gateways))),
            other.mtu or self.mtu,
        )

    def meaning(self) -> tuple[object, ...]:
        """Return its content for comparison, independent of the order of addresses."""
        unordered = (tuple(sorted(self.addresses)), tuple(sorted(self.gateways)))
        return (*unordered, self.dhcp4, self.dhcp6, self.mtu)


@dataclass(frozen=True, slots=True)
class Upper:
    """An upper device of a bond or of another upper device: a bridge or a VLAN, and its IP.

    `below` are its lower interfaces: one of a VLAN, all ports of a bridge.
    """

    name: str
    kind: Literal["bridge", "vlan"]
    below: tuple[str, ...]
    vlan: int = 0
    ip: Addressing = Addressing()
    place: Place = field(default=Place(""), compare=False)

    def meaning(self) -> tuple[object, ...]:
        """Return its content for comparison."""
        return (self.name, self.kind, self.vlan, tuple(sorted(self.below)), self.ip.meaning())
