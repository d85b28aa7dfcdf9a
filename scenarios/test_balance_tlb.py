"""balance-tlb and tlb_dynamic_lb: outgoing flows spread by load or by hash, one port receives."""

import pytest

from harness import Flow, claim, contradicted, control, many_flows, ms, s
from scenarios.channels import StaticChannel
from scenarios.flows import by_hash
from scenarios.topologies import OneSwitch
from scenarios.variants import EmptyBond, ThreeSlaves

SLAVES = ("eth0", "eth1", "eth2")
MANY = list(many_flows(300))
# Flows of the same load, whose hashes differ.
ALIKE = [Flow(peer=peer) for peer in range(1, 7)]
SECOND = 1 * s  # between two probes
BY_HAND = "02:00:00:00:00:07"  # the MAC of no interface
RARE = 50 * ms  # between two probes: the active slave does not teach the switch all the time
BALANCED = 11 * s  # longer than the 10 s after which loads are compared
ICMPV6, SOLICITATION, ADVERTISEMENT, ECHO_REQUEST, REPORT = 58, 135, 136, 128, 143


def messages(kind: int, source: str = "fe80::1") -> list[Flow]:
    """Return messages of ICMPv6 of one type to many MACs."""
    return [Flow(source, "fe80::2", kind, protocol=ICMPV6, peer=peer) for peer in range(60)]


@claim("MODE-TLB-3", "TLBDYN-4")
@pytest.mark.parametrize("xmit_hash_policy", ["layer2", "layer2+3", "layer3+4"])
def test_without_dynamic_balancing_the_hash_chooses(
    three_slaves: ThreeSlaves, xmit_hash_policy: str
) -> None:
    """With tlb_dynamic_lb=0 each flow takes the slave of the policy's formula."""
    three_slaves.dut.bond(
        mode="balance-tlb", tlb_dynamic_lb=False, xmit_hash_policy=xmit_hash_policy
    )
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.dut.send_flows(MANY)
    assert run.carried_by == by_hash(xmit_hash_policy, MANY, SLAVES)


@claim("MODE-TLB-3")
@control("test_without_dynamic_balancing_the_hash_chooses")
def test_with_dynamic_balancing_the_hash_does_not_choose(three_slaves: ThreeSlaves) -> None:
    """By default flows do not take the slaves of the formula."""
    three_slaves.dut.bond(mode="balance-tlb")
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.dut.send_flows(MANY)
    assert run.carried_by != by_hash("layer2", MANY, SLAVES)


@claim("MODE-TLB-1", "TLBDYN-1")
def test_flows_spread_by_their_load(three_slaves: ThreeSlaves) -> None:
    """Six flows of the same load are two on each of three slaves once loads were compared."""
    three_slaves.dut.bond(mode="balance-tlb")
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.dut.send_flows(ALIKE * 50)
        three_slaves.after(BALANCED)
        three_slaves.dut.send_flows(ALIKE)
    after = run.carried_by[-len(ALIKE) :]
    assert {after.count((slave,)) for slave in SLAVES} == {2}


@claim("TLBDYN-2")
@control("test_flows_spread_by_their_load")
def test_hashed_flows_stay_where_they_are(three_slaves: ThreeSlaves) -> None:
    """With tlb_dynamic_lb=0 no flow moves, whatever the load."""
    three_slaves.dut.bond(mode="balance-tlb", tlb_dynamic_lb=False)
    flows = [Flow(peer=peer) for peer in (3, 6, 9, 12)]
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.dut.send_flows(flows * 50)
        three_slaves.after(BALANCED)
        three_slaves.dut.send_flows(flows)
    assert run.carried_by == by_hash("layer2", flows, SLAVES) * 51


@claim("MODE-TLB-6", "FLAG-2")
def test_the_switch_finds_the_bond_at_one_port(three_slaves: ThreeSlaves) -> None:
    """Frames with the bond's MAC that leave by other slaves get the MAC of those."""
    three_slaves.dut.bond(mode="balance-tlb", tlb_dynamic_lb=False)
    mac = three_slaves.eth0.mac
    with three_slaves.watch(every=SECOND, healthy=False) as run:
        three_slaves.dut.send_flows(list(many_flows(60, Flow(src_mac=mac))))
    assert all(run.shares.values())
    assert run.moves_of(mac) == []


@claim("SWCFG-2")
@control("test_the_switch_finds_the_bond_at_one_port")
@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor", "broadcast"])
def test_without_a_channel_the_bond_moves_between_ports(
    three_slaves: ThreeSlaves, mode: str
) -> None:
    """On a switch without a channel the bond's MAC is found at port after port."""
    three_slaves.dut.bond(mode=mode)
    mac = three_slaves.eth0.mac
    with three_slaves.watch(every=SECOND, healthy=False) as run:
        three_slaves.dut.send_flows(list(many_flows(60, Flow(src_mac=mac))))
    assert run.moves_of(mac)


@claim("SWCFG-2", "SWCFG-4")
@control("test_without_a_channel_the_bond_moves_between_ports")
@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor", "broadcast"])
def test_in_a_channel_the_bond_stays(static_channel: StaticChannel, mode: str) -> None:
    """To a switch with a static channel the three ports are one."""
    static_channel.dut.bond(mode=mode)
    mac = static_channel.eth0.mac
    with static_channel.watch(every=SECOND) as run:
        static_channel.dut.send_flows(list(many_flows(60, Flow(src_mac=mac))))
    assert run.moves_of(mac) == []
    assert run.recovered


