"""Turn a topology's description into namespaces, bridges and cables, with one send per namespace.

All switches of a topology live in one namespace of their own, the fabric. Device numbers are
chosen here (see `built`), so nothing has to be looked up.
"""

from __future__ import annotations

from typing import Any

from harness.labs.netns import netlink, shaping, usb
from harness.labs.netns.built import FABRIC, FIRST_PORT, LOOPBACK, Built, Port, fabric_mac
from harness.labs.netns.namespace import FORWARD, Namespace
from harness.labs.netns.netlink import Control, Request
from harness.topology import DUT, VETH, Link, Machine, Topology

FORWARDING = 3  # BR_STATE_FORWARDING


def all_forward(built: Built) -> bool:
    """Tell whether every port of switches and bridges forwards: they see carrier by and by."""
    ports = {port.index for port in built.ports.values()}
    inside = {end[1] for end in guest_ends(built)} | {
        built.bond_index(bridge.bond) for bridge in built.topology.bridges
    }
    return all(
        _forwards(link)
        for place, indexes in ((FABRIC, ports), (DUT, inside))
        for link in (built.controls[place].links() if indexes else ())
        if link["index"] in indexes
    )


def _forwards(link: Any) -> bool:
    data = link.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_SLAVE_DATA")
    return data is not None and data.get_attr("IFLA_BRPORT_STATE") == FORWARDING


def guest_ends(built: Built) -> list[tuple[str, int, int]]:
    """Return the guests' links: name, device number in the DUT, that of the bridge it ends at."""
    return [
        (link.name, built.ends[DUT, link.name], built.bridge_index(bridge.name))
        for bridge in built.topology.bridges
        for link in built.topology.links_of(bridge.name)
    ]


def build(topology: Topology) -> Built:
    """Build a topology without its bonds; raises LabError, and leaves nothing, where it fails."""
    built = Built(topology)
    try:
        _make_namespaces(built)
        _number(built)
        taps = usb.taps(built)
        cables = [*_cables(built), *usb.ports(built)]
        built.send(FABRIC, *_bridges(built), *cables, *_mac_filters(built))
        built.usb = usb.plug_in(built, taps)
        for machine in sorted(topology.machines, key=lambda one: one.name != DUT):
            built.send(machine.name, *_machine(built, machine))
        if topology.forwards:
            built.namespaces[DUT].write(FORWARD, "1")
    except BaseException:
        built.undo.close()
        raise
    return built


def _make_namespaces(built: Built) -> None:
    for name in (FABRIC, *(machine.name for machine in built.topology.machines)):
        namespace = Namespace(name)
        built.undo.callback(namespace.close)
        built.namespaces[name] = namespace
        control = Control(namespace)
        built.undo.callback(control.close)
        built.controls[name] = control


def _number(built: Built) -> None:
    switches = {switch.name for switch in built.topology.switches}
    bridges = {bridge.name for bridge in built.topology.bridges}
    next_port = FIRST_PORT
    next_end = {machine.name: 2 for machine in built.topology.machines}
    for link in built.topology.links:
        for node in (link.a, link.b):
            if node in switches:
                built.ports[node, link.name] = Port(node, link.name, next_port)
                next_port += 1
            else:
                machine = DUT if node in bridges else node
                built.ends[machine, link.name] = next_end[machine]
                next_end[machine] += 1


def _bridges(built: Built) -> list[Request]:
    requests = []
    for switch in built.topology.switches:
        index = built.switch_index(switch.name)
        info = _plain_bridge()
        what = f"switch {switch.name}"
        requests.append(
            netlink.new_link(what, index, switch.name, info, address=fabric_mac(index))
        )
        requests.append(netlink.set_link(what, index, up=True))
    return requests


def _plain_bridge() -> dict[str, Any]:
    settings = [("IFLA_BR_MCAST_SNOOPING", 0), ("IFLA_BR_STP_STATE", 0)]
    return netlink.kind_of("bridge", settings)


def _cables(built: Built) -> list[Request]:
    requests = []
    guests = {name for name, _, _ in guest_ends(built)}
    for link in built.topology.links:
        if link.nic == VETH and link.name not in guests:
            requests += _cable(built, link)
    return requests


