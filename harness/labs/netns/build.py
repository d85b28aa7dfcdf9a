"""Turn a topology into namespaces, bridges and cables, with one send for each namespace."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import NamedTuple

from harness.lab import FABRIC, Host, Port
from harness.labs.fabric import channels
from harness.labs.fabric.switches import Switches, fabric_mac, plain_bridge, port_name
from harness.labs.fabric.wiring import Wiring
from harness.labs.netns import usb
from harness.labs.netns.host import NetnsHost
from harness.labs.netns.namespace import FORWARD, NO_IPV6, Namespace
from harness.labs.netns.network import (
    FIRST_VLAN,
    NetnsNetwork,
    guest_ends,
    index_ends,
    index_over,
)
from harness.loop import Loop
from harness.rtnl import messages
from harness.rtnl.messages import Request
from harness.topology import DUT, LinkPlan, MachinePlan, Topology, mac_of

LOOPBACK = 1


class CableEnd(NamedTuple):
    """The far end of a cable of a machine outside of this kernel."""

    namespace: Namespace
    name: str
    number: int
    mac: str


# Connects a cable from an interface of a machine (link, interface index, MAC) to its far end;
# returns the number that the interface has: kernels before 5.13 let a NIC keep its own.
Lay = Callable[[str, int, str, CableEnd], int]


class NetnsMachine(NamedTuple):
    """A machine and its namespace; whoever creates it registers its cleanup.

    A machine outside of this kernel has no namespace here and connects its cables by `lay`; it may
    have a USB of its own.
    """

    host: Host
    namespace: Namespace
    lay: Lay | None = None
    usb: usb.MakeUsb | None = None


MakeMachine = Callable[[str, Loop, ExitStack], NetnsMachine]
MakeWiring = Callable[[Switches, NetnsMachine], Wiring]


def local(name: str, loop: Loop, undo: ExitStack) -> NetnsMachine:
    """Return a machine in a namespace of this process."""
    host = NetnsHost(name, loop, undo)
    return NetnsMachine(host, host.namespace)


def plain(switches: Switches, machine: NetnsMachine) -> Wiring:
    """Return the verbs of switches that are in a namespace here, by this kernel's tc."""
    return Wiring(switches, machine.host)


def build(
    topology: Topology, loop: Loop, dut: MakeMachine = local, wiring: MakeWiring = plain
) -> NetnsNetwork:
    """Build a topology without its bonds; raises LabError, and leaves nothing, where it fails."""
    undo = ExitStack()
    try:
        names = (FABRIC, *(machine.name for machine in topology.machines))
        machines = {name: (dut if name == DUT else local)(name, loop, undo) for name in names}
        return _Build(topology, machines, undo, loop, wiring).network()
    except BaseException:
        undo.close()
        raise


