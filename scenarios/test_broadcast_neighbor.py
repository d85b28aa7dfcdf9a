"""broadcast_neighbor: ARP and neighbour discovery leave by all ports of the active aggregator."""

import pytest

from harness import Flow, claim, contradicted, control, many_flows, s
from scenarios.channels import LacpPair, LacpPairAndBond

ARP = 0x0806
SOLICITATION, ADVERTISEMENT, ROUTER_SOLICITATION, MLD_REPORT = 135, 136, 133, 143
ICMPV6 = 58


def messages(kind: int) -> list[Flow]:
    """Return messages of ICMPv6 of one type."""
    link_local = Flow("fe80::1", "fe80::2", protocol=ICMPV6)
    return [
        Flow(flow.src, flow.dst, kind, protocol=ICMPV6, peer=flow.peer)
        for flow in many_flows(20, link_local)
    ]


@claim("BCN-1", "BCN-3")
@pytest.mark.parametrize(("broadcast_neighbor", "copies"), [(True, 2), (False, 1), (None, 1)])
def test_arp_leaves_by_all_ports(
    lacp_pair: LacpPair, copies: int, *, broadcast_neighbor: bool | None
) -> None:
    """Each ARP frame leaves once by each port; without the option, as by default, by one."""
    lacp_pair.dut.bond(broadcast_neighbor=broadcast_neighbor)
    with lacp_pair.watch() as run:
        lacp_pair.dut.send_flows(list(many_flows(20, Flow(ethertype=ARP))))
    assert {len(set(ports)) for ports in run.carried_by} == {copies}
    assert {len(ports) for ports in run.carried_by} == {copies}


@claim("BCN-3")
@pytest.mark.parametrize(("broadcast_neighbor", "copies"), [(True, 2), (False, 1)])
def test_another_bond_has_an_option_of_its_own(
    lacp_pair_and_bond: LacpPairAndBond, copies: int, *, broadcast_neighbor: bool
) -> None:
    """While a second bond has the option, ARP of the first leaves as that one's option says."""
    net = lacp_pair_and_bond
    net.dut.bond("bond0", broadcast_neighbor=broadcast_neighbor)
    net.dut.bond("bond1", broadcast_neighbor=True)
    with net.watch() as run:
        net.dut.send_flows(list(many_flows(20, Flow(ethertype=ARP))))
    assert {len(ports) for ports in run.carried_by} == {copies}


@claim("BCN-2")
@pytest.mark.parametrize(
    ("kind", "copies"),
    [(SOLICITATION, 2), (ADVERTISEMENT, 2), (ROUTER_SOLICITATION, 1), (MLD_REPORT, 1)],
)
def test_neighbour_discovery_leaves_by_all_ports(
    lacp_pair: LacpPair, kind: int, copies: int
) -> None:
    """Solicitations and advertisements of neighbours leave by each port, other messages by one."""
    lacp_pair.dut.bond(broadcast_neighbor=True)
    with lacp_pair.watch() as run:
        lacp_pair.dut.send_flows(messages(kind))
    assert {len(set(ports)) for ports in run.carried_by} == {copies}


@claim("BCN-1")
@control("test_arp_leaves_by_all_ports")
def test_other_frames_leave_by_one_port(lacp_pair: LacpPair) -> None:
    """With the option packets of IP still take the one port of their hash."""
    lacp_pair.dut.bond(broadcast_neighbor=True)
    with lacp_pair.watch() as run:
        lacp_pair.dut.send_flows(list(many_flows(20)))
    assert {len(ports) for ports in run.carried_by} == {1}


@claim("BCN-6")
@pytest.mark.parametrize(("between", "kept"), [("balance-xor", "off"), ("", "on")])
def test_a_change_of_the_mode_ends_it(lacp_pair: LacpPair, between: str, kept: str) -> None:
    """After another mode it is off; a bond that was only set down keeps it."""
    bond = lacp_pair.dut.bond(broadcast_neighbor=True)
    for link in (lacp_pair.eth0, lacp_pair.eth1):
        lacp_pair.dut.release(bond, link)
    with lacp_pair.dut.take_down(bond):
        for mode in (between, "802.3ad") if between else ():
            lacp_pair.dut.set(mode=mode)
    assert bond.now.netlink["broadcast_neighbor"] == kept


@claim("BCN-7", "GARP-14")
@pytest.mark.parametrize(
    ("broadcast_neighbor", "num_grat_arp", "rounds"),
    [(True, 1, 1), (True, 3, 3), (True, 0, 0), (False, 3, 0)],
)
def test_a_port_that_returns_is_announced_by_all_ports(
    lacp_pair: LacpPair, num_grat_arp: int, rounds: int, *, broadcast_neighbor: bool
) -> None:
    """With the option num_grat_arp acts in 802.3ad: so many rounds of gratuitous ARP, by each."""
    net = lacp_pair
    net.dut.bond(broadcast_neighbor=broadcast_neighbor, num_grat_arp=num_grat_arp)
    with net.watch(every=1 * s) as run:
        net.eth0.flap(down=3 * s)
        net.after(8 * s)
    assert sorted(frame.port for frame in run.garps) == ["eth0"] * rounds + ["eth1"] * rounds


@claim("BCN-5")
@control("test_arp_leaves_by_all_ports")
@contradicted(
    "BCN-5",
    kernels=">=6.1,<6.17",
    evidence="the documentation of 6.1.192 has the option, whose attribute 33 the kernel does not "
    "know: IFLA_BOND_MAX is less (difference 42)",
)
def test_the_option_is_where_its_documentation_is(lacp_pair: LacpPair) -> None:
    """A kernel whose documentation describes the option shows it by netlink."""
    assert "broadcast_neighbor" in lacp_pair.dut.bond().now.netlink
