"""balance-rr and packets_per_slave: slaves take turns in order, and failed ones are left out."""

import pytest

from harness import Flow, claim, contradicted, control, many_flows, ms, s
from scenarios.channels import StaticChannel
from scenarios.flows import IGMP, in_turn
from scenarios.interfaces import frames_counted
from scenarios.programs import send_raw

SLAVES = ["eth0", "eth1", "eth2"]
MANY = list(many_flows(600))
FEW = list(many_flows(24))
# Between two probes, which take turns too. So does an ARP request that refreshes a neighbour,
# after 15 s at the earliest: flows are sent before that.
RARELY = 400 * ms


def successors(ports: list[str]) -> set[tuple[str, str]]:
    """Return which slave was followed by which."""
    return {(port, ports[number + 1]) for number, port in enumerate(ports[:-1])}


@claim("MODE-RR-1")
def test_packets_leave_by_the_slaves_in_sequential_order(static_channel: StaticChannel) -> None:
    """Each packet leaves by the slave after that of the packet before."""
    static_channel.dut.bond(mode="balance-rr")
    with static_channel.watch(every=RARELY) as run:
        static_channel.dut.send_flows(FEW)
    ports = [turn.port for turn in run.turns]
    assert ports == in_turn(SLAVES, ports[0], len(FEW))


@claim("MODE-RR-1")
@control("test_packets_leave_by_the_slaves_in_sequential_order")
def test_a_hash_keeps_the_packets_of_a_flow_on_one_slave(static_channel: StaticChannel) -> None:
    """The same packet again and again: balance-xor sends all by one slave."""
    static_channel.dut.bond(mode="balance-xor")
    with static_channel.watch(every=RARELY) as run:
        static_channel.dut.send_flows([FEW[0]] * 24)
    assert len(run.turns) == 1


@claim("PPS-1", "PPS-3")
@pytest.mark.parametrize(("packets_per_slave", "frames"), [(None, 1), (1, 1), (2, 2), (5, 5)])
def test_so_many_packets_leave_before_the_next_slave(
    static_channel: StaticChannel, packets_per_slave: int | None, frames: int
) -> None:
    """Slaves take turns of n packets in order; by default of one."""
    static_channel.dut.bond(mode="balance-rr", packets_per_slave=packets_per_slave)
    with static_channel.watch(every=RARELY) as run:
        static_channel.dut.send_flows(FEW)
    ports = [turn.port for turn in run.turns]
    assert {turn.frames for turn in run.turns[1:-1]} == {frames}
    assert ports == in_turn(SLAVES, ports[0], len(ports))


@claim("PPS-2")
def test_zero_packets_choose_a_slave_at_random(static_channel: StaticChannel) -> None:
    """All slaves are used, some twice in a row, and none has a fixed successor."""
    static_channel.dut.bond(mode="balance-rr", packets_per_slave=0)
    with static_channel.watch(every=RARELY) as run:
        static_channel.dut.send_flows(MANY)
    ports = [turn.port for turn in run.turns]
    assert all(run.shares.values())
    assert {turn.frames for turn in run.turns} >= {1, 2, 3}
    assert len(successors(ports)) == len(SLAVES) * (len(SLAVES) - 1)


@claim("PPS-2")
@control("test_zero_packets_choose_a_slave_at_random")
def test_one_packet_gives_each_slave_one_successor(static_channel: StaticChannel) -> None:
    """In sequential order each slave is followed by one other, and the shares are equal."""
    static_channel.dut.bond(mode="balance-rr", packets_per_slave=1)
    with static_channel.watch(every=RARELY) as run:
        static_channel.dut.send_flows(MANY)
    ports = [turn.port for turn in run.turns]
    assert len(successors(ports)) == len(SLAVES)
    assert len(set(run.shares.values())) == 1


@claim("MODE-RR-3")
def test_a_failed_slave_is_left_out(static_channel: StaticChannel) -> None:
    """After a cut its turns go to the slave after it, and no packet is lost."""
    static_channel.dut.bond(mode="balance-rr")
    with static_channel.watch(every=RARELY) as run:
        static_channel.eth1.cut()
        static_channel.after(1 * s)
        static_channel.dut.send_flows(FEW)
    assert run.shares == {"eth0": 8, "eth1": 0, "eth2": 16}
    assert () not in run.carried_by


@claim("MODE-RR-3")
@control("test_a_failed_slave_is_left_out")
def test_a_slave_that_returns_takes_its_turn_again(static_channel: StaticChannel) -> None:
    """After the repair all three slaves take turns."""
    static_channel.dut.bond(mode="balance-rr")
    with static_channel.watch(every=RARELY) as run:
        static_channel.eth1.flap(down=1 * s)
        static_channel.after(1 * s)
        static_channel.dut.send_flows(FEW)
    assert run.shares == {"eth0": 8, "eth1": 8, "eth2": 8}


@claim("MODE-RR-4")
def test_igmp_leaves_by_one_slave(static_channel: StaticChannel) -> None:
    """Packets of IGMP take no turns (bond_xmit_roundrobin_slave_get)."""
    static_channel.dut.bond(mode="balance-rr")
    with static_channel.watch(every=RARELY) as run:
        static_channel.dut.send_flows([Flow(protocol=IGMP)] * 12)
    assert len(run.turns) == 1


@claim("MODE-RR-4")
@control("test_igmp_leaves_by_one_slave")
def test_other_protocols_take_turns(static_channel: StaticChannel) -> None:
    """The same packets of another protocol leave by all slaves."""
    static_channel.dut.bond(mode="balance-rr")
    with static_channel.watch(every=RARELY) as run:
        static_channel.dut.send_flows([Flow(protocol=IGMP + 1)] * 12)
    assert all(run.shares.values())
    assert len(run.turns) == 12


@claim("MODE-RR-2")
@contradicted(
    "MODE-RR-2",
    kernels=">=5.10",
    evidence="the first frame of a new bond leaves by its second slave: bond_rr_gen_slave_id "
    "increments the counter before it uses it",
)
def test_the_first_frame_leaves_by_the_first_slave(static_channel: StaticChannel) -> None:
    """The order is from the first available slave through the last."""
    static_channel.dut.bond(mode="balance-rr")
    send_raw(static_channel, "bond0", 1)
    assert frames_counted(static_channel, "tx", *SLAVES) == [1, 0, 0]


@claim("MODE-RR-2")
@control("test_the_first_frame_leaves_by_the_first_slave")
def test_the_first_three_frames_leave_by_one_slave_each(static_channel: StaticChannel) -> None:
    """Nothing but these has left the new bond."""
    static_channel.dut.bond(mode="balance-rr")
    send_raw(static_channel, "bond0", 3)
    assert frames_counted(static_channel, "tx", *SLAVES) == [1, 1, 1]
