"""Throughput (bonding.rst 12): what uses one slave and what uses all, and in which order."""

import pytest

from harness import Flow, claim, contradicted, control, many_flows, ms, s, slave_by_hash
from scenarios.channels import LacpPair, RoundRobinChannel, StaticChannel
from scenarios.interfaces import command, frames_counted
from scenarios.topologies import NEIGHBOUR, TARGET
from scenarios.variants import ParallelSwitches, ThreeSlaves

SLAVES = ("eth0", "eth1", "eth2")
TCP = 6
CONNECTION = [Flow(protocol=TCP)] * 60
LOCAL = list(many_flows(60))  # each host is on the same network
GATEWAYED = [
    Flow(flow.src, flow.dst, flow.sport, flow.dport) for flow in LOCAL
]  # all are behind one router
# Peers whose hash of layer 2 is the same modulo the number of slaves, but not the hash itself.
UNLUCKY = [
    flow
    for flow in (Flow(peer=peer) for peer in range(1, 60))
    if slave_by_hash("layer2", flow, SLAVES) == "eth0"
][:6]
RARELY = 1 * s  # between two probes
BALANCED = 11 * s  # longer than the 10 s after which loads are compared
RATE = 480  # kbit/s: a frame of 60 bytes each ms
FILLED, FULL = 400 * ms, 360  # frames that a full link carries in that time, to 10 per cent
LONGER = 45 * ms  # on one link than on the others; probes are sent more often


@claim("TPUT-1")
@pytest.mark.parametrize(
    ("mode", "ways"), [("balance-rr", 3), ("balance-xor", 1), ("broadcast", 1)]
)
def test_one_connection_is_striped_by_balance_rr(
    static_channel: StaticChannel, mode: str, ways: int
) -> None:
    """Frames of one TCP connection leave by all slaves in turn; in other modes all leave alike."""
    static_channel.dut.bond(mode=mode)
    with static_channel.watch(every=RARELY) as run:
        static_channel.dut.send_flows(CONNECTION)
    assert len(set(run.carried_by)) == ways


@claim("TPUT-1")
@control("test_one_connection_is_striped_by_balance_rr")
@pytest.mark.parametrize("mode", ["active-backup", "balance-tlb", "balance-alb"])
def test_one_connection_is_not_striped_without_a_channel(
    three_slaves: ThreeSlaves, mode: str
) -> None:
    """In modes that need no channel it has one slave."""
    three_slaves.dut.bond(mode=mode)
    with three_slaves.watch(every=RARELY) as run:
        three_slaves.dut.send_flows(CONNECTION)
    assert len(set(run.carried_by)) == 1


@claim("TPUT-1")
@control("test_one_connection_is_striped_by_balance_rr")
def test_one_connection_is_not_striped_by_lacp(lacp_pair: LacpPair) -> None:
    """In 802.3ad it has one port."""
    lacp_pair.dut.bond()
    with lacp_pair.watch(every=RARELY) as run:
        lacp_pair.dut.send_flows(CONNECTION)
    assert len(set(run.carried_by)) == 1


def receiving(net: StaticChannel) -> int:
    """Let the target send one connection to the DUT; return how many slaves receive much of it."""
    net.dut.bond(mode="balance-rr")
    with net.watch(every=RARELY):
        before = frames_counted(net, "rx", *SLAVES)
        net.target.send_flows(CONNECTION)
        net.after(1 * s)
        after = frames_counted(net, "rx", *SLAVES)
    return sum(4 * (b - a) > len(CONNECTION) for a, b in zip(before, after, strict=True))


@claim("TPUT-4")
def test_a_switch_that_hashes_sends_a_connection_by_one_link(
    static_channel: StaticChannel,
) -> None:
    """Towards a balance-rr bond it uses no more than one link for one connection."""
    assert receiving(static_channel) == 1


