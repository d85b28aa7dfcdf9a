"""num_grat_arp, peer_notif_delay: how a bond announces its move; and what a foreign GARP does."""

import pytest

from harness import claim, contradicted, control, ms
from scenarios.topologies import TARGET, OneSwitch

FIRST_IS_MISSING = contradicted(
    "GARP-1",
    kernels=">=6.1,<7.2",
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
        assert bond.miimon <= gap <= bond.miimon


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
    """The same recovery with three announcements asked for is told to the network."""
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


@claim("GARP-19")
def test_a_foreign_garp_takes_the_address_away(one_switch: OneSwitch) -> None:
    """A host that announces the bond's address gets its traffic until the bond says something."""
    bond = one_switch.dut.bond()
    with one_switch.watch("in") as run:
        one_switch.neighbour.garp(bond.address)
    assert run.active_slaves == ["eth0"]
    assert not run.recovered


@claim("GARP-19", "GARP-15")
@control("test_a_foreign_garp_takes_the_address_away")
def test_the_bonds_next_garp_brings_the_address_back(one_switch: OneSwitch) -> None:
    """The traffic is away until the bond announces itself, and back at once then."""
    bond = one_switch.dut.bond()
    with one_switch.watch("in") as run:
        one_switch.neighbour.garp(bond.address)
        one_switch.after(400 * ms)
        one_switch.dut.set(bond, active_slave="eth1")
    assert 400 * ms <= run.outage_in <= 400 * ms
    assert run.recovered


@claim("GARP-19", "ARPINT-1")
@control("test_a_foreign_garp_takes_the_address_away")
def test_the_bonds_next_arp_brings_the_address_back(one_switch: OneSwitch) -> None:
    """An ARP monitor heals a stolen address with its next probe."""
    bond = one_switch.dut.bond(arp_interval=200, arp_ip_target=TARGET)
    with one_switch.watch("in") as run:
        one_switch.neighbour.garp(bond.address)
    assert run.outage_in <= bond.arp_interval
    assert run.recovered


@claim("GARP-19", "MODE-AB-4")
def test_a_stolen_mac_comes_back_with_the_next_frame(one_switch: OneSwitch) -> None:
    """A switch follows a MAC to a foreign port, and back with the bond's next frame."""
    one_switch.dut.bond()
    with one_switch.watch() as run:
        one_switch.neighbour.garp_as(one_switch.eth0.mac, "192.0.2.77")
    moves = [(move.before, move.port) for move in run.moves_of(one_switch.eth0.mac)]
    assert moves == [("eth0", "neighbour"), ("neighbour", "eth0")]
    assert run.outage <= 10 * ms


@claim("GARP-19", "MODE-AB-4")
@control("test_a_stolen_mac_comes_back_with_the_next_frame")
def test_a_pinned_mac_cannot_be_stolen(one_switch: OneSwitch) -> None:
    """A switch that binds the bond's MAC to its port does not follow it to a foreign one."""
    one_switch.dut.bond()
    one_switch.sw.pin(one_switch.eth0.mac, one_switch.eth0)
    with one_switch.watch() as run:
        one_switch.neighbour.garp_as(one_switch.eth0.mac, "192.0.2.77")
    assert run.moves_of(one_switch.eth0.mac) == []
    assert run.lost == 0
