"""What the switches of a lab cannot do for a bond's mode is named."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any, cast

import pytest

from harness.bonding import BondOptions
from harness.labs.fabric.channels import lacking, options_of
from harness.labs.fabric.switches import Switches
from harness.labs.netns.network import NetnsNetwork
from harness.topology import ChannelPlan, LinkPlan, Speaker, SwitchPlan, Topology
from scenarios.topologies import BladeChassis, OneSwitch

MIIMON = BondOptions.of(mode=1, miimon=100)


def _lacks(topology: Topology, **options: object) -> str:
    return lacking(topology, topology.bonds[0], MIIMON.replace(**cast("Any", options)))


@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor", "broadcast"])
def test_ports_of_one_switch_would_have_to_be_a_channel(mode: str) -> None:
    assert _lacks(OneSwitch.plan, mode=mode) == (
        f"mode {mode} of bond0 needs the ports of eth0, eth1 to be one channel: they are not"
    )


@pytest.mark.parametrize("mode", ["balance-rr", "broadcast"])
def test_so_would_those_of_switches_that_are_connected(mode: str) -> None:
    assert "ports of eth0, eth1" in _lacks(BladeChassis.plan, mode=mode)


def test_ports_of_separate_switches_would_not() -> None:
    apart = tuple(link for link in BladeChassis.plan.links if link.name != "uplink2")
    assert _lacks(replace(BladeChassis.plan, links=apart), mode="balance-rr") == ""


def _joined(*links: str, lacp: Speaker = "nobody") -> Topology:
    channel = ChannelPlan("po1", links, lacp)
    return replace(OneSwitch.plan, switches=(SwitchPlan("sw", channels=(channel,)),))


@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor", "broadcast"])
def test_ports_of_one_channel_need_nothing(mode: str) -> None:
    assert _lacks(_joined("eth0", "eth1"), mode=mode) == ""
    assert "to be one channel" in _lacks(_joined("eth0"), mode=mode)


@pytest.mark.parametrize(
    ("lacp", "lacks"), [("nobody", True), ("kernel", False), ("harness", False)]
)
def test_a_partner_is_a_channel_with_lacp(lacp: Speaker, *, lacks: bool) -> None:
    assert bool(_lacks(_joined("eth0", "eth1", lacp=lacp), mode="802.3ad")) == lacks


def test_a_channel_takes_the_place_of_its_ports_in_the_bridge() -> None:
    switches = Switches.of(_joined("eth0", "eth1"))
    alone = {switches.ports["sw", name].index for name in ("target", "neighbour")}
    assert switches.bridged() == {switches.channels["po1"], *alone}
    assert switches.master(switches.ports["sw", "eth0"]) == 0
    assert switches.master(switches.ports["sw", "target"]) == switches.index("sw")


@pytest.mark.parametrize(("lacp", "mode"), [("kernel", "802.3ad"), ("harness", "balance-xor")])
def test_a_channel_is_a_bond_of_the_fabric(lacp: Speaker, mode: str) -> None:
    options = options_of(ChannelPlan("po1", ("eth0",), lacp, {"min_links": 1}))
    assert (options.mode, options["min_links"], options["miimon"]) == (mode, 1, 100)


def test_a_mode_with_a_partner_has_none() -> None:
    assert "speaks LACP" in _lacks(OneSwitch.plan, mode="802.3ad")


@pytest.mark.parametrize("mode", ["active-backup", "balance-tlb", "balance-alb"])
def test_the_other_modes_need_nothing(mode: str) -> None:
    assert _lacks(OneSwitch.plan, mode=mode) == ""


@pytest.mark.parametrize(("nic", "untimed"), [("veth", "veth"), ("e1000", "")])
def test_drivers_without_a_time_of_the_last_frame_are_those_that_were_built(
    nic: str, untimed: str
) -> None:
    def built(link: LinkPlan) -> LinkPlan:
        return replace(link, nic=nic) if link.name in OneSwitch.plan.bonds[0].slaves else link

    plan = replace(OneSwitch.plan, links=tuple(map(built, OneSwitch.plan.links)))
    nothing = cast("Any", None)
    network = NetnsNetwork(plan, nothing, {}, nothing, {}, {}, undo=ExitStack())
    assert network.untimed(plan.bonds[0]) == untimed
