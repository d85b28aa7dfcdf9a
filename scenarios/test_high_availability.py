"""High availability with two switches: what each monitor sees, and which switch is used.

The sections of bonding.rst are 11.2 and, for switches inside a chassis, 14.1.
"""

import pytest

from harness import Flow, claim, control, many_flows, ms, s
from scenarios.channels import LacpPair, StaticChannel
from scenarios.interfaces import cable
from scenarios.programs import EVERYONE, FRAMES, SPACING, copies, frame
from scenarios.topologies import BladeChassis, OneSwitch, TwoSwitches
from scenarios.variants import ParallelSwitches, ThreeSlaves

AT_SW1, AT_SW2 = "192.168.50.112", "192.168.50.113"
MANY = list(many_flows(60))
HASHED = 0  # tlb_dynamic_lb: by hash, not by load


@pytest.mark.parametrize(
    ("targets", "actives"),
    [((AT_SW1, AT_SW2), ["eth0", "eth1"]), ((AT_SW1,), ["eth0", None])],
    ids=["a target at each switch", "one target"],
)
@claim("HA-7")
def test_a_target_at_each_switch_serves_whichever_is_active(
    blade_chassis: BladeChassis, targets: tuple[str, ...], actives: list[str | None]
) -> None:
    """Without a link between the switches only a bond with a target at both can fail over."""
    blade_chassis.dut.bond(arp_ip_target=targets, primary="eth0")
    with blade_chassis.watch(path=("dut", "neighbour")) as run:
        blade_chassis.uplink1.cut()
        blade_chassis.uplink2.cut()
        blade_chassis.after(500 * ms)
        blade_chassis.eth0.cut()
        blade_chassis.after(2 * s)
    assert [run.active_slaves[0], run.active_slave] == actives


@claim("HA-3")
def test_the_preferred_switch_is_used_whenever_it_is_available(
    blade_chassis: BladeChassis,
) -> None:
    """The path behind the primary breaks and comes back, and so does the bond."""
    blade_chassis.dut.bond(arp_validate="active", primary="eth0")
    with blade_chassis.watch() as run:
        blade_chassis.uplink1.flap(down=2 * s)
        blade_chassis.after(2 * s)
    assert run.active_slaves == ["eth0", "eth1", "eth0"]


@claim("HA-3")
@control("test_the_preferred_switch_is_used_whenever_it_is_available")
def test_without_a_primary_either_switch_will_do(blade_chassis: BladeChassis) -> None:
    """The bond stays where it is when the first path comes back."""
    blade_chassis.dut.bond(arp_validate="active", primary_reselect="failure")
    with blade_chassis.watch() as run:
        blade_chassis.uplink1.flap(down=2 * s)
        blade_chassis.after(2 * s)
    assert run.active_slaves == ["eth0", "eth1"]


@claim("BLADE-2")
def test_without_an_inner_switch_carrier_shows_the_outer_one(one_switch: OneSwitch) -> None:
    """A pass-through module is a cable: what is cut at its far end is seen by the MII monitor."""
    bond = one_switch.dut.bond()
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert run.detection <= bond.miimon
    assert run.active_slaves == ["eth0", "eth1"]


@claim("BLADE-2")
@control("test_without_an_inner_switch_carrier_shows_the_outer_one")
def test_behind_an_inner_switch_it_does_not(blade_chassis: BladeChassis) -> None:
    """The same cut behind a switch module leaves the bond where it is, without traffic."""
    blade_chassis.dut.bond(arp_interval=0, arp_ip_target=(), miimon=100)
    with blade_chassis.watch() as run:
        blade_chassis.uplink1.cut()
        blade_chassis.after(2 * s)
    assert run.active_slaves == ["eth0"]
    assert not run.recovered


def shares(net: StaticChannel | ThreeSlaves | LacpPair, *, cut: bool) -> set[str]:
    """Send many flows, after a cut of eth1 or without one; return the slaves that carried them."""
    with net.watch(healthy=False) as run:
        net.after(3 * s)
        if cut:
            net.eth1.cut()
        net.after(1 * s)
        net.dut.send_flows(MANY)
    assert sum(run.shares.values()) == len(MANY)  # each flow left, and by one slave
    return {slave for slave, share in run.shares.items() if share}


