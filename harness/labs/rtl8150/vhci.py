"""The kernel's virtual USB host controller, to which USB/IP attaches devices (vhci_hcd)."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from harness.errors import LabError, NotTestable
from harness.labs.rtl8150 import controller
from harness.labs.rtl8150.controller import CONTROLLER, VhciPort

DRIVER = Path("/sys/bus/usb/drivers/rtl8150")
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


def ports() -> list[VhciPort]:
    """Return the ports of the first controller; raises LabError where it cannot be read."""
    return controller.parse(_status())


def _status() -> str:
    try:
        return (CONTROLLER / "status").read_text(encoding="ascii")
    except OSError as error:
        raise LabError(f"the virtual USB controller cannot be read: {error.strerror}") from error


def attach() -> tuple[socket.socket, int]:
    """Attach a device to a free port; return our end of its USB cable and the port's number.

    When that socket is closed the kernel detaches the device. Raises LabError.
    """
    try:
        return controller.attach()
    except OSError as error:
        raise no_port("the virtual USB controller", error.strerror or "") from error


def no_port(whose: str, why: str) -> LabError:
    """Return the error of a controller that attached no device."""
    return LabError(
        f"{whose} accepted no adapter: {why}",
        hint="each adapter needs a port: detach others, or take fewer; attaching needs root",
    )


def is_free(number: int) -> bool:
    """Return whether a port is free again, and the interface of its device removed.

    The controller frees a port before its hub has notified the device's driver.
    """
    if any(CONTROLLER.glob(f"usb*/*-{number + 1}")):
        return False
    return controller.is_free(_status(), number)
