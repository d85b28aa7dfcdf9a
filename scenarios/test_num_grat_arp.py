"""num_grat_arp, peer_notif_delay: how a bond announces its move."""

import pytest

from harness import Span, claim, contradicted, control, ms, s
from scenarios.programs import failover_events
from scenarios.topologies import TARGET, OneSwitch
from scenarios.variants import NoAddress

FIRST_IS_MISSING = contradicted(
    "GARP-1",
    kernels=">=6.1,<7.0",
    evidence="with a delay of at most one miimon the first round is counted but not sent, so N-1 "
    "leave (difference 4)",
)


@claim("GARP-1", "MODE-AB-5")
@pytest.mark.parametrize(
    "num_grat_arp",
    [1, *(pytest.param(number, marks=FIRST_IS_MISSING) for number in (2, 3, 5))],
)
def test_as_many_announcements_as_asked_for(one_switch: OneSwitch, num_grat_arp: int) -> None:
    """A failover is announced num_grat_arp times, from the new active slave."""
    one_switch.dut.bond(num_grat_arp=num_grat_arp)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert [garp.port for garp in run.garps] == ["eth1"] * num_grat_arp


@claim("GARP-1", "PND-1")
@pytest.mark.parametrize("num_grat_arp", [2, 3, 5])
def test_with_a_delay_all_announcements_come(one_switch: OneSwitch, num_grat_arp: int) -> None:
    """With peer_notif_delay above one miimon every kernel sends all of them."""
    one_switch.dut.bond(num_grat_arp=num_grat_arp, peer_notif_delay=300)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert [garp.port for garp in run.garps] == ["eth1"] * num_grat_arp


@claim("GARP-4")
@control("test_as_many_announcements_as_asked_for")
@control("test_with_a_delay_all_announcements_come")
@control("test_the_first_announcement_comes_with_the_switchover")
@control("test_a_change_by_hand_is_announced")
def test_none_are_sent_when_none_are_asked_for(one_switch: OneSwitch) -> None:
    """num_grat_arp=0 keeps the bond silent."""
    one_switch.dut.bond(num_grat_arp=0)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.garps == []


@claim("GARP-2")
def test_the_first_announcement_comes_with_the_switchover(one_switch: OneSwitch) -> None:
    """The network is told in the same inspection in which the bond moves."""
    one_switch.dut.bond()
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert run.announcement <= 0 * ms


@claim("GARP-3", "PND-2")
def test_announcements_are_one_inspection_apart(one_switch: OneSwitch) -> None:
    """By default the next announcement comes with the next inspection."""
    bond = one_switch.dut.bond(num_grat_arp=6)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert len(run.garps) >= 5
    for gap in run.garp_gaps[1:]:
        assert bond.inspection <= gap <= bond.inspection


@claim("PND-1")
@control("test_announcements_are_one_inspection_apart")
def test_peer_notif_delay_spaces_them(one_switch: OneSwitch) -> None:
    """From the second announcement on they are peer_notif_delay apart."""
    bond = one_switch.dut.bond(num_grat_arp=4, peer_notif_delay=300)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert len(run.garps) == 4
    for gap in run.garp_gaps[1:]:
        assert bond.peer_notif_delay <= gap <= bond.peer_notif_delay


@claim("PND-1")
@contradicted(
    "PND-1",
    kernels=">=6.1",
    evidence="the first gap is one inspection short: 210 ms for 400 (difference 5)",
)
def test_peer_notif_delay_spaces_the_first_two_as_well(one_switch: OneSwitch) -> None:
    """The second announcement comes peer_notif_delay after the first."""
    bond = one_switch.dut.bond(miimon=200, num_grat_arp=2, peer_notif_delay=400)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert run.garp_gaps[0] >= bond.peer_notif_delay


@claim("PND-1")
@control("test_peer_notif_delay_spaces_the_first_two_as_well")
def test_peer_notif_delay_spaces_the_next_two(one_switch: OneSwitch) -> None:
    """The third announcement comes peer_notif_delay after the second."""
    bond = one_switch.dut.bond(miimon=200, num_grat_arp=3, peer_notif_delay=400)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert run.garp_gaps[1] >= bond.peer_notif_delay


@claim("GARP-10", "GARP-1")
@contradicted(
    "GARP-10",
    kernels=">=6.1",
    evidence="after a bond without carrier recovers one round fewer is sent (difference 3)",
)
def test_recovery_from_a_total_outage_is_announced(one_switch: OneSwitch) -> None:
    """The slave that brings the bond back announces it, as any new active slave."""
    one_switch.dut.bond()
    with one_switch.watch() as run:
        one_switch.eth1.cut()
        one_switch.eth0.flap(down=500 * ms)
    assert run.active_slaves == ["eth0", None, "eth0"]
    assert run.garps != []


@claim("GARP-10")
@control("test_recovery_from_a_total_outage_is_announced")
def test_recovery_is_announced_when_more_is_asked_for(one_switch: OneSwitch) -> None:
    """The same recovery with three announcements asked for is announced."""
    one_switch.dut.bond(num_grat_arp=3)
    with one_switch.watch() as run:
        one_switch.eth1.cut()
        one_switch.eth0.flap(down=500 * ms)
    assert run.active_slaves == ["eth0", None, "eth0"]
    assert run.garps != []


@claim("GARP-15", "ACTIVE-1")
def test_a_change_by_hand_is_announced(one_switch: OneSwitch) -> None:
    """A new active slave that was asked for is announced like any other."""
    bond = one_switch.dut.bond()
    with one_switch.watch() as run:
        one_switch.dut.set(bond, active_slave="eth1")
    assert run.active_slaves == ["eth0", "eth1"]
    assert [garp.port for garp in run.garps] == ["eth1"]
    assert run.outage <= 0 * ms


