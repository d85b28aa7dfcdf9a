"""netplan and nmstate: YAML."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any

from harness.bonding import OPTIONS, Setting
from harness.config.addressing import Addressing, Upper
from harness.config.model import BondConfig
from harness.config.option_names import NETPLAN, inverted
from harness.config.writers.above import families, other_interfaces, uppers
from harness.config.writers.nm import monitored
from harness.config.yaml_nodes import dump

PARAMETERS = inverted(NETPLAN)
BOOLEANS = frozenset({"tlb_dynamic_lb", "use_carrier", "lacp_active"})
PORT_KEYS = {"prio": "priority", "queue_id": "queue-id"}
WORDS = {"on": "delivered", "off": "dropped"}
# The destinations of default routes, in the words that all versions take.
ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}


def netplan(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return one YAML file; slaves and other ports are physical interfaces of the same name."""
    network: dict[str, Any] = {"version": 2}
    above = uppers(bonds)
    physical = [name for bond in bonds for name in bond.slave_names]
    ethernets: dict[str, Any] = {name: {} for name in (*physical, *other_interfaces(bonds))}
    network["bonds"] = {}
    for bond in bonds:
        made: dict[str, Any] = {"interfaces": list(bond.slave_names)}
        for nth, match in enumerate(bond.matches, 1):
            called = match.called or f"{bond.name}-{nth}"
            key = "macaddress" if match.by == "mac" else "name"
            ethernets[called] = {"match": {key: match.value}}
            made["interfaces"].append(called)
        made |= _netplan_ip(bond.ip)
        if bond.asked:
            made["parameters"] = {PARAMETERS[n]: _netplan(n, v) for n, v in bond.asked.items()}
        network["bonds"][bond.name] = made
    if ethernets:
        network = {"version": 2, "ethernets": ethernets, "bonds": network["bonds"]}
    for upper in above:
        network.setdefault(f"{upper.kind}s", {})[upper.name] = _netplan_upper(upper)
    return {"60-bonds.yaml": dump({"network": network})}


def _netplan_upper(upper: Upper) -> dict[str, Any]:
    if upper.kind == "bridge":
        return {"interfaces": list(upper.below), **_netplan_ip(upper.ip)}
    return {"id": upper.vlan, "link": upper.below[0], **_netplan_ip(upper.ip)}


def _netplan_ip(ip: Addressing) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for family in families(ip):
        if family.dynamic:
            made[f"dhcp{family.version}"] = True
    if ip.addresses:
        made["addresses"] = list(ip.addresses)
    routed = [family for family in families(ip) if family.gateway]
    if routed:
        made["routes"] = [{"to": ANYWHERE[one.version], "via": one.gateway} for one in routed]
    if ip.mtu:
        made["mtu"] = ip.mtu
    return made


def _netplan(name: str, value: Setting) -> object:
    if isinstance(value, tuple):
        return list(value)
    return value == "on" if name == "all_slaves_active" else value


def nmstate(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return one YAML state with all bonds and their upper devices."""
    above = uppers(bonds)
    made: dict[str, Any] = {"interfaces": [_interface(bond) for bond in bonds]}
    made["interfaces"] += [_nmstate_upper(upper) for upper in above]
    routes = [route for bond in bonds for route in _routes(bond.name, bond.ip)]
    routes += [route for upper in above for route in _routes(upper.name, upper.ip)]
    if routes:
        made["routes"] = {"config": routes}
    return {"state.yaml": dump(made)}


def _nmstate_upper(upper: Upper) -> dict[str, Any]:
    kind = "linux-bridge" if upper.kind == "bridge" else "vlan"
    made: dict[str, Any] = {"name": upper.name, "type": kind, "state": "up"}
    if upper.kind == "bridge":
        made["bridge"] = {"port": [{"name": name} for name in upper.below]}
    else:
        made["vlan"] = {"base-iface": upper.below[0], "id": upper.vlan}
    return made | _nmstate_ip(upper.ip)


def _routes(name: str, ip: Addressing) -> Iterator[dict[str, str]]:
    for family in families(ip):
        if family.gateway:
            yield {
                "destination": ANYWHERE[family.version],
                "next-hop-address": family.gateway,
                "next-hop-interface": name,
            }


def _nmstate_ip(ip: Addressing) -> dict[str, Any]:
    made: dict[str, Any] = {"mtu": ip.mtu} if ip.mtu else {}
    for family in families(ip):
        found = [ipaddress.ip_interface(text) for text in family.addresses]
        address = [{"ip": str(a.ip), "prefix-length": a.network.prefixlen} for a in found]
        if family.dynamic:
            made[family.name] = {"enabled": True, "dhcp": True}
            made[family.name] |= {"autoconf": True} if family.version == 6 else {}
            made[family.name] |= {"address": address} if address else {}
        elif address:
            made[family.name] = {"enabled": True, "address": address}
    return made


def _interface(bond: BondConfig) -> dict[str, Any]:
    made: dict[str, Any] = {"name": bond.name, "type": "bond", "state": "up"}
    made |= _nmstate_ip(bond.ip)
    asked = monitored(bond)
    mode = asked.pop("mode", OPTIONS["mode"].default)
    made["link-aggregation"] = {"mode": mode, "port": list(bond.slave_names)}
    if asked:
        made["link-aggregation"]["options"] = {n: _nmstate(n, v) for n, v in asked.items()}
    own_ports = [slave for slave in bond.slaves if slave.given]
    if own_ports:
        made["link-aggregation"]["ports-config"] = [
            {
                "name": slave.name,
                **{PORT_KEYS[option.name]: option.value for option in slave.given},
            }
            for slave in own_ports
        ]
    return made


def _nmstate(name: str, value: Setting) -> object:
    if name == "ns_ip6_target" and isinstance(value, tuple):
        return list(value)
    if isinstance(value, tuple):
        return ",".join(value)
    if name == "all_slaves_active":
        return WORDS[str(value)]
    return value == "on" if name in BOOLEANS else value
