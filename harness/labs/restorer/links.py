"""The links of a network namespace, as rtnetlink messages; the standard library is enough.

It is sent to a machine with the restorer's program (see there), behind harness.labs.agent.wire.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from collections.abc import Iterator

from harness.labs.agent.wire import control_socket, transact

NLMSG_ERROR, NLMSG_DONE = 2, 3
RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE = 16, 20, 24  # RTM_GET... is two higher
REQUEST, ACK, DUMP, REPLACE, CREATE = 1, 4, 0x300, 0x100, 0x400
ADDRESS, IFNAME, MTU, MASTER, NET_NS_FD, NEW_IFINDEX, PERM_ADDRESS = 1, 3, 4, 10, 28, 49, 54
IFF_UP, IFF_PROMISC, IFF_ALLMULTI = 0x1, 0x100, 0x200
CHANGED = IFF_UP | IFF_PROMISC | IFF_ALLMULTI
RTA_OIF, RTPROT_KERNEL, RTPROT_RA = 4, 2, 9
ROUTE_FLAGS, RTNH_F_PERVASIVE, RTNH_F_ONLINK = 8, 2, 4  # where a route's flags are in its body
CLONE_NEWNET = 0x40000000
OWN = "/proc/self/ns/net"
LINK_AT, ROUTE_AT = 32, 28  # where a message's attributes begin

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> None:
    """Raise OSError for a call of libc that failed."""
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def own_namespace() -> int:
    """Return a descriptor of the namespace that this process is in."""
    return os.open(OWN, os.O_RDONLY)


def new_namespace() -> int:
    """Return a descriptor of a new namespace without any configuration."""
    home = own_namespace()
    try:
        checked(libc.unshare(CLONE_NEWNET))
        made = own_namespace()
        checked(libc.setns(home, CLONE_NEWNET))
    finally:
        os.close(home)
    return made


def attribute(kind: int, data: bytes) -> bytes:
    """Return an attribute as messages carry it."""
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def attributes(message: bytes, at: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield (kind, where its value begins, value) of each attribute of a message."""
    while at + 4 <= len(message):
        length, kind = struct.unpack_from("=HH", message, at)
        if length < 4:
            return
        yield kind & 0x3FFF, at + 4, message[at + 4 : at + length]
        at += (length + 3) & ~3


class Link:
    """A link of a namespace."""

    def __init__(self, message: bytes) -> None:
        self.index, self.flags = struct.unpack_from("=iI", message, 20)
        found = {kind: value for kind, _, value in attributes(message, LINK_AT)}
        self.name = found[IFNAME].rstrip(b"\0").decode(errors="replace")
        self.mac = found.get(ADDRESS, b"").hex()
        self.own_mac = found.get(PERM_ADDRESS, b"").hex()
        self.mtu = struct.unpack("=I", found[MTU])[0]
        self.master = struct.unpack("=I", found.get(MASTER, bytes(4)))[0]  # 0: none


class Rtnetlink:
    """A namespace's rtnetlink; `namespace` is a descriptor of it."""

    def __init__(self, namespace: int) -> None:
        """Open it; raises OSError."""
        self.namespace = namespace
        home = own_namespace()
        try:
            checked(libc.setns(namespace, CLONE_NEWNET))
            try:
                self._control: socket.socket = control_socket()
            finally:
                checked(libc.setns(home, CLONE_NEWNET))
        finally:
            os.close(home)

    def close(self) -> None:
        """Close it."""
        self._control.close()

    def links(self) -> list[Link]:
        """Return all links."""
        return [Link(one) for one in self._dump(RTM_NEWLINK, bytes(16))]

    def change(
        self, index: int, flags: int = 0, mask: int = 0, attrs: dict[int, bytes] | None = None
    ) -> None:
        """Change a link's flags, and attributes by their kinds; raises OSError."""
        body = struct.pack("=BxHiII", 0, 0, index, flags, mask)
        body += b"".join(attribute(kind, value) for kind, value in (attrs or {}).items())
        self._ask(RTM_NEWLINK, 0, body)

    def addresses(self, index: int) -> list[bytes]:
        """Return the messages with a link's addresses."""
        found = self._dump(RTM_NEWADDR, bytes(8))
        return [one for one in found if struct.unpack_from("=I", one, 20)[0] == index]

    def routes(self, index: int) -> list[bytes]:
        """Return the messages with a link's routes, except those that the kernel adds."""
        found = self._dump(RTM_NEWROUTE, bytes(12))
        return [
            one
            for one in found
            if one[21] not in (RTPROT_KERNEL, RTPROT_RA)
            and any(
                kind == RTA_OIF and struct.unpack("=I", value)[0] == index
                for kind, _, value in attributes(one, ROUTE_AT)
            )
        ]

    def add_again(self, message: bytes, index: int) -> None:
        """Add a saved address or route again, with the link's present index; raises OSError."""
        kind, body = struct.unpack_from("=H", message, 4)[0], bytearray(message[16:])
        if kind == RTM_NEWADDR:
            struct.pack_into("=I", body, 4, index)
        else:
            # The kernel refuses the flags that are states, such as RTNH_F_LINKDOWN of a route
            # whose link had no carrier (fib_create_info, net/ipv4/fib_semantics.c).
            flags = struct.unpack_from("=I", body, ROUTE_FLAGS)[0]
            kept = flags & (RTNH_F_PERVASIVE | RTNH_F_ONLINK)
            struct.pack_into("=I", body, ROUTE_FLAGS, kept)
            for found, at, _ in attributes(message, ROUTE_AT):
                if found == RTA_OIF:
                    struct.pack_into("=I", body, at - 16, index)
        self._ask(kind, CREATE | REPLACE, bytes(body))

    def _dump(self, kind: int, body: bytes) -> list[bytes]:
        return [one for type_, one in self._transact(kind + 2, DUMP, body) if type_ == kind]

    def _ask(self, kind: int, flags: int, body: bytes) -> None:
        self._transact(kind, flags | ACK, body)

    def _transact(self, kind: int, flags: int, body: bytes) -> list[tuple[int, bytes]]:
        head = struct.pack("=IHHII", 16 + len(body), kind, REQUEST | flags, 1, 0)
        received = []
        for datagram in transact(self._control, head + body, 1):
            at = 0
            while at + 16 <= len(datagram):
                length, type_ = struct.unpack_from("=IH", datagram, at)
                received.append((type_, datagram[at : at + length]))
                at += max(16, (length + 3) & ~3)
        for type_, message in received:
            code = struct.unpack_from("=i", message, 16)[0] if type_ == NLMSG_ERROR else 0
            if code:
                raise OSError(-code, os.strerror(-code))
        return received
