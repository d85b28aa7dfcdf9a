"""802.3ad over slaves of unequal speed: which are together, and which aggregator is chosen."""

import pytest

from harness import claim, s
from scenarios.channels import KEY_10_GIGABIT, KEY_100_MEGABIT, MixedSpeeds

LASTS = 8 * s
BY_SPEED = [["eth0"], ["eth1", "eth2"]]


@claim("MODE-AD-1", "ADSEL-BW-5", "ADSEL-COUNT-1")
@pytest.mark.parametrize(
    ("ad_select", "key", "ports"),
    [
        ("bandwidth", KEY_10_GIGABIT, 1),
        ("count", KEY_100_MEGABIT, 2),
    ],
)
def test_ports_of_unequal_speed_are_two_aggregators(
    mixed_speeds: MixedSpeeds, ad_select: str, key: int, ports: int
) -> None:
    """One of 10 Gb/s beats two of 100 Mb/s by bandwidth, and they beat it by count."""
    net = mixed_speeds
    net.dut.bond(ad_select=ad_select)
    net.sw.speak_lacp(net.eth0, net.eth1, net.eth2)
    with net.watch("out", healthy=False) as run:
        net.after(LASTS)
    assert run.aggregated == BY_SPEED
    assert run.aggregators[-1].actor_key == key
    assert run.aggregators[-1].ports == ports


@claim("MODE-AD-5")
@pytest.mark.parametrize(
    ("half", "speaks", "together"), [(False, True, [["eth1", "eth2"]]), (True, False, [])]
)
def test_a_port_of_half_duplex_takes_no_part(
    mixed_speeds: MixedSpeeds, together: list[list[str]], *, half: bool, speaks: bool
) -> None:
    """It sends no LACPDU and is alone, while one of full duplex joins its like."""
    net = mixed_speeds
    if half:
        net.eth1.half_duplex()
    net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1, net.eth2)
    with net.watch("out", healthy=False) as run:
        net.after(LASTS)
    assert bool(run.slave("eth1").lacpdus) == speaks
    assert [group for group in run.aggregated if len(group) > 1] == together
    assert run.slave("eth2").lacpdus != []


@claim("MODE-AD-5")
@pytest.mark.parametrize(("half", "together"), [(False, [["eth1", "eth2"]]), (True, [])])
def test_a_port_that_comes_back_with_half_duplex_leaves(
    mixed_speeds: MixedSpeeds, together: list[list[str]], *, half: bool
) -> None:
    """A port that has taken part does not after its link has returned with half duplex."""
    net = mixed_speeds
    net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1, net.eth2)
    with net.watch("out", healthy=False):
        net.after(LASTS)
    with net.watch("out", healthy=False) as run:
        with net.eth1.cut():
            net.after(2 * s)
            if half:
                net.eth1.half_duplex()
        net.after(LASTS)
    assert [group for group in run.aggregated if len(group) > 1] == together
    assert run.link_states["eth1"] == "up"
