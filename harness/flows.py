"""Frames of many flows: each has a number, by which it is recognized where it leaves the DUT.

All go to a MAC that begins with MARK, or with GROUP_MARK for a group's, and is nobody's, so no
stack takes them and switches flood them; therefore checksums are left 0, but for that of IPv4: a
bridge whose machine has br_netfilter loaded drops packets in which it is wrong (br_validate_ipv4).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address

MARK = bytes.fromhex("026e6668")  # locally administered, unicast
GROUP_BIT = 1  # of a MAC's first octet
GROUP_MARK = bytes((MARK[0] | GROUP_BIT,)) + MARK[1:]
MAGIC = b"nfh-flow\0"
IPV4, IPV6, VLAN = 0x0800, 0x86DD, 0x8100
ICMP, IPIP, TCP, UDP, GRE, ESP, ICMPV6 = 1, 4, 6, 17, 47, 50, 58
LEAST = 60  # octets of the shortest Ethernet frame, without its checksum
MORE_FRAGMENTS = 0x2000


@dataclass(frozen=True, slots=True)
class Flow:
    """The headers of a flow: what a transmit hash can see of its frames.

    `peer` is the last octet of the destination MAC, which with `group` is a group's (multicast).
    `inner` is what IPIP or GRE carries, or what an ICMP error (port unreachable) quotes. `vlan` is
    a tag in the frame itself. An Ethernet type other than IPv4's and IPv6's has no further
    headers; `sport` of ICMP is the identifier of an echo request, of ICMPv6 the type of the
    message (135: neighbour solicitation).
    """

    src: str = "192.0.2.1"
    dst: str = "198.51.100.1"
    sport: int = 40000
    dport: int = 9
    protocol: int = UDP
    src_mac: str = "02:00:00:00:00:01"
    peer: int = 1
    group: bool = False
    vlan: int = 0
    ethertype: int = 0
    fragment: bool = False
    inner: Flow | None = None

    @property
    def type_id(self) -> int:
        """The Ethernet type of what the frame carries."""
        return self.ethertype or (IPV4 if ip_address(self.src).version == 4 else IPV6)

    @property
    def dst_mac(self) -> bytes:
        """The destination MAC."""
        return (GROUP_MARK if self.group else MARK) + bytes((0, self.peer))

    def encode(self, number: int) -> bytes:
        """Return a frame of this flow with its number."""
        source = bytes.fromhex(self.src_mac.replace(":", ""))
        tag = struct.pack("!HH", VLAN, self.vlan) if self.vlan else b""
        head = self.dst_mac + source + tag + struct.pack("!H", self.type_id)
        return (head + self.packet(MAGIC + struct.pack("!I", number))).ljust(LEAST, b"\0")

    def packet(self, payload: bytes) -> bytes:
        """Return the packet that carries a payload; the payload itself for other types than IP."""
        if self.type_id not in (IPV4, IPV6):
            return payload
        body = self._segment(payload)
        source, target = ip_address(self.src).packed, ip_address(self.dst).packed
        if self.type_id == IPV6:
            return (
                struct.pack("!IHBB", 6 << 28, len(body), self.protocol, 64)
                + source
                + target
                + body
            )
        part = MORE_FRAGMENTS if self.fragment else 0
        size = 20 + len(body)
        head = struct.pack("!BBHHHBB", 0x45, 0, size, 1, part, 64, self.protocol)
        checksum = _checksum(head + source + target)
        return head + struct.pack("!H", checksum) + source + target + body

    def _segment(self, payload: bytes) -> bytes:
        """Return what the IP packet carries: the protocol's header, then what is inside."""
        ports = struct.pack("!HH", self.sport, self.dport)
        echo, error = struct.pack("!BxxxHH", 8, self.sport, 1), bytes((3, 3, *bytes(6)))
        heads = {
            UDP: ports + struct.pack("!HH", 8 + len(payload), 0),
            TCP: ports + struct.pack("!IIBBHHH", 0, 0, 0x50, 0x10, 1024, 0, 0),
            ICMP: error if self.inner else echo,
            ICMPV6: bytes((self.sport & 0xFF, *bytes(7))),
            GRE: struct.pack("!HH", 0, self.inner.type_id if self.inner else 0),
        }
        inner = self.inner.packet(payload) if self.inner else payload
        return heads.get(self.protocol, b"") + inner

    def __str__(self) -> str:
        """Return it as text, such as "17 192.0.2.1:40000 > 198.51.100.1:9"."""
        if self.type_id not in (IPV4, IPV6):
            return f"type {self.type_id:#06x} from {self.src_mac} to {self.dst_mac.hex(':')}"
        return f"{self.protocol} {self.src}:{self.sport} > {self.dst}:{self.dport}"


def _checksum(data: bytes) -> int:
    """Return the checksum of an even number of octets in which it is left out (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def many_flows(count: int, base: Flow | None = None) -> Iterator[Flow]:
    """Yield flows that differ in ports, addresses and MACs, the same in each run.

    The steps are odd and have no common divisor with a power of two, so that each octet takes many
    values.
    """
    base = base or Flow()
    first, last = ip_address(base.src), ip_address(base.dst)
    for number in range(count):
        yield replace(
            base,
            src=str(first + number % 5),
            dst=str(last + number % 199),
            sport=1024 + 641 * number % 60000,
            dport=1 + 307 * number % 60000,
            peer=37 * number % 256,
        )


def read_number(frame: bytes) -> int | None:
    """Return the number of a flow's frame, None for any other frame."""
    if not frame.startswith((MARK, GROUP_MARK)) or (at := frame.find(MAGIC)) < 0:
        return None
    number = frame[at + len(MAGIC) :][:4]
    return int.from_bytes(number) if len(number) == 4 else None
