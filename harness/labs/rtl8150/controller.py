"""The ports of the kernel's virtual USB host controller (vhci_hcd), as files of sysfs.

It is also sent to a DUT, in front of `relay`: Python 3.6 runs it, without the harness.
"""

from __future__ import annotations

import errno
import socket
from pathlib import Path

CONTROLLER = Path("/sys/devices/platform/vhci_hcd.0")
FREE = 4  # VDEV_ST_NULL
FULL_SPEED = 2


class VhciPort:
    """One line of the controller's status."""

    def __init__(self, hub: str, number: int, state: int) -> None:
        self.hub = hub
        self.number = number
        self.state = state


def parse(status: str) -> list[VhciPort]:
    """Return the controller's ports; the first line of its status is a heading."""
    rows = (line.split() for line in status.splitlines()[1:])
    return [VhciPort(row[0], int(row[1]), int(row[2])) for row in rows if len(row) > 2]


def is_free(status: str, number: int) -> bool:
    """Return whether a port for devices like these is free, by the controller's status."""
    found = (port for port in parse(status) if port.hub == "hs" and port.number == number)
    return any(port.state == FREE for port in found)


def attach() -> tuple[socket.socket, int]:
    """Attach a device to a free port; return our end of its USB cable and the port's number.

    When that socket is closed the kernel detaches the device. Raises OSError, EBUSY without a free
    port.
    """
    ours, kernels = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with kernels:
            return ours, _port_for(kernels)
    except OSError:
        ours.close()
        raise


def _port_for(end: socket.socket) -> int:
    for port in parse((CONTROLLER / "status").read_text(encoding="ascii")):
        if port.hub == "hs" and port.state == FREE and _take(port.number, end):
            return port.number
    raise OSError(errno.EBUSY, "none of its ports is free")


def _take(port: int, end: socket.socket) -> bool:
    """Try to attach; return False if another process was faster."""
    words = f"{port} {end.fileno()} {0x10000 + port} {FULL_SPEED}"
    try:
        with (CONTROLLER / "attach").open("w", encoding="ascii") as file:
            file.write(words)
    except OSError as error:
        if error.errno == errno.EBUSY:
            return False
        raise
    return True
