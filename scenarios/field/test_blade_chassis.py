"""A blade behind two internal switches: uplink failure detection, or the ARP monitor (seed 004).

    blade1..4 -----------+
    dut         eth0 --- sw1 --- uplink1 ---+
                                           sw3 --- target  192.168.50.222
    dut         eth1 --- sw2 --- uplink2 ---+
    192.168.50.111

What the report saw
    Blades whose NICs end at switches inside the chassis. When an uplink fails the blade's carrier
    stays, so the bond watches a target beyond it: `mode=1 arp_interval=1200
    arp_ip_target=192.168.50.222 arp_validate=3`. Without validation the neighbours, which probe
    the same target, keep a dead path alive. Chassis switches offer a remedy, uplink
    failure detection (UFD): the uplink's loss takes the blades' ports down. The report holds that
    UFD is welcome but may itself fail, and had better be used with the ARP monitor than with MII.

What we measure
    How long the bond is dark under each, what UFD adds to each, and how many neighbours it takes
    to fool which arp_validate (the whole table of values is in scenarios/test_arp_validate.py).

Measured (virtual@7.2, 7.2.13; in brackets uml@6.1), uplink1 cut at 0
    monitor                                noticed after     dark for
    miimon=100                             never             forever
    miimon=100, UFD after 0 ms             60 ms (64)        60 ms (60)
    miimon=100, UFD after 300 ms           390 ms (382)      390 ms (380)
    miimon=100, UFD after 2 s              2040 ms (2054)    2040 ms (2053)
    the report's ARP monitor               3730 ms (3770)    3730 ms (3760)
    the report's ARP monitor, UFD at once  3770 ms (3764)    3770 ms (3759)
    uplink1 silent, carrier stays: UFD and miimon never; the ARP monitor 3730 ms (3770)

    So UFD with miimon is the fastest for what it sees and blind to the rest; the ARP monitor sees
    all of it, and UFD does not make it any faster: it does not look at carrier at all. The report
    is right to want both kinds of failure covered, and the bond cannot have both monitors.

    The way back: with a delay up of 1 s the primary returns 1030 ms (1029) after the repair.
    Where sw3's port forwards 600 ms late, no delay up costs 570 ms (570) in the dark, 1 s nothing.

Neighbours
    One is enough, with any of none, backup and filter: what counts is the longest gap between any
    two frames, which must stay under 2.5 rounds. With arp_interval=100 blades that speak every
    800 ms fool no bond alone or by two (noticed after 260 ms, as in silence), and do so by four,
    evenly spread. Under active, all (3) and filter_active the report's bond loses no time by four
    blades: 3730 to 3770 ms (3725 to 3765).
"""

import pytest

from harness import Span, claim, control, ms, s
from scenarios.field.chassis import Chassis

DOWN, UP = 300 * ms, 1 * s
FORWARDING = 600 * ms


@claim("BLADE-1", "HA-6")
def test_carrier_alone_never_shows_a_dead_uplink(chassis: Chassis) -> None:
    """Without help from the switch the MII monitor sees nothing: eth0 keeps its carrier."""
    chassis.dut.bond(miimon=100)
    with chassis.watch() as run:
        chassis.uplink1.cut()
    assert run.active_slaves == ["eth0"]
    assert run.reactions == []
    assert not run.recovered


@claim("HA-8")
@control("test_carrier_alone_never_shows_a_dead_uplink")
@pytest.mark.parametrize("down_after", [0 * ms, 300 * ms, 2 * s], ids=["0ms", "300ms", "2s"])
def test_uplink_detection_lets_carrier_show_it(chassis: Chassis, down_after: Span) -> None:
    """The switch takes eth0's carrier away after its own delay, then miimon counts."""
    chassis.sw1.ufd(chassis.uplink1, down_after=down_after)
    bond = chassis.dut.bond(miimon=100)
    with chassis.watch() as run:
        chassis.uplink1.cut()
    assert run.reactions == ["shut_ports sw1"]
    assert down_after <= run.detection <= down_after + bond.miimon
    assert run.outage <= down_after + bond.miimon


@claim("HA-8", "PRESEL-1")
@control("test_a_blink_of_the_uplink_is_not_passed_on")
def test_the_ports_follow_the_uplink_back(chassis: Chassis) -> None:
    """A repaired uplink opens the ports again after its own delay, and the primary returns."""
    chassis.sw1.ufd(chassis.uplink1, down_after=DOWN, up_after=UP)
    bond = chassis.dut.bond(miimon=100, primary="eth0")
    with chassis.watch() as run:
        chassis.uplink1.flap(down=2 * s)
    assert run.reactions == ["shut_ports sw1", "open_ports sw1"]
    assert UP <= run.reversion <= UP + bond.miimon
    assert run.active_slaves == ["eth0", "eth1", "eth0"]


