"""arp_interval and neigh.default.locktime: whether one must be longer than the other (seed 004).

    blade1..4 -----------+
    dut         eth0 --- sw1 --- uplink1 ---+
                                           sw3 --- target  192.168.50.222
    dut         eth1 --- sw2 --- uplink2 ---+

What the report says
    `arp_interval=1200` is advised because it is longer than net.ipv4.neigh.default.locktime (100
    hundredths of a second). It does not say what happens otherwise.

Why
    Each answer to the bond's probe also passes the DUT's ARP cache. An answer with another MAC
    than the entry's may replace it only when the entry was last updated longer than locktime ago
    (arp_process; a gratuitous ARP or a request for the DUT's own address always may). In the
    kernels of the report every answer stamped the entry as updated, whether it changed anything
    or not (neigh_update), so answers that came faster than locktime locked the entry for ever:
    a target replaced by a spare was answered by, and never sent to, again. Linux 4.12 (2017, and
    stable kernels after it) stamps an entry only when its MAC or state changes. Since then the
    advice is out of date: what counts is how old the last change is, not how often answers come.
    Read in the source of 6.1 and 6.12, where it is so; the oldest kernel here is 5.10, so the
    former behaviour was read about, not seen.

    locktime has nothing to do with failover of the bond itself: its probes are requests for the
    target's own address, which replace the target's entry at any age (test_virtualbox.py).

Measured (virtual@7.2, 7.2.13; in brackets uml@6.1): the target gets another MAC at 0, silently
    locktime   entry last changed   arp_interval   the DUT follows after
    1 s        over 2 s ago         100            10 ms (107)
    1 s        over 2 s ago         500            470 ms (461)
    1 s        over 2 s ago         1200           480 ms (470)
    60 s       over 2 s ago         100, 1200      not at all
    0 s        1 s ago              100            80 ms (99)
    3 s        1 s ago              100            2160 ms (2156): when it is 3 s old

    That is one arp_interval at most, whatever locktime is. In the meantime, and with 60 s for
    good, the bond sees no failure: arp_validate looks at IP addresses, and all answers come.
"""

import pytest

from harness import claim, control, s
from scenarios.field.chassis import Chassis

SPARE = "02:00:00:00:99:01"
DEFAULT, LOCK = 1 * s, 3 * s


@claim("ARPINT-1")
@pytest.mark.parametrize("arp_interval", [100, 500, 1200])
def test_a_spare_target_is_followed_at_the_next_answer(
    chassis: Chassis, arp_interval: int
) -> None:
    """Shorter or longer than locktime: the next answer to the bond's probe brings the new MAC."""
    bond = chassis.dut.bond(arp_interval=arp_interval)
    chassis.dut.set_locktime(bond, DEFAULT)
    with chassis.watch("out") as run:
        chassis.after(2 * DEFAULT)
        chassis.target.change_mac(SPARE)
    assert run.outage <= bond.arp_interval
    assert run.active_slaves == ["eth0"]


@claim("MON-2", "HA-9")
@control("test_a_spare_target_is_followed_at_the_next_answer")
@pytest.mark.parametrize("arp_interval", [100, 1200])
def test_a_young_entry_is_locked_whatever_the_interval(
    chassis: Chassis, arp_interval: int
) -> None:
    """Answers come, the bond stays up, and the DUT goes on sending to a MAC that is gone."""
    bond = chassis.dut.bond(arp_interval=arp_interval)
    chassis.dut.set_locktime(bond, 60 * s)
    with chassis.watch("out") as run:
        chassis.after(2 * DEFAULT)
        chassis.target.change_mac(SPARE)
    assert run.failures == {"eth0": 0, "eth1": 0}
    assert not run.recovered


@claim("ARPINT-1")
def test_a_change_locks_the_entry_and_answers_do_not(chassis: Chassis) -> None:
    """Taken over and given back within locktime: the second change waits, the answers do not."""
    bond = chassis.dut.bond(arp_interval=100)
    chassis.dut.set_locktime(bond, LOCK)
    with chassis.watch("out") as run:
        chassis.after(2 * LOCK)
        with chassis.target.change_mac(SPARE):
            chassis.after(1 * s)
        chassis.after(LOCK)
    assert LOCK - 1 * s <= run.outage <= LOCK - 1 * s + bond.arp_interval + bond.arp_interval


@claim("ARPINT-1")
@control("test_a_change_locks_the_entry_and_answers_do_not")
def test_without_locktime_every_change_is_followed(chassis: Chassis) -> None:
    """An entry that may change at any age follows there and back."""
    bond = chassis.dut.bond(arp_interval=100)
    chassis.dut.set_locktime(bond, 0 * s)
    with chassis.watch("out") as run:
        chassis.after(2 * LOCK)
        with chassis.target.change_mac(SPARE):
            chassis.after(1 * s)
        chassis.after(LOCK)
    assert run.outage <= bond.arp_interval
