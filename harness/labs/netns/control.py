"""A netlink socket in a namespace for batches of requests.

A system call costs a guest 150 microseconds and an event loop around pyroute2's sockets a hundred
times that: a plain socket carries many requests in one send.
"""

from __future__ import annotations

import socket
import struct
from typing import Any

from harness.errors import KernelRefused, LabError
from harness.labs.netns.namespace import Namespace
from harness.rtnl import messages
from harness.rtnl.messages import (
    BUFFER,
    CAP_ACK,
    EXT_ACK,
    NLMSG_DONE,
    NLMSG_ERROR,
    SOL_NETLINK,
    Request,
)

LONGEST = 10  # seconds that an answer may take


class Control:
    """A netlink socket in a namespace."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        self._sock = namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self._sock.setsockopt(SOL_NETLINK, EXT_ACK, 1)
        self._sock.setsockopt(SOL_NETLINK, CAP_ACK, 1)
        # Python's own timeout would read the clock and poll before each call.
        limit = struct.pack("@ll", LONGEST, 0)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self._sock.bind((0, 0))

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def send(self, *requests: Request) -> None:
        """Execute requests in order with one send; raises KernelRefused for the first error.

        The kernel continues after a refused request: later requests are executed too.
        """
        if not requests:
            return
        last = len(requests) - 1
        self._sock.send(
            b"".join(
                messages.numbered(one.data, number, quiet=number < last)
                for number, one in enumerate(requests)
            )
        )
        refused: KernelRefused | None = None
        done = False
        while not done:
            for kind, flags, seq, body in messages.messages(self._receive()):
                if kind == NLMSG_ERROR:
                    refused = refused or messages.refusal(requests[seq].what, flags, body)
                    done = done or seq == last
        if refused:
            raise refused

    def links(self) -> list[Any]:
        """Return all devices of the namespace as pyroute2's decoded ifinfmsg."""
        return [messages.decode_link(link) for link in messages.dump_links(self)]

    def dump(self, request: Request, kind: int) -> list[bytes]:
        """Return the messages of type `kind` with which the kernel answers a dump request."""
        self._sock.send(request.data)
        found: list[bytes] = []
        while True:
            for answer, _, _, body in messages.messages(self._receive()):
                if answer == NLMSG_DONE:
                    return found
                if answer == kind:
                    found.append(body)

    def _receive(self) -> bytes:
        try:
            return self._sock.recv(BUFFER)
        except BlockingIOError as error:
            raise LabError(
                f"the kernel did not answer a request in {self.namespace.name} within {LONGEST} s",
                hint="look at the kernel's log for a hung task",
            ) from error
