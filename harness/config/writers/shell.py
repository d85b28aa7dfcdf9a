"""Options as strings, in files of shell variables and for modprobe."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from harness.bonding import OPTIONS
from harness.config.addressing import Addressing, Upper
from harness.config.model import BondConfig
from harness.config.writers.above import bridge_of, family, other_interfaces, uppers

ON_OFF = {"off", "on"}


def optstring(bond: BondConfig) -> str:
    """Return options for BONDING_OPTS: switches as numbers, which every tool accepts."""
    words = []
    for name, value in bond.asked.items():
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        if {value.word for value in OPTIONS[name].values} == ON_OFF:
            text = str(OPTIONS[name].number_of(value if isinstance(value, str) else text))
        words.append(f"{name}={text}")
    return " ".join(words)


def options(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return the options of a bond as a line of BONDING_OPTS."""
    return {"bonding.opts": f'BONDING_OPTS="{optstring(bonds[0])}"\n'}


def ifcfg(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return ifcfg files of Red Hat's kind: bonds, slaves, upper devices, other ports."""
    files, above = {}, uppers(bonds)
    for bond in bonds:
        own = ["TYPE=Bond", "BONDING_MASTER=yes", f'BONDING_OPTS="{optstring(bond)}"']
        files[bond.name] = _device(bond.name, own, bond.ip, above)
        for slave in bond.slave_names:
            lines = [f"DEVICE={slave}", "ONBOOT=yes", "BOOTPROTO=none"]
            files[slave] = [*lines, f"MASTER={bond.name}", "SLAVE=yes"]
    for upper in above:
        own = ["TYPE=Bridge"]
        if upper.kind == "vlan":
            own = ["VLAN=yes", f"PHYSDEV={upper.below[0]}", f"VLAN_ID={upper.vlan}"]
        files[upper.name] = _device(upper.name, own, upper.ip, above)
    for name in other_interfaces(bonds):
        if bridge_of(name, above):
            files.setdefault(name, _device(name, [], Addressing(), above))
    return {f"ifcfg-{name}": "\n".join([*lines, ""]) for name, lines in files.items()}


def _device(name: str, own: list[str], ip: Addressing, above: Sequence[Upper]) -> list[str]:
    bridge = bridge_of(name, above)
    lines = [f"DEVICE={name}", *own, "ONBOOT=yes", f"BOOTPROTO={'dhcp' if ip.dhcp4 else 'none'}"]
    return [*lines, *_red_hat(ip), *([f"BRIDGE={bridge}"] if bridge else [])]


def _red_hat(ip: Addressing) -> Iterator[str]:
    four, six = family(ip, 4), family(ip, 6)
    for number, text in enumerate(four.addresses):
        address, tail = ipaddress.ip_interface(text), str(number or "")
        yield f"IPADDR{tail}={address.ip}"
        yield f"PREFIX{tail}={address.network.prefixlen}"
    if four.gateway:
        yield f"GATEWAY={four.gateway}"
    if six.dynamic or six.addresses:
        yield "IPV6INIT=yes"
        yield f"IPV6_AUTOCONF={'yes' if six.dynamic else 'no'}"
    if six.addresses:
        yield f"IPV6ADDR={six.addresses[0]}"
    if six.addresses[1:]:
        yield f'IPV6ADDR_SECONDARIES="{" ".join(six.addresses[1:])}"'
    if six.gateway:
        yield f"IPV6_DEFAULTGW={six.gateway}"
    if ip.mtu:
        yield f"MTU={ip.mtu}"


def suse(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return ifcfg files of SUSE: one for each bond, and for each upper device."""
    files = {}
    for bond in bonds:
        own = ["BONDING_MASTER='yes'", f"BONDING_MODULE_OPTS='{optstring(bond)}'"]
        own += [f"BONDING_SLAVE{n}='{name}'" for n, name in enumerate(bond.slave_names)]
        files[bond.name] = [*own, *_suse(bond.ip)]
    for upper in uppers(bonds):
        own = ["BRIDGE='yes'", f"BRIDGE_PORTS='{' '.join(upper.below)}'"]
        if upper.kind == "vlan":
            own = [f"ETHERDEVICE='{upper.below[0]}'", f"VLAN_ID='{upper.vlan}'"]
        files[upper.name] = [*own, *_suse(upper.ip)]
    return {
        f"ifcfg-{name}": "\n".join(["STARTMODE='auto'", *lines, ""])
        for name, lines in files.items()
    }


def _suse(ip: Addressing) -> Iterator[str]:
    words = {(True, True): "dhcp", (True, False): "dhcp4", (False, True): "dhcp6"}
    yield f"BOOTPROTO='{words.get((ip.dhcp4, ip.dhcp6), 'static')}'"
    for number, address in enumerate(ip.addresses):
        yield f"IPADDR{f'_{number}' if number else ''}='{address}'"
    if ip.mtu:
        yield f"MTU='{ip.mtu}'"


def modprobe(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return a file for modprobe.d: an alias for each bond, options for all of them."""
    lines = [f"alias {bond.name} bonding" for bond in bonds]
    text = optstring(bonds[0])
    lines += [f"options bonding {text}"] if text else []
    return {"bonding.conf": "\n".join([*lines, ""])}
