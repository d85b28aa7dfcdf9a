"""netplan: bonds with their parameters below `network:`, as in version 2 of cloud-init."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from yaml import MappingNode

from harness.bonding import OPTIONS
from harness.bonding.options import near
from harness.config.draft import TRUE, Draft, DraftBond, DraftNet, switch
from harness.config.durations import in_unit
from harness.config.model import ConfigError
from harness.config.option_names import NETPLAN, NETPLAN_TOO
from harness.config.profiles import default_monitor
from harness.config.readers import cloudinit, netplan_keys
from harness.config.source import Source
from harness.config.wrappers import inner, keys, value
from harness.config.wrappers import text as word
from harness.config.yamls import Node, documents

FORMAT = "netplan"
KNOWN = {**NETPLAN, **NETPLAN_TOO}
WILD = frozenset("*?[]")
DEFAULT = frozenset({"default", "0.0.0.0/0", "::/0", "0/0"})
BY = {"macaddress": "mac", "name": "name"}


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of YAML files; raises ConfigError where one is no netplan configuration."""
    draft = Draft(FORMAT)
    ordered = sorted(sources, key=lambda source: source.base)
    networks = [network for source in ordered for network in _networks(draft, source)]
    devices = [
        (network, *one) for network in networks for one in netplan_keys.definitions(network)
    ]
    real = {name: node for _, _, name, node in devices}
    others = {name for _, kind, name, _ in devices if kind != "bonds"}
    for network in networks:
        netplan_keys.unknown_keys(draft, network)
    for network, kind, name, node in devices:
        if kind == "bonds":
            bond = draft.bond(name, node.place)
            netplan_keys.unknown_in_bond(bond, node)
            netplan_keys.undefined(bond, node, others)
            _bond(bond, node, real)
            bond.renderer = netplan_keys.renderer(network, node)
            if bond.renderer == netplan_keys.NM:
                default_monitor(bond)
    for _, kind, name, node in devices:
        _device(draft, kind, name, node, real)
    return draft


def _networks(draft: Draft, source: Source) -> Iterator[Node]:
    """Yield the networks of a file, wherever they stand in it; version 1 is another language."""
    found = inner(source, _is_network)
    for one in found:
        network = value(one.node, "network") or one.node
        if word(network, "config") == "disabled":
            draft.unknown("config: disabled", cloudinit.DISABLED, network.place)
        elif cloudinit.is_version_1(network):
            cloudinit.take(draft, network)
        else:
            yield network
    if not found:
        place = next((node.place for node in documents(source)), source.at())
        raise ConfigError("there is no `network:`", place, hint="write network: {bonds: ...}")


def _is_network(node: Node) -> bool:
    """Tell whether a mapping is a network or holds one; NoCloud has it without `network`."""
    below = value(node, "network")
    if below is not None and isinstance(below.raw, MappingNode):
        return value(below, "network") is None
    devices = keys(node) & netplan_keys.DEVICES
    return bool(devices) or cloudinit.is_version_1(node)


def _bond(bond: DraftBond, node: Node, real: dict[str, Node]) -> None:
    members: dict[str, str] = {}
    for key, found in node.items("a bond"):
        if key == "interfaces":
            for one in found.list("interfaces"):
                members[one.text("an interface")] = _member(bond, one, real)
    for key, found in node.items("a bond"):
        if key == "parameters":
            for name, setting in found.items("parameters"):
                _option(bond, name, setting, members)


def _member(bond: DraftBond, one: Node, real: dict[str, Node]) -> str:
    """Take a slave by its identifier; return its name, "" where only the machine can tell it."""
    called = one.text("an interface")
    device = real.get(called)
    name = _name(called, device)
    if name:
        bond.slave(name, one.place)
        return name
    match = device.get("match", called) if device else None
    for key, found in match.items("match") if match else ():
        text = found.joined(key)
        bond.match(BY.get(key, key), text, one.place, f"{called}: match: {key}: {text}", called)
        break
    return ""


def _name(called: str, device: Node | None) -> str:
    """Return what an interface is called: its identifier, unless it is renamed or matched."""
    if device is None:
        return called
    if (renamed := device.get("set-name", called)) is not None:
        return renamed.text("set-name")
    match = device.get("match", called)
    if match is None or match.empty:
        return called
    matched = match.get("name", "match")
    name = matched.joined("name") if matched and not matched.empty else ""
    return "" if WILD & set(name) or "," in name else name


def _option(bond: DraftBond, key: str, node: Node, members: dict[str, str]) -> None:
    text = node.joined(key)
    spelled = f"{key}: {text}"
    name = KNOWN.get(key)
    if name is None:
        bond.unknown(spelled, "netplan has no such parameter and refuses the file", node.place,
                     near(key, KNOWN))  # fmt: skip
        return
    if name == "primary" and members:
        _primary(bond, text, node, members)
        return
    unit = OPTIONS[name].unit
    if unit:
        text = in_unit(text, unit, unit) or text
    bond.option(name, switch(text) if name == "all_slaves_active" else text, node.place, spelled)


def _primary(bond: DraftBond, text: str, node: Node, members: dict[str, str]) -> None:
    """Take the primary, which netplan knows by its identifier only."""
    spelled = f"primary: {text}"
    called = next((one for one, name in members.items() if name == text), "")
    if text in members:
        bond.option("primary", members[text] or text, node.place, spelled)
    elif called:
        why = f"netplan wants the identifier, {called}, and refuses the name of its interface"
        bond.unknown(spelled, why, node.place, f"write primary: {called}")
    else:
        bond.option("primary", text, node.place, spelled)


def _device(draft: Draft, kind: str, called: str, node: Node, real: dict[str, Node]) -> None:
    """Take IP of any device, and what stands on others."""
    if name := _name(called, node):
        _addressing(draft.net(name), node)
    if kind == "vlans":
        link, number = node.get("link", called), node.get("id", called)
        below = link.text("link") if link else ""
        if below and number:
            draft.vlan(called, _name(below, real.get(below)), number.text("id"), node.place)
    elif kind == "bridges":
        listed = node.get("interfaces", called)
        ports = [one.text("an interface") for one in listed.list("interfaces")] if listed else []
        names = [_name(port, real.get(port)) for port in ports]
        draft.bridge(called, [name for name in names if name], node.place)


def _addressing(net: DraftNet, node: Node) -> None:
    for key, found in node.items("a device"):
        if key == "addresses":
            for one in found.list("addresses"):
                text = next(one.items("address"))[0] if _has_label(one) else one.text("address")
                net.address(text, "", one.place)
        elif key in ("gateway4", "gateway6"):
            net.gateway(found.text(key), found.place)
        elif key == "mtu":
            net.size(found.text(key), found.place)
        elif key in ("dhcp4", "dhcp6") and found.joined(key).lower() in TRUE:
            setattr(net, key, True)
        elif key == "routes":
            for route in found.list("routes"):
                to, via = route.get("to", "a route"), route.get("via", "a route")
                if to and via and to.text("to") in DEFAULT:
                    net.gateway(via.text("via"), via.place)


def _has_label(node: Node) -> bool:
    """Tell whether an address is the key of a mapping that holds its label."""
    return isinstance(node.raw, MappingNode) and bool(node.raw.value)