class _Build:
    """Builds one network."""

    def __init__(
        self,
        topology: Topology,
        machines: dict[str, NetnsMachine],
        undo: ExitStack,
        loop: Loop,
        make_wiring: MakeWiring,
    ) -> None:
        self.topology = topology
        self.machines = machines
        self.loop = loop
        self.ends = index_ends(topology)
        self.switches = Switches.of(topology)
        hosts = {name: machine.host for name, machine in machines.items()}
        wiring = make_wiring(self.switches, machines[FABRIC])
        spaces = {name: machine.namespace for name, machine in machines.items()}
        self.made = NetnsNetwork(
            topology, self.switches, hosts, wiring, self.ends, spaces, undo=undo
        )

    def network(self) -> NetnsNetwork:
        """Build and return it."""
        if self.topology.ipv6:
            for machine in self.topology.machines:
                self.machines[machine.name].host.shell.write(NO_IPV6, "0")
        adapters = usb.Plugging(self.made, self.loop, self.machines[DUT].usb)
        adapters.make_ports()
        cables = [*self._cables(), *adapters.ports()]
        joined = channels.requests(self.switches)
        self._send(FABRIC, *self.switches.bridges(), *cables, *joined)
        self.made.fabric.filter_macs()
        self.made.adapters = adapters.plug_in()
        for end in self._guests():
            self._send(end[0], *self._guest_cable(*end))
        for machine in sorted(self.topology.machines, key=lambda one: one.name != DUT):
            self._send(machine.name, *self._machine(machine))
        if self.topology.forwards:
            self.machines[DUT].host.shell.write(FORWARD, "1")
        return self.made

    def _send(self, name: str, *requests: Request) -> None:
        self.machines[name].host.send(*requests)

    def _guests(self) -> list[tuple[str, str]]:
        """Return the machines that end at bridges of the DUT, and their links."""
        names = {name for name, _, _ in guest_ends(self.topology, self.ends)}
        return [end for end in self.ends if end[1] in names and end[0] != DUT]

    def _cables(self) -> list[Request]:
        inside = {name for _, name in self._guests()}
        usb_nics = usb.adapters(self.topology)
        links = [link for link in self.topology.links if link.name not in inside]
        links = [link for link in links if link not in usb_nics]
        return [request for link in links for request in self._cable(link)]

    def _cable(self, link: LinkPlan) -> list[Request]:
        """Return the requests for one cable: a veth pair, its switch ends up in their bridges."""
        near, far = link.a, link.b
        ports = self.switches.ports
        lay = self.machines[DUT].lay
        if lay is not None and (DUT, link.name) in self.ends:
            return self._laid(lay, link.name)
        if (near, link.name) not in ports:
            near, far = far, near
        port = ports[near, link.name]
        info = messages.kind_of("veth", [("VETH_INFO_PEER", self._far_end(far, link))])
        what, mac = f"cable {link.name}", fabric_mac(port.index)
        requests = [messages.new_link(what, port.index, port_name(port), info, address=mac)]
        for end in (port, ports.get((far, link.name))):
            if end is not None:
                requests += self._enabled(what, end)
        return requests

    def _laid(self, lay: Lay, link: str) -> list[Request]:
        """Connect a cable of the DUT to its switch port; return what enables the port."""
        port = next(port for port in self.switches.ports.values() if port.link == link)
        far = CableEnd(
            self.machines[FABRIC].namespace, port_name(port), port.index, fabric_mac(port.index)
        )
        number = self.ends[DUT, link]
        self.ends[DUT, link] = lay(link, number, mac_of(self.topology, DUT, link), far)
        return self._enabled(f"cable {link}", port)

    def _enabled(self, what: str, port: Port) -> list[Request]:
        """Return the request that enables a port; a channel does that for its own ports."""
        master = self.switches.master(port)
        return [messages.set_link(what, port.index, up=True, master=master)] if master else []

    def _far_end(self, node: str, link: LinkPlan) -> dict[str, object]:
        port = self.switches.ports.get((node, link.name))
        return _port_end(port) if port is not None else self._machine_end(node, link.name)

    def _machine_end(self, machine: str, link: str) -> dict[str, object]:
        attrs = [
            ("IFLA_IFNAME", link),
            ("IFLA_ADDRESS", mac_of(self.topology, machine, link)),
            ("IFLA_NET_NS_FD", self.machines[machine].namespace.fd),
        ]
        return {"index": self.ends[machine, link], "attrs": attrs}

    def _machine(self, machine: MachinePlan) -> list[Request]:
        requests = [messages.set_link("loopback", LOOPBACK, up=True)]
        if machine.name == DUT:
            return [*requests, *self._inner_bridges()]  # the bonds bring the DUT's slaves up
        if machine.address is None:
            return requests
        first = self.topology.links_of(machine.name)[0]
        index = self.ends[machine.name, first.name]
        requests += _addressed(machine, index, machine.prefix or self.topology.prefix)
        if machine.gateway:
            what = f"gateway of {machine.name}"
            requests.append(messages.default_route(what, machine.gateway))
        return requests

    def _inner_bridges(self) -> list[Request]:
        """Return the requests for the DUT's own bridges and their ports; a bond joins later."""
        requests = []
        for bridge in self.topology.bridges:
            index, what = index_over(self.topology, bridge.name), f"bridge {bridge.name}"
            requests.append(messages.new_link(what, index, bridge.name, plain_bridge()))
            requests.append(messages.set_link(what, index, up=True))
            if bridge.address:
                prefix = self.topology.prefix
                requests.append(messages.new_address(what, index, bridge.address, prefix))
        for name, index, bridge_index in guest_ends(self.topology, self.ends):
            what = f"port {name}"
            requests.append(messages.set_link(what, index, up=True, master=bridge_index))
        return requests

    def _guest_cable(self, machine: str, name: str) -> list[Request]:
        """Return the requests for a guest's interface and the DUT's end of it.

        A bridge takes the lowest of its ports' MACs. Guests' ends have high ones, as libvirt gives
        them, so that it is the bond's.
        """
        own, index = mac_of(self.topology, machine, name), self.ends[machine, name]
        lay = self.machines[DUT].lay
        if lay is not None:
            far = CableEnd(self.machines[machine].namespace, name, index, own)
            self.ends[DUT, name] = lay(name, self.ends[DUT, name], f"fe{own[2:]}", far)
            return []
        peer = {
            "index": self.ends[DUT, name],
            "attrs": [
                ("IFLA_IFNAME", name),
                ("IFLA_ADDRESS", f"fe{own[2:]}"),
                ("IFLA_NET_NS_FD", self.machines[DUT].namespace.fd),
            ],
        }
        info = messages.kind_of("veth", [("VETH_INFO_PEER", peer)])
        return [messages.new_link(f"guest's link {name}", index, name, info, address=own)]


def _addressed(machine: MachinePlan, index: int, prefix: int) -> list[Request]:
    """Return the requests that give a machine its address, on a VLAN where it has one."""
    up = messages.set_link(f"interface of {machine.name}", index, up=True)
    what, address = f"address of {machine.name}", str(machine.address)
    if not machine.vlan:
        return [messages.new_address(what, index, address, prefix), up]
    name = f"vlan{machine.vlan}"
    vlan = messages.new_vlan(f"VLAN {name}", FIRST_VLAN, name, index, machine.vlan)
    return [up, *vlan, messages.new_address(what, FIRST_VLAN, address, prefix)]


def _port_end(port: Port) -> dict[str, object]:
    attrs = [("IFLA_IFNAME", port_name(port)), ("IFLA_ADDRESS", fabric_mac(port.index))]
    return {"index": port.index, "attrs": attrs}
