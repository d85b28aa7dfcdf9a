"""USB cables of emulated adapters, and the controllers to which they lead."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol

from harness.labs.rtl8150 import vhci
from harness.loop import Loop

BUFFER = 1 << 16
Take = Callable[[bytes], None]  # what a host has sent; b"" once it has detached the device


class UsbCable(Protocol):
    """The device's end of a USB cable; `port` is the controller's, at the other end."""

    port: int

    def send(self, data: bytes) -> None:
        """Send to the host; what comes after it has detached the device is dropped."""

    def close(self) -> None:
        """Unplug the device."""


class UsbController(Protocol):
    """A virtual host controller."""

    def attach(self, take: Take) -> UsbCable:
        """Attach a device; `take` is called with what the host sends. Raises LabError."""


class LocalController:
    """The controller of this kernel."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def attach(self, take: Take) -> UsbCable:
        """Attach a device; raises LabError."""
        sock, port = vhci.attach()
        return _LocalCable(self._loop, sock, port, take)


class _LocalCable:
    def __init__(self, loop: Loop, sock: socket.socket, port: int, take: Take) -> None:
        self.port = port
        self._sock = sock
        self._take = take
        self._forget = loop.watch(sock, self._read)

    def send(self, data: bytes) -> None:
        try:
            self._sock.sendall(data)
        except ConnectionError:
            self._take(b"")

    def close(self) -> None:
        self._forget()
        self._sock.close()

    def _read(self) -> None:
        try:
            data = self._sock.recv(BUFFER)
        except ConnectionError:
            data = b""
        self._take(data)
