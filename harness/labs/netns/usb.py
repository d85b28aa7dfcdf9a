"""USB adapters of a topology: their cables lead to switches, their interfaces into machines.

The kernel creates an adapter's interface in the initial network namespace of its machine, with a
name that it chooses. The interface is identified by the MAC of its EEPROM and moved into the
topology in one request, together with the link's name and index.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.drivers import emulated
from harness.errors import LabError
from harness.lab import FABRIC, Host
from harness.labs.fabric.switches import fabric_mac
from harness.labs.netns import mii
from harness.labs.netns.host import NetnsHost
from harness.labs.netns.namespace import CURRENT, Namespace
from harness.labs.netns.network import NetnsNetwork
from harness.labs.rtl8150 import nics, vhci
from harness.labs.rtl8150.nics import Nics
from harness.labs.rtl8150.server import AdapterPlan
from harness.labs.rtl8150.tap import TapDevice
from harness.loop import SECOND, Loop, now
from harness.rtnl import messages
from harness.rtnl.messages import Request
from harness.topology import DUT, LinkPlan, Topology, mac_of

FIRST = "HARNESS_FIRST_NETNS"  # set by harness.guests.init
PATIENCE = 20  # seconds for the kernel to detect a plugged adapter, or to release an unplugged one


class InitialNamespace(Namespace):
    """The initial network namespace, in which the kernel creates interfaces of new hardware.

    A guest's worker is in it; a worker on the machine's own kernel has left it and has its file
    descriptor in the environment.
    """

    def __init__(self) -> None:
        self.name = "initial"
        inherited = os.environ.get(FIRST)
        self.fd = os.dup(int(inherited)) if inherited else os.open(CURRENT, os.O_RDONLY)


class UsbMachine(Protocol):
    """The machine whose kernel drives a topology's adapters, for as long as the topology exists.

    `home` is its initial network namespace.
    """

    home: Host

    def demand(self) -> None:
        """Raise NotTestable if its kernel has no USB controller or driver for adapters."""

    def place(self, owner: str) -> dict[str, Any]:
        """Return the attributes of a request that moves an interface to one of the machines."""

    def start(self, plans: list[AdapterPlan], fabric: socket.socket) -> Nics:
        """Start the adapters; `fabric` is a netlink socket of the switches."""

    def is_free(self, port: int) -> bool:
        """Return whether a port of the controller is free again, its device's interface gone."""

    def mii_refusal(self, link: str) -> str:
        """Return the errno's name with which the driver refuses SIOCGMIIPHY, "" for none."""


MakeUsb = Callable[[NetnsNetwork, Loop], UsbMachine]


class LocalUsb:
    """The USB of this kernel; the interfaces go to namespaces of it."""

    def __init__(self, network: NetnsNetwork, loop: Loop) -> None:
        self._spaces = network.spaces
        self.home: Host = NetnsHost("initial", loop, network.undo, InitialNamespace())

    def demand(self) -> None:
        """Raise NotTestable if this kernel has no USB controller or driver for adapters."""
        vhci.demand()

    def place(self, owner: str) -> dict[str, Any]:
        """Return the attributes of a request that moves an interface to one of the machines."""
        return {"net_ns_fd": self._spaces[owner].fd}

    def start(self, plans: list[AdapterPlan], fabric: socket.socket) -> Nics:
        """Start the adapters in a process; `fabric` is a netlink socket of the switches."""
        return nics.start(plans, fabric)

    def is_free(self, port: int) -> bool:
        """Return whether a port of the controller is free again, its device's interface gone."""
        return vhci.is_free(port)

    def mii_refusal(self, link: str) -> str:
        """Return the errno's name with which the driver refuses SIOCGMIIPHY, "" for none."""
        return mii.refusal(self._spaces[DUT], link)


class Arrivals:
    """Waits for the interfaces of plugged adapters and moves them into the topology."""

    def __init__(self, network: NetnsNetwork, machine: UsbMachine, loop: Loop) -> None:
        self._network = network
        self._machine = machine
        self._loop = loop
        self._stream = machine.home.listen("links", then=self._read)
        self.expected: set[str] = set()

    def wait(self) -> None:
        """Wait for all expected interfaces; raises LabError."""
        self._loop.pump(now() + PATIENCE * SECOND, lambda: not self.expected)
        if self.expected:
            raise LabError(
                f"no interface appeared for {', '.join(self.expected)} within {PATIENCE} s",
                hint="the kernel's log has the errors of its USB subsystem",
            )

    def close(self) -> None:
        """Wait no longer."""
        self._stream.close()

    def _read(self) -> None:
        """Move the interfaces that have appeared; raises KernelRefused."""
        for seen in self._stream.take():
            for kind, _, _, message in messages.messages(seen.data):
                if kind == messages.RTM_NEWLINK and self.expected:
                    self._appeared(messages.decode_link(message))

    def _appeared(self, device: Any) -> None:
        topology = self._network.topology
        for link in adapters(topology):
            owner = owner_of(topology, link)
            its_mac = device.get_attr("IFLA_ADDRESS") == mac_of(topology, owner, link.name)
            if its_mac and link.name in self.expected:
                self.expected.remove(link.name)
                self._move(device["index"], owner, link.name)

    def _move(self, index: int, owner: str, link: str) -> None:
        wanted = self._network.ends[owner, link]
        into = self._machine.place(owner) | {"new_ifindex": wanted, "ifname": link}
        what = f"interface {link} into {owner}"
        self._machine.home.send(messages.set_link(what, index, up=None, **into))


