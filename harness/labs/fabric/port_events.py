"""Events of switch ports: carrier changes, and MACs that are seen."""

from __future__ import annotations

import struct

from harness.errors import LabError
from harness.lab import Host, PortGuard
from harness.labs.fabric.switches import Switches
from harness.rtnl import messages
from harness.rtnl.reduced import HEADER

LINK = struct.Struct("=BxHiI")  # ifinfomsg: family, type, number, flags
LINK_AT = HEADER.size
IFF_LOWER_UP = 1 << 16
NOT_LEARNED = 0x80 | 0x40  # NUD_PERMANENT, a port's own address; NUD_NOARP, a pinned one


class PortEvents:
    """Passes the kernel's notifications about the ports of all switches to a guard."""

    def __init__(self, switches: Switches, host: Host, guard: PortGuard) -> None:
        """Listen; ports are taken to have the carrier that they have now."""
        self._guard = guard
        self._ports = {port.index: port for port in switches.ports.values()}
        self._stream = host.listen("links", "neighbours", then=self._read)
        links = map(messages.decode_link, messages.dump_links(host))
        self._up = {link["index"]: bool(link["flags"] & IFF_LOWER_UP) for link in links}

    def _read(self) -> None:
        if self._stream.lost:
            raise LabError(
                "notifications about a switch's ports were lost: there were too many at once",
                hint="let fewer addresses come and go",
            )
        for _, kind, message in messages.notifications(self._stream.take()):
            if kind == messages.RTM_NEWLINK:
                self._link(message)
            elif kind == messages.RTM_NEWNEIGH:
                self._neighbour(message)

    def _link(self, message: bytes) -> None:
        family, _, index, flags = LINK.unpack_from(message, LINK_AT)
        port, up = self._ports.get(index), bool(flags & IFF_LOWER_UP)
        if port is None or family == messages.AF_BRIDGE or self._up[index] == up:
            return
        self._up[index] = up
        self._guard.carrier(port, up=up)

    def _neighbour(self, message: bytes) -> None:
        entry = messages.decode_neighbour(message)
        port, mac = self._ports.get(entry["ifindex"]), entry.get_attr("NDA_LLADDR")
        if entry["family"] != messages.AF_BRIDGE or entry["state"] & NOT_LEARNED:
            return
        if port is not None and mac is not None:
            self._guard.address(port, mac)
