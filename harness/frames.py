"""Build and decode the frames of failover; the only module that uses scapy.

scapy takes seconds to load in a guest, so it is imported where a frame is first built or read, and
what a frame means is remembered by its bytes: a recording holds few different ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from harness.errors import ScenarioError

MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")  # as the kernel writes one
BROADCAST = "ff:ff:ff:ff:ff:ff"
UNKNOWN = "00:00:00:00:00:00"
REQUEST, REPLY = 1, 2
ARP_SIZE = 42  # Ethernet's and ARP's headers
ARP_HEAD = bytes.fromhex("0806 0001 0800 06 04")  # ARP, of Ethernet and IPv4, and their lengths
HEADER, LONGEST = 14, 1518  # bytes of a frame: the least there is to it; with a VLAN's tag
FIRST_TYPE = 0x600  # a smaller value is a length (802.3), else it is a type
BPDU_LLC = bytes.fromhex("424203")
SLOW_TYPE = 0x8809
TYPES = {
    0x0800: "IPv4 frame",
    0x0806: "ARP frame",
    0x8100: "VLAN frame",
    0x86DD: "IPv6 frame",
    SLOW_TYPE: "slow protocol frame",
    0x888E: "EAPOL frame",
    0x88CC: "LLDP frame",
}
NOISE_TYPE = 0x88B5  # IEEE 802 local experimental ethertype: no stack takes it for its own


@dataclass(frozen=True, slots=True)
class Arp:
    """An ARP frame (RFC 826): its Ethernet addresses, its operation, and who asks for whom."""

    src: str
    dst: str
    op: str
    sender_mac: str
    sender_ip: str
    target_ip: str

    @property
    def gratuitous(self) -> bool:
        """Return whether the sender announces itself (RFC 5227, section 3)."""
        return self.sender_ip == self.target_ip


def arp_request(sender_mac: str, sender_ip: str, target_ip: str) -> bytes:
    """Return a broadcast ARP request."""
    return _arp(REQUEST, sender_mac, sender_ip, UNKNOWN, target_ip, BROADCAST)


def arp_reply(
    sender_mac: str, sender_ip: str, target_mac: str, target_ip: str, dst: str = ""
) -> bytes:
    """Return an ARP reply, to `target_mac` or to another Ethernet destination."""
    return _arp(REPLY, sender_mac, sender_ip, target_mac, target_ip, dst or target_mac)


def gratuitous_arp(mac: str, ip: str) -> bytes:
    """Return a gratuitous ARP request that announces `ip` at `mac`, as a bond sends it."""
    return _arp(REQUEST, mac, ip, UNKNOWN, ip, BROADCAST)


def whole(frame: object, mac: Callable[[], str]) -> bytes:
    """Return a given frame as bytes: bytes, or a scapy packet.

    Layers without a source get that of `mac`. Raises ScenarioError for what is no Ethernet frame.
    """
    if hasattr(frame, "fields_desc"):
        data = _built(frame, mac)
    elif isinstance(frame, bytes | bytearray | memoryview):
        data = bytes(frame)
    else:
        raise ScenarioError(
            f"{type(frame).__name__} is no frame",
            hint="give bytes, or what scapy builds: Ether(dst=...) / ...",
        )
    if not HEADER <= len(data) <= LONGEST:
        raise ScenarioError(
            f"a frame of {len(data)} bytes is no Ethernet frame",
            hint=f"it has {HEADER} to {LONGEST} bytes: destination, source, type, then the rest",
        )
    return data


def _built(layers: Any, mac: Callable[[], str]) -> bytes:
    """Return scapy's layers as bytes, without its looking for addresses on this machine."""
    names = [field.name for field in layers.fields_desc[:2]]
    if names != ["dst", "src"]:
        raise ScenarioError(
            f"{layers.name} is no Ethernet frame", hint="put Ether(dst=...) / before it"
        )
    if "dst" not in {**layers.fields, **layers.overloaded_fields}:
        raise ScenarioError(
            f"{layers.summary()} has no destination", hint="say whom it is for: Ether(dst=...)"
        )
    if "src" in layers.fields:
        return bytes(layers)
    copy = layers.copy()
    copy.src = mac()
    return bytes(copy)


