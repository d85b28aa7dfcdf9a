"""Two USB adapters (seed 000, see test_usb_nics.py) under an ARP monitor of 5 s and of 50 s.

What was reported. Told by `mii-tool` that there was no MII, the author took the ARP monitor:
`arp_interval=50000`, meant as five seconds, then `arp_interval=5000 primary=eth1`. With one cable
out a ping a second came back ten times, then failed ten times, and so on; some time later the
whole of bond0 was down.

What is shown. arp_interval is in milliseconds, and a dead path is left between 2 and 3 of
them: 5000 leaves the bond dark for up to 15 s and 50000 for up to 150 s. Another interval comes
on top: in the silence the backup slave, which counts the active slave's requests, is found down
in the same round, the bond is without any slave, and only then are they tried in turn.

A cable that is out does not make a bond flap: a slave that hears nothing stays down. What does is
a path that is dead only outwards (a bad pair in a cable, or as here an adapter that drops what
it is given to send), together with `primary`: the active slave hears no answer and is given up,
as a backup it hears the other one's requests and is found well, as the primary it becomes active
at once. arp_validate does not change that: a backup never sends (ARPVAL-8). With backups
validated the good spell lasts two intervals, since requests are trusted only when the new active
slave has been answered (ARPVAL-16): ten answers at one ping a second, as reported.

What was measured (virtual 7.2.13, HZ=100; one ping a second; o answered, . lost):

    arp_interval   cable out: detection   outage
             100               260 ms    250 ms
            5000                15.3 s    20 s
           50000               143.5 s   143 s; 190 s where the backup is found dead as well

    arp_interval=5000 primary=eth1, eth1 dead outwards:
    arp_validate=none      never answered: eth1 stays, or bond0 goes down and up with it, 5 s of 20
    arp_validate=active    ..........ooooo...............ooooo...............ooooo    5 and 15
    arp_validate=backup    ....................oooooooooo...............oooooooooo   10 and 15
    arp_validate=all       ..........oooooooooo....................oooooooooo        10 and 20
    the last two without primary, or with primary_reselect=failure: one failover, then answered
"""

import pytest

from harness import claim, control, ms, s
from scenarios.topologies import UsbNics

TARGET = "192.168.0.1"
PING = 1 * s


@claim("ARPMISS-1", "ARPINT-10")
@pytest.mark.parametrize("arp_interval", [5000, 50000])
def test_an_interval_of_seconds_is_an_outage_of_many(usb_nics: UsbNics, arp_interval: int) -> None:
    """A cable that is out is noticed after two to three intervals, and answered for after one."""
    bond = usb_nics.dut.bond(arp_interval=arp_interval, arp_ip_target=TARGET, primary="eth1")
    with usb_nics.watch("out", every=PING) as run:
        usb_nics.eth1.cut()
    assert bond.detection.earliest <= run.detection <= bond.detection.latest
    assert run.outage >= bond.detection.earliest
    assert run.outage <= bond.detection.latest + bond.times.service_again(2).latest
    assert run.recovered


@claim("ARPMISS-1", "ARPINT-10")
@control("test_an_interval_of_seconds_is_an_outage_of_many")
def test_an_interval_of_milliseconds_is_not(usb_nics: UsbNics) -> None:
    """With arp_interval=100 the same cable is answered for before 5000 would have noticed it."""
    usb_nics.dut.bond(arp_interval=100, arp_ip_target=TARGET, primary="eth1")
    slow = usb_nics.dut.window(arp_interval=5000, arp_ip_target=TARGET)
    with usb_nics.watch("out") as run:
        usb_nics.eth1.cut()
    assert run.outage < slow.earliest
    assert run.active_slave == "eth2"


@claim("ARPMISS-7", "ARPINT-1")
def test_both_cables_out_and_back(usb_nics: UsbNics) -> None:
    """After both were out, slaves are tried one per interval until one is answered."""
    bond = usb_nics.dut.bond(arp_interval=5000, arp_ip_target=TARGET)
    with usb_nics.watch("out", every=PING) as run:
        usb_nics.eth1.cut()
        usb_nics.eth2.cut()
        usb_nics.after(60 * s)
        usb_nics.eth1.heal()
        usb_nics.eth2.heal()
    assert None in run.active_slaves
    assert run.outage <= 60 * s + bond.times.service_again(2).latest
    assert run.recovered


