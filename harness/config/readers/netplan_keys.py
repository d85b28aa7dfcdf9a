"""The keys of netplan: any other one makes it refuse the whole file.

Source: netplan's YAML reference up to 1.1, and src/parse.c.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from harness.bonding.options import near
from harness.config.draft import Draft
from harness.config.draft_bond import DraftBond
from harness.config.model import Level
from harness.config.yaml_nodes import Node

DEVICES = frozenset(
    [
        "ethernets",
        "wifis",
        "modems",
        "bridges",
        "bonds",
        "vlans",
        "vrfs",
        "tunnels",
        "dummy-devices",
        "virtual-ethernets",
        "nm-devices",
    ]
)
NETWORK = DEVICES | {"version", "renderer", "openvswitch"}
BOND = frozenset(
    [
        "interfaces",
        "parameters",
        "renderer",
        "dhcp4",
        "dhcp6",
        "ipv6-mtu",
        "ipv6-privacy",
        "link-local",
        "ignore-carrier",
        "critical",
        "dhcp-identifier",
        "dhcp4-overrides",
        "dhcp6-overrides",
        "accept-ra",
        "ra-overrides",
        "addresses",
        "ipv6-address-generation",
        "ipv6-address-token",
        "gateway4",
        "gateway6",
        "nameservers",
        "macaddress",
        "mtu",
        "optional",
        "optional-addresses",
        "activation-mode",
        "routes",
        "routing-policy",
        "neigh-suppress",
        "port-mac-learning",
        "hairpin",
        "openvswitch",
        "networkmanager",
    ]
)
REFUSES = "netplan has no such key here, and refuses the file"
NM = "NetworkManager"


def unknown_keys(draft: Draft, network: Node) -> None:
    """Remark on keys of a network that netplan does not know."""
    for key, node in network.items("network"):
        if key not in NETWORK:
            draft.note_unknown(f"{key}:", REFUSES, node.place, near(key, NETWORK), "error")


def unknown_in_bond(bond: DraftBond, node: Node) -> None:
    """Remark on keys of a bond that netplan does not know; options belong below parameters."""
    for key, value in node.items("a bond"):
        if key not in BOND:
            close = near(key, BOND)
            hint = close if close.startswith("did") else "options of a bond stand in parameters:"
            bond.note_unknown(f"{key}:", REFUSES, value.place, hint, "error", refused=True)


def undefined(bond: DraftBond, node: Node, defined: Collection[str]) -> None:
    """Remark on members that no file defines; where none defines any, others may be missing."""
    members = node.get("interfaces", "a bond")
    for one in members.list("interfaces") if members else ():
        name = one.text("an interface")
        if name not in defined:
            why = "netplan refuses a member that is defined nowhere"
            hint = f"add it below ethernets: {name}: {{}}, or give the file that has it"
            level: Level = "error" if defined else "warning"
            bond.note_unknown(f"interfaces: {name}", why, one.place, hint, level, refused=True)


def definitions(network: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield kind, identifier and node of every device; a renderer may be among them."""
    for kind, devices in network.items("network"):
        if kind in DEVICES:
            for name, node in devices.items(kind):
                if name != "renderer":
                    yield kind, name, node


def patches(network: Node) -> Iterator[str]:
    """Yield the ends of the cables between bridges of Open vSwitch, which are interfaces too."""
    switch = network.get("openvswitch", "network")
    ports = switch.get("ports", "openvswitch") if switch else None
    for pair in ports.list("ports") if ports else ():
        yield from (one.text("a port") for one in pair.list("a pair of ports"))


def renderer(networks: Sequence[Node], bond: Sequence[Node]) -> str:
    """Return the renderer of a bond: the bond's, that of all bonds, that of all devices.

    If several files set it, the last one is in force.
    """
    bonds = [node for network in networks if (node := network.get("bonds", "network")) is not None]
    for places in (bond, bonds, networks):
        found = [node for place in places if (node := place.get("renderer", "a mapping"))]
        if found:
            return found[-1].text("renderer")
    return ""
