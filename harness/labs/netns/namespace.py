"""Network namespaces without a name: each is kept by a file descriptor.

Nothing is mounted and nothing has a path, so nothing remains: when the process ends, also by a
signal, the kernel removes the namespaces with their interfaces.
"""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from harness.errors import LabError

CLONE_NEWNET = 0x40000000
NO_IPV6 = "/proc/sys/net/ipv6/conf/default/disable_ipv6"
FORWARD = "/proc/sys/net/ipv4/ip_forward"
CURRENT = "/proc/thread-self/ns/net"

_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A new network namespace, open until `close`."""

    def __init__(self, name: str) -> None:
        """Make a new namespace; raises LabError where the kernel does not allow it."""
        self.name = name
        home = os.open(CURRENT, os.O_RDONLY)
        try:
            if _libc.unshare(CLONE_NEWNET):
                raise _failed(f"a network namespace for {name} could not be made")
            self.fd = os.open(CURRENT, os.O_RDONLY)
            _silence_ipv6()
            _enter(home, name)
        finally:
            os.close(home)

    def close(self) -> None:
        """Close the namespace; the kernel then removes everything in it."""
        os.close(self.fd)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Run the block in the namespace; only this thread enters it."""
        home = os.open(CURRENT, os.O_RDONLY)
        try:
            _enter(self.fd, self.name)
            try:
                yield
            finally:
                _enter(home, "home")
        finally:
            os.close(home)

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """Return a socket of the namespace, which may be used from any namespace."""
        with self.inside():
            return socket.socket(family, kind, protocol)

    def write(self, path: str, text: str) -> None:
        """Write to a file of the namespace's /proc; raises LabError."""
        try:
            with self.inside(), open(path, "w") as file:  # noqa: PTH123
                file.write(text)
        except OSError as error:
            raise LabError(
                f'{path} does not take "{text}": {error.strerror}',
                hint="the kernel has no such setting, or the user may not change it",
            ) from error


def _silence_ipv6() -> None:
    """Disable IPv6 for new devices of the current namespace.

    IPv6 autoconfiguration sends multicast frames, which an ARP monitor without validation counts
    as received traffic.
    """
    with suppress(OSError):  # a kernel without IPv6
        file = os.open(NO_IPV6, os.O_WRONLY)
        try:
            os.write(file, b"1")
        finally:
            os.close(file)


def _enter(fd: int, name: str) -> None:
    if _libc.setns(fd, CLONE_NEWNET):
        raise _failed(f"namespace {name} could not be entered")


def _failed(what: str) -> LabError:
    return LabError(
        f"{what}: {os.strerror(ctypes.get_errno())}",
        hint="run as root, or allow this user namespaces: `harness doctor` says by which setting",
    )
