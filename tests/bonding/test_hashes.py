"""The formulas of xmit_hash_policy, held against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.bonding import hashes
from harness.flows import GRE, ICMP, IPIP, Flow

FLOW = Flow(
    "10.0.0.1", "10.0.0.2", sport=0x0102, dport=0x0304, src_mac="02:aa:bb:cc:dd:05", peer=9
)
LAYER2 = 0x05 ^ 0x09 ^ 0x0800
OCTETS = 0x0A ^ 0x0A ^ 0x01 ^ 0x02  # of both addresses: all that stays in the lowest octet


def test_layer_2_is_macs_and_type() -> None:
    assert hashes.layer2(FLOW) == LAYER2
    assert hashes.layer2(replace(FLOW, vlan=7)) == 0x05 ^ 0x09 ^ 0x8100
    assert hashes.layer2(replace(FLOW, ethertype=0x88B5)) == 0x05 ^ 0x09 ^ 0x88B5


def test_layer_2_3_folds_the_addresses_in() -> None:
    assert hashes.layer23(FLOW) & 0xFF == 0x05 ^ 0x09 ^ 0x08 ^ OCTETS


def test_layer_3_4_loses_the_lowest_bit() -> None:
    lowest = 0x01 ^ 0x02 ^ 0x03 ^ 0x04 ^ OCTETS
    assert hashes.layer34(FLOW) & 0x7F == lowest >> 1


@pytest.mark.parametrize("change", [{"fragment": True}, {"protocol": ICMP}])
def test_fragments_and_other_protocols_have_no_ports(change: dict[str, object]) -> None:
    flow = replace(FLOW, **change)  # type: ignore[arg-type]
    assert hashes.layer34(flow) & 0x7F == OCTETS >> 1
    assert hashes.layer34(flow) == hashes.layer34(replace(flow, sport=9999))


@pytest.mark.parametrize("policy", ["layer2+3", "layer3+4", "encap2+3", "encap3+4"])
def test_what_is_not_ip_is_hashed_by_layer_2(policy: str) -> None:
    flow = replace(FLOW, ethertype=0x88B5)
    assert hashes.POLICIES[policy](flow) == hashes.layer2(flow)


def test_addresses_of_ipv6_are_folded() -> None:
    flow = Flow("2001:db8::1", "2001:db8::2", sport=0, dport=0)
    assert hashes.layer34(flow) & 0x7F == (0x01 ^ 0x02) >> 1
    assert hashes.layer34(replace(flow, dst="2001:db8:0:2::")) == hashes.layer34(
        replace(flow, dst="2001:db8::2:0:0")
    )


@pytest.mark.parametrize("protocol", [IPIP, GRE])
def test_encap_looks_inside(protocol: int) -> None:
    tunnel = Flow(protocol=protocol, inner=FLOW, src_mac=FLOW.src_mac, peer=9)
    assert hashes.encap34(tunnel) == hashes.layer34(FLOW)
    assert hashes.encap23(tunnel) == hashes.layer23(FLOW)
    assert hashes.layer34(tunnel) != hashes.layer34(FLOW)


def test_vlan_and_source_mac() -> None:
    assert hashes.vlan_srcmac(FLOW) == 0x02AABB ^ 0xCCDD05
    slaves = ("eth0", "eth1", "eth2")
    expected = slaves[(0x02AABB ^ 0xCCDD05 ^ 10) % 3]
    assert hashes.slave_by_hash("vlan+srcmac", FLOW, slaves, vlan=10) == expected
    assert hashes.slave_by_hash("layer2", FLOW, slaves, vlan=10) == slaves[LAYER2 % 3]
