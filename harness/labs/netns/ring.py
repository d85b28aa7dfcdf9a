"""A tap on a whole namespace: what its devices receive, through a ring shared with the kernel.

Reading a frame from the ring costs no system call, which is what makes fine probes affordable in
a guest (packet(7), PACKET_RX_RING, TPACKET_V2; Documentation/networking/packet_mmap.rst).
"""

from __future__ import annotations

import ctypes
import mmap
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass

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
PACKET_OTHERHOST = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as a device received it: time in ns of CLOCK_MONOTONIC, device number, bytes.

    `accepted` is the kernel's own verdict: the frame is for this host (not PACKET_OTHERHOST, which
    ip_rcv discards) and for this device (a frame with a VLAN tag is for a device above it).
    """

    at: int
    index: int
    data: bytes
    accepted: bool = True


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
        # The ring's stamps are wall-clock; one offset per tap puts them on the monotonic clock.
        self._offset = _wall_to_monotonic()

    def close(self) -> None:
        """Close the tap."""
        self._ring.close()
        self._sock.close()

    def frames(self) -> Iterator[Frame]:
        """Yield the frames that came since the last call."""
        ring, at = self._ring, self._next
        while True:
            base = at * FRAME
            status, _, snap, mac, _, sec, nsec, _, _ = HEADER.unpack_from(ring, base)
            if not status & STATUS_USER:
                break
            _, _, index, _, kind, _ = SLL.unpack_from(ring, base + SLL_AT)
            data = ring[base + mac : base + mac + snap]
            ring[base : base + 4] = b"\0\0\0\0"
            accepted = kind != PACKET_OTHERHOST and not status & STATUS_VLAN_VALID
            yield Frame(sec * 1_000_000_000 + nsec + self._offset, index, data, accepted)
            at = (at + 1) % FRAMES
        self._next = at

    def dropped(self) -> int:
        """Return how many frames did not fit since the last call."""
        _, drops = struct.unpack("=II", self._sock.getsockopt(SOL_PACKET, STATISTICS, 8))
        return int(drops)

    def _attach(self, program: bytes) -> None:
        buffer = ctypes.create_string_buffer(program, len(program))
        fprog = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
        self._sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, fprog)


def _wall_to_monotonic() -> int:
    """Return what must be added to a wall-clock stamp, from the tightest of three readings."""
    readings = []
    for _ in range(3):
        before, wall, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        readings.append((after - before, (before + after) // 2 - wall))
    return min(readings)[1]


def arp_and_icmp(first_index: int) -> bytes:
    """Return the program that takes ARP and ICMP of devices numbered `first_index` or higher.

    128 bytes of a frame are kept: all of an ARP frame or of a probe.
    """
    return b"".join(
        struct.pack("=HBBI", *step)
        for step in (
            (0x20, 0, 0, 0xFFFFF008),  # A = number of the device (SKF_AD_IFINDEX)
            (0x35, 0, 6, first_index),  # lower: drop
            (0x28, 0, 0, 12),  # A = ethertype
            (0x15, 3, 0, 0x0806),  # ARP: keep
            (0x15, 0, 3, 0x0800),  # not IPv4: drop
            (0x30, 0, 0, 23),  # A = protocol
            (0x15, 0, 1, 1),  # not ICMP: drop
            (0x06, 0, 0, 128),
            (0x06, 0, 0, 0),
        )
    )
