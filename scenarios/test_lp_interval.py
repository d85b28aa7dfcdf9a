"""lp_interval: every slave of balance-tlb and balance-alb sends learning packets periodically."""

import pytest

from harness import claim, contradicted, control, ms, s
from scenarios.channels import StaticChannel
from scenarios.interfaces import cable
from scenarios.programs import FRAMES, SPACING, copies, frame
from scenarios.topologies import OneSwitch
from scenarios.variants import ThreeSlaves

SECOND = 1 * s  # between two probes
OFTEN = 20 * ms  # the same where times are measured: probes show when a machine was late
RARE = 600  # seconds, longer than any recording
SLAVES = ("eth0", "eth1", "eth2")


@claim("LP-1")
@pytest.mark.parametrize("mode", ["balance-tlb", "balance-alb"])
@pytest.mark.parametrize("lp_interval", [None, 1, 3])
def test_every_slave_sends_learning_packets(
    three_slaves: ThreeSlaves, mode: str, lp_interval: int | None
) -> None:
    """Each slave, active or not, sends one each lp_interval seconds; each second by default."""
    bond = three_slaves.dut.bond(mode=mode, lp_interval=lp_interval)
    with three_slaves.watch(every=OFTEN) as run:
        three_slaves.after(12 * s)
    for slave in SLAVES:
        gaps = run.slave(slave).gaps_of("learning")
        assert len(gaps) > 1
        assert all(gap == bond.learning_interval for gap in gaps)


@claim("LP-4")
@control("test_the_vlans_above_have_learning_packets_too")
def test_a_slave_sends_its_own_mac(three_slaves: ThreeSlaves) -> None:
    """A learning packet comes from the MAC of its slave, and has no tag without VLANs."""
    three_slaves.dut.bond(mode="balance-alb")
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.after(5 * s)
    sent = {(frame.port, frame.mac, frame.tagged) for frame in run.sent_of("learning")}
    assert sent == {
        ("eth0", three_slaves.eth0.mac, False),
        ("eth1", three_slaves.eth1.mac, False),
        ("eth2", three_slaves.eth2.mac, False),
    }


@claim("LP-4")
def test_the_vlans_above_have_learning_packets_too(static_channel: StaticChannel) -> None:
    """With VLANs on the bond each slave sends tagged copies beside the untagged ones."""
    static_channel.dut.bond(mode="balance-tlb")
    with static_channel.watch(every=SECOND, healthy=False) as run:
        static_channel.after(5 * s)
    sent = {(frame.port, frame.tagged) for frame in run.sent_of("learning")}
    assert sent == {(slave, tagged) for slave in SLAVES for tagged in (False, True)}


@claim("LP-3")
@control("test_every_slave_sends_learning_packets")
def test_other_modes_send_none(three_slaves: ThreeSlaves) -> None:
    """In active-backup lp_interval has no effect."""
    three_slaves.dut.bond(mode="active-backup")
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.after(12 * s)
    assert run.sent_of("learning") == []


@claim("TLBDYN-7", "LP-6")
@control("test_every_slave_sends_learning_packets")
@contradicted(
    "TLBDYN-7",
    kernels=">=5.10",
    evidence="no learning packet in 12 s: bond_open starts the worker of bond_alb.c only with "
    "tlb_dynamic_lb or in balance-alb",
)
def test_learning_packets_do_not_depend_on_dynamic_balancing(three_slaves: ThreeSlaves) -> None:
    """With tlb_dynamic_lb=0 every slave sends learning packets as well."""
    three_slaves.dut.bond(mode="balance-tlb", tlb_dynamic_lb=False)
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.after(12 * s)
    assert {frame.port for frame in run.sent_of("learning")} == set(SLAVES)


@claim("MODE-TLB-5")
@pytest.mark.parametrize("mode", ["balance-tlb", "balance-alb"])
def test_the_switch_learns_at_once_where_macs_have_moved(
    three_slaves: ThreeSlaves, mode: str
) -> None:
    """If another slave is made active, both send a learning packet with the MAC they now have."""
    net = three_slaves
    net.dut.bond(mode=mode, lp_interval=RARE)
    with net.watch(every=SECOND) as run:
        net.dut.set(active_slave="eth1")
        net.after(5 * s)
    sent = [(frame.port, frame.mac) for frame in run.sent_of("learning")]
    assert sorted(sent) == [("eth0", net.eth1.mac), ("eth1", net.eth0.mac)]


@claim("MODE-TLB-5")
@control("test_the_switch_learns_at_once_where_macs_have_moved")
@pytest.mark.parametrize(("failing", "packets"), [("eth0", [("eth1", "eth0")]), ("eth1", [])])
def test_a_slave_that_takes_over_announces_the_mac(
    three_slaves: ThreeSlaves, failing: str, packets: list[tuple[str, str]]
) -> None:
    """After the active slave's failure the next one sends its MAC, and else nobody sends."""
    net = three_slaves
    net.dut.bond(mode="balance-tlb", lp_interval=RARE)
    with net.watch(every=SECOND) as run:
        cable(net, failing).cut()
        net.after(5 * s)
    sent = [(frame.port, frame.mac) for frame in run.sent_of("learning")]
    assert sent == [(port, cable(net, owner).mac) for port, owner in packets]


@claim("LP-5")
@pytest.mark.parametrize(("lp_interval", "flooded"), [(1, 0), (RARE, 1)])
def test_they_keep_an_idle_slave_in_the_switchs_table(
    one_switch: OneSwitch, lp_interval: int, flooded: int
) -> None:
    """A switch that forgets after 3 s does not flood what is for a slave that is idle."""
    net = one_switch
    net.dut.bond(mode="balance-alb", lp_interval=lp_interval)
    net.sw.age_fdb(3 * s)
    with net.watch(path=("neighbour", "target"), every=SECOND):
        net.after(30 * s)
        net.target.send(frame(net.eth1.mac), every=SPACING, count=FRAMES)
        count = copies(net, "", net.neighbour)
    assert count == flooded
