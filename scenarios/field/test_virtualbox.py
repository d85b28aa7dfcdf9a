"""VirtualBox: the bond fails over, every table shows it, and no frame arrives (seed 003).

    VM  169.254.192.222
    dut  eth1 ---+
                 +=== sw === target  169.254.192.1 (the gateway)      === a port that filters
         eth2 ---+

What the report saw
    A CentOS guest with eth1 and eth2 on a host-only network, `mode=1 miimon=100`. A ping of the
    gateway ran while the cable of the active NIC was pulled. /proc/net/bonding/bond0 showed eth2
    active and up; nothing came through any more. `fail_over_mac=1` made it work, and the author
    did not see why: on real switches the default does.

Why
    VirtualBox knows which MAC each NIC was configured with, and delivers unicast to a NIC only
    for that. Under `none` and `follow` the active slave carries the bond's one MAC, which is
    eth1's: what eth2 sends gets out, what is sent to it stops at its port. (The report says that
    the option hands the MAC on at failover; it is the other way round: `none` does, `active`
    gives the bond the MAC of the slave it uses.) The price of `active` is that everybody must be
    told, by one gratuitous ARP.

Measured (virtual@7.2, 7.2.13; in brackets uml@6.1), cable pulled at 0, put back at 1000 ms
    policy        pulled                 put back     one GARP lost
    none, follow  dark forever (same)    ends it: 1050 ms (1044 to 1108)    -
    active        60 ms (50)             50 ms (47)   dark while the VM only answers

    A lost GARP under `active`: a VM that speaks itself is back after 60 ms, as the change of its
    MAC empties its ARP cache and it has to ask; one that only answers stays dark under `miimon`,
    and with `arp_interval=100` is back after 260 ms, with the monitor's next probe.

    Back on a port that forwards 600 ms after it shows carrier: `none` and `follow` are dark for
    560 ms (539 to 590), `active` forever, as the port drops the GARP; `updelay=800` loses
    nothing more than the failover did, 70 ms (70).

The Vagrantfile at the top of the project builds this on VirtualBox itself. Port security, which
VirtualBox does not have but such switches often do, is in test_port_security.py.
"""

import pytest

from harness import claim, control, ms, s
from scenarios.field.virtualbox import GATEWAY, SHARED, Office, VirtualBox

FORWARDING = 600 * ms


@claim("FOM-NONE-3", "FOM-FOLLOW-2")
@pytest.mark.parametrize("fail_over_mac", SHARED)
def test_the_bond_fails_over_and_the_wire_is_dead(
    virtualbox: VirtualBox, fail_over_mac: str
) -> None:
    """As reported: eth2 is active and up, and the gateway's answers stop at its port."""
    bond = virtualbox.dut.bond(fail_over_mac=fail_over_mac)
    with virtualbox.watch() as run:
        virtualbox.eth1.cut()
    assert run.active_slaves == ["eth1", "eth2"]
    assert run.link_states == {"eth1": "down", "eth2": "up"}
    assert run.outage_out <= bond.miimon
    assert not run.recovered


@claim("FOM-ACTIVE-1")
@control("test_the_bond_fails_over_and_the_wire_is_dead")
def test_active_cures_it(virtualbox: VirtualBox) -> None:
    """As reported: with fail_over_mac=1 the outage is that of the failover."""
    bond = virtualbox.dut.bond(fail_over_mac=1)
    with virtualbox.watch() as run:
        virtualbox.eth1.cut()
    assert run.active_slaves == ["eth1", "eth2"]
    assert run.outage <= bond.miimon


@claim("FOM-NONE-1", "FOM-FOLLOW-1", "PRESEL-1")
@pytest.mark.parametrize("fail_over_mac", SHARED)
def test_only_the_way_back_ends_the_outage(virtualbox: VirtualBox, fail_over_mac: str) -> None:
    """With a shared MAC the cable's repair heals what the failover did not."""
    bond = virtualbox.dut.bond(fail_over_mac=fail_over_mac, primary="eth1")
    with virtualbox.watch() as run:
        virtualbox.eth1.flap(down=1 * s)
    assert run.active_slaves == ["eth1", "eth2", "eth1"]
    assert run.reversion <= bond.miimon
    assert run.outage_in > 1 * s - bond.miimon
    assert run.recovered


