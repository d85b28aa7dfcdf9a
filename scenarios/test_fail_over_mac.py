"""fail_over_mac: whose MAC the bond has, and which switches can live with that.

A learning switch delivers to whichever port a MAC was last seen at. A filtering switch, as of
VirtualBox, delivers a MAC only to the port whose NIC was configured with it (seed 003).
"""

import pytest

from harness import claim, contradicted, control, ms
from scenarios.interfaces import mac_address
from scenarios.topologies import FilteringSwitch, OneSwitch
from scenarios.variants import ThreeSlaves

QUIET = 500 * ms


@claim("FOM-NONE-1", "FOM-NONE-3", "MAC-1", "GARP-19", "MODE-AB-4")
@contradicted(
    "FOM-NONE-1",
    nics="vmxnet3",
    evidence="after the failover nothing arrives: the MAC that was set while eth1 was down is not "
    "in force (Linux 6.1, QEMU 7.2)",
)
def test_none_keeps_one_mac_for_all(one_switch: OneSwitch) -> None:
    """No MAC changes at failover; the switch finds the bond's MAC behind the other port."""
    bond = one_switch.dut.bond(fail_over_mac="none")
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    mac = one_switch.eth0.mac
    assert run.mac_addresses == [mac]
    assert run.slave("eth0").mac_addresses == run.slave("eth1").mac_addresses == [mac]
    assert [(move.before, move.port) for move in run.moves_of(mac)] == [("eth0", "eth1")]
    assert run.outage <= bond.miimon


@claim("FOM-ACTIVE-1", "FAQ-8")
@control("test_none_keeps_one_mac_for_all")
def test_active_gives_the_bond_the_mac_of_its_active_slave(one_switch: OneSwitch) -> None:
    """The slaves keep their own MACs, the bond changes, and a GARP tells everyone."""
    bond = one_switch.dut.bond(fail_over_mac="active")
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    own, other = one_switch.eth0.mac, one_switch.eth1.mac
    assert run.mac_addresses == [own, other]
    assert run.slave("eth0").mac_addresses == [own]
    assert run.slave("eth1").mac_addresses == [other]
    assert [(garp.port, garp.mac) for garp in run.garps] == [("eth1", other)]
    assert run.outage <= bond.miimon


@claim("FOM-FOLLOW-1", "FOM-FOLLOW-2", "FAQ-8")
@contradicted(
    "FOM-FOLLOW-2",
    nics="pcnet",
    evidence="pcnet32 refuses a MAC while it is up: the log has bond0: (slave eth1): Error 16 "
    "setting MAC of new active slave, and nothing arrives any more (Linux 6.1, QEMU 7.2)",
)
@control("test_active_gives_the_bond_the_mac_of_its_active_slave")
def test_follow_swaps_the_macs_of_the_slaves(one_switch: OneSwitch) -> None:
    """The bond keeps its MAC: the new active slave takes it, the old one gets the other's."""
    bond = one_switch.dut.bond(fail_over_mac="follow")
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    own, other = one_switch.eth0.mac, one_switch.eth1.mac
    assert run.mac_addresses == [own]
    assert run.slave("eth0").mac_addresses[-1] == other
    assert run.slave("eth1").mac_addresses[-1] == own
    assert run.outage <= bond.miimon


@claim("FOM-FOLLOW-2")
@contradicted(
    "FOM-FOLLOW-2",
    kernels=">=6.1",
    evidence="a slave that is released gets back its own MAC, which another one was given at the "
    "failover; bond_enslave compares it with the bond's only (difference 63)",
)
def test_follow_gives_no_two_slaves_the_same_mac(three_slaves: ThreeSlaves) -> None:
    """After a failover, with the new active slave replaced, each slave has a MAC of its own."""
    bond = three_slaves.dut.bond(fail_over_mac="follow")
    with three_slaves.watch() as run:
        three_slaves.eth0.cut()
        three_slaves.after(QUIET)
        three_slaves.dut.release(bond, three_slaves.eth1)
        three_slaves.after(QUIET)
        three_slaves.dut.enslave(bond, three_slaves.eth1)
        three_slaves.after(QUIET)
    assert three_slaves.eth0.mac in run.slave("eth1").mac_addresses
    last = [run.slave(name).mac_addresses[-1] for name in ("eth0", "eth1", "eth2")]
    assert len(set(last)) == 3


