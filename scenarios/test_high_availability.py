"""High availability with two switches: targets, and the preferred switch (bonding.rst 11.2)."""

import pytest

from harness import claim, control, ms, s
from scenarios.topologies import BladeChassis

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
