"""netplan: bonds with their parameters below `network:`, as in version 2 of cloud-init."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from yaml import MappingNode

from harness.bonding import OPTIONS
from harness.bonding.options import near
from harness.config.draft import OPEN_VSWITCH, TRUE, Draft, on_off
from harness.config.draft_bond import DraftBond
from harness.config.draft_net import DraftNet
from harness.config.durations import in_unit
from harness.config.model import ConfigError
from harness.config.option_names import NETPLAN, NETPLAN_ALIASES
from harness.config.profiles import default_monitor
from harness.config.readers import cloudinit, netplan_keys
from harness.config.source import Source
from harness.config.wrappers import inner, keys, value
from harness.config.wrappers import text as word
from harness.config.yaml_nodes import Node, documents

FORMAT = "netplan"
KNOWN = {**NETPLAN, **NETPLAN_ALIASES}
WILD = frozenset("*?[]")
DEFAULT = frozenset({"default", "0.0.0.0/0", "::/0", "0/0"})
BY = {"macaddress": "mac", "name": "name"}
Real = Mapping[str, Sequence[Node]]  # what all files say of a device, in order


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of YAML files; raises ConfigError if one is no netplan configuration.

    Files are merged in the order of their names: lists grow, of anything else the last counts.
    """
    draft = Draft(FORMAT)
    ordered = sorted(sources, key=lambda source: source.base)
    networks = [network for source in ordered for network in _networks(draft, source)]
    devices = [
        definition for network in networks for definition in netplan_keys.definitions(network)
    ]
    real: dict[str, list[Node]] = {}
    for _, name, node in devices:
        real.setdefault(name, []).append(node)
    patches = {name for network in networks for name in netplan_keys.patches(network)}
    others = {name for kind, name, _ in devices if kind != "bonds"} | patches
    for network in networks:
        netplan_keys.unknown_keys(draft, network)
        for key, node in network.items("network"):
            if key == "version" or (key == "renderer" and node.joined(key) == "networkd"):
                draft.mark_used(node.place)
    for name in dict.fromkeys(name for kind, name, _ in devices if kind == "bonds"):
        if _all(real[name], "openvswitch") or patches & set(_members(real[name])):
            draft.note_unknown(name, OPEN_VSWITCH, real[name][-1].place, level="note")
            continue
        bond = draft.bond(name, real[name][-1].place)
        for node in real[name]:
            netplan_keys.unknown_in_bond(bond, node)
            netplan_keys.undefined(bond, node, others)
        _bond(bond, real[name], real)
        bond.renderer = netplan_keys.renderer(networks, real[name])
        if bond.renderer == netplan_keys.NM:
            default_monitor(bond)
    for kind, name, node in devices:
        _device(draft, kind, name, node, real)
    return draft


def _networks(draft: Draft, source: Source) -> Iterator[Node]:
    """Yield the networks anywhere in a file; version 1 is another format."""
    found = inner(source, _is_network)
    for one in found:
        network = value(one.node, "network") or one.node
        if word(network, "config") == "disabled":
            draft.note_unknown("config: disabled", cloudinit.DISABLED, network.place)
        elif cloudinit.is_version_1(network):
            cloudinit.read_network(draft, network)
        else:
            yield network
    if not found:
        place = next((node.place for node in documents(source)), source.at())
        raise ConfigError("there is no `network:`", place, hint="write network: {bonds: ...}")


def _is_network(node: Node) -> bool:
    """Return whether a mapping is a network or holds one; NoCloud has it without `network`."""
    below = value(node, "network")
    if below is not None and isinstance(below.raw, MappingNode):
        return value(below, "network") is None
    devices = keys(node) & netplan_keys.DEVICES
    return bool(devices) or cloudinit.is_version_1(node)


def _bond(bond: DraftBond, nodes: Sequence[Node], real: Real) -> None:
    members: dict[str, str] = {}
    for listed in _all(nodes, "interfaces"):
        for one in listed.list("interfaces"):
            members[one.text("an interface")] = _member(bond, one, real)
    for parameters in _all(nodes, "parameters"):
        for name, setting in parameters.items("parameters"):
            _option(bond, name, setting, members)


def _members(nodes: Sequence[Node]) -> list[str]:
    listed = _all(nodes, "interfaces")
    return [one.text("an interface") for node in listed for one in node.list("interfaces")]


def _all(nodes: Iterable[Node], key: str) -> list[Node]:
    """Return the values of a key in those mappings that have it."""
    found = [node.get(key, key) for node in nodes]
    return [one for one in found if one is not None and not one.empty]


