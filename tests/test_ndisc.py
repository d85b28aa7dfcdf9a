"""Neighbour solicitations and advertisements are read from frames."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest

from harness import ndisc
from harness.ndisc import Neighbour

MAC, GROUP_MAC = bytes.fromhex("020000000001"), bytes.fromhex("3333ff000254")


def frame(kind: int, target: str, *, flags: int = 0, next_header: int = 58) -> bytes:
    """Return an Ethernet frame with a message of ICMPv6."""
    head = b"\x60\0\0\0\0\x18" + bytes([next_header, 255])
    ends = IPv6Address("2001:db8::1").packed + IPv6Address("ff02::1").packed
    body = bytes([kind, 0, 0, 0, flags, 0, 0, 0]) + IPv6Address(target).packed
    return GROUP_MAC + MAC + b"\x86\xdd" + head + ends + body


@pytest.mark.parametrize(
    ("data", "message", "solicited", "override"),
    [
        (frame(135, "2001:db8::254", flags=0x60), "solicitation", False, False),
        (frame(136, "2001:db8::254", flags=0x20), "advertisement", False, True),
        (frame(136, "2001:db8::254", flags=0x40), "advertisement", True, False),
    ],
)
def test_a_message_has_its_addresses_and_flags(
    data: bytes, message: str, *, solicited: bool, override: bool
) -> None:
    found = ndisc.read(data)
    assert found is not None
    assert found.fields() == {
        "message": message,
        "src": "02:00:00:00:00:01",
        "dst": "33:33:ff:00:02:54",
        "sender_ip": "2001:db8::1",
        "to_ip": "ff02::1",
        "target_ip": "2001:db8::254",
        "solicited": solicited,
        "override": override,
    }
    assert isinstance(found, Neighbour)


@pytest.mark.parametrize(
    "data",
    [
        frame(134, "::"),
        frame(135, "::", next_header=59),
        frame(135, "::")[:-1],
        b"\xff" * 12 + b"\x08\x06" + bytes(64),
    ],
    ids=["router advertisement", "no ICMPv6", "cut off", "ARP"],
)
def test_anything_else_is_none(data: bytes) -> None:
    assert ndisc.read(data) is None


def test_an_advertisement_is_read_as_it_was_built() -> None:
    data = ndisc.advertisement("02:00:00:00:00:07", "2001:db8::7", "02:00:00:00:00:01", "fe80::1")
    found = ndisc.read(data)
    assert found is not None
    assert (found.src, found.dst) == ("02:00:00:00:00:07", "02:00:00:00:00:01")
    assert (found.sender_ip, found.to_ip, found.target_ip) == (
        "2001:db8::7",
        "fe80::1",
        found.sender_ip,
    )
    assert found.solicited
    assert found.override
    layers = pytest.importorskip("scapy.layers.inet6")
    packet = layers.IPv6(data[14:])
    told = packet[layers.ICMPv6ND_NA].cksum
    del packet[layers.ICMPv6ND_NA].cksum
    assert layers.IPv6(bytes(packet))[layers.ICMPv6ND_NA].cksum == told
