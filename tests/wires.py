"""Cables between veths and the NICs of a machine in QEMU: `wires.py MONITOR NIC:FD:VETH...`.

Frames are carried both ways between a datagram socket of QEMU and a packet socket. A veth without
carrier, because its other end was set down, takes the carrier of the NIC, as a pulled cable does.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import select
import socket
import struct
import sys
import time
from dataclasses import dataclass

SOL_PACKET, ADD_MEMBERSHIP, MR_PROMISC, IGNORE_OUTGOING = 263, 1, 1, 23
ETH_P_ALL = 3
SIOCETHTOOL, ETHTOOL_GLINK = 0x8946, 0x0A  # netif_carrier_ok, without the delays of linkwatch
GLANCE = 0.002  # seconds between two looks at the carriers
BURST = 64  # frames that are carried before the other sockets have their turn


@dataclass(slots=True)
class Cable:
    """A cable: the name of QEMU's NIC, both sockets, the veth, and whether it has carrier."""

    nic: str
    near: socket.socket
    far: socket.socket
    veth: str
    up: bool = True

    def carrier(self) -> bool:
        """Return whether the veth has carrier now."""
        value = bytearray(struct.pack("=II", ETHTOOL_GLINK, 0))
        # struct ifreq with a pointer to the command's value
        address = _address(value)
        fcntl.ioctl(self.far, SIOCETHTOOL, struct.pack("16sQ16x", self.veth.encode(), address))
        return bool(struct.unpack("=II", value)[1])


def _address(value: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(value))


def packet_socket(veth: str) -> socket.socket:
    """Return a socket that receives and sends all frames of an interface."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(SOL_PACKET, IGNORE_OUTGOING, 1)
    index = socket.if_nametoindex(veth)
    sock.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, struct.pack("=iHH8s", index, MR_PROMISC, 0, b""))
    sock.bind((veth, ETH_P_ALL))
    return sock


def carry(cables: list[Cable], monitor: socket.socket) -> None:
    """Carry frames and carriers until QEMU is gone."""
    ways: dict[int, tuple[socket.socket, socket.socket]] = {}
    for cable in cables:
        ways[cable.near.fileno()] = cable.near, cable.far
        ways[cable.far.fileno()] = cable.far, cable.near
    poll = select.epoll()
    for number in (*ways, monitor.fileno()):
        poll.register(number, select.EPOLLIN)
    looked = 0.0
    while True:
        for number, _ in poll.poll(GLANCE):
            if number not in ways:
                if not monitor.recv(1 << 16):
                    return
                continue
            source, sink = ways[number]
            with contextlib.suppress(OSError):
                for _ in range(BURST):
                    sink.send(source.recv(1 << 16, socket.MSG_DONTWAIT))
        if time.monotonic() - looked >= GLANCE:
            looked = time.monotonic()
            for cable in cables:
                follow(cable, monitor)


def follow(cable: Cable, monitor: socket.socket) -> None:
    """Give the NIC the carrier that its veth has."""
    up = cable.carrier()
    if up != cable.up:
        cable.up = up
        say(monitor, "set_link", name=cable.nic, up=up)


def say(monitor: socket.socket, command: str, **arguments: object) -> None:
    """Give QEMU a command, whose answer nobody reads."""
    monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())


def main() -> None:
    """Lay the cables of the command line."""
    monitor = socket.socket(fileno=int(sys.argv[1]))
    cables = []
    for word in sys.argv[2:]:
        nic, number, veth = word.split(":")
        cables.append(Cable(nic, socket.socket(fileno=int(number)), packet_socket(veth), veth))
    say(monitor, "qmp_capabilities")
    carry(cables, monitor)


if __name__ == "__main__":
    main()
