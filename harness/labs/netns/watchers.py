"""Sources of a recording: what the kernel tells about links, bonds and switches, and its log.

Messages are kept as they came and decoded afterwards: during a fault only their time matters.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from harness.history import Event
from harness.labs.netns import netlink
from harness.labs.netns.namespace import Namespace
from harness.log import kmsg
from harness.record.loop import Loop, now

RTMGRP_LINK, RTMGRP_NEIGH = 1, 4
SO_RCVBUF_BYTES = 1 << 21
SLAVE_LINK = {0: "up", 1: "fail", 2: "down", 3: "back"}  # BOND_LINK_* of net/bonding.h
SLAVE_STATE = {0: "active", 1: "backup"}


class NetlinkMonitor:
    """The notifications of a namespace: (time in ns, message) in order."""

    def __init__(self, namespace: Namespace, groups: int) -> None:
        self._sock = namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SO_RCVBUF_BYTES)
        self._sock.bind((0, groups))
        self._sock.setblocking(False)
        self.raw: list[tuple[int, bytes]] = []
        self.lost = 0

    def attach(self, loop: Loop) -> Callable[[], None]:
        """Listen from now on; returns what ends it."""
        return loop.watch(self._sock, self._read)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def take(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield (time, type, message) of what came since the last call."""
        raw, self.raw = self.raw, []
        for at, data in raw:
            for kind, _, _, message in netlink.messages(data):
                yield at, kind, message

    def _read(self) -> None:
        try:
            self.raw.append((now(), self._sock.recv(netlink.BUFFER)))
        except BlockingIOError:
            pass
        except OSError:  # ENOBUFS: the kernel had more to say than the socket could hold
            self.lost += 1


class LinkStates:
    """Turns decoded link messages of the DUT into events, one for each change."""

    def __init__(self, names: Mapping[int, str], machine: str) -> None:
        self._names = names
        self._machine = machine
        self._seen: dict[tuple[str, str], Mapping[str, Any]] = {}

    def now_is(self, kind: str, where: str) -> Mapping[str, Any] | None:
        """Return the last known data of a kind of event at a place."""
        return self._seen.get((kind, where))

    def changes(self, at: int, link: Any) -> Iterator[Event]:
        """Yield an event for all that a link message says and that was not so before."""
        name = self._names.get(link["index"])
        if name is None or link["family"] == netlink.AF_BRIDGE:
            return
        for kind, where, data in self._facts(name, link):
            if self._seen.get((kind, where)) != data:
                self._seen[kind, where] = data
                yield Event(at, kind, where, data)

    def gone(self, at: int, link: Any) -> Iterator[Event]:
        """Yield what a message says of a device that is gone: no carrier, a slave of no bond."""
        name = self._names.get(link["index"])
        if name is None or link["family"] == netlink.AF_BRIDGE:
            return
        nothing: tuple[tuple[str, str, dict[str, Any]], ...] = (
            ("carrier", f"{self._machine}/{name}", {"up": False}),
            ("slave", name, {"bond": None, "link": None, "state": None}),
        )
        for kind, where, data in nothing:
            if self._seen.get((kind, where), data) != data:
                self._seen[kind, where] = data
                yield Event(at, kind, where, data)

    def _facts(self, name: str, link: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
        place = f"{self._machine}/{name}"
        yield "admin", place, {"up": bool(link["flags"] & netlink.IFF_UP)}
        yield "carrier", place, {"up": bool(link.get_attr("IFLA_CARRIER"))}
        yield "mac", place, {"mac": link.get_attr("IFLA_ADDRESS")}
        info = link.get_attr("IFLA_LINKINFO")
        if info is None:
            return
        if info.get_attr("IFLA_INFO_SLAVE_KIND") == "bond":
            yield "slave", name, self._slave(link, info.get_attr("IFLA_INFO_SLAVE_DATA"))
        if info.get_attr("IFLA_INFO_KIND") == "bond":
            yield "active", name, {"slave": self._active(info.get_attr("IFLA_INFO_DATA"))}

    def _active(self, data: Any) -> str | None:
        """Return the active slave's name; the attribute is absent where there is none."""
        raw = data.get_attr("IFLA_BOND_ACTIVE_SLAVE")
        return self._names.get(int.from_bytes(raw, sys.byteorder)) if raw else None

    def _slave(self, link: Any, data: Any) -> dict[str, Any]:
        return {
            "bond": self._names.get(link.get_attr("IFLA_MASTER")),
            "link": SLAVE_LINK.get(data.get_attr("IFLA_BOND_SLAVE_MII_STATUS")),
            "state": SLAVE_STATE.get(data.get_attr("IFLA_BOND_SLAVE_STATE")),
        }


def fdb_events(
    taken: Iterable[tuple[int, int, bytes]], ports: Mapping[int, tuple[str, str]]
) -> Iterator[Event]:
    """Yield where switches learned, moved or forgot MACs; `ports` are (switch, link) by number."""
    learned: dict[tuple[str, str], str | None] = {}
    for at, kind, message in taken:
        if kind not in {netlink.RTM_NEWNEIGH, netlink.RTM_DELNEIGH}:
            continue
        entry = netlink.decode_neighbour(message)
        place = ports.get(entry["ifindex"])
        mac = entry.get_attr("NDA_LLADDR")
        if entry["family"] != netlink.AF_BRIDGE or place is None or mac is None:
            continue
        switch, link = place
        port = link if kind == netlink.RTM_NEWNEIGH else None
        if learned.get((switch, mac), "") != port:
            learned[switch, mac] = port
            yield Event(at, "fdb", switch, {"mac": mac, "port": port})


class KernelLog:
    """The kernel's log from now on; silent where the user may not read it."""

    def __init__(self) -> None:
        self._log = kmsg.Kmsg()
        self.raw: list[tuple[int, bytes]] = []

    def attach(self, loop: Loop) -> Callable[[], None]:
        """Read from now on; returns what ends it."""
        return loop.watch(self._log, self._read) if self._log.fileno() >= 0 else lambda: None

    def close(self) -> None:
        """Read what is left and close the log."""
        self._read()
        self._log.close()

    def events(self, machine: str) -> Iterator[Event]:
        """Yield a log event for each line."""
        for at, record in self.raw:
            for text in kmsg.decode(record):
                yield Event(at, "log", machine, {"text": text})

    def _read(self) -> None:
        at = now()
        self.raw += [(at, record) for record in self._log.records()]
