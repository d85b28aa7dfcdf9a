"""What the switches of a lab cannot do for a bond's mode is named."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any, cast

import pytest

from harness.bonding import BondOptions
from harness.labs.fabric.channels import lacking
from harness.labs.netns.network import NetnsNetwork
from harness.topology import LinkPlan, Topology
from scenarios.topologies import BladeChassis, OneSwitch

MIIMON = BondOptions.of(mode=1, miimon=100)


def _lacks(topology: Topology, **options: object) -> str:
    return lacking(topology, topology.bonds[0], MIIMON.replace(**cast("Any", options)))


@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor", "broadcast"])
def test_ports_of_one_switch_would_have_to_be_a_channel(mode: str) -> None:
    assert _lacks(OneSwitch.plan, mode=mode) == (
        f"mode {mode} of bond0 needs the ports of eth0, eth1 to be one channel: "
        "no switch has channels"
    )


@pytest.mark.parametrize("mode", ["balance-rr", "broadcast"])
def test_so_would_those_of_switches_that_are_connected(mode: str) -> None:
    assert "ports of eth0, eth1" in _lacks(BladeChassis.plan, mode=mode)


def test_ports_of_separate_switches_would_not() -> None:
    apart = tuple(link for link in BladeChassis.plan.links if link.name != "uplink2")
    assert _lacks(replace(BladeChassis.plan, links=apart), mode="balance-rr") == ""


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
