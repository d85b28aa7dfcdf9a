"""The ARP monitor in the modes that balance: it needs a switch that spreads what it sends."""

import pytest

from harness import Cable, claim, control, s
from scenarios.channels import RoundRobinChannel, StaticChannel
from scenarios.topologies import TARGET, BladeChassis

EVERY = 200  # ms, arp_interval


def links(net: StaticChannel) -> tuple[Cable, Cable, Cable]:
    """Return the cables of the slaves in the order of their names."""
    return net.eth0, net.eth1, net.eth2


@claim("ARPINT-8", "PROC-5")
@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor"])
def test_a_switch_that_hashes_answers_starves_slaves(
    static_channel: StaticChannel, mode: str
) -> None:
    """All answers arrive at one slave: the others fail, and the bond keeps its carrier."""
    bond = static_channel.dut.bond(
        mode=mode, miimon=None, arp_validate="all", arp_interval=EVERY, arp_ip_target=TARGET
    )
    with static_channel.watch("out", healthy=False) as run:
        static_channel.after(4 * s)
        counts = [one["link_failure_count"] for one in bond.now.slaves(*links(static_channel))]
    assert sorted(failures > 0 for failures in run.failures.values()) == [False, True, True]
    assert [bool(count) for count in counts] == [run.failures[n] > 0 for n in sorted(run.failures)]
    assert run.carriers[-1]


@claim("ARPINT-9")
@control("test_a_switch_that_hashes_answers_starves_slaves")
@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor"])
def test_a_switch_that_spreads_answers_keeps_all_up(
    round_robin_channel: RoundRobinChannel, mode: str
) -> None:
    """Each slave gets its share of them, and none fails."""
    round_robin_channel.dut.bond(mode=mode, miimon=None, arp_interval=EVERY, arp_ip_target=TARGET)
    with round_robin_channel.watch("out", healthy=False) as run:
        round_robin_channel.after(4 * s)
    assert run.failures == {"eth0": 0, "eth1": 0, "eth2": 0}


@claim("ARPVAL-13")
@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor", "broadcast"])
@pytest.mark.parametrize(("arp_validate", "state"), [("all", "down"), ("none", "up")])
def test_answers_are_validated_in_the_balancing_modes_too(
    blade_chassis: BladeChassis, mode: str, arp_validate: str, state: str
) -> None:
    """Behind a dead uplink a neighbour's requests do not keep a validated slave up."""
    net = blade_chassis
    net.dut.bond(mode=mode, arp_validate=arp_validate)
    with net.neighbour.arping("target"), net.watch(healthy=False) as run:
        net.uplink1.cut()
        net.after(2 * s)
    assert run.link_states["eth0"] == state