@claim("ARPMISS-7")
@control("test_both_cables_out_and_back")
def test_both_cables_out_for_good(usb_nics: UsbNics) -> None:
    """While both are out no slave stays up."""
    usb_nics.dut.bond(arp_interval=5000, arp_ip_target=TARGET)
    with usb_nics.watch("out", every=PING) as run:
        usb_nics.eth1.cut()
        usb_nics.eth2.cut()
    assert run.active_slave is None
    assert not run.recovered


@claim("ARPVAL-8", "PRESEL-1", "PRESEL-8")
@pytest.mark.parametrize("arp_validate", ["backup", "all"])
def test_a_primary_that_is_dead_outwards_flaps(usb_nics: UsbNics, arp_validate: str) -> None:
    """Some pings answered, some lost, repeatedly: as a backup the dead slave receives enough."""
    arp = {"arp_ip_target": TARGET, "arp_validate": arp_validate}
    usb_nics.dut.bond(arp_interval=5000, primary="eth1", **arp)
    with usb_nics.watch("out", every=PING) as run:
        usb_nics.eth1.drop_bulk("out")
        usb_nics.after(60 * s)
    assert run.slave("eth1").failures > 2
    assert run.active_slaves.count("eth2") > 2


@claim("PRESEL-4", "PRESEL-8")
@control("test_a_primary_that_is_dead_outwards_flaps")
@pytest.mark.parametrize("arp_validate", ["backup", "all"])
def test_with_reselection_at_failure_only_it_does_not(
    usb_nics: UsbNics, arp_validate: str
) -> None:
    """With primary_reselect=failure the bond stays where it is answered."""
    arp = {"arp_ip_target": TARGET, "arp_validate": arp_validate}
    usb_nics.dut.bond(arp_interval=5000, primary="eth1", primary_reselect="failure", **arp)
    with usb_nics.watch("out", every=PING) as run:
        usb_nics.eth1.drop_bulk("out")
        usb_nics.after(60 * s)
    assert run.active_slaves.count("eth2") == 1
    assert run.active_slave == "eth2"
    assert run.recovered


@claim("ARPVAL-0", "ARPINT-7")
def test_without_validation_the_dead_slave_is_always_chosen(usb_nics: UsbNics) -> None:
    """It hears too much to be given up, or is the first to be found well: no ping is answered."""
    usb_nics.dut.bond(arp_interval=5000, arp_ip_target=TARGET, primary="eth1")
    with usb_nics.watch("out", every=PING) as run:
        usb_nics.eth1.drop_bulk("out")
        usb_nics.after(60 * s)
    assert "eth2" not in run.active_slaves
    assert not run.recovered


@claim("ARPMISS-1", "ARPINT-10")
@control("test_without_validation_the_dead_slave_is_always_chosen")
def test_a_cable_that_is_out_does_not_flap(usb_nics: UsbNics) -> None:
    """A primary that receives nothing is left permanently."""
    usb_nics.dut.bond(arp_interval=5000, arp_ip_target=TARGET, primary="eth1")
    with usb_nics.watch("out", every=PING) as run:
        usb_nics.eth1.cut()
        usb_nics.after(60 * s)
    assert run.active_slaves.count("eth2") == 1
    assert run.slave("eth1").failures == 1
    assert run.recovered


@claim("MON-2", "MIIMON-6")
@control("test_an_interval_of_seconds_is_an_outage_of_many")
def test_the_arp_monitor_finds_what_a_stalled_pipe_hides(usb_nics: UsbNics) -> None:
    """Without reports of the chip, missing answers show that the link is lost."""
    bond = usb_nics.dut.bond(arp_interval=100, arp_ip_target=TARGET, primary="eth1")
    with usb_nics.watch("out") as run:
        usb_nics.eth1.stall_interrupts()
        usb_nics.eth1.cut()
        usb_nics.after(100 * ms)
    assert run.detection <= bond.detection.latest + (100 * ms)
    assert run.recovered