@claim("TPUT-4")
@control("test_a_switch_that_hashes_sends_a_connection_by_one_link")
def test_a_switch_that_stripes_sends_a_connection_by_all_links(
    round_robin_channel: RoundRobinChannel,
) -> None:
    """A switch that sends by its ports in turn uses all three."""
    assert receiving(round_robin_channel) == len(SLAVES)


@claim("TPUT-2")
def test_striped_packets_are_reordered_by_unequal_links(static_channel: StaticChannel) -> None:
    """In balance-rr a packet on a link with a longer delay arrives after those sent later."""
    static_channel.dut.bond(mode="balance-rr")
    with static_channel.watch() as run:
        static_channel.eth0.delay(LONGER, "out")
        static_channel.after(1 * s)
    assert run.reordered > 0
    assert run.lost == 0


@claim("TPUT-6")
@control("test_striped_packets_are_reordered_by_unequal_links")
def test_lacp_delivers_a_conversation_in_order(lacp_pair: LacpPair) -> None:
    """In 802.3ad the packets of a conversation take one link, so none overtakes another."""
    lacp_pair.dut.bond()
    with lacp_pair.watch() as run:
        lacp_pair.eth0.delay(LONGER, "out")
        lacp_pair.after(1 * s)
    assert run.reordered == 0
    assert run.lost == 0


@claim("TPUT-5")
@pytest.mark.parametrize(
    ("flows", "slaves"), [(GATEWAYED, 1), (LOCAL, 3)], ids=["router", "local"]
)
def test_behind_a_router_all_traffic_takes_one_slave(
    static_channel: StaticChannel, flows: list[Flow], slaves: int
) -> None:
    """By layer2 the router's MAC is that of all peers; peers on the network are spread."""
    static_channel.dut.bond(mode="balance-xor", xmit_hash_policy="layer2")
    with static_channel.watch(every=RARELY) as run:
        static_channel.dut.send_flows(flows)
    assert len(set(run.carried_by)) == slaves


@claim("TPUT-5")
@pytest.mark.parametrize(("flows", "ports"), [(GATEWAYED, 1), (LOCAL, 2)], ids=["router", "local"])
def test_behind_a_router_all_traffic_takes_one_port(
    lacp_pair: LacpPair, flows: list[Flow], ports: int
) -> None:
    """802.3ad has the same hash, over the ports of the active aggregator."""
    lacp_pair.dut.bond(xmit_hash_policy="layer2")
    with lacp_pair.watch(every=RARELY) as run:
        lacp_pair.dut.send_flows(flows)
    assert len(set(run.carried_by)) == ports


@claim("TPUT-7")
def test_peers_with_unlucky_macs_are_spread_by_their_load(three_slaves: ThreeSlaves) -> None:
    """In balance-tlb six peers of the same load are on three slaves, whatever their MACs."""
    three_slaves.dut.bond(mode="balance-tlb")
    with three_slaves.watch(every=RARELY) as run:
        three_slaves.dut.send_flows(UNLUCKY * 50)
        three_slaves.after(BALANCED)
        three_slaves.dut.send_flows(UNLUCKY)
    assert len(set(run.carried_by[-len(UNLUCKY) :])) == len(SLAVES)


@claim("TPUT-7")
@control("test_peers_with_unlucky_macs_are_spread_by_their_load")
def test_peers_with_unlucky_macs_bunch_up(static_channel: StaticChannel) -> None:
    """In balance-xor all of them have one slave."""
    static_channel.dut.bond(mode="balance-xor")
    with static_channel.watch(every=RARELY) as run:
        static_channel.dut.send_flows(UNLUCKY * 5)
    assert set(run.carried_by) == {("eth0",)}


@claim("MODE-ALB-11")
@control("test_behind_a_router_balance_tlb_uses_one_slave")
@contradicted(
    "MODE-ALB-11",
    kernels=">=5.10",
    evidence="flows to hosts behind one router leave by all slaves: bond_xmit_alb_slave_get "
    "(bond_alb.c) takes the IP address of the destination for the peer, not its MAC",
)
def test_behind_a_router_balance_alb_uses_one_slave(three_slaves: ThreeSlaves) -> None:
    """Balance-alb has the restrictions of balance-tlb: one router is one slave."""
    three_slaves.dut.bond(mode="balance-alb")
    with three_slaves.watch(every=RARELY) as run:
        three_slaves.dut.send_flows(GATEWAYED * 5)
        three_slaves.after(BALANCED)
        three_slaves.dut.send_flows(GATEWAYED)
    assert len(set(run.carried_by[-len(GATEWAYED) :])) == 1


