"""Frames from a ring that the kernel fills: reading them needs no system calls.

System calls are slow on an emulated processor and in a guest (packet(7), PACKET_RX_RING,
TPACKET_V2; Documentation/networking/packet_mmap.rst). It is sent with the agent's program, so it
imports only the standard library (see program).
"""

from __future__ import annotations

import ctypes
import mmap
import socket
import struct
from collections.abc import Iterator

SOL_PACKET = 263
RX_RING, STATISTICS, RING_VERSION, IGNORE_OUTGOING = 5, 6, 10, 23
TPACKET_V2 = 1
SO_ATTACH_FILTER = 26
SLOT, BLOCK, BLOCKS = 256, 1 << 16, 16
SLOTS = BLOCK * BLOCKS // SLOT
PER_PAGE = mmap.PAGESIZE // SLOT
FREE = b"\0\0\0\0"  # TP_STATUS_KERNEL: the slot is returned to the kernel
# Of struct tpacket2_hdr: status, snaplen, mac, sec, nsec; behind it, aligned to 16, of struct
# sockaddr_ll: ifindex, pkttype.
HEADER = struct.Struct("=I4xIH2xII12xi2xB")
STATUS_USER, STATUS_VLAN_VALID = 1, 1 << 4
TAGGED = 0x100  # as in harness.lab: the kernel has taken a VLAN tag out of the frame
RECORD = struct.Struct("!qiHH")  # before each frame: time in ns, device, kind, bytes that follow


class Ring:
    """The frames that the devices of a packet socket's namespace received; none that they sent."""

    def __init__(self, sock: socket.socket, program: bytes) -> None:
        """Take over a packet socket, with a classic BPF program that picks the frames."""
        self._sock = sock
        # Frames that arrive before the ring is set up are flushed by the kernel (packet_set_ring).
        code = ctypes.create_string_buffer(program, len(program))
        fprog = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
        sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, fprog)
        sock.setsockopt(SOL_PACKET, IGNORE_OUTGOING, 1)
        sock.setsockopt(SOL_PACKET, RING_VERSION, TPACKET_V2)
        sock.setsockopt(SOL_PACKET, RX_RING, struct.pack("=IIII", BLOCK, BLOCKS, SLOT, SLOTS))
        self._ring = mmap.mmap(sock.fileno(), BLOCK * BLOCKS)
        if hasattr(self._ring, "madvise"):  # since Python 3.8
            # User-Mode Linux miscounts the pages of such a mapping at a fork, and crashes.
            self._ring.madvise(mmap.MADV_DONTFORK)
        self._next = 0
        self._touch()

    def fileno(self) -> int:
        """Return the descriptor that is readable while frames are in the ring."""
        return self._sock.fileno()

    def frames(self) -> Iterator[tuple[int, int, int, bytes]]:
        """Return the new frames: wall-clock time in ns, interface index, kind, bytes."""
        ring = self._ring
        while True:
            base = self._next * SLOT
            status, snap, mac, sec, nsec, device, kind = HEADER.unpack_from(ring, base)
            if not status & STATUS_USER:
                return
            data = ring[base + mac : base + mac + snap]
            ring[base : base + 4] = FREE
            self._next = (self._next + 1) % SLOTS
            if not self._next % PER_PAGE:
                self._touch()
            kind |= TAGGED if status & STATUS_VLAN_VALID else 0
            yield sec * 1000000000 + nsec, device, kind, data

    def _touch(self) -> None:
        """Write to a page before it is read, at the end of a slot, which no frame reaches.

        User-Mode Linux has a page fault for the first reading and another for the first writing.
        """
        end = (self._next + 1) * SLOT
        self._ring[end - 1 : end] = b"\0"

    def dropped(self) -> int:
        """Return the number of frames dropped since the last call."""
        counters = self._sock.getsockopt(SOL_PACKET, STATISTICS, 8)
        return int(struct.unpack("=II", counters)[1])

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._ring.closed

    def close(self) -> None:
        """Close the ring and its socket."""
        self._ring.close()
        self._sock.close()
