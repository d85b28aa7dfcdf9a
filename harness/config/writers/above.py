"""IP and upper devices of bonds, in the form that writers of all formats use."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from harness.config.addressing import Addressing, Upper
from harness.config.model import BondConfig


class Family(NamedTuple):
    """One address family of an interface."""

    version: int
    addresses: tuple[str, ...]
    gateway: str
    dynamic: bool

    @property
    def name(self) -> str:
        """ipv4 or ipv6."""
        return f"ipv{self.version}"

    @property
    def method(self) -> str:
        """Where addresses come from, in NetworkManager's words."""
        if self.dynamic:
            return "auto"
        return "manual" if self.addresses else "disabled"


def family(ip: Addressing, version: int) -> Family:
    """Return the IPv4 or IPv6 configuration of an interface."""
    own = tuple(a for a in ip.addresses if ipaddress.ip_interface(a).version == version)
    gates = [g for g in ip.gateways if ipaddress.ip_address(g).version == version]
    return Family(version, own, "".join(gates[:1]), ip.dhcp4 if version == 4 else ip.dhcp6)


def families(ip: Addressing) -> tuple[Family, Family]:
    """Return the IPv4 and IPv6 configuration of an interface."""
    return family(ip, 4), family(ip, 6)


def uppers(bonds: Sequence[BondConfig]) -> list[Upper]:
    """Return the upper devices of the bonds, each once: a bridge may have two bonds as ports."""
    return list({upper.name: upper for bond in bonds for upper in bond.uppers}.values())


def bridge_of(port: str, above: Iterable[Upper]) -> str:
    """Return the bridge that an interface is a port of, "" for none."""
    return next((up.name for up in above if up.kind == "bridge" and port in up.below), "")


def vlans_on(name: str, above: Iterable[Upper]) -> list[Upper]:
    """Return the VLANs on an interface."""
    return [upper for upper in above if upper.kind == "vlan" and name in upper.below]


def other_interfaces(bonds: Sequence[BondConfig]) -> Iterator[str]:
    """Yield ports of bridges and lower devices of VLANs that are neither bonds nor on a bond."""
    above = uppers(bonds)
    ours = {bond.name for bond in bonds} | {upper.name for upper in above}
    below = dict.fromkeys(name for upper in above for name in upper.below)
    yield from (name for name in below if name not in ours)


def dotted(upper: Upper) -> bool:
    """Return whether a VLAN is called as tools expect that read its number from its name."""
    return upper.name == f"{upper.below[0]}.{upper.vlan}"
