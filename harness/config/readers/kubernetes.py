"""Bonds of Kubernetes: of its nodes, in the configuration of Talos, and of its pods, by bond-cni.

Sources: Talos, v1alpha1 configuration, Bond; bond-cni, README. There is no writer for these.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from harness.bonding import OPTIONS
from harness.bonding.options import near
from harness.config.draft import TRUE, Draft
from harness.config.draft_bond import DraftBond
from harness.config.draft_net import DraftNet
from harness.config.model import ConfigError
from harness.config.place import Place
from harness.config.readers.optstring import NAMELESS
from harness.config.source import Source
from harness.config.wrappers import inner, mappings, places, scalars, text, value
from harness.config.yaml_nodes import Node

TALOS, CNI = "talos", "bond-cni"
CNI_OPTIONS = ("mode", "miimon", "failOverMac", "allSlavesActive", "tlbDynamicLb")
# What makes a network one of bond-cni; a `name` is the network's, not the bond's.
CNI_KEYS = {
    "type",
    "cniVersion",
    "name",
    "ifname",
    "links",
    "linksInContainer",
    "mtu",
    *CNI_OPTIONS,
}
CAMEL = {
    "numPeerNotif": "num_grat_arp",
    "peerNotifyDelay": "peer_notif_delay",
    "arpIPTarget": "arp_ip_target",
    "nsIP6Target": "ns_ip6_target",
}


def talos(sources: Sequence[Source]) -> Draft:
    """Return the bonds of a machine's configuration for Talos."""
    draft = Draft(TALOS)
    for source in sources:
        for one in inner(source, lambda node: isinstance(_bond_of(node), Node)):
            node, bonded = one.node, _bond_of(one.node)
            bond = draft.bond(text(node, "interface"), node.place)
            bond.mark_used(*places(node, "interface"))
            for key, setting in bonded.items("bond") if bonded else ():
                _talos(bond, key, setting)
            _talos_ip(draft, bond, node)
    return draft


def _bond_of(node: Node) -> Node | None:
    found = value(node, "bond")
    return found if found and text(node, "interface") else None


def _talos(bond: DraftBond, key: str, setting: Node) -> None:
    if key == "interfaces":
        for one in setting.list("interfaces"):
            bond.slave(one.text("an interface"), one.place)
    elif key == "deviceSelectors":
        for one in setting.list("deviceSelectors"):
            for by, found in one.items("a selector"):
                raw = found.joined(by)
                bond.match("mac" if by == "hardwareAddr" else by, raw, found.place, f"{by}: {raw}")
    else:
        _camel(bond, key, setting.joined(key), setting.place)


def _talos_ip(draft: Draft, bond: DraftBond, node: Node) -> None:
    addresses, mtu = value(node, "addresses"), value(node, "mtu")
    for one in addresses.list("addresses") if addresses else ():
        bond.net.address(one.text("an address"), "", one.place)
    _talos_dhcp(bond.net, node)
    if mtu:
        bond.net.set_mtu(mtu.text("mtu"), mtu.place)
    for route in mappings(value(node, "routes")):
        gateway = value(route, "gateway")
        if gateway and text(route, "network") in ("", "0.0.0.0/0", "::/0"):
            bond.net.gateway(gateway.text("gateway"), gateway.place)
            bond.mark_used(*places(route, "network"))
    for vlan in mappings(value(node, "vlans")):
        number = text(vlan, "vlanId")
        net = draft.net(f"{bond.name}.{number}")
        draft.vlan(f"{bond.name}.{number}", bond.name, number, vlan.place)
        net.mark_used(*places(vlan, "vlanId"))
        _talos_dhcp(net, vlan)
        more = value(vlan, "addresses")
        for one in more.list("addresses") if more else ():
            net.address(one.text("an address"), "", one.place)
        if size := value(vlan, "mtu"):
            net.set_mtu(size.text("mtu"), size.place)


def _talos_dhcp(net: DraftNet, node: Node) -> None:
    for place in places(node, "dhcp"):
        net.set_dynamic(place, four=text(node, "dhcp").lower() in TRUE)


def _camel(bond: DraftBond, key: str, raw: str, place: Place) -> None:
    """Take an option whose name is written as failOverMac."""
    name = CAMEL.get(key) or re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower()
    if name in OPTIONS:
        bond.option(name, raw, place, f"{key}: {raw}")
    else:
        why = f"{bond.format} has no such option of a bond"
        bond.note_unknown(f"{key}: {raw}", why, place, near(name, OPTIONS))


def cni(sources: Sequence[Source]) -> Draft:
    """Return the bond of each network for bond-cni, whose slaves are interfaces of the pod."""
    draft = Draft(CNI)
    for source in sources:
        for found in _networks(source):
            plugins = found.get("plugins")
            for plugin in plugins if isinstance(plugins, list) else [found]:
                if isinstance(plugin, dict) and plugin.get("type", "bond") == "bond":
                    _cni(draft, plugin, source)
    return draft


def _networks(source: Source) -> Iterator[Mapping[str, object]]:
    """Yield the JSON objects of a file, or of the texts in a Kubernetes manifest."""
    bare = source.text.lstrip().startswith(("{", "["))
    texts = (
        [source.text]
        if bare
        else [scalar for scalar in scalars(source) if scalar.lstrip()[:1] == "{"]
    )
    for one in texts:
        try:
            found = json.loads(one)
        except (RecursionError, ValueError) as error:
            raise ConfigError(
                f"not JSON: {error}", source.at(1), hint="correct the file"
            ) from None
        if isinstance(found, dict):
            yield found


def _cni(draft: Draft, found: Mapping[str, object], source: Source) -> None:
    bond = draft.bond(str(found.get("ifname") or NAMELESS), source.at(1))
    links = found.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and isinstance(link.get("name"), str):
            bond.slave(link["name"], source.at(_line(source, link["name"])))
    for key in found.keys() - CNI_KEYS:
        draft.note_lost(f"{key}: {json.dumps(found[key])}", source.at(_line(source, key)))
    for key in CNI_OPTIONS:
        if key in found:
            _camel(bond, key, str(found[key]), source.at(_line(source, key)))
    if isinstance(found.get("mtu"), int):
        bond.net.set_mtu(str(found["mtu"]), source.at(_line(source, "mtu")))


def _line(source: Source, word: str) -> int:
    """Return the line of a word; the parser of JSON does not return lines."""
    return source.text.count("\n", 0, max(0, source.text.find(json.dumps(word)))) + 1


READERS = {TALOS: talos, CNI: cni}
