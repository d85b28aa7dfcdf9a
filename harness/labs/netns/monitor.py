"""Notifications about links and neighbours, and the kernel log.

Messages are stored undecoded and decoded afterwards: during a fault only their time matters.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from harness.lab import Seen
from harness.labs.agent.wire import enlarge_buffer
from harness.labs.netns.namespace import Namespace
from harness.log import kmsg
from harness.loop import Loop, now
from harness.rtnl.messages import BUFFER

RTMGRP_LINK, RTMGRP_NEIGH = 1, 4


class NetlinkMonitor:
    """The undecoded notifications of a namespace."""

    def __init__(self, namespace: Namespace, groups: int) -> None:
        self._sock = namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        enlarge_buffer(self._sock)
        self._sock.bind((0, groups))
        self._sock.setblocking(False)
        self._seen: list[Seen] = []
        self._forget: Callable[[], None] = lambda: None
        self.lost = 0

    def attach(self, loop: Loop, then: Callable[[], None] | None = None) -> Callable[[], None]:
        """Listen from now on, and call `then` on arrival; returns what ends it."""

        def came() -> None:
            self.read()
            if then is not None:
                then()

        self._forget = loop.watch(self._sock, came)
        return self._forget

    def close(self) -> None:
        """Listen no more and close the socket."""
        self._forget()
        self._sock.close()

    def take(self) -> list[Seen]:
        """Return the datagrams received since the last call."""
        seen, self._seen = self._seen, []
        return seen

    def read(self) -> None:
        """Receive one datagram."""
        try:
            self._seen.append(Seen(now(), 0, 0, self._sock.recv(BUFFER)))
        except BlockingIOError:
            pass
        except OSError:  # ENOBUFS: the socket's receive buffer was full
            self.lost += 1


class KernelLog:
    """The records of the kernel log from now on; empty if the user may not read it."""

    def __init__(self) -> None:
        self._log = kmsg.Kmsg()
        self._seen: list[Seen] = []
        self._forget: Callable[[], None] = lambda: None
        self.lost = 0

    def attach(self, loop: Loop) -> Callable[[], None]:
        """Read from now on; returns what ends it."""
        if self._log.fileno() >= 0:
            self._forget = loop.watch(self._log, self.read)
        return self._forget

    def close(self) -> None:
        """Read the remaining records and close the log."""
        self._forget()
        self.read()
        self._log.close()

    def take(self) -> list[Seen]:
        """Return the records written since the last call."""
        seen, self._seen = self._seen, []
        return seen

    def read(self) -> None:
        """Read the available records."""
        at = now()
        self._seen += [Seen(at, 0, 0, record) for record in self._log.records()]
