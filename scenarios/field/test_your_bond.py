"""Your own bond: every fault of its slaves and their switch, and how long each leaves it dark.

    dut  slave 1 ---- sw1 --- neighbour
         slave 3 -----/|
                      isl
                       |
         slave 2 ---- sw2 --- target, target2 ...
         slave 4 -----/

Run by `pytest scenarios/field --bond-config FILE`, where FILE is any configuration that `harness
check` reads. The bond has your options, slaves by your names, your addresses and ARP targets, and
the VLANs or the bridge over it that have them. A target that lies in no network of your files is
given one, and the bond an address in it: that stands below the table. The slave that is active
first is at sw1, away from the targets.

What the monitor promises to see is asserted: the outage is at most what the documentation has for
your options. What it does not see is asserted too: no link monitor at all, or miimon and a fault
beyond the slave's own cable, leave the bond dark permanently. A table at the end has all figures.

test_your_bond_path.py has the faults beyond a slave's own cable. Measured on 7.2.13 with virtual
time (HZ=100), dark out and in, in ms; "never" is never again while the fault lasts:

    options                                      cable cut    switch off  all out, back
    mode=1                                       never        never       -
    mode=1 miimon=100                             60   60     60   60     1080  280
    mode=1 miimon=100 primary=eth0 downdelay=200 270  280    280  280     1080  720
    mode=1 arp_interval=100, two targets         250  260    260  260     1360 1360
    mode=1 arp_interval=5000, one target       14783 14783 14783 14783   65176 65155
    mode=5 miimon=100                             10   60     10   60     1080  280
    mode=6 miimon=100 updelay=300                 10   60     10    0     1080  550

"All out" lasts as long as the bond's horizon (horizon.py); a second at its end may be IP's, which
asks again for the target's address.
"""

import pytest

from harness import YourBond, claim, control

TIMES = 3


@claim("HA-2", "FAQ-6")
@pytest.mark.your_bond("cable of {slave} cut", "monitored")
def test_a_cut_cable_is_left(your_bond: YourBond, slave: str) -> None:
    """Whichever slave loses its cable, the bond is dark for no longer than its monitor takes."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        your_bond.cables[slave].cut()
    assert run.outage <= your_bond.failover(bond)
    assert run.recovered


@claim("OPT-3", "FAQ-7")
@control("test_a_cut_cable_is_left")
@pytest.mark.your_bond("cable of the active slave cut", "unmonitored", "one active slave")
def test_a_cut_cable_is_never_left_without_a_monitor(your_bond: YourBond) -> None:
    """Nothing monitors the link of the active slave: the bond stays on it permanently."""
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
    assert run.outage <= your_bond.failover(bond)
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


@claim("FAQ-6", "HA-2")
@pytest.mark.your_bond("active slave flaps three times", "monitored", "one active slave")
def test_a_flapping_slave_is_left_each_time(your_bond: YourBond) -> None:
    """Every time that its cable is pulled the bond is dark for a failover, not for the pull."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.flap(down=your_bond.long, up=your_bond.long, times=TIMES)
    assert run.outage <= your_bond.failover(bond)
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
        your_bond.after(your_bond.resolution)
    again = your_bond.service_again(bond) + your_bond.resolution
    assert run.outage <= your_bond.long + again
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
        your_bond.after(your_bond.late)
    assert run.outage <= your_bond.failover(bond)
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
        your_bond.after(your_bond.late)
    assert run.outage > bond.detection.latest
    assert run.outage <= your_bond.late
    assert run.recovered