@claim("MODE-ALB-11")
@pytest.mark.parametrize(
    ("flows", "slaves"), [(GATEWAYED, 1), (LOCAL, 3)], ids=["router", "local"]
)
def test_behind_a_router_balance_tlb_uses_one_slave(
    three_slaves: ThreeSlaves, flows: list[Flow], slaves: int
) -> None:
    """Balance-tlb balances by MAC: only peers on the same network are spread."""
    three_slaves.dut.bond(mode="balance-tlb")
    with three_slaves.watch(every=RARELY) as run:
        three_slaves.dut.send_flows(flows * 5)
        three_slaves.after(BALANCED)
        three_slaves.dut.send_flows(flows)
    assert len(set(run.carried_by[-len(flows) :])) == slaves


@claim("TPUT-10")
@pytest.mark.parametrize(("mode", "shares"), [("balance-rr", [30, 30]), ("balance-xor", [0, 60])])
def test_parallel_switches_share_one_connection(
    parallel_switches: ParallelSwitches, mode: str, shares: list[int]
) -> None:
    """In balance-rr each of two switches carries half of a connection, in balance-xor one all."""
    net = parallel_switches
    net.dut.bond(mode=mode)
    with net.watch(every=RARELY, healthy=False) as run:
        net.dut.send_flows(CONNECTION)
    assert sorted(run.shares.values()) == shares


@claim("TPUT-11")
@pytest.mark.parametrize(("dies", "states"), [(True, ["up", "down"]), (False, ["up", "up"])])
def test_the_arp_monitor_works_with_parallel_switches(
    parallel_switches: ParallelSwitches, states: list[str], *, dies: bool
) -> None:
    """Each slave probes all targets in each interval, and is up as long as one of them answers."""
    net = parallel_switches
    targets = [TARGET, NEIGHBOUR]
    bond = net.dut.bond(mode="balance-rr", arp_interval=100, arp_ip_target=targets)
    with net.watch(healthy=False) as run:
        net.after(6 * bond.arp_interval)
        if dies:
            net.neighbour.die()
        net.after(6 * bond.arp_interval)
    asked = [frame.to for name in ("eth0", "eth1") for frame in run.slave(name).arp_probes]
    assert [run.link_states["eth0"], run.link_states["eth1"]] == states
    assert all(asked.count(target) >= 20 for target in targets)  # two slaves, 12 intervals


@claim("TPUT-3")
@pytest.mark.parametrize(
    ("slaves", "mode", "busy"),
    [(3, "balance-rr", 3), (2, "balance-rr", 2), (1, "balance-rr", 1), (3, "balance-xor", 1)],
)
def test_datagrams_of_one_stream_fill_all_links(
    static_channel: StaticChannel, slaves: int, mode: str, busy: int
) -> None:
    """In balance-rr each link carries all that its rate allows, and so the rates add up."""
    net = static_channel
    bond = net.dut.bond(mode=mode)
    for link in (net.eth2, net.eth1)[: len(SLAVES) - slaves]:
        net.dut.release(bond, link)
    for name in SLAVES:
        command(net.dut, f"tc qdisc add dev {name} root netem rate {RATE}kbit limit 2000")
    with net.watch(every=RARELY, healthy=False):
        before = frames_counted(net, "tx", *SLAVES)
        net.dut.send_flows([Flow()] * 2000)  # 4 frames each ms
        net.after(FILLED)
        after = frames_counted(net, "tx", *SLAVES)
    counts = [b - a for a, b in zip(before, after, strict=True)]
    assert sum(count >= FULL for count in counts) == busy
