"""A sysfs that shows another namespace's interfaces, mounted nowhere (fsopen(2), Linux 5.2)."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from typing import Self

from harness.errors import LabError
from harness.labs.netns.namespace import Namespace

FSOPEN, FSCONFIG, FSMOUNT = 430, 431, 432  # the same on all architectures
CMD_CREATE = 6

_libc = ctypes.CDLL(None, use_errno=True)


class Sysfs:
    """What sysfs shows in a namespace; for our own it is the one at /sys."""

    def __init__(self, namespace: Namespace | None = None) -> None:
        """Open it, for a namespace of ours; raises LabError where that is not allowed."""
        if namespace is None:
            self._root = os.open("/sys", os.O_RDONLY | os.O_DIRECTORY)
            return
        with namespace.inside():
            self._root = _detached()

    def close(self) -> None:
        """Let go of it."""
        os.close(self._root)

    def watch(self, interface: str, what: str) -> Attribute:
        """Return a file of an interface, to be read again and again."""
        return Attribute(os.open(f"class/net/{interface}/{what}", os.O_RDONLY, dir_fd=self._root))

    def flags(self, interface: str) -> int:
        """Return an interface's flags as the driver has them, with those that bonding sets.

        Netlink and ioctl hide IFF_PROMISC and IFF_ALLMULTI unless a user set them.
        """
        with self.watch(interface, "flags") as file:
            return int(file.read(), 16)


class Attribute:
    """An open file of sysfs."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def read(self) -> str:
        """Return what it says now, "" where it refuses, as `carrier` does of what is down."""
        with suppress(OSError):
            return os.pread(self._fd, 64, 0).decode().strip()
        return ""


def _detached() -> int:
    """Return the root of a sysfs of the namespace we are in."""
    context = _call(FSOPEN, ctypes.c_char_p(b"sysfs"), 0)
    try:
        _call(FSCONFIG, context, CMD_CREATE, None, None, 0)
        return _call(FSMOUNT, context, 0, 0)
    finally:
        os.close(context)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        raise LabError(
            f"sysfs cannot be opened in a namespace of ours: {os.strerror(ctypes.get_errno())}",
            hint="--in-place measures where the interface is",
        )
    return result
