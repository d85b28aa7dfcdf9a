"""Neighbour solicitations and advertisements of IPv6 (RFC 4861, sections 4.3 and 4.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Literal

ETHERTYPE = b"\x86\xdd"
ICMPV6 = 58
SOLICITATION, ADVERTISEMENT = 135, 136
TYPES: dict[int, Literal["solicitation", "advertisement"]] = {
    SOLICITATION: "solicitation",
    ADVERTISEMENT: "advertisement",
}
TARGET_ADDRESS = 2  # the type of an option
HOP_LIMIT = 255  # any other is not from this link (RFC 4861, 7.1.2)
HEADER, NEXT_HEADER, ICMP = 14, 20, 54  # offsets: IPv6's header, its next header, ICMPv6
LEAST = ICMP + 24
SOLICITED, OVERRIDE = 0x40, 0x20
ALL_NODES = "ff02::1"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A solicitation or an advertisement: its Ethernet and IPv6 addresses, for which target.

    `solicited` and `override` are flags of an advertisement.
    """

    message: Literal["solicitation", "advertisement"]
    src: str
    dst: str
    sender_ip: str
    to_ip: str
    target_ip: str
    solicited: bool
    override: bool

    def fields(self) -> dict[str, str | bool]:
        """Return what a history keeps of it."""
        return {name: getattr(self, name) for name in self.__slots__}


def read(data: bytes) -> Neighbour | None:
    """Return the message in an Ethernet frame, None if there is no complete one."""
    if len(data) < LEAST or data[12:14] != ETHERTYPE or data[NEXT_HEADER] != ICMPV6:
        return None
    message = TYPES.get(data[ICMP])
    if message is None:
        return None
    flags = data[ICMP + 4] if message == "advertisement" else 0
    return Neighbour(
        message,
        data[6:12].hex(":"),
        data[:6].hex(":"),
        _address(data, HEADER + 8),
        _address(data, HEADER + 24),
        _address(data, ICMP + 8),
        solicited=bool(flags & SOLICITED),
        override=bool(flags & OVERRIDE),
    )


def advertisement(mac: str, address: str, to_mac: str, to_ip: str) -> bytes:
    """Return a solicited advertisement of an address, sent from it to another machine."""
    ends = IPv6Address(address).packed + IPv6Address(to_ip).packed
    flags = (SOLICITED | OVERRIDE) << 24
    body = struct.pack("!BBHI", ADVERTISEMENT, 0, 0, flags) + IPv6Address(address).packed
    body += bytes([TARGET_ADDRESS, 1]) + _mac(mac)  # option: the target's link-layer address
    body = body[:2] + struct.pack("!H", _checksum(ends, body)) + body[4:]
    head = struct.pack("!IHBB", 6 << 28, len(body), ICMPV6, HOP_LIMIT)
    return _mac(to_mac) + _mac(mac) + ETHERTYPE + head + ends + body


def _checksum(ends: bytes, body: bytes) -> int:
    """Return the checksum of an ICMPv6 message, with its pseudo-header (RFC 8200, 8.1)."""
    data = ends + struct.pack("!II", len(body), ICMPV6) + body
    words: tuple[int, ...] = struct.unpack(f"!{len(data) // 2}H", data)
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def _address(data: bytes, at: int) -> str:
    return str(IPv6Address(data[at : at + 16]))
