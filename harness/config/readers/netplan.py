"""netplan: bonds with their parameters below `network:`."""

from __future__ import annotations

from collections.abc import Sequence

from yaml import MappingNode

from harness.bonding import OPTIONS
from harness.bonding.options import near
from harness.config.draft import Draft, DraftBond, switch
from harness.config.model import ConfigError
from harness.config.names import NETPLAN, NETPLAN_TOO
from harness.config.profiles import default_monitor
from harness.config.readers import netplan_keys
from harness.config.source import Source
from harness.config.spans import in_unit
from harness.config.yamls import Node, documents

FORMAT = "netplan"
KNOWN = {**NETPLAN, **NETPLAN_TOO}


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of YAML files; raises ConfigError where one is no netplan configuration."""
    draft = Draft(FORMAT)
    networks = [_network(node) for source in sources for node in documents(source)]
    real: dict[str, str] = {}
    for network in networks:
        netplan_keys.unknown_keys(draft, network)
        for _, name, node in netplan_keys.definitions(network):
            real[name] = _called(name, node)
    others = {
        name
        for network in networks
        for kind, name, _ in netplan_keys.definitions(network)
        if kind != "bonds"
    }
    for network in networks:
        for kind, name, node in netplan_keys.definitions(network):
            if kind == "bonds":
                bond = draft.bond(name, node.place)
                netplan_keys.unknown_in_bond(bond, node)
                netplan_keys.undefined(bond, node, others)
                _bond(bond, node, real)
                bond.renderer = netplan_keys.renderer(network, node)
                if bond.renderer == netplan_keys.NM:
                    default_monitor(bond)
    return draft


def _network(document: Node) -> Node:
    found = document.get("network", "a netplan file")
    if found is None:
        raise ConfigError(
            "there is no `network:`", document.place, hint="write network: {bonds: ...}"
        )
    return found


def _called(name: str, node: Node) -> str:
    """Return what an interface is called in the end: an id may stand for one that it matches."""
    if (renamed := node.get("set-name", name)) is not None:
        return renamed.text("set-name")
    match = node.get("match", name)
    matched = match.get("name", "match") if match else None
    text = matched.text("name") if matched and not matched.empty else name
    return name if set(text) & set("*?[]") else text


def _bond(bond: DraftBond, node: Node, real: dict[str, str]) -> None:
    for key, value in node.items("a bond"):
        if key == "interfaces":
            for one in value.list("interfaces"):
                named = one.text("an interface")
                bond.slave(real.get(named, named), one.place)
        elif key == "addresses":
            for one in value.list("addresses"):
                text = next(one.items("address"))[0] if _has_label(one) else one.text("address")
                bond.net.address(text, "", one.place)
        elif key == "parameters":
            for name, setting in value.items("parameters"):
                _option(bond, name, setting)


def _has_label(node: Node) -> bool:
    """Tell whether an address is the key of a mapping that holds its label."""
    return isinstance(node.raw, MappingNode) and bool(node.raw.value)


def _option(bond: DraftBond, key: str, node: Node) -> None:
    text = node.joined(key)
    spelled = f"{key}: {text}"
    name = KNOWN.get(key)
    if name is None:
        bond.unknown(spelled, "netplan has no such parameter and refuses the file", node.place,
                   near(key, KNOWN))  # fmt: skip
        return
    unit = OPTIONS[name].unit
    if unit:
        text = in_unit(text, unit, unit) or text
    bond.option(name, switch(text) if name == "all_slaves_active" else text, node.place, spelled)