def _cable(built: Built, link: Link) -> list[Request]:
    """Return the requests for one cable: a veth pair, its switch ends up in their bridges."""
    near, far = link.a, link.b
    if (near, link.name) not in built.ports:
        near, far = far, near
    port = built.ports[near, link.name]
    peer = _far_end(built, far, link)
    info = netlink.kind_of("veth", [("VETH_INFO_PEER", peer)])
    what = f"cable {link.name}"
    mac = fabric_mac(port.index)
    requests = [netlink.new_link(what, port.index, _port_name(port), info, address=mac)]
    for end in (port, built.ports.get((far, link.name))):
        if end is not None:
            bridge = built.switch_index(end.switch)
            requests.append(netlink.set_link(what, end.index, up=True, master=bridge))
    return requests


def _far_end(built: Built, node: str, link: Link) -> dict[str, object]:
    port = built.ports.get((node, link.name))
    if port is not None:
        index, name, mac = port.index, _port_name(port), fabric_mac(port.index)
        return {"index": index, "attrs": [("IFLA_IFNAME", name), ("IFLA_ADDRESS", mac)]}
    attrs = [
        ("IFLA_IFNAME", link.name),
        ("IFLA_ADDRESS", built.mac(node, link.name)),
        ("IFLA_NET_NS_FD", built.namespaces[node].fd),
    ]
    return {"index": built.ends[node, link.name], "attrs": attrs}


def _port_name(port: Port) -> str:
    # Only for people who look: two ports of one link may not share a name within the fabric.
    return f"p{port.index}.{port.link}"[:15]


def _mac_filters(built: Built) -> list[Request]:
    """Return the filters of switches that know each port's MAC: last rule, all other unicast."""
    requests = []
    for switch in built.topology.switches:
        if not switch.filters_macs:
            continue
        for link in built.topology.links_of(switch.name):
            machine = link.a if link.b == switch.name else link.b
            if (machine, link.name) not in built.ends:
                continue
            index = built.ports[switch.name, link.name].index
            requests += [
                shaping.clsact(index),
                shaping.pass_mac(index, built.mac(machine, link.name)),
                shaping.pass_groups(index),
                shaping.drop_all(index, "egress", shaping.OTHER_MAC),
            ]
    return requests


def _machine(built: Built, machine: Machine) -> list[Request]:
    requests = [netlink.set_link("loopback", LOOPBACK, up=True)]
    if machine.name == DUT:
        return [*requests, *_inner_bridges(built)]  # the bonds bring the DUT's slaves up
    if machine.address is None:
        return requests
    first = built.topology.links_of(machine.name)[0]
    index = built.ends[machine.name, first.name]
    what = f"address of {machine.name}"
    requests += [
        netlink.new_address(what, index, machine.address, built.topology.prefix),
        netlink.set_link(f"interface of {machine.name}", index, up=True),
    ]
    if machine.gateway:
        requests.append(netlink.default_route(f"gateway of {machine.name}", machine.gateway))
    return requests


def _inner_bridges(built: Built) -> list[Request]:
    """Return the requests for the DUT's own bridges and their guests; a bond joins when made."""
    requests = []
    for bridge in built.topology.bridges:
        index, what = built.bridge_index(bridge.name), f"bridge {bridge.name}"
        requests.append(netlink.new_link(what, index, bridge.name, _plain_bridge()))
        requests.append(netlink.set_link(what, index, up=True))
        if bridge.address:
            prefix = built.topology.prefix
            requests.append(netlink.new_address(what, index, bridge.address, prefix))
    for name, index, bridge_index in guest_ends(built):
        requests += _guest_cable(built, name, index)
        requests.append(netlink.set_link(f"port {name}", index, up=True, master=bridge_index))
    return requests


def _guest_cable(built: Built, name: str, index: int) -> list[Request]:
    """Return the request for a guest's interface and the DUT's end of it.

    A bridge takes the lowest of its ports' MACs. Guests' ends have high ones, as libvirt gives
    them, so that it is the bond's.
    """
    (machine,) = (end for end, link in built.ends if link == name and end != DUT)
    peer = {
        "index": built.ends[machine, name],
        "attrs": [
            ("IFLA_IFNAME", name),
            ("IFLA_ADDRESS", built.mac(machine, name)),
            ("IFLA_NET_NS_FD", built.namespaces[machine].fd),
        ],
    }
    info = netlink.kind_of("veth", [("VETH_INFO_PEER", peer)])
    mac = f"fe{built.mac(machine, name)[2:]}"
    return [netlink.new_link(f"guest's link {name}", index, name, info, address=mac)]
