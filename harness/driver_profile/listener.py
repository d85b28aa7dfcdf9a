"""Test whether a frame to a MAC arrives at an interface."""

from __future__ import annotations

import socket
import struct
from itertools import count

from harness.driver_profile.farend import FarEnd
from harness.labs.netns.namespace import Namespace
from harness.loop import Loop, now
from harness.units import MS

ETH_P_ALL = 3
SOL_PACKET, ADD_MEMBERSHIP, IGNORE_OUTGOING = 263, 1, 23
MR_MULTICAST = 0
KIND = b"\x88\xb5"  # IEEE's ethertype for local experiments
SENDER_MAC = "02:00:00:00:fe:01"
UNUSED_MAC = "02:00:00:00:fe:02"  # the MAC of no interface
GROUP, OTHER_GROUP = "01:00:5e:40:00:01", "01:00:5e:40:00:02"
TRIES, GAP, REST = 3, 20 * MS, 300 * MS
SHORTEST = 60
BUFFER = 2048


def octets(mac: str) -> bytes:
    """Return a MAC as bytes."""
    return bytes.fromhex(mac.replace(":", ""))


class FrameListener:
    """Receives frames from the far end at an interface, which may be in a bond."""

    def __init__(self, namespace: Namespace, name: str, far: FarEnd | None, loop: Loop) -> None:
        self._far, self._loop = far, loop
        self._numbers = count(1)
        protocol = socket.htons(ETH_P_ALL)
        self._sock = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, protocol)
        self._sock.setblocking(False)
        self._sock.setsockopt(SOL_PACKET, IGNORE_OUTGOING, 1)
        with namespace.inside():
            self._sock.bind((name, ETH_P_ALL))

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def hears(self, mac: str) -> bool | None:
        """Return whether a frame to a MAC arrives; None if none can be sent."""
        if self._far is None:
            return None
        mark = b"driver-profile %d " % next(self._numbers)
        frame = (octets(mac) + octets(SENDER_MAC) + KIND + mark).ljust(SHORTEST, b".")
        sent = heard = False
        for _ in range(TRIES):
            sent = self._far.send(frame) or sent
            heard = self._listen(mark, GAP) or heard
        if sent and not heard:
            heard = self._listen(mark, REST)
        return heard if sent else None

    def _listen(self, mark: bytes, span: int) -> bool:
        heard = False

        def read() -> None:
            nonlocal heard
            try:
                heard = mark in self._sock.recv(BUFFER) or heard
            except OSError:  # the interface went down
                return

        forget = self._loop.watch(self._sock, read)
        self._loop.pump(now() + span, lambda: heard)
        forget()
        return heard


class Membership:
    """A packet socket that has joined a multicast group on an interface, until `close`."""

    def __init__(self, namespace: Namespace, name: str, index: int, group: str) -> None:
        self._sock = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        with namespace.inside():
            self._sock.bind((name, 0))
        request = struct.pack("=iHH8s", index, MR_MULTICAST, len(octets(group)), octets(group))
        self._sock.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, request)

    def close(self) -> None:
        """Leave the group."""
        self._sock.close()
