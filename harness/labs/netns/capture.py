"""Capture the frames that all devices of a namespace receive, by a ring shared with the kernel.

Reading a frame from the ring costs no system call, which is what makes fine probes affordable in
a guest (packet(7), PACKET_RX_RING, TPACKET_V2; Documentation/networking/packet_mmap.rst).
"""

from __future__ import annotations

import ctypes
import mmap
import socket
import struct
from collections.abc import Iterator

from harness.lab import TAGGED, Seen
from harness.labs.agent.wire import wall_to_monotonic
from harness.labs.netns.namespace import Namespace

SOL_PACKET = 263
RX_RING, STATISTICS, VERSION, IGNORE_OUTGOING = 5, 6, 10, 23
TPACKET_V2 = 1
ETH_P_ALL = 0x0003
SO_ATTACH_FILTER = 26
FRAME, BLOCK, BLOCKS = 256, 1 << 16, 16
FRAMES = BLOCK * BLOCKS // FRAME
HEADER = struct.Struct("=IIIHHIIHH")  # struct tpacket2_hdr
SLL = struct.Struct("=HHiHBB")  # struct sockaddr_ll, behind the header aligned to 16
SLL_AT = 32
STATUS_USER, STATUS_VLAN_VALID = 1, 1 << 4


class Tap:
    """A ring of frames that the devices of a namespace received; outgoing ones are not seen."""

    def __init__(self, namespace: Namespace, program: bytes) -> None:
        """Open the tap with a classic BPF program that picks the frames."""
        self.where = namespace.name
        # Frames that come before the ring stands are flushed by the kernel (packet_set_ring).
        self._sock = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._attach(program)
        self._sock.setsockopt(SOL_PACKET, IGNORE_OUTGOING, 1)
        self._sock.setsockopt(SOL_PACKET, VERSION, TPACKET_V2)
        request = struct.pack("=IIII", BLOCK, BLOCKS, FRAME, FRAMES)
        self._sock.setsockopt(SOL_PACKET, RX_RING, request)
        self._ring = mmap.mmap(self._sock.fileno(), BLOCK * BLOCKS)
        # User-Mode Linux counts the pages of such a mapping wrongly at a fork, and dies.
        self._ring.madvise(mmap.MADV_DONTFORK)
        self._next = 0
        self._lost = 0
        self._seen: list[Seen] = []
        # The ring's stamps are wall-clock; one offset per tap puts them on the monotonic clock.
        self._offset = wall_to_monotonic()

    def close(self) -> None:
        """Read the remaining frames and close the tap."""
        if not self._ring.closed:
            self._seen, self._lost = self.take(), self.lost
            self._ring.close()
            self._sock.close()

    def take(self) -> list[Seen]:
        """Return the frames received since the last call."""
        seen, self._seen = self._seen, []
        return [*seen, *(() if self._ring.closed else self._frames())]

    def _frames(self) -> Iterator[Seen]:
        ring, at = self._ring, self._next
        while True:
            base = at * FRAME
            status, _, snap, mac, _, sec, nsec, _, _ = HEADER.unpack_from(ring, base)
            if not status & STATUS_USER:
                break
            _, _, index, _, kind, _ = SLL.unpack_from(ring, base + SLL_AT)
            data = ring[base + mac : base + mac + snap]
            ring[base : base + 4] = b"\0\0\0\0"
            kind |= TAGGED if status & STATUS_VLAN_VALID else 0
            yield Seen(sec * 1_000_000_000 + nsec + self._offset, index, kind, data)
            at = (at + 1) % FRAMES
        self._next = at

    @property
    def lost(self) -> int:
        """The number of dropped frames since the last call."""
        if not self._ring.closed:
            _, drops = struct.unpack("=II", self._sock.getsockopt(SOL_PACKET, STATISTICS, 8))
            self._lost += int(drops)
        return self._lost

    def _attach(self, program: bytes) -> None:
        buffer = ctypes.create_string_buffer(program, len(program))
        fprog = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
        self._sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, fprog)
