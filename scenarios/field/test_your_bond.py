"""Your own bond: every fault that applies to it, and how long each leaves it dark.

    dut  slave 1 ---- sw1 --- neighbour
         slave 3 -----/|
                      isl
                       |
         slave 2 ---- sw2 --- target, target2 ...
         slave 4 -----/

Run by `pytest scenarios/field --bond-config FILE`, where FILE is any configuration that `harness
check` reads. The bond has your options, slaves by your names and, as far as they lie in one
network with it, your addresses and ARP targets. The slave that is active first is at sw1, away
from the targets.

What the monitor promises to see is asserted: the outage is at most what the documentation has for
your options. What it does not see is asserted too: no link monitor at all, or miimon and a fault
beyond the slave's own cable, leave the bond dark for good. A table at the end has all figures.
"""

import pytest

from harness import claim, control, ms
from harness.record.faults import Direction
from harness.record.your_bond import YourBond

TIMES = 3


@claim("HA-2", "FAQ-6")
@pytest.mark.your_bond("cable of {slave} cut", "monitored")
def test_a_cut_cable_is_left(your_bond: YourBond, slave: str) -> None:
    """Whichever slave loses its cable, the bond is dark for no longer than its monitor takes."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        your_bond.cables[slave].cut()
    assert run.outage <= bond.detection.latest
    assert run.recovered


@claim("OPT-3", "FAQ-7")
@control("test_a_cut_cable_is_left")
@pytest.mark.your_bond("cable of the active slave cut", "unmonitored", "one active slave")
def test_a_cut_cable_is_never_left_without_a_monitor(your_bond: YourBond) -> None:
    """Nobody looks at the link of the active slave: the bond stays on it for good."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.cut()
    assert not run.recovered


@claim("HA-2")
@pytest.mark.your_bond("power of the active slave's switch off", "monitored")
def test_a_switch_without_power_is_left(your_bond: YourBond) -> None:
    """All slaves at one switch lose their carrier at once; one at the other takes over."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        your_bond.sw1.power_off()
    assert run.outage <= bond.detection.latest
    assert run.recovered


@claim("OPT-3")
@control("test_a_switch_without_power_is_left")
@pytest.mark.your_bond("power of the active slave's switch off", "unmonitored", "one active slave")
def test_a_switch_without_power_is_kept_without_a_monitor(your_bond: YourBond) -> None:
    """Without a monitor the bond keeps sending to a switch that is off."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.sw1.power_off()
    assert not run.recovered


@claim("HA-6", "HA-9")
@pytest.mark.your_bond("uplink behind the active slave's switch lost", "sees the path")
def test_a_lost_uplink_is_left(your_bond: YourBond) -> None:
    """The ARP monitor misses the targets' answers, although the carrier stays."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        your_bond.uplink.cut()
    assert run.outage <= bond.detection.latest
    assert run.recovered


@claim("HA-6", "MIIMON-6")
@control("test_a_lost_uplink_is_left")
@pytest.mark.your_bond(
    "uplink behind the active slave's switch lost", "blind to the path", "one active slave"
)
def test_a_lost_uplink_is_not_seen_by_carrier(your_bond: YourBond) -> None:
    """A failure behind the next switch is invisible to who looks at carrier only."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.uplink.cut()
    assert not run.recovered


@claim("MON-2", "HA-9")
@pytest.mark.your_bond(
    "frames of the active slave lost in silence, {direction}", "sees the path", "one active slave"
)
@pytest.mark.parametrize("direction", ["out", "in"])
def test_a_direction_lost_in_silence_is_left(your_bond: YourBond, direction: Direction) -> None:
    """One direction of the active slave's cable loses everything; no answer comes either way."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.lose(direction)
    assert run.outage <= bond.detection.latest
    assert run.recovered


@claim("MIIMON-6")
@control("test_a_direction_lost_in_silence_is_left")
@pytest.mark.your_bond(
    "frames of the active slave lost in silence, {direction}",
    "blind to the path",
    "one active slave",
)
@pytest.mark.parametrize("direction", ["out", "in"])
def test_a_direction_lost_in_silence_is_not_seen_by_carrier(
    your_bond: YourBond, direction: Direction
) -> None:
    """The carrier is there, the frames are not: nothing happens."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.lose(direction)
    assert not run.recovered


@claim("ARPVAL-9")
@pytest.mark.your_bond("uplink lost while a neighbour sends ARP", "validates", "active-backup")
def test_a_neighbour_keeps_no_dead_path_up(your_bond: YourBond) -> None:
    """The bond that validates its active slave tells a neighbour's ARP from a target's."""
    bond = your_bond.bond()
    with (
        your_bond.neighbour.arping("target", every=your_bond.often),
        your_bond.watch() as run,
    ):
        your_bond.uplink.cut()
    assert run.outage <= bond.detection.latest
    assert run.recovered


