"""Devices above a bond, VLAN and macvlan: their MACs, their announcements, their traffic."""

import pytest

from harness import Dut, NotTestable, claim, contradicted, control, s
from scenarios.interfaces import add_vlan, command, promiscuous
from scenarios.programs import answers
from scenarios.topologies import OneSwitch

OWN, OTHER = "203.0.113.1", "203.0.113.254"  # the upper device's address, the target's
FOREIGN = "02:00:00:00:00:05"


def add_macvlan(dut: Dut, address: str) -> str:
    """Put a macvlan with a MAC of its own over the bond; return its name."""
    command(dut, f"ip link add link bond0 name upper address {FOREIGN} type macvlan mode bridge")
    command(dut, "ip link set upper up")
    command(dut, f"ip address add {address}/24 dev upper")
    return "upper"


@claim("VLAN-10")
@contradicted(
    "VLAN-10",
    kernels=">=5.10",
    evidence="bond_setup sets IFF_UNICAST_FLT, so dev_uc_add of a second MAC reaches the slaves "
    "by bond_set_rx_mode instead of making the bond promiscuous (difference 39)",
)
def test_a_vlan_with_its_own_mac_makes_the_bond_promiscuous(one_switch: OneSwitch) -> None:
    """Frames to a MAC that is not the bond's are received by promiscuous mode."""
    one_switch.dut.bond()
    name = add_vlan(one_switch.dut, "bond0", [5])
    with one_switch.watch():
        command(one_switch.dut, f"ip link set {name} address {FOREIGN}")
        one_switch.after(1 * s)
    assert promiscuous(one_switch.dut, "bond0")


@pytest.mark.parametrize(("own", "slaves"), [(False, []), (True, ["eth0"])])
@claim("VLAN-10")
@control("test_a_vlan_with_its_own_mac_makes_the_bond_promiscuous")
def test_the_active_slave_without_a_filter_is_promiscuous(
    one_switch: OneSwitch, slaves: list[str], *, own: bool
) -> None:
    """The second MAC goes to the active slave, whose NIC (veth) cannot filter unicast."""
    one_switch.dut.bond()
    if one_switch.dut.read_file("/sys/class/net/eth0/device/uevent") is not None:
        raise NotTestable(
            "eth0 is no veth: its driver may be able to filter unicast (IFF_UNICAST_FLT)",
            hint="choose a lab of network namespaces",
        )
    name = add_vlan(one_switch.dut, "bond0", [5])
    with one_switch.watch():
        if own:
            command(one_switch.dut, f"ip link set {name} address {FOREIGN}")
        one_switch.after(1 * s)
    assert promiscuous(one_switch.dut, "eth0", "eth1") == slaves


@claim("VLAN-12")
@pytest.mark.parametrize("mode", ["active-backup", "balance-tlb", "balance-alb"])
@pytest.mark.parametrize(("repaired", "reached"), [(True, True), (False, False)])
def test_a_macvlan_is_reached_before_and_after_a_failover(
    one_switch: OneSwitch, mode: str, *, repaired: bool, reached: bool
) -> None:
    """It reaches the target and is reached by it through either slave, and without one is not."""
    net = one_switch
    net.dut.bond(mode=mode)
    add_macvlan(net.dut, OWN)
    net.dut.write_file("/proc/sys/net/ipv4/conf/bond0/arp_ignore", "1")  # no answer for OWN
    command(net.target, f"ip address add {OTHER}/24 dev target")
    before = answers(net.target, OWN), answers(net.dut, OTHER)  # the target asks first
    known = net.target.run(["ip", "neighbour", "show", OWN]).stdout
    with net.watch():
        net.eth0.cut()
        net.after(1 * s)
        if not repaired:
            net.eth1.cut()
            net.after(1 * s)
        after = answers(net.dut, OTHER), answers(net.target, OWN)
    assert f" lladdr {FOREIGN} " in known
    assert (before, after) == ((True, True), (reached, reached))


@claim("GARP-7")
@pytest.mark.parametrize(("num_grat_arp", "told"), [(1, "eth1"), (0, "eth0")])
def test_a_vlan_is_announced_in_its_vlan(
    one_switch: OneSwitch, num_grat_arp: int, told: str
) -> None:
    """After a failover a neighbour in the VLAN knows the MAC of the new active slave at once."""
    net = one_switch
    net.dut.bond(num_grat_arp=num_grat_arp, fail_over_mac="active")
    add_vlan(net.dut, "bond0", [5], OWN)
    there = add_vlan(net.target, "target", [5], OTHER)
    assert answers(net.target, OWN)
    with net.watch():
        net.after(2 * s)
        net.eth0.cut()
        net.after(1 * s)
        known = net.target.run(["ip", "neighbour", "show", "dev", there]).stdout
    macs = {net.eth0.mac: "eth0", net.eth1.mac: "eth1"}
    assert [macs[mac] for mac in macs if f"{OWN} lladdr {mac} " in known] == [told]


@claim("GARP-12")
@pytest.mark.parametrize(("num_grat_arp", "ports"), [(1, ["eth1"]), (3, ["eth1"] * 3), (0, [])])
def test_a_macvlan_is_announced_with_its_own_mac(
    one_switch: OneSwitch, num_grat_arp: int, ports: list[str]
) -> None:
    """Each round has a gratuitous ARP of the macvlan, which tells switches where its MAC is."""
    net = one_switch
    net.dut.bond(num_grat_arp=num_grat_arp, peer_notif_delay=200)
    add_macvlan(net.dut, OWN)
    with net.watch() as run:
        net.eth0.cut()
    garps = run.garps_for(OWN)
    assert [garp.port for garp in garps] == ports
    assert {garp.mac for garp in garps} <= {FOREIGN}