@claim("GARP-16")
@control("test_announcements_are_one_inspection_apart")
def test_under_the_arp_monitor_they_are_one_round_apart(one_switch: OneSwitch) -> None:
    """Announcements follow the rounds of the ARP monitor where that is in force."""
    bond = one_switch.dut.bond(arp_interval=200, arp_ip_target=TARGET, num_grat_arp=5)
    with one_switch.watch() as run:
        one_switch.dut.set(bond, active_slave="eth1")
        one_switch.after(8 * bond.arp_interval)
    assert len(run.garps) >= 4
    for gap in run.garp_gaps[1:]:
        assert bond.arp_interval <= gap <= bond.arp_interval


@claim("GARP-17")
def test_a_bond_that_is_set_down_announces_no_more(one_switch: OneSwitch) -> None:
    """The announcements that were left are dropped, also when the bond is up again."""
    bond = one_switch.dut.bond(num_grat_arp=20)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
        one_switch.after(500 * ms)
        with one_switch.dut.take_down(bond):
            one_switch.after(200 * ms)
        one_switch.after(3 * s)
    assert run.active_slaves == ["eth0", "eth1"]
    assert 2 <= len(run.garps) <= 9


@claim("GARP-1")
@control("test_a_bond_that_is_set_down_announces_no_more")
def test_a_bond_that_stays_up_announces_to_the_end(one_switch: OneSwitch) -> None:
    """The same number without the interruption is sent."""
    one_switch.dut.bond(num_grat_arp=20, peer_notif_delay=200)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert len(run.garps) == 20


@claim("GARP-13")
@pytest.mark.parametrize(
    ("mode", "announced"),
    [
        ("active-backup", True),
        ("balance-tlb", False),
        ("balance-rr", False),
        ("balance-xor", False),
    ],
)
def test_only_active_backup_announces_its_failover(
    one_switch: OneSwitch, mode: str, *, announced: bool
) -> None:
    """In the other modes a slave that fails is no reason for a gratuitous ARP."""
    one_switch.dut.bond(mode=mode, num_grat_arp=3)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert run.slave("eth0").link_states == ["up", "down"]
    assert (run.garps != []) == announced


@claim("GARP-6")
@contradicted(
    "GARP-6",
    kernels=">=5.10",
    evidence="inetdev_send_gratuitous_arp sends one for each address of the interface "
    "(difference 6)",
)
def test_an_interface_is_announced_once(one_switch: OneSwitch) -> None:
    """One gratuitous ARP is sent for an interface, however many addresses it has."""
    one_switch.dut.bond()
    one_switch.dut.add_address("192.0.2.100")
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert len(run.garps) + len(run.garps_for("192.0.2.100")) == 1


@claim("GARP-6")
@control("test_an_interface_is_announced_once")
def test_each_address_is_announced(one_switch: OneSwitch) -> None:
    """Both addresses are told to the network through the new active slave."""
    one_switch.dut.bond()
    one_switch.dut.add_address("192.0.2.100")
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert [garp.port for garp in run.garps] == ["eth1"]
    assert [garp.port for garp in run.garps_for("192.0.2.100")] == ["eth1"]


@claim("GARP-8")
@control("test_as_many_announcements_as_asked_for")
def test_a_bond_without_address_announces_nothing(no_address: NoAddress) -> None:
    """There is no gratuitous ARP for an interface that has no address."""
    no_address.dut.bond(num_grat_arp=3)
    with no_address.watch() as run:
        no_address.eth0.cut()
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.garps == []


@claim("GARP-18")
@pytest.mark.parametrize(
    ("mode", "num_grat_arp", "events"),
    [
        ("active-backup", 1, (1, 1)),
        ("active-backup", 3, (1, 3)),
        ("active-backup", 0, (1, 0)),
        ("balance-tlb", 3, (0, 0)),
    ],
)
def test_a_failover_is_told_by_netlink(
    one_switch: OneSwitch, mode: str, num_grat_arp: int, events: tuple[int, int]
) -> None:
    """Programs get one event of the failover, and one of each round of announcements."""
    one_switch.dut.bond(mode=mode, num_grat_arp=num_grat_arp)
    with one_switch.watch():
        told = failover_events(one_switch)
    assert told == events


def announced_too_often(net: OneSwitch, between: Span) -> bool:
    """Tell whether slaves that return `between` apart are announced more often than active."""
    net.dut.bond(arp_interval=100, arp_ip_target=TARGET, arp_validate="filter", primary="eth0")
    with net.watch() as run:
        for _ in range(6):
            net.eth0.cut()
            net.eth1.cut()
            net.after(1 * s)
            net.eth1.heal()
            net.after(between)
            net.eth0.heal()
            net.after(1 * s)
    return len(run.garps) > sum(slave is not None for slave in run.active_slaves[1:])


@claim("GARP-1")
@contradicted(
    "GARP-1",
    kernels=">=6.1,<7.0",
    evidence="bond_activebackup_arp_mon asks whether to announce before a failover, and counts "
    "after it: at 0 the counter becomes 4294967295 (difference 69)",
)
def test_announcements_end(one_switch: OneSwitch) -> None:
    """The primary takes over a round after another slave: no more than one for each of them."""
    assert not announced_too_often(one_switch, 100 * ms)


@claim("GARP-1")
@control("test_announcements_end")
def test_announcements_end_between_two_failovers(one_switch: OneSwitch) -> None:
    """The same with half a second between the two."""
    assert not announced_too_often(one_switch, 500 * ms)
