"""xmit_hash_policy: the slave of each frame is the documented hash modulo the number of slaves."""

import pytest

from harness import Flow, claim, contradicted, control, many_flows, s
from scenarios.channels import LacpPair, StaticChannel
from scenarios.flows import by_hash
from scenarios.variants import EmptyBond

SLAVES = ("eth0", "eth1", "eth2")
MANY = list(many_flows(999))
IPV6 = Flow(src="2001:db8::1", dst="2001:db8:7::20", sport=5000)
OVER_IPV6 = list(many_flows(300, IPV6))
NO_IP = list(many_flows(100, Flow(ethertype=0x88B5)))
ICMP, UDP, TCP, IPIP, GRE = 1, 17, 6, 4, 47


def within(protocol: int, flows: list[Flow]) -> list[Flow]:
    """Return tunnels between the same two ends, each with one of the flows in it."""
    return [Flow(protocol=protocol, inner=flow) for flow in flows]


@claim("XMIT-L2-1", "XMIT-L23-1", "XMIT-L34-1", "MODE-XOR-1")
@pytest.mark.parametrize(
    ("xmit_hash_policy", "claimed"),
    [("layer2", "layer2"), ("layer2+3", "layer2+3"), ("layer3+4", "layer3+4")],
)
def test_each_of_a_thousand_flows_takes_the_slave_of_the_formula(
    static_channel: StaticChannel, xmit_hash_policy: str, claimed: str
) -> None:
    """Flows that differ in MACs, addresses and ports take all three slaves, each as documented."""
    static_channel.dut.bond(xmit_hash_policy=xmit_hash_policy)
    with static_channel.watch() as run:
        static_channel.dut.send_flows(MANY)
    assert run.carried_by == by_hash(claimed, MANY, SLAVES)
    assert all(run.shares.values())


@claim("XMIT-L2-1", "XMIT-L23-1", "XMIT-L34-1")
@control("test_each_of_a_thousand_flows_takes_the_slave_of_the_formula")
@pytest.mark.parametrize(
    ("xmit_hash_policy", "other"),
    [("layer2", "layer2+3"), ("layer2+3", "layer3+4"), ("layer3+4", "layer2")],
)
def test_the_formula_of_another_policy_is_not_that_of_the_flows(
    static_channel: StaticChannel, xmit_hash_policy: str, other: str
) -> None:
    """The formulas differ for these flows, so a policy is told from each other one."""
    static_channel.dut.bond(xmit_hash_policy=xmit_hash_policy)
    with static_channel.watch() as run:
        static_channel.dut.send_flows(MANY)
    assert run.carried_by != by_hash(other, MANY, SLAVES)


@claim("XMIT-L23-2")
@pytest.mark.parametrize("xmit_hash_policy", ["layer2+3", "layer3+4"])
def test_ipv6_addresses_are_folded(static_channel: StaticChannel, xmit_hash_policy: str) -> None:
    """Addresses of IPv6 enter the hash as XOR of their four words (ipv6_addr_hash)."""
    static_channel.dut.bond(xmit_hash_policy=xmit_hash_policy)
    with static_channel.watch() as run:
        static_channel.dut.send_flows(OVER_IPV6)
    assert run.carried_by == by_hash(xmit_hash_policy, OVER_IPV6, SLAVES)
    assert all(run.shares.values())


@claim("XMIT-L23-3", "XMIT-L34-5")
@pytest.mark.parametrize("xmit_hash_policy", ["layer2+3", "layer3+4"])
def test_frames_that_are_not_ip_are_hashed_by_layer_2(
    static_channel: StaticChannel, xmit_hash_policy: str
) -> None:
    """An unused Ethernet type is distributed by MACs and type, over all slaves."""
    static_channel.dut.bond(xmit_hash_policy=xmit_hash_policy)
    with static_channel.watch() as run:
        static_channel.dut.send_flows(NO_IP)
    assert run.carried_by == by_hash("layer2", NO_IP, SLAVES)
    assert all(run.shares.values())


@claim("XMIT-L23-2", "XMIT-L23-3", "XMIT-L34-5")
@control("test_ipv6_addresses_are_folded")
@control("test_frames_that_are_not_ip_are_hashed_by_layer_2")
@pytest.mark.parametrize("xmit_hash_policy", ["layer2+3", "layer3+4"])
def test_ip_is_not_hashed_by_layer_2_alone(
    static_channel: StaticChannel, xmit_hash_policy: str
) -> None:
    """Packets of IPv6 do not take the slaves of layer2, as frames without IP do."""
    static_channel.dut.bond(xmit_hash_policy=xmit_hash_policy)
    with static_channel.watch() as run:
        static_channel.dut.send_flows(OVER_IPV6)
    assert run.carried_by != by_hash("layer2", OVER_IPV6, SLAVES)


