"""The kernel's virtual USB host controller, to which USB/IP attaches devices (vhci_hcd)."""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from harness.errors import LabError, NotTestable

CONTROLLER = Path("/sys/devices/platform/vhci_hcd.0")
DRIVER = Path("/sys/bus/usb/drivers/rtl8150")
FREE = 4  # VDEV_ST_NULL
FULL_SPEED = 2
MODULES = ("vhci_hcd", "rtl8150", "tun")


def lacking() -> str:
    """Return what this kernel lacks for such adapters, "" for nothing."""
    if not (CONTROLLER / "attach").exists():
        return "no virtual USB controller (vhci_hcd)"
    if not os.access(CONTROLLER / "attach", os.W_OK):
        return "a virtual USB controller (vhci_hcd) for root only"
    if not DRIVER.exists():
        return "no rtl8150 driver"
    return ""


def demand() -> None:
    """Raise NotTestable where this kernel has no USB controller or driver for such adapters."""
    what = lacking()
    if what:
        raise NotTestable(
            f"linux {os.uname().release} has {what}: "
            "`harness kernels build virtual@7.2` makes one that has, for --kernel virtual@7.2",
            hint="or take a distribution's kernel in QEMU, --kernel stock@6.1; "
            "on the machine's own `modprobe -a vhci-hcd rtl8150 tun`, as root, may be enough",
        )


@dataclass(frozen=True, slots=True)
class VhciPort:
    """One line of the controller's status."""

    hub: str
    number: int
    state: int


def parse(status: str) -> list[VhciPort]:
    """Return the controller's ports; the first line of its status is a heading."""
    rows = (line.split() for line in status.splitlines()[1:])
    return [VhciPort(row[0], int(row[1]), int(row[2])) for row in rows if len(row) > 2]


def ports() -> list[VhciPort]:
    """Return the ports of the first controller; raises LabError where it cannot be read."""
    try:
        return parse((CONTROLLER / "status").read_text(encoding="ascii"))
    except OSError as error:
        raise LabError(f"the virtual USB controller cannot be read: {error.strerror}") from error


def attach() -> tuple[socket.socket, int]:
    """Attach a device to a free port; return our end of its USB cable and the port's number.

    When that socket is closed the kernel detaches the device. Raises LabError.
    """
    ours, kernels = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with kernels:
        free = (port.number for port in ports() if port.hub == "hs" and port.state == FREE)
        taken = next((port for port in free if _take(port, kernels)), None)
    if taken is None:
        ours.close()
        raise LabError(
            "no port of the virtual USB controller is free",
            hint="each adapter needs one: detach others, or take fewer",
        )
    return ours, taken


def _take(port: int, end: socket.socket) -> bool:
    """Try to attach; return False if another process was faster."""
    words = f"{port} {end.fileno()} {0x10000 + port} {FULL_SPEED}"
    try:
        with (CONTROLLER / "attach").open("w", encoding="ascii") as file:
            file.write(words)
    except OSError as error:
        if error.errno == errno.EBUSY:
            return False
        raise LabError(
            f"the virtual USB controller accepted no adapter: {error.strerror}",
            hint="attaching needs root",
        ) from error
    return True


def is_free(number: int) -> bool:
    """Return whether a port is free again, and the interface of its device removed.

    The controller frees a port before its hub has notified the device's driver.
    """
    if any(CONTROLLER.glob(f"usb*/*-{number + 1}")):
        return False
    return any(
        port.hub == "hs" and port.number == number and port.state == FREE for port in ports()
    )
