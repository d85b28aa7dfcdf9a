"""nmstate: interfaces of type bond with `link-aggregation`."""

from __future__ import annotations

from collections.abc import Sequence

from harness.config.draft import Draft, DraftBond, switch
from harness.config.model import ConfigError
from harness.config.profiles import default_monitor
from harness.config.source import Source
from harness.config.yamls import Node, documents

FORMAT = "nmstate"
PORTS = ("port", "ports", "slaves")
WORDS = {"dropped": "off", "delivered": "on"}  # what all_slaves_active is in nmstate's words
SWITCHES = frozenset({"all_slaves_active", "tlb_dynamic_lb", "use_carrier", "lacp_active"})
PORT_OPTIONS = {"priority": "prio", "queue-id": "queue_id"}


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of YAML states; raises ConfigError where one has no list of interfaces."""
    draft = Draft(FORMAT)
    for source in sources:
        for document in documents(source):
            interfaces = document.get("interfaces", "a state")
            if interfaces is None:
                raise ConfigError(
                    "there is no `interfaces:`", document.place, hint="write interfaces: [...]"
                )
            for node in interfaces.list("interfaces"):
                _interface(draft, node)
    for bond in draft.bonds.values():
        default_monitor(bond)
    return draft


def _interface(draft: Draft, node: Node) -> None:
    kind, name = node.get("type", "an interface"), node.get("name", "an interface")
    if kind is None or kind.text("type") != "bond":
        return
    if name is None:
        raise ConfigError("a bond without a name", node.place, hint="write name: bond0")
    bond = draft.bond(name.text("name"), node.place)
    for key, value in node.items("a bond"):
        if key == "link-aggregation":
            _aggregation(bond, value)
        elif key in ("ipv4", "ipv6"):
            _addresses(bond, value)


def _aggregation(bond: DraftBond, node: Node) -> None:
    for key, value in node.items("link-aggregation"):
        if key == "mode":
            bond.option("mode", value.text("mode"), value.place, f"mode: {value.text('mode')}")
        elif key == "options":
            for name, setting in value.items("options"):
                _option(bond, name, setting)
        elif key in PORTS:
            for port in value.list(key):
                bond.slave(port.text("a port"), port.place)
        elif key == "ports-config":
            for port in value.list(key):
                _port(bond, port)
        else:
            bond.unknown(
                f"{key}: ...", "nmstate has no such key and refuses the state", value.place
            )


def _option(bond: DraftBond, name: str, node: Node) -> None:
    raw = node.joined(name)
    text = WORDS.get(raw, switch(raw)) if name in SWITCHES else raw
    bond.option(name, text, node.place, f"{name}: {raw}")


def _port(bond: DraftBond, node: Node) -> None:
    found = dict(node.items("a port"))
    if "name" not in found:
        raise ConfigError("a port without a name", node.place, hint="write name: eth0")
    slave = found.pop("name").text("name")
    bond.slave(slave, node.place)
    for key, value in found.items():
        text = value.text(key)
        bond.slave_option(slave, PORT_OPTIONS.get(key, key), text, value.place, f"{key}: {text}")


def _addresses(bond: DraftBond, node: Node) -> None:
    listed = node.get("address", "ipv4")
    for one in listed.list("address") if listed else ():
        ip, prefix = one.get("ip", "an address"), one.get("prefix-length", "an address")
        if ip is not None:
            bond.net.address(
                ip.text("ip"), prefix.text("prefix-length") if prefix else "", ip.place
            )
