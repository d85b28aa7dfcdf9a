"""nmstate: interfaces of type bond with `link-aggregation`, also within other formats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.config.draft import OPEN_VSWITCH, TRUE, Draft, on_off
from harness.config.draft_bond import DraftBond
from harness.config.draft_net import DraftNet
from harness.config.model import ConfigError
from harness.config.profiles import default_monitor
from harness.config.source import Source
from harness.config.wrappers import Inner, inner, mappings, places, text, value
from harness.config.yaml_nodes import Node, documents

FORMAT = "nmstate"
PORTS = ("port", "ports", "slaves")
WORDS = {"dropped": "off", "delivered": "on"}  # what all_slaves_active is in nmstate's words
BOOLEANS = frozenset({"all_slaves_active", "tlb_dynamic_lb", "use_carrier", "lacp_active"})
PORT_OPTIONS = {"priority": "prio", "queue-id": "queue_id"}
# Which NetworkManager does by itself, with nftables and not with the driver.
NOT_THE_DRIVERS = frozenset({"balance-slb", "balance_slb"})
ABSENT = "nmstate removes this bond"
IDLE = {
    "absent": ABSENT,
    "down": "nmstate takes this bond down, which removes it",
    "ignore": "nmstate does not change this bond",
}
MAIN = ("", "0", "254")
KINDS = frozenset({"bond", "vlan", "linux-bridge", "ethernet"})
NO = frozenset({"false", "no", "off"})
DEFAULT = frozenset({"0.0.0.0/0", "::/0"})


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of YAML states; raises ConfigError for a file without interfaces.

    A state inside of a policy or of a host's description is one machine's, or one group's.
    """
    draft = Draft(FORMAT)
    states = []
    for source in sources:
        found = inner(source, _is_state)
        states += found
        if not found and not _has_interfaces(source):
            place = next((node.place for node in documents(source)), source.at())
            hint = "write interfaces: [...]"
            raise ConfigError("there is no `interfaces:`", place, hint=hint)
    apart = sum(state.wrapped for state in states) > 1
    for state in states:
        target = draft
        if apart and state.wrapped:
            target = Draft(FORMAT)
            draft.machines.append(target)
        _state(target, state)
    return draft


def _is_state(node: Node) -> bool:
    """Return whether a mapping is a state: its interfaces have names, or types.

    The list of an installer, of a name and a MAC for each NIC, is none.
    """
    listed = [
        mapping
        for mapping in mappings(value(node, "interfaces"))
        if not text(mapping, "macAddress")
    ]
    return any(text(one, "name") or text(one, "type") for one in listed)


def _macs(state: Inner) -> Iterator[tuple[str, str]]:
    """Yield name and MAC of the NICs that an installer maps a state to: it puts in their names."""
    for around in state.around:
        for mapping in mappings(value(around, "interfaces")):
            if (name := text(mapping, "name")) and (mac := text(mapping, "macAddress")):
                yield name, mac


def _has_interfaces(source: Source) -> bool:
    return any(value(node, "interfaces") is not None for node in documents(source))


def _state(draft: Draft, state: Inner) -> None:
    node, macs = state.node, dict(_macs(state))
    for mapping in mappings(value(node, "interfaces")):
        if text(mapping, "identifier") == "mac-address":
            macs[text(mapping, "name")] = text(mapping, "mac-address")
    for mapping in mappings(value(node, "interfaces")):
        idle = IDLE.get(text(mapping, "state"))
        if idle is None:
            _interface(draft, mapping, macs)
        elif text(mapping, "type") == "bond":
            draft.note_unknown(
                f"{text(mapping, 'name')}: state: {text(mapping, 'state')}", idle, mapping.place
            )
    routes = value(node, "routes")
    for route in mappings(value(routes, "config")) if routes else ():
        gateway, device = value(route, "next-hop-address"), text(route, "next-hop-interface")
        main = text(route, "table-id") in MAIN and text(route, "state") != "absent"
        if gateway and device and main and text(route, "destination") in DEFAULT:
            net = draft.net(device)
            net.gateway(gateway.text("next-hop-address"), gateway.place)
            net.mark_used(*places(route, "destination", "next-hop-interface", "table-id"))
    for bond in draft.bonds.values():
        default_monitor(bond)
        _selected(bond, state)


def _selected(bond: DraftBond, state: Inner) -> None:
    """Mark what gives the MAC of a slave's name."""
    called = {match.called for match in bond.matches}
    for around in (state.node, *state.around):
        for mapping in mappings(value(around, "interfaces")):
            if text(mapping, "name") in called:
                keys = ("name", "type", "state", "identifier", "mac-address", "macAddress")
                bond.mark_used(*places(mapping, *keys))


