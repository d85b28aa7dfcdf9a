"""Frames are what RFC 826 says, byte for byte, and rubbish is nobody's ARP."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scapy.layers import l2

from harness import frames
from harness.errors import ScenarioError
from harness.frames import Arp

ME, YOU = "02:00:00:00:00:01", "02:00:00:00:00:02"
# Ethernet: destination, source, type; ARP: hardware 1, protocol 0x0800, lengths 6 and 4, ...
REQUEST = """
    ffffffffffff 020000000001 0806
    0001 0800 06 04 0001  020000000001 c0000201  000000000000 c00002fe
"""
REPLY = """
    020000000002 020000000001 0806
    0001 0800 06 04 0002  020000000001 c00002fe  020000000002 c0000201
"""
GARP = """
    ffffffffffff 020000000001 0806
    0001 0800 06 04 0001  020000000001 c0000201  000000000000 c0000201
"""
NOISE = "ffffffffffff 020000000001 88b5"
IPV6 = """
    333300000001 020000000001 86dd
    60000000 0000 3b 01  fe80000000000000000000fffe000001  ff020000000000000000000000000001
"""
HEAD = bytes.fromhex("ffffffffffff 020000000001")


def wire(text: str) -> bytes:
    """Return the bytes of a frame, padded to Ethernet's smallest."""
    return bytes.fromhex(text).ljust(60, b"\0")


@pytest.mark.parametrize(
    ("built", "known"),
    [
        (frames.arp_request(ME, "192.0.2.1", "192.0.2.254"), REQUEST),
        (frames.arp_reply(ME, "192.0.2.254", YOU, "192.0.2.1"), REPLY),
        (frames.gratuitous_arp(ME, "192.0.2.1"), GARP),
        (frames.noise(ME), NOISE),
        (frames.ipv6_noise(ME), IPV6),
    ],
    ids=["request", "reply", "garp", "noise", "ipv6"],
)
def test_a_built_frame_equals_the_known_bytes(built: bytes, known: str) -> None:
    assert built.hex() == wire(known).hex()


def test_a_reply_may_go_elsewhere_than_its_target_says() -> None:
    reply = frames.arp_reply(ME, "192.0.2.254", YOU, "192.0.2.1", dst=frames.BROADCAST)
    assert reply.hex() == wire("ffffffffffff" + REPLY.split(maxsplit=1)[1]).hex()


def test_what_was_built_is_read_back() -> None:
    request = frames.arp_request(ME, "192.0.2.1", "192.0.2.254")
    assert frames.read_arp(request) == Arp(
        ME, frames.BROADCAST, "request", ME, "192.0.2.1", "192.0.2.254"
    )
    assert frames.read_arp(wire(REPLY)) == Arp(ME, YOU, "reply", ME, "192.0.2.254", "192.0.2.1")


def test_an_operation_without_a_name_keeps_its_number() -> None:
    read = frames.read_arp(wire(REQUEST.replace("06 04 0001", "06 04 0008")))
    assert read is not None
    assert read.op == "8"


@pytest.mark.parametrize(("data", "gratuitous"), [(GARP, True), (REQUEST, False), (REPLY, False)])
def test_gratuitous_is_who_asks_for_himself(data: str, *, gratuitous: bool) -> None:
    read = frames.read_arp(wire(data))
    assert read is not None
    assert read.gratuitous is gratuitous


@pytest.mark.parametrize(
    "data",
    [
        wire(NOISE),
        wire(IPV6),
        wire(REQUEST.replace("0806", "0800", 1)),
        wire(REQUEST.replace("0001 0800 06 04", "0001 86dd 06 04")),
        wire(REQUEST.replace("0001 0800 06 04", "0001 0800 06 10")),
        wire(REQUEST.replace("0001 0800 06 04", "0020 0800 14 04")),
        b"",
    ],
    ids=["noise", "ipv6", "ipv4", "protocol", "long address", "hardware", "nothing"],
)
def test_what_is_not_arp_for_ipv4_over_ethernet_is_none(data: bytes) -> None:
    assert frames.read_arp(data) is None


@pytest.mark.parametrize("length", range(42))
def test_a_truncated_frame_is_none(length: int) -> None:
    assert frames.read_arp(wire(REQUEST)[:length]) is None


@given(st.binary(max_size=130))
@settings(max_examples=300, deadline=None)
def test_rubbish_never_raises(data: bytes) -> None:
    for frame in (data, HEAD + data, HEAD + b"\x08\x06" + data):
        read = frames.read_arp(frame)
        assert read is None or frame[12:14] == b"\x08\x06"


