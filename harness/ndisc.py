"""Neighbour solicitations and advertisements of IPv6 (RFC 4861, sections 4.3 and 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Literal

ETHERTYPE = b"\x86\xdd"
ICMPV6 = 58
TYPES: dict[int, Literal["solicitation", "advertisement"]] = {
    135: "solicitation",
    136: "advertisement",
}
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


def _address(data: bytes, at: int) -> str:
    return str(IPv6Address(data[at : at + 16]))