def _interface(draft: Draft, node: Node, macs: Mapping[str, str]) -> None:
    kind, name = text(node, "type"), text(node, "name")
    if kind == "bond" and not name:
        raise ConfigError("a bond without a name", node.place, hint="write name: bond0")
    if kind == "bond":
        bond = draft.bond(name, node.place)
        for key, found in node.items("a bond"):
            if key == "link-aggregation":
                _aggregation(bond, found, macs)
    elif kind == "vlan" and (vlan := value(node, "vlan")):
        draft.vlan(name, text(vlan, "base-iface"), text(vlan, "id"), node.place)
        draft.mark_used_for(name, *places(vlan, "base-iface", "id"))
    elif kind == "linux-bridge" and (bridge := value(node, "bridge")):
        ports = value(bridge, "port") or value(bridge, "ports")
        draft.bridge(name, [text(port, "name") for port in mappings(ports)], node.place)
        for port in mappings(ports):
            draft.mark_used_for(name, *places(port, "name"))
    elif kind == "ovs-bridge" and (bridge := value(node, "bridge")):
        _open_vswitch(draft, bridge)
    if name:
        used = ["name", *["type"] * (kind in KINDS), *["state"] * (text(node, "state") == "up")]
        draft.mark_used_for(name, *places(node, *used))
        _addressing(draft.net(name), node)


def _open_vswitch(draft: Draft, bridge: Node) -> None:
    """Remark on bonds of Open vSwitch, which are ports of its bridges."""
    for port in mappings(value(bridge, "port") or value(bridge, "ports")):
        if value(port, "link-aggregation") is not None:
            draft.note_unknown(text(port, "name"), OPEN_VSWITCH, port.place, level="note")


def _aggregation(bond: DraftBond, node: Node, macs: Mapping[str, str]) -> None:
    for key, found in node.items("link-aggregation"):
        if key == "mode":
            bond.option("mode", found.text("mode"), found.place, f"mode: {found.text('mode')}")
        elif key == "options":
            for name, setting in found.items("options"):
                _option(bond, name, setting)
        elif key in PORTS:
            for port in found.list(key):
                _slave(bond, port, macs)
        elif key == "ports-config":
            for port in found.list(key):
                _port(bond, port)
        else:
            bond.note_unknown(
                f"{key}: ...",
                "nmstate has no such key and refuses the state",
                found.place,
                refused=True,
            )


def _slave(bond: DraftBond, port: Node, macs: Mapping[str, str]) -> None:
    """Add a port by its interface's name, or by the MAC of that name."""
    name = port.text("a port")
    if name.startswith("{{"):
        bond.match("capture", name.strip("{} "), port.place, name)
    elif mac := macs.get(name):
        bond.match("mac", mac, port.place, f"{name}: mac-address: {mac}", name)
    else:
        bond.slave(name, port.place)


def _option(bond: DraftBond, name: str, node: Node) -> None:
    raw = node.joined(name)
    if name in NOT_THE_DRIVERS:
        why = "NetworkManager does this with nftables, the driver has no such option"
        bond.note_unknown(f"{name}: {raw}", why, node.place, "", "note")
        return
    value_ = WORDS.get(raw, on_off(raw)) if name in BOOLEANS else raw
    bond.option(name, value_, node.place, f"{name}: {raw}")


def _port(bond: DraftBond, node: Node) -> None:
    found = dict(node.items("a port"))
    if "name" not in found:
        raise ConfigError("a port without a name", node.place, hint="write name: eth0")
    called = found.pop("name")
    slave = called.text("name")
    bond.slave(slave, called.place)
    for key, one in found.items():
        raw = one.text(key)
        bond.slave_option(slave, PORT_OPTIONS.get(key, key), raw, one.place, f"{key}: {raw}")


def _addressing(net: DraftNet, node: Node) -> None:
    if mtu := value(node, "mtu"):
        net.set_mtu(mtu.text("mtu"), mtu.place)
    for family in ("ipv4", "ipv6"):
        ip = value(node, family)
        if ip is None:
            continue
        net.mark_used(*places(ip, "enabled"))
        if text(ip, "enabled").lower() in NO:
            continue
        for key in ("dhcp", "autoconf"):
            dynamic = text(ip, key).lower() in TRUE
            four, six = dynamic and family == "ipv4", dynamic and family == "ipv6"
            for place in places(ip, key):
                net.set_dynamic(place, four=four, six=six)
        for mapping in mappings(value(ip, "address")):
            if address := value(mapping, "ip"):
                net.address(address.text("ip"), text(mapping, "prefix-length"), address.place)
                net.mark_used(*places(mapping, "prefix-length"))
