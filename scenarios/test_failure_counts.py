"""What counts as a failure of a slave, and when the bond itself has no carrier."""

import pytest

from harness import claim, ms, s
from scenarios.interfaces import command
from scenarios.topologies import NEIGHBOUR, TARGET, OneSwitch
from scenarios.variants import ThreeSlaves

NOBODY = "192.0.2.99"
ARP = {"arp_ip_target": TARGET, "arp_validate": "all"}


@claim("PROC-5")
@pytest.mark.parametrize(("silent", "count"), [(True, 1), (False, 0)])
def test_the_arp_monitor_counts_a_failure(
    one_switch: OneSwitch, count: int, *, silent: bool
) -> None:
    """Netlink shows one failure of a slave that was declared down, none of one that works."""
    bond = one_switch.dut.bond(arp_interval=100, **ARP)
    with one_switch.watch():
        if silent:
            one_switch.eth0.lose()
        one_switch.after(1 * s)
        counted = bond.now.slave(one_switch.eth0)["link_failure_count"]
    assert counted == count


@claim("DOWNDELAY-5", "PROC-5")
@pytest.mark.parametrize(("downdelay", "count"), [(500, 0), (0, 1)])
def test_a_blip_that_downdelay_hides_is_not_counted(
    one_switch: OneSwitch, downdelay: int, count: int
) -> None:
    """Netlink shows no failure of a slave whose carrier was back in time."""
    bond = one_switch.dut.bond(downdelay=downdelay)
    with one_switch.watch():
        one_switch.eth0.flap(down=300 * ms)
        one_switch.after(1 * s)
        counted = bond.now.slave(one_switch.eth0)["link_failure_count"]
    assert counted == count


@claim("MODE-RR-1")
@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor", "broadcast"])
@pytest.mark.parametrize(("cut", "carrier"), [(3, "0"), (2, "1")])
def test_a_bond_that_balances_loses_its_carrier_with_its_last_slave(
    three_slaves: ThreeSlaves, mode: str, cut: int, carrier: str
) -> None:
    """With one slave that is up it has carrier, and without any it has none."""
    net = three_slaves
    net.dut.bond(mode=mode)
    with net.watch(healthy=False):
        net.after(1 * s)
        for link in (net.eth0, net.eth1, net.eth2)[:cut]:
            link.cut()
        net.after(1 * s)
        shown = net.dut.read_file("/sys/class/net/bond0/carrier")
    assert (shown or "").strip() == carrier


@claim("ARPALL-2", "ARPTGT-3")
@pytest.mark.parametrize(("added", "fails"), [(NEIGHBOUR, False), (NOBODY, True)])
def test_a_target_that_is_added_has_time_to_answer(
    one_switch: OneSwitch, added: str, *, fails: bool
) -> None:
    """Where all targets have to answer, only one that does not answer takes the slaves down."""
    bond = one_switch.dut.bond(arp_interval=100, arp_all_targets="all", **ARP)
    with one_switch.watch() as run:
        one_switch.after(500 * ms)
        one_switch.dut.write(bond, "arp_ip_target", f"+{added}")
        one_switch.after(1 * s)
    assert (run.failures["eth0"] > 0) == fails


@claim("PRIMARY-6")
@pytest.mark.parametrize(("name", "active"), [("uplink", "uplink"), ("other", "eth0")])
def test_a_slave_that_gets_the_name_of_the_primary_is_the_primary(
    one_switch: OneSwitch, name: str, active: str
) -> None:
    """The name is recorded before there is such a slave, and counts when one is renamed to it."""
    bond = one_switch.dut.bond()
    one_switch.dut.write(bond, "primary", "uplink")
    command(one_switch.dut, "ip link set eth1 down")
    command(one_switch.dut, f"ip link set eth1 name {name} up")
    with one_switch.watch():
        one_switch.after(1 * s)
    assert bond.now.file("active_slave") == active
