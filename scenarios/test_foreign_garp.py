"""Gratuitous ARP of others: a bond's address and MAC are taken away, and come back."""

from harness import claim, control, ms
from scenarios.topologies import TARGET, OneSwitch


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
