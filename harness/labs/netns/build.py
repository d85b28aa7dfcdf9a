"""Turn a topology's description into namespaces, bridges and cables, with one send per namespace.

All switches of a topology live in one namespace of their own, the fabric. Device numbers are
chosen here, so nothing has to be looked up: switches count from 2, ports from 32.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from harness.labs.netns import netlink, shaping, usb
from harness.labs.netns.namespace import Namespace
from harness.labs.netns.netlink import Control, Request
from harness.labs.netns.usb import UsbNics
from harness.topology import DUT, VETH, Link, Machine, Topology, mac_of

FABRIC = "fabric"
FIRST_SWITCH, FIRST_PORT, FIRST_BOND, FIRST_IFB = 2, 32, 16, 200
LOOPBACK = 1


@dataclass(frozen=True, slots=True)
class Port:
    """One end of a cable in the fabric: the switch it belongs to, its link, its device number."""

    switch: str
    link: str
    index: int


@dataclass(slots=True)
class Built:
    """A topology that runs: its namespaces, its control sockets and its numbers.

    Everything goes when `undo` is closed; `ports` is keyed by (switch, link), `ends` by (machine,
    link) and holds device numbers.
    """

    topology: Topology
    namespaces: dict[str, Namespace] = field(default_factory=dict)
    controls: dict[str, Control] = field(default_factory=dict)
    ports: dict[tuple[str, str], Port] = field(default_factory=dict)
    ends: dict[tuple[str, str], int] = field(default_factory=dict)
    usb: UsbNics | None = None
    undo: ExitStack = field(default_factory=ExitStack)

    def send(self, where: str, *requests: Request) -> None:
        """Send requests into a machine's namespace, or into the fabric's."""
        self.controls[where].send(*requests)

    def switch_index(self, switch: str) -> int:
        """Return the device number of a switch's bridge in the fabric."""
        return FIRST_SWITCH + [one.name for one in self.topology.switches].index(switch)

    def bond_index(self, bond: str) -> int:
        """Return the device number of a bond in the DUT."""
        return FIRST_BOND + [one.name for one in self.topology.bonds].index(bond)

    def mac(self, machine: str, link: str) -> str:
        """Return the MAC that a machine's interface was made with."""
        return mac_of(self.topology, machine, link)


FORWARDING = 3  # BR_STATE_FORWARDING


def all_forward(built: Built) -> bool:
    """Tell whether every switch port forwards; a bridge sees carrier only by and by."""
    ports = {port.index for port in built.ports.values()}
    for link in built.controls[FABRIC].links():
        if link["index"] in ports:
            data = link.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_SLAVE_DATA")
            if data is None or data.get_attr("IFLA_BRPORT_STATE") != FORWARDING:
                return False
    return True


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
        for machine in topology.machines:
            built.send(machine.name, *_machine(built, machine))
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
    next_port = FIRST_PORT
    next_end = {machine.name: 2 for machine in built.topology.machines}
    for link in built.topology.links:
        for node in (link.a, link.b):
            if node in switches:
                built.ports[node, link.name] = Port(node, link.name, next_port)
                next_port += 1
            else:
                built.ends[node, link.name] = next_end[node]
                next_end[node] += 1


def _bridges(built: Built) -> list[Request]:
    settings = [("IFLA_BR_MCAST_SNOOPING", 0), ("IFLA_BR_STP_STATE", 0)]
    requests = []
    for switch in built.topology.switches:
        index = built.switch_index(switch.name)
        info = netlink.kind_of("bridge", settings)
        what = f"switch {switch.name}"
        requests.append(
            netlink.new_link(what, index, switch.name, info, address=fabric_mac(index))
        )
        requests.append(netlink.set_link(what, index, up=True))
    return requests


def _cables(built: Built) -> list[Request]:
    requests = []
    for link in built.topology.links:
        if link.nic == VETH:
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


def fabric_mac(index: int) -> str:
    """Return the MAC of a device in the fabric, the same in every run; no frame ever bears it."""
    return f"02:00:00:ff:00:{index:02x}"


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
    if machine.name == DUT or machine.address is None:
        return requests  # the bonds bring the DUT's slaves up
    first = built.topology.links_of(machine.name)[0]
    index = built.ends[machine.name, first.name]
    what = f"address of {machine.name}"
    return [
        *requests,
        netlink.new_address(what, index, machine.address, built.topology.prefix),
        netlink.set_link(f"interface of {machine.name}", index, up=True),
    ]
