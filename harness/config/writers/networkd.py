"""systemd-networkd's units: .netdev to create a device, .network to configure it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.bonding import OPTIONS
from harness.config.addressing import Addressing, Upper
from harness.config.model import BondConfig
from harness.config.option_names import NETWORKD, NETWORKD_BOOLEANS, NETWORKD_ROLES, inverted
from harness.config.writers.above import bridge_of, other_interfaces, uppers, vlans_on

SETTINGS = inverted(NETWORKD)
ROLES = inverted(NETWORKD_ROLES)
YES = {"on": "yes", "off": "no"}
MATCHES = {"name": "Name", "mac": "MACAddress"}


def networkd(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return the units of each bond, its slaves, its upper devices, other ports of bridges."""
    files, above = {}, uppers(bonds)
    for bond in bonds:
        files[f"10-{bond.name}.netdev"] = _netdev(bond.name, "bond", "Bond", _settings(bond))
        files[f"20-{bond.name}.network"] = _network(bond.name, bond.ip, above)
        for slave in bond.slave_names:
            lines = ["[Match]", f"Name={slave}", "", "[Network]", f"Bond={bond.name}"]
            lines += [f"{key}=yes" for name, key in ROLES.items() if bond.asked.get(name) == slave]
            files[f"20-{slave}.network"] = "\n".join([*lines, ""])
        for nth, match in enumerate(bond.matches, 1):
            head = ["[Match]", f"{MATCHES[match.by]}={match.value}", "", "[Network]"]
            files[f"20-{bond.name}-{nth}.network"] = "\n".join([*head, f"Bond={bond.name}", ""])
    for upper in above:
        own = [f"Id={upper.vlan}"] if upper.kind == "vlan" else []
        files[f"10-{upper.name}.netdev"] = _netdev(upper.name, upper.kind, "VLAN", own)
        files[f"20-{upper.name}.network"] = _network(upper.name, upper.ip, above)
    for name in other_interfaces(bonds):
        if bridge_of(name, above):
            files[f"20-{name}.network"] = _network(name, Addressing(), above)
    return files


def _netdev(name: str, kind: str, section: str, settings: Sequence[str] | Iterator[str]) -> str:
    lines = ["[NetDev]", f"Name={name}", f"Kind={kind}"]
    own = list(settings)
    lines += ["", f"[{section}]", *own] if own or kind == "bond" else []
    return "\n".join([*lines, ""])


def _network(name: str, ip: Addressing, above: Sequence[Upper]) -> str:
    lines = ["[Match]", f"Name={name}"]
    lines += ["", "[Link]", f"MTUBytes={ip.mtu}"] if ip.mtu else []
    lines += ["", "[Network]", *_ip(ip)]
    bridge = bridge_of(name, above)
    lines += [f"Bridge={bridge}"] if bridge else []
    lines += [f"VLAN={upper.name}" for upper in vlans_on(name, above)]
    return "\n".join([*lines, ""])


def _ip(ip: Addressing) -> Iterator[str]:
    if ip.dhcp4 or ip.dhcp6:
        yield f"DHCP={'yes' if ip.dhcp4 and ip.dhcp6 else 'ipv4' if ip.dhcp4 else 'ipv6'}"
    yield from (f"Address={address}" for address in ip.addresses)
    yield from (f"Gateway={gateway}" for gateway in ip.gateways)


def _settings(bond: BondConfig) -> Iterator[str]:
    for name, value in bond.asked.items():
        if name in ROLES:
            continue
        text = " ".join(value) if isinstance(value, tuple) else str(value)
        unit = OPTIONS[name].unit
        yield f"{SETTINGS[name]}={YES[text] if name in NETWORKD_BOOLEANS else text}{unit}"
