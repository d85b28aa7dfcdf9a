"""NICs in a topology, and what a driver that tells late of its carrier does to a bond's times."""

from __future__ import annotations

from typing import Unpack
from unittest.mock import Mock

import pytest

from harness import ms
from harness.bonding import BondOptions, BondSettings, horizon, settle, spans
from harness.bonding.windows import NONE
from harness.errors import ScenarioError
from harness.record.bond import Bond
from harness.record.readings import Readings
from harness.topology import LinkPlan, MachinePlan, SwitchPlan, Topology, carrier_lag, mac_of
from harness.units import MS, Measured, Span
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


def test_the_arp_monitor_finds_silence_as_soon_and_a_repair_later() -> None:
    options = BondOptions.parse("mode=1 arp_interval=100 arp_ip_target=192.0.2.254")
    quick, slow = spans(options, 100), spans(options, 100, 100 * ms)
    assert slow.detection == quick.detection
    assert slow.sound_again().latest == quick.sound_again().latest + 100 * ms
    assert slow.service_again(2).latest == quick.service_again(2).latest + 100 * ms
    assert slow.reversion() == slow.sound_again()
    assert horizon(options, 2, 100, 100 * ms) == horizon(options, 2, 100) + 100 * MS
    assert settle(options, 2, 100, 100 * ms) == settle(options, 2, 100) + 100 * MS


def test_a_port_joins_its_lacp_partner_when_its_driver_has_reported_the_carrier() -> None:
    options = BondOptions.of(mode="802.3ad", miimon=100)
    quick, slow = spans(options, 100), spans(options, 100, 100 * ms)
    assert slow.lacp_join().earliest == quick.lacp_join().earliest
    assert slow.lacp_join().latest == quick.lacp_join().latest + 100 * ms


def test_without_a_monitor_a_recording_goes_on_until_the_driver_has_reported() -> None:
    options = BondOptions.of(mode=1, miimon=0)
    assert horizon(options, 2, 100, 100 * ms) == horizon(options, 2, 100) + 100 * MS


def _bond(lag: Span, **options: Unpack[BondSettings]) -> Bond:
    """Return a bond whose slaves' drivers report late, as a scenario has it."""
    wanted = BondOptions.of(**options)
    return Bond(OneSwitch.plan.bonds[0], [wanted], {}, 100, lag, Mock(spec=Readings))


def test_what_a_scenario_allows_one_inspection_includes_the_lag() -> None:
    """`run.outage <= bond.miimon`: with 2.7 s of pcnet an outage of 2.5 s conforms, 3 s not."""
    quick, slow = _bond(NONE, mode=1, miimon=100), _bond(2700 * ms, mode=1, miimon=100)
    assert slow.miimon == quick.miimon + 2700 * ms
    assert slow.miimon == slow.times.carrier_loss().latest
    assert Measured("outage", 2500 * MS, 12 * MS) <= slow.miimon
    assert not Measured("outage", 3000 * MS, 12 * MS) <= slow.miimon
    assert not Measured("outage", 2500 * MS, 12 * MS) <= quick.miimon


def test_the_period_of_the_monitor_has_no_lag() -> None:
    slow = _bond(2700 * ms, mode=1, miimon=100)
    assert slow.inspection == 100 * ms
    with pytest.raises(ScenarioError, match="miimon of this bond is 0"):
        _ = _bond(NONE, mode=1, miimon=0).inspection