@claim("FOM-ACTIVE-1", "PRESEL-1")
@control("test_only_the_way_back_ends_the_outage")
def test_active_works_there_and_back(virtualbox: VirtualBox) -> None:
    """With the MAC of its active slave neither the failover nor the way back is noticed."""
    bond = virtualbox.dut.bond(fail_over_mac="active", primary="eth1")
    with virtualbox.watch() as run:
        virtualbox.eth1.flap(down=1 * s)
    assert run.active_slaves == ["eth1", "eth2", "eth1"]
    assert run.mac_addresses == [virtualbox.eth1.mac, virtualbox.eth2.mac, virtualbox.eth1.mac]
    assert run.outage <= bond.miimon


@claim("FOM-ACTIVE-2")
def test_a_lost_garp_undoes_the_cure(virtualbox: VirtualBox) -> None:
    """Where the one GARP is lost the gateway goes on sending to the MAC of the pulled cable."""
    bond = virtualbox.dut.bond(fail_over_mac="active")
    virtualbox.eth2.mute_garp(bond.address)
    with virtualbox.watch("in") as run:
        virtualbox.eth1.cut()
    assert run.active_slaves == ["eth1", "eth2"]
    assert not run.garps_heard
    assert not run.recovered


@claim("FOM-ACTIVE-2")
@control("test_a_lost_garp_undoes_the_cure")
def test_a_vm_that_speaks_first_makes_up_for_it(virtualbox: VirtualBox) -> None:
    """A new MAC empties the VM's own ARP cache: its next ARP request tells the gateway its MAC."""
    bond = virtualbox.dut.bond(fail_over_mac="active")
    virtualbox.eth2.mute_garp(bond.address)
    with virtualbox.watch() as run:
        virtualbox.eth1.cut()
    assert not run.garps_heard
    assert run.outage <= bond.miimon


@claim("FOM-ACTIVE-2", "ARPINT-1")
@control("test_a_lost_garp_undoes_the_cure")
def test_the_arp_monitor_makes_up_for_a_lost_garp(virtualbox: VirtualBox) -> None:
    """Its next probe asks the gateway by the new MAC, and tells it so."""
    bond = virtualbox.dut.bond(fail_over_mac="active", arp_interval=100, arp_ip_target=GATEWAY)
    virtualbox.eth2.mute_garp(bond.address)
    with virtualbox.watch("in") as run:
        virtualbox.eth1.cut()
    assert not run.garps_heard
    assert run.outage <= bond.detection.latest + bond.arp_interval


@claim("FOM-ACTIVE-3", "UPDELAY-6")
@pytest.mark.parametrize("fail_over_mac", SHARED)
def test_a_late_port_costs_what_it_swallows(office: Office, fail_over_mac: str) -> None:
    """Back on a port that forwards late, a shared MAC is dark until the port forwards."""
    bond = office.dut.bond(fail_over_mac=fail_over_mac, primary="eth1")
    with office.watch() as run:
        office.eth1.cut()
        office.after(1 * s)
        office.eth1.heal_late(FORWARDING)
    assert FORWARDING - bond.miimon <= run.outage <= FORWARDING
    assert run.recovered


@claim("FOM-ACTIVE-2", "FOM-ACTIVE-3")
@control("test_a_late_port_costs_what_it_swallows")
def test_a_late_port_costs_active_everything(virtualbox: VirtualBox) -> None:
    """The port dropped the GARP: it forwards, and the gateway still sends elsewhere."""
    virtualbox.dut.bond(fail_over_mac="active", primary="eth1")
    with virtualbox.watch("in") as run:
        virtualbox.eth1.cut()
        virtualbox.after(1 * s)
        virtualbox.eth1.heal_late(FORWARDING)
    assert run.active_slaves == ["eth1", "eth2", "eth1"]
    assert not run.recovered


@claim("UPDELAY-6", "DELAY-1")
@control("test_a_late_port_costs_active_everything")
def test_updelay_covers_the_late_port(virtualbox: VirtualBox) -> None:
    """A bond that waits for longer than the port does loses nothing on its way back."""
    bond = virtualbox.dut.bond(fail_over_mac="active", primary="eth1", updelay=800)
    with virtualbox.watch() as run:
        virtualbox.eth1.cut()
        virtualbox.after(1 * s)
        virtualbox.eth1.heal_late(FORWARDING)
    assert run.active_slaves == ["eth1", "eth2", "eth1"]
    assert run.outage <= bond.miimon
