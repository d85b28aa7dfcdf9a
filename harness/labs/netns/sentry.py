"""What switches notice: that a port gains or loses carrier, and which address comes in by it.

The kernel tells both as they happen; a sentry passes them on from the recording's one loop.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from harness.errors import LabError
from harness.labs.netns import netlink
from harness.labs.netns.built import FABRIC, Built, Port
from harness.labs.netns.watchers import RTMGRP_LINK, RTMGRP_NEIGH, NetlinkMonitor
from harness.record.loop import Loop

LINK = struct.Struct("=BxHiI")  # ifinfomsg: family, type, number, flags
LINK_AT = netlink.HEADER.size
IFF_LOWER_UP = 1 << 16
NOT_LEARNED = 0x80 | 0x40  # NUD_PERMANENT, a port's own address; NUD_NOARP, a pinned one

OnCarrier = Callable[[Port, bool], None]
OnAddress = Callable[[Port, str], None]


class Sentry(NetlinkMonitor):
    """Tells what happens at the ports of all switches, from now until the topology goes."""

    def __init__(self, built: Built, loop: Loop) -> None:
        """Listen; ports are taken to have the carrier that they have now."""
        super().__init__(built.namespaces[FABRIC], RTMGRP_LINK | RTMGRP_NEIGH)
        built.undo.callback(self.close)
        built.undo.callback(self.attach(loop))
        self._ports = {port.index: port for port in built.ports.values()}
        links = built.controls[FABRIC].links()
        self._up = {link["index"]: bool(link["flags"] & IFF_LOWER_UP) for link in links}
        self._carrier: list[OnCarrier] = []
        self._address: list[OnAddress] = []

    def on_carrier(self, call: OnCarrier) -> None:
        """Have `call(port, up)` called when a port gains or loses its carrier."""
        self._carrier.append(call)

    def on_address(self, call: OnAddress) -> None:
        """Have `call(port, mac)` called when a switch finds an address behind a port."""
        self._address.append(call)

    def _read(self) -> None:
        super()._read()
        if self.lost:
            raise LabError(
                "a switch missed what happened at its ports: the kernel told too much at once",
                hint="let fewer addresses come and go",
            )
        for _, kind, message in self.take():
            if kind == netlink.RTM_NEWLINK:
                self._link(message)
            elif kind == netlink.RTM_NEWNEIGH:
                self._neighbour(message)

    def _link(self, message: bytes) -> None:
        family, _, index, flags = LINK.unpack_from(message, LINK_AT)
        port, up = self._ports.get(index), bool(flags & IFF_LOWER_UP)
        if port is None or family == netlink.AF_BRIDGE or self._up[index] == up:
            return
        self._up[index] = up
        for call in self._carrier:
            call(port, up)

    def _neighbour(self, message: bytes) -> None:
        entry = netlink.decode_neighbour(message)
        port, mac = self._ports.get(entry["ifindex"]), entry.get_attr("NDA_LLADDR")
        if entry["family"] != netlink.AF_BRIDGE or entry["state"] & NOT_LEARNED:
            return
        if port is not None and mac is not None:
            for call in self._address:
                call(port, mac)