@claim("ARPVAL-9")
@control("test_a_neighbour_keeps_no_dead_path_up")
@pytest.mark.your_bond(
    "uplink lost while a neighbour sends ARP", "takes any frame", "active-backup"
)
def test_a_neighbour_keeps_a_dead_path_up(your_bond: YourBond) -> None:
    """Any frame counts as life: the neighbour's ARP keeps the slave up that leads nowhere."""
    your_bond.bond()
    with (
        your_bond.neighbour.arping("target", every=your_bond.often),
        your_bond.watch() as run,
    ):
        your_bond.uplink.cut()
    assert not run.recovered


@claim("ARPTGT-7")
@pytest.mark.your_bond("one ARP target of several dies", "needs one target", "active-backup")
def test_one_target_of_several_may_die(your_bond: YourBond) -> None:
    """The others answer still, so nothing happens."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.target2.die()
    assert run.outage <= 0 * ms


@claim("ARPALL-2")
@control("test_one_target_of_several_may_die")
@pytest.mark.your_bond("one ARP target of several dies", "needs all targets", "active-backup")
def test_no_target_of_several_may_die(your_bond: YourBond) -> None:
    """With arp_all_targets=all a single dead target takes the bond down, the path sound or not."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.target2.die()
    assert not run.recovered


@claim("ARPTGT-8", "ARPMISS-7")
@pytest.mark.your_bond("the only ARP target dies and returns", "has one target", "active-backup")
def test_service_returns_with_the_target(your_bond: YourBond) -> None:
    """All slaves are declared down; once the target answers again one of them is found."""
    bond = your_bond.bond()
    with your_bond.watch() as run, your_bond.target.die():
        your_bond.after(your_bond.long)
    assert run.slave(your_bond.active.name).detected
    assert run.outage <= your_bond.long + your_bond.service_again(bond)
    assert run.recovered


@claim("ARPTGT-8")
@control("test_service_returns_with_the_target")
@pytest.mark.your_bond("the only ARP target dies for good", "has one target", "active-backup")
def test_no_service_returns_without_the_target(your_bond: YourBond) -> None:
    """While its only target is dead the bond takes every slave for dead."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.target.die()
    assert run.slave(your_bond.active.name).detected
    assert not run.recovered


@claim("FAQ-6", "HA-2")
@pytest.mark.your_bond("active slave flaps three times", "monitored", "one active slave")
def test_a_flapping_slave_is_left_each_time(your_bond: YourBond) -> None:
    """Every time that its cable is pulled the bond is dark for a failover, not for the pull."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.flap(down=your_bond.long, up=your_bond.long, times=TIMES)
    assert run.outage <= bond.detection.latest
    assert run.recovered


@claim("OPT-3")
@control("test_a_flapping_slave_is_left_each_time")
@pytest.mark.your_bond("active slave flaps three times", "unmonitored", "one active slave")
def test_a_flapping_slave_is_kept_without_a_monitor(your_bond: YourBond) -> None:
    """The bond is dark for as long as the cable is out."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.flap(down=your_bond.long, up=your_bond.long, times=TIMES)
    assert run.outage >= your_bond.long
    assert run.recovered


@claim("DELAY-3", "ARPMISS-7")
@pytest.mark.your_bond("all cables out, then back", "monitored", "one active slave")
def test_all_cables_out_and_back(your_bond: YourBond) -> None:
    """The first slave that is sound again is used at once, whatever updelay says."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        for cable in your_bond.slaves:
            cable.cut()
        your_bond.after(your_bond.long)
        for cable in reversed(your_bond.slaves):
            cable.heal()
    assert run.outage <= your_bond.long + your_bond.service_again(bond)
    assert run.recovered


@claim("FAQ-6")
@control("test_all_cables_out_and_back")
@pytest.mark.your_bond("all cables out", "one active slave")
def test_all_cables_out(your_bond: YourBond) -> None:
    """Without any cable there is nothing that a bond could do."""
    your_bond.bond()
    with your_bond.watch() as run:
        for cable in your_bond.slaves:
            cable.cut()
    assert not run.recovered


@claim("UPDELAY-6", "DELAY-1")
@pytest.mark.your_bond("primary back at a port that forwards 1 s later", "returns in time")
def test_the_primary_waits_for_its_port(your_bond: YourBond) -> None:
    """The primary takes over when its port forwards: returning costs nothing."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.cut()
        your_bond.after(your_bond.long)
        your_bond.active.heal_late(forwarding_after=your_bond.late)
    assert run.outage <= bond.detection.latest
    assert run.recovered


@claim("UPDELAY-6", "DELAY-1")
@control("test_the_primary_waits_for_its_port")
@pytest.mark.your_bond("primary back at a port that forwards 1 s later", "returns too early")
def test_the_primary_does_not_wait_for_its_port(your_bond: YourBond) -> None:
    """Without updelay the primary takes over at once, although its port does not forward yet."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.cut()
        your_bond.after(your_bond.long)
        your_bond.active.heal_late(forwarding_after=your_bond.late)
    assert run.outage > bond.detection.latest
    assert run.outage <= your_bond.late