def described(data: bytes) -> str:
    """Return a short description of an Ethernet frame."""
    kind = int.from_bytes(data[12:14])
    arp = read_arp(data)
    if arp is not None:
        asks = f"who-has {arp.target_ip}" if arp.op == "request" else f"to {arp.target_ip}"
        return f"ARP {arp.op} {arp.sender_ip} is-at {arp.sender_mac} {asks}"
    if kind < FIRST_TYPE:
        return "BPDU" if data[14:17] == BPDU_LLC else "802.3 frame"
    if kind == SLOW_TYPE and data[14:15] == b"\x01":
        return "LACPDU"
    return TYPES.get(kind, f"frame of type {kind:#06x}")


def noise(mac: str) -> bytes:
    """Return a broadcast frame that is not ARP."""
    layers = _layers()
    return bytes(layers.Ether(src=mac, dst=BROADCAST, type=NOISE_TYPE) / (b"\0" * 46))


def ipv6_noise(mac: str) -> bytes:
    """Return an empty IPv6 frame to all nodes (RFC 8200, next header 59)."""
    layers = _layers()
    head = b"\x60" + b"\0" * 3 + b"\0\0" + b"\x3b\x01"
    source = bytes.fromhex("fe80000000000000000000fffe000001")
    group = bytes.fromhex("ff020000000000000000000000000001")
    ether = layers.Ether(src=mac, dst="33:33:00:00:00:01", type=0x86DD)
    return bytes(ether / (head + source + group)).ljust(60, b"\0")


@cache
def read_arp(data: bytes) -> Arp | None:
    """Return the decoded ARP frame, None unless it is complete ARP for IPv4."""
    # scapy raises on short frames, and has no text for the addresses of other protocols.
    if len(data) < ARP_SIZE or data[12:20] != ARP_HEAD:
        return None
    layers = _layers()
    frame = layers.Ether(data)
    arp = frame[layers.ARP]
    op = {REQUEST: "request", REPLY: "reply"}.get(arp.op, str(arp.op))
    return Arp(frame.src, frame.dst, op, arp.hwsrc, arp.psrc, arp.pdst)


def kind_of(arp: Arp, ours: Collection[str], targets: Collection[str]) -> str:
    """Return what an ARP frame is to a bond: probe, reply, answer, garp, foreign or other.

    `ours` are the bond's addresses, `targets` its ARP targets; a probe of a bond without address
    comes from 0.0.0.0 (bond_arp_send_all). An answer says where one of the bond's addresses is.
    """
    if arp.gratuitous:
        return "garp"
    mine = {*ours, "0.0.0.0"}  # noqa: S104  an ARP probe's empty sender, not a socket
    if arp.op == "request" and arp.sender_ip in mine and arp.target_ip in targets:
        return "probe"
    if arp.op == "reply" and arp.sender_ip in targets and arp.target_ip in mine:
        return "reply"
    if arp.op == "reply" and arp.sender_ip in ours:
        return "answer"
    known = mine | set(targets)
    return "other" if arp.sender_ip in known else "foreign"


def _arp(op: int, smac: str, sip: str, tmac: str, tip: str, dst: str) -> bytes:
    layers = _layers()
    ether = layers.Ether(src=smac, dst=dst, type=0x0806)
    arp = layers.ARP(op=op, hwsrc=smac, psrc=sip, hwdst=tmac, pdst=tip)
    return bytes(ether / arp).ljust(60, b"\0")  # the smallest Ethernet frame, without checksum


@cache
def _layers() -> Any:
    """Load scapy's Ethernet and ARP; its search for cards and routes stays unused."""
    from scapy.layers import l2  # noqa: PLC0415

    return l2


def fields(arp: Arp, kind: str) -> dict[str, str]:
    """Return what a history keeps of an ARP frame of this kind."""
    return {
        "op": arp.op,
        "kind": kind,
        "src": arp.src,
        "dst": arp.dst,
        "sender_mac": arp.sender_mac,
        "sender_ip": arp.sender_ip,
        "target_ip": arp.target_ip,
    }
