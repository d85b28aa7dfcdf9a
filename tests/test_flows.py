"""Frames of flows are what scapy and the kernel's headers have, and carry their number."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from harness.flows import ESP, GRE, ICMP, IPIP, TCP, UDP, Flow, many_flows, read_number

INSIDE = Flow(src="10.0.0.1", dst="10.0.0.2", sport=7, dport=8)


def dissected(flow: Flow) -> Any:
    """Return the frame as scapy reads it; its types would take mypy minutes."""
    layers = import_module("scapy.layers.l2"), import_module("scapy.layers.inet6")
    return layers[0].Ether(flow.encode(5))


def test_a_udp_frame_has_the_headers_of_its_flow() -> None:
    frame = dissected(Flow(src_mac="02:00:00:00:00:09", peer=0x2A))
    assert (frame.src, frame.dst) == ("02:00:00:00:00:09", "02:6e:66:68:00:2a")
    assert (frame["IP"].src, frame["IP"].dst) == ("192.0.2.1", "198.51.100.1")
    assert (frame["UDP"].sport, frame["UDP"].dport) == (40000, 9)
    assert frame["IP"].len == len(frame["IP"].original[: frame["IP"].len])


def test_a_group_has_a_mac_of_its_own() -> None:
    frame = Flow(peer=0x2A, group=True).encode(9)
    assert frame[:6].hex(":") == "03:6e:66:68:00:2a"
    assert read_number(frame) == 9


def test_other_protocols_have_theirs() -> None:
    assert dissected(Flow(protocol=TCP, sport=77))["TCP"].sport == 77
    assert dissected(Flow(protocol=ICMP, sport=4))["ICMP"].id == 4
    six = dissected(Flow(src="2001:db8::1", dst="2001:db8::2"))
    assert (six["IPv6"].dst, six["UDP"].dport) == ("2001:db8::2", 9)
    neighbour = dissected(Flow("fe80::1", "fe80::2", protocol=58, sport=135))["IPv6"]
    assert (neighbour.nh, bytes(neighbour.payload)[0]) == (58, 135)
    assert dissected(Flow(vlan=10))["Dot1Q"].vlan == 10
    assert dissected(Flow(ethertype=0x88B5)).type == 0x88B5


@pytest.mark.parametrize("protocol", [UDP, TCP, ICMP, IPIP])
def test_ipv4_headers_have_their_checksum(protocol: int) -> None:
    """A bridge with br_netfilter drops others."""
    for flow in many_flows(
        50, Flow(protocol=protocol, inner=Flow() if protocol == IPIP else None)
    ):
        packet = dissected(flow).payload
        given = packet.chksum
        del packet.chksum
        assert type(packet)(bytes(packet)).chksum == given


def test_a_fragment_has_more_to_come() -> None:
    assert dissected(Flow(fragment=True))["IP"].flags == "MF"
    assert dissected(Flow())["IP"].flags == 0


@pytest.mark.parametrize("protocol", [IPIP, GRE])
def test_a_tunnel_has_its_inner_headers(protocol: int) -> None:
    frame = dissected(Flow(protocol=protocol, inner=INSIDE))
    assert frame["IP"].dst == "198.51.100.1"
    assert frame["UDP"].underlayer.dst == "10.0.0.2"


def test_an_icmp_error_quotes_its_flow() -> None:
    frame = dissected(Flow(protocol=ICMP, inner=INSIDE))
    assert (frame["ICMP"].type, frame["ICMP"].code) == (3, 3)
    assert frame["IPerror"].dst == "10.0.0.2"


@pytest.mark.parametrize(
    "flow",
    [
        Flow(),
        Flow(protocol=TCP),
        Flow(protocol=ESP),
        Flow(src="2001:db8::1", dst="2001:db8::2", protocol=UDP),
        Flow(ethertype=0x88B5),
        Flow(protocol=GRE, inner=INSIDE),
        Flow(protocol=ICMP, inner=INSIDE),
        Flow(vlan=4),
    ],
    ids=str,
)
def test_a_frame_carries_its_number_within_what_is_captured(flow: Flow) -> None:
    frame = flow.encode(70000)
    assert len(frame) >= 60
    assert read_number(frame[:128]) == 70000


def test_other_frames_have_no_number() -> None:
    frame = Flow().encode(1)
    assert read_number(b"\x02" + bytes(5) + frame[6:]) is None
    assert read_number(frame[:50]) is None
    assert read_number(frame[: frame.find(b"nfh-flow") + 10]) is None


def test_many_flows_are_different_and_the_same_in_each_run() -> None:
    flows = list(many_flows(1000))
    assert len(set(flows)) == 1000
    assert flows == list(many_flows(1000))
    assert len({flow.peer % 4 for flow in flows}) == 4