@claim("XMIT-L2-3")
@control("test_each_of_a_thousand_flows_takes_the_slave_of_the_formula")
def test_the_default_policy_is_layer_2(static_channel: StaticChannel) -> None:
    """Without the option the slave of each flow is that of layer2."""
    bond = static_channel.dut.bond()
    with static_channel.watch() as run:
        static_channel.dut.send_flows(MANY)
    assert bond.options.xmit_hash_policy in (None, "layer2")
    assert run.carried_by == by_hash("layer2", MANY, SLAVES)


@claim("XMIT-L2-2")
@contradicted(
    "XMIT-L2-2",
    kernels=">=6.1",
    evidence="frames of IPv4 and IPv6 to one MAC leave by two slaves: the hash has the Ethernet "
    "type (bond_eth_hash)",
)
def test_all_traffic_of_a_peer_takes_one_slave(static_channel: StaticChannel) -> None:
    """By layer2 a network peer has one slave, by whatever protocol it is reached."""
    static_channel.dut.bond(xmit_hash_policy="layer2")
    with static_channel.watch() as run:
        static_channel.dut.send_flows([Flow(), IPV6] * 20)
    assert len(set(run.carried_by)) == 1


@claim("XMIT-L2-2")
@control("test_all_traffic_of_a_peer_takes_one_slave")
@pytest.mark.parametrize("flow", [Flow(), IPV6], ids=["IPv4", "IPv6"])
def test_traffic_of_a_peer_by_one_protocol_takes_one_slave(
    static_channel: StaticChannel, flow: Flow
) -> None:
    """That of one Ethernet type does, whatever its ports."""
    static_channel.dut.bond(xmit_hash_policy="layer2")
    flows = [Flow(flow.src, flow.dst, sport) for sport in range(2000, 2040)]
    with static_channel.watch() as run:
        static_channel.dut.send_flows(flows)
    assert run.carried_by == by_hash("layer2", flows, SLAVES)


@claim("XMIT-2")
@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        ("balance-rr", None),
        ("active-backup", None),
        ("broadcast", None),
        ("balance-xor", "layer3+4 (1)"),
        ("802.3ad", "layer3+4 (1)"),
    ],
)
def test_a_policy_is_accepted_where_nothing_is_hashed(
    empty_bond: EmptyBond, mode: str, shown: str | None
) -> None:
    """Every mode takes xmit_hash_policy; /proc shows it in the modes that use it."""
    bond = empty_bond.dut.bond(mode=mode)
    answer = empty_bond.dut.attempt.set(bond, xmit_hash_policy="layer3+4")
    assert (answer.error, answer.became) == ("", {"xmit_hash_policy": "layer3+4"})
    assert bond.now.proc.lines.get("Transmit Hash Policy") == shown


@claim("XMIT-L23-4", "XMIT-L34-2")
@pytest.mark.parametrize(("xmit_hash_policy", "slaves"), [("layer2+3", 1), ("layer3+4", 3)])
def test_connections_of_two_hosts_spread_by_ports_only(
    static_channel: StaticChannel, xmit_hash_policy: str, slaves: int
) -> None:
    """TCP and UDP between two hosts: one slave by addresses, all slaves by ports."""
    flows = [
        Flow(sport=sport, protocol=kind) for sport in range(2000, 2032) for kind in (UDP, TCP)
    ]
    static_channel.dut.bond(xmit_hash_policy=xmit_hash_policy)
    with static_channel.watch() as run:
        static_channel.dut.send_flows(flows)
    assert len(set(run.carried_by)) == slaves


@claim("XMIT-L34-2")
@control("test_connections_of_two_hosts_spread_by_ports_only")
def test_one_connection_stays_on_one_slave(static_channel: StaticChannel) -> None:
    """All frames of a 5-tuple take the same slave."""
    static_channel.dut.bond(xmit_hash_policy="layer3+4")
    with static_channel.watch() as run:
        static_channel.dut.send_flows([Flow(protocol=TCP)] * 50)
    assert run.carried_by == by_hash("layer3+4", [Flow(protocol=TCP)] * 50, SLAVES)


@claim("XMIT-L34-3")
def test_fragments_are_hashed_without_ports(static_channel: StaticChannel) -> None:
    """All fragments between two hosts take one slave, which not all of their datagrams take."""
    whole = [Flow(sport=sport) for sport in range(3000, 3040)]
    parts = [Flow(sport=flow.sport, fragment=True) for flow in whole]
    static_channel.dut.bond(xmit_hash_policy="layer3+4")
    with static_channel.watch() as run:
        static_channel.dut.send_flows([*whole, *parts])
    assert run.carried_by == by_hash("layer3+4", [*whole, *parts], SLAVES)
    assert len(set(run.carried_by[:40])) == len(SLAVES)
    assert len(set(run.carried_by[40:])) == 1


