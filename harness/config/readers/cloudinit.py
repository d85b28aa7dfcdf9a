"""cloud-init's network configuration, version 1; version 2 is netplan's.

Source: cloud-init, "Networking config Version 1"; the options of a bond are ifenslave's.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.bonding import OPTIONS
from harness.bonding.options import near
from harness.config.draft import Draft
from harness.config.draft_bond import DraftBond
from harness.config.source import Source
from harness.config.wrappers import configurations, mappings, places, text, value
from harness.config.yaml_nodes import Node

FORMAT = "cloud-init"
DYNAMIC4 = frozenset({"dhcp", "dhcp4"})
DYNAMIC6 = frozenset({"dhcp6", "ipv6_dhcpv6-stateful", "ipv6_dhcpv6-stateless", "ipv6_slaac"})
BY_HAND = frozenset({"static", "static6", "manual"})
DISABLED = "cloud-init does not configure the network"
KINDS = ("bond", "vlan", "bridge")


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of version 1; raises ConfigError for a file without its list."""
    draft = Draft(FORMAT)
    absent = "there is no `config:` of cloud-init"
    hint = "write version: 1 and config: [...], or version 2 as netplan has it"
    for network in configurations(sources, is_version_1, absent, hint):
        read_network(draft, network)
    return draft


def is_version_1(node: Node) -> bool:
    """Return whether a mapping is version 1: a list of items that have a type."""
    listed = mappings(value(node, "config"))
    return any(text(one, "type") in (*KINDS, "physical", "nameserver") for one in listed)


def read_network(draft: Draft, network: Node) -> None:
    """Add the items of a list."""
    draft.mark_used(*places(network, "version"))
    for mapping in mappings(value(network, "config")):
        kind, name = text(mapping, "type"), text(mapping, "name")
        if not name:
            continue
        draft.mark_used_for(name, *places(mapping, "type", "name"))
        if kind == "bond":
            _bond(draft, mapping, name)
        elif kind == "vlan":
            draft.vlan(name, text(mapping, "vlan_link"), text(mapping, "vlan_id"), mapping.place)
            draft.mark_used_for(name, *places(mapping, "vlan_link", "vlan_id"))
        elif kind == "bridge":
            listed = value(mapping, "bridge_interfaces")
            ports = [port.text("a port") for port in listed.list("ports")] if listed else []
            draft.bridge(name, ports, mapping.place)
            draft.mark_used_for(name, *places(mapping, "bridge_interfaces"))
        _addressing(draft, mapping, name)


def _bond(draft: Draft, node: Node, name: str) -> None:
    bond = draft.bond(name, node.place)
    listed, params = value(node, "bond_interfaces"), value(node, "params")
    for one in listed.list("bond_interfaces") if listed else ():
        bond.slave(one.text("an interface"), one.place)
    for key, setting in params.items("params") if params else ():
        parameter(bond, key, setting)


def parameter(bond: DraftBond, key: str, setting: Node) -> None:
    """Add a parameter of a bond, in the spelling of ifenslave."""
    plain = key.replace("-", "_")
    option, raw = plain.removeprefix("bond_"), setting.joined(key)
    if option in OPTIONS and option != plain:
        raw = ",".join(raw.split()) if isinstance(OPTIONS[option].default, tuple) else raw
        bond.option(option, raw, setting.place, f"{key}: {raw}", FORMAT)
    else:
        known = [f"bond-{one.replace('_', '-')}" for one in OPTIONS]
        why = "cloud-init knows no such parameter of a bond"
        bond.note_unknown(f"{key}: {raw}", why, setting.place, near(key, known))


def _addressing(draft: Draft, node: Node, name: str) -> None:
    net = draft.net(name)
    if mtu := value(node, "mtu"):
        net.set_mtu(mtu.text("mtu"), mtu.place)
    for mapping in mappings(value(node, "subnets")):
        kind = text(mapping, "type")
        if kind in DYNAMIC4 | DYNAMIC6 | BY_HAND:
            net.set_dynamic(mapping.place, four=kind in DYNAMIC4, six=kind in DYNAMIC6)
            net.mark_used(*places(mapping, "type"))
        if address := value(mapping, "address"):
            net.address(address.text("address"), text(mapping, "netmask"), address.place)
            net.mark_used(*places(mapping, "netmask"))
        if gateway := value(mapping, "gateway"):
            net.gateway(gateway.text("gateway"), gateway.place)