@claim("HA-1")
@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor"])
@pytest.mark.parametrize(
    ("cut", "used"), [(True, {"eth0", "eth2"}), (False, {"eth0", "eth1", "eth2"})]
)
def test_the_slaves_that_are_left_share_the_load(
    static_channel: StaticChannel, mode: str, used: set[str], *, cut: bool
) -> None:
    """After a link has failed each flow leaves by one of the others, and all of those are used."""
    static_channel.dut.bond(mode=mode)
    assert shares(static_channel, cut=cut) == used


@claim("HA-1")
@control("test_the_slaves_that_are_left_share_the_load")
@pytest.mark.parametrize("mode", ["balance-tlb", "balance-alb"])
@pytest.mark.parametrize(
    ("cut", "used"), [(True, {"eth0", "eth2"}), (False, {"eth0", "eth1", "eth2"})]
)
def test_they_do_so_at_a_switch_without_channels(
    three_slaves: ThreeSlaves, mode: str, used: set[str], *, cut: bool
) -> None:
    """The modes that balance by load use the slaves that are left, too."""
    three_slaves.dut.bond(mode=mode, tlb_dynamic_lb=HASHED)
    assert shares(three_slaves, cut=cut) == used


@claim("HA-1")
@pytest.mark.parametrize(("cut", "used"), [(True, {"eth0"}), (False, {"eth0", "eth1"})])
def test_they_do_so_in_802_3ad(lacp_pair: LacpPair, used: set[str], *, cut: bool) -> None:
    """A link that fails leaves the aggregator, whose other link has all flows."""
    lacp_pair.dut.bond()
    assert shares(lacp_pair, cut=cut) == used


@claim("HA-4")
@pytest.mark.parametrize(
    ("mode", "cut", "delivered"),
    [
        ("broadcast", "", (1, 1)),
        ("broadcast", "eth0", (0, 1)),
        ("broadcast", "eth1", (1, 0)),
        ("active-backup", "", (1, 0)),
    ],
)
def test_broadcast_reaches_two_networks(
    parallel_switches: ParallelSwitches, mode: str, cut: str, delivered: tuple[int, int]
) -> None:
    """Hosts of both get each frame once, also while the link to the other network is down."""
    net = parallel_switches
    net.dut.bond(mode=mode)
    with net.watch(every=1 * s, healthy=False):
        if cut:
            cable(net, cut).cut()
        net.after(1 * s)
        counts = []
        for machine in (net.target, net.neighbour):
            net.dut.send(frame(EVERYONE), every=SPACING, count=FRAMES)
            counts.append(copies(net, machine.name, machine))
            net.after(FRAMES * SPACING)
    assert tuple(counts) == delivered


@claim("HA-5")
@pytest.mark.parametrize(
    ("mode", "moves"), [("balance-rr", True), ("balance-xor", True), ("active-backup", False)]
)
def test_links_that_balance_have_to_end_at_one_switch(
    two_switches: TwoSwitches, mode: str, *, moves: bool
) -> None:
    """Two switches find the bond now behind one port, now behind the link between them."""
    two_switches.dut.bond(mode=mode)
    flows = [Flow(src_mac=two_switches.eth0.mac, peer=peer) for peer in range(20)]
    with two_switches.watch(every=1 * s, healthy=False) as run:
        two_switches.after(1 * s)
        for flow in flows:  # one after the other, so that the switches see them in this order
            two_switches.dut.send_flows([flow])
            two_switches.after(50 * ms)
    assert (len(run.moves_of(two_switches.eth0.mac)) > len(two_switches.plan.switches)) == moves


@claim("BLADE-4")
@pytest.mark.parametrize(("spanning_tree", "dark"), [(True, True), (False, False)])
def test_spanning_tree_delays_what_returns_to_its_port(
    one_switch: OneSwitch, *, spanning_tree: bool, dark: bool
) -> None:
    """A port that listens and learns for twice 4 s, the least of IEEE 802.1D, is dark so long."""
    one_switch.dut.bond(primary="eth0")
    with one_switch.watch() as run:
        one_switch.eth0.cut()
        one_switch.after(1 * s)
        if spanning_tree:
            one_switch.eth0.heal_late(8 * s)
        else:
            one_switch.eth0.heal()
    assert run.active_slaves == ["eth0", "eth1", "eth0"]
    assert (run.outage >= 7 * s) == dark
