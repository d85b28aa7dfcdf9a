"""Machines with IPv6: their addresses, and neighbour discovery in a recording."""

from __future__ import annotations

import pytest

from harness import ms, topology_fixture
from harness.errors import NotTestable, ScenarioError
from scenarios.topologies import OneSwitch
from scenarios.variants import DualStack

pytestmark = pytest.mark.guest

net = topology_fixture(DualStack)
plain = topology_fixture(OneSwitch)
TARGET6 = "2001:db8::254"


def test_an_address_is_there_until_its_effect_ends(net: DualStack) -> None:
    net.dut.bond()
    address = net.dut.add_address("2001:db8::1")
    assert "20010db8" in (net.dut.read_file("/proc/net/if_inet6") or "")
    address.end()
    assert "20010db8" not in (net.dut.read_file("/proc/net/if_inet6") or "")
    with pytest.raises(ScenarioError, match="cannot have"):
        net.dut.add_address("2001:db8::g")


def test_solicitations_are_recorded_where_they_leave(net: DualStack) -> None:
    bond = net.dut.bond(arp_interval=100, ns_ip6_target=TARGET6)
    net.dut.add_address("2001:db8::1")
    net.target.add_address(TARGET6)
    with net.watch() as run:
        net.after(5 * bond.arp_interval)
    probe = run.slave("eth0").ns_probes[0]
    assert (probe.port, probe.sender, probe.ip) == ("eth0", "2001:db8::1", TARGET6)
    assert probe.to == "ff02::1:ff00:254"
    answers = run.history.select("nd", message="advertisement", target_ip=TARGET6)
    assert any(event["solicited"] for event in answers)
    assert run.unsolicited_nas == []


def test_an_ipv6_target_that_nobody_has_is_not_testable(net: DualStack) -> None:
    net.dut.bond(arp_interval=100, ns_ip6_target=TARGET6, arp_validate="all")
    with pytest.raises(NotTestable, match="no machine") as error, net.watch():
        net.after(100 * ms)
    assert 'net.target.add_address("2001:db8::254")' in error.value.hint


def test_other_topologies_have_no_ipv6(plain: OneSwitch) -> None:
    plain.dut.bond()
    with plain.watch() as run:
        plain.after(100 * ms)
    assert list(run.history.select("nd")) == []
    addresses = plain.dut.read_file("/proc/net/if_inet6") or ""
    assert [line for line in addresses.splitlines() if not line.endswith("lo")] == []