@claim("HA-8")
def test_a_blink_of_the_uplink_is_not_passed_on(chassis: Chassis) -> None:
    """An uplink that is back within the delay costs its own outage, and no failover."""
    chassis.sw1.ufd(chassis.uplink1, down_after=DOWN, up_after=UP)
    chassis.dut.bond(miimon=100, primary="eth0")
    with chassis.watch() as run:
        chassis.uplink1.flap(down=200 * ms)
    assert run.reactions == []
    assert run.active_slaves == ["eth0"]
    assert run.outage <= 200 * ms


@claim("HA-8", "UPDELAY-6")
@pytest.mark.parametrize(("up_after", "heard"), [(0 * s, False), (1 * s, True)])
def test_the_way_back_must_wait_for_the_outer_switch(
    chassis: Chassis, *, up_after: Span, heard: bool
) -> None:
    """The delay up covers an outer port that forwards late, as updelay covers a near one."""
    chassis.sw1.ufd(chassis.uplink1, down_after=DOWN, up_after=up_after)
    bond = chassis.dut.bond(miimon=100, primary="eth0")
    with chassis.watch() as run:
        chassis.uplink1.cut()
        chassis.after(2 * s)
        chassis.uplink1.heal_late(FORWARDING)
    assert run.active_slaves == ["eth0", "eth1", "eth0"]
    assert (run.outage <= DOWN + bond.miimon) == heard


@claim("HA-9", "ARPINT-10")
@pytest.mark.parametrize("helped", [False, True])
def test_the_arp_monitor_needs_no_help_and_takes_none(chassis: Chassis, *, helped: bool) -> None:
    """With the report's options detection takes as long with uplink detection as without."""
    if helped:
        chassis.sw1.ufd(chassis.uplink1, down_after=0 * ms)
    bond = chassis.dut.bond()
    with chassis.watch() as run:
        chassis.uplink1.cut()
    assert bond.detection.earliest <= run.detection <= bond.detection.latest
    assert run.active_slaves == ["eth0", "eth1"]


@claim("HA-9", "MON-2")
def test_the_arp_monitor_sees_an_uplink_that_fails_silently(chassis: Chassis) -> None:
    """An uplink that loses everything with its carrier up is found by the missing answers."""
    chassis.sw1.ufd(chassis.uplink1, down_after=0 * ms)
    bond = chassis.dut.bond()
    with chassis.watch() as run:
        chassis.uplink1.lose()
    assert run.reactions == []
    assert run.detection <= bond.detection.latest
    assert run.recovered


@claim("HA-9", "MON-4")
@control("test_the_arp_monitor_sees_an_uplink_that_fails_silently")
@control("test_the_arp_monitor_needs_no_help_and_takes_none")
def test_uplink_detection_and_carrier_do_not(chassis: Chassis) -> None:
    """No switch takes a port down for what it does not see either."""
    chassis.sw1.ufd(chassis.uplink1, down_after=0 * ms)
    chassis.dut.bond(miimon=100)
    with chassis.watch() as run:
        chassis.uplink1.lose()
    assert run.reactions == []
    assert run.active_slaves == ["eth0"]
    assert not run.recovered


@claim("ARPVAL-9", "ARPINT-7")
@pytest.mark.parametrize(
    ("arp_validate", "count"), [("none", 1), ("none", 4), ("backup", 1), ("filter", 1)]
)
def test_one_neighbour_is_enough_to_fool(chassis: Chassis, arp_validate: str, count: int) -> None:
    """Without validation of the active slave the monitors of other blades keep it up."""
    bond = chassis.dut.bond(arp_validate=arp_validate)
    for blade in chassis.blades[:count]:
        blade.arping("target", every=bond.arp_interval)
    with chassis.watch() as run:
        chassis.uplink1.cut()
    assert run.active_slaves == ["eth0"]
    assert not run.recovered


@claim("ARPVAL-9", "ARPVAL-7")
@control("test_one_neighbour_is_enough_to_fool")
@pytest.mark.parametrize("arp_validate", ["active", 3, "filter_active"])
def test_validation_sees_through_all_four(chassis: Chassis, arp_validate: str | int) -> None:
    """With the report's arp_validate=3, or any that validates the active slave, none counts."""
    bond = chassis.dut.bond(arp_validate=arp_validate)
    for blade in chassis.blades:
        blade.arping("target", every=bond.arp_interval)
    with chassis.watch() as run:
        chassis.uplink1.cut()
    assert bond.detection.earliest <= run.detection <= bond.detection.latest
    assert run.recovered


@claim("ARPINT-7", "ARPVAL-0")
@pytest.mark.parametrize(("blades", "fooled"), [(1, False), (2, False), (4, True)])
def test_rare_frames_fool_when_there_are_enough(
    chassis: Chassis, *, blades: int, fooled: bool
) -> None:
    """What counts is the gap between any two frames, from any sender."""
    chassis.dut.bond(arp_interval=100, arp_validate="none")
    with chassis.watch() as run:
        chassis.uplink1.cut()
        for blade in chassis.blades[:blades]:
            blade.arping("target", every=800 * ms)
            chassis.after(800 * ms / blades)
    assert (run.active_slaves == ["eth0"]) == fooled