def _member(bond: DraftBond, one: Node, real: Real) -> str:
    """Add a slave by its identifier; return its name, "" if it is only known on the machine."""
    called = one.text("an interface")
    name = _name(called, real)
    if name:
        bond.slave(name, one.place)
        return name
    rules = (rule for match in _all(real[called], "match") for rule in match.items("match"))
    for key, found in rules:
        text = found.joined(key)
        bond.match(BY.get(key, key), text, one.place, f"{called}: match: {key}: {text}", called)
        bond.mark_used(found.place)
        break
    return ""


def _name(called: str, real: Real) -> str:
    """Return the name of an interface: its identifier, unless it is renamed or matched."""
    nodes = real.get(called, ())
    if renamed := _all(nodes, "set-name"):
        return renamed[-1].text("set-name")
    matches = _all(nodes, "match")
    if not matches:
        return called
    named = _all(matches, "name")
    name = named[-1].joined("name") if named else ""
    return "" if WILD & set(name) or "," in name else name


def _option(bond: DraftBond, key: str, node: Node, members: dict[str, str]) -> None:
    text = node.joined(key)
    spelled = f"{key}: {text}"
    name = KNOWN.get(key)
    if name is None:
        why = "netplan has no such parameter and refuses the file"
        bond.note_unknown(spelled, why, node.place, near(key, KNOWN), refused=True)
        return
    if name == "primary" and members:
        _primary(bond, text, node, members)
        return
    if name == "arp_ip_target" and _is_dropped(bond, node):
        why = "netplan drops a list as long as that of the files before, and keeps that one"
        bond.note_unknown(spelled, why, node.place, "write all targets in one file", "warning")
        return
    unit = OPTIONS[name].unit
    if unit:
        text = in_unit(text, unit, unit) or text
    bond.option(name, on_off(text) if name == "all_slaves_active" else text, node.place, spelled)


def _is_dropped(bond: DraftBond, node: Node) -> bool:
    """Return whether netplan drops a list of targets, as long as the one before it."""
    values = [option.value for option in bond.given if option.name == "arp_ip_target"]
    before = sum(len(value) for value in values if isinstance(value, tuple))
    return before > 0 and before == len(node.list("arp-ip-targets"))


def _primary(bond: DraftBond, text: str, node: Node, members: dict[str, str]) -> None:
    """Add the primary, which netplan has by its identifier only."""
    spelled = f"primary: {text}"
    called = next((one for one, name in members.items() if name == text), "")
    if text in members:
        bond.option("primary", members[text] or text, node.place, spelled)
    elif called:
        why = f"netplan wants the identifier, {called}, and refuses the name of its interface"
        bond.note_unknown(spelled, why, node.place, f"write primary: {called}", refused=True)
    else:
        bond.option("primary", text, node.place, spelled)


def _device(draft: Draft, kind: str, called: str, node: Node, real: Real) -> None:
    """Add the IP of any device, and upper devices."""
    if name := _name(called, real):
        _addressing(draft.net(name), node)
        match = node.get("match", called)
        matched = match.get("name", "match") if match else None
        if matched is not None and node.get("set-name", called) is None:
            draft.mark_used_for(name, matched.place)
    if kind == "vlans":
        links, numbers = _all(real[called], "link"), _all(real[called], "id")
        for link in (*links, *numbers):
            draft.mark_used_for(called, link.place)
        if links and numbers:
            below = _name(links[-1].text("link"), real)
            draft.vlan(called, below, numbers[-1].text("id"), node.place)
    elif kind == "bridges":
        listed = node.get("interfaces", called)
        ports = [one.text("an interface") for one in listed.list("interfaces")] if listed else []
        names = [_name(port, real) for port in ports]
        draft.bridge(called, [name for name in names if name], node.place)
        for name, one in zip(names, listed.list("interfaces") if listed else [], strict=True):
            if name:
                draft.mark_used_for(called, one.place)


def _addressing(net: DraftNet, node: Node) -> None:
    for key, found in node.items("a device"):
        if key == "addresses":
            for one in found.list("addresses"):
                text = next(one.items("address"))[0] if _has_label(one) else one.text("address")
                net.address(text, "", one.place)
        elif key in ("gateway4", "gateway6"):
            net.gateway(found.text(key), found.place)
        elif key == "mtu":
            net.set_mtu(found.text(key), found.place)
        elif key in ("dhcp4", "dhcp6"):
            setattr(net, key, found.joined(key).lower() in TRUE)
            net.mark_used(found.place)
        elif key == "routes":
            for route in found.list("routes"):
                _route(net, route)


def _route(net: DraftNet, route: Node) -> None:
    """Add a default route of the main table."""
    to, via = route.get("to", "a route"), route.get("via", "a route")
    if to and via and to.text("to") in DEFAULT and route.get("table", "a route") is None:
        net.gateway(via.text("via"), via.place)
        net.mark_used(to.place)


def _has_label(node: Node) -> bool:
    """Return whether an address is the key of a mapping that holds its label."""
    return isinstance(node.raw, MappingNode) and bool(node.raw.value)
