"""NICs in a topology, and what a driver that tells late of its carrier does to a bond's times."""

from __future__ import annotations

import pytest

from harness import ms
from harness.bonding import BondOptions, horizon, settle, spans
from harness.errors import ScenarioError
from harness.topology import LinkPlan, MachinePlan, SwitchPlan, Topology, carrier_lag, mac_of
from harness.units import MS
from scenarios.topologies import OneSwitch, UsbNics


@pytest.mark.parametrize(
    ("link", "why"),
    [
        (
            LinkPlan("eth0", "dut", "sw", nic="ne2000"),
            'has a NIC "ne2000" (known: veth, rtl8150, virtio-net-pci, ',
        ),
        (LinkPlan("eth0", "dut", "sw", mac="00:10:60"), 'has the MAC "00:10:60"'),
        (LinkPlan("eth0", "sw", "sw2", nic="rtl8150"), "a NIC, but ends at no machine"),
        (
            LinkPlan("eth0", "sw", "sw2", mac="00:10:60:dd:99:5c"),
            "a NIC, but ends at no machine",
        ),
    ],
)
def test_a_nic_that_cannot_be_is_rejected(link: LinkPlan, why: str) -> None:
    machines = (MachinePlan("dut"), MachinePlan("target", "192.0.2.254"))
    switches = (SwitchPlan("sw"), SwitchPlan("sw2"))
    links = (link, LinkPlan("target", "sw", "target"))
    with pytest.raises(ScenarioError) as caught:
        Topology("lab", machines, switches, links, ())
    assert why in str(caught.value)


def test_the_slowest_driver_decides_how_late_a_bond_may_be() -> None:
    plan = UsbNics.plan
    assert carrier_lag(plan, plan.bonds[0]) == 100 * ms
    assert carrier_lag(OneSwitch.plan, OneSwitch.plan.bonds[0]) == 0 * ms
    assert mac_of(plan, "dut", "eth2") == "00:10:60:db:04:24"


def test_a_driver_that_tells_late_makes_the_windows_of_the_carrier_longer() -> None:
    options = BondOptions.of(mode=1, miimon=100, downdelay=200)
    quick, slow = spans(options, 100), spans(options, 100, 100 * ms)
    assert slow.carrier_loss().latest == quick.carrier_loss().latest + 100 * ms
    assert slow.carrier_back().latest == quick.carrier_back().latest + 100 * ms
    assert slow.carrier_loss().earliest == quick.carrier_loss().earliest
    assert horizon(options, 2, 100, 100 * ms) == horizon(options, 2, 100) + 100 * MS
    assert settle(options, 2, 100, 100 * ms) == settle(options, 2, 100) + 100 * MS


def test_the_arp_monitor_does_not_care() -> None:
    options = BondOptions.parse("mode=1 arp_interval=100 arp_ip_target=192.0.2.254")
    assert spans(options, 100, 100 * ms).detection == spans(options, 100).detection
