"""A sysfs that shows a namespace's interfaces, mounted nowhere (fsopen(2), Linux 5.2)."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from typing import Self

from harness.errors import LabError
from harness.labs.netns.namespace import Namespace

FSOPEN, FSCONFIG, FSMOUNT = 430, 431, 432  # the same on all architectures
CMD_CREATE, CLOSE_ON_EXEC = 6, 1
CHUNK = 1 << 16  # bytes

_libc = ctypes.CDLL(None, use_errno=True)


class Sysfs:
    """The sysfs of a namespace; paths are relative to its root.

    Which namespace a sysfs shows is decided when it is created, so that is done inside it.
    """

    def __init__(self, namespace: Namespace | None = None) -> None:
        """Open /sys, or a sysfs of the namespace; raises LabError where that is not allowed."""
        if namespace is None:
            self._root = os.open("/sys", os.O_RDONLY | os.O_DIRECTORY)
            return
        with namespace.inside():
            self._root = _detached(namespace.name)

    def close(self) -> None:
        """Close it; files opened in it stay open."""
        os.close(self._root)

    def read(self, path: str) -> str:
        """Return a file's text; raises OSError."""
        return read_and_close(self._open(path, os.O_RDONLY))

    def write(self, path: str, text: str) -> None:
        """Write to a file; raises OSError."""
        with os.fdopen(self._open(path, os.O_WRONLY), "wb", 0) as file:
            file.write(text.encode())

    def watch(self, interface: str, what: str) -> Attribute:
        """Open a file of an interface for repeated reads."""
        return Attribute(self._open(f"class/net/{interface}/{what}", os.O_RDONLY))

    def flags(self, interface: str) -> int:
        """Return an interface's flags as the driver has them, with those that bonding sets.

        Netlink and ioctl hide IFF_PROMISC and IFF_ALLMULTI unless a user set them.
        """
        with self.watch(interface, "flags") as file:
            return int(file.read(), 16)

    def _open(self, path: str, how: int) -> int:
        return os.open(path, how | os.O_CLOEXEC, dir_fd=self._root)


class Attribute:
    """An open file of sysfs."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def read(self) -> str:
        """Return its value now, "" where the kernel refuses, as for `carrier` of a device down."""
        with suppress(OSError):
            return os.pread(self._fd, 64, 0).decode().strip()
        return ""


def read_and_close(fd: int) -> str:
    """Return the text of an open file; raises OSError.

    A file object takes a dozen system calls for a short file, each of them slow in a guest.
    """
    try:
        parts = []
        while part := os.read(fd, CHUNK):
            parts.append(part)
        return b"".join(parts).decode()
    finally:
        os.close(fd)


def _detached(name: str) -> int:
    """Return the root of a new sysfs of the current namespace."""
    context = _call(name, FSOPEN, ctypes.c_char_p(b"sysfs"), CLOSE_ON_EXEC)
    try:
        _call(name, FSCONFIG, context, CMD_CREATE, None, None, 0)
        return _call(name, FSMOUNT, context, CLOSE_ON_EXEC, 0)
    finally:
        os.close(context)


def _call(name: str, number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        why = os.strerror(ctypes.get_errno())
        raise LabError(
            f"sysfs of {name} could not be opened: {why}", hint="run as root (CAP_SYS_ADMIN)"
        )
    return result