@claim("MODE-TLB-4", "MODE-TLB-6")
@contradicted(
    "MODE-TLB-4",
    kernels=">=6.1",
    evidence="bond_set_mac_address gives all slaves the new MAC, and learning packets of each "
    "slave have it: the switch learns it at one port after the other (difference 71)",
)
def test_a_mac_set_by_hand_is_received_by_the_active_slave(one_switch: OneSwitch) -> None:
    """The switch finds it at the port of the active slave, and nothing is lost."""
    bond = one_switch.dut.bond(mode="balance-tlb")
    one_switch.dut.set_mac(bond, BY_HAND)
    with one_switch.watch(every=RARE) as run:
        one_switch.after(BALANCED)
    assert run.lost == 0
    assert run.moves_of(BY_HAND) == []


@claim("MODE-TLB-4")
@control("test_a_mac_set_by_hand_is_received_by_the_active_slave")
def test_what_reaches_another_slave_is_lost(one_switch: OneSwitch) -> None:
    """A switch that has the MAC at the port of another slave sends frames there."""
    one_switch.dut.bond(mode="balance-tlb")
    with one_switch.watch(every=RARE) as run:
        one_switch.sw.pin(one_switch.eth0.mac, one_switch.eth1)
        one_switch.after(BALANCED)
    assert run.lost
    assert run.active_slaves == ["eth0"]


@claim("MODE-TLB-4")
@control("test_a_mac_set_by_hand_is_received_by_the_active_slave")
@pytest.mark.parametrize("mode", ["balance-tlb", "balance-alb"])
def test_a_bond_is_found_at_one_port(one_switch: OneSwitch, mode: str) -> None:
    """The MAC of the first slave, and in balance-alb also one that is set by hand."""
    bond = one_switch.dut.bond(mode=mode)
    mac = one_switch.eth0.mac
    if mode == "balance-alb":
        one_switch.dut.set_mac(bond, mac := BY_HAND)
    with one_switch.watch(every=RARE) as run:
        one_switch.after(BALANCED)
    assert run.lost == 0
    assert run.moves_of(mac) == []


@claim("MODE-TLB-7")
@pytest.mark.parametrize("ethertype", [0x88B5, 0x0806], ids=["unused", "arp"])
def test_what_is_not_ip_leaves_by_the_active_slave(
    three_slaves: ThreeSlaves, ethertype: int
) -> None:
    """ARP and unknown types are not balanced, even where the hash would (bond_alb.c)."""
    three_slaves.dut.bond(mode="balance-tlb", tlb_dynamic_lb=False)
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.dut.send_flows(list(many_flows(60, Flow(ethertype=ethertype))))
    assert set(run.carried_by) == {(run.active_slaves[-1],)}


@claim("MODE-TLB-7")
@control("test_what_is_not_ip_leaves_by_the_active_slave")
def test_ip_leaves_by_all_slaves(three_slaves: ThreeSlaves) -> None:
    """The same MACs with packets of IP are balanced."""
    three_slaves.dut.bond(mode="balance-tlb", tlb_dynamic_lb=False)
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.dut.send_flows(list(many_flows(60)))
    assert all(run.shares.values())


@claim("MODE-TLB-7")
@control("test_ip_leaves_by_all_slaves")
@pytest.mark.parametrize("dst", ["239.1.2.3", "255.255.255.255"])
def test_frames_to_a_group_leave_by_the_active_slave(three_slaves: ThreeSlaves, dst: str) -> None:
    """Multicast and broadcast packets of IP are not balanced, whatever their MACs."""
    three_slaves.dut.bond(mode="balance-tlb", tlb_dynamic_lb=False)
    flows = [Flow(dst=dst, peer=peer, group=True) for peer in range(60)]
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.dut.send_flows(flows)
    assert set(run.carried_by) == {(run.active_slaves[-1],)}


@claim("IPV6-3")
@pytest.mark.parametrize("mode", ["balance-tlb", "balance-alb"])
@pytest.mark.parametrize(
    ("kind", "slaves"), [(SOLICITATION, 1), (ADVERTISEMENT, 1), (ECHO_REQUEST, 3)]
)
def test_neighbour_discovery_leaves_by_the_active_slave(
    three_slaves: ThreeSlaves, mode: str, kind: int, slaves: int
) -> None:
    """Solicitations and advertisements are not balanced, other messages of ICMPv6 are."""
    three_slaves.dut.bond(mode=mode, tlb_dynamic_lb=False)
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.dut.send_flows(messages(kind))
    assert len(set(run.carried_by)) == slaves
    assert (run.active_slaves[-1],) in run.carried_by


@claim("IPV6-3")
@pytest.mark.parametrize(("source", "slaves"), [("::", 1), ("fe80::1", 3)])
def test_packets_without_a_source_leave_by_the_active_slave(
    three_slaves: ThreeSlaves, source: str, slaves: int
) -> None:
    """A host that has no address yet is not balanced by balance-alb, as its own reports."""
    three_slaves.dut.bond(mode="balance-alb", tlb_dynamic_lb=False)
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.dut.send_flows(messages(REPORT, source))
    assert len(set(run.carried_by)) == slaves


@claim("TLBDYN-6")
@pytest.mark.parametrize(("mode", "kept"), [("balance-alb", "on"), ("active-backup", "off")])
def test_balance_alb_balances_dynamically(empty_bond: EmptyBond, mode: str, kept: str) -> None:
    """To select balance-alb switches tlb_dynamic_lb on again; other modes leave it off."""
    bond = empty_bond.dut.bond(mode="balance-tlb", tlb_dynamic_lb=False)
    with empty_bond.dut.take_down(bond):
        empty_bond.dut.set(bond, mode=mode)
    assert bond.now.netlink["tlb_dynamic_lb"] == kept
