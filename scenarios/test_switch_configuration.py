"""What balance-rr, balance-xor and broadcast need of the switch (bonding.rst 5 and 13.2)."""

import pytest

from harness import Flow, Net, Run, claim, control, many_flows, s
from scenarios.channels import BroadcastChannel, RoundRobinChannel, StaticChannel
from scenarios.programs import EVERYONE, FRAMES, SPACING, copies, frame
from scenarios.variants import NoAddress, ThreeSlaves

MODES = ["balance-rr", "balance-xor", "broadcast"]
SECOND = 1 * s  # between two probes


@claim("DUP-2")
@pytest.mark.parametrize(
    ("mode", "each"),
    [("balance-rr", 3), ("balance-xor", 3), ("broadcast", 3), ("active-backup", 1)],
)
def test_without_a_channel_a_broadcast_arrives_by_each_slave(
    three_slaves: ThreeSlaves, mode: str, each: int
) -> None:
    """The switch floods one copy to each port, and the bond delivers all of them."""
    net = three_slaves
    net.dut.bond(mode=mode)
    with net.watch(every=SECOND, healthy=False):
        net.target.send(frame(EVERYONE), every=SPACING, count=FRAMES)
        count = copies(net, "bond0")
    assert count == each


@claim("DUP-2")
@control("test_without_a_channel_a_broadcast_arrives_by_each_slave")
@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor"])
def test_in_a_channel_a_broadcast_arrives_once(static_channel: StaticChannel, mode: str) -> None:
    """A switch that knows the ports as one sends it by one of them."""
    net = static_channel
    net.dut.bond(mode=mode)
    with net.watch(every=SECOND):
        net.target.send(frame(EVERYONE), every=SPACING, count=FRAMES)
        count = copies(net, "bond0")
    assert count == 1


@claim("SWCFG-3")
@pytest.mark.parametrize(("peers", "moves"), [(1, False), (60, True)])
def test_balance_xor_flaps_as_soon_as_it_has_several_peers(
    no_address: NoAddress, peers: int, *, moves: bool
) -> None:
    """Without a channel the bond's MAC stays where the hash of its only peer has put it."""
    net = no_address
    net.dut.bond(mode="balance-xor")
    flows = [Flow(src_mac=net.eth0.mac, peer=peer) for peer in range(peers)]
    with net.watch(every=SECOND, healthy=False) as run:
        net.dut.send_flows(flows * (60 // peers))
    assert bool(run.moves_of(net.eth0.mac)) == moves


@claim("SWCFG-5")
@control("test_balance_xor_flaps_as_soon_as_it_has_several_peers")
@pytest.mark.parametrize("policy", ["layer2+3", "layer3+4", "encap2+3"])
def test_the_ends_of_a_channel_need_no_common_policy(
    static_channel: StaticChannel, policy: str
) -> None:
    """The switch hashes by layer2: traffic goes both ways, once, and no address moves."""
    net = static_channel
    net.dut.bond(mode="balance-xor", xmit_hash_policy=policy)
    with net.watch(healthy=False) as run:
        net.dut.send_flows(list(many_flows(60, Flow(src_mac=net.eth0.mac))))
        net.after(1 * s)
    assert all(run.shares.values())
    assert run.recovered
    assert (run.duplicates, run.moves_of(net.eth0.mac)) == (0, [])


def exchange(net: Net, mode: str) -> Run:
    """Make a bond and exchange probes for a second."""
    net.dut.bond(mode=mode)
    with net.watch(healthy=False) as run:
        net.after(1 * s)
    return run


@claim("SWCFG-6")
@control("test_modes_do_not_work_with_a_switch_that_has_no_channel")
@pytest.mark.parametrize("mode", MODES)
def test_modes_work_with_a_switch_that_hashes(static_channel: StaticChannel, mode: str) -> None:
    """Each of the three modes at a channel in balance-xor."""
    run = exchange(static_channel, mode)
    assert run.recovered
    assert run.moves_of(static_channel.eth0.mac) == []


@claim("SWCFG-6")
@control("test_modes_do_not_work_with_a_switch_that_has_no_channel")
@pytest.mark.parametrize("mode", MODES)
def test_modes_work_with_a_switch_that_stripes(
    round_robin_channel: RoundRobinChannel, mode: str
) -> None:
    """Each of the three modes at a channel in balance-rr."""
    run = exchange(round_robin_channel, mode)
    assert run.recovered
    assert run.moves_of(round_robin_channel.eth0.mac) == []


@claim("SWCFG-6")
@control("test_modes_do_not_work_with_a_switch_that_has_no_channel")
@pytest.mark.parametrize("mode", MODES)
def test_modes_work_with_a_switch_that_copies(
    broadcast_channel: BroadcastChannel, mode: str
) -> None:
    """Each of the three modes at a channel in broadcast."""
    run = exchange(broadcast_channel, mode)
    assert run.recovered
    assert run.moves_of(broadcast_channel.eth0.mac) == []


@claim("SWCFG-6")
@pytest.mark.parametrize("mode", ["balance-rr", "broadcast"])
def test_modes_do_not_work_with_a_switch_that_has_no_channel(
    three_slaves: ThreeSlaves, mode: str
) -> None:
    """The switch finds the bond at port after port."""
    three_slaves.dut.bond(mode=mode)
    with three_slaves.watch(healthy=False) as run:
        three_slaves.after(1 * s)
    assert run.moves_of(three_slaves.eth0.mac)