@claim("FOM-FOLLOW-2")
@control("test_follow_gives_no_two_slaves_the_same_mac")
def test_follow_gives_each_its_own_when_a_backup_is_replaced(three_slaves: ThreeSlaves) -> None:
    """The same with a slave that was never active: it has the MAC that it had."""
    bond = three_slaves.dut.bond(fail_over_mac="follow")
    with three_slaves.watch() as run:
        three_slaves.eth0.cut()
        three_slaves.after(QUIET)
        three_slaves.dut.release(bond, three_slaves.eth2)
        three_slaves.after(QUIET)
        three_slaves.dut.enslave(bond, three_slaves.eth2)
        three_slaves.after(QUIET)
    last = [run.slave(name).mac_addresses[-1] for name in ("eth0", "eth1", "eth2")]
    assert len(set(last)) == 3


@claim("FOM-NONE-1", "FOM-ACTIVE-1")
@pytest.mark.parametrize("fail_over_mac", ["none", "active", "follow"])
def test_a_filtering_switch_is_content_without_failover(
    filtering_switch: FilteringSwitch, fail_over_mac: str
) -> None:
    """As long as the first slave is active, every policy works at a switch that filters."""
    filtering_switch.dut.bond(fail_over_mac=fail_over_mac)
    with filtering_switch.watch() as run:
        filtering_switch.after(QUIET)
    assert run.lost == 0
    assert run.active_slaves == ["eth0"]


@claim("FOM-NONE-3", "FOM-FOLLOW-2")
@control("test_a_filtering_switch_is_content_without_failover")
@pytest.mark.parametrize("fail_over_mac", ["none", "follow"])
def test_a_shared_mac_is_lost_at_a_filtering_switch(
    filtering_switch: FilteringSwitch, fail_over_mac: str
) -> None:
    """The bond shows no error, but no frame passes: the second port is not for its MAC."""
    bond = filtering_switch.dut.bond(fail_over_mac=fail_over_mac)
    with filtering_switch.watch() as run:
        filtering_switch.eth0.cut()
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.link_states["eth1"] == "up"
    assert run.outage_out <= bond.miimon
    assert not run.recovered


@claim("FOM-ACTIVE-1")
@control("test_a_shared_mac_is_lost_at_a_filtering_switch")
def test_active_is_the_cure_at_a_filtering_switch(filtering_switch: FilteringSwitch) -> None:
    """With the MAC of its active slave the bond gets through to the second port."""
    bond = filtering_switch.dut.bond(fail_over_mac="active")
    with filtering_switch.watch() as run:
        filtering_switch.eth0.cut()
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.outage <= bond.miimon


@claim("FOM-ACTIVE-2")
def test_a_lost_garp_leaves_peers_with_the_old_mac(one_switch: OneSwitch) -> None:
    """Under `active`, peers whose GARP is lost go on sending to a MAC that the DUT discards."""
    bond = one_switch.dut.bond(fail_over_mac="active")
    one_switch.eth1.mute_garp(bond.address)
    with one_switch.watch("in") as run:
        one_switch.eth0.cut()
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.outage_in > bond.miimon
    assert run.outage_out <= bond.miimon
    assert not run.recovered


@claim("FOM-ACTIVE-2", "GARP-19")
@control("test_a_lost_garp_leaves_peers_with_the_old_mac")
def test_a_garp_that_arrives_updates_peers(one_switch: OneSwitch) -> None:
    """The same failover with its GARP delivered is over with the failover."""
    bond = one_switch.dut.bond(fail_over_mac="active")
    with one_switch.watch("in") as run:
        one_switch.eth0.cut()
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.outage <= bond.miimon


@claim("FOM-ACTIVE-3", "UPDELAY-6")
@pytest.mark.parametrize(("updelay", "heard"), [(0, False), (800, True)])
def test_a_late_port_swallows_the_garp(
    one_switch: OneSwitch, *, updelay: int, heard: bool
) -> None:
    """A port that forwards late loses the GARP of the return to it, unless updelay covers it."""
    bond = one_switch.dut.bond(fail_over_mac="active", primary="eth0", updelay=updelay)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
        one_switch.after(300 * ms)
        one_switch.eth0.heal_late(600 * ms)
    assert run.active_slaves == ["eth0", "eth1", "eth0"]
    assert (one_switch.eth0.mac in {garp.mac for garp in run.garps_heard}) == heard
    assert (run.outage <= bond.miimon) == heard


