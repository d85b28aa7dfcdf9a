"""The NICs of a DUT in QEMU and their cables: taps, which are moved into the topology.

A NIC remains plugged in and is used again by each topology with its driver and MAC.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from harness.errors import HarnessError, KernelRefused, LabError
from harness.lab import Host
from harness.labs.netns.build import CableEnd
from harness.labs.netns.control import Control
from harness.labs.netns.interfaces import ExistingNamespace
from harness.labs.qemu.machine import Qemu
from harness.rtnl import messages

TUN = "/dev/net/tun"
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x2, 0x1000
ARRIVAL = 15.0  # seconds for a NIC to be found by its driver, or to come back from a namespace


@dataclass(slots=True)
class QemuNic:
    """A NIC that is plugged in: its name and model in QEMU, its tap's index in that namespace."""

    name: str
    model: str
    mac: str
    tap: int


@dataclass(slots=True)
class QemuNics:
    """The NICs of a DUT in QEMU; `home` is its own network namespace, not an agent's.

    `lost` is why it cannot be used any more, "" if it can.
    """

    machine: Qemu
    home: Host
    ours: ExistingNamespace = field(default_factory=lambda: ExistingNamespace("tester"))
    lost: str = ""
    _nics: dict[str, QemuNic] = field(default_factory=dict)
    _links: dict[str, QemuNic] = field(default_factory=dict)

    def lay(self, near: DutEnd, far: CableEnd, pid: int, undo: ExitStack) -> None:
        """Cable a NIC of the DUT: its tap goes to the far end, the NIC to an agent's namespace."""
        nic = self.plugged(near.mac, near.model)
        self._links[near.link] = nic
        self.machine.carrier(nic.name, up=True)
        self._tap_to(nic, far, undo)
        what = f"interface {near.link} of the dut"
        into: dict[str, Any] = {"net_ns_pid": pid, "new_ifindex": near.index}
        into |= {"ifname": near.link, "address": near.mac}
        self.home.send(messages.as_new(what, self.arrived(nic)["index"], **into))

    def carrier(self, link: str, *, up: bool) -> None:
        """Set or remove the carrier of the NIC at a link; other links are ignored."""
        nic = self._links.get(link)
        if nic is not None:
            self.machine.carrier(nic.name, up=up)

    def forget(self) -> None:
        """Forget which link has which NIC: the topology is removed."""
        self._links.clear()

    def plugged(self, mac: str, model: str) -> QemuNic:
        """Return the NIC of a MAC, plugged in if necessary; the tap is in QEMU's namespace.

        Raises LabError if the one with that MAC is of another model.
        """
        nic = self._nics.get(mac) or self._plug(mac, model)
        if nic.model != model:
            raise LabError(
                f"the NIC {mac} of the dut is a {nic.model}, and a {model} is wanted",
                hint="topologies that share a MAC have it at the same place among their links",
            )
        return nic

    def _plug(self, mac: str, model: str) -> QemuNic:
        name = f"nic{len(self._nics)}"
        fd = _tun()
        try:
            asked = struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI)
            fcntl.ioctl(fd, TUNSETIFF, asked)
            self.machine.plug(name, model, mac, fd)
        finally:
            os.close(fd)
        with contextlib.closing(Control(self.ours)) as control:
            links = {link.get_attr("IFLA_IFNAME"): link["index"] for link in control.links()}
        self._nics[mac] = QemuNic(name, model, mac, links[name])
        return self._nics[mac]

    def _tap_to(self, nic: QemuNic, far: CableEnd, undo: ExitStack) -> None:
        what = f"cable {far.name}"
        into: dict[str, Any] = {
            "net_ns_fd": far.namespace.fd,
            "new_ifindex": far.number,
            "ifname": far.name,
        }
        with contextlib.closing(Control(self.ours)) as control:
            control.send(messages.set_link(what, nic.tap, address=far.mac, **into))
        undo.callback(self._tap_back, nic, far)

    def _tap_back(self, nic: QemuNic, far: CableEnd) -> None:
        """Move a tap back to QEMU's namespace: it would be removed together with the other one."""
        into: dict[str, Any] = {
            "net_ns_fd": self.ours.fd,
            "new_ifindex": nic.tap,
            "ifname": nic.name,
        }
        back = messages.set_link(f"cable {far.name}", far.number, up=False, **into)
        with contextlib.closing(Control(far.namespace)) as control:
            try:
                control.send(back)
            except KernelRefused as refused:
                # The taps of a machine that has ended are gone; it is started again with new ones.
                self.lost = f"the tap of {far.name} is gone: {refused.message}"

    def arrived(self, nic: QemuNic) -> Any:
        """Return the NIC's link in the DUT's own namespace, once it is there; raises LabError."""
        until = time.monotonic() + ARRIVAL
        while time.monotonic() < until:
            for body in messages.dump_links(self.home):
                link = messages.decode_link(body)
                own = link.get_attr("IFLA_PERM_ADDRESS") or link.get_attr("IFLA_ADDRESS")
                if own == nic.mac:
                    return link
            time.sleep(0.01)
        raise LabError(
            f"the dut has no interface with the MAC {nic.mac} after {ARRIVAL:g} s",
            hint=f"its kernel must have the driver of a {nic.model}",
        )


def _tun() -> int:
    try:
        return os.open(TUN, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise LabError(
            f"{TUN} cannot be opened: {error.strerror}",
            hint="the tester's kernel needs tun, and this user must be allowed to open it",
        ) from error


@dataclass(frozen=True, slots=True)
class DutEnd:
    """The DUT's end of a cable: its name, interface index, MAC, and its NIC's model in QEMU."""

    link: str
    index: int
    mac: str
    model: str


def back(host: Host, ends: list[DutEnd], pid: int) -> None:
    """Move NICs back to the DUT's own namespace, where they are available at once."""
    for number, end in enumerate(ends):
        what = f"interface {end.link} of the dut"
        into: dict[str, Any] = {"net_ns_pid": pid, "ifname": f"spare{number}"}
        with contextlib.suppress(HarnessError):
            host.send(messages.set_link(what, end.index, up=False, **into))
