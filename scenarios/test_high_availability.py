"""High availability with two switches: what each monitor sees, and which switch is used.

The sections of bonding.rst are 11.2 and, for switches inside a chassis, 14.1.
"""

import pytest

from harness import claim, control, ms, s
from scenarios.topologies import BladeChassis, OneSwitch

AT_SW1, AT_SW2 = "192.168.50.112", "192.168.50.113"


@pytest.mark.parametrize(
    ("targets", "actives"),
    [((AT_SW1, AT_SW2), ["eth0", "eth1"]), ((AT_SW1,), ["eth0", None])],
    ids=["a target at each switch", "one target"],
)
@claim("HA-7")
def test_a_target_at_each_switch_serves_whichever_is_active(
    blade_chassis: BladeChassis, targets: tuple[str, ...], actives: list[str | None]
) -> None:
    """Where the switches are parted, only a bond with a target at both can move to the other."""
    blade_chassis.dut.bond(arp_ip_target=targets, primary="eth0")
    with blade_chassis.watch(path=("dut", "neighbour")) as run:
        blade_chassis.uplink1.cut()
        blade_chassis.uplink2.cut()
        blade_chassis.after(500 * ms)
        blade_chassis.eth0.cut()
        blade_chassis.after(2 * s)
    assert [run.active_slaves[0], run.active_slave] == actives


@claim("HA-3")
def test_the_preferred_switch_is_used_whenever_it_is_available(
    blade_chassis: BladeChassis,
) -> None:
    """The path behind the primary breaks and comes back, and so does the bond."""
    blade_chassis.dut.bond(arp_validate="active", primary="eth0")
    with blade_chassis.watch() as run:
        blade_chassis.uplink1.flap(down=2 * s)
        blade_chassis.after(2 * s)
    assert run.active_slaves == ["eth0", "eth1", "eth0"]


@claim("HA-3")
@control("test_the_preferred_switch_is_used_whenever_it_is_available")
def test_without_a_primary_either_switch_will_do(blade_chassis: BladeChassis) -> None:
    """The bond stays where it is when the first path comes back."""
    blade_chassis.dut.bond(arp_validate="active", primary_reselect="failure")
    with blade_chassis.watch() as run:
        blade_chassis.uplink1.flap(down=2 * s)
        blade_chassis.after(2 * s)
    assert run.active_slaves == ["eth0", "eth1"]


@claim("BLADE-2")
def test_without_an_inner_switch_carrier_shows_the_outer_one(one_switch: OneSwitch) -> None:
    """A pass-through module is a cable: what is cut at its far end is seen by the MII monitor."""
    bond = one_switch.dut.bond()
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert run.detection <= bond.miimon
    assert run.active_slaves == ["eth0", "eth1"]


@claim("BLADE-2")
@control("test_without_an_inner_switch_carrier_shows_the_outer_one")
def test_behind_an_inner_switch_it_does_not(blade_chassis: BladeChassis) -> None:
    """The same cut behind a switch module leaves the bond where it is, without traffic."""
    blade_chassis.dut.bond(arp_interval=0, arp_ip_target=(), miimon=100)
    with blade_chassis.watch() as run:
        blade_chassis.uplink1.cut()
        blade_chassis.after(2 * s)
    assert run.active_slaves == ["eth0"]
    assert not run.recovered
