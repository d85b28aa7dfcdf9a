"""OpenStack: network_data.json of a config drive, and os-net-config's `linux_bond`.

Sources: cloud-init, sources/helpers/openstack.py, which makes version 1 of its own configuration
of it; os-net-config, schema.yaml. There is no writer for these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from harness.config.draft import TRUE, Draft
from harness.config.draft_bond import DraftBond
from harness.config.readers import optstring
from harness.config.readers.cloudinit import DYNAMIC6, parameter
from harness.config.source import Source
from harness.config.wrappers import configurations, inner, mappings, places, text, value
from harness.config.yaml_nodes import Node

DATA, CONFIG = "openstack", "os-net-config"
ALIAS = re.compile(r"nic\d+")  # the n-th NIC that has a carrier
OF_LINK = ("id", "type", "name", "vlan_link", "vlan_id")
OF_NETWORK = ("id", "type", "link", "netmask")
DEFAULT = frozenset({"0.0.0.0", "::", "::/0"})  # noqa: S104


def data(sources: Sequence[Source]) -> Draft:
    """Return the bonds of network_data.json, which have the names that cloud-init gives them."""
    draft = Draft(DATA)
    # YAML takes JSON, but no tabs.
    plain = [replace(source, text=source.text.replace("\t", " ")) for source in sources]
    absent, hint = "there are no `links:`", "give network_data.json as it is"
    for network in configurations(plain, _has_links, absent, hint):
        _links(draft, network)
    return draft


def _has_links(node: Node) -> bool:
    return any(
        text(mapping, "id") and text(mapping, "type") for mapping in mappings(value(node, "links"))
    )


def _links(draft: Draft, node: Node) -> None:
    links = {text(mapping, "id"): mapping for mapping in mappings(value(node, "links"))}
    names = {called: text(one, "name") for called, one in links.items()}
    bonds = [called for called, one in links.items() if text(one, "type") == "bond"]
    names |= {called: f"bond{nth}" for nth, called in enumerate(bonds)}
    for called, one in links.items():
        if text(one, "type") == "vlan":
            below = names.get(text(one, "vlan_link"), "")
            names[called] = f"{below}.{text(one, 'vlan_id')}"
            draft.vlan(names[called], below, text(one, "vlan_id"), one.place)
    for called in bonds:
        _bond(draft.bond(names[called], links[called].place), links[called], links, names)
    for called, one in links.items():
        mac = ["ethernet_mac_address"] * (text(one, "type") == "phy")
        used = places(one, *OF_LINK, *mac)
        if names[called]:
            draft.mark_used_for(names[called], *used)
        else:
            draft.mark_used(*used)
        if (mtu := value(one, "mtu")) and names[called] and not mtu.empty:
            draft.net(names[called]).set_mtu(mtu.text("mtu"), mtu.place)
    for mapping in mappings(value(node, "networks")):
        _network(draft, mapping, names.get(text(mapping, "link"), ""))


def _bond(bond: DraftBond, node: Node, links: dict[str, Node], names: dict[str, str]) -> None:
    for key, setting in node.items("a link"):
        if key == "bond_links":
            for one in setting.list(key):
                called = one.text("a link")
                mac = text(links[called], "ethernet_mac_address") if called in links else ""
                if name := names.get(called, ""):
                    bond.slave(name, one.place)
                elif mac:
                    bond.match("mac", mac.lower(), one.place, f"{called}: {mac}", called)
                else:
                    why = "there is no link of that id, with a name or a MAC"
                    bond.note_unknown(called, why, one.place, "add it to links", "error")
        elif key.startswith("bond_"):
            parameter(bond, key, setting)


def _network(draft: Draft, node: Node, name: str) -> None:
    kind = text(node, "type")
    if not name:
        return
    draft.mark_used_for(name, *places(node, *OF_NETWORK))
    net = draft.net(name)
    net.dhcp4 = net.dhcp4 or kind == "ipv4_dhcp"
    net.dhcp6 = net.dhcp6 or kind in DYNAMIC6 or kind == "ipv6_dhcp"
    if address := value(node, "ip_address"):
        net.address(address.text("ip_address"), text(node, "netmask"), address.place)
    for mapping in (node, *mappings(value(node, "routes"))):
        gateway = value(mapping, "gateway")
        if gateway and (mapping is node or text(mapping, "network") in DEFAULT):
            draft.mark_used_for(name, *places(mapping, "network", "netmask"))
            net.gateway(gateway.text("gateway"), gateway.place)


def config(sources: Sequence[Source]) -> Draft:
    """Return the bonds of os-net-config, in whatever template they are."""
    draft = Draft(CONFIG)
    for source in sources:
        for one in inner(source, lambda node: text(node, "type") == "linux_bond"):
            bond = draft.bond(text(one.node, "name") or optstring.NAMELESS, one.node.place)
            _linux_bond(draft, bond, one.node)
    return draft


def _linux_bond(draft: Draft, bond: DraftBond, node: Node) -> None:
    draft.mark_used_for(bond.name, *places(node, "type", "name", "use_dhcp"))
    options = value(node, "bonding_options")
    if words := text(node, "bonding_options"):
        optstring.read_options(bond, words, options.place if options else node.place)
    elif options is not None:
        why = "the value is that of a parameter, so the options are not known"
        bond.note_unknown(
            "bonding_options", why, options.place, "write them themselves", "warning"
        )
    for mapping in mappings(value(node, "members")):
        draft.mark_used_for(bond.name, *places(mapping, "type", "name", "vlan_id"))
        name = text(mapping, "name")
        if text(mapping, "type") == "vlan":
            number = text(mapping, "vlan_id")
            draft.vlan(f"vlan{number}", bond.name, number, mapping.place)
        elif ALIAS.fullmatch(name):
            bond.match("nic", name, mapping.place, f"name: {name}")
        elif name:
            bond.slave(name, mapping.place)
    bond.net.dhcp4 = text(node, "use_dhcp").lower() in TRUE
    if mtu := text(node, "mtu"):
        bond.net.set_mtu(mtu, node.place)
    for mapping in mappings(value(node, "addresses")):
        if address := value(mapping, "ip_netmask"):
            bond.net.address(address.text("ip_netmask"), "", address.place)


READERS = {DATA: data, CONFIG: config}
