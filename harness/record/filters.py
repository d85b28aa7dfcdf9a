"""The frames that a recording keeps, as classic BPF (Documentation/networking/filter.rst)."""

from __future__ import annotations

import struct

from harness import flows
from harness.lab import OTHERHOST, TAGGED, Seen


def control_and_icmp(first_index: int) -> bytes:
    """Return the program for ARP, ICMP, IGMP, MLD, IPv6 neighbour discovery, LACP and flows.

    `first_index` is the lowest interface index. Learning packets are kept too. 128 bytes of a
    frame are kept: all of an ARP frame, of a probe, of a LACPDU, of a neighbour solicitation, of
    the headers of a flow (harness.flows). A message of MLD follows a hop-by-hop header of 8 octets
    (RFC 3810, section 5).
    """
    return _program(
        (0x20, 0, 0, 0xFFFFF008),  # A = number of the device (SKF_AD_IFINDEX)
        (0x35, 0, 24, first_index),  # lower: drop
        (0x20, 0, 0, 0),  # A = the destination's first four octets
        (0x54, 0, 0, ~(flows.GROUP_BIT << 24) & 0xFFFFFFFF),  # without the bit of a group
        (0x15, 20, 0, int.from_bytes(flows.MARK)),  # a flow: keep
        (0x28, 0, 0, 12),  # A = ethertype
        (0x15, 18, 0, 0x0806),  # ARP: keep
        (0x15, 17, 0, 0x8809),  # slow protocols: keep
        (0x15, 16, 0, 0x9000),  # learning packets: keep
        (0x15, 4, 0, 0x86DD),  # IPv6: see below
        (0x15, 0, 15, 0x0800),  # not IPv4: drop
        (0x30, 0, 0, 23),  # A = protocol
        (0x15, 12, 0, 1),  # ICMP: keep
        (0x15, 11, 12, 2),  # IGMP: keep, else drop
        (0x30, 0, 0, 20),  # A = next header
        (0x15, 4, 0, 0),  # hop-by-hop options: see below
        (0x15, 0, 9, 58),  # not ICMPv6: drop
        (0x30, 0, 0, 54),  # A = type
        (0x35, 0, 7, 135),  # below a solicitation: drop
        (0x25, 6, 5, 136),  # above an advertisement: drop, else keep
        (0x30, 0, 0, 54),  # A = the header after the options
        (0x15, 0, 4, 58),  # not ICMPv6: drop
        (0x30, 0, 0, 62),  # A = type
        (0x35, 0, 2, 130),  # below a query of MLD: drop
        (0x25, 1, 0, 143),  # above a report of its version 2: drop
        (0x06, 0, 0, 128),
        (0x06, 0, 0, 0),
    )


def slow_protocols(first_index: int) -> bytes:
    """Return the program that accepts frames of slow protocols, such as LACPDUs."""
    return _program(
        (0x20, 0, 0, 0xFFFFF008),
        (0x35, 0, 3, first_index),
        (0x28, 0, 0, 12),
        (0x15, 0, 1, 0x8809),
        (0x06, 0, 0, 128),
        (0x06, 0, 0, 0),
    )


def every_frame(first_index: int) -> bytes:
    """Return the program that accepts any frame on interface indexes from `first_index` on.

    128 bytes are kept: all of an LACPDU too.
    """
    return _program(
        (0x20, 0, 0, 0xFFFFF008),
        (0x35, 0, 1, first_index),
        (0x06, 0, 0, 128),
        (0x06, 0, 0, 0),
    )


def _program(*steps: tuple[int, int, int, int]) -> bytes:
    """Return steps of (code, jump if true, jump if false, operand) as struct sock_filter."""
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def accepted(frame: Seen) -> bool:
    """Return whether the kernel's IP layer accepts the frame on this device.

    ip_rcv drops PACKET_OTHERHOST; a frame with a VLAN tag belongs to a VLAN device on top.
    """
    return frame.kind != OTHERHOST and not frame.kind & TAGGED