@given(st.binary(min_size=1, max_size=12), st.integers(0, 59))
@example(b"\x81\x00", 12)
@settings(max_examples=300, deadline=None)
def test_a_frame_with_rubbish_in_it_never_raises(rubbish: bytes, at: int) -> None:
    frame = bytearray(wire(REQUEST))
    frame[at : at + len(rubbish)] = rubbish
    read = frames.read_arp(bytes(frame))
    assert read is None or frame[12:22] == wire(REQUEST)[12:20] + frame[20:22]


BOND, DEAD, ALIEN = "192.0.2.1", "192.0.2.254", "192.0.2.7"


@pytest.mark.parametrize(
    ("op", "sender", "target", "kind"),
    [
        ("request", BOND, DEAD, "probe"),
        ("request", "0.0.0.0", DEAD, "probe"),  # noqa: S104
        ("reply", DEAD, BOND, "reply"),
        ("reply", DEAD, "0.0.0.0", "reply"),  # noqa: S104
        ("request", BOND, BOND, "garp"),
        ("reply", BOND, BOND, "garp"),
        ("request", ALIEN, ALIEN, "garp"),
        ("request", ALIEN, DEAD, "foreign"),
        ("reply", ALIEN, BOND, "foreign"),
        ("request", BOND, ALIEN, "other"),
        ("request", DEAD, BOND, "other"),
        ("reply", BOND, DEAD, "answer"),
        ("reply", DEAD, ALIEN, "other"),
    ],
)
def test_what_an_arp_frame_is_to_a_bond(op: str, sender: str, target: str, kind: str) -> None:
    assert frames.kind_of(Arp(ME, YOU, op, ME, sender, target), [BOND], [DEAD]) == kind


def test_each_bond_and_each_target_counts() -> None:
    probe = Arp(ME, YOU, "request", ME, "198.51.100.1", "198.51.100.9")
    assert frames.kind_of(probe, [BOND, "198.51.100.1"], [DEAD, "198.51.100.9"]) == "probe"
    assert frames.kind_of(probe, [BOND], [DEAD]) == "foreign"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x01\x80\xc2\0\0\0" + b"\2" * 6 + b"\x00\x26\x42\x42\x03" + bytes(43), "BPDU"),
        (b"\x01\x80\xc2\0\0\0" + b"\2" * 6 + b"\x00\x26\xaa\xaa\x03" + bytes(43), "802.3 frame"),
        (b"\x01\x80\xc2\0\0\x0e" + b"\2" * 6 + b"\x88\xcc" + bytes(46), "LLDP frame"),
        (b"\x01\x80\xc2\0\0\x02" + b"\2" * 6 + b"\x88\x09\x01" + bytes(45), "LACPDU"),
        (b"\x01\x80\xc2\0\0\x02" + b"\2" * 6 + b"\x88\x09\x03" + bytes(45), "slow protocol frame"),
        (b"\xff" * 6 + b"\2" * 6 + b"\x88\xb5" + bytes(46), "frame of type 0x88b5"),
        (
            frames.arp_request("02:00:00:00:00:01", "192.0.2.1", "192.0.2.9"),
            "ARP request 192.0.2.1 is-at 02:00:00:00:00:01 who-has 192.0.2.9",
        ),
        (b"\xff" * 6 + b"\2" * 6 + b"\x08\x06" + bytes(20), "ARP frame"),
    ],
)
def test_a_frame_of_ones_own_is_described(data: bytes, what: str) -> None:
    assert frames.described(data) == what


def no_mac() -> str:
    raise AssertionError("the source was given")


def test_layers_of_scapy_become_bytes_without_asking_the_network() -> None:
    to = {"dst": "01:80:c2:00:00:00"}
    own = l2.Dot3(src="02:00:00:00:00:07", **to) / l2.LLC() / l2.STP()
    assert frames.whole(own, no_mac)[6:12].hex(":") == "02:00:00:00:00:07"
    filled = frames.whole(l2.Ether(**to, type=0x88B5) / b"x", lambda: "02:00:00:00:00:09")
    assert filled[6:12].hex(":") == "02:00:00:00:00:09"
    assert frames.whole(bytearray(filled), no_mac) == filled


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (l2.ARP(), "ARP is no Ethernet frame"),
        (l2.Ether() / b"x", "has no destination"),
        (3, "int is no frame"),
        (bytes(13), "a frame of 13 bytes is no Ethernet frame"),
    ],
)
def test_what_is_no_frame_is_rejected_with_a_message(frame: object, said: str) -> None:
    with pytest.raises(ScenarioError, match=said) as caught:
        frames.whole(frame, lambda: "02:00:00:00:00:09")
    assert caught.value.hint
