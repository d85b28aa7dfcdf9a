"""A user's bond with addresses and ARP targets in several networks, on VLANs, below a bridge."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.config import Source, parse
from harness.config.addressing import Addressing, Upper
from harness.config.lint import lint
from harness.config.model import BondConfig, Configuration
from harness.config.rules import RULES
from harness.labs.netns import lab
from harness.yours.networks import networks
from harness.yours.plan import YourPlan
from tests.tiny import Tiny
from tests.virtual_kernel import virtual_kernel

NETPLAN = """\
network:
  version: 2
  ethernets: {eno1: {}, eno2: {}}
  bonds:
    bond0:
      interfaces: [eno1, eno2]
      parameters:
        mode: active-backup
        arp-interval: 100
        arp-ip-targets: [192.0.2.1, 198.51.100.1]
        arp-validate: all
        arp-all-targets: all
"""
VLANS = """\
  vlans:
    bond0.10: {id: 10, link: bond0, addresses: [192.0.2.10/24]}
    bond0.20: {id: 20, link: bond0, addresses: [198.51.100.10/24]}
"""
BRIDGE = """\
  bridges:
    br0: {interfaces: [bond0], addresses: [198.51.100.10/24]}
"""
TARGETS = ("192.0.2.1", "198.51.100.1")


def _plan(text: str) -> YourPlan:
    return YourPlan.of(parse([Source("file.yaml", text)]).bonds[0])


def _bond(*addresses: str, uppers: tuple[Upper, ...] = (), dhcp4: bool = False) -> BondConfig:
    return BondConfig("bond0", ip=Addressing(addresses, dhcp4), uppers=uppers)


def _homes(bond: BondConfig, *targets: str) -> list[tuple[str, str]]:
    return [(home.device, home.address) for home in networks(bond, targets).homes]


def test_vlans_are_built_with_their_targets_on_them() -> None:
    plan = _plan(NETPLAN + VLANS)
    assert YourPlan.load(plan.plain()) == plan
    topology = plan.topology()
    assert [(vlan.name, vlan.number, vlan.addresses) for vlan in topology.vlans] == [
        ("bond0.10", 10, ("192.0.2.10/24",)),
        ("bond0.20", 20, ("198.51.100.10/24",)),
    ]
    machines = {one.name: (one.address, one.vlan) for one in topology.machines}
    assert machines["target"] == ("192.0.2.1", 10)
    assert machines["target2"] == ("198.51.100.1", 20)
    assert topology.bonds[0].address == ""
    assert topology.reach("dut") == "192.0.2.10"
    assert not plan.remarks


def test_each_target_is_asked_from_an_address_in_its_network() -> None:
    topology = _plan(NETPLAN).topology()  # no address is told
    assert topology.bond_addresses(topology.bonds[0]) == ["192.0.2.2/24", "198.51.100.2/24"]
    assert topology.reach("target2") == "198.51.100.1"


def test_the_far_end_of_the_path_reaches_the_address_in_its_network() -> None:
    below = _plan(NETPLAN + BRIDGE).topology()
    assert below.bridges[0].name == "br0"
    assert not below.bonds[0].address
    assert below.reach("dut") == "192.0.2.2"  # made up: the file has none for the first target
    vlan = Upper("v7", "vlan", ("bond0",), 7, Addressing(("10.7.0.1/24",)))
    assert _homes(_bond("10.0.0.1/24", uppers=(vlan,)), "10.7.0.9")[0] == ("v7", "10.7.0.1/24")


def test_what_is_made_up_although_the_files_tell_addresses_is_reported() -> None:
    found = networks(_bond("10.0.0.1/32"), ("10.0.0.2", "10.9.0.1"))
    assert [home.address for home in found.homes[:1]] == ["10.0.0.3/24"]
    assert len(found.remarks) == 2
    assert "ARP target 10.9.0.1 is in no network of bond0: the lab added" in found.remarks[1]
    assert not networks(_bond("10.0.0.1/24", dhcp4=True), TARGETS).remarks
    assert not networks(_bond(), TARGETS).remarks


def test_a_target_on_a_vlan_is_in_a_network_of_the_bond() -> None:
    own = NETPLAN.replace("      parameters", "      addresses: [10.0.0.1/24]\n      parameters")
    for text, rules in [(own, 2), (own + VLANS, 0)]:
        found = lint(Configuration(tuple(parse([Source("a.yaml", text)]).bonds)), RULES)
        assert [one.rule for one in found].count("unfit-target") == rules


def test_addresses_by_dhcp_are_where_dhcp_is_asked_for() -> None:
    vlan = Upper("v7", "vlan", ("bond0",), 7, Addressing(dhcp4=True))
    assert _homes(_bond(uppers=(vlan,)), "10.0.0.9") == [("v7", "10.0.0.1/24")]
    bridge = Upper("br0", "bridge", ("bond0",), 0, Addressing(dhcp4=True))
    assert _homes(_bond(uppers=(bridge,)), "10.0.0.9") == [("br0", "10.0.0.1/24")]
    assert _homes(_bond(dhcp4=True), "10.0.0.9") == [("bond0", "10.0.0.1/24")]


def test_a_network_of_two_has_room_for_a_neighbour() -> None:
    assert _homes(_bond("10.0.0.4/31"), "10.0.0.5") == [("bond0", "10.0.0.4/29")]
    assert _homes(_bond("10.0.0.7/31"), "10.0.0.6") == [("bond0", "10.0.0.7/28")]


def test_a_bridge_over_a_vlan_counts_as_the_vlan() -> None:
    vlan = Upper("v7", "vlan", ("bond0",), 7)
    bridge = Upper("br7", "bridge", ("v7",), 0, Addressing(("10.7.0.1/24",)))
    found = networks(_bond(uppers=(vlan, bridge)), ("10.7.0.9",))
    assert [(home.kind, home.vlan, home.address) for home in found.homes] == [
        ("vlan", 7, "10.7.0.1/24")
    ]
    assert "on VLAN 7 of bond0, without the bridge" in found.remarks[0]


@pytest.mark.parametrize(
    ("bond", "target", "why"),
    [
        (_bond("10.0.0.1/24"), "10.0.0.1", "10.0.0.1 is its own address"),
        (_bond("10.0.0.1/24"), "10.0.0.255", "10.0.0.255 is not a host address of its network"),
        (_bond(), "224.0.0.5", "224.0.0.5 is not a host address"),
        (_bond(), "127.0.0.1", "127.0.0.1 is not a host address"),
        (
            _bond(
                uppers=(
                    Upper("v7", "vlan", ("bond0",), 7),
                    Upper("v8", "vlan", ("v7",), 8, Addressing(("10.8.0.1/24",))),
                )
            ),
            "10.8.0.9",
            "v8 is a VLAN of a VLAN",
        ),
        (_bond("10.0.0.1/24"), "10.0.0.9", ""),
    ],
)
def test_what_the_lab_cannot_build_is_named(bond: BondConfig, target: str, why: str) -> None:
    found = networks(bond, (target,)).why_not
    assert why in found
    assert bool(why) == bool(found)


def test_targets_of_both_families_are_not_testable() -> None:
    text = "mode=1 arp_interval=100 arp_ip_target=10.0.0.1 ns_ip6_target=2001:db8::9"
    assert "has IPv6 targets" in _plan(text).why_not


def test_a_kernel_without_vlans_lacks_them_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(lab, "VLANS", tmp_path / "none")
    netns = lab.NetnsLab(asked.append)
    assert netns.lacks(_plan(NETPLAN + VLANS).topology()) == "VLANs: this kernel has no 8021q"
    assert asked == ["8021q"]
    assert netns.lacks(_plan(NETPLAN).topology()) == ""


@pytest.mark.guest(inside=False)
@pytest.mark.parametrize("above", [VLANS, BRIDGE, ""], ids=["vlans", "bridge", "plain"])
def test_targets_in_two_networks_answer_and_are_validated(above: str, tmp_path: Path) -> None:
    """All targets must answer: with one that does not, the bond would be down from the start."""
    virtual_kernel()
    (tmp_path / "net.yaml").write_text(NETPLAN + above)
    status, said = Tiny.checkout(tmp_path).run(
        *("-p", "no:cacheprovider", "scenarios/field", "--kernel=virtual", "--guests=1"),
        *("-k", "cable_is_left or target_of_several"),
        *("--bond-config", str(tmp_path / "net.yaml"), "--results", str(tmp_path / "results")),
    )
    assert status == 0, said
    dark = re.search(r"cable of eno1 cut +(\d+\.\d) ms", said)
    assert dark, said
    assert 200 < float(dark[1]) <= 300, said  # two or three rounds of 100 ms, as the phase has it
    assert re.search(r"one ARP target of several fails +never recovers", said), said
    assert "3 passed" in said
