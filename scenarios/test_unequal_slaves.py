"""Slaves of unequal speed, or of none: a bond has the speed of its own slaves together."""

import pytest

from harness import Flow, claim, contradicted, control, many_flows, s
from scenarios.channels import MixedSpeeds
from scenarios.interfaces import demand_speed
from scenarios.topologies import DUT
from scenarios.variants import NestedBonds, ThreeSlaves

CLIENTS = [f"192.0.2.{number}" for number in range(20, 26)]
PEERS = [Flow(peer=peer) for peer in range(1, 20)]
SECOND = 1 * s  # between two probes


def nest(
    net: NestedBonds, mode: str, inner: str, *, slaves: int = 3, miimon: int | None = 100
) -> None:
    """Make bond1, of two or three slaves of 10 Gb/s, the second slave of bond0.

    Raises NotTestable where NICs have another speed.
    """
    bond, slave = (
        net.dut.bond("bond0", mode=mode, miimon=miimon),
        net.dut.bond("bond1", mode=inner),
    )
    if slaves < len(slave.plan.slaves):
        net.dut.release(slave, net.eth3)
    with net.dut.take_down(slave):
        net.dut.enslave(bond, slave)
    demand_speed(net.dut, 10_000, *slave.plan.slaves[:slaves], *bond.plan.slaves)


@claim("MODE-ALB-5")
@pytest.mark.parametrize("first", ["slow", "fast"])
@pytest.mark.parametrize(("inner", "macs"), [("balance-rr", 1), ("active-backup", 2)])
def test_clients_are_given_the_fastest_slaves_only(
    nested_bonds: NestedBonds, first: str, inner: str, macs: int
) -> None:
    """All are told the MAC of the slave of 30 Gb/s; slaves of 10 Gb/s each share them."""
    net = nested_bonds
    nest(net, "balance-alb", inner)
    if first == "fast":
        net.dut.release(net.dut.bonds["bond0"], net.eth0)
        net.dut.enslave(net.dut.bonds["bond0"], net.eth0)
    with net.watch(every=SECOND, healthy=False) as run:
        net.after(2 * s)
        net.target.ask_as(CLIENTS, DUT)
        net.after(2 * s)
    told = {answer.to: answer.mac for answer in run.answers(DUT)}
    assert set(told) >= set(CLIENTS)
    assert len({told[client] for client in CLIENTS}) == macs


@claim("PROC-4")
@pytest.mark.parametrize(("released", "speed"), [(True, "20000 Mbps"), (False, "30000 Mbps")])
def test_a_slave_that_is_up_again_has_its_new_speed(
    nested_bonds: NestedBonds, speed: str, *, released: bool
) -> None:
    """Without a monitor, too: the event that it is up is enough (bond_slave_netdev_event)."""
    dut = nested_bonds.dut
    nest(nested_bonds, "active-backup", "balance-rr", miimon=None)
    if released:
        dut.release(dut.bonds["bond1"], nested_bonds.eth3)
    with dut.take_down(dut.bonds["bond1"]):
        pass
    assert dut.bonds["bond0"].now.proc.slaves["bond1"]["Speed"] == speed


@claim("MODE-TLB-2")
@contradicted(
    "MODE-TLB-2",
    kernels=">=6.1",
    evidence="all flows leave by the slave of 10 Gb/s: compute_gap (bond_alb.c) shifts the speed "
    "left by 20 in 32 bits, where 30 Gb/s is less than 10 Gb/s",
)
def test_a_slave_of_30_gigabit_is_preferred_to_one_of_10(nested_bonds: NestedBonds) -> None:
    """Without load the first flows leave by the slave with the highest speed."""
    nest(nested_bonds, "balance-tlb", "balance-xor")
    with nested_bonds.watch(every=SECOND, healthy=False) as run:
        nested_bonds.dut.send_flows(PEERS)
    assert sum(run["bond1"].shares.values()) == len(PEERS)