@dataclass(slots=True)
class UsbNics:
    """The adapters of a running topology, by their links' names."""

    machine: UsbMachine
    chips: Nics
    arrivals: Arrivals
    _ports: dict[str, int] = field(default_factory=dict)

    def plug(self, link: str) -> None:
        """Plug an adapter in; its interface appears when the kernel has detected it."""
        self.arrivals.expected.add(link)
        self._ports[link] = self.chips.plug(link)

    def fail(self, link: str, **faults: object) -> None:
        """Set the faults of an adapter's chip, or none."""
        self.chips.fail(link, **faults)

    def dropped(self, link: str) -> frozenset[str]:
        """Return the directions in which an adapter's chip drops frames."""
        return self.chips.dropped(link)

    def mii_refusal(self, link: str) -> str:
        """Return the errno with which the driver refuses the ioctl of `mii-tool`, "" for none."""
        return self.machine.mii_refusal(link)

    def unplug(self, link: str) -> None:
        """Unplug an adapter."""
        self.chips.unplug(link)

    def close(self) -> None:
        """Unplug all adapters and wait until the kernel has released them; raises LabError.

        An interface in a namespace that is removed would return to the initial one.
        """
        self.chips.close()
        until = time.monotonic() + PATIENCE
        while not all(self.machine.is_free(port) for port in self._ports.values()):
            if time.monotonic() > until:
                raise LabError(
                    f"the kernel did not release {', '.join(self._ports)} within {PATIENCE} s",
                    hint="look at the kernel's log for a hung task",
                )
            time.sleep(0.01)


def adapters(topology: Topology) -> list[LinkPlan]:
    """Return the links at whose machine's end there is an emulated USB adapter."""
    return [link for link in topology.links if emulated(link.nic, exists=link.exists)]


def owner_of(topology: Topology, link: LinkPlan) -> str:
    """Return the machine that has a link's adapter."""
    machines = {machine.name for machine in topology.machines}
    return link.a if link.a in machines else link.b


class Plugging:
    """Creates a topology's adapters: their switch ports first, then the chips."""

    def __init__(self, network: NetnsNetwork, loop: Loop, make: MakeUsb | None) -> None:
        self._network = network
        self._loop = loop
        self._make = make or LocalUsb
        self._taps: dict[str, TapDevice] = {}

    def make_ports(self) -> None:
        """Make the switches' ports that the adapters' cables lead to.

        Raises NotTestable where the kernel has no such adapters, LabError.
        """
        links = adapters(self._network.topology)
        if not links:
            return
        self._machine = self._make(self._network, self._loop)
        self._machine.demand()
        with self._network.spaces[FABRIC].inside():
            for link in links:
                port = self._port_of(link.name)
                self._taps[link.name] = TapDevice(f"p{port}.{link.name}"[:15], port)
                self._network.undo.callback(self._taps[link.name].close)

    def ports(self) -> list[Request]:
        """Return the requests that put the adapters' ports into their switches."""
        switches = self._network.switches
        return [
            messages.set_link(
                f"port of {port.link}",
                port.index,
                up=bool(switches.master(port)) or None,  # a channel takes none that is up
                master=switches.master(port),
                address=fabric_mac(port.index),
            )
            for port in self._network.ports
            if port.link in self._taps
        ]

    def plug_in(self) -> UsbNics | None:
        """Start the adapters and plug them in; None where there are none. Raises LabError."""
        if not self._taps:
            return None
        undo = self._network.undo
        arrivals = Arrivals(self._network, self._machine, self._loop)
        undo.callback(arrivals.close)
        plans = [self._plan(link, tap) for link, tap in self._taps.items()]
        fabric = self._network.spaces[FABRIC].socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        found = UsbNics(self._machine, self._machine.start(plans, fabric), arrivals)
        undo.callback(found.close)
        undo.callback(self._watched(found.chips))
        for link in self._taps:
            found.plug(link)
        arrivals.wait()
        return found

    def _watched(self, chips: Nics) -> Callable[[], None]:
        """Have the end of the adapters' server end a recording; return what stops that."""

        def ended() -> None:
            forget()
            chips.check()

        forget = self._loop.watch(chips.orders, ended)
        return forget

    def _plan(self, name: str, tap: TapDevice) -> AdapterPlan:
        topology = self._network.topology
        mac = mac_of(topology, owner_of(topology, topology.link(name)), name)
        return AdapterPlan(name, mac, tap, self._port_of(name))

    def _port_of(self, link: str) -> int:
        return next(port.index for port in self._network.ports if port.link == link)