@claim("XMIT-L34-3")
@control("test_fragments_are_hashed_without_ports")
def test_without_ports_fragments_take_the_slave_of_their_datagram(
    static_channel: StaticChannel,
) -> None:
    """By layer2+3 a datagram and its fragments stay together."""
    whole = [Flow(sport=sport) for sport in range(3000, 3040)]
    parts = [Flow(sport=flow.sport, fragment=True) for flow in whole]
    static_channel.dut.bond(xmit_hash_policy="layer2+3")
    with static_channel.watch() as run:
        static_channel.dut.send_flows([*whole, *parts])
    assert len(set(run.carried_by)) == 1


@claim("XMIT-L34-4")
@control("test_an_icmp_error_takes_the_slave_of_its_flow")
@contradicted(
    "XMIT-L34-4",
    kernels=">=5.10",
    evidence="echo requests with several identifiers leave by several slaves: type, code and id "
    "stand in for the ports (skb_flow_get_icmp_tci, __bond_xmit_hash)",
)
def test_icmp_is_hashed_without_ports(static_channel: StaticChannel) -> None:
    """Echo requests between two hosts have no ports, so all take one slave."""
    flows = [Flow(protocol=ICMP, sport=ident) for ident in range(1, 60)]
    static_channel.dut.bond(xmit_hash_policy="layer3+4")
    with static_channel.watch() as run:
        static_channel.dut.send_flows(flows)
    assert run.carried_by == by_hash("layer3+4", flows, SLAVES)


@claim("XMIT-L34-6")
@control("test_icmp_is_hashed_without_ports")
def test_an_icmp_error_takes_the_slave_of_its_flow(static_channel: StaticChannel) -> None:
    """A report of an unreachable port leaves as a frame of the flow that it quotes."""
    quoted = [Flow(sport=sport) for sport in range(4000, 4060)]
    static_channel.dut.bond(xmit_hash_policy="layer3+4")
    with static_channel.watch() as run:
        static_channel.dut.send_flows(within(ICMP, quoted))
    assert run.carried_by == by_hash("layer3+4", quoted, SLAVES)
    assert all(run.shares.values())


@claim("XMIT-E23-1", "XMIT-E34-1")
@pytest.mark.parametrize("xmit_hash_policy", ["encap2+3", "encap3+4"])
@pytest.mark.parametrize("protocol", [IPIP, GRE], ids=["ipip", "gre"])
def test_tunnels_are_hashed_by_what_they_carry(
    static_channel: StaticChannel, xmit_hash_policy: str, protocol: int
) -> None:
    """Tunnels between the same two ends spread by the innermost headers."""
    flows = within(protocol, MANY[:200])
    static_channel.dut.bond(xmit_hash_policy=xmit_hash_policy)
    with static_channel.watch() as run:
        static_channel.dut.send_flows(flows)
    assert run.carried_by == by_hash(xmit_hash_policy, flows, SLAVES)
    assert all(run.shares.values())


@claim("XMIT-E23-1", "XMIT-E34-1")
@control("test_tunnels_are_hashed_by_what_they_carry")
@pytest.mark.parametrize("xmit_hash_policy", ["layer2+3", "layer3+4"])
def test_without_encap_a_tunnel_takes_one_slave(
    static_channel: StaticChannel, xmit_hash_policy: str
) -> None:
    """The outer headers of all these tunnels are the same."""
    flows = within(IPIP, MANY[:200])
    static_channel.dut.bond(xmit_hash_policy=xmit_hash_policy)
    with static_channel.watch() as run:
        static_channel.dut.send_flows(flows)
    assert len(set(run.carried_by)) == 1


@claim("MODE-AD-2")
@pytest.mark.parametrize("xmit_hash_policy", ["layer2", "layer2+3", "layer3+4"])
def test_the_ports_of_the_active_aggregator_carry_flows_by_the_hash(
    lacp_pair: LacpPair, xmit_hash_policy: str
) -> None:
    """In 802.3ad each flow takes the port of the formula."""
    lacp_pair.dut.bond(xmit_hash_policy=xmit_hash_policy)
    with lacp_pair.watch() as run:
        lacp_pair.dut.send_flows(MANY)
    assert run.carried_by == by_hash(xmit_hash_policy, MANY, SLAVES[:2])


@claim("MODE-AD-2")
@control("test_the_ports_of_the_active_aggregator_carry_flows_by_the_hash")
def test_a_port_outside_of_the_active_aggregator_carries_nothing(lacp_pair: LacpPair) -> None:
    """When the partner of a port is silent its flows leave by the other, though it is up."""
    lacp_pair.dut.bond(lacp_rate="fast")
    with lacp_pair.watch(every=1 * s) as run:
        lacp_pair.eth0.lose("in")
        lacp_pair.after(6 * s)
        lacp_pair.dut.send_flows(MANY)
    assert run.link_states["eth0"] == "up"
    assert set(run.carried_by) == {("eth1",)}
