"""netplan and nmstate: YAML."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from harness.bonding import OPTIONS, Setting
from harness.config.model import BondConfig
from harness.config.names import NETPLAN, turned
from harness.config.writers.network import monitored
from harness.config.yamls import dump

PARAMETERS = turned(NETPLAN)
BOOLEANS = frozenset({"tlb_dynamic_lb", "use_carrier", "lacp_active"})
PORT_KEYS = {"prio": "priority", "queue_id": "queue-id"}
WORDS = {"on": "delivered", "off": "dropped"}


def netplan(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return one YAML file with all bonds; slaves are physical interfaces of the same name."""
    network: dict[str, Any] = {"version": 2}
    slaves = [name for bond in bonds for name in bond.slave_names]
    if slaves:
        network["ethernets"] = {name: {} for name in slaves}
    network["bonds"] = {}
    for bond in bonds:
        made: dict[str, Any] = {"interfaces": list(bond.slave_names)}
        if bond.addresses:
            made["addresses"] = list(bond.addresses)
        if bond.asked:
            made["parameters"] = {PARAMETERS[n]: _netplan(n, v) for n, v in bond.asked.items()}
        network["bonds"][bond.name] = made
    return {"60-bonds.yaml": dump({"network": network})}


def _netplan(name: str, value: Setting) -> object:
    if isinstance(value, tuple):
        return list(value)
    return value == "on" if name == "all_slaves_active" else value


def nmstate(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return one YAML state with all bonds."""
    return {"state.yaml": dump({"interfaces": [_interface(bond) for bond in bonds]})}


def _interface(bond: BondConfig) -> dict[str, Any]:
    made: dict[str, Any] = {"name": bond.name, "type": "bond", "state": "up"}
    for version in (4, 6):
        own = [ipaddress.ip_interface(a) for a in bond.addresses]
        own = [one for one in own if one.version == version]
        if own:
            address = [{"ip": str(one.ip), "prefix-length": one.network.prefixlen} for one in own]
            made[f"ipv{version}"] = {"enabled": True, "address": address}
    asked = monitored(bond)
    mode = asked.pop("mode", OPTIONS["mode"].default)
    made["link-aggregation"] = {"mode": mode, "port": list(bond.slave_names)}
    if asked:
        made["link-aggregation"]["options"] = {n: _nmstate(n, v) for n, v in asked.items()}
    own_ports = [slave for slave in bond.slaves if slave.given]
    if own_ports:
        made["link-aggregation"]["ports-config"] = [
            {"name": slave.name, **{PORT_KEYS[one.name]: one.value for one in slave.given}}
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