@claim("FOM-FOLLOW-4")
@contradicted(
    "FOM-FOLLOW-4",
    nics="pcnet",
    evidence="pcnet32 refuses a MAC while it is up: after both cables were out, the slave that is "
    "back keeps its own, and nothing passes for 5.9 s (Linux 6.1, QEMU 7.2)",
)
def test_follow_after_a_total_outage(one_switch: OneSwitch) -> None:
    """The first slave to recover gets the bond's MAC, and the one that had it gets the other."""
    one_switch.dut.bond(fail_over_mac="follow")
    with one_switch.watch() as run:
        one_switch.eth1.cut()  # before the active one, so that it does not take over
        one_switch.eth0.cut()
        one_switch.after(QUIET)
        one_switch.eth1.heal()
    assert run.mac_addresses == [one_switch.eth0.mac]
    assert run.slave("eth1").mac_addresses[-1] == one_switch.eth0.mac
    assert run.slave("eth0").mac_addresses[-1] == one_switch.eth1.mac
    assert run.recovered


@claim("FOM-ACTIVE-1")
@control("test_follow_after_a_total_outage")
def test_active_after_a_total_outage(one_switch: OneSwitch) -> None:
    """Under `active` the first slave to recover keeps its own MAC and gives it to the bond."""
    one_switch.dut.bond(fail_over_mac="active")
    with one_switch.watch() as run:
        one_switch.eth1.cut()  # before the active one, so that it does not take over
        one_switch.eth0.cut()
        one_switch.after(QUIET)
        one_switch.eth1.heal()
    assert run.mac_addresses == [one_switch.eth0.mac, one_switch.eth1.mac]
    assert run.slave("eth1").mac_addresses == [one_switch.eth1.mac]
    assert run.recovered


@claim("FOM-ACTIVE-5")
@contradicted(
    "FOM-ACTIVE-5",
    kernels=">=5.10",
    evidence="bond_set_mac_address acknowledges and ignores it (difference 27)",
)
@pytest.mark.parametrize("fail_over_mac", ["active", "follow"])
def test_a_mac_that_is_set_by_hand_is_taken(one_switch: OneSwitch, fail_over_mac: str) -> None:
    """A change that the kernel acknowledges takes effect."""
    bond = one_switch.dut.bond(fail_over_mac=fail_over_mac)
    with one_switch.watch() as run:
        one_switch.dut.set_mac(bond, "02:00:00:00:00:99")
        one_switch.after(QUIET)
    assert run.mac_addresses[-1] == "02:00:00:00:00:99"


@claim("MAC-4")
@contradicted(
    "MAC-4",
    nics="pcnet",
    evidence="pcnet32 refuses a MAC while it is up: set_mac of bond0 fails with EBUSY (Linux 6.1)",
)
@control("test_a_mac_that_is_set_by_hand_is_taken")
def test_with_none_it_is_taken(one_switch: OneSwitch) -> None:
    """With the default policy the bond and its slaves take the new MAC."""
    bond = one_switch.dut.bond(fail_over_mac="none")
    with one_switch.watch() as run:
        one_switch.dut.set_mac(bond, "02:00:00:00:00:99")
        one_switch.after(QUIET)
    assert run.mac_addresses[-1] == "02:00:00:00:00:99"
    assert run.slave("eth1").mac_addresses[-1] == "02:00:00:00:00:99"


def macs(net: OneSwitch) -> list[str]:
    """Return the MACs of the bond and of both slaves."""
    return [mac_address(net.dut, name) for name in ("bond0", "eth0", "eth1")]


@claim("FOM-6", "FOM-NONE-1")
@pytest.mark.parametrize(
    ("mode", "different"),
    [
        ("balance-rr", 1),
        ("active-backup", 2),
        ("balance-xor", 1),
        ("broadcast", 1),
        ("802.3ad", 1),
    ],
)
def test_the_policy_has_no_effect_in_other_modes(
    one_switch: OneSwitch, mode: str, different: int
) -> None:
    """Slaves get the bond's MAC all the same, although the option is accepted."""
    bond = one_switch.dut.bond(mode=mode, fail_over_mac="active")
    assert bond["fail_over_mac"] == "active"
    assert len(set(macs(one_switch))) == different


@claim("FOM-FOLLOW-3")
@pytest.mark.parametrize(
    ("fail_over_mac", "shared"), [("follow", False), ("active", False), ("none", True)]
)
def test_a_slave_that_returns_does_not_share_the_bonds_mac(
    one_switch: OneSwitch, fail_over_mac: str, *, shared: bool
) -> None:
    """Released, a slave has its own MAC again; enslaved again, it shares the bond's or not."""
    bond = one_switch.dut.bond(fail_over_mac=fail_over_mac)
    one_switch.dut.release(bond, one_switch.eth0)
    released = macs(one_switch)
    one_switch.dut.enslave(bond, one_switch.eth0)
    again = macs(one_switch)
    assert released[1] == one_switch.eth0.mac
    assert (again[1] == again[0]) == shared