@claim("MODE-TLB-2")
@control("test_a_slave_of_30_gigabit_is_preferred_to_one_of_10")
def test_a_slave_of_20_gigabit_is_preferred_to_one_of_10(nested_bonds: NestedBonds) -> None:
    """20 Gb/s are more than 10 in 32 bits, too."""
    nest(nested_bonds, "balance-tlb", "balance-xor", slaves=2)
    with nested_bonds.watch(every=SECOND, healthy=False) as run:
        nested_bonds.dut.send_flows(PEERS)
    assert sum(run["bond1"].shares.values()) == len(PEERS)


@claim("TPUT-8")
def test_slaves_of_differing_speeds_are_used_together(mixed_speeds: MixedSpeeds) -> None:
    """In balance-tlb one slave of 10 Gb/s and two of 100 Mb/s share the flows."""
    net = mixed_speeds
    net.dut.bond(mode="balance-tlb", tlb_dynamic_lb=False, lacp_rate=None)
    with net.watch("out", every=SECOND, healthy=False) as run:
        net.dut.send_flows(list(many_flows(60)))
    assert all(run.shares.values())


@claim("TPUT-8")
@control("test_slaves_of_differing_speeds_are_used_together")
def test_lacp_uses_slaves_of_one_speed(mixed_speeds: MixedSpeeds) -> None:
    """In 802.3ad the same slaves are two aggregators, of which one is used."""
    net = mixed_speeds
    net.dut.bond(ad_select="count")
    net.sw.speak_lacp(net.eth0, net.eth1, net.eth2)
    with net.watch("out", every=SECOND, healthy=False) as run:
        net.after(8 * s)
        net.dut.send_flows(list(many_flows(60)))
    assert (run.shares["eth0"], run.shares["eth1"] + run.shares["eth2"]) == (0, 60)


@claim("MODE-AD-3")
@pytest.mark.parametrize(
    ("mode", "state"),
    [
        ("802.3ad", "down"),
        ("balance-tlb", "down"),
        ("balance-alb", "down"),
        ("active-backup", "up"),
        ("balance-xor", "up"),
    ],
)
def test_a_slave_whose_speed_is_unknown_does_not_come_up(
    three_slaves: ThreeSlaves, mode: str, state: str
) -> None:
    """A dummy has a carrier and no speed: modes that need it leave the slave down."""
    net = three_slaves
    net.dut.run("ip link add dummy0 type dummy")
    bond = net.dut.bond(mode=mode)
    net.dut.write(bond, "slaves", "+dummy0")
    with net.watch(every=SECOND, healthy=False):
        for carrier in ("off", "on"):
            net.dut.run(["ip", "link", "set", "dummy0", "carrier", carrier])
            net.after(1 * s)
        shown = bond.now.proc.slaves["dummy0"]["MII Status"]
    assert shown == state


def reselect(net: NestedBonds, primary: str, active: str) -> str:
    """Return the active slave once a primary that is not active has primary_reselect=better."""
    bond = net.dut.bonds["bond0"]
    for option, text in (("primary", primary), ("active_slave", active)):
        net.dut.write(bond, option, text)
    net.dut.set(bond, primary_reselect="better")
    return str(bond.now.file("active_slave"))


@claim("PRESEL-2")
@pytest.mark.parametrize(("primary", "active"), [("bond1", "eth0"), ("eth0", "bond1")])
def test_better_selects_the_faster_slave(
    nested_bonds: NestedBonds, primary: str, active: str
) -> None:
    """A primary of 30 Gb/s takes over from a slave of 10 Gb/s, one of 10 from 30 does not."""
    nest(nested_bonds, "active-backup", "balance-rr")
    assert reselect(nested_bonds, primary, active) == "bond1"


@claim("PRESEL-2")
@control("test_better_selects_the_faster_slave")
@pytest.mark.parametrize(("primary", "active"), [("bond1", "eth0"), ("eth0", "bond1")])
def test_better_leaves_the_active_slave_at_equal_speed(
    nested_bonds: NestedBonds, primary: str, active: str
) -> None:
    """With slaves of 10 Gb/s each the primary does not take over."""
    nest(nested_bonds, "active-backup", "active-backup")
    assert reselect(nested_bonds, primary, active) == active
