"""USB adapters of a topology: their cables lead to switches, their interfaces into machines.

The kernel creates an adapter's interface in the initial network namespace, with a name that it
chooses. The interface is identified by the MAC of its EEPROM and moved to its machine in one
request, together with the link's name and index.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from harness.drivers import emulated
from harness.errors import LabError
from harness.lab import FABRIC
from harness.labs.fabric.switches import fabric_mac
from harness.labs.netns import mii
from harness.labs.netns.control import Control
from harness.labs.netns.namespace import CURRENT, Namespace
from harness.labs.netns.network import NetnsNetwork
from harness.labs.rtl8150 import nics, vhci
from harness.labs.rtl8150.nics import Nics
from harness.labs.rtl8150.server import AdapterPlan
from harness.labs.rtl8150.tap import TapDevice
from harness.loop import Loop
from harness.rtnl import messages
from harness.rtnl.messages import Request
from harness.topology import DUT, LinkPlan, Topology, mac_of

FIRST = "HARNESS_FIRST_NETNS"  # set by harness.guests.init
RTMGRP_LINK = 1
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


class Arrivals:
    """Waits for the interfaces of plugged adapters and moves them to their machines.

    It has a file descriptor to wait on and `read` to call then.
    """

    def __init__(self, network: NetnsNetwork) -> None:
        self._network = network
        self._home = InitialNamespace()
        self._control = Control(self._home)
        self._monitor = self._home.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self._monitor.bind((0, RTMGRP_LINK))
        self.expected: dict[str, Callable[[], None]] = {}

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._monitor.fileno()

    def close(self) -> None:
        """Wait no longer."""
        self._monitor.close()
        self._control.close()
        self._home.close()

    def expect(self, link: LinkPlan, then: Callable[[], None] = lambda: None) -> None:
        """Move the interface of a link's adapter when it appears, and call `then`."""
        self.expected[link.name] = then

    def wait(self) -> None:
        """Wait for all expected interfaces; raises LabError."""
        self._monitor.settimeout(PATIENCE)
        while self.expected:
            try:
                self.read()
            except TimeoutError as error:
                raise LabError(
                    f"no interface appeared for {', '.join(self.expected)} within {PATIENCE} s",
                    hint="the kernel's log has the errors of its USB subsystem",
                ) from error

    def read(self) -> None:
        """Move the interfaces that have appeared; raises KernelRefused."""
        for kind, _, _, message in messages.messages(self._monitor.recv(messages.BUFFER)):
            if kind != messages.RTM_NEWLINK or not self.expected:
                continue
            device = messages.decode_link(message)
            for link in adapters(self._network.topology):
                owner = owner_of(self._network.topology, link)
                ours = device.get_attr("IFLA_ADDRESS") == mac_of(
                    self._network.topology, owner, link.name
                )
                if ours and link.name in self.expected:
                    self._move(device["index"], owner, link)

    def _move(self, index: int, owner: str, link: LinkPlan) -> None:
        then = self.expected.pop(link.name)
        place = self._network.spaces[owner]
        wanted = self._network.ends[owner, link.name]
        what = f"interface {link.name} into {owner}"
        into = {"net_ns_fd": place.fd, "new_ifindex": wanted}
        self._control.send(messages.set_link(what, index, up=None, ifname=link.name, **into))
        then()


@dataclass(slots=True)
class UsbNics:
    """The adapters of a running topology, by their links' names."""

    topology: Topology
    machine: Namespace
    chips: Nics
    arrivals: Arrivals
    loop: Loop
    _ports: dict[str, int] = field(default_factory=dict)

    def plug(self, link: str) -> None:
        """Plug an adapter in; its interface appears when the kernel has detected it."""
        self.plug_in(link, self.loop.watch(self.arrivals, self.arrivals.read))

    def plug_in(self, link: str, then: Callable[[], None] = lambda: None) -> None:
        """Plug an adapter in, and call `then` when its interface has appeared."""
        self.arrivals.expect(self.topology.link(link), then)
        self._ports[link] = self.chips.plug(link)

    def fail(self, link: str, **faults: object) -> None:
        """Set the faults of an adapter's chip, or none."""
        self.chips.fail(link, **faults)

    def dropped(self, link: str) -> frozenset[str]:
        """Return the directions in which an adapter's chip drops frames."""
        return self.chips.dropped(link)

    def mii_refusal(self, link: str) -> str:
        """Return the errno with which the driver refuses the ioctl of `mii-tool`, "" for none."""
        return mii.refusal(self.machine, link)

    def unplug(self, link: str) -> None:
        """Unplug an adapter."""
        self.chips.unplug(link)

    def close(self) -> None:
        """Unplug all adapters and wait until the kernel has released them; raises LabError.

        An interface in a namespace that is removed would return to the initial one.
        """
        self.chips.close()
        until = time.monotonic() + PATIENCE
        while not all(vhci.is_free(port) for port in self._ports.values()):
            if time.monotonic() > until:
                raise LabError(
                    f"the kernel did not release {', '.join(self._ports)} within {PATIENCE} s",
                    hint="look at the kernel's log for a hung task",
                )
            time.sleep(0.01)
        self.arrivals.close()


def adapters(topology: Topology) -> list[LinkPlan]:
    """Return the links at whose machine's end there is an emulated USB adapter."""
    return [link for link in topology.links if emulated(link.nic, exists=link.exists)]


def owner_of(topology: Topology, link: LinkPlan) -> str:
    """Return the machine that has a link's adapter."""
    machines = {machine.name for machine in topology.machines}
    return link.a if link.a in machines else link.b


class Plugging:
    """Creates a topology's adapters: their switch ports first, then the chips."""

    def __init__(self, network: NetnsNetwork, loop: Loop) -> None:
        self._network = network
        self._loop = loop
        self._taps: dict[str, TapDevice] = {}

    def make_ports(self) -> None:
        """Make the switches' ports that the adapters' cables lead to.

        Raises NotTestable where the kernel has no such adapters, LabError.
        """
        links = adapters(self._network.topology)
        if not links:
            return
        vhci.demand()
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
        arrivals = Arrivals(self._network)
        with _undone(arrivals.close):
            plans = [self._plan(link, tap) for link, tap in self._taps.items()]
            switches = self._network.spaces[FABRIC].socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
            chips = nics.start(plans, switches)
            topology = self._network.topology
            found = UsbNics(topology, self._network.spaces[DUT], chips, arrivals, self._loop)
        self._network.undo.callback(found.close)
        for tap in self._taps.values():
            tap.close()
        for link in self._taps:
            found.plug_in(link)
        arrivals.wait()
        return found

    def _plan(self, name: str, tap: TapDevice) -> AdapterPlan:
        topology = self._network.topology
        mac = mac_of(topology, owner_of(topology, topology.link(name)), name)
        return AdapterPlan(name, mac, tap, self._port_of(name))

    def _port_of(self, link: str) -> int:
        return next(port.index for port in self._network.ports if port.link == link)


@contextmanager
def _undone(undo: Callable[[], None]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            undo()
        raise
