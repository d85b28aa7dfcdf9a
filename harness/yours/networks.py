"""The addresses of a user's bond, and the network of each of its ARP targets.

The source address of an ARP probe is one in the target's network, of the bond or of a bridge or
VLAN on top of it; without one it is 0.0.0.0, and arp_validate accepts no reply (bond_arp_send_all,
inet_confirm_addr, bond_validate_arp). In that case the lab adds one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from harness.config.addressing import Addressing, Upper
from harness.config.model import BondConfig

DEFAULT = "192.0.2.1/24"
MOST_HOSTS = 1000
WIDER = (24, 16)  # prefixes tried for one network of a default address and all targets
LONGEST = 29  # the longest prefix with free addresses for the lab's machines


@dataclass(frozen=True, slots=True)
class DutAddress:
    """An address of the DUT with its prefix, and the device that has it.

    `device` is the bond or an upper device; `vlan` is 0 if it is not a VLAN.
    """

    device: str
    kind: str
    vlan: int
    address: str

    @property
    def network(self) -> IPv4Network:
        """Its network."""
        return IPv4Interface(self.address).network

    @property
    def ip(self) -> str:
        """The address without prefix."""
        return self.address.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Networks:
    """A bond's addresses in the lab, its targets, and remarks about added addresses.

    The first target is in the first home's network. `why_not` is what the lab cannot build.
    """

    homes: tuple[DutAddress, ...]
    targets: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    why_not: str = ""

    def home_of(self, target: str) -> DutAddress:
        """Return the home that is the source of ARP probes to a target."""
        return _home_of(self.homes, target) or self.homes[0]


def networks(bond: BondConfig, targets: tuple[str, ...]) -> Networks:
    """Return the networks of a bond and its targets, with default addresses if it has none."""
    homes, remarks, why = _given(bond)
    why = why or _unfit(targets, homes)
    if why:
        return Networks(
            (DutAddress(bond.name, "bond", 0, DEFAULT),), targets or ("192.0.2.254",), (), why
        )
    if not homes:
        homes = [_default_home(bond, targets)]
    for target in targets:
        if _home_of(homes, target) is None:
            home = _another(bond, homes, targets, target)
            if _is_static(bond):
                remarks.append(_remark(bond, home, target))
            homes.append(home)
    first = _home_of(homes, targets[0]) if targets else homes[0]
    homes.sort(key=lambda home: home != first)
    homes[0] = _roomy(homes[0], targets)
    taken = {home.ip for home in homes}
    made = targets or (unused(homes[0].network, taken, last=True),)
    return Networks(tuple(homes), made, tuple(remarks))


def _given(bond: BondConfig) -> tuple[list[DutAddress], list[str], str]:
    """Return the addresses of the files, remarks, and why the lab cannot build an upper device.

    A bridge over a VLAN, or a VLAN of a bridge, counts as the VLAN alone.
    """
    homes = list(_homes(bond.name, "bond", 0, bond.ip))
    remarks: list[str] = []
    for upper in bond.uppers:
        way = _way(bond, upper.name)
        numbers = [one.vlan for one in way if one.kind == "vlan"]
        if len(numbers) > 1:
            return [], [], f"{upper.name} is a VLAN of a VLAN, which the lab does not build"
        number = numbers[0] if numbers else 0
        found = list(_homes(upper.name, "vlan" if number else "bridge", number, upper.ip))
        if number and len(way) > 1 and found:
            what = f"the lab has the addresses of {upper.name} on VLAN {number} of {bond.name}"
            remarks.append(f"{upper.place}: {what}, without the bridge")
        homes += found
    names = {home.device for home in homes if home.kind == "bridge"}
    if len(names) > 1:
        return [], [], f"{' and '.join(sorted(names))} are bridges over one bond"
    if names:  # addresses of a bridge port are not used
        homes = [home for home in homes if home.kind != "bond"]
    return homes, remarks, ""


def _way(bond: BondConfig, name: str) -> list[Upper]:
    """Return the devices from an upper device down to the bond, the upper device first."""
    known = {upper.name: upper for upper in bond.uppers}
    way: list[Upper] = []
    while name in known and known[name] not in way:
        way.append(known[name])
        name = next((one for one in known[name].below if one == bond.name or one in known), "")
    return way


def _homes(device: str, kind: str, vlan: int, ip: Addressing) -> Iterator[DutAddress]:
    for text in ip.addresses:
        own = ipaddress.ip_interface(text)
        if isinstance(own, IPv4Interface):
            yield DutAddress(device, kind, vlan, str(own))


def _home_of(homes: Iterable[DutAddress], target: str) -> DutAddress | None:
    fitting = [home for home in homes if IPv4Address(target) in home.network]
    return max(fitting, key=lambda home: home.network.prefixlen, default=None)


def _unfit(targets: tuple[str, ...], homes: Iterable[DutAddress]) -> str:
    """Return why a target cannot be a machine of the lab, "" if all can."""
    own = {home.ip for home in homes}
    ends = {str(end) for home in homes for end in _ends(home.network)}
    for text in targets:
        address = IPv4Address(text)
        if text in own:
            return f"its ARP target {text} is its own address"
        if text in ends:
            return f"its ARP target {text} is not a host address of its network"
        if address.is_loopback or address.is_multicast or int(address) >> 24 in (0, 255):
            return f"its ARP target {text} is not a host address"
    return ""


def _ends(network: IPv4Network) -> tuple[IPv4Address, ...]:
    return (network[0], network[-1]) if network.prefixlen < 31 else ()


def _is_static(bond: BondConfig) -> bool:
    """Return whether the files give all addresses: none is assigned by DHCP."""
    known = [bond.ip, *(upper.ip for upper in bond.uppers)]
    return any(ip.addresses for ip in known) and not any(ip.dhcp4 for ip in known)


def _default_home(bond: BondConfig, targets: tuple[str, ...]) -> DutAddress:
    """Return a default address, if possible in one network with all targets."""
    for prefix in WIDER if targets else ():
        network = IPv4Interface(f"{targets[0]}/{prefix}").network
        if all(IPv4Address(text) in network for text in targets):
            own = unused(IPv4Interface(f"{targets[0]}/24").network, targets)
            return DutAddress(*_holder(bond), f"{own}/{prefix}")
    if targets:
        network = IPv4Interface(f"{targets[0]}/24").network
        return DutAddress(*_holder(bond), f"{unused(network, targets)}/24")
    return DutAddress(*_holder(bond), DEFAULT)


def _another(
    bond: BondConfig, homes: list[DutAddress], targets: tuple[str, ...], target: str
) -> DutAddress:
    """Return an additional address for a target that is in no network yet."""
    network = IPv4Interface(f"{target}/24").network
    own = unused(network, {*targets, *(home.ip for home in homes)})
    return DutAddress(*_holder(bond), f"{own}/24")


def _holder(bond: BondConfig) -> tuple[str, str, int]:
    """Return the device that gets default addresses: the one that is configured by DHCP."""
    for upper in bond.uppers:
        way = _way(bond, upper.name)
        numbers = [one.vlan for one in way if one.kind == "vlan"]
        if upper.ip.dhcp4 and len(numbers) == 1 and not bond.ip.dhcp4:
            return upper.name, "vlan", numbers[0]
    bridge = next(
        (upper for upper in bond.uppers if upper.kind == "bridge" and bond.name in upper.below),
        None,
    )
    return (bridge.name, "bridge", 0) if bridge else (bond.name, "bond", 0)


def _remark(bond: BondConfig, home: DutAddress, target: str) -> str:
    where = bond.where("arp_ip_target")
    return (
        f"{where}: ARP target {target} is in no network of {bond.name}: the lab added "
        f"{home.address} to {home.device}; without it, the kernel sends ARP probes from 0.0.0.0 "
        "and arp_validate accepts no reply"
    )


def _roomy(home: DutAddress, targets: Iterable[str]) -> DutAddress:
    """Return a home whose network has free addresses for a neighbour and a target."""
    own = IPv4Interface(home.address)
    if own.network.prefixlen <= LONGEST:
        return home
    for prefix in range(LONGEST, 0, -1):
        wider = IPv4Interface(f"{own.ip}/{prefix}").network
        ends = {str(end) for end in _ends(wider)}
        if not ends & {str(own.ip), *targets}:
            return DutAddress(home.device, home.kind, home.vlan, f"{own.ip}/{prefix}")
    return home


def unused(network: IPv4Network, taken: Iterable[str], *, last: bool = False) -> str:
    """Return the first or last unused host address of a network."""
    span = range(1, min(network.num_addresses - 1, MOST_HOSTS))
    hosts = (str(network[-1 - n if last else n]) for n in span)
    used = set(taken)
    return next(host for host in hosts if host not in used)
