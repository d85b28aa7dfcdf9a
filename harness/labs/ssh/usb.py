"""Emulated USB adapters of a DUT: its virtual host controller, through the SSH connection."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from typing import Any

import paramiko

from harness.errors import LabError, NotTestable
from harness.lab import Host
from harness.labs.agent.channel import python
from harness.labs.agent.host import RemoteHost
from harness.labs.agent.source import source
from harness.labs.netns import mii
from harness.labs.rtl8150 import controller, nics, relay, vhci
from harness.labs.rtl8150.cable import BUFFER, Take, UsbCable
from harness.labs.rtl8150.controller import CONTROLLER
from harness.labs.rtl8150.nics import Nics
from harness.labs.rtl8150.relay import ATTACH, DATA, FAILED, UNPLUG, MessageReader, message
from harness.labs.rtl8150.server import AdapterPlan
from harness.labs.ssh.dut import RemoteDut
from harness.loop import Loop

MODULES = ("vhci_hcd", "rtl8150")
PATIENCE = 10.0  # seconds for the DUT to attach a device
CABLES = 256  # numbers of cables
PHY = """
import sys
from errno import errorcode
from fcntl import ioctl
from socket import socket
try:
    ioctl(socket(), %d, sys.argv[1].encode() + bytes(40 - len(sys.argv[1])))
except OSError as error:
    print(errorcode[error.errno])
"""


class RemoteController:
    """The virtual host controller of a DUT, behind a relay that runs as long as the connection.

    `lost` is why it cannot be used any more, "" if it can.
    """

    def __init__(self, dut: RemoteDut) -> None:
        """Start the relay there; raises LabError."""
        self._name = dut.ssh.name
        program = source(controller, relay)
        self._channel = dut.ssh.channel(shlex.join(python(dut.ssh.python, program)))
        self._channel.settimeout(PATIENCE)
        self._channel.sendall(program)
        self._reader = MessageReader()
        self._numbers = count()
        self._cables: dict[int, Take] = {}
        self._answers: dict[int, tuple[bytes, bytes]] = {}
        self.lost = ""

    def served(self, loop: Loop) -> RemoteController:
        """Let a loop read what the DUT sends; one at a time."""
        loop.watch(self._channel, self._read)
        return self

    def attach(self, take: Take) -> UsbCable:
        """Attach a device; raises LabError."""
        number = next(self._numbers) % CABLES
        self._cables[number] = take
        self.send(ATTACH, number)
        while number not in self._answers:
            self._read()
        kind, what = self._answers.pop(number)
        if kind == FAILED:
            self.forget(number)
            raise vhci.no_port(f"the virtual USB controller of {self._name}", what.decode())
        return _RemoteCable(self, number, int(what))

    def send(self, kind: bytes, number: int, data: bytes = b"") -> None:
        """Send a message; raises LabError once the relay is lost."""
        try:
            self._channel.sendall(message(kind, number, data))
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._failed(str(error) or "no answer") from error

    def forget(self, number: int) -> None:
        """Drop what still comes from a cable."""
        self._cables.pop(number, None)

    def _read(self) -> None:
        try:
            data = self._channel.recv(BUFFER)
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._failed(str(error) or "no answer") from error
        if not data:
            words = self._channel.makefile_stderr("r").read().strip().splitlines()
            raise self._failed(words[-1] if words else "it ended")
        for kind, number, what in self._reader.feed(data):
            take = self._cables.get(number)
            if kind in (ATTACH, FAILED):
                self._answers[number] = kind, what
            elif take is not None:
                take(what if kind == DATA else b"")

    def _failed(self, why: str) -> LabError:
        self.lost = f"the relay of its USB controller: {why}"
        return LabError(
            f"the USB controller of {self._name} is lost: {why}",
            hint=f"check that {self._name} still runs; a recording in progress cannot be used",
        )


class _RemoteCable:
    def __init__(self, controller: RemoteController, number: int, port: int) -> None:
        self.port = port
        self._controller = controller
        self._number = number

    def send(self, data: bytes) -> None:
        self._controller.send(DATA, self._number, data)

    def close(self) -> None:
        self._controller.forget(self._number)
        self._controller.send(UNPLUG, self._number)


class RemoteUsb:
    """The USB of a DUT for one topology: `home` is where the kernel creates new interfaces."""

    def __init__(
        self, dut: RemoteDut, start: Callable[[], RemoteController], loop: Loop, undo: ExitStack
    ) -> None:
        """`start` returns the DUT's controller, started when it is first needed."""
        self._dut = dut
        self._start = start
        undo.callback(loop.watch(dut.home, dut.home.read))
        self.home: Host = RemoteHost(dut.home)

    def demand(self) -> None:
        """Raise NotTestable if the DUT's kernel has no USB controller or driver for adapters."""
        for module in MODULES:
            try:
                self._dut.ssh.load(module)
            except LabError as error:
                raise NotTestable(
                    f"the dut's kernel has no module {module}: {error.message}",
                    hint="distributions have it in the package of all modules",
                ) from error

    def place(self, _: str) -> dict[str, Any]:
        """Return the attributes of a request that moves an interface to one of the machines."""
        return {"net_ns_pid": self._dut.work.pid}

    def start(self, plans: list[AdapterPlan], fabric: socket.socket) -> Nics:
        """Start the adapters; `fabric` is a netlink socket of the switches."""
        return nics.start_thread(plans, fabric, self._start().served)

    def is_free(self, port: int) -> bool:
        """Return whether a port is free again, and the interface of its device removed."""
        there = f"cat {CONTROLLER}/status; ls -d {CONTROLLER}/usb*/*-{port + 1} 2>/dev/null"
        status, _, device = self._dut.ssh.run(there).stdout.partition("/")
        return not device and controller.is_free(status, port)

    def mii_refusal(self, link: str) -> str:
        """Return the errno's name with which the driver refuses SIOCGMIIPHY, "" for none."""
        ssh = self._dut.ssh
        there = f"busybox nsenter --net=/proc/{self._dut.work.pid}/ns/net"
        return ssh.check(f"{there} {ssh.python} -c %s %s", PHY % mii.SIOCGMIIPHY, link).strip()
